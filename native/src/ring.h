/*
 * A ring of bytes between one producer and one consumer, without a copy and without a lock.
 *
 * Each side asks for a region, fills or empties it in place, and hands it over. A region never straddles the end of the
 * memory. Requests are clamped to half the capacity: with that, the two sides can never wait for each other.
 * Sizes are in bytes, times in nanoseconds; a negative timeout waits for ever.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct ring;

/* Why there is nothing; numbers of our own, since those of errno differ between the compilers of one system. */
enum ring_error {
	RING_TIMED_OUT = -1,
	RING_CANCELLED = -2,
	RING_ENDED = -3,  /* closed or failed */
	RING_MISUSED = -4,
};

struct ring_counters {
	uint64_t bytes_in;   /* committed by the producer */
	uint64_t bytes_out;  /* released by the consumer */
	uint64_t fill;       /* in the ring now */
	uint64_t low;        /* least left after a release, while the producer was still at work */
	uint64_t full;       /* times the producer had to wait for space */
	uint64_t empty;      /* times the consumer had to wait for data */
	uint64_t full_time;  /* how long the producer waited */
	uint64_t empty_time; /* how long the consumer waited */
};

/*
 * Make a ring. `capacity` is a multiple of `granule` and at least twice that; regions of `granule` bytes then never meet
 * the end of the memory half-way. NULL when the sizes do not fit or memory lacks. Any thread; touches all the memory.
 */
struct ring *ring_new(size_t capacity, size_t granule);

/* Free a ring that no thread uses any more. */
void ring_free(struct ring *ring);

/* Return the start of the ring's memory. Any thread. */
unsigned char *ring_memory(struct ring *ring);

/*
 * Producer: wait for room and return the length of a writable region at *offset from ring_memory. It is `size`, clamped
 * to the end of the memory and to half the capacity. RING_TIMED_OUT, RING_CANCELLED, RING_ENDED after close or fail,
 * RING_MISUSED for no size. Calling again without a commit returns the same region.
 */
int64_t ring_reserve(struct ring *ring, size_t size, int64_t timeout, size_t *offset);

/* Producer: hand over the first `size` bytes of the reserved region. RING_MISUSED if it is not that long. Never blocks. */
int ring_commit(struct ring *ring, size_t size);

/* Producer: no more data will come; the consumer still gets what is in the ring. Never blocks. */
void ring_close(struct ring *ring);

/* Producer: the data ends here because its source failed; the consumer gets no more of it. Never blocks. */
void ring_fail(struct ring *ring);

/*
 * Consumer: wait for data and return the length of a readable region at *offset. It is `size`, clamped as in
 * ring_reserve; less only before the end of a closed ring, 0 at its end. RING_TIMED_OUT, RING_CANCELLED, RING_ENDED after
 * ring_fail, RING_MISUSED for no size. Calling again without a release returns the same data.
 */
int64_t ring_take(struct ring *ring, size_t size, int64_t timeout, size_t *offset);

/* Consumer: give back the first `size` bytes of the taken region. RING_MISUSED if it is not that long. Never blocks. */
int ring_release(struct ring *ring, size_t size);

/*
 * Consumer: wait until the ring is as full as it gets: the producer waits for room or has ended. 0 or RING_TIMED_OUT; a
 * cancelled or failed ring returns 0 at once. Not counted as a wait for data.
 */
int ring_wait_full(struct ring *ring, int64_t timeout);

/* Consumer: let `duration` pass, less if the ring is cancelled meanwhile. */
void ring_nap(struct ring *ring, int64_t duration);

/* Stop both sides for good: what waits now, and every later wait, returns RING_CANCELLED. Any thread; never blocks. */
void ring_cancel(struct ring *ring);

/* What has happened to a ring. Any thread. */
int ring_is_closed(const struct ring *ring);
int ring_is_failed(const struct ring *ring);
int ring_is_cancelled(const struct ring *ring);

/* Take a snapshot of the counters; each is right by itself, together they may be a moment apart. Any thread. */
void ring_count(const struct ring *ring, struct ring_counters *counters);

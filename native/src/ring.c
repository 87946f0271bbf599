#include "ring.h"

#include "os.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define CACHE_LINE 64
#define WANT_FULL UINT64_MAX /* the consumer sleeps until the ring is full */

enum state {
	CLOSED = 1,
	FAILED = 2,
	CANCELLED = 4,
};

struct side {
	_Alignas(CACHE_LINE) _Atomic uint64_t position; /* bytes moved so far; stored by the owner only */
	_Atomic uint64_t want;                          /* bytes that the owner sleeps for, 0 while it runs */
	_Atomic uint32_t event;                         /* what the owner sleeps on; bumped by whoever wakes it */
	_Atomic uint64_t waits;
	_Atomic uint64_t waited;
	uint64_t granted; /* length of the region in the owner's hands */
	bool waiting;     /* the last request timed out, so that the next one continues the same wait */
};

struct ring {
	struct side in;
	struct side out;
	_Alignas(CACHE_LINE) _Atomic uint32_t state;
	_Atomic uint64_t low;
	uint64_t capacity;
	unsigned char *memory;
};

typedef bool (*ready_function)(struct ring *ring, uint64_t want);

/*
 * All orderings are sequentially consistent, because both wake-ups rest on "store mine, then look at yours":
 * position or state (stored by the waker) against want (stored by the sleeper). On x86-64 and AArch64 only the stores
 * cost anything, and there is one per region.
 */
static uint64_t position(const struct side *side)
{
	return atomic_load(&side->position); /* pairs with the store in advance() */
}

static uint32_t state(const struct ring *ring)
{
	return atomic_load(&ring->state); /* pairs with the fetch_or in end() */
}

static void count(_Atomic uint64_t *counter, uint64_t amount)
{
	atomic_fetch_add_explicit(counter, amount, memory_order_relaxed); /* pairs with nothing: statistics */
}

static uint64_t counted(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static uint64_t filled(const struct ring *ring)
{
	const uint64_t out = position(&ring->out); /* first, so that the difference is never negative */

	return position(&ring->in) - out;
}

static bool has_space(struct ring *ring, uint64_t want)
{
	return state(ring) || ring->capacity - filled(ring) >= want;
}

static bool has_data(struct ring *ring, uint64_t want)
{
	if (state(ring))
		return true;
	if (want == WANT_FULL)
		return atomic_load(&ring->in.want) || filled(ring) == ring->capacity; /* pairs with the store in sleep_for() */
	return filled(ring) >= want;
}

static bool is_cancelled(struct ring *ring, uint64_t want)
{
	(void)want;
	return state(ring) & CANCELLED;
}

static void rouse(struct side *sleeper)
{
	atomic_store(&sleeper->want, 0);
	atomic_fetch_add(&sleeper->event, 1);
	os_wake(&sleeper->event);
}

static void rouse_if(struct ring *ring, struct side *sleeper, ready_function ready)
{
	const uint64_t want = atomic_load(&sleeper->want); /* pairs with the store in sleep_for() */

	if (want && ready(ring, want))
		rouse(sleeper);
}

/* Sleep until ready(want) or the timeout; false for the latter. */
static bool sleep_for(struct ring *ring, struct side *self, uint64_t want, ready_function ready, int64_t timeout)
{
	const int64_t start = os_now();
	int64_t left = timeout;
	bool done;

	for (;;) {
		const uint32_t seen = atomic_load(&self->event);

		atomic_store(&self->want, want); /* pairs with the loads in rouse_if() and has_data() */
		done = ready(ring, want);
		if (timeout >= 0)
			left = timeout - (os_now() - start);
		else
			left = INT64_MAX;
		if (done || left <= 0)
			break;
		if (self == &ring->in)
			rouse_if(ring, &ring->out, has_data); /* the consumer may wait for exactly this */
		os_wait(&self->event, seen, left);
	}
	atomic_store(&self->want, 0);
	return done;
}

/* The same, counted as one wait however many slices of time it comes in. */
static bool wait_for(struct ring *ring, struct side *self, uint64_t want, ready_function ready, int64_t timeout)
{
	int64_t start;

	if (ready(ring, want)) {
		self->waiting = false;
		return true;
	}
	if (!self->waiting)
		count(&self->waits, 1);
	start = os_now();
	self->waiting = !sleep_for(ring, self, want, ready, timeout);
	count(&self->waited, (uint64_t)(os_now() - start));
	return !self->waiting;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How much of a request for `size` bytes may be granted at the owner's position, which goes to *offset. */
static uint64_t clamp(const struct ring *ring, const struct side *self, size_t size, size_t *offset)
{
	*offset = (size_t)(counted(&self->position) % ring->capacity);
	return least(least(size, ring->capacity / 2), ring->capacity - *offset);
}

static int advance(struct side *self, size_t size)
{
	if (size > self->granted)
		return RING_MISUSED;
	self->granted -= size;
	atomic_store(&self->position, counted(&self->position) + size); /* pairs with the load in position() */
	return 0;
}

static void end(struct ring *ring, uint32_t how)
{
	atomic_fetch_or(&ring->state, how); /* pairs with the load in state() */
	rouse(&ring->in);
	rouse(&ring->out);
}

struct ring *ring_new(size_t capacity, size_t granule)
{
	struct ring *ring;

	if (!granule || capacity % granule || capacity / granule < 2)
		return NULL;
	ring = os_map(sizeof(*ring));
	if (!ring)
		return NULL;
	ring->memory = os_map(capacity);
	if (!ring->memory) {
		os_unmap(ring, sizeof(*ring));
		return NULL;
	}
	ring->capacity = capacity;
	ring->low = UINT64_MAX;
	return ring;
}

void ring_free(struct ring *ring)
{
	os_unmap(ring->memory, (size_t)ring->capacity);
	os_unmap(ring, sizeof(*ring));
}

unsigned char *ring_memory(struct ring *ring)
{
	return ring->memory;
}

int64_t ring_reserve(struct ring *ring, size_t size, int64_t timeout, size_t *offset)
{
	const uint64_t want = clamp(ring, &ring->in, size, offset);

	if (!want)
		return RING_MISUSED;
	ring->in.granted = 0;
	if (!wait_for(ring, &ring->in, want, has_space, timeout))
		return RING_TIMED_OUT;
	if (state(ring))
		return state(ring) & CANCELLED ? RING_CANCELLED : RING_ENDED;
	ring->in.granted = want;
	return (int64_t)want;
}

int ring_commit(struct ring *ring, size_t size)
{
	const int error = advance(&ring->in, size);

	if (!error)
		rouse_if(ring, &ring->out, has_data);
	return error;
}

void ring_close(struct ring *ring)
{
	end(ring, CLOSED);
}

void ring_fail(struct ring *ring)
{
	end(ring, FAILED);
}

int64_t ring_take(struct ring *ring, size_t size, int64_t timeout, size_t *offset)
{
	const uint64_t want = clamp(ring, &ring->out, size, offset);

	if (!want)
		return RING_MISUSED;
	ring->out.granted = 0;
	if (!wait_for(ring, &ring->out, want, has_data, timeout))
		return RING_TIMED_OUT;
	if (state(ring) & CANCELLED)
		return RING_CANCELLED;
	if (state(ring) & FAILED)
		return RING_ENDED;
	ring->out.granted = least(want, filled(ring)); /* after the look at the state: what was committed before it counts */
	return (int64_t)ring->out.granted;
}

int ring_release(struct ring *ring, size_t size)
{
	const int error = advance(&ring->out, size);
	uint64_t fill;

	if (error)
		return error;
	fill = filled(ring);
	if (fill < counted(&ring->low) && !state(ring))
		atomic_store_explicit(&ring->low, fill, memory_order_relaxed);
	rouse_if(ring, &ring->in, has_space);
	return 0;
}

int ring_wait_full(struct ring *ring, int64_t timeout)
{
	return sleep_for(ring, &ring->out, WANT_FULL, has_data, timeout) ? 0 : RING_TIMED_OUT;
}

void ring_nap(struct ring *ring, int64_t duration)
{
	const int64_t start = os_now();
	int64_t left = duration;

	while (left > 0 && !is_cancelled(ring, 0)) {
		const uint32_t seen = atomic_load(&ring->out.event);

		if (is_cancelled(ring, 0))
			break;
		os_wait(&ring->out.event, seen, left);
		left = duration - (os_now() - start);
	}
}

void ring_cancel(struct ring *ring)
{
	end(ring, CANCELLED);
}

int ring_is_closed(const struct ring *ring)
{
	return (state(ring) & CLOSED) != 0;
}

int ring_is_failed(const struct ring *ring)
{
	return (state(ring) & FAILED) != 0;
}

int ring_is_cancelled(const struct ring *ring)
{
	return (state(ring) & CANCELLED) != 0;
}

void ring_count(const struct ring *ring, struct ring_counters *counters)
{
	const uint64_t out = position(&ring->out); /* first, as in filled() */
	const uint64_t in = position(&ring->in);
	const uint64_t low = counted(&ring->low);

	*counters = (struct ring_counters){
		.bytes_in = in,
		.bytes_out = out,
		.fill = in - out,
		.low = low == UINT64_MAX ? in - out : low,
		.full = counted(&ring->in.waits),
		.empty = counted(&ring->out.waits),
		.full_time = counted(&ring->in.waited),
		.empty_time = counted(&ring->out.waited),
	};
}

/*
 * The feeder: takes write units from a ring and sends them to a device, until something needs a decision.
 *
 * It is the ring's consumer. Times are in nanoseconds. Nothing here spins: it waits for the ring, for the device, or naps.
 */
#pragma once
#include "histogram.h"
#include "ring.h"
#include "submit.h"

struct feeder;

struct feeder_stream {
	struct ring *ring;
	uintptr_t submit;  /* a submit_function, and the context to call it with */
	uintptr_t context;
	unsigned char cdb[16]; /* the template of the WRITE command */
	uint32_t cdb_length;
	uint32_t lba_offset;    /* of the big-endian fields for the address and the number of blocks: in bytes */
	uint32_t lba_width;     /* in bits: 8, 16, 24 or 32 */
	uint32_t length_offset;
	uint32_t length_width;
	int64_t lba;         /* of the first block */
	uint64_t blocks;     /* to write in all */
	uint32_t block_size; /* in bytes */
	uint32_t unit;       /* blocks per command; a unit in bytes divides the ring's granule */
	int64_t timeout;     /* of one command, and of all repetitions of a busy one together */
	int64_t nap;         /* the longest nap before a busy command is repeated */
	int64_t watch;       /* between two questions for the drive's buffer; 0: never asked */
};

struct feeder_counters {
	uint64_t blocks;        /* that the device has taken */
	uint64_t commands;      /* WRITE commands that were answered GOOD */
	uint64_t busy;          /* 2/04/08 answers */
	uint64_t stalls;        /* times the ring had no full unit when one was wanted */
	uint64_t stall_time;
	uint64_t busy_time;
	uint64_t latency_max;   /* of the commands answered GOOD */
	uint64_t latency_total;
	uint64_t ring_fill;     /* bytes in the ring now */
	uint64_t ring_low;      /* least in the ring since the first command, while the producer was at work */
	uint64_t drive_buffer;  /* bytes, 0 as long as the drive does not say */
	uint64_t drive_fill;    /* bytes, when last asked */
	uint64_t priority;      /* enum priority: how the feeder's thread is scheduled */
	uint64_t latencies[HISTOGRAM_BUCKETS]; /* those commands, by histogram_bucket() of their duration */
};

enum feeder_end {
	FEEDER_DONE = 0,     /* all blocks are written */
	FEEDER_STOPPED = 1,  /* the ring gave no more: cancelled, failed, or closed too early */
	FEEDER_ANSWERED = 2, /* the device gave an answer that needs a decision, or took only a part of the data; or it
				had news, such as a deferred error, when it was asked for its buffer */
	FEEDER_LOST = 3,     /* no answer came to a WRITE or to READ BUFFER CAPACITY */
};

struct feeder_result {
	uint32_t end;                /* enum feeder_end */
	int64_t lba;                 /* of the command that `answer` belongs to; its blocks are still in the ring */
	unsigned char cdb[16];       /* that command */
	uint32_t cdb_length;
	struct submit_answer answer;
};

/* Make a feeder with a copy of `stream`. NULL when memory lacks. Any thread. */
struct feeder *feeder_new(const struct feeder_stream *stream);

/* Free a feeder that is not running. */
void feeder_free(struct feeder *feeder);

/* Run the stream once to its end and fill in `result`. The ring's consumer thread; blocks. ring_cancel() stops it. */
void feeder_run(struct feeder *feeder, struct feeder_result *result);

/* Take a snapshot of the counters; each is right by itself, together they may be a moment apart. Any thread. */
void feeder_count(const struct feeder *feeder, struct feeder_counters *counters);

/*
 * How long to leave a drive alone whose buffer is full. Times in nanoseconds, amounts in bytes. The feeder's thread only.
 *
 * A nap is as long as half the buffer takes at the present speed: shorter ones cost answers, longer ones risk that the
 * buffer runs empty. The speed comes from the stream itself: between two moments at which the buffer was full, the drive
 * has written just what it was given.
 */
#pragma once
#include <stdint.h>

struct pace_moment {
	int64_t time;
	uint64_t bytes;  /* taken by the drive so far */
	uint64_t stalls; /* times the source kept the drive waiting so far */
};

struct pace {
	int64_t longest;         /* no nap is longer; used as it is while size or speed of the buffer are unknown */
	double rate;             /* bytes per nanosecond, 0 while unknown */
	struct pace_moment full; /* when the buffer was last seen full; time 0: never */
};

/*
 * Return how long to nap after the `attempt`th (from 0) busy answer in a row to one command, seen at `now`, by a drive
 * with a buffer of `buffer` bytes (0: unknown). At least 1 ms.
 */
int64_t pace_nap(struct pace *pace, unsigned attempt, const struct pace_moment *now, uint64_t buffer);

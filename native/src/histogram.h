/*
 * How long commands took: counts in buckets whose width grows with the duration, so that few of them reach from
 * microseconds to a minute and each percentile is known to within a fourth. Any thread may read what one thread counts.
 */
#pragma once
#include <stdint.h>

/* The width of the first four buckets in nanoseconds; from then on it doubles with every four of them. */
#define HISTOGRAM_UNIT 4096
#define HISTOGRAM_BUCKETS 96

/* Return the bucket of a duration in nanoseconds; the last one takes all that is longer. Pure. */
unsigned histogram_bucket(uint64_t duration);

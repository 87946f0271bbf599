#include "histogram.h"

#define STEPS_BITS 2 /* steps between a power of two and the next: 4 */

unsigned histogram_bucket(uint64_t duration)
{
	const uint64_t units = duration / HISTOGRAM_UNIT;
	unsigned power = STEPS_BITS, bucket;

	if (units < 1 << STEPS_BITS)
		return (unsigned)units;
	while (power < 63 && units >> (power + 1))
		power++;
	bucket = ((power - STEPS_BITS + 1) << STEPS_BITS) + (units >> (power - STEPS_BITS) & ((1 << STEPS_BITS) - 1));
	return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

#include "xxh64.h"

#include <string.h>

/* The primes of the algorithm's definition. */
#define P1 0x9e3779b185ebca87u
#define P2 0xc2b2ae3d27d4eb4fu
#define P3 0x165667b19e3779f9u
#define P4 0x85ebca77c2b2ae63u
#define P5 0x27d4eb2f165667c5u
#define LANES 4
#define STRIPE (LANES * sizeof(uint64_t))

static uint64_t rotate(uint64_t value, unsigned bits)
{
	return value << bits | value >> (64 - bits);
}

static uint64_t mix(uint64_t lane, uint64_t word)
{
	return rotate(lane + word * P2, 31) * P1;
}

void xxh64_start(struct xxh64 *sum)
{
	*sum = (struct xxh64){.lanes = {P1 + P2, P2, 0, -P1}};
}

void xxh64_add(struct xxh64 *sum, const void *data, size_t length)
{
	const unsigned char *at = data;
	uint64_t words[LANES];

	sum->length += length;
	for (; length >= STRIPE; length -= STRIPE, at += STRIPE) {
		memcpy(words, at, STRIPE); /* as little-endian, which every machine that this runs on is */
		for (unsigned lane = 0; lane < LANES; lane++)
			sum->lanes[lane] = mix(sum->lanes[lane], words[lane]);
	}
}

static uint64_t joined(const struct xxh64 *sum)
{
	const uint64_t *lanes = sum->lanes;
	uint64_t hash = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18);

	for (unsigned lane = 0; lane < LANES; lane++)
		hash = (hash ^ mix(0, lanes[lane])) * P1 + P4;
	return hash;
}

uint64_t xxh64_end(const struct xxh64 *sum)
{
	uint64_t hash = (sum->length ? joined(sum) : P5) + sum->length;

	hash = (hash ^ hash >> 33) * P2;
	hash = (hash ^ hash >> 29) * P3;
	return hash ^ hash >> 32;
}

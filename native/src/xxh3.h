/*
 * XXH3 with 128 bits and without a seed, of data that comes piece by piece and is longer than 240 bytes in all; shorter
 * data has another algorithm, which is not here. One thread at a time; nothing blocks.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define XXH3_LANES 8
#define XXH3_STRIPE 64
#define XXH3_DIGEST 16

struct xxh3 {
	uint64_t lanes[XXH3_LANES];
	uint64_t stripes; /* that were taken into the lanes */
	uint64_t length;
	unsigned char last[2 * XXH3_STRIPE]; /* the last of those stripes, and behind it what waits for more to follow */
	unsigned waiting;                    /* bytes of that */
};

void xxh3_start(struct xxh3 *sum);

void xxh3_add(struct xxh3 *sum, const unsigned char *data, size_t length);

/* Put the digest, most significant byte first, into `digest`. */
void xxh3_end(const struct xxh3 *sum, unsigned char digest[XXH3_DIGEST]);

/*
 * XXH64 with seed 0, of data that comes in multiples of 32 bytes: enough to tell what a drive was given.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct xxh64 {
	uint64_t lanes[4];
	uint64_t length;
};

void xxh64_start(struct xxh64 *sum);

/* Take in `length` bytes, a multiple of 32. */
void xxh64_add(struct xxh64 *sum, const void *data, size_t length);

uint64_t xxh64_end(const struct xxh64 *sum);

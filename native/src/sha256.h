/*
 * SHA-256 (FIPS 180-4) of data that comes piece by piece. One thread at a time; nothing blocks.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define SHA256_DIGEST 32 /* bytes */
#define SHA256_BLOCK 64
#define SHA256_WORDS 8

struct sha256 {
	uint32_t state[SHA256_WORDS];
	uint64_t length;
	unsigned char waiting[SHA256_BLOCK]; /* what came behind the last whole block */
};

void sha256_start(struct sha256 *sum);

void sha256_add(struct sha256 *sum, const unsigned char *data, size_t length);

/* Put the digest into `digest`; the sum is of no use then. */
void sha256_end(struct sha256 *sum, unsigned char digest[SHA256_DIGEST]);

#include "sha256.h"

#include <stdatomic.h>
#include <string.h>
#if defined(__x86_64__) && !defined(_WIN32)
#include <cpuid.h>
#include <immintrin.h>
#define INSTRUCTIONS
#endif

#define ROUNDS 64
#define LENGTH_SIZE 8 /* bytes at the end of the last block that tell how many bits there were */

/* The fractions of the cube roots of the first primes (FIPS 180-4 4.2.2). */
static const uint32_t keys[ROUNDS] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* Takes whole blocks into a state. */
typedef void compressor(uint32_t *state, const unsigned char *data, size_t blocks);

static uint32_t rotate(uint32_t value, unsigned count)
{
	return value >> count | value << (32 - count);
}

static uint32_t read_be32(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void write_be32(unsigned char *bytes, uint32_t value)
{
	for (unsigned at = 4; at--; value >>= 8)
		bytes[at] = value & 0xff;
}

/* FIPS 180-4 6.2.2 */
static void schedule(uint32_t *words, const unsigned char *block)
{
	for (unsigned at = 0; at < 16; at++)
		words[at] = read_be32(block + 4 * at);
	for (unsigned at = 16; at < ROUNDS; at++) {
		const uint32_t early = words[at - 15], late = words[at - 2];

		words[at] = words[at - 16] + (rotate(early, 7) ^ rotate(early, 18) ^ early >> 3) + words[at - 7] +
		            (rotate(late, 17) ^ rotate(late, 19) ^ late >> 10);
	}
}

static void compress_block(uint32_t *state, const unsigned char *block)
{
	uint32_t words[ROUNDS];
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

	schedule(words, block);
	for (unsigned at = 0; at < ROUNDS; at++) {
		const uint32_t one = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + keys[at] + words[at];
		const uint32_t two = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));

		h = g, g = f, f = e, e = d + one;
		d = c, c = b, b = a, a = one + two;
	}
	state[0] += a, state[1] += b, state[2] += c, state[3] += d;
	state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static void compress(uint32_t *state, const unsigned char *data, size_t blocks)
{
	for (; blocks; blocks--, data += SHA256_BLOCK)
		compress_block(state, data);
}

#ifdef INSTRUCTIONS

/* The same by the instructions that x86 has for it, which hold the state as ABEF and CDGH. */
__attribute__((target("sha,sse4.1,ssse3"))) static void compress_by_instructions(
	uint32_t *state, const unsigned char *data, size_t blocks)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	const __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);
	const __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);
	__m128i abef = _mm_alignr_epi8(low, high, 8), cdgh = _mm_blend_epi16(high, low, 0xf0);

	for (; blocks; blocks--, data += SHA256_BLOCK) {
		const __m128i abef_before = abef, cdgh_before = cdgh;
		__m128i words[4];

		for (unsigned at = 0; at < 4; at++)
			words[at] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)data + at), big_endian);
		for (unsigned four = 0; four < ROUNDS / 4; four++) {
			const __m128i now = words[four % 4], last = words[(four + 3) % 4];
			const __m128i sum = _mm_add_epi32(now, _mm_loadu_si128((const __m128i *)keys + four));

			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
			/* the words of four rounds sixteen later take the place of these */
			words[four % 4] = _mm_sha256msg2_epu32(
				_mm_add_epi32(_mm_sha256msg1_epu32(now, words[(four + 1) % 4]),
			                      _mm_alignr_epi8(last, words[(four + 2) % 4], 4)),
				last);
		}
		abef = _mm_add_epi32(abef, abef_before);
		cdgh = _mm_add_epi32(cdgh, cdgh_before);
	}
	abef = _mm_shuffle_epi32(abef, 0x1b);
	cdgh = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128((__m128i *)state, _mm_blend_epi16(abef, cdgh, 0xf0));
	_mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(cdgh, abef, 8));
}

static compressor *best(void)
{
	static _Atomic(compressor *) known; /* asking once a file is dear in a virtual machine, which has to be left for that */
	compressor *found = atomic_load_explicit(&known, memory_order_relaxed);
	unsigned a, b, c, d;

	if (!found) {
		found = __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_SHA ? compress_by_instructions : compress;
		atomic_store_explicit(&known, found, memory_order_relaxed);
	}
	return found;
}

#else

static compressor *best(void)
{
	return compress;
}

#endif

void sha256_start(struct sha256 *sum)
{
	/* the fractions of the square roots of the first primes (FIPS 180-4 5.3.3) */
	*sum = (struct sha256){{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
	                        0x5be0cd19},
	                       0,
	                       {0}};
}

void sha256_add(struct sha256 *sum, const unsigned char *data, size_t length)
{
	const size_t waiting = sum->length % SHA256_BLOCK, room = SHA256_BLOCK - waiting;
	compressor *const take = best();

	sum->length += length;
	if (length < room) {
		memcpy(sum->waiting + waiting, data, length);
		return;
	}
	if (waiting) {
		memcpy(sum->waiting + waiting, data, room);
		take(sum->state, sum->waiting, 1);
		data += room;
		length -= room;
	}
	take(sum->state, data, length / SHA256_BLOCK);
	memcpy(sum->waiting, data + length - length % SHA256_BLOCK, length % SHA256_BLOCK);
}

void sha256_end(struct sha256 *sum, unsigned char digest[SHA256_DIGEST])
{
	const uint64_t bits = sum->length * 8;
	const size_t waiting = sum->length % SHA256_BLOCK;
	unsigned char padding[2 * SHA256_BLOCK] = {0x80};
	size_t size = SHA256_BLOCK - waiting;

	if (size <= LENGTH_SIZE)
		size += SHA256_BLOCK;
	write_be32(padding + size - 8, (uint32_t)(bits >> 32));
	write_be32(padding + size - 4, (uint32_t)bits);
	sha256_add(sum, padding, size);
	for (unsigned at = 0; at < SHA256_WORDS; at++)
		write_be32(digest + 4 * at, sum->state[at]);
}

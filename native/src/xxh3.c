#include "xxh3.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif
#if defined(__x86_64__) && !defined(_WIN32) /* mingw-w64 does not align the stack for wider registers */
#include <immintrin.h>
#define WIDE
#endif

/* The constants of the algorithm's definition. */
#define P32_1 0x9e3779b1u
#define P32_2 0x85ebca77u
#define P32_3 0xc2b2ae3du
#define P64_1 0x9e3779b185ebca87u
#define P64_2 0xc2b2ae3d27d4eb4fu
#define P64_3 0x165667b19e3779f9u
#define P64_4 0x85ebca77c2b2ae63u
#define P64_5 0x27d4eb2f165667c5u
#define AVALANCHE 0x165667919e3779f9u

#define SECRET_SIZE 192
#define SECRET_STEP 8 /* bytes by which the secret moves from stripe to stripe */
#define BLOCK_STRIPES ((SECRET_SIZE - XXH3_STRIPE) / SECRET_STEP)
#define SCRAMBLE_AT (SECRET_SIZE - XXH3_STRIPE)
#define LAST_AT (SECRET_SIZE - XXH3_STRIPE - 7)
#define LOW_AT 11
#define HIGH_AT (SECRET_SIZE - XXH3_STRIPE - 11)

static const unsigned char secret[SECRET_SIZE] = {
	0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
	0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
	0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
	0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
	0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
	0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
	0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
	0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
	0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
	0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
	0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
	0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
};

/* A little-endian number, as every machine that this is built for has it. */
static uint64_t read64(const unsigned char *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/*
 * Take in stripes that follow each other, the first of them the one of that number in its block, and mix the lanes at the
 * end of each block.
 */
typedef void taker(uint64_t *lanes, const unsigned char *stripe, size_t stripes, size_t place);

/* accumulate(): take in stripes of one block with the keys from `key` on; the lanes stay in registers meanwhile. */
#ifdef __SSE2__

/* Two lanes at a time: compilers do not find by themselves that only halves are multiplied. */
static void accumulate(uint64_t *lanes, const unsigned char *stripe, const unsigned char *key, size_t stripes)
{
	__m128i sums[XXH3_LANES / 2];

	memcpy(sums, lanes, sizeof(sums));
	for (; stripes; stripes--, stripe += XXH3_STRIPE, key += SECRET_STEP)
		for (unsigned pair = 0; pair < XXH3_LANES / 2; pair++) {
			const __m128i value = _mm_loadu_si128((const __m128i *)stripe + pair);
			const __m128i mixed = _mm_xor_si128(value, _mm_loadu_si128((const __m128i *)key + pair));
			const __m128i product = _mm_mul_epu32(mixed, _mm_srli_epi64(mixed, 32));
			const __m128i swapped = _mm_shuffle_epi32(value, _MM_SHUFFLE(1, 0, 3, 2));

			sums[pair] = _mm_add_epi64(_mm_add_epi64(product, swapped), sums[pair]);
		}
	memcpy(lanes, sums, sizeof(sums));
}

#else

static void accumulate(uint64_t *lanes, const unsigned char *stripe, const unsigned char *key, size_t stripes)
{
	for (; stripes; stripes--, stripe += XXH3_STRIPE, key += SECRET_STEP)
		for (unsigned lane = 0; lane < XXH3_LANES; lane++) {
			const uint64_t value = read64(stripe + 8 * lane), mixed = value ^ read64(key + 8 * lane);

			lanes[lane ^ 1] += value;
			lanes[lane] += (mixed & 0xffffffff) * (mixed >> 32);
		}
}

#endif

static void scramble(uint64_t *lanes)
{
	for (unsigned lane = 0; lane < XXH3_LANES; lane++)
		lanes[lane] = (lanes[lane] ^ lanes[lane] >> 47 ^ read64(secret + SCRAMBLE_AT + 8 * lane)) * P32_1;
}

static void take_blocks(uint64_t *lanes, const unsigned char *stripe, size_t stripes, size_t place)
{
	while (stripes) {
		const size_t left = BLOCK_STRIPES - place, run = stripes < left ? stripes : left;

		accumulate(lanes, stripe, secret + place * SECRET_STEP, run);
		if (run == left)
			scramble(lanes);
		stripes -= run;
		stripe += run * XXH3_STRIPE;
		place = 0;
	}
}

#ifdef WIDE
#define AVX2 __attribute__((target("avx2")))

/* The same, four lanes at a time, which stay in registers through all blocks: that takes half as long. */
AVX2 static inline __m256i accumulated(__m256i sum, const unsigned char *stripe, const unsigned char *key)
{
	const __m256i value = _mm256_loadu_si256((const __m256i *)stripe);
	const __m256i mixed = _mm256_xor_si256(value, _mm256_loadu_si256((const __m256i *)key));
	const __m256i product = _mm256_mul_epu32(mixed, _mm256_srli_epi64(mixed, 32));
	const __m256i swapped = _mm256_shuffle_epi32(value, _MM_SHUFFLE(1, 0, 3, 2));

	return _mm256_add_epi64(_mm256_add_epi64(product, swapped), sum);
}

/* A number times one of 32 bits is the product of its lower half, and that of its upper half above it. */
AVX2 static inline __m256i scrambled(__m256i sum, const unsigned char *key)
{
	const __m256i prime = _mm256_set1_epi64x(P32_1), folded = _mm256_xor_si256(sum, _mm256_srli_epi64(sum, 47));
	const __m256i mixed = _mm256_xor_si256(folded, _mm256_loadu_si256((const __m256i *)key));
	const __m256i upper = _mm256_mul_epu32(_mm256_srli_epi64(mixed, 32), prime);

	return _mm256_add_epi64(_mm256_mul_epu32(mixed, prime), _mm256_slli_epi64(upper, 32));
}

AVX2 static void take_wide(uint64_t *lanes, const unsigned char *stripe, size_t stripes, size_t place)
{
	__m256i first = _mm256_loadu_si256((const __m256i *)lanes), second = _mm256_loadu_si256((const __m256i *)lanes + 1);
	const unsigned char *key = secret + place * SECRET_STEP;

	for (; stripes; stripes--, stripe += XXH3_STRIPE) {
		first = accumulated(first, stripe, key);
		second = accumulated(second, stripe + XXH3_STRIPE / 2, key + XXH3_STRIPE / 2);
		key += SECRET_STEP;
		if (key < secret + SCRAMBLE_AT)
			continue;
		first = scrambled(first, key);
		second = scrambled(second, key + XXH3_STRIPE / 2);
		key = secret;
	}
	_mm256_storeu_si256((__m256i *)lanes, first);
	_mm256_storeu_si256((__m256i *)lanes + 1, second);
}

static taker *fastest(void)
{
	return __builtin_cpu_supports("avx2") ? take_wide : take_blocks;
}

#else

static taker *fastest(void)
{
	return take_blocks;
}

#endif

/* Take in whole stripes, behind which more is to come. */
static void take(struct xxh3 *sum, const unsigned char *data, size_t stripes)
{
	if (!stripes)
		return;
	memcpy(sum->last, data + (stripes - 1) * XXH3_STRIPE, XXH3_STRIPE);
	fastest()(sum->lanes, data, stripes, sum->stripes % BLOCK_STRIPES);
	sum->stripes += stripes;
}

void xxh3_start(struct xxh3 *sum)
{
	*sum = (struct xxh3){.lanes = {P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1}};
}

void xxh3_add(struct xxh3 *sum, const unsigned char *data, size_t length)
{
	unsigned char *waiting = sum->last + XXH3_STRIPE;
	size_t stripes;

	sum->length += length;
	if (sum->waiting && sum->waiting + length > XXH3_STRIPE) {
		const size_t missing = XXH3_STRIPE - sum->waiting;

		memcpy(waiting + sum->waiting, data, missing);
		take(sum, waiting, 1);
		sum->waiting = 0;
		data += missing;
		length -= missing;
	}
	if (!sum->waiting && length) { /* at least one byte is kept back */
		stripes = (length - 1) / XXH3_STRIPE;
		take(sum, data, stripes);
		data += stripes * XXH3_STRIPE;
		length -= stripes * XXH3_STRIPE;
	}
	memcpy(waiting + sum->waiting, data, length);
	sum->waiting += (unsigned)length;
}

/* The product of two numbers, its halves folded into one. */
static uint64_t folded(uint64_t a, uint64_t b)
{
	const uint64_t low = (a & 0xffffffff) * (b & 0xffffffff), left = (a >> 32) * (b & 0xffffffff);
	const uint64_t right = (a & 0xffffffff) * (b >> 32), high = (a >> 32) * (b >> 32);
	const uint64_t cross = (low >> 32) + (left & 0xffffffff) + right;

	return ((left >> 32) + (cross >> 32) + high) ^ (cross << 32 | (low & 0xffffffff));
}

static uint64_t merged(const uint64_t *lanes, const unsigned char *key, uint64_t start)
{
	for (unsigned lane = 0; lane < XXH3_LANES; lane += 2)
		start += folded(lanes[lane] ^ read64(key + 8 * lane), lanes[lane + 1] ^ read64(key + 8 * lane + 8));
	start = (start ^ start >> 37) * AVALANCHE;
	return start ^ start >> 32;
}

void xxh3_end(const struct xxh3 *sum, unsigned char digest[XXH3_DIGEST])
{
	uint64_t lanes[XXH3_LANES], halves[2];

	memcpy(lanes, sum->lanes, sizeof(lanes));
	accumulate(lanes, sum->last + sum->waiting, secret + LAST_AT, 1);
	halves[0] = merged(lanes, secret + HIGH_AT, ~(sum->length * P64_2));
	halves[1] = merged(lanes, secret + LOW_AT, sum->length * P64_1);
	for (unsigned at = 0; at < XXH3_DIGEST; at++)
		digest[at] = halves[at / 8] >> (56 - 8 * (at % 8)) & 0xff;
}

/*
 * The producer's end of a ring: hashes an image chunk by chunk as it goes in. One thread at a time.
 */
#pragma once
#include "ring.h"

/* Bytes. Room is waited for in whole sectors, and for a region of them at once: waiting costs more than they do. */
#define PUMP_SECTOR 2048
#define PUMP_REGION 4194304
#define PUMP_DIGEST 16
#define PUMP_SHORT 240
#define PUMP_WITNESS 4096
#define PUMP_VARIED 32

struct pump;

/*
 * Make a pump for `ring` that hashes the first `size` bytes in chunks of `chunk` bytes, which is more than PUMP_SHORT.
 * Where no more than that is left for the last one, those bytes are kept. NULL when memory lacks. Any thread.
 */
struct pump *pump_new(struct ring *ring, uint64_t size, uint32_t chunk);

void pump_free(struct pump *pump);

/*
 * Wait without an end for room for up to `size` bytes, and return how many whole sectors of them there is room for, in
 * bytes, at most PUMP_REGION; errors are those of ring_reserve. *memory is where the region starts.
 */
int64_t pump_reserve(struct pump *pump, uint64_t size, unsigned char **memory);

/* Hash the first `size` bytes of the region at `memory`, and hand them over. RING_MISUSED if that is not so long. */
int pump_commit(struct pump *pump, const unsigned char *memory, size_t size);

/*
 * Find by which piece of what was hashed it can be known again: PUMP_WITNESS bytes, more than PUMP_VARIED of them
 * different, from the end of a region. Returns the piece, and sets *at to where it starts; NULL as long as there is none.
 */
const unsigned char *pump_witness(const struct pump *pump, uint64_t *at);

/* Return the digests of the chunks (XXH3 of 128 bits, the most significant byte first); all of them are there at the end. */
const unsigned char *pump_digests(const struct pump *pump);

/* Return the bytes of a last chunk that is too short for that, and put into *size how many there are; often none. */
const unsigned char *pump_rest(const struct pump *pump, uint32_t *size);

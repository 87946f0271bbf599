#include "pump.h"

#include "xxh3.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct pump {
	struct ring *ring;
	uint64_t done; /* bytes that are hashed */
	uint64_t left; /* bytes that are still to be hashed */
	uint32_t chunk;
	uint32_t missing; /* bytes of the chunk that is being hashed */
	struct xxh3 sum;
	unsigned char *digest; /* of that chunk, when it is done */
	uint32_t rest; /* bytes of a last chunk that is too short for that */
	uint32_t kept; /* how many of them there are by now */
	unsigned char kept_bytes[PUMP_SHORT];
	bool known; /* whether there is a witness */
	uint64_t witness_at;
	unsigned char witness[PUMP_WITNESS];
	unsigned char digests[];
};

static void next_chunk(struct pump *pump)
{
	pump->missing = pump->left < pump->chunk ? (uint32_t)pump->left : pump->chunk;
	xxh3_start(&pump->sum);
}

static void keep(struct pump *pump, const unsigned char *data, size_t size)
{
	const uint32_t missing = pump->rest - pump->kept, take = size < missing ? (uint32_t)size : missing;

	memcpy(pump->kept_bytes + pump->kept, data, take);
	pump->kept += take;
}

static void hash(struct pump *pump, const unsigned char *data, size_t size)
{
	while (size && pump->left) {
		const uint32_t take = size < pump->missing ? (uint32_t)size : pump->missing;

		xxh3_add(&pump->sum, data, take);
		data += take;
		size -= take;
		pump->done += take;
		pump->left -= take;
		pump->missing -= take;
		if (pump->missing)
			break;
		xxh3_end(&pump->sum, pump->digest);
		pump->digest += PUMP_DIGEST;
		next_chunk(pump);
	}
	if (!pump->left)
		keep(pump, data, size);
}

static void remember(struct pump *pump, const unsigned char *data, size_t size)
{
	bool seen[256] = {false};
	unsigned varied = 0;

	if (pump->known || size < PUMP_WITNESS)
		return;
	data += size - PUMP_WITNESS;
	for (size_t at = 0; at < PUMP_WITNESS; at++) {
		varied += !seen[data[at]];
		seen[data[at]] = true;
	}
	if (varied <= PUMP_VARIED)
		return;
	pump->known = true;
	pump->witness_at = pump->done + size - PUMP_WITNESS;
	memcpy(pump->witness, data, PUMP_WITNESS);
}

struct pump *pump_new(struct ring *ring, uint64_t size, uint32_t chunk)
{
	struct pump *pump = calloc(1, sizeof(*pump) + (size_t)((size + chunk - 1) / chunk) * PUMP_DIGEST);

	if (!pump)
		return NULL;
	pump->ring = ring;
	pump->rest = size % chunk <= PUMP_SHORT ? (uint32_t)(size % chunk) : 0;
	pump->left = size - pump->rest;
	pump->chunk = chunk;
	pump->digest = pump->digests;
	next_chunk(pump);
	return pump;
}

void pump_free(struct pump *pump)
{
	free(pump);
}

int64_t pump_reserve(struct pump *pump, uint64_t size, unsigned char **memory)
{
	size_t offset = 0;
	const int64_t length = ring_reserve(pump->ring, size < PUMP_REGION ? (size_t)size : PUMP_REGION, -1, &offset);

	*memory = ring_memory(pump->ring) + offset;
	return length > 0 ? length - length % PUMP_SECTOR : length;
}

int pump_commit(struct pump *pump, const unsigned char *memory, size_t size)
{
	remember(pump, memory, size < pump->left ? size : (size_t)pump->left);
	hash(pump, memory, size);
	return ring_commit(pump->ring, size);
}

const unsigned char *pump_witness(const struct pump *pump, uint64_t *at)
{
	*at = pump->witness_at;
	return pump->known ? pump->witness : NULL;
}

const unsigned char *pump_digests(const struct pump *pump)
{
	return pump->digests;
}

const unsigned char *pump_rest(const struct pump *pump, uint32_t *size)
{
	*size = pump->kept;
	return pump->kept_bytes;
}

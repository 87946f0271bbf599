#include "pieces.h"

#include "files.h"

#include <stdlib.h>
#include <string.h>

#define FACTS 4 /* columns of numbers that tell of a file; see files.h */

/* Pours a piece, adds to *done how much of it went in, and returns whether that was all. */
typedef int (*pour_function)(const void *content, struct pump *pump, uint64_t *done);

struct piece {
	struct piece *next;
	pour_function pour;
	void *content; /* one block of memory */
};

struct pieces {
	struct piece *first;
	struct piece **end;
	uint64_t room;
};

/* Sectors as they were made: first the lengths of all without the zeros at their ends, then so many bytes of each. */
struct made {
	size_t sectors;
	uint16_t lengths[];
};

struct files {
	size_t count;
	uint64_t skip;
	unsigned char *digests; /* somebody else's, or NULL */
	uint64_t facts[]; /* and behind them the paths */
};

struct pieces *pieces_new(uint64_t room)
{
	struct pieces *pieces = calloc(1, sizeof(*pieces));

	if (!pieces)
		return NULL;
	pieces->end = &pieces->first;
	pieces->room = room;
	return pieces;
}

static void drop_first(struct pieces *pieces)
{
	struct piece *piece = pieces->first;

	pieces->first = piece->next;
	if (!pieces->first)
		pieces->end = &pieces->first;
	free(piece->content);
	free(piece);
}

void pieces_free(struct pieces *pieces)
{
	while (pieces->first)
		drop_first(pieces);
	free(pieces);
}

/* Add a piece with room for so many bytes of content, and return that; NULL where there is none. */
static void *add(struct pieces *pieces, pour_function pour, size_t size)
{
	struct piece *piece = size <= pieces->room ? calloc(1, sizeof(*piece)) : NULL;

	if (!piece)
		return NULL;
	piece->content = malloc(size);
	if (!piece->content) {
		free(piece);
		return NULL;
	}
	piece->pour = pour;
	*pieces->end = piece;
	pieces->end = &piece->next;
	pieces->room -= size;
	return piece->content;
}

/* How long a sector is without the zeros at its end. */
static uint16_t length_of(const unsigned char *sector)
{
	size_t length = PUMP_SECTOR;
	uint64_t word;

	for (; length; length -= sizeof(word)) {
		memcpy(&word, sector + length - sizeof(word), sizeof(word));
		if (word)
			break;
	}
	while (length && !sector[length - 1])
		length--;
	return (uint16_t)length;
}

static int pour_made(const void *content, struct pump *pump, uint64_t *done)
{
	const struct made *made = content;
	const unsigned char *data = (const unsigned char *)(made->lengths + made->sectors);
	size_t index = 0;

	while (index < made->sectors) {
		unsigned char *memory;
		const int64_t room = pump_reserve(pump, (made->sectors - index) * PUMP_SECTOR, &memory);

		if (room <= 0)
			return 0;
		for (int64_t at = 0; at < room; at += PUMP_SECTOR) {
			const size_t length = made->lengths[index++];

			memcpy(memory + at, data, length);
			memset(memory + at + length, 0, PUMP_SECTOR - length);
			data += length;
		}
		pump_commit(pump, memory, (size_t)room);
		*done += (uint64_t)room;
	}
	return 1;
}

int pieces_add_made(struct pieces *pieces, const unsigned char *data, size_t size)
{
	const size_t sectors = size / PUMP_SECTOR;
	size_t total = sizeof(struct made) + sectors * sizeof(uint16_t);
	struct made *made;
	unsigned char *place;

	for (size_t index = 0; index < sectors; index++)
		total += length_of(data + index * PUMP_SECTOR);
	made = add(pieces, pour_made, total);
	if (!made)
		return -1;
	made->sectors = sectors;
	place = (unsigned char *)(made->lengths + sectors);
	for (size_t index = 0; index < sectors; index++) {
		made->lengths[index] = length_of(data + index * PUMP_SECTOR);
		memcpy(place, data + index * PUMP_SECTOR, made->lengths[index]);
		place += made->lengths[index];
	}
	return 0;
}

static int pour_files(const void *content, struct pump *pump, uint64_t *done)
{
	const struct files *files = content;
	const size_t numbers = FACTS * files->count + 1;
	const uint64_t *starts = files->facts + numbers - files->count - 1;
	const uint64_t size = (starts[files->count] - starts[0]) * PUMP_SECTOR - files->skip;
	const uint64_t poured = files_pour((const char *)(files->facts + numbers), files->facts, files->count, files->skip,
	                                   pump, files->digests);

	*done += poured;
	return poured == size;
}

int pieces_add_files(struct pieces *pieces, const char *paths, size_t paths_size, const uint64_t *facts, size_t count,
                     uint64_t skip, unsigned char *digests)
{
	const size_t facts_size = (FACTS * count + 1) * sizeof(*facts);
	struct files *files = add(pieces, pour_files, sizeof(*files) + facts_size + paths_size);

	if (!files)
		return -1;
	files->count = count;
	files->skip = skip;
	files->digests = digests;
	memcpy(files->facts, facts, facts_size);
	memcpy((char *)files->facts + facts_size, paths, paths_size);
	return 0;
}

uint64_t pieces_pour(struct pieces *pieces, struct pump *pump)
{
	uint64_t done = 0;

	while (pieces->first && pieces->first->pour(pieces->first->content, pump, &done))
		drop_first(pieces);
	return done;
}

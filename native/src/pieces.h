/*
 * What goes into a ring, laid up before any of it is needed: what was made in memory, without the zeros at the end of each
 * sector, and which files are to be read. Pouring it in takes one call. One thread at a time; nothing here copies a file.
 */
#pragma once
#include "pump.h"

struct pieces;

/* Start with nothing, and room for so many bytes of memory. NULL when memory lacks. */
struct pieces *pieces_new(uint64_t room);

void pieces_free(struct pieces *pieces);

/* Lay up `size` bytes, whole sectors. 0, or -1 where there is no room for them or no memory: nothing is added then. */
int pieces_add_made(struct pieces *pieces, const unsigned char *data, size_t size);

/* The same with files, given as to files_pour; `paths_size` counts the bytes of all paths. Only `digests` is not copied. */
int pieces_add_files(struct pieces *pieces, const char *paths, size_t paths_size, const uint64_t *facts, size_t count,
                     uint64_t skip, unsigned char *digests);

/*
 * Let all that was laid up be poured into a ring, in turn, until a file fails or the ring ends, and forget it. Returns how
 * many bytes went in. The ring's producer; waits for room.
 */
uint64_t pieces_pour(struct pieces *pieces, struct pump *pump);

/*
 * Reading many files, one after the other, in one call: a Python thread that has to ask for the interpreter lock
 * several times a file starves as soon as another thread computes.
 *
 * A file that cannot be read whole, or is not what it was, ends the call: the caller reads that one by itself, which
 * tells what is wrong. Some files are open ahead of their turn: where they are not in the cache they are read at the same
 * time. Sizes are in bytes.
 */
#pragma once
#include "pump.h"

/*
 * Fill `memory`, which begins where the first file goes, with `count` files and zeros between them. Their `paths` follow
 * each other, each ended by a NUL. `facts` tell what the files were when they were looked at, and where their data goes:
 * all sizes, then all mtimes (signed, in nanoseconds since 1970), all inodes, and the sectors where each starts, with
 * the one where the last one's zeros end. Returns how many were read before one failed. Any thread.
 */
size_t files_read(const char *paths, const uint64_t *facts, size_t count, unsigned char *memory);

/*
 * The same into the file `target`, where the first one goes to byte `position`, by way of `memory` of `room` bytes; a
 * file larger than that ends the call. Returns how many files were written, or a negative errno value if writing failed.
 */
int64_t files_copy(const char *paths, const uint64_t *facts, size_t count, unsigned char *memory, size_t room,
                   int target, uint64_t position);

/* Open and close files as those of files_read; returns how many were what they were before one was not. Any thread. */
size_t files_check(const char *paths, const uint64_t *facts, size_t count);

/*
 * Let files as those of files_read be poured into a ring, the first one from its byte `skip` on, which starts a sector,
 * until one fails or the ring ends. Where `digests` is not NULL the SHA-256 of each file that went in whole is put there,
 * 32 bytes each. Returns how many bytes went in. The ring's producer; waits for room.
 */
uint64_t files_pour(const char *paths, const uint64_t *facts, size_t count, uint64_t skip, struct pump *pump,
                    unsigned char *digests);

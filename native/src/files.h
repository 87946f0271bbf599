/*
 * Reading many small files, one after the other, in one call: a Python thread that has to ask for the interpreter lock
 * several times a file starves as soon as another thread computes.
 *
 * A file that cannot be read whole, or is not what it was, ends the call: the caller reads that one by itself, which
 * tells what is wrong. Sizes are in bytes.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* What a file was when it was looked at, and where its data goes: from `start` on, zeros behind it up to `end`. */
struct file_facts {
	uint64_t size;
	int64_t mtime; /* nanoseconds since 1970 */
	uint64_t inode;
	uint64_t start;
	uint64_t end;
};

/*
 * Fill `memory`, which begins where the first file goes, with `count` files and zeros between them. Their `paths` follow
 * each other, each ended by a NUL. Returns how many were read before one failed. Any thread.
 */
size_t files_read(const char *paths, const struct file_facts *facts, size_t count, unsigned char *memory);

/*
 * The same into the file `target`, where byte 0 of all starts is `position`, by way of `memory` of `room` bytes; a file
 * larger than that ends the call. Returns how many files were written, or a negative errno value if writing failed.
 */
int64_t files_copy(const char *paths, const struct file_facts *facts, size_t count, unsigned char *memory, size_t room,
                   int target, uint64_t position);

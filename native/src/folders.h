/*
 * Looking into folders and at all that lies there, in one call: a Python thread that looks at each entry by itself asks
 * for the interpreter lock each time, and makes objects that nobody needs.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* How many numbers there are for each entry. */
#define FOLDERS_FACTS 12

/*
 * What some folders hold. `names` are ended by a NUL each. `facts` has for each of them, as lstat tells it: mode, links,
 * owner, group, device, inode, special device, size, and signed, in nanoseconds since 1970, the times of the last
 * change, of the last access, of the last change of attributes and of creation (INT64_MIN: not known). `counts` has for
 * each of the first `folders` how many entries it has; those of a folder are mostly sorted by name.
 */
struct folders_found {
	size_t folders;
	size_t entries;
	size_t names_size;
	char *names;
	uint64_t *facts;
	uint64_t *counts;
};

/*
 * Look into `count` folders, whose `paths` follow each other, each ended by a NUL. Stops before the first that cannot be
 * looked into, or that holds something that cannot be looked at or has a time that 64 bits do not hold. Returns NULL for
 * want of memory. Any thread.
 */
struct folders_found *folders_look(const char *paths, size_t count);

/* Release what was found; NULL is fine. */
void folders_free(struct folders_found *found);

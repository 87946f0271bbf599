#define _GNU_SOURCE
#include "folders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NS_PER_S 1000000000

/* What was found so far, and how many bytes there is room for. */
struct search {
	struct folders_found *found;
	size_t names_room;
	size_t facts_room;
};

/* Return memory that has room for what is needed, with what was in it; NULL, and `memory` as it was, for want of it. */
static void *enlarged(void *memory, size_t *room, size_t needed)
{
	size_t wanted = *room ? *room : 4096;
	void *grown;

	while (wanted < needed)
		wanted *= 2;
	if (wanted == *room)
		return memory;
	grown = realloc(memory, wanted);
	if (grown)
		*room = wanted;
	return grown;
}

static uint64_t nanoseconds(struct timespec time)
{
	return (uint64_t)((int64_t)time.tv_sec * NS_PER_S + time.tv_nsec);
}

/* Tell whether 64 bits hold a time: file systems have years from 2263 on that they do not. */
static int fits(struct timespec time)
{
	const int64_t seconds = time.tv_sec;

	return seconds < INT64_MAX / NS_PER_S && seconds > INT64_MIN / NS_PER_S;
}

static int add(struct search *search, const char *name, const struct stat *status)
{
	struct folders_found *found = search->found;
	size_t size = strlen(name) + 1, row = FOLDERS_FACTS * sizeof(uint64_t);
	char *names = enlarged(found->names, &search->names_room, found->names_size + size);
	uint64_t *rows = enlarged(found->facts, &search->facts_room, (found->entries + 1) * row);
	const uint64_t facts[FOLDERS_FACTS] = {
		status->st_mode,
		status->st_nlink,
		status->st_uid,
		status->st_gid,
		status->st_dev,
		status->st_ino,
		status->st_rdev,
		(uint64_t)status->st_size,
		nanoseconds(status->st_mtim),
		nanoseconds(status->st_atim),
		nanoseconds(status->st_ctim),
		(uint64_t)INT64_MIN,
	};

	found->names = names ? names : found->names;
	found->facts = rows ? rows : found->facts;
	if (!names || !rows)
		return 0;
	memcpy(found->names + found->names_size, name, size);
	memcpy(found->facts + found->entries * FOLDERS_FACTS, facts, row);
	found->names_size += size;
	found->entries++;
	return 1;
}

static int look_at_all(struct search *search, DIR *folder)
{
	for (;;) {
		struct dirent *entry;
		struct stat status;

		errno = 0;
		entry = readdir(folder);
		if (!entry)
			return !errno;
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) || !fits(status.st_mtim) ||
		    !fits(status.st_atim) || !fits(status.st_ctim) || !add(search, entry->d_name, &status))
			return 0;
	}
}

/* An entry while they are being sorted. */
struct row {
	const char *name;
	uint64_t facts[FOLDERS_FACTS];
};

static int by_name(const void *one, const void *other)
{
	return strcmp(((const struct row *)one)->name, ((const struct row *)other)->name);
}

/*
 * Sort the last entries by name, where there is memory for that: whoever makes nodes of them sorts them in any case, but
 * finds them sorted sooner, and goes through what lies in order in memory.
 */
static void sort(struct folders_found *found, size_t entries, size_t names_size)
{
	const size_t count = found->entries - entries, size = found->names_size - names_size;
	uint64_t *facts = found->facts + entries * FOLDERS_FACTS;
	char *names = found->names + names_size, *copy = malloc(size);
	struct row *rows = calloc(count, sizeof *rows);

	if (copy && rows) {
		const char *name = memcpy(copy, names, size);

		for (size_t index = 0; index < count; index++) {
			rows[index].name = name;
			memcpy(rows[index].facts, facts + index * FOLDERS_FACTS, sizeof rows->facts);
			name += strlen(name) + 1;
		}
		qsort(rows, count, sizeof *rows, by_name);
		for (size_t index = 0; index < count; index++) {
			memcpy(facts + index * FOLDERS_FACTS, rows[index].facts, sizeof rows->facts);
			names = stpcpy(names, rows[index].name) + 1;
		}
	}
	free(rows);
	free(copy);
}

/* Take all of a folder, or nothing of it. */
static int look(struct search *search, const char *path)
{
	struct folders_found *found = search->found;
	size_t entries = found->entries, names_size = found->names_size;
	DIR *folder = opendir(path);
	int fine;

	if (!folder)
		return 0;
	fine = look_at_all(search, folder);
	closedir(folder);
	if (!fine) {
		found->entries = entries;
		found->names_size = names_size;
	} else if (found->entries > entries) {
		sort(found, entries, names_size);
	}
	return fine;
}

struct folders_found *folders_look(const char *paths, size_t count)
{
	struct search search = {calloc(1, sizeof(struct folders_found)), 0, 0};
	struct folders_found *found = search.found;

	if (!found)
		return NULL;
	found->counts = calloc(count, sizeof *found->counts);
	if (!found->counts) {
		folders_free(found);
		return NULL;
	}
	for (; found->folders < count; found->folders++) {
		size_t before = found->entries;

		if (!look(&search, paths))
			break;
		found->counts[found->folders] = found->entries - before;
		paths += strlen(paths) + 1;
	}
	return found;
}

void folders_free(struct folders_found *found)
{
	if (!found)
		return;
	free(found->names);
	free(found->facts);
	free(found->counts);
	free(found);
}

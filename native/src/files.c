#define _GNU_SOURCE
#include "files.h"

#include "sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NS_PER_S 1000000000
#define AHEAD 64 /* files that are open before their turn, so that a disk has many to read at once */
#define STEP (256 << 10) /* bytes that are read, hashed while they are in the cache, and handed over */
#define START (1 << 20) /* bytes of a file that are asked for ahead of its turn: the rest of a large one is not so urgent */

_Static_assert(sizeof(off_t) == sizeof(uint64_t), "files of 2 GiB and more take -D_FILE_OFFSET_BITS=64");

/* Some files that follow each other. */
struct batch {
	size_t next, opened, count;
	const char *ahead; /* path of the next one to be opened */
	int open[AHEAD];   /* by index modulo AHEAD */
	const uint64_t *sizes;
	const uint64_t *mtimes;
	const uint64_t *inodes;
	const uint64_t *starts;
	unsigned char *digests; /* where they go, NULL if nobody wants any */
};

static struct batch batch_of(const char *paths, const uint64_t *facts, size_t count)
{
	return (struct batch){
		.count = count,
		.ahead = paths,
		.sizes = facts,
		.mtimes = facts + count,
		.inodes = facts + 2 * count,
		.starts = facts + 3 * count,
	};
}

static int is_what_it_was(int file, const struct batch *batch, size_t index)
{
	struct stat status;

	return !fstat(file, &status) && S_ISREG(status.st_mode) && (uint64_t)status.st_size == batch->sizes[index] &&
	       status.st_ino == batch->inodes[index] &&
	       (uint64_t)status.st_mtim.tv_sec * NS_PER_S + (uint64_t)status.st_mtim.tv_nsec == batch->mtimes[index];
}

static int open_file(const char *path)
{
	/* a file that was replaced by a FIFO must not stop anything */
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

static void open_ahead(struct batch *batch)
{
	while (batch->opened < batch->count && batch->opened < batch->next + AHEAD) {
		const int file = open_file(batch->ahead);

		/* where no more may be open, those that are have their turn first */
		if (file < 0)
			return;
		posix_fadvise(file, 0, START, POSIX_FADV_WILLNEED);
		batch->open[batch->opened++ % AHEAD] = file;
		batch->ahead += strlen(batch->ahead) + 1;
	}
}

static void close_ahead(const struct batch *batch)
{
	for (size_t index = batch->next; index < batch->opened; index++)
		close(batch->open[index % AHEAD]);
}

/* Return the next file, which is the caller's from now on; negative where it cannot be opened. */
static int next_file(struct batch *batch)
{
	open_ahead(batch);
	if (batch->opened == batch->next)
		return -1;
	return batch->open[batch->next++ % AHEAD];
}

static void digest(const struct batch *batch, size_t index, const unsigned char *memory, size_t size)
{
	struct sha256 sum;

	sha256_start(&sum);
	sha256_add(&sum, memory, size);
	sha256_end(&sum, batch->digests + index * SHA256_DIGEST);
}

/* Read the next file whole and look at it afterwards, so that no change goes unseen. */
static int read_file(struct batch *batch, unsigned char *memory)
{
	const size_t index = batch->next, size = (size_t)batch->sizes[index];
	const int file = next_file(batch);
	int fine;

	if (file < 0)
		return 0;
	fine = pread(file, memory, size, 0) == (ssize_t)size && is_what_it_was(file, batch, index);
	close(file);
	if (fine && batch->digests)
		digest(batch, index, memory, size);
	return fine;
}

/* How many bytes lie between the starts of two files. */
static uint64_t distance(const struct batch *batch, size_t first, size_t last)
{
	return (batch->starts[last] - batch->starts[first]) * PUMP_SECTOR;
}

/* Read files until one fails, and return its index; `memory` begins where the first one goes. */
static size_t read_files(struct batch *batch, size_t first, size_t end, unsigned char *memory)
{
	for (size_t index = first; index < end; index++) {
		const size_t size = (size_t)batch->sizes[index];
		unsigned char *place = memory + distance(batch, first, index);

		if (!read_file(batch, place))
			return index;
		memset(place + size, 0, (size_t)distance(batch, index, index + 1) - size);
	}
	return end;
}

size_t files_read(const char *paths, const uint64_t *facts, size_t count, unsigned char *memory)
{
	struct batch batch = batch_of(paths, facts, count);
	const size_t read = read_files(&batch, 0, count, memory);

	close_ahead(&batch);
	return read;
}

static int write_all(int target, const unsigned char *memory, size_t size, uint64_t position)
{
	while (size) {
		ssize_t written = pwrite(target, memory, size, (off_t)position);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written ? -errno : -EIO;
		memory += written;
		size -= (size_t)written;
		position += (uint64_t)written;
	}
	return 0;
}

static int64_t copy(struct batch *batch, unsigned char *memory, size_t room, int target, uint64_t position)
{
	size_t done = 0;

	while (done < batch->count) {
		size_t end = done, read;
		int failed;

		while (end < batch->count && distance(batch, done, end + 1) <= room)
			end++;
		read = read_files(batch, done, end, memory);
		if (read == done)
			break;
		failed = write_all(target, memory, (size_t)distance(batch, done, read), position + distance(batch, 0, done));
		if (failed)
			return failed;
		done = read;
		if (read < end)
			break;
	}
	return (int64_t)done;
}

int64_t files_copy(const char *paths, const uint64_t *facts, size_t count, unsigned char *memory, size_t room,
                   int target, uint64_t position)
{
	struct batch batch = batch_of(paths, facts, count);
	const int64_t copied = copy(&batch, memory, room, target, position);

	close_ahead(&batch);
	return copied;
}

size_t files_check(const char *paths, const uint64_t *facts, size_t count)
{
	const struct batch batch = batch_of(paths, facts, count);

	for (size_t index = 0; index < count; index++) {
		const int file = open_file(paths);
		const int fine = file >= 0 && is_what_it_was(file, &batch, index);

		if (file >= 0)
			close(file);
		if (!fine)
			return index;
		paths += strlen(paths) + 1;
	}
	return count;
}

/* Fill `memory` from byte `at` of a file on, and with zeros from its end on. */
static int read_part(int file, uint64_t file_size, uint64_t at, unsigned char *memory, size_t size)
{
	const uint64_t left = at < file_size ? file_size - at : 0;
	const size_t wanted = left < size ? (size_t)left : size;
	size_t done = 0;

	while (done < wanted) {
		const ssize_t got = pread(file, memory + done, wanted - done, (off_t)(at + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return 0;
		done += (size_t)got;
	}
	memset(memory + wanted, 0, size - wanted);
	return 1;
}

/* A file on its way into a ring: `at` is how far it got, `end` where the zeros behind it end. */
struct passage {
	int file;
	size_t index;
	uint64_t at;
	uint64_t end;
	int hashed; /* whether all of it up to `at` is in the sum */
	struct sha256 sum;
};

/* Take what comes next of a file, perhaps with zeros behind it, into its sum. */
static void hash(const struct batch *batch, struct passage *passage, const unsigned char *memory, size_t size)
{
	const uint64_t file_size = batch->sizes[passage->index];
	const uint64_t left = passage->at < file_size ? file_size - passage->at : 0;

	sha256_add(&passage->sum, memory, left < size ? (size_t)left : size);
}

/* Whether the next so many bytes of a file, and of the zeros behind it, have its last one among them. */
static int ends_file(const struct batch *batch, const struct passage *passage, size_t size)
{
	const uint64_t file_size = batch->sizes[passage->index];

	return passage->at < file_size && passage->at + size >= file_size;
}

/* Let a part of a file be poured step by step; that with the file's end only if it still is what it was. */
static int pour_region(const struct batch *batch, struct passage *passage, unsigned char *memory, size_t size,
                       struct pump *pump)
{
	size_t step;

	for (size_t done = 0; done < size; done += step) {
		step = size - done < STEP ? size - done : STEP;
		if (!read_part(passage->file, batch->sizes[passage->index], passage->at, memory + done, step))
			return 0;
		if (passage->hashed)
			hash(batch, passage, memory + done, step);
		if (ends_file(batch, passage, step) && !is_what_it_was(passage->file, batch, passage->index))
			return 0;
		pump_commit(pump, memory + done, step);
		passage->at += step;
	}
	return 1;
}

static int pour_regions(const struct batch *batch, struct passage *passage, struct pump *pump)
{
	unsigned char *memory;
	int64_t room;

	if (!is_what_it_was(passage->file, batch, passage->index))
		return 0;
	posix_fadvise(passage->file, 0, 0, POSIX_FADV_SEQUENTIAL);
	while (passage->at < passage->end) {
		room = pump_reserve(pump, passage->end - passage->at, &memory);
		if (room <= 0 || !pour_region(batch, passage, memory, (size_t)room, pump))
			return 0;
	}
	return 1;
}

/* Let the next file be poured from byte `skip` on, in as many regions as it takes, and add to *done what went in. */
static int pour_in_parts(struct batch *batch, uint64_t skip, struct pump *pump, uint64_t *done)
{
	struct passage passage = {.index = batch->next, .at = skip, .hashed = batch->digests && !skip};
	int fine;

	sha256_start(&passage.sum);
	passage.end = distance(batch, passage.index, passage.index + 1);
	passage.file = next_file(batch);
	if (passage.file < 0)
		return 0;
	fine = pour_regions(batch, &passage, pump);
	close(passage.file);
	if (passage.hashed && passage.at >= batch->sizes[passage.index])
		sha256_end(&passage.sum, batch->digests + passage.index * SHA256_DIGEST);
	*done += passage.at - skip;
	return fine;
}

/* Let as many files as fit be read into a region at once, and add to *done what they took; *some tells if any fit. */
static int pour_together(struct batch *batch, struct pump *pump, uint64_t *done, int *some)
{
	const size_t first = batch->next;
	size_t end = first, read;
	unsigned char *memory;
	const int64_t room = pump_reserve(pump, PUMP_REGION, &memory);

	if (room <= 0)
		return 0;
	while (end < batch->count && distance(batch, first, end + 1) <= (uint64_t)room)
		end++;
	*some = end > first;
	read = read_files(batch, first, end, memory);
	if (read > first)
		pump_commit(pump, memory, (size_t)distance(batch, first, read));
	*done += distance(batch, first, read);
	return read == end;
}

uint64_t files_pour(const char *paths, const uint64_t *facts, size_t count, uint64_t skip, struct pump *pump,
                    unsigned char *digests)
{
	struct batch batch = batch_of(paths, facts, count);
	uint64_t done = 0;
	int fine, some;

	batch.digests = digests;
	fine = !skip || pour_in_parts(&batch, skip, pump, &done);
	while (fine && batch.next < count) {
		fine = pour_together(&batch, pump, &done, &some);
		if (fine && !some)
			fine = pour_in_parts(&batch, 0, pump, &done);
	}
	close_ahead(&batch);
	return done;
}

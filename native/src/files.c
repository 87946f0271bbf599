#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NS_PER_S 1000000000
#define AHEAD 64 /* files that are open before their turn, so that a disk has many to read at once */
#define REGION (4 << 20) /* bytes that room is waited for at once: waiting costs more than they do */
#define STEP (256 << 10) /* bytes that are read, hashed while they are in the cache, and handed over */

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
		posix_fadvise(file, 0, 0, POSIX_FADV_WILLNEED);
		batch->open[batch->opened++ % AHEAD] = file;
		batch->ahead += strlen(batch->ahead) + 1;
	}
}

static void close_ahead(const struct batch *batch)
{
	for (size_t index = batch->next; index < batch->opened; index++)
		close(batch->open[index % AHEAD]);
}

/* Read the next file whole and look at it afterwards, so that no change goes unseen. */
static int read_file(struct batch *batch, unsigned char *memory)
{
	const size_t index = batch->next, size = (size_t)batch->sizes[index];
	int file, fine;

	open_ahead(batch);
	if (batch->opened == index)
		return 0;
	file = batch->open[batch->next++ % AHEAD];
	fine = pread(file, memory, size, 0) == (ssize_t)size && is_what_it_was(file, batch, index);
	close(file);
	return fine;
}

/* How many bytes lie between the starts of two files. */
static uint64_t distance(const struct batch *batch, size_t first, size_t last)
{
	return (batch->starts[last] - batch->starts[first]) * FILES_SECTOR;
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

static uint64_t pour(struct batch *batch, struct pump *pump)
{
	size_t done = 0, end, read;
	unsigned char *memory;
	int64_t room;

	while (done < batch->count) {
		room = pump_reserve(pump, REGION, &memory);
		end = done;
		while (end < batch->count && (int64_t)distance(batch, done, end + 1) <= room)
			end++;
		read = read_files(batch, done, end, memory);
		if (read > done)
			pump_commit(pump, memory, (size_t)distance(batch, done, read));
		if (room < 0 || read < end || read == done)
			return distance(batch, 0, read);
		done = read;
	}
	return distance(batch, 0, done);
}

uint64_t files_pour(const char *paths, const uint64_t *facts, size_t count, struct pump *pump)
{
	struct batch batch = batch_of(paths, facts, count);
	const uint64_t poured = pour(&batch, pump);

	close_ahead(&batch);
	return poured;
}

/* Fill a region from a file, step by step, and return how many bytes were handed over. */
static uint64_t pour_region(int file, uint64_t offset, unsigned char *memory, size_t size, struct pump *pump)
{
	uint64_t done = 0;

	while (done < size) {
		const size_t step = size - done < STEP ? size - (size_t)done : STEP;
		ssize_t got = pread(file, memory + done, step, (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		got -= got > 0 ? got % FILES_SECTOR : 0;
		if (got <= 0)
			break;
		pump_commit(pump, memory + done, (size_t)got);
		done += (uint64_t)got;
	}
	return done;
}

uint64_t files_pour_one(int file, uint64_t offset, uint64_t size, struct pump *pump)
{
	uint64_t done = 0, poured;
	unsigned char *memory;
	int64_t room;

	posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
	while (done < size) {
		room = pump_reserve(pump, size - done < REGION ? (size_t)(size - done) : REGION, &memory);
		if (room <= 0)
			break;
		poured = pour_region(file, offset + done, memory, (size_t)room, pump);
		done += poured;
		if (poured < (uint64_t)room)
			break;
	}
	return done;
}

#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NS_PER_S 1000000000

static int is_what_it_was(int file, const struct file_facts *facts)
{
	struct stat status;

	return !fstat(file, &status) && S_ISREG(status.st_mode) && (uint64_t)status.st_size == facts->size &&
	       status.st_ino == facts->inode &&
	       (int64_t)status.st_mtim.tv_sec * NS_PER_S + status.st_mtim.tv_nsec == facts->mtime;
}

/* Read one whole file and look at it afterwards, so that no change goes unseen. */
static int read_file(const char *path, const struct file_facts *facts, unsigned char *memory)
{
	/* a file that was replaced by a FIFO must not stop anything */
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int fine;

	if (file < 0)
		return 0;
	fine = pread(file, memory, facts->size, 0) == (ssize_t)facts->size && is_what_it_was(file, facts);
	close(file);
	return fine;
}

/* Read files until one fails, and let `paths` be the path of the next one; `memory` begins where the first one goes. */
static size_t read_files(const char **paths, const struct file_facts *facts, size_t count, unsigned char *memory)
{
	for (size_t done = 0; done < count; done++) {
		const struct file_facts *file = &facts[done];
		unsigned char *place = memory + (file->start - facts->start);

		if (!read_file(*paths, file, place))
			return done;
		memset(place + file->size, 0, file->end - file->start - file->size);
		*paths += strlen(*paths) + 1;
	}
	return count;
}

size_t files_read(const char *paths, const struct file_facts *facts, size_t count, unsigned char *memory)
{
	return read_files(&paths, facts, count, memory);
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

int64_t files_copy(const char *paths, const struct file_facts *facts, size_t count, unsigned char *memory, size_t room,
                   int target, uint64_t position)
{
	size_t done = 0;

	while (done < count) {
		const struct file_facts *first = &facts[done];
		size_t batch = 0, read;
		int failed;

		while (done + batch < count && first[batch].end - first->start <= room)
			batch++;
		read = read_files(&paths, first, batch, memory);
		if (!read)
			break;
		failed = write_all(target, memory, first[read - 1].end - first->start, position + first->start);
		if (failed)
			return failed;
		done += read;
		if (read < batch)
			break;
	}
	return (int64_t)done;
}

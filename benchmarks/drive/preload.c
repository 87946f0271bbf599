/*
 * The drive in front of a program, by LD_PRELOAD: $DRIVE_DEVICE (a path such as /dev/sr9 that need not exist) can be
 * looked at, opened and sent commands by ioctl(SG_IO).
 *
 * $DRIVE_MEDIUM is dvd+r or bd-r, $DRIVE_RATE bytes per second (0, the default: infinitely fast), $DRIVE_BUFFER bytes,
 * $DRIVE_BUSY=1 answers 2/04/08 instead of letting WRITEs wait, $DRIVE_HASH=1 makes an XXH64 of the data,
 * $DRIVE_ZEROS=1 answers READs of any address with zeros. What was counted goes to $DRIVE_REPORT whenever the device is
 * closed and at the end, by the process that wrote. $DRIVE_QUEUE is a folder that stands for the device's request queue
 * in /sys.
 */
#define _GNU_SOURCE
#include "drive.h"
#include "questions.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/cdrom.h>
#include <linux/fs.h>
#include <scsi/sg.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DESCRIPTORS 1024
#define SR_MAJOR 11
#define SG_MAJOR 21

static struct {
	const char *path, *report, *queue;
	char sysfs[64]; /* where /sys has the device */
	dev_t number;
	mode_t mode;
	bool is_open[DESCRIPTORS];
	pid_t writer; /* the process that wrote first: a child has a copy of all this */
	struct drive *drive;
} state;

static double number_of(const char *name, double otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtod(text, NULL) : otherwise;
}

static void __attribute__((constructor)) plug_in(void)
{
	const char *path = getenv("DRIVE_DEVICE"), *medium = getenv("DRIVE_MEDIUM");
	bool is_sg;

	if (!path)
		return;
	is_sg = strstr(path, "/sg") != NULL;
	state.path = path;
	state.report = getenv("DRIVE_REPORT");
	state.queue = getenv("DRIVE_QUEUE");
	state.number = makedev(is_sg ? SG_MAJOR : SR_MAJOR, (unsigned)atoi(path + strcspn(path, "0123456789")));
	state.mode = (is_sg ? S_IFCHR : S_IFBLK) | 0660;
	snprintf(state.sysfs, sizeof(state.sysfs), "/sys/dev/%s/%u:%u/queue", is_sg ? "char" : "block", major(state.number),
		 minor(state.number));
	state.drive = drive_new(medium && !strcmp(medium, "bd-r") ? DRIVE_BD_R : DRIVE_DVD_PLUS_R, number_of("DRIVE_RATE", 0),
				number_of("DRIVE_BUFFER", 4 << 20), number_of("DRIVE_BUSY", 0) != 0,
				number_of("DRIVE_HASH", 0) != 0);
	if (!state.drive)
		abort();
	state.drive->disc.zeros = number_of("DRIVE_ZEROS", 0) != 0;
}

static void __attribute__((destructor)) report(void)
{
	FILE *file;

	if (!state.report || !state.writer || state.writer != getpid())
		return;
	file = fopen(state.report, "w");
	if (!file) {
		perror(state.report);
		return;
	}
	drive_report(state.drive, file);
	fclose(file);
}

static bool is_ours(const char *path)
{
	return state.path && path && !strcmp(path, state.path);
}

static bool is_open(int fd)
{
	return fd >= 0 && fd < DESCRIPTORS && state.is_open[fd];
}

/* Return where a path leads: into $DRIVE_QUEUE for the device's queue, else to itself. */
static const char *place_of(const char *path, char *place)
{
	const size_t length = strlen(state.sysfs);

	if (!state.queue || !path || strncmp(path, state.sysfs, length) || (path[length] && path[length] != '/'))
		return path;
	snprintf(place, PATH_MAX, "%s%s", state.queue, path + length);
	return place;
}

static int remember(int fd)
{
	if (fd >= 0 && fd < DESCRIPTORS)
		state.is_open[fd] = true;
	return fd;
}

/* The function of that name in the C library. */
#define REAL(name)                                                                                       \
	({                                                                                               \
		static __typeof__(&name) real;                                                           \
                                                                                                         \
		real ? real : (real = (__typeof__(&name))dlsym(RTLD_NEXT, #name));                       \
	})

#define OPENS(name)                                                                                      \
	int name(const char *path, int flags, ...)                                                       \
	{                                                                                                \
		char place[PATH_MAX];                                                                    \
		va_list arguments;                                                                       \
		mode_t mode;                                                                             \
                                                                                                         \
		va_start(arguments, flags);                                                              \
		mode = va_arg(arguments, mode_t);                                                        \
		va_end(arguments);                                                                       \
		if (is_ours(path))                                                                       \
			return remember(REAL(name)("/dev/null", O_RDWR | (flags & O_CLOEXEC)));        \
		return REAL(name)(place_of(path, place), flags, mode);                                 \
	}
OPENS(open)
OPENS(open64)

#define OPENS_AT(name)                                                                                   \
	int name(int folder, const char *path, int flags, ...)                                           \
	{                                                                                                \
		char place[PATH_MAX];                                                                    \
		va_list arguments;                                                                       \
		mode_t mode;                                                                             \
                                                                                                         \
		va_start(arguments, flags);                                                              \
		mode = va_arg(arguments, mode_t);                                                        \
		va_end(arguments);                                                                       \
		if (is_ours(path))                                                                       \
			return remember(REAL(name)(folder, "/dev/null", O_RDWR | (flags & O_CLOEXEC))); \
		return REAL(name)(folder, place_of(path, place), flags, mode);                         \
	}
OPENS_AT(openat)
OPENS_AT(openat64)

/* What programs call that are built with _FORTIFY_SOURCE. */
int __open_2(const char *path, int flags)
{
	return open(path, flags);
}

int __open64_2(const char *path, int flags)
{
	return open64(path, flags);
}

int close(int fd)
{
	if (is_open(fd)) {
		state.is_open[fd] = false;
		report();
	}
	return REAL(close)(fd);
}

void _exit(int code)
{
	report();
	REAL(_exit)(code);
	__builtin_unreachable();
}

int dup(int fd)
{
	const int copy = REAL(dup)(fd);

	return is_open(fd) ? remember(copy) : copy;
}

int dup2(int fd, int copy)
{
	const int done = REAL(dup2)(fd, copy);

	if (done >= 0 && done < DESCRIPTORS && done != fd)
		state.is_open[done] = is_open(fd);
	return done;
}

/* The descriptor is one of /dev/null: a lock on that would keep out every other drive of this machine. */
int flock(int fd, int operation)
{
	return is_open(fd) ? 0 : REAL(flock)(fd, operation);
}

#define TELL(status)                                                                                     \
	(memset(status, 0, sizeof(*(status))), (status)->st_mode = state.mode, (status)->st_rdev = state.number, \
	 (status)->st_nlink = 1, (status)->st_blksize = 4096, 0)

#define STATS(name, type)                                                                                \
	int name(const char *path, struct type *status)                                                  \
	{                                                                                                \
		char place[PATH_MAX];                                                                    \
                                                                                                         \
		return is_ours(path) ? TELL(status) : REAL(name)(place_of(path, place), status);       \
	}
STATS(stat, stat)
STATS(stat64, stat64)
STATS(lstat, stat)
STATS(lstat64, stat64)

#define STATS_OPEN(name, type)                                                                           \
	int name(int fd, struct type *status)                                                            \
	{                                                                                                \
		return is_open(fd) ? TELL(status) : REAL(name)(fd, status);                            \
	}
STATS_OPEN(fstat, stat)
STATS_OPEN(fstat64, stat64)

#define STATS_AT(name, type)                                                                             \
	int name(int folder, const char *path, struct type *status, int flags)                           \
	{                                                                                                \
		char place[PATH_MAX];                                                                    \
                                                                                                         \
		return is_ours(path) ? TELL(status) : REAL(name)(folder, place_of(path, place), status, flags); \
	}
/* What programs call that were linked before glibc 2.33; its headers do not declare them any more. */
#define OLD_STATS(name, old, type)                                                                       \
	int old(int version, const char *path, struct type *status);                                     \
	int old(int version, const char *path, struct type *status)                                      \
	{                                                                                                \
		(void)version;                                                                           \
		return name(path, status);                                                               \
	}
OLD_STATS(stat, __xstat, stat)
OLD_STATS(stat64, __xstat64, stat64)
OLD_STATS(lstat, __lxstat, stat)
OLD_STATS(lstat64, __lxstat64, stat64)

#define OLD_STATS_OPEN(name, old, type)                                                                  \
	int old(int version, int fd, struct type *status);                                               \
	int old(int version, int fd, struct type *status)                                                \
	{                                                                                                \
		(void)version;                                                                           \
		return name(fd, status);                                                                 \
	}
OLD_STATS_OPEN(fstat, __fxstat, stat)
OLD_STATS_OPEN(fstat64, __fxstat64, stat64)

STATS_AT(fstatat, stat)
STATS_AT(fstatat64, stat64)

int access(const char *path, int mode)
{
	char place[PATH_MAX];

	return is_ours(path) ? 0 : REAL(access)(place_of(path, place), mode);
}

static int sg_io(sg_io_hdr_t *io)
{
	struct submit_command command = {
		.cdb_length = io->cmd_len,
		.direction = io->dxfer_direction == SG_DXFER_TO_DEV   ? SUBMIT_TO_DEVICE
			     : io->dxfer_direction == SG_DXFER_NONE ? SUBMIT_NO_DATA
								    : SUBMIT_FROM_DEVICE,
		.data = io->dxferp,
		.length = io->dxfer_direction == SG_DXFER_NONE ? 0 : io->dxfer_len,
		.timeout = io->timeout,
	};
	struct submit_answer answer;

	if (io->interface_id != 'S' || io->cmd_len > sizeof(command.cdb)) {
		errno = EINVAL;
		return -1;
	}
	memcpy(command.cdb, io->cmdp, io->cmd_len);
	drive_submit(state.drive, &command, &answer);
	if (!state.writer && state.drive->counts.first)
		state.writer = getpid();
	io->status = answer.status & 0xff;
	io->masked_status = answer.status >> 1 & 0x1f;
	io->msg_status = 0;
	io->host_status = 0;
	io->driver_status = answer.status ? 8 : 0;
	io->sb_len_wr = answer.sense_length < io->mx_sb_len ? answer.sense_length : io->mx_sb_len;
	if (io->sbp)
		memcpy(io->sbp, answer.sense, io->sb_len_wr);
	io->resid = (int)answer.residual;
	io->info = answer.status ? SG_INFO_CHECK : SG_INFO_OK;
	io->duration = 0;
	return 0;
}

/* The questions that burners ask of the driver before they use it. */
static int control(unsigned long request, void *argument)
{
	switch (request) {
	case SG_IO:
		return sg_io(argument);
	case BLKSECTGET:
		*(unsigned short *)argument = RESERVED_SIZE / 512;
		return 0;
	case CDROM_DRIVE_STATUS:
		return CDS_DISC_OK;
	case CDROM_MEDIA_CHANGED:
	case CDROM_LOCKDOOR:
	case BLKFLSBUF:
		return 0;
	}
	return answer_question(request, argument);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	return is_open(fd) ? control(request, argument) : REAL(ioctl)(fd, request, argument);
}

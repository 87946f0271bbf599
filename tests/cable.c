/*
 * Preloaded into another program: SG_IO on $CABLE_FILE goes through the socket $CABLE_SOCKET to a virtual drive, however
 * the program came by the descriptor (Wine's server opens files for others, growisofs hands one on to genisoimage).
 * $CABLE_DEVICE, which need not exist, is opened as that file and looks like a node of sr or sg; reading it like a file
 * sends READs. A request is four 32-bit numbers (CDB length, direction: 1 in, 2 out, data length, 0), CDB, data; the
 * answer is status, sense length, data length, residual, then sense and data. A status of 256 and more is an errno and
 * 256: the device never answered. Each process has a connection of its own.
 */
#define _GNU_SOURCE
#include "questions.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/cdrom.h>
#include <linux/fs.h>
#include <pthread.h>
#include <scsi/sg.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#define NO_ANSWER 256
#define BLOCK 2048
#define MOST_BLOCKS 32
#define SR_MAJOR 11
#define SG_MAJOR 21

/* The function of that name in the C library. */
#define REAL(name)                                                                     \
	({                                                                             \
		static __typeof__(&name) real;                                         \
                                                                                       \
		real ? real : (real = (__typeof__(&name))dlsym(RTLD_NEXT, #name));     \
	})

static int cable = -1;
static pid_t owner; /* of the connection: a child needs another one */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static int transfer(void *data, size_t size, int out)
{
	char *at = data;

	while (size) {
		ssize_t done = out ? send(cable, at, size, MSG_NOSIGNAL) : recv(cable, at, size, 0);

		if (done <= 0) {
			errno = EIO;
			return -1;
		}
		at += done;
		size -= done;
	}
	return 0;
}

static int plug(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (cable >= 0 && owner == getpid())
		return 0;
	if (cable >= 0)
		REAL(close)(cable);
	strncpy(address.sun_path, getenv("CABLE_SOCKET"), sizeof(address.sun_path) - 1);
	cable = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	owner = getpid();
	return connect(cable, (struct sockaddr *)&address, sizeof(address));
}

static const char *device(void)
{
	return getenv("CABLE_DEVICE");
}

static int is_ours(const char *path)
{
	return device() && path && !strcmp(path, device());
}

static int stands_for_drive(int fd)
{
	const char *file = getenv("CABLE_FILE");
	struct stat ours, theirs;

	return file && !REAL(fstat)(fd, &ours) && !REAL(stat)(file, &theirs) && ours.st_dev == theirs.st_dev &&
	       ours.st_ino == theirs.st_ino;
}

#define OPENS(name)                                                                    \
	int name(const char *path, int flags, ...)                                     \
	{                                                                              \
		va_list arguments;                                                     \
		int mode;                                                              \
                                                                                       \
		va_start(arguments, flags);                                            \
		mode = va_arg(arguments, int);                                         \
		va_end(arguments);                                                     \
		if (is_ours(path))                                                     \
			return REAL(name)(getenv("CABLE_FILE"), O_RDWR | (flags & O_CLOEXEC)); \
		return REAL(name)(path, flags, mode);                                  \
	}
OPENS(open)
OPENS(open64)

static int is_sg(void)
{
	return strstr(device(), "/sg") != NULL;
}

#define TELL(status)                                                                   \
	(memset(status, 0, sizeof(*(status))), (status)->st_mode = (is_sg() ? S_IFCHR : S_IFBLK) | 0660, \
	 (status)->st_rdev = makedev(is_sg() ? SG_MAJOR : SR_MAJOR, 9), (status)->st_nlink = 1, \
	 (status)->st_blksize = BLOCK, 0)

#define STATS(name, type)                                                              \
	int name(const char *path, struct type *status)                                \
	{                                                                              \
		return is_ours(path) ? TELL(status) : REAL(name)(path, status);        \
	}
STATS(stat, stat)
STATS(stat64, stat64)

#define STATS_OPEN(name, type)                                                         \
	int name(int fd, struct type *status)                                          \
	{                                                                              \
		return device() && stands_for_drive(fd) ? TELL(status) : REAL(name)(fd, status); \
	}
STATS_OPEN(fstat, stat)
STATS_OPEN(fstat64, stat64)

/* What programs call that were linked before glibc 2.33; its headers do not declare them any more. */
#define OLD_STATS(name, old, first, type)                                              \
	int old(int version, first which, struct type *status);                        \
	int old(int version, first which, struct type *status)                         \
	{                                                                              \
		(void)version;                                                         \
		return name(which, status);                                            \
	}
OLD_STATS(stat, __xstat, const char *, stat)
OLD_STATS(stat64, __xstat64, const char *, stat64)
OLD_STATS(fstat, __fxstat, int, stat)
OLD_STATS(fstat64, __fxstat64, int, stat64)

int access(const char *path, int mode)
{
	return is_ours(path) ? 0 : REAL(access)(path, mode);
}

static int sg_io(sg_io_hdr_t *io)
{
	uint32_t direction = io->dxfer_direction == SG_DXFER_TO_DEV ? 2 : io->dxfer_len ? 1 : 0;
	uint32_t head[4] = {io->cmd_len, direction, io->dxfer_len, 0}, answer[4];
	unsigned char sense[256];

	if (plug() || transfer(head, sizeof(head), 1) || transfer(io->cmdp, io->cmd_len, 1))
		return -1;
	if (direction == 2 && transfer(io->dxferp, io->dxfer_len, 1))
		return -1;
	if (transfer(answer, sizeof(answer), 0))
		return -1;
	if (answer[0] >= NO_ANSWER) {
		errno = answer[0] - NO_ANSWER;
		return -1;
	}
	if (transfer(sense, answer[1], 0) || transfer(io->dxferp, answer[2], 0))
		return -1;
	io->status = answer[0];
	io->masked_status = (answer[0] & 0x3e) >> 1;
	io->host_status = 0;
	io->driver_status = answer[0] ? 8 : 0;
	io->sb_len_wr = answer[1] < io->mx_sb_len ? answer[1] : io->mx_sb_len;
	memcpy(io->sbp, sense, io->sb_len_wr);
	io->resid = answer[3];
	io->info = answer[0] ? SG_INFO_CHECK : SG_INFO_OK;
	io->duration = 1;
	return 0;
}

static int sg_io_in_turn(sg_io_hdr_t *io)
{
	int failed;

	pthread_mutex_lock(&turn);
	failed = sg_io(io);
	pthread_mutex_unlock(&turn);
	return failed;
}

/* The questions that burners ask of sr besides those of sg. */
static int answer_sr(unsigned long request, void *argument)
{
	switch (request) {
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
	if (!stands_for_drive(fd) || (request != SG_IO && !device()))
		return REAL(ioctl)(fd, request, argument);
	return request == SG_IO ? sg_io_in_turn(argument) : answer_sr(request, argument);
}

/* Whole blocks at a multiple of a block, as all who read discs ask for them. */
static ssize_t read_blocks(char *data, size_t size, off64_t at)
{
	const size_t count = size / BLOCK < MOST_BLOCKS ? size / BLOCK : MOST_BLOCKS;
	const uint32_t lba = (uint32_t)(at / BLOCK);
	unsigned char sense[32];
	unsigned char cdb[10] = {0x28, 0, lba >> 24, lba >> 16 & 0xff, lba >> 8 & 0xff, lba & 0xff, 0, 0, (unsigned char)count, 0};
	sg_io_hdr_t io = {
		.dxfer_direction = SG_DXFER_FROM_DEV,
		.cmd_len = sizeof(cdb),
		.mx_sb_len = sizeof(sense),
		.dxfer_len = (unsigned)count * BLOCK,
		.dxferp = data,
		.cmdp = cdb,
		.sbp = sense,
	};

	if (size % BLOCK || at % BLOCK || sg_io_in_turn(&io) || io.status) {
		errno = EIO;
		return -1;
	}
	return (ssize_t)count * BLOCK;
}

ssize_t read(int fd, void *data, size_t size)
{
	ssize_t done;

	if (!device() || !stands_for_drive(fd))
		return REAL(read)(fd, data, size);
	done = read_blocks(data, size, REAL(lseek64)(fd, 0, SEEK_CUR));
	if (done > 0)
		REAL(lseek64)(fd, done, SEEK_CUR);
	return done;
}

ssize_t pread64(int fd, void *data, size_t size, off64_t at)
{
	return device() && stands_for_drive(fd) ? read_blocks(data, size, at) : REAL(pread64)(fd, data, size, at);
}

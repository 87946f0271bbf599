/*
 * Preloaded into another program: opening $CABLE_DEVICE connects to the socket $CABLE_SOCKET, and SG_IO on it goes
 * through that to a virtual drive. So does SG_IO on the regular file $CABLE_FILE, however the program came by it (Wine's
 * server opens files for others). A request is four 32-bit numbers (CDB length, direction: 1 in, 2 out, data length, 0),
 * CDB, data; the answer is status, sense length, data length, residual, then sense and data. A status of 256 and more is
 * an errno and 256: the device never answered.
 */
#define _GNU_SOURCE
#include "questions.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <scsi/sg.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NO_ANSWER 256

static int cable = -1;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static int transfer(int fd, void *data, size_t size, int out)
{
	char *at = data;

	while (size) {
		ssize_t done = out ? write(fd, at, size) : read(fd, at, size);

		if (done <= 0)
			return -1;
		at += done;
		size -= done;
	}
	return 0;
}

static int is_ours(const char *path)
{
	const char *device = getenv("CABLE_DEVICE");

	return device && !strcmp(path, device);
}

static int plug(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(address.sun_path, getenv("CABLE_SOCKET"), sizeof(address.sun_path) - 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	cable = fd;
	return fd;
}

#define OPENS(name)                                                                    \
	int name(const char *path, int flags, ...)                                      \
	{                                                                               \
		va_list arguments;                                                      \
		int mode;                                                               \
		int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #name);          \
                                                                                        \
		va_start(arguments, flags);                                             \
		mode = va_arg(arguments, int);                                          \
		va_end(arguments);                                                      \
		return is_ours(path) ? plug() : real(path, flags, mode);                \
	}
OPENS(open)
OPENS(open64)

static int sg_io(int fd, sg_io_hdr_t *io)
{
	uint32_t direction = io->dxfer_direction == SG_DXFER_TO_DEV ? 2 : io->dxfer_len ? 1 : 0;
	uint32_t head[4] = {io->cmd_len, direction, io->dxfer_len, 0}, answer[4];
	unsigned char sense[256];

	if (transfer(fd, head, sizeof(head), 1) || transfer(fd, io->cmdp, io->cmd_len, 1))
		return -1;
	if (direction == 2 && transfer(fd, io->dxferp, io->dxfer_len, 1))
		return -1;
	if (transfer(fd, answer, sizeof(answer), 0))
		return -1;
	if (answer[0] >= NO_ANSWER) {
		errno = answer[0] - NO_ANSWER;
		return -1;
	}
	if (transfer(fd, sense, answer[1], 0) || transfer(fd, io->dxferp, answer[2], 0))
		return -1;
	io->status = answer[0];
	io->masked_status = (answer[0] & 0x3e) >> 1;
	io->host_status = 0;
	io->driver_status = answer[0] ? 8 : 0;
	io->sb_len_wr = answer[1] < io->mx_sb_len ? answer[1] : io->mx_sb_len;
	memcpy(io->sbp, sense, io->sb_len_wr);
	io->resid = answer[3];
	io->info = answer[0] ? 1 : 0;
	io->duration = 1;
	return 0;
}

static int stands_for_drive(int fd)
{
	const char *file = getenv("CABLE_FILE");
	struct stat ours, theirs;

	return file && !fstat(fd, &ours) && !stat(file, &theirs) && ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

static int sg_io_in_turn(sg_io_hdr_t *io)
{
	int failed;

	pthread_mutex_lock(&turn);
	failed = cable < 0 && plug() < 0 ? -1 : sg_io(cable, io);
	pthread_mutex_unlock(&turn);
	return failed;
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*real)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (request == SG_IO && stands_for_drive(fd))
		return sg_io_in_turn(argument);
	if (fd < 0 || fd != cable)
		return real(fd, request, argument);
	return request == SG_IO ? sg_io(fd, argument) : answer_question(request, argument);
}

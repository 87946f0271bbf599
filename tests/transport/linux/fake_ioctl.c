/*
 * Plays the ioctl SG_IO after a script, and remembers what it was asked. Linked into a copy of sgio.c by the tests, and
 * preloaded (with -DPRELOADED) in front of the real one. Linked, it also plays the sg driver's write and read.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <scsi/sg.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef PRELOADED
#define VISIBILITY
#else
#define VISIBILITY __attribute__((visibility("hidden")))
#endif

#define LONGEST 4096

struct fake_answer {
	int error;
	unsigned status, host_status, driver_status;
	int residual;
	unsigned sense_length;
	unsigned char sense[64];
	unsigned data_length;
	unsigned char data[64];
	unsigned delay_us;
	unsigned interruptions; /* how often reading the answer is broken off first */
};

struct fake_request {
	int fd;
	unsigned cdb_length, sense_room, data_length, timeout;
	unsigned undisturbed; /* whether signal handlers are kept out of the thread */
	int direction;
	unsigned written; /* by write, not the ioctl */
	unsigned char cdb[16];
	unsigned char data[16];
};

struct fake_answer fake_answers[LONGEST];
unsigned fake_answer_count;
struct fake_request fake_requests[LONGEST];
unsigned fake_request_count;
unsigned fake_masks; /* how often the copy of sgio.c has set which signals are kept out */

#ifndef PRELOADED
VISIBILITY int pthread_sigmask(int how, const sigset_t *set, sigset_t *before)
{
	fake_masks++;
	return sigprocmask(how, set, before) ? errno : 0; /* of this thread, in Linux's C libraries */
}
#endif

static void answer_request(sg_io_hdr_t *io, const struct fake_answer *answer)
{
	io->status = answer->status;
	io->host_status = answer->host_status;
	io->driver_status = answer->driver_status;
	io->resid = answer->residual;
	io->sb_len_wr = answer->sense_length;
	memcpy(io->sbp, answer->sense, answer->sense_length);
	if (io->dxfer_direction == SG_DXFER_FROM_DEV)
		memcpy(io->dxferp, answer->data, answer->data_length < io->dxfer_len ? answer->data_length : io->dxfer_len);
	if (answer->delay_us)
		nanosleep(&(struct timespec){.tv_nsec = answer->delay_us * 1000}, NULL);
}

static void remember(int fd, const sg_io_hdr_t *io, struct fake_request *request)
{
	sigset_t held;

	sigprocmask(SIG_BLOCK, NULL, &held);
	request->undisturbed = sigismember(&held, SIGINT) && sigismember(&held, SIGUSR1);
	request->fd = fd;
	request->cdb_length = io->cmd_len;
	request->sense_room = io->mx_sb_len;
	request->data_length = io->dxfer_len;
	request->timeout = io->timeout;
	request->direction = io->dxfer_direction;
	request->written = 0;
	memcpy(request->cdb, io->cmdp, io->cmd_len);
	if (io->dxfer_direction == SG_DXFER_TO_DEV)
		memcpy(request->data, io->dxferp, io->dxfer_len < 16 ? io->dxfer_len : 16);
}

VISIBILITY int ioctl(int fd, unsigned long request, ...)
{
	static const struct fake_answer good;
	const struct fake_answer *answer = &good;
	sg_io_hdr_t *io;
	va_list arguments;

	va_start(arguments, request);
	io = va_arg(arguments, sg_io_hdr_t *);
	va_end(arguments);
	if (request != SG_IO || io->interface_id != 'S' || fd < 0) {
		errno = fd < 0 ? EBADF : ENOTTY;
		return -1;
	}
	if (fake_request_count < fake_answer_count)
		answer = &fake_answers[fake_request_count];
	remember(fd, io, &fake_requests[fake_request_count % LONGEST]);
	fake_request_count++;
	errno = answer->error;
	answer_request(io, answer);
	return answer->error ? -1 : 0;
}

#ifndef PRELOADED
int fake_write_error; /* why write takes nothing, if it does not */
static sg_io_hdr_t under_way;
static unsigned interruptions;

VISIBILITY ssize_t write(int fd, const void *header, size_t size)
{
	const sg_io_hdr_t *io = header;

	errno = fake_write_error;
	if (errno)
		return -1;
	under_way = *io;
	interruptions = fake_request_count < fake_answer_count ? fake_answers[fake_request_count].interruptions : 0;
	remember(fd, io, &fake_requests[fake_request_count % LONGEST]);
	fake_requests[fake_request_count % LONGEST].written = 1;
	fake_request_count++;
	return (ssize_t)size;
}

VISIBILITY ssize_t read(int fd, void *header, size_t size)
{
	const unsigned answered = fake_request_count - 1;
	const struct fake_answer *answer = answered < fake_answer_count ? &fake_answers[answered] : &(const struct fake_answer){0};

	(void)fd;
	if (interruptions) {
		interruptions--;
		errno = EINTR;
		return -1;
	}
	answer_request(&under_way, answer);
	memcpy(header, &under_way, size);
	errno = answer->error;
	return answer->error ? -1 : (ssize_t)size;
}
#endif

#ifdef PRELOADED
static void __attribute__((destructor)) tell(void)
{
	fprintf(stderr, "SG_IO %u times\n", fake_request_count);
}
#endif

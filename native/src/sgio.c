#define _GNU_SOURCE
#include "sgio.h"

#include <errno.h>
#include <pthread.h>
#include <scsi/sg.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CHECK_CONDITION 0x02
#define DRIVER_SENSE 0x08
#define DRIVER_MASK 0x0f
/* Host bytes by which Linux before 6.0 comments on the device's own answer: target, nexus, space, medium failure. */
#define FIRST_COMMENT 0x10
#define LAST_COMMENT 0x13

static const int directions[] = {
	[SUBMIT_NO_DATA] = SG_DXFER_NONE,
	[SUBMIT_FROM_DEVICE] = SG_DXFER_FROM_DEV,
	[SUBMIT_TO_DEVICE] = SG_DXFER_TO_DEV,
};

/*
 * The sg driver waits so that it can be woken, and what wakes a thread that keeps out all signals (a stop, a freezer, a
 * debugger) lets the system begin the whole ioctl again: the command goes out twice. A read that begins again only waits
 * again. What write refuses has not gone out; the ioctl takes it, or says why not: of a descriptor that is for reading
 * only, or older than the process's rights. The sr driver waits undisturbed.
 */
static int run(const struct sgio_device *device, sg_io_hdr_t *io)
{
	ssize_t done;

	if (!device->generic || write(device->fd, io, sizeof(*io)) < 0)
		return ioctl(device->fd, SG_IO, io) < 0 ? errno : 0;
	do {
		done = read(device->fd, io, sizeof(*io));
	} while (done < 0 && errno == EINTR);
	return done < 0 ? errno : 0;
}

static int run_undisturbed(const struct sgio_device *device, sg_io_hdr_t *io)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = run(device, io);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

static bool is_answered(const sg_io_hdr_t *io)
{
	const unsigned driver = io->driver_status & DRIVER_MASK;

	if (driver && driver != DRIVER_SENSE)
		return false;
	return !io->host_status || (io->host_status >= FIRST_COMMENT && io->host_status <= LAST_COMMENT && io->status);
}

static uint32_t residual(const sg_io_hdr_t *io)
{
	if (io->resid < 0)
		return 0;
	return (unsigned)io->resid < io->dxfer_len ? (unsigned)io->resid : io->dxfer_len;
}

void sgio_submit(void *context, const struct submit_command *command, struct submit_answer *answer)
{
	sg_io_hdr_t io = {
		.interface_id = 'S',
		.dxfer_direction = command->length ? directions[command->direction] : SG_DXFER_NONE,
		.cmd_len = (unsigned char)command->cdb_length,
		.mx_sb_len = sizeof(answer->sense),
		.dxfer_len = command->length,
		.dxferp = command->data,
		.cmdp = (unsigned char *)command->cdb,
		.sbp = answer->sense,
		.timeout = command->timeout,
	};

	memset(answer, 0, sizeof(*answer));
	answer->error = command->undisturbed ? run(context, &io) : run_undisturbed(context, &io);
	if (answer->error)
		return;
	answer->host_status = io.host_status;
	answer->driver_status = io.driver_status;
	answer->sense_length = io.sb_len_wr < sizeof(answer->sense) ? io.sb_len_wr : sizeof(answer->sense);
	answer->residual = residual(&io);
	answer->answered = is_answered(&io);
	answer->status = io.status;
	if (!io.status && (io.driver_status & DRIVER_MASK) == DRIVER_SENSE && answer->sense_length)
		answer->status = CHECK_CONDITION; /* sense that came without its status */
}

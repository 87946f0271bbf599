#include "spti.h"

#include "os.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MS_PER_S 1000
#define LONGEST_TIMEOUT 108000 /* seconds, 30 hours: the port drivers take no more */
#define UNTOLD 0xff            /* no status of SAM: who finds it there afterwards was told none */

#ifdef _WIN32
#define SYSTEM_CALL __stdcall
#else
#define SYSTEM_CALL
#endif

typedef int(SYSTEM_CALL *device_io_control_function)(void *handle, uint32_t code, void *in, uint32_t in_size, void *out,
                                                     uint32_t out_size, uint32_t *returned, void *overlapped);
typedef uint32_t(SYSTEM_CALL *get_last_error_function)(void);

struct device {
	void *handle;
	device_io_control_function device_io_control;
	get_last_error_function get_last_error;
	uint32_t alignment_mask;
	uint32_t max_transfer;
	unsigned char *aligned; /* for data that lies where the adapter does not take it */
};

struct packet {
	SCSI_PASS_THROUGH_DIRECT request;
	uint32_t filler; /* as in the SDK's examples */
	uint8_t sense[SUBMIT_SENSE];
};

static const uint8_t directions[] = {
	[SUBMIT_NO_DATA] = SCSI_IOCTL_DATA_UNSPECIFIED,
	[SUBMIT_FROM_DEVICE] = SCSI_IOCTL_DATA_IN,
	[SUBMIT_TO_DEVICE] = SCSI_IOCTL_DATA_OUT,
};

static uint32_t seconds(uint32_t ms)
{
	const uint32_t rounded = ms / MS_PER_S + (ms % MS_PER_S != 0);

	return rounded < LONGEST_TIMEOUT ? rounded : LONGEST_TIMEOUT;
}

static struct packet pack(const struct submit_command *command, void *data)
{
	struct packet packet = {
		.request = {
			.Length = sizeof(packet.request),
			.ScsiStatus = UNTOLD,
			.CdbLength = (uint8_t)command->cdb_length,
			.SenseInfoLength = sizeof(packet.sense),
			.DataIn = command->length ? directions[command->direction] : SCSI_IOCTL_DATA_UNSPECIFIED,
			.DataTransferLength = command->length,
			.TimeOutValue = seconds(command->timeout),
			.DataBuffer = command->length ? data : NULL,
			.SenseInfoOffset = offsetof(struct packet, sense),
		},
	};

	memcpy(packet.request.Cdb, command->cdb, sizeof(packet.request.Cdb));
	return packet;
}

static bool is_sense(const struct packet *packet)
{
	const unsigned form = packet->sense[0] & 0x7f;

	return form >= 0x70 && form <= 0x73;
}

/* Drivers that tell no length are believed by the sense itself (SPC-4 4.5: byte 7 counts what follows it). */
static uint32_t sense_length(const struct packet *packet)
{
	const uint32_t told = packet->request.SenseInfoLength, own = is_sense(packet) ? 8u + packet->sense[7] : 0;
	const uint32_t length = told ? told : own;

	return length < SUBMIT_SENSE ? length : SUBMIT_SENSE;
}

/* Of the packet the system gave back `returned` bytes; what it always tells lies in the first of them. */
static void unpack(const struct packet *packet, uint32_t returned, uint32_t length, struct submit_answer *answer)
{
	const uint32_t moved = packet->request.DataTransferLength;

	answer->status = packet->request.ScsiStatus;
	answer->answered = answer->status != UNTOLD && returned >= offsetof(SCSI_PASS_THROUGH_DIRECT, TimeOutValue);
	if (!answer->answered)
		answer->error = SPTI_NO_STATUS;
	answer->residual = moved < length ? length - moved : 0;
	if (!answer->status && is_sense(packet))
		answer->status = 0x02; /* CHECK CONDITION: sense that came without its status */
	if (!answer->status)
		return; /* drivers leave the length of the room where there is no sense */
	answer->sense_length = sense_length(packet);
	memcpy(answer->sense, packet->sense, answer->sense_length);
}

/* Where the adapter takes the data of a command. NULL when memory lacks. */
static void *reachable(struct device *device, const struct submit_command *command)
{
	if (!command->length || !((uintptr_t)command->data & device->alignment_mask))
		return command->data;
	if (!device->aligned)
		device->aligned = os_map(device->max_transfer);
	return device->aligned;
}

void *spti_new(void *handle, uintptr_t device_io_control, uintptr_t get_last_error, uint32_t alignment_mask,
               uint32_t max_transfer)
{
	struct device *device = calloc(1, sizeof(*device));

	if (!device)
		return NULL;
	device->handle = handle;
	device->device_io_control = (device_io_control_function)device_io_control;
	device->get_last_error = (get_last_error_function)get_last_error;
	device->alignment_mask = alignment_mask;
	device->max_transfer = max_transfer;
	return device;
}

void spti_free(void *context)
{
	struct device *device = context;

	if (device->aligned)
		os_unmap(device->aligned, device->max_transfer);
	free(device);
}

void spti_submit(void *context, const struct submit_command *command, struct submit_answer *answer)
{
	struct device *device = context;
	void *data = reachable(device, command);
	struct packet packet = pack(command, data);
	uint32_t returned = 0;

	memset(answer, 0, sizeof(*answer));
	if (command->length && !data) {
		answer->error = 8; /* ERROR_NOT_ENOUGH_MEMORY */
		return;
	}
	if (data != command->data && command->direction == SUBMIT_TO_DEVICE)
		memcpy(data, command->data, command->length);
	if (!device->device_io_control(device->handle, IOCTL_SCSI_PASS_THROUGH_DIRECT, &packet, sizeof(packet), &packet,
	                               sizeof(packet), &returned, NULL)) {
		answer->error = (int32_t)device->get_last_error();
		return;
	}
	unpack(&packet, returned, command->length, answer);
	if (data != command->data && command->direction == SUBMIT_FROM_DEVICE)
		memcpy(command->data, data, command->length - answer->residual);
}

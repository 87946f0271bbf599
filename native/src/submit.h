/*
 * One SCSI command through a system's pass-through interface: the seam between the feeder and the transports.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define SUBMIT_SENSE 64

enum submit_direction {
	SUBMIT_NO_DATA = 0,
	SUBMIT_FROM_DEVICE = 1,
	SUBMIT_TO_DEVICE = 2,
};

struct submit_command {
	unsigned char cdb[16];
	uint32_t cdb_length; /* 6, 10, 12 or 16 */
	uint32_t direction;
	void *data;
	uint32_t length;  /* of the data, in bytes: exactly what the CDB moves */
	uint32_t timeout; /* in milliseconds */
	uint32_t undisturbed; /* whether the caller keeps signal handlers out of its thread already */
};

/* `answered` tells whether the device gave a SCSI status; without one the other fields say what went wrong. */
struct submit_answer {
	uint32_t answered;
	uint32_t status;
	uint32_t residual; /* bytes of the data that did not move */
	uint32_t sense_length;
	unsigned char sense[SUBMIT_SENSE];
	int32_t error;          /* the system's number for why the call failed, 0 if it succeeded */
	uint32_t host_status;   /* of the host adapter's driver */
	uint32_t driver_status; /* of the system's SCSI layer */
};

/* Run `command` on the device that `context` stands for and fill in `answer`. One thread at a time; blocks. */
typedef void (*submit_function)(void *context, const struct submit_command *command, struct submit_answer *answer);

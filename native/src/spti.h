/*
 * SCSI commands by IOCTL_SCSI_PASS_THROUGH_DIRECT of Windows. Of the system it takes two functions by their addresses, so
 * that it needs no header of Windows, and whoever likes can play Windows.
 */
#pragma once
#include "submit.h"

#define IOCTL_SCSI_PASS_THROUGH_DIRECT 0x4d014
#define SCSI_IOCTL_DATA_OUT 0
#define SCSI_IOCTL_DATA_IN 1
#define SCSI_IOCTL_DATA_UNSPECIFIED 2

/* The system says that the command went well, and has not told the device's status. */
#define SPTI_NO_STATUS -1

/* ntddscsi.h */
typedef struct {
	uint16_t Length;
	uint8_t ScsiStatus;
	uint8_t PathId;
	uint8_t TargetId;
	uint8_t Lun;
	uint8_t CdbLength;
	uint8_t SenseInfoLength;
	uint8_t DataIn;
	uint32_t DataTransferLength;
	uint32_t TimeOutValue; /* in seconds */
	void *DataBuffer;
	uint32_t SenseInfoOffset;
	uint8_t Cdb[16];
} SCSI_PASS_THROUGH_DIRECT;

/*
 * Make the context of spti_submit() for an open device: `device_io_control` and `get_last_error` are the addresses of
 * kernel32's functions. The adapter takes data at addresses that have no bit of `alignment_mask`; data that lies elsewhere
 * goes by way of a buffer of `max_transfer` bytes. NULL when memory lacks. Any thread.
 */
void *spti_new(void *handle, uintptr_t device_io_control, uintptr_t get_last_error, uint32_t alignment_mask,
               uint32_t max_transfer);

/* Free the context; the device stays open. */
void spti_free(void *context);

/* A submit_function. `error` in its answer is what GetLastError says, or SPTI_NO_STATUS. */
void spti_submit(void *context, const struct submit_command *command, struct submit_answer *answer);

/*
 * SCSI commands by the ioctl SG_IO of Linux.
 */
#pragma once
#include "submit.h"

struct sgio_device {
	int fd;
	int generic; /* whether it is a node of the sg driver */
};

/*
 * A submit_function; `context` points to a struct sgio_device. `ioctl`, `read` and `write` are libc's, linked normally.
 * No signal handler runs meanwhile: an interrupted SG_IO would leave it open whether the command was carried out.
 */
void sgio_submit(void *context, const struct submit_command *command, struct submit_answer *answer);

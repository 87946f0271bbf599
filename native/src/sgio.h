/*
 * SCSI commands by the ioctl SG_IO of Linux.
 */
#pragma once
#include "submit.h"

/*
 * A submit_function; `context` points to the int that is the file descriptor. `ioctl` is libc's, linked normally.
 * No signal handler runs meanwhile: an interrupted SG_IO would leave it open whether the command was carried out.
 */
void sgio_submit(void *context, const struct submit_command *command, struct submit_answer *answer);

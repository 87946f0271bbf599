/* The questions that programs ask of Linux's sg driver before they use a drive, and what a played one answers. */
#ifndef QUESTIONS_H
#define QUESTIONS_H

#include <errno.h>
#include <scsi/sg.h>
#include <string.h>

#define GET_IDLUN 0x5382 /* SCSI_IOCTL_GET_IDLUN and its like, which no user's header has */
#define GET_BUS_NUMBER 0x5386
#define RESERVED_SIZE 131072

/* Answer an ioctl as ioctl does: -1 and ENOTTY for what is no such question. */
static int answer_question(unsigned long request, void *argument)
{
	switch (request) {
	case SG_GET_VERSION_NUM:
		*(int *)argument = 30536;
		return 0;
	case SG_GET_RESERVED_SIZE:
		*(int *)argument = RESERVED_SIZE;
		return 0;
	case SG_GET_TIMEOUT:
		return 6000;
	case GET_IDLUN:
		memset(argument, 0, 8);
		return 0;
	case GET_BUS_NUMBER:
	case SG_EMULATED_HOST:
		*(int *)argument = 0;
		return 0;
	case SG_SET_RESERVED_SIZE:
	case SG_SET_TIMEOUT:
	case SG_SET_DEBUG:
	case SG_SET_COMMAND_Q:
	case SG_SET_FORCE_PACK_ID:
	case SG_SET_KEEP_ORPHAN:
		return 0;
	case SG_GET_SCSI_ID:
		memset(argument, 0, sizeof(struct sg_scsi_id));
		((struct sg_scsi_id *)argument)->scsi_type = 5;
		return 0;
	}
	errno = ENOTTY;
	return -1;
}

#endif

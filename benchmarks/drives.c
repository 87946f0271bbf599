/*
 * Drives for measuring the feeder: one infinitely fast, one with a buffer that drains at the speed of a disc.
 */
#define _GNU_SOURCE
#include "submit.h"

#include <time.h>

#define NS_PER_S 1000000000

void null_submit(void *context, const struct submit_command *command, struct submit_answer *answer)
{
	(void)context;
	(void)command;
	*answer = (struct submit_answer){.answered = 1};
}

struct paced_drive {
	double rate;       /* bytes per second */
	double buffer;     /* bytes */
	int32_t blocking;  /* whether a WRITE waits for room; otherwise the answer is 2/04/08 */
	double level;      /* bytes in the buffer when last looked at */
	double looked;     /* seconds */
	double underruns;  /* times the buffer ran empty after the first WRITE */
	double lowest;     /* bytes, after the buffer was first full */
	int32_t was_full;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void drain(struct paced_drive *drive)
{
	const double time = now();

	if (drive->looked > 0) {
		drive->level -= (time - drive->looked) * drive->rate;
		if (drive->level < 0) {
			drive->underruns += drive->was_full;
			drive->level = 0;
		}
		if (drive->was_full && drive->level < drive->lowest)
			drive->lowest = drive->level;
	}
	drive->looked = time;
}

static void tell_capacity(const struct paced_drive *drive, unsigned char *data)
{
	const uint32_t sizes[] = {(uint32_t)drive->buffer, (uint32_t)(drive->buffer - drive->level)};

	for (unsigned at = 0; at < 8; at++)
		data[4 + at] = sizes[at / 4] >> (24 - at % 4 * 8) & 0xff;
}

void paced_submit(void *context, const struct submit_command *command, struct submit_answer *answer)
{
	struct paced_drive *drive = context;
	double wait;

	*answer = (struct submit_answer){.answered = 1};
	drain(drive);
	if (command->cdb[0] == 0x5c) {
		tell_capacity(drive, command->data);
		return;
	}
	if (drive->level + command->length > drive->buffer) {
		if (!drive->was_full)
			drive->lowest = drive->buffer;
		drive->was_full = 1;
		if (!drive->blocking) {
			*answer = (struct submit_answer){
				.answered = 1, .status = 2, .sense_length = 18, .sense = {0x70, 0, 2, [7] = 10, [12] = 4, 8}};
			return;
		}
		wait = (drive->level + command->length - drive->buffer) / drive->rate;
		nanosleep(&(struct timespec){.tv_sec = wait, .tv_nsec = (wait - (long)wait) * NS_PER_S}, NULL);
		drain(drive);
	}
	drive->level += command->length;
}

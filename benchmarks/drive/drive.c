#define _GNU_SOURCE
#include "drive.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_S 1000000000
#define SPIN_UP NS_PER_S /* a drive that gets little data begins to write all the same */

#define GOOD 0x00
#define CHECK_CONDITION 0x02

#define WRITE_10 0x2a
#define WRITE_12 0xaa
#define SYNCHRONIZE_CACHE 0x35
#define READ_BUFFER_CAPACITY 0x5c

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

static void sleep_until(int64_t moment)
{
	const struct timespec time = {.tv_sec = moment / NS_PER_S, .tv_nsec = moment % NS_PER_S};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
		;
}

static uint32_t be32(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint32_t be16(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 8 | bytes[1];
}

static void put_be32(unsigned char *bytes, uint32_t value)
{
	for (unsigned at = 0; at < 4; at++)
		bytes[at] = value >> (24 - 8 * at) & 0xff;
}

void drive_fail(struct submit_answer *answer, unsigned key, unsigned asc, unsigned ascq)
{
	answer->status = CHECK_CONDITION;
	answer->sense_length = 18;
	memcpy(answer->sense, (unsigned char[18]){0x70, 0, key, [7] = 10, [12] = asc, ascq}, 18);
}

/* Let the laser have had what it could since the last look. */
static void drain(struct drive *drive, int64_t time)
{
	if (drive->writing)
		drive->level -= (double)(time - drive->looked) / NS_PER_S * drive->rate;
	else if (drive->counts.first && time - drive->counts.first >= SPIN_UP)
		drive->writing = true;
	drive->looked = time;
}

/* Data has come: what the buffer was like until then. */
static void note_fill(struct drive *drive)
{
	struct drive_counts *counts = &drive->counts;
	unsigned tenth;

	if (drive->level < 0) {
		counts->underruns++;
		counts->underrun_time += (int64_t)(-drive->level / drive->rate * NS_PER_S);
		drive->level = 0;
	}
	if (!drive->was_full)
		return;
	if (drive->level < counts->lowest)
		counts->lowest = drive->level;
	tenth = (unsigned)(drive->level / drive->buffer * DRIVE_TENTHS);
	counts->tenths[tenth < DRIVE_TENTHS ? tenth : DRIVE_TENTHS - 1]++;
}

/* Make room for `length` bytes, or say that there is none. */
static bool make_room(struct drive *drive, uint32_t length)
{
	const double excess = drive->level + length - drive->buffer;

	if (excess <= 0)
		return true;
	drive->writing = drive->was_full = true;
	if (drive->busy)
		return false;
	sleep_until(drive->looked + (int64_t)(excess / drive->rate * NS_PER_S));
	drain(drive, now());
	return true;
}

static void count_size(struct drive_counts *counts, uint32_t size)
{
	for (unsigned at = 0; at < DRIVE_SIZES; at++)
		if (counts->sizes[at].size == size || !counts->sizes[at].size) {
			counts->sizes[at].size = size;
			counts->sizes[at].writes++;
			return;
		}
	counts->other_sizes++;
}

static bool is_fine(struct drive *drive, const struct submit_command *command, uint32_t lba, uint32_t blocks,
		    struct submit_answer *answer)
{
	if (drive->disc.state == DISC_FINAL)
		drive_fail(answer, 7, 0x27, 0x00); /* write protected */
	else if (lba != drive->disc.next)
		drive_fail(answer, 5, 0x21, 0x02); /* invalid address for write */
	else if (command->direction != SUBMIT_TO_DEVICE || command->length != blocks * DRIVE_BLOCK)
		drive_fail(answer, 5, 0x24, 0x00); /* invalid field in CDB */
	return answer->status == GOOD;
}

static void write_blocks(struct drive *drive, const struct submit_command *command, int64_t time,
			 struct submit_answer *answer)
{
	const bool long_form = command->cdb[0] == WRITE_12;
	const uint32_t lba = be32(command->cdb + 2);
	const uint32_t blocks = long_form ? be32(command->cdb + 6) : be16(command->cdb + 7);
	struct drive_counts *counts = &drive->counts;

	if (!is_fine(drive, command, lba, blocks, answer))
		return;
	if (!counts->first) {
		counts->first = drive->looked = time;
		counts->lowest = drive->buffer;
	} else if (drive->idle) {
		counts->gaps += time - drive->idle;
		if (time - drive->idle > counts->longest_gap)
			counts->longest_gap = time - drive->idle;
	}
	if (drive->rate > 0) {
		drain(drive, time);
		note_fill(drive);
		if (!make_room(drive, command->length)) {
			counts->busy++;
			drive->idle = 0;
			drive_fail(answer, 2, 0x04, 0x08);
			return;
		}
		drive->level += command->length;
	}
	if (drive->hash)
		xxh64_add(&drive->sum, command->data, command->length);
	drive->disc.next += blocks;
	drive->disc.state = DISC_OPEN;
	counts->writes++;
	counts->bytes += command->length;
	count_size(counts, command->length);
}

/* The laser takes all that is there; it is off afterwards, so that nothing runs empty meanwhile. */
static void flush(struct drive *drive, int64_t time)
{
	if (drive->rate <= 0 || !drive->counts.first)
		return;
	drain(drive, time);
	if (drive->level > 0)
		sleep_until(time + (int64_t)(drive->level / drive->rate * NS_PER_S));
	drive->level = 0;
	drive->writing = drive->was_full = false;
}

static void tell_buffer(struct drive *drive, const struct submit_command *command, int64_t time,
			struct submit_answer *answer)
{
	unsigned char data[12] = {0, 10};
	const uint32_t length = command->length < sizeof(data) ? command->length : sizeof(data);
	double level;

	drain(drive, time);
	level = drive->level > 0 ? drive->level : 0; /* an underrun is counted when data comes */
	put_be32(data + 4, (uint32_t)drive->buffer);
	put_be32(data + 8, (uint32_t)(drive->buffer - level));
	memcpy(command->data, data, length);
	answer->residual = command->length - length;
}

static void answer_other(struct drive *drive, const struct submit_command *command, struct submit_answer *answer)
{
	if (!disc_answer(&drive->disc, command, answer))
		drive_fail(answer, 5, 0x20, 0x00); /* invalid command operation code */
}

void drive_submit(void *context, const struct submit_command *command, struct submit_answer *answer)
{
	struct drive *drive = context;
	const unsigned opcode = command->cdb[0];
	int64_t time;

	memset(answer, 0, sizeof(*answer));
	answer->answered = 1;
	pthread_mutex_lock(&drive->turn);
	time = now();
	drive->counts.commands++;
	drive->counts.opcodes[opcode]++;
	if (opcode == WRITE_10 || opcode == WRITE_12)
		write_blocks(drive, command, time, answer);
	else if (opcode == READ_BUFFER_CAPACITY)
		tell_buffer(drive, command, time, answer);
	else if (opcode == SYNCHRONIZE_CACHE)
		flush(drive, time);
	else
		answer_other(drive, command, answer);
	if (answer->status == GOOD && (opcode == WRITE_10 || opcode == WRITE_12))
		drive->counts.last = drive->idle = now();
	pthread_mutex_unlock(&drive->turn);
}

struct drive *drive_new(enum drive_medium medium, double rate, double buffer, int busy, int hash)
{
	struct drive *drive = calloc(1, sizeof(*drive));

	if (!drive)
		return NULL;
	drive->rate = rate;
	drive->buffer = buffer;
	drive->busy = busy;
	drive->hash = hash;
	drive->disc.medium = medium;
	pthread_mutex_init(&drive->turn, NULL);
	xxh64_start(&drive->sum);
	return drive;
}

static void report_sizes(const struct drive_counts *counts, FILE *file)
{
	fputs("  \"sizes\": {", file);
	for (unsigned at = 0; at < DRIVE_SIZES && counts->sizes[at].size; at++)
		fprintf(file, "%s\"%" PRIu32 "\": %" PRIu64, at ? ", " : "", counts->sizes[at].size, counts->sizes[at].writes);
	fprintf(file, "},\n  \"other_sizes\": %" PRIu64 ",\n  \"opcodes\": {", counts->other_sizes);
	for (unsigned opcode = 0, told = 0; opcode < 256; opcode++)
		if (counts->opcodes[opcode])
			fprintf(file, "%s\"%02X\": %" PRIu64, told++ ? ", " : "", opcode, counts->opcodes[opcode]);
	fputs("},\n", file);
}

static void report_fill(const struct drive *drive, FILE *file)
{
	const struct drive_counts *counts = &drive->counts;

	fprintf(file, "  \"underruns\": %" PRIu64 ",\n  \"underrun_seconds\": %.6f,\n", counts->underruns,
		(double)counts->underrun_time / NS_PER_S);
	fprintf(file, "  \"lowest_fill\": %.4f,\n  \"fill_tenths\": [", counts->lowest / drive->buffer);
	for (unsigned tenth = 0; tenth < DRIVE_TENTHS; tenth++)
		fprintf(file, "%s%" PRIu64, tenth ? ", " : "", counts->tenths[tenth]);
	fputs("]", file);
}

void drive_report(struct drive *drive, FILE *file)
{
	const struct drive_counts *counts = &drive->counts;

	pthread_mutex_lock(&drive->turn);
	fprintf(file, "{\n  \"medium\": \"%s\",\n", drive->disc.medium == DRIVE_BD_R ? "bd-r" : "dvd+r");
	fprintf(file, "  \"rate\": %.0f,\n  \"buffer\": %.0f,\n", drive->rate, drive->buffer);
	fprintf(file, "  \"commands\": %" PRIu64 ",\n  \"writes\": %" PRIu64 ",\n  \"bytes\": %" PRIu64 ",\n",
		counts->commands, counts->writes, counts->bytes);
	report_sizes(counts, file);
	fprintf(file, "  \"busy\": %" PRIu64 ",\n  \"seconds\": %.6f,\n", counts->busy,
		(double)(counts->last - counts->first) / NS_PER_S);
	fprintf(file, "  \"gap_seconds\": %.6f,\n  \"longest_gap\": %.6f,\n", (double)counts->gaps / NS_PER_S,
		(double)counts->longest_gap / NS_PER_S);
	report_fill(drive, file);
	if (drive->hash)
		fprintf(file, ",\n  \"xxh64\": \"%016" PRIx64 "\"", xxh64_end(&drive->sum));
	fputs("\n}\n", file);
	pthread_mutex_unlock(&drive->turn);
}

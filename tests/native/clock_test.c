/*
 * The ring and the feeder on a clock that is played, in one thread: every wait lasts just as long as it should. The first
 * failed expectation ends the program with status 1.
 */
#include "feeder.h"
#include "os.h"
#include "priority.h"
#include "ring.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS 1000000
#define S (1000 * (int64_t)MS)
#define UNIT 4096
#define BLOCK 512
#define UNIT_BLOCKS (UNIT / BLOCK)

#define EXPECT(condition)                                                                       \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);         \
			exit(1);                                                                \
		}                                                                               \
	} while (0)

static int64_t now = 1000 * S;
static struct ring *shared;
static void (*meanwhile)(void); /* what another thread does while this one sleeps next */
static int sharp, raised, held;
static unsigned wakes; /* how often somebody was woken */
static size_t mapped, most = SIZE_MAX; /* bytes that are in use, and may be */

void *os_map(size_t size)
{
	if (mapped + size > most)
		return NULL;
	mapped += size;
	return calloc(1, size);
}

void os_unmap(void *memory, size_t size)
{
	mapped -= size;
	free(memory);
}

int64_t os_now(void)
{
	return now;
}

void os_wait(_Atomic uint32_t *word, uint32_t seen, int64_t timeout)
{
	void (*const other)(void) = meanwhile;

	EXPECT(*word == seen);
	meanwhile = NULL;
	if (other) {
		other();
		return;
	}
	EXPECT(timeout < 100 * S); /* nobody would wake it */
	now += timeout;
}

void os_wake(_Atomic uint32_t *word)
{
	(void)word;
	wakes++;
}

void os_hold_signals(struct os_signals *signals)
{
	*signals = (struct os_signals){.before = {9}};
	held++;
}

void os_admit_signals(const struct os_signals *signals)
{
	EXPECT(signals->before[0] == 9);
	held--;
}

void os_sharpen(void)
{
	sharp++;
}

void os_relax(void)
{
	sharp--;
}

enum priority priority_raise(struct priority_before *before)
{
	*before = (struct priority_before){.policy = 7};
	raised++;
	return PRIORITY_RAISED;
}

void priority_restore(const struct priority_before *before)
{
	EXPECT(before->policy == 7);
	raised--;
}

static void put(unsigned units)
{
	size_t offset;

	while (units--)
		EXPECT(ring_reserve(shared, UNIT, 0, &offset) == UNIT && ring_commit(shared, UNIT) == 0);
}

static void get(unsigned units)
{
	size_t offset;

	while (units--)
		EXPECT(ring_take(shared, UNIT, 0, &offset) == UNIT && ring_release(shared, UNIT) == 0);
}

static struct ring_counters counted(void)
{
	struct ring_counters counters;

	ring_count(shared, &counters);
	return counters;
}

static void a_producer_that_gave_up_does_not_wait(void)
{
	size_t offset;

	put(8);
	EXPECT(ring_reserve(shared, 2 * UNIT, MS, &offset) == RING_TIMED_OUT);
	get(1);
	EXPECT(ring_wait_full(shared, MS) == RING_TIMED_OUT);
	put(1);
	EXPECT(ring_wait_full(shared, MS) == 0);
}

static void a_wait_after_one_that_was_over_counts_anew(void)
{
	size_t offset;

	EXPECT(ring_take(shared, UNIT, 5 * MS, &offset) == RING_TIMED_OUT);
	EXPECT(ring_take(shared, UNIT, 5 * MS, &offset) == RING_TIMED_OUT);
	EXPECT(counted().empty == 1 && counted().empty_time == 10 * MS);
	put(1);
	get(1);
	EXPECT(ring_take(shared, UNIT, 5 * MS, &offset) == RING_TIMED_OUT);
	EXPECT(counted().empty == 2 && counted().empty_time == 15 * MS);
}

static void what_was_granted_before_a_refusal_is_granted_no_more(void)
{
	size_t offset;

	put(2);
	EXPECT(ring_reserve(shared, UNIT, 0, &offset) == UNIT && ring_take(shared, UNIT, 0, &offset) == UNIT);
	ring_cancel(shared);
	EXPECT(ring_reserve(shared, UNIT, 0, &offset) == RING_CANCELLED && ring_commit(shared, 1) == RING_MISUSED);
	EXPECT(ring_take(shared, UNIT, 0, &offset) == RING_CANCELLED && ring_release(shared, 1) == RING_MISUSED);
}

static void the_least_fill_is_what_there_is_until_something_was_released(void)
{
	put(3);
	EXPECT(counted().low == 3 * UNIT);
	ring_close(shared);
	get(1);
	EXPECT(counted().low == 2 * UNIT);
}

static void the_least_fill_stays_when_there_is_more_again(void)
{
	put(3);
	get(2);
	put(4);
	get(1);
	EXPECT(counted().low == UNIT);
}

static void a_ring_that_there_is_no_memory_for_leaves_none_in_use(void)
{
	const size_t before = mapped;

	most = mapped + 8 * UNIT;
	EXPECT(!ring_new(8 * UNIT, UNIT) && mapped == before); /* not for all of it */
	most = mapped;
	EXPECT(!ring_new(8 * UNIT, UNIT) && mapped == before);
	most = SIZE_MAX;
}

static void get_four(void)
{
	wakes = 0;
	get(3);
	EXPECT(!wakes);
	get(1);
	EXPECT(wakes == 1);
}

static void a_producer_is_woken_once_for_all_the_room_that_it_waits_for(void)
{
	size_t offset;

	put(8);
	meanwhile = get_four;
	EXPECT(ring_reserve(shared, 4 * UNIT, S, &offset) == 4 * UNIT);
	get(4);
	EXPECT(wakes == 1); /* nobody sleeps any more */
}

static void cancel(void)
{
	now += 7 * MS;
	ring_cancel(shared);
}

static void a_nap_is_as_long_as_it_should_be_unless_cancelled(void)
{
	const int64_t start = now;

	ring_nap(shared, 20 * MS);
	EXPECT(now - start == 20 * MS);
	meanwhile = cancel;
	ring_nap(shared, 20 * MS);
	ring_nap(shared, 20 * MS);
	EXPECT(now - start == 27 * MS);
}

/* A drive; the numbers of WRITEs and of questions for the buffer count those that were busy, too. */
struct drive {
	int64_t takes[16]; /* how long each WRITE takes */
	uint32_t busy;     /* which WRITEs are answered by 2/04/08, bit 0 for the first */
	uint32_t buffer, blank;
	struct submit_answer capacity; /* the answer to READ BUFFER CAPACITY */
	struct submit_answer answer;   /* that to the WRITEs */
	unsigned writes, questions;
	uint32_t timeout;
	uint64_t first_fill;
};

static void write_be32(unsigned char *bytes, uint32_t value)
{
	for (unsigned at = 4; at--; value >>= 8)
		bytes[at] = value & 0xff;
}

static const struct submit_answer long_write = {.answered = 1, .status = 2, .sense_length = 4, .sense = {0x72, 2, 4, 8}};

static void play(void *context, const struct submit_command *command, struct submit_answer *answer)
{
	struct drive *drive = context;

	EXPECT(sharp == 1 && raised == 1 && held == 1 && command->undisturbed && command->cdb_length == 10);
	if (command->direction == SUBMIT_FROM_DEVICE) {
		EXPECT(command->cdb[0] == 0x5c && command->timeout == 30000);
		write_be32((unsigned char *)command->data + 4, drive->buffer);
		write_be32((unsigned char *)command->data + 8, drive->blank);
		drive->questions++;
		*answer = drive->capacity;
		return;
	}
	EXPECT(drive->writes < 16);
	if (!drive->writes)
		drive->first_fill = counted().fill;
	now += drive->takes[drive->writes];
	drive->timeout = command->timeout;
	*answer = drive->busy >> drive->writes++ & 1 ? long_write : drive->answer;
}

static const struct drive quick = {.capacity = {.answered = 1}, .answer = {.answered = 1}};

static struct feeder_stream stream_of(struct drive *drive, unsigned units)
{
	return (struct feeder_stream){
		.ring = shared,
		.submit = (uintptr_t)play,
		.context = (uintptr_t)drive,
		.cdb = {0x2a},
		.cdb_length = 10,
		.lba_offset = 2,
		.lba_width = 32,
		.length_offset = 7,
		.length_width = 16,
		.blocks = units * UNIT_BLOCKS,
		.block_size = BLOCK,
		.unit = UNIT_BLOCKS,
		.timeout = 5 * S,
		.nap = 500 * MS,
	};
}

static struct feeder_counters feed(const struct feeder_stream *stream, enum feeder_end end)
{
	struct feeder *feeder = feeder_new(stream);
	struct feeder_counters counters;
	struct feeder_result result;

	EXPECT(feeder);
	feeder_run(feeder, &result);
	EXPECT(result.end == end && result.cdb_length == 10);
	EXPECT(stream->watch || result.cdb[0] == 0x2a);
	EXPECT(sharp == 0 && raised == 0 && held == 0);
	feeder_count(feeder, &counters);
	feeder_free(feeder);
	EXPECT(counters.priority == PRIORITY_RAISED);
	return counters;
}

static void the_first_command_waits_for_its_own_data_only(void)
{
	struct drive drive = quick;
	const struct feeder_stream stream = stream_of(&drive, 1);

	put(1);
	feed(&stream, FEEDER_DONE);
	EXPECT(drive.first_fill == UNIT && drive.timeout == 5000);
}

static void the_least_fill_is_that_while_more_is_to_come(void)
{
	struct drive drive = quick;
	const struct feeder_stream stream = stream_of(&drive, 2);

	put(5);
	EXPECT(feed(&stream, FEEDER_DONE).ring_low == 3 * UNIT);
	ring_close(shared);
	EXPECT(feed(&stream, FEEDER_DONE).ring_low == 3 * UNIT);
}

static void latencies_are_those_of_the_commands_alone(void)
{
	struct drive drive = quick;
	const struct feeder_stream stream = stream_of(&drive, 4);
	struct feeder_counters counters;

	drive.busy = 1 << 1;
	memcpy(drive.takes, (int64_t[]){2 * MS, 90 * MS, 7 * MS, 3 * MS, 4 * MS}, 5 * sizeof(int64_t));
	put(4);
	counters = feed(&stream, FEEDER_DONE);
	EXPECT(counters.latency_max == 7 * MS && counters.latency_total == 16 * MS);
	EXPECT(counters.commands == 4 && counters.busy == 1 && counters.busy_time == 500 * MS);
}

static void a_busy_drive_is_given_up_just_when_the_time_is_over(void)
{
	struct drive drive = quick;
	struct feeder_stream stream = stream_of(&drive, 1);
	struct feeder_counters counters;

	drive.busy = UINT32_MAX;
	stream.nap = 20 * MS;
	stream.timeout = 45 * MS; /* 20 + 10 + 5 + 10 */
	put(1);
	counters = feed(&stream, FEEDER_ANSWERED);
	EXPECT(drive.writes == 5 && counters.busy == 4 && counters.busy_time == 45 * MS && counters.commands == 0);
}

static void naps_are_half_the_buffer_at_the_speed_that_the_drive_showed(void)
{
	struct drive drive = quick;
	struct feeder_stream stream = stream_of(&drive, 4);
	struct feeder_counters counters;

	drive.buffer = UNIT;
	drive.busy = 1 << 1 | 1 << 3 | 1 << 5;
	memcpy(drive.takes, (int64_t[]){100 * MS, 0, 100 * MS}, 3 * sizeof(int64_t));
	stream.watch = MS;
	put(4);
	counters = feed(&stream, FEEDER_DONE);
	/* the longest first, then half of a unit in 0.6 s, and half of one in the mean of that and 0.3 s */
	EXPECT(counters.busy_time >= 1000 * MS - 9 && counters.busy_time <= 1000 * MS);
}

/* A drive that writes a unit in this time, whose buffer has room for so many. */
#define UNIT_TIME ((int64_t)1822000) /* 128 KiB at BD 16x */
#define BUFFER_UNITS 32
#define STREAM_UNITS 2048
#define GIB_UNITS 8192
#define MOST_BUSY 600 /* answers per GiB */

struct recorder {
	int64_t level, lowest, looked; /* in time that it takes to write what is in the buffer */
	unsigned taken;
	bool was_full;
};

static void drain(struct recorder *recorder)
{
	recorder->level -= now - recorder->looked;
	recorder->looked = now;
	EXPECT(!recorder->was_full || recorder->level > 0); /* an underrun */
	if (recorder->level < 0)
		recorder->level = 0;
	if (recorder->was_full && recorder->level < recorder->lowest)
		recorder->lowest = recorder->level;
}

static void play_recorder(void *context, const struct submit_command *command, struct submit_answer *answer)
{
	struct recorder *recorder = context;

	*answer = (struct submit_answer){.answered = 1};
	drain(recorder);
	if (command->direction == SUBMIT_FROM_DEVICE) {
		write_be32((unsigned char *)command->data + 4, BUFFER_UNITS * UNIT);
		write_be32((unsigned char *)command->data + 8, 0);
	} else if (recorder->level > (BUFFER_UNITS - 1) * UNIT_TIME) {
		recorder->was_full = true;
		*answer = long_write;
	} else {
		recorder->level += UNIT_TIME;
		now += MS / 10;
		if (++recorder->taken < STREAM_UNITS)
			put(1);
	}
}

static void a_drive_that_answers_busy_is_asked_seldom_and_never_runs_empty(void)
{
	struct recorder recorder = {.lowest = INT64_MAX, .looked = now};
	struct drive unused = quick;
	struct feeder_stream stream = stream_of(&unused, STREAM_UNITS);
	struct feeder_counters counters;

	stream.submit = (uintptr_t)play_recorder;
	stream.context = (uintptr_t)&recorder;
	stream.watch = S / 2;
	stream.nap = BUFFER_UNITS * UNIT_TIME / 2;
	put(7);
	counters = feed(&stream, FEEDER_DONE);
	EXPECT(counters.commands == STREAM_UNITS && counters.stalls == 0);
	EXPECT(counters.busy > 0 && counters.busy * GIB_UNITS <= MOST_BUSY * STREAM_UNITS);
	EXPECT(recorder.lowest >= BUFFER_UNITS * UNIT_TIME / 3);
}

static void the_buffer_is_asked_for_when_that_is_due(void)
{
	struct drive drive = quick;
	struct feeder_stream stream = stream_of(&drive, 8);

	for (unsigned at = 0; at < 8; at++)
		drive.takes[at] = 5 * MS;
	stream.watch = 15 * MS;
	put(8);
	feed(&stream, FEEDER_DONE);
	EXPECT(drive.writes == 8 && drive.questions == 2);
}

static void what_is_no_fill_of_a_buffer_is_not_believed(void)
{
	static const struct {
		uint32_t buffer, blank, residual;
		uint64_t told_buffer, told_fill;
	} tellings[] = {
		{0x01020304, 0x00010203, 0, 0x01020304, 0x01010101},
		{UNIT, UNIT, 0, UNIT, 0},
		{UNIT, UNIT + 1, 0, 0, 0},
		{UNIT, 0, 4, 0, 0},
	};

	for (unsigned at = 0; at < sizeof(tellings) / sizeof(*tellings); at++) {
		struct drive drive = quick;
		struct feeder_stream stream = stream_of(&drive, 1);
		struct feeder_counters counters;

		drive.takes[0] = stream.watch = MS;
		drive.buffer = tellings[at].buffer;
		drive.blank = tellings[at].blank;
		drive.capacity.residual = tellings[at].residual;
		put(1);
		counters = feed(&stream, FEEDER_DONE);
		EXPECT(counters.drive_buffer == tellings[at].told_buffer && counters.drive_fill == tellings[at].told_fill);
	}
}

static void a_question_that_got_no_answer_ends_the_stream(void)
{
	struct drive drive = quick;
	struct feeder_stream stream = stream_of(&drive, 2);
	struct feeder *feeder;
	struct feeder_result result;

	drive.takes[0] = stream.watch = MS;
	drive.capacity.answered = 0;
	put(2);
	feeder = feeder_new(&stream);
	feeder_run(feeder, &result);
	EXPECT(result.end == FEEDER_LOST && result.cdb[0] == 0x5c && result.lba == UNIT_BLOCKS && drive.writes == 1);
	feeder_free(feeder);
}

static void come_late(void)
{
	now += 2 * MS;
	put(1);
}

static void stalls_are_those_of_the_stream(void)
{
	struct drive drive = quick;
	const struct feeder_stream stream = stream_of(&drive, 2);
	struct feeder_counters counters;
	size_t offset;

	EXPECT(ring_take(shared, UNIT, 5 * MS, &offset) == RING_TIMED_OUT);
	put(2);
	get(1);
	meanwhile = come_late;
	counters = feed(&stream, FEEDER_DONE);
	EXPECT(counters.stalls == 1 && counters.stall_time == 2 * MS);
}

int main(void)
{
	static void (*const tests[])(void) = {
		a_producer_that_gave_up_does_not_wait,
		a_wait_after_one_that_was_over_counts_anew,
		what_was_granted_before_a_refusal_is_granted_no_more,
		the_least_fill_is_what_there_is_until_something_was_released,
		the_least_fill_stays_when_there_is_more_again,
		a_ring_that_there_is_no_memory_for_leaves_none_in_use,
		a_producer_is_woken_once_for_all_the_room_that_it_waits_for,
		a_nap_is_as_long_as_it_should_be_unless_cancelled,
		the_first_command_waits_for_its_own_data_only,
		the_least_fill_is_that_while_more_is_to_come,
		latencies_are_those_of_the_commands_alone,
		a_busy_drive_is_given_up_just_when_the_time_is_over,
		naps_are_half_the_buffer_at_the_speed_that_the_drive_showed,
		a_drive_that_answers_busy_is_asked_seldom_and_never_runs_empty,
		the_buffer_is_asked_for_when_that_is_due,
		what_is_no_fill_of_a_buffer_is_not_believed,
		a_question_that_got_no_answer_ends_the_stream,
		stalls_are_those_of_the_stream,
	};

	for (unsigned at = 0; at < sizeof(tests) / sizeof(*tests); at++) {
		shared = ring_new(8 * UNIT, UNIT);
		tests[at]();
		ring_free(shared);
		EXPECT(!mapped);
	}
	return 0;
}

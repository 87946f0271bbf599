/*
 * The ring and the feeder under two threads, for AddressSanitizer and ThreadSanitizer. `ring_test SECONDS` prints each
 * test's name; the first failed expectation ends it with status 1.
 */
#define _GNU_SOURCE
#include "feeder.h"
#include "os.h"
#include "pace.h"
#include "ring.h"
#include "sense.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MS 1000000
#define S (1000 * (int64_t)MS)
#define LONG (100 * S) /* nothing takes that long, on the most loaded machine */
#define UNIT 4096
#define BLOCK 512

#define EXPECT(condition)                                                                       \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);         \
			exit(1);                                                                \
		}                                                                               \
	} while (0)

static void sleep_ns(int64_t ns)
{
	nanosleep(&(struct timespec){.tv_sec = ns / S, .tv_nsec = ns % S}, NULL);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static unsigned char byte_at(uint64_t position)
{
	return (position * 2654435761u) >> 24;
}

struct flow {
	struct ring *ring;
	uint64_t total;
	uint32_t seed;
	size_t largest;
	bool slow;       /* a pause after each region */
	bool takes;      /* for move_one_unit */
	int64_t outcome; /* bytes moved, or the error that ended it */
};

static void *produce(void *argument)
{
	struct flow *flow = argument;
	unsigned char *memory = ring_memory(flow->ring);
	uint64_t done = 0;
	int64_t length;
	size_t offset;

	while (done < flow->total) {
		length = ring_reserve(flow->ring, 1 + next_random(&flow->seed) % flow->largest, -1, &offset);
		if (length < 0) {
			flow->outcome = length;
			return NULL;
		}
		if ((uint64_t)length > flow->total - done)
			length = flow->total - done;
		for (int64_t at = 0; at < length; at++)
			memory[offset + at] = byte_at(done + at);
		EXPECT(!ring_commit(flow->ring, length));
		done += length;
		if (flow->slow)
			sleep_ns(MS / 10);
	}
	ring_close(flow->ring);
	flow->outcome = done;
	return NULL;
}

static void *consume(void *argument)
{
	struct flow *flow = argument;
	const unsigned char *memory = ring_memory(flow->ring);
	uint64_t done = 0;
	int64_t length;
	size_t offset;

	for (;;) {
		length = ring_take(flow->ring, 1 + next_random(&flow->seed) % flow->largest, -1, &offset);
		if (length <= 0) {
			flow->outcome = length ? length : (int64_t)done;
			return NULL;
		}
		for (int64_t at = 0; at < length; at++)
			EXPECT(memory[offset + at] == byte_at(done + at));
		EXPECT(!ring_release(flow->ring, length));
		done += length;
	}
}

static void random_sizes_arrive_whole_and_in_order(uint32_t seed, bool slow)
{
	struct ring *ring = ring_new(16 * UNIT, UNIT);
	struct flow in = {.ring = ring, .total = slow ? 1 << 19 : 1 << 22, .seed = seed, .largest = 12 * UNIT, .slow = slow};
	struct flow out = {.ring = ring, .seed = seed * 3 + 1, .largest = 12 * UNIT};
	struct ring_counters counters;
	pthread_t thread;

	pthread_create(&thread, NULL, produce, &in);
	consume(&out);
	pthread_join(thread, NULL);
	EXPECT(out.outcome == (int64_t)in.total);
	ring_count(ring, &counters);
	EXPECT(counters.bytes_in == in.total && counters.bytes_out == in.total && counters.fill == 0);
	ring_free(ring);
}

static void cancel_at_a_random_time_wakes_both_sides(uint32_t seed)
{
	struct ring *ring = ring_new(4 * UNIT, UNIT);
	struct flow in = {.ring = ring, .total = UINT64_MAX, .seed = seed, .largest = 2 * UNIT};
	struct flow out = {.ring = ring, .seed = seed + 7, .largest = 2 * UNIT};
	const bool consuming = seed % 3; /* else the producer waits in a full ring */
	pthread_t producer, consumer;

	pthread_create(&producer, NULL, produce, &in);
	if (consuming)
		pthread_create(&consumer, NULL, consume, &out);
	sleep_ns(next_random(&seed) % (2 * MS));
	ring_cancel(ring);
	pthread_join(producer, NULL);
	EXPECT(in.outcome == RING_CANCELLED);
	if (consuming) {
		pthread_join(consumer, NULL);
		EXPECT(out.outcome == RING_CANCELLED);
	}
	ring_free(ring);
}

static void *move_one_unit(void *argument)
{
	struct flow *flow = argument;
	size_t offset;

	sleep_ns(10 * MS);
	if (flow->takes)
		EXPECT(ring_take(flow->ring, UNIT, 0, &offset) == UNIT && !ring_release(flow->ring, UNIT));
	else
		EXPECT(ring_reserve(flow->ring, UNIT, 0, &offset) == UNIT && !ring_commit(flow->ring, UNIT));
	return NULL;
}

static void each_side_wakes_the_other_by_a_single_unit(void)
{
	struct ring *ring = ring_new(2 * UNIT, UNIT);
	struct flow flow = {.ring = ring};
	const int64_t start = os_now();
	pthread_t thread;
	size_t offset;

	pthread_create(&thread, NULL, move_one_unit, &flow);
	EXPECT(ring_take(ring, UNIT, LONG, &offset) == UNIT && ring_release(ring, UNIT) == 0);
	pthread_join(thread, NULL);
	while (ring_reserve(ring, UNIT, 0, &offset) == UNIT)
		EXPECT(ring_commit(ring, UNIT) == 0);
	flow.takes = true;
	pthread_create(&thread, NULL, move_one_unit, &flow);
	EXPECT(ring_reserve(ring, UNIT, LONG, &offset) == UNIT);
	pthread_join(thread, NULL);
	EXPECT(os_now() - start < LONG); /* a lost wake-up would show as a timeout */
	ring_free(ring);
}

static void *fill_by_three_units(void *ring)
{
	int64_t length;
	size_t offset;

	sleep_ns(10 * MS);
	while ((length = ring_reserve(ring, 3 * UNIT, -1, &offset)) > 0)
		EXPECT(ring_commit(ring, length) == 0);
	return NULL;
}

static void a_ring_is_full_when_its_producer_waits(void)
{
	struct ring *ring = ring_new(8 * UNIT, UNIT);
	const int64_t start = os_now();
	struct ring_counters counters;
	pthread_t thread;
	size_t offset;

	EXPECT(ring_reserve(ring, UNIT, 0, &offset) == UNIT && ring_commit(ring, UNIT) == 0);
	EXPECT(ring_take(ring, UNIT, 0, &offset) == UNIT && ring_release(ring, UNIT) == 0);
	pthread_create(&thread, NULL, fill_by_three_units, ring);
	EXPECT(ring_wait_full(ring, LONG) == 0);
	EXPECT(os_now() - start < LONG); /* a lost wake-up would show as a timeout */
	ring_count(ring, &counters);
	EXPECT(counters.fill == 7 * UNIT && counters.empty == 0);
	ring_cancel(ring);
	pthread_join(thread, NULL);
	ring_free(ring);
}

static void waits_end_in_time(void)
{
	struct ring *ring = ring_new(2 * UNIT, UNIT);
	struct ring_counters counters;
	const int64_t start = os_now();
	size_t offset;

	EXPECT(ring_take(ring, UNIT, 5 * MS, &offset) == RING_TIMED_OUT);
	EXPECT(ring_take(ring, UNIT, 5 * MS, &offset) == RING_TIMED_OUT);
	EXPECT(os_now() - start >= 10 * MS);
	EXPECT(ring_wait_full(ring, MS) == RING_TIMED_OUT);
	EXPECT(ring_reserve(ring, 2 * UNIT, 0, &offset) == UNIT); /* half the capacity */
	EXPECT(ring_commit(ring, UNIT + 1) == RING_MISUSED);
	EXPECT(ring_commit(ring, UNIT) == 0);
	EXPECT(ring_commit(ring, 1) == RING_MISUSED);
	EXPECT(ring_reserve(ring, UNIT, 0, &offset) == UNIT && offset == UNIT);
	EXPECT(ring_commit(ring, UNIT) == 0);
	EXPECT(ring_reserve(ring, 1, 0, &offset) == RING_TIMED_OUT);
	ring_count(ring, &counters);
	EXPECT(counters.empty == 1 && counters.full == 1 && counters.empty_time >= 10 * MS);
	EXPECT(ring_take(ring, 0, 0, &offset) == RING_MISUSED);
	ring_free(ring);
}

static void a_wait_without_a_waker_sleeps(void)
{
	_Atomic uint32_t word = 0;
	const int64_t start = os_now();

	os_wait(&word, 0, 20 * MS);
	EXPECT(os_now() - start >= 20 * MS);
}

static void failing_and_closing_differ(void)
{
	struct ring *ring = ring_new(2 * UNIT, UNIT);
	size_t offset;

	EXPECT(ring_reserve(ring, 100, 0, &offset) == 100);
	EXPECT(ring_commit(ring, 100) == 0);
	ring_close(ring);
	EXPECT(ring_reserve(ring, 100, 0, &offset) == RING_ENDED);
	EXPECT(ring_take(ring, UNIT, 0, &offset) == 100);
	EXPECT(ring_release(ring, 60) == 0);
	EXPECT(ring_take(ring, UNIT, 0, &offset) == 40 && offset == 60);
	EXPECT(ring_release(ring, 40) == 0);
	EXPECT(ring_take(ring, UNIT, 0, &offset) == 0);
	ring_fail(ring);
	EXPECT(ring_take(ring, UNIT, 0, &offset) == RING_ENDED);
	ring_cancel(ring);
	EXPECT(ring_take(ring, UNIT, 0, &offset) == RING_CANCELLED);
	ring_free(ring);
}

/* What the drive answers to the WRITEs, one after the other; after the last one GOOD. */
struct drive {
	const struct submit_answer *answers;
	unsigned count;
	unsigned asked;
	uint64_t lba;        /* expected next */
	uint64_t position;   /* of the next byte expected */
	unsigned capacity_asked;
	struct submit_answer capacity; /* answer to READ BUFFER CAPACITY if its status is not GOOD */
	int64_t delay;
};

static uint32_t read_be32(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void answer_capacity(struct drive *drive, const struct submit_command *command, struct submit_answer *answer)
{
	static const unsigned char data[12] = {0, 10, 0, 0, 0, 0x20, 0, 0, 0, 0x08, 0, 0};

	EXPECT(command->cdb[0] == 0x5c && command->cdb[8] == 12 && command->length == 12);
	drive->capacity_asked++;
	*answer = drive->capacity;
	answer->answered = 1;
	if (!answer->status)
		memcpy(command->data, data, sizeof(data));
}

static void play(void *context, const struct submit_command *command, struct submit_answer *answer)
{
	struct drive *drive = context;
	const unsigned char *data = command->data;
	const unsigned blocks = command->cdb[7] << 8 | command->cdb[8];

	if (command->direction == SUBMIT_FROM_DEVICE) {
		answer_capacity(drive, command, answer);
		return;
	}
	EXPECT(command->cdb_length == 10 && command->cdb[0] == 0x2a && command->cdb[9] == 0);
	EXPECT(read_be32(command->cdb + 2) == (uint32_t)drive->lba);
	EXPECT(command->length == blocks * BLOCK);
	for (uint32_t at = 0; at < command->length; at++)
		EXPECT(data[at] == byte_at(drive->position + at));
	if (drive->delay)
		sleep_ns(drive->delay);
	*answer = (struct submit_answer){.answered = 1};
	if (drive->asked < drive->count)
		*answer = drive->answers[drive->asked];
	drive->asked++;
	if (answer->answered && !answer->status && !answer->residual) {
		drive->lba += blocks;
		drive->position += command->length;
	}
}

#define BUSY_FIXED {.answered = 1, .status = 2, .sense_length = 18, .sense = {0x70, 0, 2, 0, 0, 0, 0, 10, 0, 0, 0, 0, 4, 8}}
#define BUSY_DESCRIPTOR {.answered = 1, .status = 2, .sense_length = 8, .sense = {0x72, 2, 4, 8}}
#define BUSY_DEFERRED {.answered = 1, .status = 2, .sense_length = 18, .sense = {0x71, 0, 2, 0, 0, 0, 0, 10, 0, 0, 0, 0, 4, 8}}
#define WRITE_ERROR {.answered = 1, .status = 2, .sense_length = 18, .sense = {0xf0, 0, 3, 0, 0, 0, 0, 10, 0, 0, 0, 0, 12}}

#define ILLEGAL_REQUEST {.answered = 1, .status = 2, .sense_length = 18, .sense = {0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 32}}
#define NOT_READY {.answered = 1, .status = 2, .sense_length = 18, .sense = {0x70, 0, 2, 0, 0, 0, 0, 10, 0, 0, 0, 0, 4, 7}}
#define UNIT_ATTENTION {.answered = 1, .status = 2, .sense_length = 8, .sense = {0x72, 6, 41, 0}}

static struct feeder_stream stream_of(struct ring *ring, struct drive *drive, uint64_t blocks)
{
	return (struct feeder_stream){
		.ring = ring,
		.submit = (uintptr_t)play,
		.context = (uintptr_t)drive,
		.cdb = {0x2a},
		.cdb_length = 10,
		.lba_offset = 2,
		.lba_width = 32,
		.length_offset = 7,
		.length_width = 16,
		.lba = (int64_t)drive->lba,
		.blocks = blocks,
		.block_size = BLOCK,
		.unit = UNIT / BLOCK,
		.timeout = 10 * S,
		.nap = 2 * MS,
		.watch = MS,
	};
}

struct run {
	struct feeder *feeder;
	struct feeder_result result;
	_Atomic bool over;
};

static void *watch_counters(void *argument)
{
	struct run *run = argument;
	struct feeder_counters counters;
	uint64_t blocks = 0;

	while (!run->over) {
		feeder_count(run->feeder, &counters);
		EXPECT(counters.blocks >= blocks);
		blocks = counters.blocks;
		sleep_ns(MS / 4);
	}
	return NULL;
}

/* Feed `blocks` blocks of fresh data to a drive with a watcher beside it. */
static struct feeder_result feed(struct drive *drive, uint64_t blocks, struct feeder_counters *counters)
{
	struct ring *ring = ring_new(8 * UNIT, UNIT);
	struct flow in = {.ring = ring, .total = blocks * BLOCK, .seed = 99, .largest = 2 * UNIT};
	const struct feeder_stream stream = stream_of(ring, drive, blocks);
	struct run run = {.feeder = feeder_new(&stream)};
	pthread_t producer, watcher;

	EXPECT(run.feeder);
	pthread_create(&producer, NULL, produce, &in);
	pthread_create(&watcher, NULL, watch_counters, &run);
	feeder_run(run.feeder, &run.result);
	run.over = true;
	ring_cancel(ring);
	pthread_join(producer, NULL);
	pthread_join(watcher, NULL);
	feeder_count(run.feeder, counters);
	feeder_free(run.feeder);
	ring_free(ring);
	return run.result;
}

static void a_stream_is_written_whole(void)
{
	struct drive drive = {.lba = (uint64_t)-150};
	struct feeder_counters counters;
	const struct feeder_result result = feed(&drive, 2003, &counters);
	uint64_t commands = 0;

	EXPECT(result.end == FEEDER_DONE);
	EXPECT(drive.lba == 2003 - 150 && drive.position == 2003 * BLOCK);
	EXPECT(counters.blocks == 2003 && counters.commands == 251);
	for (unsigned at = 0; at < HISTOGRAM_BUCKETS; at++)
		commands += counters.latencies[at];
	EXPECT(commands == 251);
}

static void a_busy_drive_gets_the_same_command_again(void)
{
	static const struct submit_answer answers[] = {{.answered = 1}, BUSY_FIXED, BUSY_DESCRIPTOR, BUSY_FIXED};
	struct drive drive = {.answers = answers, .count = 4};
	struct feeder_counters counters;
	const struct feeder_result result = feed(&drive, 64, &counters);

	EXPECT(result.end == FEEDER_DONE && drive.lba == 64);
	EXPECT(counters.busy == 3 && counters.commands == 8 && counters.busy_time >= 3 * MS);
}

static void any_other_answer_comes_back(void)
{
	static const struct submit_answer odd[] = {
		WRITE_ERROR,
		BUSY_DEFERRED,
		{.answered = 1, .status = 8},
		{.answered = 1, .residual = 512},
		{.answered = 1, .status = 2},
	};

	for (unsigned at = 0; at < sizeof(odd) / sizeof(*odd); at++) {
		const struct submit_answer answers[] = {{.answered = 1}, {.answered = 1}, odd[at]};
		struct drive drive = {.answers = answers, .count = 3, .lba = 100};
		struct feeder_counters counters;
		const struct feeder_result result = feed(&drive, 64, &counters);

		EXPECT(result.end == FEEDER_ANSWERED && result.lba == 116);
		EXPECT(result.answer.status == odd[at].status && result.answer.residual == odd[at].residual);
		EXPECT(!memcmp(result.answer.sense, odd[at].sense, SUBMIT_SENSE));
		EXPECT(counters.blocks == 16 && counters.commands == 2);
		EXPECT(drive.asked == 3);
	}
}

static void a_lost_command_comes_back(void)
{
	static const struct submit_answer answers[] = {{.answered = 0, .error = ENODEV}};
	struct drive drive = {.answers = answers, .count = 1};
	struct feeder_counters counters;
	const struct feeder_result result = feed(&drive, 64, &counters);

	EXPECT(result.end == FEEDER_LOST && result.answer.error == ENODEV && result.cdb[0] == 0x2a);
	EXPECT(counters.blocks == 0);
}

static void the_drives_buffer_is_asked_for(void)
{
	struct drive drive = {.delay = MS / 2};
	struct feeder_counters counters;

	EXPECT(feed(&drive, 256, &counters).end == FEEDER_DONE);
	EXPECT(drive.capacity_asked >= 2);
	EXPECT(counters.drive_buffer == 0x200000 && counters.drive_fill == 0x180000);
}

static void a_drive_that_refuses_to_tell_is_not_asked_again(void)
{
	struct drive drive = {.capacity = ILLEGAL_REQUEST, .delay = MS / 2};
	struct feeder_counters counters;

	EXPECT(feed(&drive, 256, &counters).end == FEEDER_DONE);
	EXPECT(drive.capacity_asked == 1 && counters.drive_buffer == 0);
}

static void a_drive_that_cannot_tell_now_is_asked_later(void)
{
	struct drive drive = {.capacity = NOT_READY, .delay = MS / 2};
	struct feeder_counters counters;

	EXPECT(feed(&drive, 256, &counters).end == FEEDER_DONE);
	EXPECT(drive.capacity_asked >= 2 && counters.drive_buffer == 0);
}

static void news_from_the_drive_comes_back(void)
{
	static const struct submit_answer news[] = {UNIT_ATTENTION, BUSY_DEFERRED};

	for (unsigned at = 0; at < sizeof(news) / sizeof(*news); at++) {
		struct drive drive = {.capacity = news[at], .delay = MS / 2};
		struct feeder_counters counters;
		const struct feeder_result result = feed(&drive, 256, &counters);

		EXPECT(result.end == FEEDER_ANSWERED && result.lba == (int64_t)drive.lba);
		EXPECT(!memcmp(result.answer.sense, news[at].sense, SUBMIT_SENSE));
		EXPECT(drive.capacity_asked == 1 && counters.blocks == drive.lba);
	}
}

static void *cancel_soon(void *argument)
{
	sleep_ns(20 * MS);
	ring_cancel(argument);
	return NULL;
}

static void cancel_ends_a_long_nap(void)
{
	static const struct submit_answer answers[] = {BUSY_FIXED};
	struct ring *ring = ring_new(8 * UNIT, UNIT);
	struct flow in = {.ring = ring, .total = 4 * UNIT, .seed = 5, .largest = UNIT};
	struct drive drive = {.answers = answers, .count = 1};
	struct feeder_stream stream = stream_of(ring, &drive, 32);
	const int64_t start = os_now();
	struct feeder_result result;
	struct feeder *feeder;
	pthread_t canceller;

	stream.nap = LONG;
	feeder = feeder_new(&stream);
	produce(&in);
	pthread_create(&canceller, NULL, cancel_soon, ring);
	feeder_run(feeder, &result);
	pthread_join(canceller, NULL);
	EXPECT(result.end == FEEDER_STOPPED && drive.asked == 1);
	EXPECT(os_now() - start < LONG);
	feeder_free(feeder);
	ring_free(ring);
}

static void a_busy_drive_is_given_up_after_the_timeout(void)
{
	static const struct submit_answer answers[] = {BUSY_FIXED, BUSY_FIXED, BUSY_FIXED, BUSY_FIXED, BUSY_FIXED, BUSY_FIXED,
						       BUSY_FIXED, BUSY_FIXED, BUSY_FIXED, BUSY_FIXED, BUSY_FIXED, BUSY_FIXED};
	struct ring *ring = ring_new(8 * UNIT, UNIT);
	struct flow in = {.ring = ring, .total = 4 * UNIT, .seed = 5, .largest = UNIT};
	struct drive drive = {.answers = answers, .count = 12};
	struct feeder_stream stream = stream_of(ring, &drive, 32);
	struct feeder_result result;
	struct feeder *feeder;

	stream.timeout = 5 * MS;
	feeder = feeder_new(&stream);
	produce(&in);
	feeder_run(feeder, &result);
	EXPECT(result.end == FEEDER_ANSWERED && result.answer.sense[13] == 8);
	EXPECT(drive.asked <= 7);
	feeder_free(feeder);
	ring_free(ring);
}

static void a_ring_that_ends_early_stops_the_feeder(void)
{
	struct ring *ring = ring_new(8 * UNIT, UNIT);
	struct flow in = {.ring = ring, .total = UNIT + 1, .seed = 5, .largest = UNIT};
	struct drive drive = {0};
	const struct feeder_stream stream = stream_of(ring, &drive, 32);
	struct feeder *feeder = feeder_new(&stream);
	struct feeder_result result;

	produce(&in);
	feeder_run(feeder, &result);
	EXPECT(result.end == FEEDER_STOPPED && drive.asked == 1);
	feeder_free(feeder);
	ring_free(ring);
}

static void naps_follow_the_measured_speed(void)
{
	struct pace pace = {.longest = 50 * MS};
	const uint64_t buffer = 4 << 20;
	struct pace_moment moment = {.time = S, .bytes = 5 << 20};

	EXPECT(pace_nap(&pace, 0, &moment, buffer) == 50 * MS); /* nothing known yet */
	moment = (struct pace_moment){.time = S + 100 * MS, .bytes = 15 << 20};
	EXPECT(pace_nap(&pace, 0, &moment, buffer) == 20 * MS); /* 100 MiB/s: 2 MiB take 20 ms */
	EXPECT(pace_nap(&pace, 1, &moment, buffer) == 10 * MS);
	EXPECT(pace_nap(&pace, 2, &moment, buffer) == 5 * MS);
	EXPECT(pace_nap(&pace, 3, &moment, buffer) == 10 * MS);
	EXPECT(pace_nap(&pace, 4, &moment, buffer) == 20 * MS);
	EXPECT(pace_nap(&pace, 40, &moment, buffer) == 20 * MS);
	EXPECT(pace_nap(&pace, 2, &moment, 4096) == MS);
	EXPECT(pace_nap(&pace, 1, &moment, 0) == 25 * MS);
}

static void a_speed_is_the_mean_of_the_last_and_those_before(void)
{
	struct pace pace = {.longest = 50 * MS};
	const uint64_t buffer = 4 << 20;

	pace_nap(&pace, 0, &(struct pace_moment){.time = S, .bytes = 1 << 20}, buffer);
	pace_nap(&pace, 0, &(struct pace_moment){.time = S + 100 * MS, .bytes = 11 << 20}, buffer);
	/* 100 MiB/s, then 300: 2 MiB take 10 ms at 200 */
	EXPECT(pace_nap(&pace, 0, &(struct pace_moment){.time = S + 200 * MS, .bytes = 41 << 20}, buffer) == 10 * MS);
}

static void what_tells_no_speed_changes_none(void)
{
	static const struct pace_moment useless[] = {
		{.time = S + 200 * MS, .bytes = 41 << 20, .stalls = 1}, /* the drive may have been empty meanwhile */
		{.time = S + 100 * MS, .bytes = 41 << 20},
		{.time = S + 200 * MS, .bytes = 11 << 20},
		{.time = S + 50 * MS, .bytes = 1 << 20},
	};
	const uint64_t buffer = 4 << 20;

	for (unsigned at = 0; at < sizeof(useless) / sizeof(*useless); at++) {
		struct pace pace = {.longest = 50 * MS};

		pace_nap(&pace, 0, &(struct pace_moment){.time = S, .bytes = 1 << 20}, buffer);
		pace_nap(&pace, 0, &(struct pace_moment){.time = S + 100 * MS, .bytes = 11 << 20}, buffer);
		EXPECT(pace_nap(&pace, 0, &useless[at], buffer) == 20 * MS);
	}
}

struct meaning {
	struct submit_answer answer;
	bool long_write, refusal, news;
};

#define SENSE(length, ...) {.answered = 1, .status = 2, .sense_length = length, .sense = {__VA_ARGS__}}

static void sense_is_read_as_far_as_it_goes(void)
{
	static const struct meaning meanings[] = {
		{.answer = SENSE(4, 0x72, 2, 4, 8), .long_write = true},
		{.answer = SENSE(3, 0x72, 2, 4, 8)},
		{.answer = SENSE(4, 0x72, 0xf5, 0x20, 0), .refusal = true},
		{.answer = SENSE(4, 0x73, 2, 4, 8), .news = true},
		{.answer = SENSE(4, 0x73, 5, 0x20, 0), .news = true},
		{.answer = SENSE(4, 0x74, 6, 0x29, 0)}, /* of a form that is not known */
		{.answer = SENSE(18, 0x7f, 6, 6, 0, 0, 0, 0, 10, 0, 0, 0, 0, 4, 8)},
		{.answer = SENSE(14, 0x70, 0, 2, 0, 0, 0, 0, 10, 0, 0, 0, 0, 4, 8), .long_write = true},
		{.answer = SENSE(14, 0x71, 0, 2, 0, 0, 0, 0, 10, 0, 0, 0, 0, 4, 8), .news = true},
		{.answer = SENSE(13, 0x70, 0, 2, 0, 0, 0, 0, 10, 0, 0, 0, 0, 4, 8)},
		{.answer = SENSE(13, 0x71, 0, 2, 0, 0, 0, 0, 10, 0, 0, 0, 0, 4, 8), .news = true},
		{.answer = SENSE(4, 0x70, 0, 0xe5), .refusal = true}, /* with file mark, end of medium and wrong length */
		{.answer = SENSE(4, 0x70, 0, 0xe1)},
		{.answer = SENSE(4, 0x70, 0, 6), .news = true},
		{.answer = {.answered = 0, .status = 2, .sense_length = 4, .sense = {0x72, 2, 4, 8}}},
		{.answer = {.answered = 1, .status = 8, .sense_length = 4, .sense = {0x72, 6, 0x29, 0}}},
	};

	for (unsigned at = 0; at < sizeof(meanings) / sizeof(*meanings); at++) {
		EXPECT(sense_is_long_write(&meanings[at].answer) == meanings[at].long_write);
		EXPECT(sense_is_refusal(&meanings[at].answer) == meanings[at].refusal);
		EXPECT(sense_is_news(&meanings[at].answer) == meanings[at].news);
	}
}

#define RUN(test)               \
	do {                    \
		puts(#test);    \
		fflush(stdout); \
		test();         \
	} while (0)

int main(int argc, char **argv)
{
	const int64_t end = os_now() + (argc > 1 ? atoi(argv[1]) : 1) * S;

	EXPECT(!ring_new(UNIT, UNIT) && !ring_new(3 * UNIT + 1, UNIT) && !ring_new(0, 0));
	RUN(each_side_wakes_the_other_by_a_single_unit);
	RUN(a_ring_is_full_when_its_producer_waits);
	RUN(waits_end_in_time);
	RUN(a_wait_without_a_waker_sleeps);
	RUN(failing_and_closing_differ);
	RUN(a_stream_is_written_whole);
	RUN(a_busy_drive_gets_the_same_command_again);
	RUN(any_other_answer_comes_back);
	RUN(a_lost_command_comes_back);
	RUN(the_drives_buffer_is_asked_for);
	RUN(a_drive_that_refuses_to_tell_is_not_asked_again);
	RUN(a_drive_that_cannot_tell_now_is_asked_later);
	RUN(news_from_the_drive_comes_back);
	RUN(cancel_ends_a_long_nap);
	RUN(a_busy_drive_is_given_up_after_the_timeout);
	RUN(a_ring_that_ends_early_stops_the_feeder);
	RUN(naps_follow_the_measured_speed);
	RUN(a_speed_is_the_mean_of_the_last_and_those_before);
	RUN(what_tells_no_speed_changes_none);
	RUN(sense_is_read_as_far_as_it_goes);
	for (uint32_t seed = 1; seed < 4 || os_now() < end; seed++) {
		random_sizes_arrive_whole_and_in_order(seed, seed % 8 == 0);
		cancel_at_a_random_time_wakes_both_sides(seed);
	}
	return 0;
}

#include "feeder.h"

#include "os.h"
#include "pace.h"
#include "priority.h"
#include "sense.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS 1000000

#define GOOD 0x00
#define READ_BUFFER_CAPACITY 0x5c
#define CAPACITY_SIZE 12
#define CAPACITY_TIMEOUT 30000 /* ms */

/* Counters are stored by the feeder's thread and loaded by any other; nothing is ordered by them. */
typedef _Atomic uint64_t counter;

struct feeder {
	struct feeder_stream stream;
	struct pace pace;
	int64_t answered;    /* when the last WRITE was answered GOOD */
	int64_t watched;     /* when the drive was last asked for its buffer */
	uint64_t first_wait; /* what the ring counted before the first command */
	uint64_t first_waited;
	counter blocks, commands, busy, busy_time, latency_max, latency_total, ring_low, drive_buffer, drive_fill, priority;
	counter latencies[HISTOGRAM_BUCKETS];
};

static uint64_t get(const counter *from)
{
	return atomic_load_explicit(from, memory_order_relaxed);
}

static void set(counter *to, uint64_t value)
{
	atomic_store_explicit(to, value, memory_order_relaxed);
}

static void add(counter *to, uint64_t amount)
{
	set(to, get(to) + amount);
}

static uint32_t read_be32(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void write_be(unsigned char *bytes, unsigned width, uint64_t value)
{
	unsigned at = width / 8;

	while (at--) {
		bytes[at] = value & 0xff;
		value >>= 8;
	}
}

static void submit(struct feeder *feeder, const struct submit_command *command, struct submit_answer *answer)
{
	((submit_function)feeder->stream.submit)((void *)feeder->stream.context, command, answer);
}

static void count_latency(struct feeder *feeder, uint64_t latency)
{
	add(&feeder->latencies[histogram_bucket(latency)], 1);
	add(&feeder->latency_total, latency);
	if (latency > get(&feeder->latency_max))
		set(&feeder->latency_max, latency);
}

static uint64_t done_bytes(const struct feeder *feeder)
{
	return get(&feeder->blocks) * feeder->stream.block_size;
}

/* Let a busy drive write a part of its buffer; false when the repetitions have used up the command's timeout. */
static bool nap(struct feeder *feeder, int64_t first, unsigned attempt)
{
	const int64_t now = os_now();
	struct feeder_counters counters;
	struct pace_moment moment;

	if (now - first >= feeder->stream.timeout)
		return false;
	add(&feeder->busy, 1);
	feeder_count(feeder, &counters);
	moment = (struct pace_moment){.time = now, .bytes = done_bytes(feeder), .stalls = counters.stalls};
	ring_nap(feeder->stream.ring, pace_nap(&feeder->pace, attempt, &moment, counters.drive_buffer));
	add(&feeder->busy_time, (uint64_t)(os_now() - now));
	return true;
}

/* Send a command until the answer is another than 2/04/08, the time is over, or the ring is cancelled: then false. */
static bool send(struct feeder *feeder, const struct submit_command *command, struct submit_answer *answer)
{
	const int64_t first = os_now();
	unsigned attempt = 0;
	int64_t start = first;

	for (;;) {
		submit(feeder, command, answer);
		if (answer->status == GOOD || !sense_is_long_write(answer))
			break;
		if (!nap(feeder, first, attempt++))
			return true;
		if (ring_is_cancelled(feeder->stream.ring))
			return false;
		start = os_now();
	}
	if (answer->answered && answer->status == GOOD && !answer->residual) {
		feeder->answered = os_now();
		add(&feeder->commands, 1);
		count_latency(feeder, (uint64_t)(feeder->answered - start));
	}
	return true;
}

static void note_buffer(struct feeder *feeder, const unsigned char *data)
{
	const uint32_t length = read_be32(data + 4), blank = read_be32(data + 8);

	if (!length || blank > length)
		return;
	set(&feeder->drive_buffer, length);
	set(&feeder->drive_fill, length - blank);
}

/*
 * Ask for the fill of the drive's buffer if that is due (MMC-6 6.17). A drive that refuses is not asked again; other
 * answers but GOOD only matter if they tell of something else.
 */
static enum feeder_end watch(struct feeder *feeder, struct submit_command *command, struct submit_answer *answer)
{
	unsigned char data[CAPACITY_SIZE] = {0};

	if (!feeder->stream.watch || feeder->answered - feeder->watched < feeder->stream.watch)
		return FEEDER_DONE;
	feeder->watched = feeder->answered;
	*command = (struct submit_command){
		.cdb = {[0] = READ_BUFFER_CAPACITY, [8] = CAPACITY_SIZE},
		.cdb_length = 10,
		.direction = SUBMIT_FROM_DEVICE,
		.data = data,
		.length = CAPACITY_SIZE,
		.timeout = CAPACITY_TIMEOUT,
		.undisturbed = 1,
	};
	submit(feeder, command, answer);
	command->data = NULL;
	if (!answer->answered)
		return FEEDER_LOST;
	if (sense_is_news(answer))
		return FEEDER_ANSWERED;
	if (sense_is_refusal(answer))
		feeder->stream.watch = 0;
	else if (answer->status == GOOD && !answer->residual)
		note_buffer(feeder, data);
	return FEEDER_DONE;
}

static uint64_t left(const struct feeder *feeder)
{
	const uint64_t rest = feeder->stream.blocks - get(&feeder->blocks);

	return rest < feeder->stream.unit ? rest : feeder->stream.unit;
}

static struct submit_command next_write(const struct feeder *feeder, void *data, uint64_t blocks)
{
	const struct feeder_stream *stream = &feeder->stream;
	struct submit_command command = {
		.cdb_length = stream->cdb_length,
		.direction = SUBMIT_TO_DEVICE,
		.data = data,
		.length = (uint32_t)(blocks * stream->block_size),
		.timeout = (uint32_t)(stream->timeout / NS_PER_MS),
		.undisturbed = 1,
	};

	memcpy(command.cdb, stream->cdb, sizeof(command.cdb));
	write_be(command.cdb + stream->lba_offset, stream->lba_width, (uint64_t)stream->lba + get(&feeder->blocks));
	write_be(command.cdb + stream->length_offset, stream->length_width, blocks);
	return command;
}

static void begin(struct feeder *feeder)
{
	struct ring_counters ring;

	ring_count(feeder->stream.ring, &ring);
	feeder->watched = os_now();
	set(&feeder->ring_low, ring.fill);
}

static void note_fill(struct feeder *feeder)
{
	struct ring_counters ring;

	ring_count(feeder->stream.ring, &ring);
	if (ring.fill < get(&feeder->ring_low) && !ring_is_closed(feeder->stream.ring))
		set(&feeder->ring_low, ring.fill);
}

/* Write the next unit; FEEDER_DONE while all goes well. */
static enum feeder_end step(struct feeder *feeder, struct submit_command *command, struct submit_answer *answer)
{
	struct ring *ring = feeder->stream.ring;
	const uint64_t blocks = left(feeder);
	const size_t size = (size_t)(blocks * feeder->stream.block_size);
	size_t offset;

	if (ring_take(ring, size, -1, &offset) != (int64_t)size)
		return FEEDER_STOPPED;
	*command = next_write(feeder, ring_memory(ring) + offset, blocks);
	if (!send(feeder, command, answer))
		return FEEDER_STOPPED;
	if (!answer->answered)
		return FEEDER_LOST;
	if (answer->status != GOOD || answer->residual)
		return FEEDER_ANSWERED;
	ring_release(ring, size);
	add(&feeder->blocks, blocks);
	note_fill(feeder);
	return watch(feeder, command, answer);
}

struct feeder *feeder_new(const struct feeder_stream *stream)
{
	struct feeder *feeder = calloc(1, sizeof(*feeder));
	struct ring_counters ring;

	if (!feeder)
		return NULL;
	ring_count(stream->ring, &ring);
	feeder->stream = *stream;
	feeder->pace.longest = stream->nap;
	feeder->first_wait = ring.empty;
	feeder->first_waited = ring.empty_time;
	return feeder;
}

void feeder_free(struct feeder *feeder)
{
	free(feeder);
}

void feeder_run(struct feeder *feeder, struct feeder_result *result)
{
	struct submit_command command = {0};
	enum feeder_end end = FEEDER_DONE;
	struct priority_before before;
	struct os_signals signals;

	set(&feeder->priority, priority_raise(&before));
	memset(result, 0, sizeof(*result));
	os_hold_signals(&signals); /* once, not for each command */
	os_sharpen();
	begin(feeder);
	while (end == FEEDER_DONE && left(feeder))
		end = step(feeder, &command, &result->answer);
	os_relax();
	os_admit_signals(&signals);
	priority_restore(&before);
	result->end = end;
	result->lba = feeder->stream.lba + (int64_t)get(&feeder->blocks);
	memcpy(result->cdb, command.cdb, sizeof(result->cdb));
	result->cdb_length = command.cdb_length;
}

void feeder_count(const struct feeder *feeder, struct feeder_counters *counters)
{
	struct ring_counters ring;

	ring_count(feeder->stream.ring, &ring);
	*counters = (struct feeder_counters){
		.blocks = get(&feeder->blocks),
		.commands = get(&feeder->commands),
		.busy = get(&feeder->busy),
		.stalls = ring.empty - feeder->first_wait,
		.stall_time = ring.empty_time - feeder->first_waited,
		.busy_time = get(&feeder->busy_time),
		.latency_max = get(&feeder->latency_max),
		.latency_total = get(&feeder->latency_total),
		.ring_fill = ring.fill,
		.ring_low = get(&feeder->ring_low),
		.drive_buffer = get(&feeder->drive_buffer),
		.drive_fill = get(&feeder->drive_fill),
		.priority = get(&feeder->priority),
	};
	for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++)
		counters->latencies[bucket] = get(&feeder->latencies[bucket]);
}

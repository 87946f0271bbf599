#include "drive.h"

#include <string.h>

#define PROFILE_DVD_PLUS_R 0x1b
#define PROFILE_BD_R 0x41
#define LONGEST 1024 /* bytes of an answer; READ DISC STRUCTURE's are padded with zeros */
#define SESSION_GAP 2048
#define INVISIBLE_TRACK 0xff
#define PERSISTENT_CURRENT 3

/* What differs between the media. Speeds in kB/s. */
struct kind {
	uint16_t profile;
	uint32_t blocks;
	uint32_t unit; /* blocks */
	uint32_t speeds[3];
};

static const struct kind kinds[] = {
	[DRIVE_DVD_PLUS_R] = {PROFILE_DVD_PLUS_R, 2295104, 16, {22160, 11080, 5540}},
	[DRIVE_BD_R] = {PROFILE_BD_R, 12219392, 32, {71928, 35964, 17982}},
};
#define SPEEDS (sizeof(kinds->speeds) / sizeof(*kinds->speeds))

/* An answer in the making. */
struct reply {
	uint32_t length;
	unsigned char bytes[LONGEST];
};

typedef void (*respond_function)(const struct disc *disc, const struct submit_command *command, struct reply *reply,
				 struct submit_answer *answer);

static void add(struct reply *reply, const void *bytes, uint32_t length)
{
	memcpy(reply->bytes + reply->length, bytes, length);
	reply->length += length;
}

static void add_be(struct reply *reply, unsigned width, uint32_t value)
{
	while (width--)
		reply->bytes[reply->length++] = width < sizeof(value) ? value >> (8 * width) & 0xff : 0;
}

static void set_be16(struct reply *reply, uint32_t at, uint32_t value)
{
	reply->bytes[at] = value >> 8 & 0xff;
	reply->bytes[at + 1] = value & 0xff;
}

static const struct kind *kind_of(const struct disc *disc)
{
	return &kinds[disc->medium];
}

static bool is_open(const struct disc *disc)
{
	return disc->state == DISC_BLANK || disc->state == DISC_OPEN;
}

static void inquiry(const struct disc *disc, const struct submit_command *command, struct reply *reply,
		    struct submit_answer *answer)
{
	(void)disc;
	if (command->cdb[1] & 1) {
		drive_fail(answer, 5, 0x24, 0x00);
		return;
	}
	add(reply, (unsigned char[]){0x05, 0x80, 0x05, 0x02, 31, 0, 0, 0}, 8);
	add(reply, "MEASURE BURNER FOR TESTS1.00", 28); /* vendor 8, product 16, revision 4 */
}

/* Features (MMC-6 5.3): code, version and persistent, the media on which it is current (one bit each), data. */
static const struct feature {
	uint16_t code;
	unsigned char version, media, length, data[20];
} features[] = {
	{0x0001, 0x0b, 3, 8, {0, 0, 0, 1, 1}},                /* core: SCSI, DBEvent */
	{0x0002, 0x07, 3, 4, {2}},                            /* morphing */
	{0x0003, 0x0b, 3, 4, {0x39}},                         /* removable medium: tray, eject, lock */
	{0x0010, 0x00, 0, 8, {0, 0, 8, 0, 0, 16, 1}},         /* random readable */
	{0x001f, 0x08, 1, 4, {0, 0, 1}},                      /* DVD read */
	{0x0021, 0x0c, 0, 8, {0, 1, 2, 1, 7, 16}},            /* incremental streaming writable */
	{0x002b, 0x00, 1, 4, {1}},                            /* DVD+R: write */
	{0x0040, 0x04, 2, 28, {[5] = 7, [7] = 4, [13] = 7}},  /* BD read */
	{0x0041, 0x04, 2, 20, {[5] = 7, [7] = 4, [13] = 7}},  /* BD write */
	{0x0100, 0x03, 3, 0, {0}},                            /* power management */
	{0x0105, 0x07, 3, 4, {0}},                            /* time-out */
	{0x0107, 0x15, 3, 4, {0x1f}},                         /* real-time streaming: all of it */
	{0x0108, 0x03, 3, 12, {'0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0', '1'}},
};

static void add_profiles(const struct disc *disc, struct reply *reply)
{
	static const uint16_t profiles[] = {PROFILE_BD_R, PROFILE_DVD_PLUS_R, 0x0010, 0x0008};

	add(reply, (unsigned char[]){0, 0, PERSISTENT_CURRENT, 4 * sizeof(profiles) / sizeof(*profiles)}, 4);
	for (unsigned at = 0; at < sizeof(profiles) / sizeof(*profiles); at++) {
		add_be(reply, 2, profiles[at]);
		add_be(reply, 2, profiles[at] == kind_of(disc)->profile ? 0x0100 : 0);
	}
}

static void get_configuration(const struct disc *disc, const struct submit_command *command, struct reply *reply,
			      struct submit_answer *answer)
{
	const unsigned which = command->cdb[1] & 3, start = command->cdb[2] << 8 | command->cdb[3];
	const struct feature *feature = features;

	(void)answer;
	add_be(reply, 4, 0);
	add_be(reply, 4, kind_of(disc)->profile);
	if (!start)
		add_profiles(disc, reply);
	for (; feature < features + sizeof(features) / sizeof(*features); feature++) {
		const bool current = feature->media >> disc->medium & 1;

		if (which == 2 ? feature->code != start : feature->code < start || (which == 1 && !current))
			continue;
		add_be(reply, 2, feature->code);
		add(reply, (unsigned char[]){feature->version | current, feature->length}, 2);
		for (unsigned at = 0; at < feature->length; at++)
			add_be(reply, 1, at < sizeof(feature->data) ? feature->data[at] : 0);
	}
	set_be16(reply, 2, reply->length - 4);
}

static void disc_information(const struct disc *disc, const struct submit_command *command, struct reply *reply,
			     struct submit_answer *answer)
{
	static const unsigned char states[] = {
		[DISC_BLANK] = 0x00, [DISC_OPEN] = 0x05, [DISC_CLOSED] = 0x01, [DISC_FINAL] = 0x0e};
	const unsigned sessions = disc->state == DISC_CLOSED ? 2 : 1;

	if (command->cdb[1] & 7) {
		drive_fail(answer, 5, 0x24, 0x00);
		return;
	}
	add(reply, (unsigned char[]){0, 32, states[disc->state], 1, sessions, sessions, sessions, 0x20}, 8);
	add(reply, (unsigned char[8]){0}, 8);
	add(reply, (unsigned char[8]){255, 255, 255, 255, 255, 255, 255, 255}, 8);
	add_be(reply, 10, 0);
}

/* The track that takes the next WRITE is the second one as soon as a session is closed. */
static void track_information(const struct disc *disc, const struct submit_command *command, struct reply *reply,
			      struct submit_answer *answer)
{
	const struct kind *kind = kind_of(disc);
	const unsigned char *cdb = command->cdb;
	const uint32_t wanted = (uint32_t)cdb[2] << 24 | cdb[3] << 16 | cdb[4] << 8 | cdb[5];
	const uint32_t second = disc->next + SESSION_GAP, open_track = disc->state == DISC_CLOSED ? 2 : 1;
	uint32_t track = wanted == INVISIBLE_TRACK ? open_track : wanted;
	bool writable;

	if (!(cdb[1] & 3)) /* by address */
		track = disc->state == DISC_CLOSED && wanted >= second ? 2 : 1;
	if (!track || track > open_track || (wanted == INVISIBLE_TRACK && disc->state == DISC_FINAL)) {
		drive_fail(answer, 5, 0x24, 0x00);
		return;
	}
	writable = disc->state == DISC_BLANK || track == 2 || disc->state == DISC_OPEN;
	add(reply, (unsigned char[]){0, 46, track, track, 0, 4}, 6);
	add_be(reply, 1, disc->state == DISC_BLANK || track == 2 ? 0x41 : 0x01);
	add_be(reply, 1, writable);
	add_be(reply, 4, track == 2 ? second : 0);
	add_be(reply, 4, writable ? track == 2 ? second : disc->next : 0);
	add_be(reply, 4, writable ? kind->blocks - (track == 2 ? second : disc->next) : 0);
	add_be(reply, 4, kind->unit);
	add_be(reply, 4, track == 2 ? kind->blocks - second : writable ? kind->blocks : disc->next);
	add_be(reply, 20, 0);
}

static void format_capacities(const struct disc *disc, const struct submit_command *command, struct reply *reply,
			      struct submit_answer *answer)
{
	const bool formattable = disc->medium == DRIVE_BD_R && disc->state == DISC_BLANK;

	(void)command;
	(void)answer;
	add_be(reply, 4, formattable ? 16 : 8);
	add_be(reply, 4, kind_of(disc)->blocks);
	add_be(reply, 1, disc->state == DISC_BLANK ? 1 : 2);
	add_be(reply, 3, DRIVE_BLOCK);
	if (formattable) { /* the format with default spare areas */
		add_be(reply, 4, kind_of(disc)->blocks - 393216);
		add_be(reply, 4, DRIVE_BLOCK);
	}
}

static void read_capacity(const struct disc *disc, const struct submit_command *command, struct reply *reply,
			  struct submit_answer *answer)
{
	(void)command;
	(void)answer;
	add_be(reply, 4, is_open(disc) ? 0 : disc->next - 1);
	add_be(reply, 4, DRIVE_BLOCK);
}

static void read_toc(const struct disc *disc, const struct submit_command *command, struct reply *reply,
		     struct submit_answer *answer)
{
	if (is_open(disc) || command->cdb[2] & 0x0e) {
		drive_fail(answer, 5, 0x24, 0x00);
		return;
	}
	if (command->cdb[2] & 1) { /* sessions: one, with track 1 from address 0 on */
		add(reply, (unsigned char[12]){0, 10, 1, 1, 0, 0x14, 1}, 12);
		return;
	}
	add(reply, (unsigned char[]){0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, 0, 0x14, 0xaa, 0}, 16);
	add_be(reply, 4, disc->next);
}

/* Mode page 2Ah (MMC-3 5.5.10): what old programs ask for speeds. */
static void add_capabilities(const uint32_t *speeds, struct reply *reply)
{
	add(reply, (unsigned char[]){0x2a, 30 + 4 * SPEEDS, 0x3f, 0x37, 0xf0, 0x7f, 0x29, 0}, 8);
	add(reply, (unsigned char[]){0xff, 0xff, 0, 0, 0x10, 0, 0xff, 0xff, 0, 0}, 10); /* a buffer of 4 MiB */
	add_be(reply, 4, 0);
	add_be(reply, 4, 1);
	add_be(reply, 2, 0);
	add_be(reply, 2, speeds[0] < 0xffff ? speeds[0] : 0xffff);
	add_be(reply, 2, SPEEDS);
	for (unsigned at = 0; at < SPEEDS; at++)
		add_be(reply, 4, speeds[at] < 0xffff ? speeds[at] : 0xffff);
}

/* Mode page 05h (MMC-6 7.5), which says nothing about these media but is asked for all the same: packets, BUFE. */
static void add_write_parameters(struct reply *reply)
{
	add(reply, (unsigned char[]){0x05, 50, 0x40, 0xc5, 0x08, 0x10, 0, 0}, 8);
	add(reply, (unsigned char[44]){[5] = 16, [7] = 150}, 44);
}

static void mode_sense(const struct disc *disc, const struct submit_command *command, struct reply *reply,
		       struct submit_answer *answer)
{
	const unsigned code = command->cdb[2] & 0x3f;

	add_be(reply, 8, 0);
	if (code == 0x05 || code == 0x3f)
		add_write_parameters(reply);
	if (code == 0x2a || code == 0x3f)
		add_capabilities(kind_of(disc)->speeds, reply);
	if (reply->length == 8)
		drive_fail(answer, 5, 0x24, 0x00);
	set_be16(reply, 0, reply->length - 2);
}

static void get_performance(const struct disc *disc, const struct submit_command *command, struct reply *reply,
			    struct submit_answer *answer)
{
	const struct kind *kind = kind_of(disc);
	const unsigned type = command->cdb[10], most = command->cdb[8] << 8 | command->cdb[9];
	const unsigned rows = type == 3 ? SPEEDS : 1;

	if (type != 0 && type != 3) {
		drive_fail(answer, 5, 0x24, 0x00);
		return;
	}
	add_be(reply, 4, 4 + 16 * rows);
	add(reply, (unsigned char[4]){type ? 0 : command->cdb[1] & 4 ? 2 : 0}, 4);
	for (unsigned at = 0; at < rows && at < most; at++) {
		add_be(reply, 4, 0);
		add_be(reply, 4, type == 3 ? kind->blocks - 1 : kind->speeds[0]);
		add_be(reply, 4, type == 3 ? kind->speeds[0] : kind->blocks - 1);
		add_be(reply, 4, kind->speeds[at]);
	}
}

/* DVD: the list, and physical format information; BD: disc information. Enough to tell what disc it is. */
static void disc_structure(const struct disc *disc, const struct submit_command *command, struct reply *reply,
			   struct submit_answer *answer)
{
	const unsigned media = command->cdb[1] & 15, format = command->cdb[7];
	const uint32_t end = 0x30000 + kind_of(disc)->blocks - 1;

	if (media != disc->medium || (format != 0 && format != 0xff)) {
		drive_fail(answer, 5, 0x30, 0x02); /* incompatible format */
		return;
	}
	if (format == 0xff) {
		add(reply, (unsigned char[]){0, 6, 0, 0, 0, 0x40, 0x08, 0x04}, 8);
		return;
	}
	if (disc->medium == DRIVE_BD_R) {
		add(reply, (unsigned char[]){0x10, 2, 0, 0, 'D', 'I', 1, 0x28, 0, 0, 0x62, 0, 'B', 'D', 'R', 1}, 16);
		add(reply, (unsigned char[88]){0x12, 1}, 88);
		add(reply, "MEASUR001", 9); /* manufacturer and media type */
		return;
	}
	add(reply, (unsigned char[]){0x08, 2, 0, 0, 0xa1, 0x0f, 2, 0, 0, 3, 0, 0}, 12);
	add_be(reply, 4, end);
	add_be(reply, 7, 0);
	add(reply, "MEASURE 001", 11);
}

/* No event; the media class is the only one that it would tell of. */
static void event_status(const struct disc *disc, const struct submit_command *command, struct reply *reply,
			 struct submit_answer *answer)
{
	(void)disc;
	(void)answer;
	if (command->cdb[4] & 0x10)
		add(reply, (unsigned char[]){0, 6, 4, 0x10, 0, 2, 0, 0}, 8);
	else
		add(reply, (unsigned char[]){0, 2, 0x80, 0x10}, 4);
}

static void request_sense(const struct disc *disc, const struct submit_command *command, struct reply *reply,
			  struct submit_answer *answer)
{
	(void)disc;
	(void)command;
	(void)answer;
	add(reply, (unsigned char[18]){0x70, [7] = 10}, 18);
}

static void mechanism_status(const struct disc *disc, const struct submit_command *command, struct reply *reply,
			     struct submit_answer *answer)
{
	(void)disc;
	(void)command;
	(void)answer;
	add_be(reply, 8, 0);
}

/* Nothing is kept, so that nothing can be read, unless whoever looks is content with zeros. */
static void read_blocks(const struct disc *disc, const struct submit_command *command, struct reply *reply,
		    struct submit_answer *answer)
{
	(void)command;
	(void)reply;
	if (disc->zeros)
		return;
	if (disc->state == DISC_BLANK)
		drive_fail(answer, 5, 0x64, 0x00); /* illegal mode for this track */
	else
		drive_fail(answer, 3, 0x11, 0x00); /* unrecovered read error */
}

static void nothing(const struct disc *disc, const struct submit_command *command, struct reply *reply,
		    struct submit_answer *answer)
{
	(void)disc;
	(void)command;
	(void)reply;
	(void)answer;
}

static const respond_function responses[256] = {
	[0x00] = nothing,           /* TEST UNIT READY */
	[0x03] = request_sense,
	[0x04] = nothing,           /* FORMAT UNIT */
	[0x12] = inquiry,
	[0x1b] = nothing,           /* START STOP UNIT */
	[0x1e] = nothing,           /* PREVENT ALLOW MEDIUM REMOVAL */
	[0x23] = format_capacities,
	[0x25] = read_capacity,
	[0x28] = read_blocks,       /* READ (10) */
	[0x43] = read_toc,
	[0x46] = get_configuration,
	[0x4a] = event_status,
	[0x51] = disc_information,
	[0x52] = track_information,
	[0x53] = nothing,           /* RESERVE TRACK */
	[0x54] = nothing,           /* SEND OPC INFORMATION */
	[0x55] = nothing,           /* MODE SELECT (10) */
	[0x5a] = mode_sense,
	[0x5b] = nothing,           /* CLOSE TRACK SESSION; see below */
	[0xa8] = read_blocks,       /* READ (12) */
	[0xac] = get_performance,
	[0xad] = disc_structure,
	[0xb6] = nothing,           /* SET STREAMING */
	[0xbb] = nothing,           /* SET CD SPEED */
	[0xbd] = mechanism_status,
	[0xbe] = read_blocks,       /* READ CD */
};

/* Structures are 2048 and 4096 bytes long: what is not here is zeros, as all is that READs are answered with. */
static bool is_padded(const struct disc *disc, unsigned opcode, const struct reply *reply)
{
	return (opcode == 0xad && reply->length > 12) || (disc->zeros && responses[opcode] == read_blocks);
}

/* Close function 1 closes the track, 2 the session; 5 and 6 finalize, as 3 does on BD-R's ancestors. */
static void close_track_session(struct disc *disc, const struct submit_command *command)
{
	const unsigned function = command->cdb[2] & 7;

	if (disc->state != DISC_BLANK && function >= 2 && disc->state != DISC_FINAL)
		disc->state = function == 2 ? DISC_CLOSED : DISC_FINAL;
}

bool disc_answer(struct disc *disc, const struct submit_command *command, struct submit_answer *answer)
{
	const unsigned opcode = command->cdb[0];
	struct reply reply = {0};
	uint32_t length;

	if (!responses[opcode])
		return false;
	responses[opcode](disc, command, &reply, answer);
	if (opcode == 0x5b)
		close_track_session(disc, command);
	if (command->direction != SUBMIT_FROM_DEVICE)
		return true;
	length = command->length < reply.length ? command->length : reply.length;
	if (is_padded(disc, opcode, &reply))
		length = command->length;
	memset(command->data, 0, length);
	memcpy(command->data, reply.bytes, length < reply.length ? length : reply.length);
	answer->residual = command->length - length;
	return true;
}

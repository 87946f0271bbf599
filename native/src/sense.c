#include "sense.h"

#define CHECK_CONDITION 0x02

#define NO_SENSE 0x0
#define RECOVERED_ERROR 0x1
#define NOT_READY 0x2
#define ILLEGAL_REQUEST 0x5

struct sense {
	bool deferred;
	unsigned key, asc, ascq;
};

/* Fixed format is 70h and 71h, descriptor format 72h and 73h; the odd ones are deferred. What is missing reads as 0. */
static struct sense parse(const struct submit_answer *answer)
{
	const unsigned char *bytes = answer->sense;
	const unsigned form = bytes[0] & 0x7f;

	if (!answer->answered || answer->status != CHECK_CONDITION || answer->sense_length < 4)
		return (struct sense){0};
	if (form == 0x72 || form == 0x73)
		return (struct sense){form == 0x73, bytes[1] & 0x0f, bytes[2], bytes[3]};
	if (form != 0x70 && form != 0x71)
		return (struct sense){0};
	if (answer->sense_length < 14)
		return (struct sense){.deferred = form == 0x71, .key = bytes[2] & 0x0f};
	return (struct sense){form == 0x71, bytes[2] & 0x0f, bytes[12], bytes[13]};
}

bool sense_is_long_write(const struct submit_answer *answer)
{
	const struct sense sense = parse(answer);

	return !sense.deferred && sense.key == NOT_READY && sense.asc == 0x04 && sense.ascq == 0x08;
}

bool sense_is_refusal(const struct submit_answer *answer)
{
	const struct sense sense = parse(answer);

	return !sense.deferred && sense.key == ILLEGAL_REQUEST;
}

bool sense_is_news(const struct submit_answer *answer)
{
	const struct sense sense = parse(answer);

	if (sense.deferred)
		return true;
	return sense.key != NO_SENSE && sense.key != RECOVERED_ERROR && sense.key != NOT_READY && sense.key != ILLEGAL_REQUEST;
}

#include "pace.h"

#define SHORTEST_NAP 1000000

/* A half, a quarter and an eighth of the buffer; a drive that is still busy then is not draining but doing other things. */
static const int64_t shares[] = {1, 2, 4, 2};

static void measure(struct pace *pace, const struct pace_moment *now)
{
	const struct pace_moment *full = &pace->full;
	double rate;

	if (full->time && now->time > full->time && now->bytes > full->bytes && now->stalls == full->stalls) {
		rate = (double)(now->bytes - full->bytes) / (double)(now->time - full->time);
		pace->rate = pace->rate > 0 ? (pace->rate + rate) / 2 : rate;
	}
	pace->full = *now;
}

int64_t pace_nap(struct pace *pace, unsigned attempt, const struct pace_moment *now, uint64_t buffer)
{
	int64_t nap = pace->longest;
	double half;

	if (!attempt)
		measure(pace, now);
	if (buffer && pace->rate > 0) {
		half = (double)buffer / 2 / pace->rate;
		if (half < (double)nap)
			nap = (int64_t)half;
	}
	if (attempt < sizeof(shares) / sizeof(*shares))
		nap /= shares[attempt];
	return nap > SHORTEST_NAP ? nap : SHORTEST_NAP;
}

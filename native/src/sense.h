/*
 * As much of sense data as the feeder decides by itself (SPC-4 4.5). Pure functions; any thread.
 */
#pragma once
#include "submit.h"

#include <stdbool.h>

/* Whether the answer is current sense 2/04/08: the drive's buffer is full, the same command shall come again. */
bool sense_is_long_write(const struct submit_answer *answer);

/* Whether the answer refuses the command itself: current sense with key 5h. */
bool sense_is_refusal(const struct submit_answer *answer);

/*
 * Whether an answer to a command that has nothing to do with the stream tells something about the stream or the device
 * all the same: a deferred error, a unit attention, an error worse than not being ready.
 */
bool sense_is_news(const struct submit_answer *answer);

/*
 * How long this machine keeps even the most urgent thread waiting: sleeps 1 ms at a time, at real-time priority if that
 * is allowed, until its standard input ends, and prints the longest delay in milliseconds.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define NS_PER_S 1000000000
#define NAP 1000000 /* ns */

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

int main(void)
{
	const struct sched_param highest = {.sched_priority = sched_get_priority_max(SCHED_FIFO)};
	struct pollfd input = {.fd = 0, .events = POLLIN};
	int64_t longest = 0;

	if (sched_setscheduler(0, SCHED_FIFO, &highest))
		fputs("without real-time priority\n", stderr);
	while (!poll(&input, 1, 0)) {
		const int64_t moment = now() + NAP;
		const struct timespec time = {.tv_sec = moment / NS_PER_S, .tv_nsec = moment % NS_PER_S};
		int64_t late;

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
		late = now() - moment;
		if (late > longest)
			longest = late;
	}
	printf("%.1f\n", (double)longest / 1000000);
	return 0;
}

/*
 * How a thread is scheduled: the feeder's has to run within milliseconds whatever else the machine is busy with.
 * The only part that differs between systems: priority_linux.c, priority_windows.c.
 */
#pragma once
#include <stdint.h>

enum priority {
	PRIORITY_NORMAL = 0,    /* like all others: the system allows no more */
	PRIORITY_RAISED = 1,    /* ahead of them, but still in turn with them */
	PRIORITY_REAL_TIME = 2, /* runs as soon as it can */
};

/* How a thread was scheduled before priority_raise. */
struct priority_before {
	int32_t policy;
	int32_t nice; /* on Windows, the priority of the thread */
};

/*
 * Let the calling thread run ahead of others, as far as the system allows that, and return how far that is. It must be
 * one that sleeps most of the time. The thread itself; never blocks.
 */
enum priority priority_raise(struct priority_before *before);

/* Let the calling thread be scheduled as it was before priority_raise. The thread itself; never blocks. */
void priority_restore(const struct priority_before *before);

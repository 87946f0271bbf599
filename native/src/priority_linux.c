#define _GNU_SOURCE
#include "priority.h"

#include <sched.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NICE_LIMIT 20 /* RLIMIT_NICE counts down from here */
#define MOST_NICE (-20)

static pid_t this_thread(void)
{
	return (pid_t)syscall(SYS_gettid);
}

/* Take the lowest nice value that this process may have, and return whether that puts it ahead of others. */
static bool lower_nice(int before)
{
	struct rlimit limit;
	int lowest = before;

	if (!getrlimit(RLIMIT_NICE, &limit) && limit.rlim_cur <= NICE_LIMIT - MOST_NICE)
		lowest = NICE_LIMIT - (int)limit.rlim_cur;
	if (setpriority(PRIO_PROCESS, (id_t)this_thread(), MOST_NICE) && lowest < before)
		setpriority(PRIO_PROCESS, (id_t)this_thread(), lowest);
	return getpriority(PRIO_PROCESS, (id_t)this_thread()) < 0;
}

static bool is_real_time(int policy)
{
	policy &= ~SCHED_RESET_ON_FORK;
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

enum priority priority_raise(struct priority_before *before)
{
	const struct sched_param lowest = {.sched_priority = sched_get_priority_min(SCHED_RR)};

	before->policy = sched_getscheduler(0);
	before->nice = getpriority(PRIO_PROCESS, (id_t)this_thread());
	if (is_real_time(before->policy) || !sched_setscheduler(0, SCHED_RR, &lowest))
		return PRIORITY_REAL_TIME;
	return lower_nice(before->nice) ? PRIORITY_RAISED : PRIORITY_NORMAL;
}

void priority_restore(const struct priority_before *before)
{
	const struct sched_param none = {0};

	if (is_real_time(before->policy))
		return;
	if (sched_getscheduler(0) != before->policy)
		sched_setscheduler(0, before->policy, &none);
	if (getpriority(PRIO_PROCESS, (id_t)this_thread()) != before->nice)
		setpriority(PRIO_PROCESS, (id_t)this_thread(), before->nice);
}

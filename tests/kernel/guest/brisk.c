/* Preloaded into other people's burners: they sleep for seconds that mean nothing to a drive which is thousands of times
 * as quick as a real one. Only naps are shortened; clocks, and waiting for events, stay as they are. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#define TIMES 100
#define SECOND 1000000000LL /* in nanoseconds */

static int nap(long long nanoseconds)
{
	struct timespec shorter = {nanoseconds / TIMES / SECOND, nanoseconds / TIMES % SECOND};
	int (*original)(const struct timespec *, struct timespec *) = dlsym(RTLD_NEXT, "nanosleep");

	return original(&shorter, NULL);
}

unsigned int sleep(unsigned int seconds)
{
	nap(seconds * SECOND);
	return 0;
}

int usleep(useconds_t microseconds)
{
	return nap(microseconds * 1000LL);
}

int nanosleep(const struct timespec *time, struct timespec *rest)
{
	(void)rest;
	return nap(time->tv_sec * SECOND + time->tv_nsec);
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *rest)
{
	int (*original)(clockid_t, int, const struct timespec *, struct timespec *) =
		dlsym(RTLD_NEXT, "clock_nanosleep");

	return flags ? original(clock, flags, time, rest) : nap(time->tv_sec * SECOND + time->tv_nsec);
}

int poll(struct pollfd *files, nfds_t count, int milliseconds)
{
	int (*original)(struct pollfd *, nfds_t, int) = dlsym(RTLD_NEXT, "poll");

	return count || milliseconds < 0 ? original(files, count, milliseconds) : nap(milliseconds * 1000000LL);
}

int select(int count, fd_set *in, fd_set *out, fd_set *odd, struct timeval *time)
{
	int (*original)(int, fd_set *, fd_set *, fd_set *, struct timeval *) = dlsym(RTLD_NEXT, "select");

	return count || !time ? original(count, in, out, odd, time)
			      : nap(time->tv_sec * SECOND + time->tv_usec * 1000LL);
}

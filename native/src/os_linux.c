#define _GNU_SOURCE
#include "os.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000

/* The calls that take a struct timespec as it is here, and one of longs: where those have 32 bits, time_t may have 64. */
#ifdef SYS_futex_time64
#define FUTEX (sizeof(time_t) > sizeof(long) ? SYS_futex_time64 : SYS_futex)
#else
#define FUTEX SYS_futex
#endif
#ifdef SYS_futex
#define OLD_FUTEX SYS_futex
#else
#define OLD_FUTEX FUTEX
#endif

void *os_map(size_t size)
{
	const int access = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
	/* locking is a wish: without it, what other programs need memory for may drive this out */
	void *memory = mmap(NULL, size, access, flags | MAP_LOCKED, -1, 0);

	if (memory == MAP_FAILED)
		memory = mmap(NULL, size, access, flags | MAP_POPULATE, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

void os_unmap(void *memory, size_t size)
{
	munmap(memory, size);
}

void os_wait(_Atomic uint32_t *word, uint32_t seen, int64_t timeout)
{
	const struct timespec limit = {.tv_sec = (time_t)(timeout / NS_PER_S), .tv_nsec = (long)(timeout % NS_PER_S)};
	const long seconds = timeout / NS_PER_S < LONG_MAX ? (long)(timeout / NS_PER_S) : LONG_MAX;
	const long old_limit[] = {seconds, limit.tv_nsec};

	if (syscall(FUTEX, word, FUTEX_WAIT_PRIVATE, seen, &limit, NULL, 0) && errno == ENOSYS)
		syscall(OLD_FUTEX, word, FUTEX_WAIT_PRIVATE, seen, old_limit, NULL, 0); /* Linux before 5.1, of 32 bits */
}

void os_wake(_Atomic uint32_t *word)
{
	if (syscall(FUTEX, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0) < 0 && errno == ENOSYS)
		syscall(OLD_FUTEX, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

int64_t os_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

_Static_assert(sizeof(sigset_t) <= sizeof(struct os_signals), "a set of signals does not fit");

void os_hold_signals(struct os_signals *signals)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	memcpy(signals->before, &before, sizeof(before));
}

void os_admit_signals(const struct os_signals *signals)
{
	sigset_t before;

	memcpy(&before, signals->before, sizeof(before));
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void os_sharpen(void)
{
	/* they always are */
}

void os_relax(void)
{
}

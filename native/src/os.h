/*
 * What ring and feeder ask of the operating system; the only part of them that differs between systems: os_linux.c,
 * os_windows.c. Waiting and waking are those of futex(2) and of WaitOnAddress.
 */
#pragma once
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Map `size` bytes of page-aligned memory, zeroed and present; on Linux locked where that is allowed.
 * NULL when there is none. Any thread.
 */
void *os_map(size_t size);

/* Give back what os_map returned; `size` as then. Any thread. */
void os_unmap(void *memory, size_t size);

/*
 * Sleep while *word == seen, for at most `timeout` nanoseconds. May also return early for no reason at all, so callers
 * look at their condition again. Any thread; blocks.
 */
void os_wait(_Atomic uint32_t *word, uint32_t seen, int64_t timeout);

/* Wake whoever sleeps in os_wait on `word`. Any thread; never blocks. */
void os_wake(_Atomic uint32_t *word);

/* Nanoseconds on a clock that never jumps. Any thread. */
int64_t os_now(void);

/* What os_hold_signals puts aside. */
struct os_signals {
	uint64_t before[16];
};

/* Keep signal handlers out of the calling thread until os_admit_signals(): other threads run them. Never blocks. */
void os_hold_signals(struct os_signals *signals);
void os_admit_signals(const struct os_signals *signals);

/* Let time-outs be exact to about a millisecond until os_relax(), as naps need it. Any thread; may be nested. */
void os_sharpen(void);
void os_relax(void);

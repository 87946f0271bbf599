#include "os.h"

#include <windows.h>

#define NS_PER_S 1000000000
#define NS_PER_MS 1000000
#define PAGE 4096
#define RESOLUTION 1 /* ms */

void *os_map(size_t size)
{
	unsigned char *memory = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

	for (size_t at = 0; memory && at < size; at += PAGE)
		*(volatile unsigned char *)(memory + at) = 0; /* present from now on */
	return memory;
}

void os_unmap(void *memory, size_t size)
{
	(void)size;
	VirtualFree(memory, 0, MEM_RELEASE);
}

void os_wait(_Atomic uint32_t *word, uint32_t seen, int64_t timeout)
{
	const int64_t ms = timeout / NS_PER_MS + (timeout % NS_PER_MS != 0); /* rounded up: no wait for no time */

	WaitOnAddress((volatile void *)word, &seen, sizeof(seen), ms < INFINITE ? (DWORD)ms : INFINITE - 1);
}

void os_wake(_Atomic uint32_t *word)
{
	WakeByAddressAll((void *)word);
}

int64_t os_now(void)
{
	LARGE_INTEGER now, frequency;

	QueryPerformanceFrequency(&frequency);
	QueryPerformanceCounter(&now);
	return now.QuadPart / frequency.QuadPart * NS_PER_S +
	       now.QuadPart % frequency.QuadPart * NS_PER_S / frequency.QuadPart;
}

void os_hold_signals(struct os_signals *signals)
{
	*signals = (struct os_signals){{0}}; /* there are none */
}

void os_admit_signals(const struct os_signals *signals)
{
	(void)signals;
}

void os_sharpen(void)
{
	timeBeginPeriod(RESOLUTION);
}

void os_relax(void)
{
	timeEndPeriod(RESOLUTION);
}

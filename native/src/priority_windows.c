#include "priority.h"

#include <windows.h>

enum priority priority_raise(struct priority_before *before)
{
	before->policy = 0;
	before->nice = GetThreadPriority(GetCurrentThread());
	return SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL) ? PRIORITY_REAL_TIME : PRIORITY_NORMAL;
}

void priority_restore(const struct priority_before *before)
{
	SetThreadPriority(GetCurrentThread(), before->nice);
}

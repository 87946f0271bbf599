"""What the ring's memory and the feeder's thread get from Linux where it is allowed, and do without where it is not."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

resource = pytest.importorskip("resource", reason="about Linux: its memory and scheduling")
SRC = Path(__file__).parent.parent.parent / "native" / "src"
MIB = 1 << 20
ROOM = 8 * MIB
BECOME_NOBODY = """
if os.getuid() == 0:
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
"""
NO_LOCKS = "resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))" + BECOME_NOBODY
MAKE_RING = """
import json, os, resource
from discstack.native import Ring

def kibibytes(path, word):
    return next(int(line.split()[1]) for line in open(path) if line.startswith(word))

{before}
present = kibibytes("/proc/self/status", "RssAnon")
ring = Ring({room}, 1 << 20)
print(json.dumps({{
    "present": kibibytes("/proc/self/status", "RssAnon") - present,
    "locked": kibibytes("/proc/self/status", "VmLck"),
}}))
"""
# A kernel that gives a thread what it is set up to
PLAYED_KERNEL = """
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

static int policy, niceness, real_time, nice_limit;

void set_up(int some_policy, int some_niceness, int may_be_real_time, int limit)
{
	policy = some_policy, niceness = some_niceness, real_time = may_be_real_time, nice_limit = limit;
}

int how(void) { return policy << 8 | (niceness & 255); }
static int refuse(int why) { errno = why; return -1; }
int sched_getscheduler(pid_t thread) { return policy; }
int sched_setscheduler(pid_t thread, int wanted, const struct sched_param *priority)
{
	return wanted != SCHED_OTHER && !real_time ? refuse(EPERM) : (policy = wanted, 0);
}
int getpriority(__priority_which_t which, id_t who) { return niceness; }
int setpriority(__priority_which_t which, id_t who, int wanted)
{
	return wanted < niceness && wanted < 20 - nice_limit ? refuse(EACCES) : (niceness = wanted, 0);
}
int getrlimit(__rlimit_resource_t which, struct rlimit *limit)
{
	*limit = (struct rlimit){nice_limit, nice_limit};
	return which == RLIMIT_NICE ? 0 : refuse(EINVAL);
}
"""
NORMAL, RAISED, REAL_TIME = range(3)
OTHER, FIFO, RR, BATCH = os.SCHED_OTHER, os.SCHED_FIFO, os.SCHED_RR, os.SCHED_BATCH


def answer(script: str, **environment: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ring_in_a_process(before: str = "", **environment: str) -> dict[str, int]:
    """Return how many KiB a ring of ROOM bytes added to what is present, and how many are locked."""
    told: dict[str, int] = answer(MAKE_RING.format(before=before, room=ROOM), **environment)
    return told


def may_lock() -> bool:
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    return os.getuid() == 0 or soft == resource.RLIM_INFINITY or soft > ROOM + MIB


def test_all_of_a_ring_is_present_and_locked_where_that_is_allowed() -> None:
    told = ring_in_a_process()
    assert told["present"] >= ROOM >> 10
    assert (told["locked"] >= ROOM >> 10) == may_lock()


def test_a_ring_that_may_not_be_locked_is_present_all_the_same() -> None:
    told = ring_in_a_process(NO_LOCKS)
    assert told["present"] >= ROOM >> 10
    assert told["locked"] == 0


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.mktemp("priority")
    (folder / "kernel.c").write_text(PLAYED_KERNEL)
    sources = [folder / "kernel.c", SRC / "priority_linux.c"]
    subprocess.run(["cc", "-shared", "-fPIC", "-Wl,-Bsymbolic", "-o", folder / "kernel.so", *sources], check=True)
    return ctypes.CDLL(str(folder / "kernel.so"))


def scheduled(kernel: ctypes.CDLL) -> tuple[int, int]:
    policy, niceness = divmod(kernel.how(), 256)
    return policy, niceness - 256 if niceness > 127 else niceness


@pytest.mark.parametrize(
    ("before", "real_time", "nice_limit", "raised", "meanwhile"),
    [
        ((OTHER, 0), False, 0, NORMAL, (OTHER, 0)),
        ((OTHER, 0), True, 0, REAL_TIME, (RR, 0)),
        ((BATCH, 5), True, 0, REAL_TIME, (RR, 5)),
        ((FIFO, 0), True, 0, REAL_TIME, (FIFO, 0)),  # somebody has done better already
        ((OTHER, 0), False, 31, RAISED, (OTHER, -11)),
        ((OTHER, 0), False, 40, RAISED, (OTHER, -20)),
        ((OTHER, 10), False, 15, NORMAL, (OTHER, 5)),  # ahead of where it was, but behind others
        ((OTHER, -15), False, 31, RAISED, (OTHER, -15)),  # what it has is better than what it may take
    ],
)
def test_a_thread_runs_as_early_as_it_may_and_as_before_afterwards(
    kernel: ctypes.CDLL,
    before: tuple[int, int],
    real_time: bool,
    nice_limit: int,
    raised: int,
    meanwhile: tuple[int, int],
) -> None:
    kernel.set_up(*before, real_time, nice_limit)
    was = (ctypes.c_int32 * 2)()
    assert (kernel.priority_raise(was), scheduled(kernel)) == (raised, meanwhile)
    kernel.priority_restore(was)
    assert scheduled(kernel) == before

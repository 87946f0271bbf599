"""The ring of bytes between one producer thread and one consumer thread.

Regions are memoryviews straight into the ring. A view keeps the memory alive, but is only valid until its bytes are
handed over. Everything else (state, counters, `cancel`) may be used from any thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from discstack.native.library import ffi, lib

_SLICE: Final = 0.1  # seconds between two chances for a pending signal, such as Ctrl-C
_NS: Final = 1_000_000_000
_EMPTY: Final = memoryview(b"")
_ENDED: Final = (lib.RING_CANCELLED, lib.RING_ENDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class RingCounters:
    """A snapshot of how a ring fared. Amounts in bytes, times in seconds."""

    bytes_in: int
    bytes_out: int
    fill: int
    low: int  # least left after a release, while the producer was still at work
    full: int  # times the producer had to wait for space
    empty: int  # times the consumer had to wait for data
    full_time: float
    empty_time: float


class Ring:
    """A ring of `capacity` bytes, a multiple of `granule` and at least twice that.

    Regions that begin and end on multiples of `granule` never straddle the end of the memory, so with the write unit as
    the granule each unit is one piece. Requests are clamped to half the capacity. `timeout` is in seconds, None waits
    for ever, and TimeoutError is raised when it is over; KeyboardInterrupt gets through while waiting.
    """

    def __init__(self, capacity: int, granule: int) -> None:
        if granule < 1 or capacity % granule or capacity // granule < 2:
            raise ValueError(f"a ring of {capacity} bytes is not at least two whole granules of {granule}")
        ring = lib.ring_new(capacity, granule)
        if not ring:
            raise MemoryError(f"no memory for a ring of {capacity} bytes")
        memory = ffi.gc(lib.ring_memory(ring), lambda _: lib.ring_free(ring))  # freed with the last view of it
        self.handle: Final = ring  # for this package alone
        self._memory = memoryview(ffi.buffer(memory, capacity))
        self._offset = ffi.new("size_t *")
        self._taken = ffi.new("size_t *")
        self.capacity: Final = capacity
        self.granule: Final = granule

    def reserve(self, size: int, timeout: float | None = None) -> memoryview:
        """Producer: wait for room and return a writable region of up to `size` bytes; empty once cancelled."""
        length = _wait(lambda ns: lib.ring_reserve(self.handle, size, ns, self._offset), timeout)
        if length == lib.RING_ENDED:
            raise ValueError("reserve on a ring that its producer has closed")
        return self._region(length, self._offset[0])

    def commit(self, size: int) -> None:
        """Producer: hand over the first `size` bytes of the reserved region."""
        if size < 0 or lib.ring_commit(self.handle, size):
            raise ValueError(f"commit of {size} bytes, more than are reserved")

    def close(self) -> None:
        """Producer: say that no more data will come; what is in the ring can still be taken."""
        lib.ring_close(self.handle)

    def fail(self) -> None:
        """Producer: say that the source failed; the consumer gets nothing more."""
        lib.ring_fail(self.handle)

    def take(self, size: int, timeout: float | None = None) -> memoryview:
        """Consumer: wait for data and return a region of `size` bytes, less only at the end of a closed ring.

        Empty at the end, once cancelled, and after `fail`: `closed`, `cancelled` and `failed` tell which.
        """
        length = _wait(lambda ns: lib.ring_take(self.handle, size, ns, self._taken), timeout)
        return self._region(length, self._taken[0])

    def release(self, size: int) -> None:
        """Consumer: give back the first `size` bytes of the taken region."""
        if size < 0 or lib.ring_release(self.handle, size):
            raise ValueError(f"release of {size} bytes, more than are taken")

    def wait_full(self, timeout: float | None = None) -> None:
        """Consumer: wait until the producer waits for room or has ended; returns at once when cancelled."""
        _wait(lambda ns: lib.ring_wait_full(self.handle, ns), timeout)

    def cancel(self) -> None:
        """Stop both sides for good."""
        lib.ring_cancel(self.handle)

    @property
    def closed(self) -> bool:
        """Whether the producer said that no more data will come."""
        return bool(lib.ring_is_closed(self.handle))

    @property
    def failed(self) -> bool:
        """Whether the producer gave up."""
        return bool(lib.ring_is_failed(self.handle))

    @property
    def cancelled(self) -> bool:
        """Whether somebody stopped the ring."""
        return bool(lib.ring_is_cancelled(self.handle))

    @property
    def fill(self) -> int:
        """Bytes in the ring now."""
        return self.counters().fill

    def counters(self) -> RingCounters:
        """Return a snapshot of the counters."""
        raw = ffi.new("struct ring_counters *")
        lib.ring_count(self.handle, raw)
        return RingCounters(
            bytes_in=raw.bytes_in,
            bytes_out=raw.bytes_out,
            fill=raw.fill,
            low=raw.low,
            full=raw.full,
            empty=raw.empty,
            full_time=raw.full_time / _NS,
            empty_time=raw.empty_time / _NS,
        )

    def _region(self, length: int, offset: int) -> memoryview:
        return _EMPTY if length in _ENDED else self._memory[offset : offset + length]


def _wait(call: Callable[[int], int], timeout: float | None) -> int:
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        left = _SLICE if deadline is None else min(_SLICE, deadline - time.monotonic())
        outcome = call(max(0, int(left * _NS)))
        if outcome != lib.RING_TIMED_OUT:
            break
        if deadline is not None and time.monotonic() >= deadline:
            raise TimeoutError("the other side of the ring kept this one waiting")
    if outcome == lib.RING_MISUSED:
        raise ValueError("a region has at least one byte")
    return outcome

"""The feeder: a stream of WRITE commands taken from a ring and sent without the GIL.

It is told the address of a C function to submit commands with, so that it serves every transport that has one; see
`native/src/submit.h` and `native/src/feeder.h` for the contracts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from discstack.native.library import ffi, lib
from discstack.native.ring import Ring

NS: Final = 1_000_000_000


class FeederEnd(IntEnum):
    """Why a feeder came back."""

    DONE = lib.FEEDER_DONE
    STOPPED = lib.FEEDER_STOPPED
    ANSWERED = lib.FEEDER_ANSWERED
    LOST = lib.FEEDER_LOST


class Priority(IntEnum):
    """How far ahead of other threads the feeder's runs."""

    NORMAL = lib.PRIORITY_NORMAL  # like all others: the system allows no more
    RAISED = lib.PRIORITY_RAISED  # ahead of them, but still in turn with them
    REAL_TIME = lib.PRIORITY_REAL_TIME  # as soon as it can


@dataclass(frozen=True, slots=True, kw_only=True)
class FeederResult:
    """How a stream ended, and the last answer with the command it belongs to; see `struct submit_answer`."""

    end: FeederEnd
    lba: int
    cdb: bytes
    status: int
    sense: bytes
    residual: int
    error: int
    host_status: int
    driver_status: int


class NativeFeeder:
    """One stream; `run` it once. Times in seconds; `submit` and `context` are addresses."""

    def __init__(
        self,
        ring: Ring,
        *,
        submit: int,
        context: int,
        template: bytes,
        lba_place: tuple[int, int],
        length_place: tuple[int, int],
        lba: int,
        blocks: int,
        block_size: int,
        unit: int,
        timeout: float,
        nap: float,
        watch: float,
    ) -> None:
        stream = {
            "ring": ring.handle,
            "submit": submit,
            "context": context,
            "cdb": template.ljust(16, b"\0"),
            "cdb_length": len(template),
            "lba": lba,
            "blocks": blocks,
            "block_size": block_size,
            "unit": unit,
            "timeout": int(timeout * NS),
            "nap": int(nap * NS),
            "watch": int(watch * NS),
        }
        stream["lba_offset"], stream["lba_width"] = lba_place
        stream["length_offset"], stream["length_width"] = length_place
        self._ring = ring  # the feeder looks at it as long as it is asked for counters
        handle = lib.feeder_new(ffi.new("struct feeder_stream *", stream))
        if not handle:
            raise MemoryError("no memory for a feeder")
        self._handle = ffi.gc(handle, lib.feeder_free)

    def run(self) -> FeederResult:
        """Write the stream, blocking this thread without the GIL; `Ring.cancel` stops it."""
        result = ffi.new("struct feeder_result *")
        lib.feeder_run(self._handle, result)
        answer = result.answer
        return FeederResult(
            end=FeederEnd(result.end),
            lba=result.lba,
            cdb=bytes(result.cdb)[: result.cdb_length],
            status=answer.status,
            sense=bytes(answer.sense)[: answer.sense_length],
            residual=answer.residual,
            error=answer.error,
            host_status=answer.host_status,
            driver_status=answer.driver_status,
        )

    def counters(self) -> Mapping[str, int]:
        """Return the fields of `struct feeder_counters` by name, but for the latencies; times in nanoseconds."""
        raw = self._count()
        return {name: getattr(raw, name) for name in _COUNTERS}

    def latencies(self) -> tuple[int, ...]:
        """Return how many commands took how long, by the buckets of `discstack.native.histogram`."""
        return tuple(self._count().latencies)

    def _count(self) -> Any:
        counters = ffi.new("struct feeder_counters *")
        lib.feeder_count(self._handle, counters)
        return counters


_COUNTERS: Final = [name for name, _ in ffi.typeof("struct feeder_counters").fields if name != "latencies"]

"""What all jobs share: one at a time on a recorder, its events, and cancelling it from any thread."""

from __future__ import annotations

from collections import deque
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final, TypeVar

from discstack.cancellation import Cancellation
from discstack.events import Done, EventHandler, Notice, PhaseStarted, Progress, Writing
from discstack.mmc.procedure import Observer, Phase, Procedure, Report, Waiting, run
from discstack.quiet import quiet
from discstack.transport.base import FeedCounters, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from discstack.mmc.errors import CommandError
    from discstack.native import Ring
    from discstack.recorder import Recorder
    from discstack.transport.base import Clock

T = TypeVar("T")
SPEED_WINDOW: Final = 2.0  # seconds over which "speed now" is measured


class Job:
    """Runs procedures on a recorder that is held meanwhile, exclusively if they change the disc.

    One thread at a time may run a job; `cancel` may be called from any thread and from signal handlers.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self._cancellation = Cancellation()

    def cancel(self) -> None:
        """Ask the running job to stop as soon as it can do so cleanly; it then raises Cancelled.

        What is on its way is flushed, the drive is left in a known state, and the error says in which state the disc
        is. Without a running job the next one is meant: it raises Cancelled before it does anything.
        """
        self._cancellation.flag.set()

    def _run(
        self,
        procedure: Procedure[T],
        on_event: EventHandler | None,
        file_at: Callable[[int], str | None] = lambda _: None,
        *,
        write: bool = True,
        check: Callable[[], None] = lambda: None,
    ) -> T:
        """Run a procedure once `check` has found no fault with what it works on.

        `file_at` names the file that holds a block, `write` says that the procedure changes the disc.
        """
        with self._cancellation.job():
            check()
            undisturbed = quiet() if write and self.recorder.address.shared else nullcontext()
            with self.recorder.hold(write=write) as transport, undisturbed:
                narrator = Narrator(on_event or _ignore, transport.clock, file_at)
                result = run(procedure, transport, observer=narrator, cancelled=self._cancellation.flag)
                narrator.done()
            return result


def _ignore(_: object) -> None:
    """Drop an event that nobody listens to."""


class Narrator(Observer):
    """Turns what a running procedure reports into events."""

    def __init__(self, handler: EventHandler, clock: Clock, file_at: Callable[[int], str | None]) -> None:
        self._handler, self._clock, self._file_at = handler, clock, file_at
        self._began = clock.now()
        self._phase: Phase | None = None
        self._flow: _Flow | None = None

    def _elapsed(self) -> float:
        return self._clock.now() - self._began

    def _enter(self, phase: Phase) -> None:
        if phase is not self._phase:
            self._phase = phase
            self._handler(PhaseStarted(elapsed=self._elapsed(), phase=phase))

    def report(self, report: Report, /) -> None:
        """Pass on a phase's beginning, its progress and its words."""
        self._enter(report.phase)
        if report.progress is not None:
            self._handler(Progress(elapsed=self._elapsed(), phase=report.phase, fraction=report.progress))
        if report.message:
            self._handler(Notice(elapsed=self._elapsed(), message=report.message))

    def waiting(self, waiting: Waiting, /) -> None:
        """Pass on what the drive is waited for."""
        self._handler(Notice(elapsed=self._elapsed(), message=str(waiting)))

    def recovered(self, error: CommandError, /) -> None:
        """Pass on that the drive got by, but only just."""
        self._handler(Notice(elapsed=self._elapsed(), message=f"recovered: {error}"))

    def streaming(self, stream: Stream, counters: FeedCounters, /) -> None:
        """Pass on how the data flows."""
        self._enter(Phase.WRITING)
        elapsed, written = self._elapsed(), counters.blocks * stream.block_size
        if self._flow is None or self._flow.ring is not stream.ring:
            self._flow = _Flow(stream.ring, self._flow.run + 1 if self._flow else 0, (elapsed, written))
        flow = self._flow
        if not counters.blocks:  # what is waited for before the first WRITE is no part of its speed
            flow.first = (elapsed, written)
        average = _rate(flow.first, (elapsed, written))
        start, total = stream.lba - stream.earlier.blocks, stream.earlier.blocks + stream.blocks
        left = (total - counters.blocks) * stream.block_size
        self._handler(
            Writing(
                elapsed=elapsed,
                run=flow.run,
                lba=start + counters.blocks,
                sectors=counters.blocks,
                total_sectors=total,
                sector_size=stream.block_size,
                speed=flow.speed(elapsed, written),
                average_speed=average,
                remaining=left / average if average else None if left else 0.0,
                ring_fill=counters.ring_fill,
                ring_size=stream.ring.capacity,
                ring_low=counters.ring_low,
                drive_fill=counters.drive_fill,
                drive_buffer=counters.drive_buffer,
                transfer=stream.unit * stream.block_size,
                commands=counters.commands,
                stalls=counters.stalls,
                stall_time=counters.stall_time,
                busy=counters.busy,
                busy_time=counters.busy_time,
                latencies=counters.latencies,
                latency_max=counters.latency_max,
                priority=counters.priority,
                current_file=self._file_at(start + max(counters.blocks - 1, 0)),
            )
        )

    def done(self) -> None:
        """Say that the job ended well."""
        self._handler(Done(elapsed=self._elapsed()))


class _Flow:
    """One run of data on its way, by moments of (seconds elapsed, bytes written)."""

    def __init__(self, ring: Ring, run: int, first: tuple[float, int]) -> None:
        self.ring, self.run, self.first = ring, run, first
        self._moments: deque[tuple[float, int]] = deque()  # those of the last seconds

    def speed(self, elapsed: float, written: int) -> float:
        self._moments.append((elapsed, written))
        while len(self._moments) > 2 and self._moments[0][0] < elapsed - SPEED_WINDOW:
            self._moments.popleft()
        return _rate(self._moments[0], self._moments[-1])


def _rate(start: tuple[float, int], end: tuple[float, int]) -> float:
    return (end[1] - start[1]) / (end[0] - start[0]) if end[0] > start[0] else 0.0

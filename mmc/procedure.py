"""Conversations with a drive, written without I/O.

A procedure is a generator that yields effects and is sent their outcomes:

    Command       -> Reply; CHECK CONDITION is thrown in as the CommandError of its sense key, except for recovered
                     errors, which are successes that the observer hears of, and for BUSY and TASK SET FULL, after
                     which the command is sent again for a while; a cancelled job is thrown Cancelled meanwhile;
                     a device that has let one command fail so is waited for once more, whatever is sent to it
    Pause         -> None, after the device's clock has advanced; Cancelled is thrown only if it is `cancellable`
    Prefill       -> seconds that it took until rings were as full as they get; a cancelled job is thrown Cancelled
    Stream        -> FeedResult, whatever the last answer was
    Report        -> the phase until then, if any; tells the observer which one the job is in and how far
    Waiting       -> None; tells the observer what the device is waited for
    Checkpoint    -> None; here a cancelled job is thrown Cancelled
    Now           -> seconds on the device's clock
    MaxTransfer   -> the most bytes that one command may move
    UsualTransfer -> the bytes that one WRITE moves unless somebody wants otherwise

`run` is the only driver. Since every effect's failure is thrown at its yield, a recipe reads like the cookbook with
plain try/except, and can be tested by hand, against a script, against the emulator, or by failing the Nth command for
every N.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import Enum
from threading import Event
from typing import TYPE_CHECKING, Any, Final, TypeVar

from discstack.mmc.errors import NOT_TAKEN, Cancelled, CommandError, RecoveredError, ShortTransfer, command_error
from discstack.mmc.feed import OBSERVE_INTERVAL, added, feed_by_execute
from discstack.mmc.spec.cdb import Direction
from discstack.mmc.spec.commands import BLANK
from discstack.transport.base import GOOD, Command, FeedCounters, Feeder, FeedResult, Reply, Stream, Transport

if TYPE_CHECKING:
    from discstack.mmc.stream import Pump

T = TypeVar("T")
DEFERRED_LIMIT: Final = 4  # deferred recovered errors in a row before a command counts as failed
NOT_TAKEN_LIMIT: Final = 120.0  # seconds that a device may say that it cannot take a command now
NOT_TAKEN_INTERVAL: Final = 1.0
HASTE: Final = 5.0  # seconds that a busy drive is waited for by who has interrupted a job
TOLD_AFTER: Final = 5.0  # seconds of a wait after which somebody may wonder


class Phase(Enum):
    """What a job is doing; the order is that of a burn.

    BUFFERING is reading, or making, the data that comes first, before the drive is told of any.
    """

    VALIDATING = "validating"
    FORMATTING = "formatting"
    ERASING = "erasing"
    CALIBRATING = "calibrating"
    BUFFERING = "buffering"
    WRITING = "writing"
    FINALISING = "finalising"
    VERIFYING = "verifying"
    READING = "reading"
    DONE = "done"


UNSTOPPABLE: Final = frozenset({Phase.FORMATTING, Phase.ERASING, Phase.FINALISING})
NOT_YET_BEGUN: Final = UNSTOPPABLE - {Phase.FINALISING}  # can be left undone until the drive has begun with it


@dataclass(frozen=True, slots=True)
class Pause:
    """Ask the runner to let `seconds` pass; a `cancellable` pause ends when the job is cancelled."""

    seconds: float
    cancellable: bool = False


@dataclass(frozen=True, slots=True)
class Prefill:
    """Ask the runner to wait until the rings of pumps are as full as they get, one after the other.

    The wait is over where one is full and more is to come: what follows waits behind that. Nothing is sent meanwhile;
    unless the wait is short the observer hears how far it is.
    """

    pumps: tuple[Pump, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Tell the observer the job's phase, how much of it is done (0 to 1, None if unknown), and words if any."""

    phase: Phase
    progress: float | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Tell the observer that the device is waited for, how long at the most (in seconds), and what it answers."""

    limit: float
    error: CommandError

    def __str__(self) -> str:
        return f"waiting for the drive, {self.limit:.0f} s at the most: {self.error}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A place where the job may be cancelled without harm."""


@dataclass(frozen=True, slots=True)
class Now:
    """Ask for the time on the device's clock."""


@dataclass(frozen=True, slots=True)
class MaxTransfer:
    """Ask for the most bytes that one command may move."""


@dataclass(frozen=True, slots=True)
class UsualTransfer:
    """Ask for the bytes that one WRITE moves unless somebody wants otherwise."""


Effect = Command | Pause | Prefill | Stream | Report | Waiting | Checkpoint | Now | MaxTransfer | UsualTransfer
Procedure = Generator[Effect, Any, T]


class Observer:
    """Hears of a running procedure; this base class ignores everything."""

    def report(self, report: Report, /) -> None:
        """A phase began or moved."""

    def streaming(self, stream: Stream, counters: FeedCounters, /) -> None:
        """Data is flowing; called a few times a second while it does and once at the end.

        The counters include those of `stream.earlier`.
        """

    def waiting(self, waiting: Waiting, /) -> None:
        """The device is not ready, or takes no command, for seconds already; called once a wait."""

    def recovered(self, error: CommandError, /) -> None:
        """A command succeeded after the device recovered from an error (sense key 1h)."""


_SILENT: Final = Observer()


def run(
    procedure: Procedure[T],
    transport: Transport,
    *,
    observer: Observer = _SILENT,
    cancelled: Event | None = None,
) -> T:
    """Carry a procedure out on a transport and return its result.

    `cancelled` may be set from any thread; it is looked at where the procedure allows it (Checkpoint), while the device
    does not take a command, and ends a Stream by way of its ring. Raises what the procedure raises.
    """
    runner = _Runner(transport, observer, cancelled or Event())
    resume: Callable[[], Effect] = lambda: next(procedure)  # noqa: E731
    while True:
        try:
            effect = resume()
        except StopIteration as stop:
            result: T = stop.value
            return result
        resume = _resumption(procedure, runner, effect)


def _resumption(procedure: Procedure[Any], runner: _Runner, effect: Effect) -> Callable[[], Effect]:
    try:
        outcome = runner.perform(effect)
    except BaseException as error:  # thrown on at once: the procedure is the one place that decides what to do next
        if isinstance(error, KeyboardInterrupt):
            runner.hasten()
        failure = error
        return lambda: procedure.throw(failure)
    return lambda: procedure.send(outcome)


class _Runner:
    """Performs effects on one transport.

    Once the procedure `heard` of a cancel, and in phases whose operations cannot be stopped once they have `begun`, a
    device that does not take commands is waited for all the same: what leaves it in a known state still has to be sent.
    After a command was given up, or the wait for such an operation interrupted, `deadline` is how long all that follow
    may be waited for together, until the device takes one.
    """

    def __init__(self, transport: Transport, observer: Observer, cancelled: Event) -> None:
        self.transport, self.observer, self.cancelled = transport, observer, cancelled
        self.phase: Phase | None = None
        self.begun = self.heard = False
        self.deadline: float | None = None

    def perform(self, effect: Effect) -> Any:
        return _PERFORM[type(effect)](self, effect)

    def command(self, command: Command) -> Reply:
        for _ in range(DEFERRED_LIMIT):
            reply = self.taken(command)
            if reply.status == GOOD:
                return self.done(command, reply)
            error = command_error(command.cdb, reply)
            if not isinstance(error, RecoveredError):
                break
            self.observer.recovered(error)
            if not error.sense.deferred:  # with a deferred error the command itself was not carried out: SPC-4 4.5.7
                return self.done(command, reply)
        raise error

    def done(self, command: Command, reply: Reply) -> Reply:
        """Return the reply to a command that succeeded, unless the device did not take all of its data."""
        self.begun = self.begun or command.direction is Direction.TO_DEVICE or command.cdb[0] == BLANK.opcode
        if reply.residual and command.direction is Direction.TO_DEVICE:
            raise ShortTransfer(command.cdb, reply.residual)
        return reply

    def taken(self, command: Command) -> Reply:
        """Execute until the device takes the command, or the time for that is over."""
        clock, began, told = self.transport.clock, self.transport.clock.now(), False
        end = began + NOT_TAKEN_LIMIT if self.deadline is None else self.deadline
        while (reply := self.transport.execute(command)).status in NOT_TAKEN:
            if (now := clock.now()) >= end:
                self.deadline = now + NOT_TAKEN_LIMIT if self.deadline is None else self.deadline
                return reply
            if not told and now - began >= TOLD_AFTER:
                told = True
                self.waiting(Waiting(end - began, command_error(command.cdb, reply)))
            self.rest(NOT_TAKEN_INTERVAL)
        self.deadline = None
        return reply

    def hasten(self) -> None:
        """Wait no longer than HASTE for who has interrupted the wait for an operation that cannot be stopped."""
        if self.phase in UNSTOPPABLE:
            self.deadline = self.transport.clock.now() + HASTE

    def pause(self, pause: Pause) -> None:
        if pause.cancellable:
            self.rest(pause.seconds)
        else:
            self.transport.clock.sleep(pause.seconds)

    def rest(self, seconds: float) -> None:
        """Let time pass in small pieces, and listen for a cancel between them."""
        clock = self.transport.clock
        end = clock.now() + seconds
        while True:
            if not self.heard and self.stoppable:
                self.checkpoint()
            if (left := end - clock.now()) <= 0:
                return
            clock.sleep(min(left, OBSERVE_INTERVAL))

    @property
    def stoppable(self) -> bool:
        return self.phase not in UNSTOPPABLE or (self.phase in NOT_YET_BEGUN and not self.begun)

    def prefill(self, prefill: Prefill) -> float:
        began = self.transport.clock.now()
        for pump in prefill.pumps:
            while not pump.wait_full(OBSERVE_INTERVAL):
                self.checkpoint()
                self.report(Report(Phase.BUFFERING, pump.readiness))
            if not pump.ended:
                break
        self.checkpoint()
        return self.transport.clock.now() - began

    def stream(self, stream: Stream) -> FeedResult:
        def observe(counters: FeedCounters) -> None:
            if self.cancelled.is_set():
                self.heard = True
                stream.ring.cancel()
            self.observer.streaming(stream, added(stream.earlier, counters))

        if not isinstance(self.transport, Feeder):
            return feed_by_execute(self.transport, stream, observe)
        return _feed_in_thread(self.transport, stream, observe)

    def report(self, report: Report) -> Phase | None:
        before = self.phase
        if report.phase is not before:
            self.phase, self.begun = report.phase, False
        self.observer.report(report)
        return before

    def waiting(self, waiting: Waiting) -> None:
        self.observer.waiting(waiting)

    def checkpoint(self, _: Checkpoint | None = None) -> None:
        if self.cancelled.is_set():
            self.heard = True
            # a benchmark is done with each of its trials
            busy = "" if self.phase in (None, Phase.DONE) else f" while {self.phase.value}"
            raise Cancelled(f"cancelled{busy}")

    def now(self, _: Now) -> float:
        return self.transport.clock.now()

    def max_transfer(self, _: MaxTransfer) -> int:
        return self.transport.max_transfer

    def usual_transfer(self, _: UsualTransfer) -> int:
        return self.transport.usual_transfer


_PERFORM: Final[dict[type, Callable[[_Runner, Any], Any]]] = {
    Command: _Runner.command,
    Pause: _Runner.pause,
    Prefill: _Runner.prefill,
    Stream: _Runner.stream,
    Report: _Runner.report,
    Waiting: _Runner.waiting,
    Checkpoint: _Runner.checkpoint,
    Now: _Runner.now,
    MaxTransfer: _Runner.max_transfer,
    UsualTransfer: _Runner.usual_transfer,
}


def _feed_in_thread(feeder: Feeder, stream: Stream, observe: Callable[[FeedCounters], None]) -> FeedResult:
    """Feed on a thread of its own, so that this one can watch, and hear signals, meanwhile."""
    before = feeder.feed_counters()  # until that thread has its turn they tell of another stream
    with ThreadPoolExecutor(1, "discstack-feeder") as pool:
        future = pool.submit(feeder.feed, stream)
        try:
            while not wait((future,), OBSERVE_INTERVAL).done:
                counters, fill = feeder.feed_counters(), stream.ring.fill
                observe(counters if counters != before else FeedCounters(ring_fill=fill, ring_low=fill))
            result = future.result()
        except BaseException:
            stream.ring.cancel()
            raise
    observe(result.counters)
    return result

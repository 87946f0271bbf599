"""Signals that end a command: Ctrl-C, SIGTERM, and SIGHUP, which comes when a terminal is closed.

Windows has SIGBREAK for Ctrl-Break, and for a console that is closed.

What was ignored when the command began stays ignored, as nohup and shells want it of what runs in the background.
Stops by the terminal, as by Ctrl-Z, are held back while a disc is changed.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from types import FrameType
from typing import TYPE_CHECKING, Final

from discstack.cli.streams import say

if TYPE_CHECKING:
    from discstack.drive_watch import DriveWatch
    from discstack.job import Job

SIGNAL_EXIT: Final = 128  # a shell's exit code for a signal is this plus its number
BREAK: Final = (signal.SIGBREAK,) if hasattr(signal, "SIGBREAK") else ()
BY_HAND: Final = (signal.SIGINT, signal.SIGTERM, *BREAK)
HANG_UP: Final = (signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()
STOP: Final = (signal.SIGTSTP,) if hasattr(signal, "SIGTSTP") else ()
STOP_TALK: Final = (signal.SIGTTOU,) if hasattr(signal, "SIGTTOU") else ()  # words from the background: stty tostop

Handler = Callable[[int, FrameType | None], None]


class Interrupted(KeyboardInterrupt):
    """A signal came; `exit_code` is what a shell makes of it."""

    def __init__(self, number: int) -> None:
        super().__init__("interrupted")
        self.exit_code: Final = SIGNAL_EXIT + number


def wanted_signals() -> set[signal.Signals]:
    """Return the signals that end commands, but for those that are ignored."""
    return _heeded((*BY_HAND, *HANG_UP))


def _heeded(numbers: Iterable[signal.Signals]) -> set[signal.Signals]:
    return {number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN}


@contextmanager
def _handled(numbers: Iterable[signal.Signals], handler: Handler | signal.Handlers) -> Iterator[None]:
    """Let a handler have signals; only the main thread may, and is the one that gets them."""
    with ExitStack() as stack:
        if threading.current_thread() is threading.main_thread():
            for number in numbers:
                stack.callback(signal.signal, number, signal.signal(number, handler))
        yield


@contextmanager
def interruptible() -> Iterator[None]:
    """Let a signal end whatever is being done as Ctrl-C does: what has begun is put away."""

    def handle(number: int, _: FrameType | None) -> None:
        raise Interrupted(number)

    with _handled(wanted_signals(), handle):
        yield


@contextmanager
def cancelling(job: Job, *, stoppable: bool = False) -> Iterator[None]:
    """Let a signal cancel a job cleanly; the second Ctrl-C or SIGTERM interrupts whatever is being done then.

    A second SIGHUP does not: terminals and shells send one each. The terminal stops only what is `stoppable`.
    """
    received: list[int] = []

    def handle(number: int, _: FrameType | None) -> None:
        insisting = number in BY_HAND and any(earlier in BY_HAND for earlier in received)
        received.append(number)
        if insisting:
            raise Interrupted(received[0])
        job.cancel()
        _say_amid("cancelling: the drive finishes what it has begun (once more to leave the rest undone)")

    with _handled(wanted_signals(), handle), nullcontext() if stoppable else _unstopped():
        try:
            yield
        except BaseException as error:
            if received:
                error.exit_code = SIGNAL_EXIT + received[0]  # type: ignore[attr-defined]
            raise


@contextmanager
def _unstopped() -> Iterator[None]:
    """Hold back stops by the terminal: a drive that gets no data meanwhile may lose the disc."""

    def handle(*_: object) -> None:
        _say_amid("not stopped, as the disc may be lost when the drive gets no data; Ctrl-C ends it in good order")

    with _handled(_heeded(STOP), handle), _handled(_heeded(STOP_TALK), signal.SIG_IGN):
        yield


def _say_amid(words: str) -> None:
    with suppress(RuntimeError):  # the signal came in the middle of other words
        say(words)


@contextmanager
def stopping(watch: DriveWatch) -> Iterator[None]:
    """Let a signal end a watch, as what is meant."""
    with _handled(wanted_signals(), lambda *_: watch.stop()):
        yield

"""Signals that end a command: Ctrl-C, SIGTERM, and SIGHUP, which comes when a terminal is closed.

Windows has SIGBREAK for Ctrl-Break, and for a console that is closed.

What was ignored when the command began stays ignored, as nohup and shells want it of what runs in the background.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
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

Handler = Callable[[int, FrameType | None], None]


class Interrupted(KeyboardInterrupt):
    """A signal came; `exit_code` is what a shell makes of it."""

    def __init__(self, number: int) -> None:
        super().__init__("interrupted")
        self.exit_code: Final = SIGNAL_EXIT + number


def wanted_signals() -> set[signal.Signals]:
    """Return the signals that end commands, but for those that are ignored."""
    return {number for number in (*BY_HAND, *HANG_UP) if signal.getsignal(number) is not signal.SIG_IGN}


@contextmanager
def _handled(handler: Handler) -> Iterator[None]:
    """Let a handler have the signals; only the main thread may, and is the one that gets them."""
    with ExitStack() as stack:
        if threading.current_thread() is threading.main_thread():
            for number in wanted_signals():
                stack.callback(signal.signal, number, signal.signal(number, handler))
        yield


@contextmanager
def interruptible() -> Iterator[None]:
    """Let a signal end whatever is being done as Ctrl-C does: what has begun is put away."""

    def handle(number: int, _: FrameType | None) -> None:
        raise Interrupted(number)

    with _handled(handle):
        yield


@contextmanager
def cancelling(job: Job) -> Iterator[None]:
    """Let a signal cancel a job cleanly; the second Ctrl-C or SIGTERM interrupts whatever is being done then.

    A second SIGHUP does not: terminals and shells send one each.
    """
    received: list[int] = []

    def handle(number: int, _: FrameType | None) -> None:
        insisting = number in BY_HAND and any(earlier in BY_HAND for earlier in received)
        received.append(number)
        if insisting:
            raise Interrupted(received[0])
        job.cancel()
        with suppress(RuntimeError):  # it came in the middle of other words
            say("cancelling: the drive finishes what it has begun (once more to leave the rest undone)")

    with _handled(handle):
        try:
            yield
        except BaseException as error:
            if received:
                error.exit_code = SIGNAL_EXIT + received[0]  # type: ignore[attr-defined]
            raise


@contextmanager
def stopping(watch: DriveWatch) -> Iterator[None]:
    """Let a signal end a watch, as what is meant."""
    with _handled(lambda *_: watch.stop()):
        yield

"""The wish to cancel may come at any moment, also from a signal handler on the thread that runs the job."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from discstack.cancellation import Cancellation
from discstack.emulator.open import open_virtual
from discstack.mmc.drive import Drive
from discstack.mmc.procedure import Procedure


def at_every_line(work: Callable[[], object], wish: Callable[[], None]) -> int:
    """Do work with a wish at every line of it, in Python's own modules too, as a signal handler would have it."""
    lines = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        nonlocal lines
        if event == "line":
            lines += 1
            wish()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return lines


def test_a_wish_that_comes_while_a_job_ends_does_not_wait_for_ever() -> None:
    cancellation = Cancellation()
    job = cancellation.job()
    job.__enter__()
    assert at_every_line(lambda: job.__exit__(None, None, None), lambda: cancellation.flag.set()) > 3


def nothing() -> Procedure[None]:
    return
    yield


def test_a_wish_that_comes_while_a_job_of_a_drive_begins_does_not_wait_for_ever() -> None:
    with Drive(open_virtual("dvd+r")) as drive:
        assert at_every_line(lambda: drive.run(nothing()), drive.cancel) > 3

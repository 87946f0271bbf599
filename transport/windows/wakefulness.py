"""Keeping Windows awake while a disc is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from discstack.transport.windows.calls import Windows, this_windows
from discstack.transport.windows.declarations import CONSTANTS


@contextmanager
def awake(windows: Windows | None = None) -> Iterator[tuple[str, ...]]:
    """Keep the machine from going to sleep for want of input; gives what is kept off. It is this thread's wish."""
    kernel32 = (windows or this_windows()).kernel32
    promised = kernel32.SetThreadExecutionState(CONSTANTS["ES_CONTINUOUS"] | CONSTANTS["ES_SYSTEM_REQUIRED"])
    try:
        yield ("sleep",) if promised else ()
    finally:
        kernel32.SetThreadExecutionState(CONSTANTS["ES_CONTINUOUS"])

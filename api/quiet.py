"""Quiet while a disc is written: no automounting, no sleep, no shutting down, as far as the system listens."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext

REASON = "A disc is being written"


def quiet() -> AbstractContextManager[tuple[str, ...]]:
    """Ask the system for quiet for the time of the context; gives what it promised to keep off."""
    if sys.platform == "linux":
        from discstack.transport.linux.inhibition import undisturbed

        return undisturbed(REASON)
    if sys.platform == "win32":
        from discstack.transport.windows.wakefulness import awake

        return awake()
    return nullcontext(())

"""Whether the kernel asks a drive for its media events, as udev's rules tell it to."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from discstack.transport.linux.roots import Roots, read_number

SYSTEM_DEFAULT: Final = -1


def polling_interval(roots: Roots, block: str | None) -> int:
    """Return every how many milliseconds the kernel asks; 0 for never, as where there is no block device."""
    if block is None:
        return 0
    own = read_number(roots.sys / "block" / Path(block).name / "events_poll_msecs")
    if own is None or own == SYSTEM_DEFAULT:
        own = read_number(roots.sys / "module/block/parameters/events_dfl_poll_msecs")
    return own or 0

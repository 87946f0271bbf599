"""How large Linux takes the medium in a drive to be: it keeps what it heard when the medium came."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import Final

from discstack.transport.linux.roots import Roots, entries, read_number

UNITS: Final = 2048 // 512  # sysfs counts in 512 bytes, whatever the device's blocks are


def known_sectors(path: str, roots: Roots | None = None) -> int | None:
    """Return how many sectors of 2048 bytes Linux takes the medium to have; None where it keeps no such number.

    The block node is opened for that: Linux then asks the drive whether the medium is new, and if so for its size.
    A disc that has been written is none, unless the drive says so: the old size holds until the tray was opened.
    """
    block = _block_device(path, roots or Roots())
    if block is None:
        return None
    node, folder = block
    with contextlib.suppress(OSError):  # it is not for us, or somebody holds it: what is known is known all the same
        os.close(os.open(node, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    units = read_number(folder / "size")
    return None if units is None else units // UNITS


def _block_device(path: str, roots: Roots) -> tuple[str, Path] | None:
    """Return the node and the sysfs folder of the block device that a node is, or that is the same unit."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
    if stat.S_ISBLK(status.st_mode):
        return path, roots.sys / "dev/block" / number
    siblings = entries(roots.sys / "dev/char" / number / "device/block")
    return (str(roots.dev / siblings[0].name), siblings[0]) if siblings else None

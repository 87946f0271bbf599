"""Files on disk for the trees: small ones are read many at a time, large and sparse ones are copied by the kernel."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

MIB: Final = 1 << 20
SMALL: Final = (0, 1, 100, 2047, 2048, 2049, 6000)
LARGE: Final = (MIB - 1, MIB, MIB + 1, 2 * MIB + 4095)
SPARSE: Final = (9 * MIB, 5 * MIB + 77)
SIZES: Final = SMALL + LARGE + SPARSE


@cache
def folder() -> TemporaryDirectory[str]:
    """Make all of them, for as long as the process lives."""
    made = TemporaryDirectory(prefix="fuzz-")
    for number, size in enumerate(SIZES):
        path = Path(made.name, str(number))
        piece = os.urandom(min(size, 5000))
        with path.open("wb") as file:
            if size in SPARSE:  # something at both ends and in the middle
                for at in (0, size // 2, size - len(piece)):
                    file.seek(at)
                    file.write(piece)
            else:
                file.write((piece * (size // len(piece) + 1))[:size] if piece else b"")
        os.utime(path, ns=(0, number * 10**9))
    return made


def on_disk(number: int) -> str:
    """Return where a file of `SIZES[number]` bytes is."""
    return os.path.join(folder().name, str(number))

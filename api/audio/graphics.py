"""Graphics beside audio: CDG files, of four packs of 24 bytes for each block of 1/75 s (CD+G)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from discstack.audio.errors import AudioFormatError
from discstack.audio.pieces import FilePiece, Joined, Piece, Zeros, size_of
from discstack.mmc.spec.cd.packs import PACK, SECTOR

SUFFIXES: Final = (".cdg", ".CDG")

Run = tuple[Path, int, int | None]  # a CDG file, the block at which its part begins, and how many there are (None: all)


def graphics_beside(audio: Path) -> Path | None:
    """Return the CDG file that has the name of an audio file, if there is one."""
    return next((found for suffix in SUFFIXES if (found := audio.with_suffix(suffix)).is_file()), None)


def packs_of(runs: Sequence[Run]) -> Joined:
    """Return the packs of parts of CDG files, one after the other; where a file ends early, empty ones follow.

    Raises SourceError for a file that is not there, AudioFormatError for one that is not made of packs.
    """
    pieces: list[Piece] = []
    for path, start, blocks in runs:
        size = size_of(path)
        if not size or size % PACK:
            raise AudioFormatError(str(path), f"{size} bytes are no packs of {PACK}")
        left = max(size - start * SECTOR, 0)
        wanted = left if blocks is None else blocks * SECTOR
        pieces += [FilePiece(path, start * SECTOR, min(left, wanted)), Zeros(max(wanted - left, 0))]
    return Joined(pieces, SECTOR)

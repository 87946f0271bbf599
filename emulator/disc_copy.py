"""What a disc in a file is, without putting it into a drive, and copies of it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from discstack.emulator.clock import VirtualClock
from discstack.emulator.discfile import DiscFileError, Sidecar, held, restored, sidecar_of
from discstack.emulator.media.families import MEDIA
from discstack.emulator.states import state_of
from discstack.emulator.store import BLOCK, CHANNELS_SUFFIX, BlockStore

PIECE: Final = 1 << 20  # bytes copied at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscDescription:
    """A disc in a file: its medium, size and serial number, how far FILE reaches, and what the sidecar knows.

    `state` is the name of its state, of those in docs/discs.md; `details` are what the medium's family keeps.
    """

    path: Path
    medium: str
    profile: int
    capacity_blocks: int
    serial: str
    stored_blocks: int
    sub_channels: bool
    state: str
    details: Mapping[str, Any]


def describe_disc(path: str | os.PathLike[str]) -> DiscDescription:
    """Say what a disc file holds; raises DiscFileError where it is none."""
    path = Path(path)
    sidecar = _sidecar(path)
    return DiscDescription(
        path=path,
        medium=sidecar.medium,
        profile=MEDIA[sidecar.medium].profile,
        capacity_blocks=sidecar.capacity,
        serial=sidecar.serial,
        stored_blocks=-(-path.stat().st_size // BLOCK),
        sub_channels=_channels(path).exists(),
        state=_state(path, sidecar),
        details=sidecar.state,
    )


def duplicate_disc(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> DiscDescription:
    """Copy a disc to a new file, holes as holes, with a serial number of its own, and describe the copy.

    Raises DiscFileError where `target` exists, DeviceBusy where a drive holds `source`. What fails leaves no copy.
    """
    source, target = Path(source), Path(target)
    _sidecar(source)
    for path in files_of(target):
        if path.exists():
            raise DiscFileError(f"{path} is there already; a disc is copied to a new file")
    with held(source), ExitStack() as undo:
        _copy(source, target, undo)
        if _channels(source).exists():
            _copy(_channels(source), _channels(target), undo)
        # the sidecar of now: a drive may have had the disc until then
        copied = replace(_sidecar(source), serial=secrets.token_hex(8))
        undo.callback(sidecar_of(target).unlink, missing_ok=True)
        sidecar_of(target).write_text(copied.dumps(), encoding="utf-8")
        description = describe_disc(target)
        undo.pop_all()
    return description


def _state(path: Path, sidecar: Sidecar) -> str:
    """Name the state of a disc by the answers that it would give."""
    with closing(BlockStore.in_memory()) as store:
        return state_of(restored(path, sidecar, MEDIA[sidecar.medium], store, VirtualClock()))


def _sidecar(path: Path) -> Sidecar:
    if not path.exists() or not sidecar_of(path).exists():
        raise DiscFileError(f"{path} is no virtual disc: FILE and FILE.json belong together")
    sidecar = Sidecar.load(sidecar_of(path))
    if sidecar.medium not in MEDIA:
        raise DiscFileError(f"{sidecar_of(path)}: no medium is called {sidecar.medium!r}")
    return sidecar


def files_of(path: Path) -> tuple[Path, Path, Path]:
    """Return where a disc in a file keeps its blocks, what is known of it, and its sub-channels, if it has any."""
    return path, sidecar_of(path), _channels(path)


def _channels(path: Path) -> Path:
    return path.with_name(path.name + CHANNELS_SUFFIX)


def _copy(source: Path, target: Path, undo: ExitStack) -> None:
    """Copy what is stored, and leave holes where there are some; `undo` then takes the copy away."""
    with source.open("rb") as old, target.open("xb") as new:
        undo.callback(target.unlink, missing_ok=True)
        size = old.seek(0, os.SEEK_END)
        at = 0
        while at < size and (start := _next(old.fileno(), at, "SEEK_DATA")) is not None:
            end = _next(old.fileno(), start, "SEEK_HOLE") or size
            old.seek(start)
            new.seek(start)
            _copy_run(old, new, end - start)
            at = end
        new.truncate(size)


def _copy_run(old: Any, new: Any, left: int) -> None:
    while left and (piece := old.read(min(left, PIECE))):
        new.write(piece)
        left -= len(piece)


def _next(file: int, at: int, whence: str) -> int | None:
    """Return where the next data or hole begins; all is data where the system does not tell."""
    if not hasattr(os, whence):
        return at if whence == "SEEK_DATA" else None
    try:
        return os.lseek(file, at, getattr(os, whence))
    except OSError:
        return None

"""A disc that lives in a file: the blocks in FILE, all else in a sidecar FILE.json.

FILE holds block N at offset N * 2048, so a burnt disc can be mounted. The sidecar is replaced as a whole whenever the
disc's state moves; what a killed drive wrote after that shows in the length of FILE. One drive at a time holds FILE.
"""

from __future__ import annotations

import io
import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from discstack.emulator.media.base import Medium
from discstack.emulator.media.kind import MediumKind
from discstack.emulator.store import BlockStore
from discstack.transport.base import AccessDenied, Clock, DeviceBusy, TransportError

VERSION: Final = 1


class DiscFileError(TransportError):
    """The file or its sidecar cannot be the disc that was asked for."""


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What the sidecar says."""

    medium: str
    capacity: int
    serial: str
    state: Mapping[str, Any]

    def dumps(self) -> str:
        """Return the text of the sidecar."""
        fields = {"version": VERSION, "medium": self.medium, "capacity": self.capacity, "serial": self.serial}
        return json.dumps({**fields, "state": self.state}, indent=1) + "\n"

    @classmethod
    def load(cls, path: Path) -> Sidecar:
        """Read a sidecar, wanting every field to be of its type."""
        try:
            fields = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
            if fields["version"] != VERSION:
                raise DiscFileError(f"{path}: version {fields['version']} of the sidecar is not known, only {VERSION}")
            sidecar = cls(str(fields["medium"]), int(fields["capacity"]), str(fields["serial"]), dict(fields["state"]))
        except (ValueError, TypeError, KeyError) as error:
            raise DiscFileError(f"{path}: not the sidecar of a virtual disc ({error!r}); remove both files") from error
        return sidecar


def restored(path: Path, sidecar: Sidecar, kind: MediumKind, store: BlockStore, clock: Clock) -> Medium:
    """Return the disc that the sidecar of `path` tells of; raises DiscFileError where that cannot be."""
    try:
        medium = kind.family(kind, store, clock, sidecar.capacity)
        medium.restore(sidecar.state)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DiscFileError(f"{sidecar_of(path)}: the state of the disc makes no sense: {error}") from error
    return medium


class DiscFile:
    """A disc in a file, held by this drive."""

    def __init__(self, path: Path, store: BlockStore, medium: Medium, serial: str) -> None:
        self.path, self.store, self.medium, self.serial = path, store, medium, serial
        medium.changed = self.save

    @classmethod
    def open(cls, path: Path, kind: MediumKind, clock: Clock, capacity: int | None) -> DiscFile:
        """Open the disc in `path`, or create it blank; raises DiscFileError where the files do not agree."""
        sidecar_path = sidecar_of(path)
        new = not path.exists()
        if new and sidecar_path.exists():
            raise DiscFileError(f"{path} is missing, but its sidecar {sidecar_path} is there; remove it for a new disc")
        if not new and not sidecar_path.exists():
            raise DiscFileError(
                f"{path} has no sidecar {sidecar_path.name}: it is not a virtual disc, and is left alone"
            )
        store = BlockStore(_open(path), path)
        try:
            _lock(store.file, path)
            disc = (
                cls._create(path, store, kind, clock, capacity)
                if new
                else cls._load(path, store, kind, clock, capacity)
            )
            disc.save()
        except BaseException as error:
            store.close()
            if new and not isinstance(error, DeviceBusy):
                _remove(path)
            if isinstance(error, OSError):
                raise DiscFileError(f"{error.filename or path}: {error.strerror}", errno=error.errno) from error
            raise
        return disc

    @classmethod
    def _create(cls, path: Path, store: BlockStore, kind: MediumKind, clock: Clock, capacity: int | None) -> DiscFile:
        medium = kind.family(kind, store, clock, capacity or kind.capacity)
        return cls(path, store, medium, secrets.token_hex(8))

    @classmethod
    def _load(cls, path: Path, store: BlockStore, kind: MediumKind, clock: Clock, capacity: int | None) -> DiscFile:
        sidecar = Sidecar.load(sidecar_of(path))
        if sidecar.medium != kind.name:
            raise DiscFileError(f"{path} holds a {sidecar.medium}, not a {kind.name}")
        if capacity not in (None, sidecar.capacity):
            raise DiscFileError(f"{path} has a capacity of {sidecar.capacity} blocks, not {capacity}")
        return cls(path, store, restored(path, sidecar, kind, store, clock), sidecar.serial)

    def save(self) -> None:
        """Replace the sidecar by one that tells the disc's present state."""
        sidecar = Sidecar(self.medium.kind.name, self.medium.total, self.serial, self.medium.state())
        temporary = _unfinished(self.path)
        try:
            temporary.write_text(sidecar.dumps(), encoding="utf-8")
            os.replace(temporary, sidecar_of(self.path))
        except OSError:
            temporary.unlink(missing_ok=True)
            raise

    def close(self) -> None:
        """Put the disc away."""
        try:
            self.save()
        finally:
            self.store.close()


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON's")


def _remove(path: Path) -> None:
    """Take away what there is of a disc that could not be made: without all of it, it would be none."""
    for made in (path, sidecar_of(path), _unfinished(path)):
        made.unlink(missing_ok=True)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep every drive from a disc's file meanwhile; raises DeviceBusy where one has it."""
    with _open(path) as file:
        _lock(file, path)
        yield


def sidecar_of(path: Path) -> Path:
    """Return where the sidecar of a disc file lies."""
    return path.with_name(path.name + ".json")


def _unfinished(path: Path) -> Path:
    return path.with_name(path.name + ".json.new")


def _open(path: Path) -> io.FileIO:
    try:
        return io.FileIO(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "r+")
    except PermissionError as error:
        raise AccessDenied(f"{path}: {error.strerror}", errno=error.errno) from error
    except OSError as error:
        raise DiscFileError(f"{path}: {error.strerror}", errno=error.errno) from error


if sys.platform == "win32":
    import ctypes
    import msvcrt

    BEYOND: Final = 1 << 30  # times 4 GiB, beyond any disc: a lock of Windows keeps others from reading, too

    def _lock(file: io.FileIO, path: Path) -> None:
        kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        handle = ctypes.c_void_p(msvcrt.get_osfhandle(file.fileno()))
        if not kernel32.LockFile(handle, 0, BEYOND, 1, 0):
            raise DeviceBusy(f"{path}: another virtual drive holds this disc", errno=ctypes.get_last_error())

else:
    import fcntl

    def _lock(file: io.FileIO, path: Path) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DeviceBusy(f"{path}: another virtual drive holds this disc", errno=error.errno) from error

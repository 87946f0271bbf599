r"""Drive addresses: the one place where a name becomes a transport.

    /dev/sr0  /dev/sg1                   a drive of this machine, through SG_IO
    virtual:MEDIUM?file=PATH&speed=16    a virtual drive with a disc in it
    D:  \\.\CdRom0                       a drive of a Windows machine
    replay:FILE                          a recording, answering as the drive did then

The values of a virtual drive's options are percent-encoded; `+` is literal.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import quote, unquote

from discstack.fs.system_paths import openable, path_of
from discstack.transport.base import BackendUnavailable

if TYPE_CHECKING:
    from discstack.transport.base import Transport

VIRTUAL: Final = "virtual:"
REPLAY: Final = "replay:"
_WINDOWS: Final = re.compile(r"[A-Za-z]:\\?|\\\\[.?]\\.+")
_TRUE: Final = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}


class Address(Protocol):
    """Where a drive is, and how to open it."""

    @property
    def shared(self) -> bool:
        """Whether looking and changing are two ways of opening; a virtual drive is ours alone from the start."""
        ...

    def open(self, *, write: bool) -> Transport:
        """Open a transport: to look, or (`write`) exclusively and to change the disc."""
        ...

    def unmount(self) -> None:
        """Let the system let go of the file systems on the disc; raises DeviceBusy where it does not."""
        ...


@dataclass(frozen=True, slots=True)
class DeviceAddress:
    """A device node of a Linux machine."""

    path: str
    shared: bool = field(default=True, init=False)

    def __str__(self) -> str:
        return self.path

    def open(self, *, write: bool) -> Transport:
        """Open the node through SG_IO."""
        if sys.platform != "linux":
            raise BackendUnavailable(f"{self.path}: there are device nodes on Linux only, and this is {sys.platform}")
        from discstack.transport.sgio import SgioTransport

        return SgioTransport.open(self.path, write=write)

    def unmount(self) -> None:
        """Unmount the disc from everywhere."""
        from discstack.transport.linux.unmounting import unmount

        unmount(self.path)

    def known_sectors(self) -> int | None:
        """Return how many sectors Linux takes the medium to have, None where it keeps no such number."""
        from discstack.transport.linux.size import known_sectors

        return known_sectors(self.path)


@dataclass(frozen=True, slots=True)
class WindowsAddress:
    """A drive letter or device name of a Windows machine."""

    name: str
    shared: bool = field(default=True, init=False)

    def __str__(self) -> str:
        return self.name

    def open(self, *, write: bool) -> Transport:
        """Open the drive through SPTI."""
        from discstack.transport.spti import SptiTransport

        return SptiTransport.open(self.name, write=write)

    def unmount(self) -> None:
        """Do nothing: opening to change the disc dismounts its volume, unless somebody uses it."""


@dataclass(frozen=True, slots=True)
class VirtualAddress:
    """A virtual drive with a disc of `medium`; `options` are those of `discstack.emulator.open.open_virtual`."""

    medium: str
    options: Mapping[str, Any] = field(default_factory=dict)
    shared: bool = field(default=False, init=False)

    def __str__(self) -> str:
        words = "&".join(f"{name}={quote(_spell(value), safe='/+,')}" for name, value in self.options.items())
        return f"{VIRTUAL}{self.medium}{'?' if words else ''}{words}"

    def open(self, *, write: bool) -> Transport:
        """Put the disc into a new virtual drive."""
        from discstack.emulator.open import open_virtual

        file = self.options.get("file")
        place = {} if file is None else {"file": path_of(file)}
        return open_virtual(self.medium, **{**self.options, **place})

    def unmount(self) -> None:
        """Do nothing: the system knows nothing of the disc."""

    def lies_at(self, path: str | os.PathLike[str]) -> bool:
        """Whether the disc, or a part of it, is kept in that file."""
        from discstack.emulator.disc_copy import files_of

        file, place = self.options.get("file"), openable(path)
        if file is None or not os.path.exists(place):
            return False
        return any(os.path.exists(kept) and os.path.samefile(kept, place) for kept in files_of(path_of(file)))


@dataclass(frozen=True, slots=True)
class ReplayAddress:
    """A recording, which is played from its beginning."""

    path: Path
    shared: bool = field(default=False, init=False)

    def __str__(self) -> str:
        return f"{REPLAY}{self.path}"

    def open(self, *, write: bool) -> Transport:
        """Read the recording."""
        from discstack.transport.record.replay import ReplayTransport

        return ReplayTransport.open(path_of(self.path))

    def unmount(self) -> None:
        """Do nothing: there is no disc."""


def _spell(value: object) -> str:
    if isinstance(value, bool):
        return ("no", "yes")[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def _file(text: str) -> Path:
    if not Path(text).name:
        raise ValueError("it is no name of a file")
    return Path(text)


def _faults(text: str) -> str:
    from discstack.emulator.fault_words import parse_faults

    parse_faults(text)
    return text


def _defects(text: str) -> str:
    from discstack.emulator.open import parse_ranges

    parse_ranges(text)
    return text


def _personality(text: str) -> str:
    from discstack.emulator.personalities import PERSONALITIES

    if text not in PERSONALITIES:
        raise ValueError(f"there are {', '.join(PERSONALITIES)}")
    return text


def _serial(text: str) -> str:
    from discstack.emulator.settings import Settings

    return Settings(serial=text).serial


def _boolean(word: str) -> bool:
    return _TRUE[word.lower()]


def _pace(word: str) -> bool | float:
    return _TRUE[word.lower()] if word.lower() in _TRUE else float(word)


# What options take whose reader does not say it itself
TAKEN: Final[Mapping[str, str]] = {
    "speed": "a number, in x",
    "realtime": "yes, no, or how many times as quick as a real drive",
    "buffer": "a number of bytes",
    "busy": "yes or no",
    "capacity": "a number of blocks",
    "defects": "addresses and ranges of them, such as 100,200-215",
}
OPTIONS: Final[Mapping[str, Callable[[str], Any]]] = {
    "file": _file,
    "speed": float,
    "realtime": _pace,
    "buffer": int,
    "busy": _boolean,
    "capacity": int,
    "defects": _defects,
    "fault": _faults,
    "personality": _personality,
    "serial": _serial,
}


def parse_address(text: str) -> Address:
    """Read an address; ValueError says what is wrong with it."""
    if text.startswith(VIRTUAL):
        return _parse_virtual(text)
    if text.startswith(REPLAY) and text != REPLAY:
        return ReplayAddress(Path(text.removeprefix(REPLAY)))
    if _WINDOWS.fullmatch(text):
        return WindowsAddress(text)
    if text.startswith("/"):
        return DeviceAddress(text)
    raise ValueError(f"{text!r} is no drive: write /dev/sr0, D:, virtual:MEDIUM?file=PATH or replay:FILE")


def _parse_virtual(text: str) -> VirtualAddress:
    from discstack.emulator.open import MEDIA

    medium, _, query = text.removeprefix(VIRTUAL).partition("?")
    if medium not in MEDIA:
        raise ValueError(f"{text!r}: no medium is called {medium!r}; there are {', '.join(MEDIA)}")
    options: dict[str, Any] = {}
    for word in filter(None, query.split("&")):
        name, equals, value = word.partition("=")
        if name not in OPTIONS or not equals:
            raise ValueError(f"{text!r}: {word!r} is no option; there are {', '.join(f'{o}=' for o in OPTIONS)}")
        try:
            options[name] = OPTIONS[name](unquote(value))
        except (KeyError, ValueError) as error:
            why = f"it takes {TAKEN[name]}" if name in TAKEN else error
            raise ValueError(f"{text!r}: {name} does not take {unquote(value)!r}: {why}") from None
    return VirtualAddress(medium, options)

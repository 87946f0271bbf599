"""What POSIX knows of a file beside its name, its data and its time of change."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

PERMISSIONS: Final = 0o7777
LARGEST: Final = (1 << 32) - 1  # number of a user, a group (RRIP 4.1.1) or a device (4.1.2)
_READ: Final = 0o444
_EXECUTE: Final = 0o111


class Attributes(NamedTuple):
    """Permission bits (at most 0o7777), owners, and whether the name is not to be shown; equal ones are shared.

    POSIX does not know the last one: it is the Existence bit of ECMA-119 9.1.6 and ECMA-167 4/14.4.3. Planning an
    image refuses other bits, and numbers of owners with more than 32 bits.
    """

    mode: int
    uid: int = 0
    gid: int = 0
    hidden: bool = False


def fault(mode: int | None, uid: int | None, gid: int | None) -> str:
    """Return why POSIX has no such permission bits or owners, nothing if it has; None is what nobody chose."""
    for owner in (uid, gid):
        if owner is not None and not 0 <= owner <= LARGEST:
            return f"numbers of users and groups go from 0 to {LARGEST}, not {owner}"
    if mode is not None and not 0 <= mode <= PERMISSIONS:
        return f"permission bits go from 0 to {PERMISSIONS:#o}, without a file's type, not {mode:#o}"
    return ""


@dataclass(frozen=True, slots=True)
class Overrides:
    """What everything has instead of its own: owners, and permission bits of files and of directories.

    None leaves something as it is. Owners are at most 4,294,967,295 and the bits 0o7777 (ValueError for others); the
    bits of links and special files stay.
    """

    uid: int | None = None
    gid: int | None = None
    file_mode: int | None = None
    directory_mode: int | None = None

    def __post_init__(self) -> None:
        for mode in (self.file_mode, self.directory_mode):
            if complaint := fault(mode, self.uid, self.gid):
                raise ValueError(complaint)


class Times(NamedTuple):
    """Times of the last access, of the last change of attributes, and of creation, in nanoseconds since 1970.

    The last is None where nobody knows it: Python tells it on Windows, macOS and the BSDs.
    """

    atime_ns: int
    ctime_ns: int
    birth_ns: int | None = None


class Device(NamedTuple):
    """What a device node stands for."""

    major: int
    minor: int


class Kind(IntEnum):
    """What is neither a file nor a directory, by its bits in POSIX's st_mode."""

    FIFO = stat.S_IFIFO
    CHARACTER_DEVICE = stat.S_IFCHR
    BLOCK_DEVICE = stat.S_IFBLK
    SYMBOLIC_LINK = stat.S_IFLNK
    SOCKET = stat.S_IFSOCK

    @property
    def described(self) -> str:
        """The kind in words, with its article."""
        return f"a {self.name.lower().replace('_', ' ')}" if self is not Kind.FIFO else "a FIFO"


DEVICES: Final = frozenset({Kind.CHARACTER_DEVICE, Kind.BLOCK_DEVICE})
AS_THEY_ARE: Final = Overrides()
# What has no attributes of its own gets these
FILE: Final = Attributes(0o644)
DIRECTORY: Final = Attributes(0o755)
SYMBOLIC_LINK: Final = Attributes(0o777)


def rationalized(attributes: Attributes, *, directory: bool = False) -> Attributes:
    """Return attributes of use on any machine: root's, readable by all, written by none, executable by all or none."""
    execute = _EXECUTE if directory or attributes.mode & _EXECUTE else 0
    return Attributes(_READ | execute, hidden=attributes.hidden)


def overridden(attributes: Attributes, overrides: Overrides, mode: int | None) -> Attributes:
    """Return attributes with the owners of `overrides`, and with `mode` unless that is None."""
    return Attributes(
        attributes.mode if mode is None else mode,
        attributes.uid if overrides.uid is None else overrides.uid,
        attributes.gid if overrides.gid is None else overrides.gid,
        attributes.hidden,
    )

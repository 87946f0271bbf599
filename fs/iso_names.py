"""Names in ISO 9660: d-characters, upper case, one dot at most (ECMA-119 7.4.1, 7.5, 7.6; the levels of clause 10)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

D_CHARACTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
A_CHARACTERS: Final = D_CHARACTERS + b" !\"%&'()*+,-./:;<=>?"


def _table(allowed: bytes) -> bytes:
    upper = (byte - 0x20 if 0x61 <= byte <= 0x7A else byte for byte in range(256))
    return bytes(byte if byte in allowed else ord("_") for byte in upper)


_D_TEXT: Final = _table(D_CHARACTERS)
_NAME: Final = _table(D_CHARACTERS + b"/")  # a slash stands between names
_DOTTED: Final = _table(D_CHARACTERS + b"./")
_TEXT: Final = _table(A_CHARACTERS)
_CONTINUATION: Final = bytes(range(0x80, 0xC0))  # bytes of UTF-8 behind the first of a character
_INNER_DOT: Final = re.compile(rb"\.(?![^./]+(?:/|\Z))")  # that no extension follows; a final one is none either


@dataclass(frozen=True, slots=True)
class Level:
    """The limits of an interchange level, in characters: clause 10, and 7.5.1, 7.6.3 for what all levels share."""

    name: int  # of a file, before its dot
    extension: int
    total: int  # name and extension together
    directory: int
    multi_extent: bool
    digits: int  # of the mark in names that had to be cut


LEVELS: Final[Mapping[int, Level]] = {
    1: Level(8, 3, 11, 8, False, 4),
    2: Level(30, 30, 30, 31, False, 8),
    3: Level(30, 30, 30, 31, True, 8),
}


class IsoNames:
    """The names of an interchange level; see `naming.Scheme`.

    The key of a file is "NAME.EXT", or "NAME" without an extension, so that it cannot equal a directory's.
    """

    def __init__(self, level: Level) -> None:
        self._level = level
        self.digits = level.digits

    def file_keys(self, names: Sequence[str], /) -> list[bytes | None]:
        """Return the key of each file's name, None for one that is too long."""
        most = self._level.total + 1
        keys = iter(self._fitting([name for name in names if len(name) <= most]))  # no character becomes several
        return [next(keys) if len(name) <= most else None for name in names]

    def _fitting(self, names: Sequence[str]) -> list[bytes | None]:
        short = min(self._level.name, self._level.extension)  # fits wherever the dot is
        return [key if len(key) <= short or self._fits(key) else None for key in self._file_names(names)]

    def _fits(self, key: bytes) -> bool:
        level, (stem, dot, extension) = self._level, parts(key)
        total = len(key) - len(dot)
        return len(stem) <= level.name and len(extension) <= level.extension and total <= level.total

    def directory_keys(self, names: Sequence[str], /) -> list[bytes | None]:
        """Return the key of each directory's name, None for one that is too long."""
        most = self._level.directory
        return [key if len(key) <= most else None for key in self._directory_names(names)]

    def marked_files(self, names: Sequence[str], marks: Sequence[bytes], /) -> list[bytes]:
        """Return "STEM_MARK.EXT" for each; the extension is kept as far as the mark leaves room."""
        level, keys = self._level, list[bytes]()
        room = max(map(len, marks), default=0) + 1
        stem_room, total = level.name - room, level.total - room
        extension_room = min(level.extension, total)
        for key, mark in zip(self._file_names(names), marks, strict=True):
            stem, dot, extension = parts(key)
            extension = extension[:extension_room]
            left = total - len(extension)
            keys.append(stem[: left if left < stem_room else stem_room] + b"_" + mark + dot + extension)
        return keys

    def marked_directories(self, names: Sequence[str], marks: Sequence[bytes], /) -> list[bytes]:
        """Return "STEM_MARK" for each."""
        most = self._level.directory - 1
        pairs = zip(self._directory_names(names), marks, strict=True)
        return [b"%b_%b" % (key[: most - len(mark)], mark) for key, mark in pairs]

    def order(self, files: Sequence[bytes], directories: Sequence[bytes], /) -> Sequence[bytes]:
        """Return the keys: no d-character comes before the dot, and no directory has one."""
        return [*files, *directories]

    def file_identifiers(self, keys: Iterable[bytes], /) -> list[bytes]:
        """Return the keys with the dot that every file has and version number 1."""
        return [key + (b";1" if b"." in key else b".;1") for key in keys]

    def shown(self, identifier: bytes, /) -> str:
        """Return a name as text, without version number and final dot."""
        return identifier.decode("ascii").removesuffix(";1").removesuffix(".")

    def shows(self, keys: Sequence[bytes], names: Sequence[str], /) -> bool:
        """Tell whether readers show the names: no name has a slash, so all are compared at once."""
        return b"/".join(keys).decode("ascii") == "/".join(names)

    def _directory_names(self, names: Sequence[str]) -> list[bytes]:
        """Return names in d-characters."""
        return translated(names, _NAME).split(b"/") if names else []

    def _file_names(self, names: Sequence[str]) -> list[bytes]:
        """Return names in d-characters, and with a dot only before an extension."""
        return _INNER_DOT.sub(b"_", translated(names, _DOTTED)).split(b"/") if names else []


def parts(key: bytes) -> tuple[bytes, bytes, bytes]:
    """Return what stands before the last dot, that dot, and the extension; all of it if there is no dot."""
    stem, dot, extension = key.rpartition(b".")
    return (stem, dot, extension) if dot else (extension, b"", b"")


def translated(names: Sequence[str], table: bytes) -> bytes:
    """Return names in the characters that a table leaves; no name has a slash, so all are translated at once."""
    return _translated("/".join(names), table)


def d_text(text: str) -> str:
    """Return text in d-characters."""
    return _translated(text, _D_TEXT).decode("ascii")


def a_text(text: str) -> str:
    """Return text in a-characters."""
    return _translated(text, _TEXT).decode("ascii")


def _translated(text: str, table: bytes) -> bytes:
    """Return what a table leaves of text, a byte for each character: beyond ASCII its first in UTF-8 stands for it."""
    return text.encode("utf-8", "surrogatepass").translate(table, _CONTINUATION)

"""Names in ISO 9660: d-characters, upper case, one dot at most (ECMA-119 7.4.1, 7.5, 7.6; the levels of clause 10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

D_CHARACTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
A_CHARACTERS: Final = D_CHARACTERS + b" !\"%&'()*+,-./:;<=>?"


def _table(allowed: bytes) -> bytes:
    upper = (byte - 0x20 if 0x61 <= byte <= 0x7A else byte for byte in range(256))
    return bytes(byte if byte in allowed else ord("_") for byte in upper)


_NAME: Final = _table(D_CHARACTERS)
_DOTTED: Final = _table(D_CHARACTERS + b".")
_TEXT: Final = _table(A_CHARACTERS)


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

    def file_key(self, name: str, /) -> bytes | None:
        """Return the key of a file's name, None if it is too long."""
        stem, extension = _split(name)
        level = self._level
        if len(stem) > level.name or len(extension) > level.extension or len(stem) + len(extension) > level.total:
            return None
        return b"%b.%b" % (stem, extension) if extension else stem

    def directory_key(self, name: str, /) -> bytes | None:
        """Return the key of a directory's name, None if it is too long."""
        key = name.encode("ascii", "replace").translate(_NAME)
        return key if len(key) <= self._level.directory else None

    def marked_file(self, name: str, mark: bytes, /) -> bytes:
        """Return "STEM_MARK.EXT"; the extension is kept as far as the mark leaves room."""
        stem, extension = _split(name)
        level = self._level
        ending = b"_" + mark
        extension = extension[: min(level.extension, level.total - len(ending))]
        stem = stem[: min(level.name, level.total - len(extension)) - len(ending)] + ending
        return b"%b.%b" % (stem, extension) if extension else stem

    def marked_directory(self, name: str, mark: bytes, /) -> bytes:
        """Return "STEM_MARK"."""
        key = name.encode("ascii", "replace").translate(_NAME)
        return key[: self._level.directory - len(mark) - 1] + b"_" + mark

    def file_identifier(self, key: bytes, /) -> bytes:
        """Return the key with the dot that every file has and version number 1."""
        return key + (b";1" if b"." in key else b".;1")

    def shown(self, identifier: bytes, /) -> str:
        """Return a name as text, without version number and final dot."""
        return identifier.decode("ascii").removesuffix(";1").removesuffix(".")


def _split(name: str) -> tuple[bytes, bytes]:
    """Return the name before the last dot and the extension after it, in d-characters."""
    stem, dot, extension = name.encode("ascii", "replace").translate(_DOTTED).rpartition(b".")
    if not dot or not extension:
        # a final dot is not the start of an extension
        return (extension + stem + dot).replace(b".", b"_"), b""
    return stem.replace(b".", b"_"), extension


def d_text(text: str) -> str:
    """Return text in d-characters."""
    return text.encode("ascii", "replace").translate(_NAME).decode("ascii")


def a_text(text: str) -> str:
    """Return text in a-characters."""
    return text.encode("ascii", "replace").translate(_TEXT).decode("ascii")

"""Names in ISO 9660:1999, which mkisofs calls level 4: any bytes up to 207, no version number, the dot like any other.

They are UTF-8 here, or the bytes that a name was when it is no text. Readers drop a final dot and a final ";1", which
other levels have there: such names change. With Rock Ridge a record needs room to lead to its continuation area, and
names have 14 bytes less.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from discstack.fs.ecma119 import MAX_RECORD, PARENT
from discstack.fs.rock_ridge import names_bytes
from discstack.fs.susp import CE_SIZE

MAX_NAME: Final = 207
MAX_NAME_WITH_ROCK_RIDGE: Final = MAX_RECORD - 33 - CE_SIZE
VERSION: Final = b";1"
EXTENSION: Final = 20  # bytes of an extension that a cut leaves alone


class Iso1999Names:
    """Names of at most `limit` bytes; see `naming.Scheme`."""

    digits = 8

    def __init__(self, limit: int) -> None:
        self._limit = limit

    def file_keys(self, names: Sequence[str], /) -> list[bytes | None]:
        """Return the key of each name, None for one that is too long."""
        keys = [_kept(key) for key in names_bytes(names)]
        # the byte 1 alone stands for the parent, ECMA-119 6.8.2.2
        return [None if len(key) > self._limit or key == PARENT else key for key in keys]

    directory_keys = file_keys

    def marked_files(self, names: Sequence[str], marks: Sequence[bytes], /) -> list[bytes]:
        """Return "stem_MARK.ext" for each; an extension of reasonable length is kept."""
        return [self._marked_file(key, mark) for key, mark in zip(names_bytes(names), marks, strict=True)]

    def marked_directories(self, names: Sequence[str], marks: Sequence[bytes], /) -> list[bytes]:
        """Return "stem_MARK" for each."""
        return [self._cut(key, mark, b"") for key, mark in zip(names_bytes(names), marks, strict=True)]

    def _marked_file(self, key: bytes, mark: bytes) -> bytes:
        stem, dot, extension = key.rpartition(b".")
        if not stem or len(extension) > EXTENSION:
            stem, dot, extension = key, b"", b""
        return self._cut(stem, mark, dot + extension)

    def _cut(self, stem: bytes, mark: bytes, extension: bytes) -> bytes:
        ending = b"_" + mark + extension
        end = self._limit - len(ending)
        while end < len(stem) and stem[end] & 0xC0 == 0x80:  # within a character
            end -= 1
        return _kept(stem[:end] + ending)

    def order(self, files: Sequence[bytes], directories: Sequence[bytes], /) -> Sequence[bytes]:
        """Return the keys: the dot is a character like any other."""
        return [*files, *directories]

    def file_identifiers(self, keys: Iterable[bytes], /) -> list[bytes]:
        """Return the keys: there are no version numbers."""
        return list(keys)

    def shown(self, identifier: bytes, /) -> str:
        """Return a name as text."""
        return identifier.decode("utf-8", "surrogateescape")

    def shows(self, keys: Sequence[bytes], names: Sequence[str], /) -> bool:
        """Tell whether readers show the names: no name has a slash, so all are compared at once."""
        return self.shown(b"/".join(keys)) == "/".join(names)


def _kept(name: bytes) -> bytes:
    """Return a name of which readers drop nothing."""
    if name.endswith(b"."):
        return name[:-1] + b"_"
    return name[: -len(VERSION)] + b"_1" if name.endswith(VERSION) else name

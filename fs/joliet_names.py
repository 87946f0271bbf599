r"""Names in Joliet: big-endian 16-bit code units, all characters but * / : ; ? \ and controls.

The specification speaks of UCS-2; characters beyond the BMP are recorded as two UTF-16 surrogates, as Windows and other
writers do and readers expect. A final dot is replaced, since Windows and the Linux kernel drop it.
"""

from __future__ import annotations

import re
import unicodedata
from codecs import getdecoder, getencoder
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Final

ILLEGAL: Final = frozenset("*/:;?\\").union(map(chr, range(32)))
CHARACTERS: Final = 64
FREE: Final = 3  # the level of UCS-2 that has all characters
LONG_CHARACTERS: Final = 103  # what a record of 255 bytes has room for, beside a version number
EXTENSION: Final = 20  # characters of an extension that a cut leaves alone
_ILLEGAL: Final = "".join(ILLEGAL - {"/"}).encode()  # in names with slashes between them
# The combining characters that ISO 10646 does not allow at level 2: those that stand on letters of any script
_DIACRITICS: Final = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
_UTF_16: Final = getencoder("utf-16-be")  # looked up once: names are short, and there are many
_FROM_UTF_16: Final = getdecoder("utf-16-be")
_BEFORE_DOT: Final = re.compile("[ -\\-]")
_UP_TO_DOT: Final = re.compile("[ -.]")
_VERSION: Final = ";1".encode("utf-16-be")


class JolietNames:
    """Names of at most `characters` code units, in UCS-2 of a level; see `naming.Scheme`."""

    digits = 8

    def __init__(self, characters: int, level: int = FREE) -> None:
        self._limit = 2 * characters
        self._level = level

    def file_keys(self, names: Sequence[str], /) -> list[bytes | None]:
        """Return the key of each name, None for one that is too long."""
        limit = self._limit
        keys = _clean_all([self._composed(name) for name in names] if self._level < FREE else names)
        return [key if len(key) <= limit else None for key in keys]

    directory_keys = file_keys

    def marked_files(self, names: Sequence[str], marks: Sequence[bytes], /) -> list[bytes]:
        """Return "stem~MARK.ext" for each; an extension of reasonable length is kept."""
        return [self._marked_file(name, mark) for name, mark in zip(names, marks, strict=True)]

    def marked_directories(self, names: Sequence[str], marks: Sequence[bytes], /) -> list[bytes]:
        """Return "stem~MARK" for each."""
        return [self._marked(name, mark, b"") for name, mark in zip(names, marks, strict=True)]

    def _marked_file(self, name: str, mark: bytes) -> bytes:
        stem, dot, extension = name.rpartition(".")
        if not stem or len(extension) > EXTENSION:
            stem, dot, extension = name, "", ""
        return self._marked(stem, mark, clean(self._composed(dot + extension)))

    def _marked(self, stem: str, mark: bytes, extension: bytes) -> bytes:
        ending = f"~{mark.decode('ascii')}".encode("utf-16-be") + extension
        start = clean(self._composed(stem))[: self._limit - len(ending)]
        if start and 0xD8 <= start[-2] <= 0xDB:  # the first half of a pair
            start = start[:-2]
        return start + ending

    def _composed(self, name: str) -> str:
        """Return the name without the combining characters that the level has not, composed where that is possible."""
        if self._level == FREE or name.isascii():
            return name
        composed = unicodedata.normalize("NFC", name)
        if self._level > 1:
            return _DIACRITICS.sub("_", composed)
        return "".join("_" if unicodedata.category(c).startswith("M") else c for c in composed)

    def order(self, files: Sequence[bytes], directories: Sequence[bytes], /) -> Sequence[bytes]:
        """Return the keys with the dots of files before all other characters, so that shorter names come first.

        The dot of a directory is a character like any other, ECMA-119 9.3.
        """
        text = _FROM_UTF_16(b"".join(files))[0]
        if not _BEFORE_DOT.search(text) and not _UP_TO_DOT.search(_FROM_UTF_16(b"".join(directories))[0]):
            return [*files, *directories]
        ordered, ends = _UTF_16(text.replace(".", "\0"))[0], accumulate(map(len, files), initial=0)
        return [*(ordered[start:end] for start, end in pairwise(ends)), *directories]

    def file_identifiers(self, keys: Iterable[bytes], /) -> list[bytes]:
        """Return the keys with version number 1."""
        return [key + _VERSION for key in keys]

    def shown(self, identifier: bytes, /) -> str:
        """Return a name as text, without version number."""
        return _FROM_UTF_16(identifier.removesuffix(_VERSION))[0]

    def shows(self, keys: Sequence[bytes], names: Sequence[str], /) -> bool:
        """Tell whether readers show the names: no name has a slash, so all are compared at once."""
        return _FROM_UTF_16("/".encode("utf-16-be").join(keys))[0] == "/".join(names)


def _clean_all(names: Sequence[str]) -> list[bytes]:
    """Return what `clean` makes of each name, in one go where it changes none."""
    if _is_clean("/".join(names)):
        return [key for key, _ in map(_UTF_16, names)]
    return [_UTF_16(name)[0] if _is_clean(name) else clean(name) for name in names]


def _is_clean(names: str) -> bool:
    """Tell whether Joliet can hold names that have slashes between them."""
    try:
        raw = names.encode()
    except UnicodeEncodeError:  # surrogates that stand for bytes
        return False
    return len(raw) == len(raw.translate(None, _ILLEGAL)) and b"./" not in raw and not raw.endswith(b".")


def clean(name: str) -> bytes:
    """Return the name with "_" for everything that Joliet cannot hold."""
    kept = "".join("_" if c in ILLEGAL or "\ud800" <= c <= "\udfff" else c for c in name)
    if kept.endswith("."):
        kept = kept[:-1] + "_"
    return kept.encode("utf-16-be")

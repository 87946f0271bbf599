"""Names in ISO 9660 with more characters and dots than ECMA-119 7.5 has, as mkisofs's words allow one by one.

Most readers take them as they come. What may not be: a slash, which stands between names in a path, and a semicolon,
which stands before the version number; a dot at the end, which readers drop. What is not ASCII becomes an underscore.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from discstack.fs.iso_names import D_CHARACTERS, IsoNames, Level, parts, translated

_LOWER_CASE: Final = bytes(range(0x61, 0x7B))
_POSSIBLE: Final = bytes(byte for byte in range(0x20, 0x7F) if byte not in b"./;")
_SEVEN_BITS: Final = bytes(byte for byte in _POSSIBLE if byte not in _LOWER_CASE)
# dots in names with slashes between them
_LEADING: Final = rb"(?<![^/])\."
_FINAL: Final = rb"\.(?=/|\Z)"
_LAST: Final = rb"\.(?=[^./]+(?:/|\Z))"  # before an extension


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """What names in ISO 9660 may have beyond ECMA-119 7.5 and 7.6, or may lack.

    `seven_bits` are all printable characters of ASCII but small letters, a slash and a semicolon; `characters` are
    further ones (ValueError for what may not be, and for a dot). `leading_dots` and `dots` let dots stand at the
    beginning and anywhere but at the end, in names of directories too. Without `version` there is no version number,
    without `final_dot` no dot where no extension is.
    """

    seven_bits: bool = False
    lower_case: bool = False
    characters: bytes = b""
    leading_dots: bool = False
    dots: bool = False
    version: bool = True
    final_dot: bool = True

    def __post_init__(self) -> None:
        if refused := bytes(byte for byte in self.characters if byte not in _POSSIBLE):
            raise ValueError(
                f"{refused!r} cannot be allowed in names: characters are printable ones of ASCII but a slash and a "
                "semicolon; for dots there are `dots` and `leading_dots`"
            )


class RelaxedNames(IsoNames):
    """The names of an interchange level, less strict; see `naming.Scheme`."""

    def __init__(self, level: Level, relaxation: Relaxation) -> None:
        super().__init__(level)
        self._level, self._relaxation = level, relaxation
        allowed = D_CHARACTERS + relaxation.characters + b"./"
        allowed += (_SEVEN_BITS if relaxation.seven_bits else b"") + (_LOWER_CASE if relaxation.lower_case else b"")
        self._table = bytes(_spelled(byte, allowed) for byte in range(256))
        kept = [_LEADING] if relaxation.leading_dots else []
        self._file_dot = _dots_but(_LAST, *kept, anywhere=relaxation.dots)
        self._directory_dot = _dots_but(*kept, anywhere=relaxation.dots)

    def order(self, files: Sequence[bytes], directories: Sequence[bytes], /) -> Sequence[bytes]:
        """Return the keys with spaces behind what stands before an extension, and behind that (ECMA-119 9.3)."""
        return [*map(self._padded, files), *map(self._padded, directories)]

    def _padded(self, key: bytes) -> bytes:
        stem, _, extension = parts(key)
        return stem.ljust(self._level.directory) + extension

    def file_identifiers(self, keys: Iterable[bytes], /) -> list[bytes]:
        """Return the keys with what every file has at its end."""
        version = b";1" if self._relaxation.version else b""
        dot = b"." if self._relaxation.final_dot else b""
        return [key + (b"" if b"." in key else dot) + version for key in keys]

    def _directory_names(self, names: Sequence[str]) -> list[bytes]:
        return self._directory_dot.sub(b"_", translated(names, self._table)).split(b"/") if names else []

    def _file_names(self, names: Sequence[str]) -> list[bytes]:
        return self._file_dot.sub(b"_", translated(names, self._table)).split(b"/") if names else []


def _spelled(byte: int, allowed: bytes) -> int:
    """Return the character for one of a name: itself, else its capital letter, else an underscore."""
    capital = byte - 0x20 if byte in _LOWER_CASE else byte
    return next((one for one in (byte, capital) if one in allowed), ord("_"))


def _dots_but(*kept: bytes, anywhere: bool) -> re.Pattern[bytes]:
    """Return what finds the dots that become underscores: all but those that are kept, and final ones in any case."""
    if anywhere:
        return re.compile(_FINAL)
    others = b"".join(b"(?!%b)" % one for one in kept)
    return re.compile(rb"%b|%b\." % (_FINAL, others))

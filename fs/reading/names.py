"""Names out of directories, made fit for a tree."""

from __future__ import annotations

from typing import Final

from discstack.fs.reading.notes import Notes, Oddity
from discstack.fs.tree import Directory

# Longer paths than any system takes are cut off, so that a chain of directories cannot cost quadratic time
MOST_PATH: Final = 1 << 15
_FORBIDDEN: Final = str.maketrans("/\0", "__")


def iso_name(identifier: bytes) -> str:
    """Return an identifier of ISO 9660 without version number and final dot."""
    name, semicolon, version = identifier.rpartition(b";")
    stem = name if semicolon and version.isdigit() else identifier
    if stem.endswith(b".") and len(stem) > 1:
        stem = stem[:-1]
    return text(stem)


def joliet_name(identifier: bytes) -> str:
    """Return an identifier of Joliet without version number."""
    whole = wide_text(identifier)
    stem, semicolon, version = whole.rpartition(";")
    return stem if semicolon and version.isdecimal() else whole


def text(raw: bytes) -> str:
    """Return bytes as text; what is no UTF-8 is kept as the tree keeps it."""
    return raw.decode("utf-8", "surrogateescape")


def wide_text(raw: bytes) -> str:
    """Return 16-bit code units as text; halves of surrogate pairs are kept, half a code unit is not."""
    return raw[: len(raw) & ~1].decode("utf-16-be", "surrogatepass")


class Names:
    """Gives the names of one directory: such as a tree can take, each only once; notes tell of every change.

    Of files that differ in nothing but their version the later ones show it.
    """

    def __init__(self, directory: Directory, notes: Notes) -> None:
        self._directory, self._notes = directory, notes
        self._taken = set[str]()
        self._repeated = dict[str, int]()

    def give(self, name: str, identifier: str) -> str:
        """Return the name, or one like it; `identifier` is how it is recorded, for the second of two."""
        safe = _safe(name)
        if safe != name:
            self._notes.add(Oddity.NAME, self._directory.path, f"{name!r} becomes {safe!r}")
        free = safe if safe not in self._taken else self._other(safe, _safe(identifier))
        self._taken.add(free)
        return free

    def _other(self, name: str, identifier: str) -> str:
        free, number = identifier, self._repeated.get(name, 1)
        while free in self._taken:
            number += 1
            free = f"{name}~{number}"
        self._repeated[name] = number
        self._notes.add(Oddity.DUPLICATE, self._directory.path, f"{name!r}; another one becomes {free!r}")
        return free


def _safe(name: str) -> str:
    safe = name.translate(_FORBIDDEN)
    return safe if safe not in ("", ".", "..") else safe.replace(".", "_") or "_"


def too_deep(directory: Directory, name: str, notes: Notes) -> bool:
    """Tell, with a note, whether a directory lies so deep that what it holds is left out."""
    if len(directory.path) + len(name) <= MOST_PATH:
        return False
    notes.add(Oddity.TOO_MUCH, directory.path[:100] + "...", "directories nested too deeply; left out below here")
    return True

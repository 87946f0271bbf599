"""Making the names of one directory fit a view, each different from the others.

A name's form depends on the name alone, or on a clash with others, never on the order of additions: what can be kept
is kept; a name in which characters were replaced keeps that form unless two become the same; a name that had to be cut
carries a mark made from the whole name, and so do all that clash but the one that is shown as it is.

A key is what a name becomes without what every file of the view has at its end (a version number). Keys differ from
each other within a directory, and their order as bytes is that of the records, ECMA-119 9.3.
"""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b
from typing import Protocol

from discstack.fs.snapshot import DirectoryItem


class Scheme(Protocol):
    """How a view spells names."""

    @property
    def digits(self) -> int:
        """How many characters a mark has."""
        ...

    def file_key(self, name: str, /) -> bytes | None:
        """Return the key of a file's name, None if it is too long."""
        ...

    def directory_key(self, name: str, /) -> bytes | None:
        """Return the key of a directory's name, None if it is too long."""
        ...

    def marked_file(self, name: str, mark: bytes, /) -> bytes:
        """Return the key of a file's name cut to make room for a mark."""
        ...

    def marked_directory(self, name: str, mark: bytes, /) -> bytes:
        """Return the key of a directory's name cut to make room for a mark."""
        ...

    def file_identifier(self, key: bytes, /) -> bytes:
        """Return what is recorded for a file: the key with a version number."""
        ...

    def shown(self, identifier: bytes, /) -> str:
        """Return what a reader shows for a key or for what is recorded: text without a version number."""
        ...


def name_children(scheme: Scheme, directory: DirectoryItem) -> tuple[list[bytes], list[bytes]]:
    """Return the keys of a directory's files and of its directories, in the order of its items."""
    files = [scheme.file_key(file.name) for file in directory.files]
    directories = [scheme.directory_key(below.name) for below in directory.directories]
    counts = Counter(files)
    counts.update(directories)
    if None not in counts and len(counts) == len(files) + len(directories):
        return [key or b"" for key in files], [key or b"" for key in directories]
    return _settle(scheme, directory, (files, directories), counts)


def _settle(
    scheme: Scheme,
    directory: DirectoryItem,
    keys: tuple[list[bytes | None], list[bytes | None]],
    counts: Counter[bytes | None],
) -> tuple[list[bytes], list[bytes]]:
    """Resolve what clashes and shorten what was too long; names that are shown as they are come first."""
    taken = {key for key, count in counts.items() if count == 1}
    waiting = list[tuple[int, int, str]]()
    items = ([file.name for file in directory.files], [below.name for below in directory.directories])
    for kind, names in enumerate(items):
        for i, name in enumerate(names):
            key = keys[kind][i]
            if key is not None and (counts[key] == 1 or scheme.shown(key) == name):
                taken.add(key)
            else:
                waiting.append((kind, i, name))
    marked = (scheme.marked_file, scheme.marked_directory)
    for kind, i, name in waiting:
        attempt = 0
        while (free := marked[kind](name, mark_for(name, scheme.digits, attempt))) in taken:
            attempt += 1
        taken.add(free)
        keys[kind][i] = free
    return [key or b"" for key in keys[0]], [key or b"" for key in keys[1]]


def mark_for(name: str, digits: int, attempt: int = 0) -> bytes:
    """Return `digits` (an even number) hexadecimal digits that stand for the whole name."""
    salt = b"%d" % attempt if attempt else b""
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=digits // 2, salt=salt)
    return digest.hexdigest().upper().encode("ascii")

"""Making the names of one directory fit a view, each different from the others.

A name's form depends on the name alone, or on a clash with others, never on the order of additions: what can be kept
is kept; a name in which characters were replaced keeps that form unless two become the same; a name that had to be cut
carries a mark made from the whole name, and so do all that clash but the one that is shown as it is, or is so but for
its case.

A key is what a name becomes without what every file of the view has at its end (a version number). Keys differ from
each other within a directory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import repeat
from struct import pack
from typing import Final, Protocol, cast
from zlib import crc32

ATTEMPTS: Final = 64  # marks of one length that a name tries before it takes a longer one
LONGEST: Final = 7  # digits of a mark that any view has room for beside the character before it


class Scheme(Protocol):
    """How a view spells names."""

    @property
    def digits(self) -> int:
        """How many characters a mark has."""
        ...

    def file_keys(self, names: Sequence[str], /) -> list[bytes | None]:
        """Return the key of each file's name, None for one that is too long."""
        ...

    def directory_keys(self, names: Sequence[str], /) -> list[bytes | None]:
        """Return the key of each directory's name, None for one that is too long."""
        ...

    def marked_files(self, names: Sequence[str], marks: Sequence[bytes], /) -> list[bytes]:
        """Return the key of each file's name cut to make room for its mark; all marks are of one length."""
        ...

    def marked_directories(self, names: Sequence[str], marks: Sequence[bytes], /) -> list[bytes]:
        """Return the key of each directory's name cut to make room for its mark."""
        ...

    def order(self, files: Sequence[bytes], directories: Sequence[bytes], /) -> Sequence[bytes]:
        """Return for each key, those of files first, what its record is to be ordered by, ECMA-119 9.3."""
        ...

    def file_identifiers(self, keys: Iterable[bytes], /) -> list[bytes]:
        """Return what is recorded for files: their keys with a version number."""
        ...

    def shown(self, identifier: bytes, /) -> str:
        """Return what a reader shows for a key or for what is recorded: text without a version number."""
        ...

    def shows(self, keys: Sequence[bytes], names: Sequence[str], /) -> bool:
        """Tell whether a reader shows for each key of a directory the name that it was made from."""
        ...


def name_children(scheme: Scheme, files: Sequence[str], directories: Sequence[str]) -> tuple[list[bytes], list[bytes]]:
    """Return the keys of a directory's files and of its directories, in the order of their names."""
    keys = (scheme.file_keys(files), scheme.directory_keys(directories))
    counts = Counter(keys[0])
    counts.update(keys[1])
    if None in counts or len(counts) < len(files) + len(directories):
        _settle(scheme, (files, directories), keys, counts)
    return cast(tuple[list[bytes], list[bytes]], keys)


def _settle(
    scheme: Scheme,
    names: tuple[Sequence[str], Sequence[str]],
    keys: tuple[list[bytes | None], list[bytes | None]],
    counts: Counter[bytes | None],
) -> None:
    """Resolve what clashes and shorten what was too long."""
    winners = _winners(scheme, names, keys, counts)
    taken = {key for key, count in counts.items() if count == 1} | winners.keys()
    waiting = [
        [i for i, key in enumerate(keys[kind]) if key is None or (counts[key] > 1 and winners.get(key) != (kind, i))]
        for kind in range(2)
    ]
    for kind, marked in enumerate((scheme.marked_files, scheme.marked_directories)):
        chosen, settled = [names[kind][i] for i in waiting[kind]], keys[kind]
        free = marked(chosen, marks_for(chosen, scheme.digits))
        for i, name, key in zip(waiting[kind], chosen, free, strict=True):
            attempt = 0
            while key in taken:
                attempt += 1
                (key,) = marked([name], marks_for([name], _digits(scheme, attempt), attempt))
            taken.add(key)
            settled[i] = key


def _winners(
    scheme: Scheme,
    names: tuple[Sequence[str], Sequence[str]],
    keys: tuple[list[bytes | None], list[bytes | None]],
    counts: Counter[bytes | None],
) -> dict[bytes, tuple[int, int]]:
    """Return, by key, which kind and number of those that became the same keeps it.

    That is what is shown as it is, else the only one of which nothing but the case was changed: what is added later
    does not give it another name, unless that is shown as it is.
    """
    exact, cased = dict[bytes, tuple[int, int]](), dict[bytes, list[tuple[int, int]]]()
    for kind in range(2):
        for i, (key, name) in enumerate(zip(keys[kind], names[kind], strict=True)):
            if key is None or counts[key] == 1:
                continue
            shown = scheme.shown(key)
            if shown == name:
                exact[key] = kind, i
            elif shown == name.upper():
                cased.setdefault(key, []).append((kind, i))
    return {key: places[0] for key, places in cased.items() if len(places) == 1} | exact


def _digits(scheme: Scheme, attempt: int) -> int:
    """Return how long a mark is; those of four digits run out where more than 65,536 names start alike."""
    return max(scheme.digits, min(scheme.digits + attempt // ATTEMPTS, LONGEST))


def marks_for(names: Sequence[str], digits: int, attempt: int = 0) -> list[bytes]:
    """Return `digits` (at most 8) hexadecimal digits for each name that stand for all of it, others at each attempt."""
    texts = "/".join(names).encode("utf-8", "surrogatepass").split(b"/") if names else []
    sums = pack(f">{len(texts)}L", *map(crc32, texts, repeat(attempt)))
    marks = sums.hex("/", 4).upper().encode().split(b"/") if names else []
    return marks if digits == 8 else [mark[-digits:] for mark in marks]

"""Which file data lies first: weights given by globs, as in the sort files of mkisofs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache

from discstack.fs.errors import LayoutError
from discstack.fs.items import FileItem
from discstack.fs.snapshot import Snapshot
from discstack.fs.sources import PathSource


@dataclass(frozen=True, slots=True)
class Weight:
    """A glob for paths and how much what it matches weighs: the heaviest lies first, and what none matches weighs 0.

    The paths are those in the image and those of the sources; a folder's weight is that of all below it, unless
    something below has its own. Of several globs that match one path the last one counts.
    """

    glob: str
    weight: int


def parse_weights(lines: Iterable[str]) -> tuple[Weight, ...]:
    """Return the weights of a sort file: in each line a glob, one space or tab, and a whole number."""
    return tuple(_parse(number, line.rstrip("\r\n")) for number, line in enumerate(lines, 1) if line.strip())


def _parse(number: int, line: str) -> Weight:
    match = re.fullmatch(r"(.+)[ \t]([+-]?\d+)", line)
    if match is None:
        raise LayoutError(f"line {number} of the sort file is no path, space and whole number: {line!r}")
    return Weight(match[1], int(match[2]))


def sorted_files(snapshot: Snapshot, weights: Iterable[Weight]) -> Iterator[FileItem]:
    """Return all files of an image in the order of their data: by weight, else in the order of the directories."""
    weigh = _Scales(weights)
    return iter(sorted(snapshot.files, key=weigh, reverse=True)) if weigh else snapshot.files


class _Scales:
    """Weighs files, each of them by the glob that is nearest to it."""

    def __init__(self, weights: Iterable[Weight]) -> None:
        self._rules = [
            (re.compile(f"{translate('/' + weight.glob.strip('/'))}|{translate(os.path.abspath(weight.glob))}"), weight)
            for weight in reversed([*weights])
        ]
        self._of_folder = lru_cache(maxsize=None)(self._nearest)

    def __bool__(self) -> bool:
        return bool(self._rules)

    def __call__(self, file: FileItem) -> int:
        paths = [file.path]
        if isinstance(file.source, PathSource):
            paths.append(file.source.label)
        for path in paths:
            own = self._own(path)
            if own is not None:
                return own
        folders = (self._of_folder(os.path.dirname(path)) for path in paths)
        return next((weight for weight in folders if weight is not None), 0)

    def _own(self, path: str) -> int | None:
        return next((rule.weight for pattern, rule in self._rules if pattern.match(path)), None)

    def _nearest(self, folder: str) -> int | None:
        own = self._own(folder)
        above = os.path.dirname(folder)
        return own if own is not None or above == folder else self._of_folder(above)

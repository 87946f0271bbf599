"""Files with the same data under different names, so that it is stored once: of equal size first, then by SHA-256."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from discstack.fs.items import FileItem
from discstack.fs.sources import MadeSource, digest_of


def find_duplicates(files: Iterable[FileItem]) -> Mapping[FileItem, FileItem]:
    """Return for each file whose data an earlier one has as well that earlier file.

    What has the size of another file is read for that; SourceError where that is not possible. What is made with the
    image, such as a boot catalogue, cannot be read before it.
    """
    sized = defaultdict[int, list[FileItem]](list)
    for file in files:
        if file.size and not isinstance(file.source, MadeSource):
            sized[file.size].append(file)
    found = dict[FileItem, FileItem]()
    for alike in sized.values():
        if len(alike) > 1:
            found.update(_twins(alike))
    return found


def _twins(files: Iterable[FileItem]) -> Iterable[tuple[FileItem, FileItem]]:
    first, digests = dict[bytes, FileItem](), dict[int, bytes]()
    for file in files:
        key = id(file.link or file.source)
        if key not in digests:  # hard links are read once
            digests[key] = digest_of(file.source)
        owner = first.setdefault(digests[key], file)
        if owner is not file:
            yield file, owner

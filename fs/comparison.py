"""Whether the files of a tree that was read are those that should be there: those of a manifest, or of another tree.

Files are read in the order in which they lie on the medium.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import Final

from discstack.fs.errors import SourceError, printable
from discstack.fs.nodes import File, Special, Symlink
from discstack.fs.reading.extents import MediumSource
from discstack.fs.sources import Reader, Source
from discstack.fs.tree import Directory, Node

PIECE: Final = 1 << 20  # bytes that are read at a time
_KINDS: Final[Mapping[type, str]] = {
    Directory: "a directory",
    File: "a file",
    Symlink: "a symbolic link",
    Special: "a special file",
}

Watch = Callable[[str, int], None]  # hears of some bytes of a file that were read


class Mismatch(Enum):
    """How something is not what it should be; `EXTRA` is what nobody asked about."""

    MISSING = "missing"
    DIFFERS = "differs"
    UNREADABLE = "cannot be read"
    EXTRA = "not listed"


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not what it should be; `path` counts from the root of the volume, "/"."""

    path: str
    mismatch: Mismatch
    detail: str = ""

    def __str__(self) -> str:
        return f"{printable(self.path)}: {self.mismatch.value}{': ' if self.detail else ''}{self.detail}"


def compare_with_manifest(root: Directory, digests: Mapping[str, bytes], watch: Watch) -> Iterator[Difference]:
    """Yield how the files below a root differ from those that a manifest has the SHA-256 of."""
    found = dict[str, File]()
    for path in digests:
        node = root.find(path)
        if isinstance(node, File):
            found[path] = node
        else:
            yield Difference(path, Mismatch.MISSING, "" if node is None else f"it is {_kind(node)}")
    for path, file in _by_place(found):
        try:
            if _digest(path, file, watch) != digests[path]:
                yield Difference(path, Mismatch.DIFFERS, "its SHA-256 is another one")
        except SourceError as error:
            yield Difference(path, Mismatch.UNREADABLE, error.reason)
    yield from _extra(node for node in root.walk() if isinstance(node, File) and node.path not in digests)


def compare_with_tree(root: Directory, tree: Directory, watch: Watch) -> Iterator[Difference]:
    """Yield how what is below a root differs from a tree: in names, kinds, data and targets of links.

    Raises SourceError for a file of the tree that cannot be read, or is not what it was.
    """
    found = dict[str, File]()
    for wanted in tree.walk():
        path = wanted.path
        node = root.find(path)
        if node is None:
            yield Difference(path, Mismatch.MISSING)
        elif type(node) is not type(wanted):
            yield Difference(path, Mismatch.DIFFERS, f"it is {_kind(node)}, not {_kind(wanted)}")
        elif isinstance(node, File):
            found[path] = node
        elif (detail := _other(node, wanted)) is not None:
            yield Difference(path, Mismatch.DIFFERS, detail)
    for path, file in _by_place(found):
        original = tree.find(path)
        assert isinstance(original, File)
        try:
            detail = _other_data(path, file, original.source, watch)
        except _UnreadableError as error:
            yield Difference(path, Mismatch.UNREADABLE, str(error))
        else:
            if detail:
                yield Difference(path, Mismatch.DIFFERS, detail)
    yield from _extra(node for node in root.walk() if node.path not in tree)


class _UnreadableError(Exception):
    """A file that was read back could not be."""


def _extra(nodes: Iterator[Node]) -> Iterator[Difference]:
    return (Difference(node.path, Mismatch.EXTRA) for node in nodes)


def _kind(node: Node) -> str:
    return _KINDS[type(node)]


def _by_place(found: Mapping[str, File]) -> list[tuple[str, File]]:
    """Return files in the order in which they lie on the medium: a drive that seeks takes long."""

    def place(entry: tuple[str, File]) -> int:
        source = entry[1].source
        return source.extents[0].lba if isinstance(source, MediumSource) and source.extents else -1

    return sorted(found.items(), key=place)


def _digest(path: str, file: File, watch: Watch) -> bytes:
    total = sha256()
    for piece in _pieces(file.source):
        total.update(piece)
        watch(path, len(piece))
    return total.digest()


def _other(node: Node, wanted: Node) -> str | None:
    """Say how what has no data differs, None if it does not."""
    if isinstance(node, Symlink) and isinstance(wanted, Symlink) and node.target != wanted.target:
        return f"it leads to {node.shown_target}"
    if isinstance(node, Special) and isinstance(wanted, Special):
        if node.kind is not wanted.kind:
            return f"it is {node.kind.described}"
        if node.device != wanted.device:
            return "it stands for another device"
    return None


def _other_data(path: str, file: File, original: Source, watch: Watch) -> str:
    """Say how the data of a file differs from that of its original; nothing if it does not."""
    if file.size != original.size:
        return f"it has {file.size} bytes, not {original.size}"
    position, pieces = 0, _pieces(original)
    for ours in _read_back(file.source):
        theirs = next(pieces)
        if ours.tobytes() != theirs.tobytes():
            first = next(at for at in range(len(ours)) if ours[at] != theirs[at])
            return f"its data is another one from byte {position + first} on"
        position += len(ours)
        watch(path, len(ours))
    next(pieces, None)  # which tells if the original is another file now
    return ""


def _read_back(source: Source) -> Iterator[memoryview]:
    try:
        yield from _pieces(source)
    except SourceError as error:
        raise _UnreadableError(error.reason) from error


def _pieces(source: Source) -> Iterator[memoryview]:
    """Yield the data of a source, in order; each piece holds until the next one is asked for."""
    buffer = memoryview(bytearray(min(PIECE, source.size)))
    reader: Reader = source.open()
    try:
        for offset in range(0, source.size, PIECE):
            piece = buffer[: source.size - offset]
            reader.read_at(offset, piece)
            yield piece
        reader.finish()
    finally:
        reader.close()

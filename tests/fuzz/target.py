"""What is tried with every medium of the fuzzer's: all views are read, and the start and the end of every file."""

from __future__ import annotations

from typing import Final

from sparse import SparseMedium

from discstack.fs.errors import SourceError, VolumeError
from discstack.fs.nodes import File
from discstack.fs.reading.notes import MOST_NOTES
from discstack.fs.reading.view import VolumeView
from discstack.fs.reading.volume import Volume, last_session, read_volume

PIECE: Final = 4096
# Bytes read for a byte of the medium: two passes, whole chunks of 16 sectors for one of them, the structures themselves
MOST_READ: Final = 40
SLACK: Final = 64 << 20


def look(packed: bytes) -> None:
    """Read what there is; nothing but our own errors may come out, and work stays in proportion to the medium."""
    medium = SparseMedium(packed)
    if not medium.sectors:
        return
    for start in {0, last_session(medium)}:
        for view in (None, *VolumeView):
            medium.read = 0
            try:
                volume = read_volume(medium, start=start, view=view)
            except VolumeError:
                continue
            assert medium.read <= MOST_READ * medium.sectors * 2048 + SLACK, "more was read than there is"
            check(volume)


def check(volume: Volume) -> None:
    """Look at every node."""
    assert len(volume.notes) <= MOST_NOTES + 1
    assert all(str(note) for note in volume.notes)
    for node in volume.root.walk():
        assert node.name not in ("", ".", "..")
        assert "/" not in node.name
        assert "\0" not in node.name
        if isinstance(node, File) and node.size:
            touch(node)


def touch(file: File) -> None:
    """Read the first and the last bytes of a file."""
    take = min(PIECE, file.size)
    try:
        reader = file.source.open()
        for offset in (0, file.size - take):
            reader.read_at(offset, memoryview(bytearray(take)))
    except SourceError:
        return

"""What is tried with every medium of the fuzzer's: all views are read, and the start and the end of every file."""

from __future__ import annotations

from typing import Final

from sparse import SparseMedium

from discstack.fs.base import Base
from discstack.fs.bridge import build_image
from discstack.fs.errors import LayoutError, SourceError, VolumeError
from discstack.fs.nodes import File
from discstack.fs.options import ImageOptions
from discstack.fs.reading.disk import find_disk
from discstack.fs.reading.notes import MOST_NOTES, Notes
from discstack.fs.reading.sessions import last_session
from discstack.fs.reading.view import VolumeView
from discstack.fs.reading.volume import Volume, read_volume
from discstack.fs.view import Change, View

PIECE: Final = 4096
# Bytes read for a byte of the medium: two passes, whole chunks of 16 sectors for one of them, the structures themselves
MOST_READ: Final = 40
SLACK: Final = 64 << 20


def look(packed: bytes) -> None:
    """Read what there is; nothing but our own errors may come out, and work stays in proportion to the medium."""
    medium = SparseMedium(packed)
    if not medium.sectors:
        return
    assert all(partition.end <= medium.sectors * 4 for partition in find_disk(medium).partitions)
    for start in {0, last_session(medium, Notes())}:
        for view in (None, *VolumeView):
            medium.read = 0
            try:
                volume = read_volume(medium, start=start, view=view)
            except VolumeError:
                continue
            assert medium.read <= MOST_READ * medium.sectors * 2048 + SLACK, "more was read than there is"
            check(volume)
            if view is None:
                add_to(medium, volume)


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


def add_to(medium: SparseMedium, volume: Volume) -> None:
    """Plan and build the next session with all that was read: it is made and read back, or refused."""
    nodes = sum(1 for _ in volume.root.walk())
    try:
        image = build_image(volume.root, ImageOptions(base=Base(medium, medium.sectors), udf_specials=True))
        lost = sum(1 for issue in image.issues if issue.change is Change.SKIPPED and issue.view is View.UDF)
        again = read_volume(image, start=image.start, view=VolumeView.UDF)
    except (LayoutError, SourceError):
        return
    assert sum(1 for _ in again.root.walk()) == nodes - lost


def touch(file: File) -> None:
    """Read the first and the last bytes of a file."""
    take = min(PIECE, file.size)
    try:
        reader = file.source.open()
        for offset in (0, file.size - take):
            reader.read_at(offset, memoryview(bytearray(take)))
    except SourceError:
        return

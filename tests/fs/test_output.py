"""Every way out of an image gives the same bytes, and none of them lets a source that changed go unseen."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from systems import BATCH_READERS

from discstack.fs.batch import BatchReader
from discstack.fs.bridge import build_image
from discstack.fs.errors import SourceError
from discstack.fs.image import Image
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory

MIB = 1 << 20
SIZES = {
    "a": 1,
    "b": 2048,
    "c": 2049,
    "empty": 0,
    "large, whole": MIB + 4096,
    "large, odd": 3 * MIB + 4097,
    "m": 700_000,
    "n": MIB - 1,
    "o": MIB,
    "p": 5,
}
Way = Callable[[Image, Path], bytes]


def by_path(image: Image, folder: Path) -> bytes:
    image.write_to(folder / "out")
    return (folder / "out").read_bytes()


def by_file_object(image: Image, folder: Path) -> bytes:
    with (folder / "out").open("wb") as file:
        file.write(b"before")
        image.write_to(file)
    data = (folder / "out").read_bytes()
    assert data[:6] == b"before"
    return data[6:]


def by_appended_file(image: Image, folder: Path) -> bytes:
    with (folder / "out").open("ab", buffering=0) as file:
        image.write_to(file)
    return (folder / "out").read_bytes()


def by_memory(image: Image, folder: Path) -> bytes:
    target = io.BytesIO()
    image.write_to(target)
    return target.getvalue()


def by_named_pipe(image: Image, folder: Path) -> bytes:
    os.mkfifo(folder / "pipe")
    got = list[bytes]()

    def read() -> None:
        with (folder / "pipe").open("rb") as file:
            got.append(file.read())

    reader = threading.Thread(target=read)
    reader.start()
    try:
        image.write_to(folder / "pipe")
    finally:
        reader.join()
    return got[0]


WAYS = (
    *(by_path, by_file_object, by_appended_file, by_memory),
    pytest.param(by_named_pipe, marks=pytest.mark.linux("named pipes")),
)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    top = tmp_path / "sources"
    top.mkdir()
    for number, (name, size) in enumerate(SIZES.items()):
        (top / name).write_bytes(bytes([number + 1]) * size)
    return top


@pytest.fixture(params=BATCH_READERS)
def batches(request: pytest.FixtureRequest) -> BatchReader | None:
    chosen: BatchReader | None = request.param
    return chosen


def plan(folder: Path, batches: BatchReader | None, **options: int) -> Image:
    root = Directory()
    root.add_tree(folder)
    root.create_file("l, of bytes", b"l" * 5000)
    return build_image(root, ImageOptions(**options), batches)  # type: ignore[arg-type]


def expected(image: Image) -> bytes:
    buffer = bytearray(image.size)
    image.read_at(0, buffer)
    return bytes(buffer)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("alignment", [1, 3])
def test_every_way_gives_what_random_reads_give(
    way: Way, alignment: int, sources: Path, batches: BatchReader | None, tmp_path: Path
) -> None:
    image = plan(sources, None, alignment=alignment)
    assert way(plan(sources, batches, alignment=alignment), tmp_path) == expected(image)


def test_a_tree_without_data_has_nothing_to_copy(batches: BatchReader | None, tmp_path: Path) -> None:
    image = build_image(Directory(), batches=batches)
    assert by_path(image, tmp_path) == expected(image)


def test_a_stream_gives_the_same_in_parts_of_any_size(sources: Path, batches: BatchReader | None) -> None:
    whole = expected(plan(sources, None))
    for size in (2048, 3 * 2048, 100_000, MIB, 8 * MIB):
        buffer, parts = memoryview(bytearray(size)), list[bytes]()
        with plan(sources, batches).stream() as stream:
            while count := stream.readinto(buffer):
                parts.append(bytes(buffer[:count]))
        assert b"".join(parts) == whole


@pytest.mark.parametrize("way", [by_path, WAYS[-1]])
@pytest.mark.parametrize("name", ["a", "large, odd", "o"])
@pytest.mark.parametrize(
    "change",
    [*("grow", "shrink", "touch", "replace", "remove"), pytest.param("pipe", marks=pytest.mark.linux("FIFOs"))],
)
def test_a_changed_source_is_an_error_that_names_it(
    way: Way, name: str, change: str, sources: Path, batches: BatchReader | None, tmp_path: Path
) -> None:
    image, path = plan(sources, batches), sources / name
    status = path.stat()
    if change == "grow":
        with path.open("ab") as file:
            file.write(b"more")
    elif change == "shrink":
        os.truncate(path, status.st_size - 1)
    elif change == "touch":
        os.utime(path, ns=(0, status.st_mtime_ns + 100))
    else:
        path.rename(tmp_path / "keeps its inode")
    if change == "replace":
        path.write_bytes(b"x" * status.st_size)
        os.utime(path, ns=(0, status.st_mtime_ns))
    elif change == "pipe":
        os.mkfifo(path)
    with pytest.raises(SourceError, match=name):
        way(image, tmp_path)


@pytest.mark.linux("pipes that hold pages of a file")
def test_a_change_while_a_pipe_still_holds_pages_is_seen(sources: Path, batches: BatchReader | None) -> None:
    """The reader takes the last of the file only after it was changed; the pipe held none of its pages by then."""
    os.utime(sources / "large, odd", (0, 1_600_000_000))  # what is written next may be in the same tick
    image = plan(sources, batches)
    reading, writing = os.pipe()
    failure = list[BaseException]()

    def write() -> None:
        try:
            with open(writing, "wb", buffering=0) as file:
                image.write_to(file)
        except SourceError as error:
            failure.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    start = next(span for lba in range(image.sectors) if (span := image.file_at(lba)).label == "/large, odd")
    with open(reading, "rb", buffering=0) as file:
        left = start.lba * 2048 + MIB
        while left:
            got = file.read(min(left, 65536))
            assert got
            left -= len(got)
        with (sources / "large, odd").open("r+b") as source:
            source.write(b"changed")
        while file.read(MIB):
            pass
    writer.join()
    assert [str(error) for error in failure] == [
        f"{sources / 'large, odd'}: it was written to since the image was planned"
    ]


def test_progress_ends_with_the_size_of_the_image(sources: Path, batches: BatchReader | None, tmp_path: Path) -> None:
    image = plan(sources, batches)
    with (tmp_path / "appended").open("ab") as appended:
        for target in (tmp_path / "out", io.BytesIO(), appended):
            told, sectors = list[int](), set[int]()

            def tell(count: int, last: range, told: list[int] = told, sectors: set[int] = sectors) -> None:
                told.append(count)
                sectors.update(last)

            image.write_to(target, tell)
            assert told == sorted(told)
            assert told[-1] == image.size
            assert max(later - earlier for earlier, later in pairwise(told)) < 4 * MIB
            assert max(sectors) < image.sectors
            assert {image.file_at(sector).label for sector in sectors} >= {"/large, whole", "/large, odd", "/p"}


@pytest.mark.linux("/dev/full")
def test_an_error_of_the_target_is_told(sources: Path, batches: BatchReader | None) -> None:
    with pytest.raises(OSError, match="No space left"):
        plan(sources, batches).write_to("/dev/full")

"""Images that reach the ring without Python in between: the same bytes, the same digests, the same errors."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from discstack.fs.bridge import build_image
from discstack.fs.errors import SourceError
from discstack.fs.image import Image
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory
from discstack.image_file import ImageFile
from discstack.mmc.errors import Cancelled
from discstack.mmc.stream import CHUNK, Pump
from discstack.native import Ring, files
from discstack.native.pump import NativePump

UNIT = 65536
LARGE = 3_000_001  # bytes: no whole sectors, and larger than half the ring


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    top = tmp_path / "folder"
    top.mkdir()
    for number in range(300):
        (top / f"small {number:03}").write_bytes(number.to_bytes(2, "big") * (number * 37 % 5000))
    for number, size in enumerate((LARGE, 1 << 20, (1 << 20) - 1, 4 * CHUNK)):
        (top / f"large {number}").write_bytes(os.urandom(size))
    return top


@pytest.fixture
def image(folder: Path) -> Image:
    root = Directory()
    root.add_tree(folder)
    return build_image(root, ImageOptions(), files)


class Counting:
    """An image's stream that remembers how much of it was poured."""

    def __init__(self, image: Image | ImageFile) -> None:
        self.stream = image.stream()
        self.sectors = self.stream.sectors
        self.readinto = self.stream.readinto
        self.poured = 0

    def pour(self, into: NativePump) -> int:
        count = self.stream.pour(into)
        self.poured += count
        return count


def pumped(source: Counting, capacity: int = 4 << 20) -> tuple[bytes, tuple[bytes, ...]]:
    ring, got = Ring(capacity, UNIT), bytearray()
    with Pump(source, ring) as pump:
        while data := ring.take(UNIT, timeout=30):
            got += data
            ring.release(len(data))
        return bytes(got), pump.result()


def whole(image: Image) -> bytes:
    data = bytearray(image.size)
    image.read_at(0, data)
    return bytes(data)


@pytest.mark.linux("native code that reads files")
@pytest.mark.parametrize("capacity", [2 * UNIT, 1 << 20, 4 << 20, 40 << 20])
def test_what_is_poured_is_the_image(image: Image, capacity: int) -> None:
    source, wanted = Counting(image), whole(image)
    got, digests = pumped(source, capacity)
    assert got[: len(wanted)] == wanted
    assert not any(got[len(wanted) :])
    assert digests == tuple(xxhash.xxh3_128(wanted[at : at + CHUNK]).digest() for at in range(0, len(wanted), CHUNK))
    assert source.poured > 8_000_000


@pytest.mark.linux("native code that reads files")
def test_an_image_file_is_poured_up_to_its_last_sector(tmp_path: Path) -> None:
    path, data = tmp_path / "image", os.urandom(2_000_001)
    path.write_bytes(data)
    source = Counting(ImageFile(path))
    assert pumped(source)[0].rstrip(b"\0") == data.rstrip(b"\0")
    assert source.poured == 976 * 2048


@pytest.mark.linux("native code that reads files")
@pytest.mark.parametrize("name", ["small 150", "large 0"])
def test_a_file_that_changed_is_named(image: Image, folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes()[::-1] + b"!")
    with pytest.raises(SourceError, match=name):
        pumped(Counting(image))


@pytest.mark.linux("native code that reads files")
def test_a_file_that_is_cut_while_it_is_poured_is_an_error(folder: Path, image: Image) -> None:
    ring = Ring(1 << 20, UNIT)
    with Pump(image.stream(), ring) as pump:
        ring.wait_full(30)
        for path in folder.iterdir():
            os.truncate(path, 100)
        while data := ring.take(UNIT, timeout=30):
            ring.release(len(data))
        with pytest.raises(SourceError):
            pump.result()


@pytest.mark.linux("native code that reads files")
def test_digests_of_files_go_the_long_way(folder: Path) -> None:
    root = Directory()
    root.add_tree(folder)
    source = Counting(build_image(root, ImageOptions(digests=True), files))
    pumped(source)
    assert source.poured == 0


def test_cancel_ends_a_pump_that_waits_in_c(image: Image) -> None:
    ring = Ring(2 * UNIT, UNIT)
    with Pump(image.stream(), ring) as pump:
        ring.wait_full(30)
        ring.cancel()
        with pytest.raises(Cancelled):
            pump.result()


@settings(deadline=None)
@given(st.integers(241, 5000), st.integers(241, 2000), st.lists(st.integers(1, 700), min_size=1))
def test_digests_do_not_depend_on_the_pieces(size: int, chunk: int, pieces: list[int]) -> None:
    if size % chunk < 241:
        size += chunk - size % chunk
    data = bytes(number * 7919 >> 3 & 0xFF for number in range(size))
    ring = Ring(1 << 13, 1 << 12)
    pump, at, turn = NativePump(ring, size, chunk), 0, 0
    while at < size:
        region = ring.reserve(min(pieces[turn % len(pieces)], size - at))
        region[:] = data[at : at + len(region)]
        pump.commit(region)
        at, turn = at + len(region), turn + 1
        ring.release(len(ring.take(len(region), timeout=5)))
    wanted = [xxhash.xxh3_128(data[start : start + chunk]).digest() for start in range(0, size, chunk)]
    assert list(pump.digests()) == wanted


def test_a_chunk_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="less than 241"):
        NativePump(Ring(2 * UNIT, UNIT), CHUNK + 240, CHUNK)

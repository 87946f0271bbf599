"""Images that reach the ring without Python in between: the same bytes, the same digests, the same errors."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
import xxhash
from hypothesis import example, given, settings
from hypothesis import strategies as st

from discstack.fs.bridge import build_image
from discstack.fs.errors import SourceError
from discstack.fs.image import Image
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory
from discstack.image_file import ImageFile
from discstack.mmc import stream
from discstack.mmc.errors import Cancelled
from discstack.mmc.stream import CHUNK, Pouring, Pump
from discstack.native import Ring, files
from discstack.native.pieces import Pieces
from discstack.native.pump import NativePump

UNIT = 65536
SECTOR = 2048
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
        self.readinto, self.go_to = self.stream.readinto, self.stream.go_to
        self.poured = 0

    def pour(self, into: Pouring) -> int:
        count = self.stream.pour(into)
        self.poured += count
        return count


def pumped(source: Counting, capacity: int = 4 << 20) -> tuple[bytes, tuple[bytes, ...]]:
    ring, got = Ring(capacity, UNIT), bytearray()
    with Pump(source, ring) as pump:
        while data := ring.take(UNIT, timeout=200):
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
def test_an_image_file_is_poured_with_zeros_behind_it(tmp_path: Path) -> None:
    path, data = tmp_path / "image", os.urandom(2_000_001)
    path.write_bytes(data)
    source = Counting(ImageFile(path))
    assert pumped(source)[0].rstrip(b"\0") == data.rstrip(b"\0")
    assert source.poured == 977 * 2048


class Asked(Counting):
    """One that remembers how many bytes were in the ring each time that it was asked for something."""

    def __init__(self, image: Image, ring: Ring) -> None:
        super().__init__(image)
        self.ring, self.asked = ring, list[int]()
        self.readinto = self.read

    def read(self, buffer: memoryview) -> int:
        self.asked.append(self.ring.counters().bytes_in)
        return self.stream.readinto(buffer)

    def pour(self, into: Pouring) -> int:
        self.asked.append(self.ring.counters().bytes_in)
        return super().pour(into)


@pytest.mark.linux("native code that reads files")
def test_nothing_is_asked_of_python_once_something_is_in_the_ring(image: Image) -> None:
    ring = Ring(4 << 20, UNIT)
    source = Asked(image, ring)
    with Pump(source, ring, padding=100):
        while data := ring.take(UNIT, timeout=200):
            ring.release(len(data))
    assert ring.closed
    assert len(source.asked) > 4
    assert not any(source.asked)


@pytest.mark.linux("native code that reads files")
@pytest.mark.parametrize("room", [0, 5000, 12_000, 20_000, 500_000])
def test_what_there_is_no_memory_to_lay_up_goes_the_long_way(
    image: Image, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(stream, "MOST_LAID_UP", room)
    wanted = whole(image)
    got, digests = pumped(Counting(image))
    assert got.rstrip(b"\0") == wanted.rstrip(b"\0")
    assert digests == tuple(xxhash.xxh3_128(wanted[at : at + CHUNK]).digest() for at in range(0, len(wanted), CHUNK))


class Doubtful(Counting):
    """One that remembers wrong inodes of its files, so that native code takes none of them."""

    def pour(self, into: Pouring) -> int:
        class Liar:
            def files(
                self, paths: bytes, facts: bytes, count: int, skip: int, digests: memoryview | None = None
            ) -> int:
                wrong = facts[: 16 * count] + bytes(8 * count) + facts[24 * count :]
                return into.files(paths, wrong, count, skip, digests)

        return super().pour(Liar())


@pytest.mark.linux("native code that reads files")
def test_what_native_code_does_not_take_python_reads(image: Image, tmp_path: Path) -> None:
    wanted = whole(image)
    assert pumped(Doubtful(image))[0].rstrip(b"\0") == wanted.rstrip(b"\0")
    path = tmp_path / "image"
    path.write_bytes(wanted + b"more")
    assert pumped(Doubtful(ImageFile(path)))[0].rstrip(b"\0") == wanted + b"more"


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
        while data := ring.take(UNIT, timeout=200):
            ring.release(len(data))
        with pytest.raises(SourceError):
            pump.result()


@pytest.mark.linux("native code that reads files")
@pytest.mark.parametrize("room", [0, 20_000, 50_000_000])
@pytest.mark.parametrize("kind", [Counting, Doubtful])
def test_digests_of_files_are_made_on_the_way(
    folder: Path, kind: type[Counting], room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "MOST_LAID_UP", room)
    root = Directory()
    root.add_tree(folder)
    image = build_image(root, ImageOptions(digests=True), files)
    source = kind(image)
    pumped(source)
    assert source.poured or kind is Doubtful
    wanted = {f"/{path.name}": hashlib.sha256(path.read_bytes()).digest() for path in folder.iterdir()}
    assert dict(image.digests()) == wanted


@pytest.fixture
def gapped(tmp_path: Path) -> Path:
    """The first of two large files between which lies a sector of zeros."""
    (tmp_path / "gapped").mkdir()
    for name in ("one", "two"):
        (tmp_path / "gapped" / name).write_bytes(os.urandom((1 << 20) + SECTOR))
        os.utime(tmp_path / "gapped" / name, (0, 1_600_000_000))  # what is written next may be in the same tick as this
    return tmp_path / "gapped/one"


def pour_while(change: Callable[[], object], source: Counting, first: int) -> None:
    """Pump sector by sector, and let something happen when the file that starts at sector `first` is on its way."""
    ring = Ring(2 * SECTOR, SECTOR)
    with Pump(source, ring) as pump:
        for sector in range(source.sectors):
            if not (data := ring.take(SECTOR, timeout=200)):
                break
            ring.release(len(data))
            if sector == first + 100:
                change()
        pump.result()


@pytest.mark.linux("native code that reads files")
@pytest.mark.parametrize("digests", [False, True])
def test_a_file_that_is_written_to_while_it_is_poured_is_an_error_wherever_a_region_ends(
    gapped: Path, digests: bool
) -> None:
    root = Directory()
    root.add_tree(gapped.parent)
    image = build_image(root, ImageOptions(digests=digests), files)
    first = next(span.lba for span in image.files_in(0, image.sectors) if span.is_file)

    def write_over() -> None:
        with gapped.open("r+b") as file:  # which never is shorter meanwhile, as that would be another error
            file.write(bytes((1 << 20) + SECTOR))

    with pytest.raises(SourceError, match="written to"):
        pour_while(write_over, Counting(image), first)


@pytest.mark.linux("native code that reads files")
def test_a_file_that_is_cut_before_where_it_is_poured_is_an_error(gapped: Path) -> None:
    root = Directory()
    root.add_tree(gapped.parent)
    image = build_image(root, ImageOptions(), files)
    first = next(span.lba for span in image.files_in(0, image.sectors) if span.is_file)
    with pytest.raises(SourceError, match="one"):
        pour_while(lambda: os.truncate(gapped, 100), Counting(image), first)


@pytest.mark.linux("native code that reads files")
def test_a_file_that_is_cut_by_an_error_that_vanishes_has_its_digest(gapped: Path) -> None:
    root = Directory()
    root.add_tree(gapped.parent)
    image = build_image(root, ImageOptions(digests=True), files)
    first = next(span.lba for span in image.files_in(0, image.sectors) if span.is_file)
    source, asked, time = Counting(image), list[bool](), gapped.stat().st_mtime_ns
    readinto = source.readinto

    def restoring(buffer: memoryview) -> int:
        asked.append(gapped.stat().st_mtime_ns != time)
        os.utime(gapped, ns=(time, time))
        return readinto(buffer)

    source.readinto = restoring
    pour_while(lambda: os.utime(gapped, ns=(0, 0)), source, first)
    assert any(asked)
    wanted = {f"/{path.name}": hashlib.sha256(path.read_bytes()).digest() for path in gapped.parent.iterdir()}
    assert dict(image.digests()) == wanted


@pytest.mark.linux("native code that reads files")
@pytest.mark.parametrize("room", [0, 2_500_000, 50_000_000])
def test_a_file_that_python_makes_and_memory_holds_in_part_has_its_digest(
    monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(stream, "MOST_LAID_UP", room)
    root, data = Directory(), os.urandom(2 * LARGE)
    root.create_file("made", lambda: BytesIO(data), size=len(data))
    image = build_image(root, ImageOptions(digests=True), files)
    pumped(Counting(image), 1 << 19)
    assert dict(image.digests()) == {"/made": hashlib.sha256(data).digest()}


@pytest.mark.linux("native code that reads files")
def test_cancel_ends_a_pump_that_lays_up(image: Image) -> None:
    ring, source = Ring(2 * UNIT, UNIT), Counting(image)
    readinto, asked = source.readinto, list[int]()

    def cancelling(buffer: memoryview) -> int:
        ring.cancel()
        asked.append(len(buffer))
        return readinto(buffer)

    source.readinto = cancelling
    with Pump(source, ring) as pump, pytest.raises(Cancelled):
        pump.result()
    assert (len(asked), source.poured) == (1, 0)


def test_cancel_ends_a_pump_that_waits_in_c(image: Image) -> None:
    ring = Ring(2 * UNIT, UNIT)
    with Pump(image.stream(), ring) as pump:
        ring.wait_full(30)
        ring.cancel()
        with pytest.raises(Cancelled):
            pump.result()


@settings(deadline=None)
@given(st.integers(0, 5000), st.integers(241, 2000), st.lists(st.integers(1, 700), min_size=1))
@example(size=2 * 241 + 1, chunk=241, pieces=[300])
@example(size=2 * 300 + 240, chunk=300, pieces=[7])
@example(size=240, chunk=241, pieces=[100])
def test_digests_do_not_depend_on_the_pieces(size: int, chunk: int, pieces: list[int]) -> None:
    data = bytes(number * 7919 >> 3 & 0xFF for number in range(size))
    ring = Ring(1 << 13, 1 << 12)
    pump, at, turn = NativePump(ring, size, chunk), 0, 0
    while at < size:
        region = ring.reserve(min(pieces[turn % len(pieces)], size - at))
        region[:] = data[at : at + len(region)]
        pump.commit(region)
        at, turn = at + len(region), turn + 1
        ring.release(len(ring.take(len(region), timeout=200)))
    chunks = [data[start : start + chunk] for start in range(0, size, chunk)]
    short = chunks.pop() if 0 < size % chunk <= 240 else b""  # XXH3 of so few bytes is another algorithm
    assert list(pump.digests()) == [xxhash.xxh3_128(piece).digest() for piece in chunks]
    assert pump.rest() == short


def test_chunks_that_are_too_short_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 240"):
        NativePump(Ring(2 * UNIT, UNIT), CHUNK, 240)


@pytest.mark.linux("native code that reads files")
def test_a_piece_of_what_was_poured_is_remembered_with_its_place(image: Image) -> None:
    ring, got = Ring(4 << 20, UNIT), bytearray()
    source = Counting(image)
    with Pump(source, ring) as pump:
        while data := ring.take(UNIT, timeout=200):
            got += data
            ring.release(len(data))
        assert pump.result()
        found = pump.witness()
    assert source.poured
    assert found is not None
    at, piece = found
    assert (len(piece), len(set(piece)) > 32) == (4096, True)
    assert got[at : at + 4096] == piece


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(bytes(3 * CHUNK), False, id="zeros"),
        pytest.param(bytes(2 * CHUNK) + bytes(range(256)) * (CHUNK // 256), True, id="zeros before"),
        pytest.param(bytes(CHUNK - 100) + bytes(range(100)) + bytes(CHUNK), True, id="zeros around"),
        pytest.param(bytes(range(256)) * 8, False, id="shorter than a piece"),
        pytest.param(bytes(range(256)) * 16, True, id="as long as a piece"),
        pytest.param(bytes(range(32)) * 4096, False, id="too few different bytes"),
    ],
)
def test_what_is_the_same_byte_all_over_is_no_piece_to_remember(data: bytes, found: bool) -> None:
    ring = Ring(16 * UNIT, UNIT)
    with Pump(Plain(data), ring, padding=40) as pump:
        while taken := ring.take(UNIT, timeout=200):
            ring.release(len(taken))
        assert pump.result()
        witness = pump.witness()
    assert (witness is not None) == found
    if witness is not None:
        at, piece = witness
        assert (len(piece), len(set(piece)) > 32, data[at : at + 4096] == piece) == (4096, True, True)


def test_the_first_piece_that_can_be_known_again_is_the_one() -> None:
    ring = Ring(1 << 14, 1 << 12)
    pump = NativePump(ring, 3 << 12, CHUNK)
    for data in (bytes(1 << 12), bytes(range(256)) * 16, bytes(range(255, -1, -1)) * 16):
        region = ring.reserve(len(data))
        region[:] = data
        pump.commit(region)
    assert pump.witness() == (1 << 12, bytes(range(256)) * 16)


def test_a_piece_to_know_an_image_by_lies_within_it() -> None:
    ring = Ring(1 << 14, 1 << 13)
    pump = NativePump(ring, 1 << 12, CHUNK)
    region = ring.reserve(1 << 13)
    region[:] = bytes(range(256)) * 16 + bytes(range(255, -1, -1)) * 16
    pump.commit(region)
    assert pump.witness() == (0, bytes(range(256)) * 16)


@pytest.mark.linux("native code that reads files")
def test_no_more_is_laid_up_than_there_is_room_for() -> None:
    pieces, sector = Pieces(3 * SECTOR), memoryview(b"\1" * SECTOR)
    assert [pieces.made(sector) for _ in range(3)] == [SECTOR, SECTOR, 0]  # each takes a little more than its bytes
    assert pieces.made(memoryview(bytes(SECTOR))) == SECTOR  # zeros take next to nothing


@pytest.mark.linux("native code that reads files")
def test_more_can_be_laid_up_once_all_was_poured() -> None:
    ring, pieces = Ring(4 * SECTOR, SECTOR), Pieces(1 << 20)
    pump, parts = NativePump(ring, 3 * SECTOR, CHUNK), [bytes([number]) * SECTOR for number in (1, 2, 3)]
    for laid_up in (parts[:1], parts[1:]):
        for part in laid_up:
            assert pieces.made(memoryview(part)) == SECTOR
        assert pump.pieces(pieces) == len(laid_up) * SECTOR
    for part in parts:
        assert ring.take(SECTOR) == part
        ring.release(SECTOR)
    assert pump.pieces(pieces) == 0


class Plain:
    """A source of some bytes in memory, given a MiB at a time."""

    def __init__(self, data: bytes) -> None:
        self.sectors, self.file = len(data) // 2048, BytesIO(data)

    def readinto(self, buffer: memoryview, /) -> int:
        return self.file.readinto(buffer[:CHUNK])

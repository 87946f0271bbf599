"""Reading and copying many small files in one call."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, count, islice
from pathlib import Path

import pytest

from discstack.native import Ring, files
from discstack.native.pieces import Pieces
from discstack.native.pump import NativePump

resource = pytest.importorskip("resource", reason="needs Linux: native code that reads files")

Batch = tuple[bytes, bytes, int]


def batch(paths: list[Path], start: int = 0) -> tuple[Batch, int]:
    """Return the arguments for some files, the first of them in sector `start`, and the bytes that they take."""
    found = [path.stat() for path in paths]
    starts = [*accumulate([-(-status.st_size // 2048) for status in found], initial=start)]
    sizes, inodes = [status.st_size for status in found], [status.st_ino for status in found]
    number = len(paths)
    facts = struct.pack(f"={number}Q{number}q", *sizes, *(status.st_mtime_ns for status in found))
    facts += struct.pack(f"={number}Q{number + 1}Q", *inodes, *starts)
    return (b"".join(os.fsencode(path) + b"\0" for path in paths), facts, number), (starts[-1] - start) * 2048


@pytest.fixture
def some(tmp_path: Path) -> list[Path]:
    found = []
    for number, size in enumerate((1, 2048, 2049, 5000, 600_000, 700_000)):
        path = tmp_path / f"n\u00e4me {number}"
        path.write_bytes(bytes([number + 1]) * size)
        os.utime(path, ns=(0, (number - 2) * 10**9 + 7))  # before 1970 as well
        found.append(path)
    return found


def padded(paths: list[Path]) -> bytes:
    return b"".join(path.read_bytes() + bytes(-path.stat().st_size % 2048) for path in paths)


def test_files_are_read_with_zeros_between_them(some: list[Path]) -> None:
    arguments, size = batch(some)
    memory = memoryview(bytearray(b"\xff" * (size + 1)))
    assert files.read_files(*arguments, memory[:size]) == len(some)
    assert memory[:size] == padded(some)
    assert memory[size] == 0xFF


def test_copies_lie_where_they_should_in_pieces_that_memory_has_room_for(some: list[Path], tmp_path: Path) -> None:
    arguments, size = batch(some, 1_000_000)
    with (tmp_path / "target").open("wb") as target:
        assert files.copy_files(*arguments, target.fileno(), 6000) == len(some)
    assert size > files.ROOM
    assert (tmp_path / "target").read_bytes() == bytes(6000) + padded(some)


@pytest.mark.parametrize("number", range(6))
def test_the_first_file_that_is_not_what_it_was_ends_the_call(some: list[Path], number: int, tmp_path: Path) -> None:
    arguments, size = batch(some)
    os.utime(some[number])
    assert files.read_files(*arguments, memoryview(bytearray(size))) == number
    with (tmp_path / "target").open("wb") as target:
        assert files.copy_files(*arguments, target.fileno(), 0) == number
    assert (tmp_path / "target").read_bytes() == padded(some[:number])


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"x")


def shrink(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


@pytest.mark.parametrize("change", [grow, shrink, replace])
def test_a_file_of_the_same_time_is_not_taken_for_what_it_was(some: list[Path], change: Callable[[Path], None]) -> None:
    arguments, size = batch(some)
    time = some[3].stat().st_mtime_ns
    change(some[3])
    os.utime(some[3], ns=(time, time))
    assert files.read_files(*arguments, memoryview(bytearray(size))) == 3
    assert files.check_files(*arguments) == 3


@pytest.mark.parametrize("number", range(6))
def test_a_look_at_files_ends_at_the_first_that_is_not_what_it_was(some: list[Path], number: int) -> None:
    arguments, _ = batch(some)
    assert files.check_files(*arguments) == len(some)
    some[number].rename(some[number].with_name("elsewhere"))
    assert files.check_files(*arguments) == number
    some[number].touch()
    assert files.check_files(*arguments) == number


@pytest.mark.parametrize(("capacity", "granule"), [(1 << 17, 1 << 16), (1 << 21, 1 << 16), (3 * 2048, 2048)])
@pytest.mark.parametrize("skip", [0, 2048, 598_016, 600_064])
def test_files_of_any_size_are_poured_from_the_middle_of_the_first_on(
    some: list[Path], capacity: int, granule: int, skip: int
) -> None:
    arguments, size = batch(some[4:])
    ring, got = Ring(capacity, granule), bytearray()
    pump = NativePump(ring, size, 1 << 20)
    with ThreadPoolExecutor(1) as threads:
        poured = threads.submit(pump.files, *arguments, skip)
        while len(got) < size - skip:
            data = ring.take(min(1 << 16, size - skip - len(got)), timeout=200)
            got += data
            ring.release(len(data))
    assert poured.result() == size - skip
    assert got == padded(some[4:])[skip:]


def test_what_is_laid_up_behind_the_middle_of_a_file_is_poured_too(some: list[Path]) -> None:
    arguments, size = batch(some[3:5])
    ring, pieces = Ring(1 << 21, 1 << 20), Pieces(1 << 20)
    pump = NativePump(ring, size, 1 << 20)
    assert pieces.files(*arguments, 2048) == size - 2048
    assert pieces.made(memoryview(b"\1" * 2048)) == 2048
    assert pump.pieces(pieces) == size
    assert ring.take(size) == padded(some[3:5])[2048:] + b"\1" * 2048


def test_a_file_without_room_is_left_to_the_caller(some: list[Path], tmp_path: Path) -> None:
    some[0].write_bytes(bytes(files.ROOM + 1))
    with (tmp_path / "target").open("wb") as target:
        assert files.copy_files(*batch(some)[0], target.fileno(), 0) == 0


def test_an_error_of_the_target_is_raised(some: list[Path]) -> None:
    with open("/dev/full", "wb") as target, pytest.raises(OSError, match="No space left"):
        files.copy_files(*batch(some)[0], target.fileno(), 0)


@pytest.fixture
def many(tmp_path: Path) -> list[Path]:
    """More files than are open at the same time."""
    (tmp_path / "many").mkdir()
    paths = [tmp_path / f"many/{number}" for number in range(300)]
    for number, path in enumerate(paths):
        path.write_bytes(number.to_bytes(2) * 50)
    return paths


def open_files() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("wrong", [None, 0, 1, 63, 64, 100, 299])
def test_nothing_that_was_opened_ahead_stays_open(many: list[Path], tmp_path: Path, wrong: int | None) -> None:
    arguments, size = batch(many)
    if wrong is not None:
        many[wrong].write_bytes(b"shorter")
    before = open_files()
    expected = len(many) if wrong is None else wrong
    memory = memoryview(bytearray(size))
    assert files.read_files(*arguments, memory) == expected
    assert memory[: expected * 2048] == padded(many[:expected])
    with (tmp_path / "target").open("wb") as target:
        assert files.copy_files(*arguments, target.fileno(), 0) == expected
    ring = Ring(4 << 20, 1 << 20)
    pump = NativePump(ring, size, 1 << 20)
    assert pump.files(*arguments, 0) == ring.fill == expected * 2048
    assert not expected or ring.take(expected * 2048) == memory[: expected * 2048]
    assert open_files() == before


def limit_that_leaves(room: int) -> int:
    """Return the limit below which so many descriptors are free."""
    free = (number for number in count() if not os.path.lexists(f"/proc/self/fd/{number}"))
    return next(islice(free, room - 1, None)) + 1


@pytest.mark.parametrize("room", [1, 3, 63, 64, 65])
def test_files_are_read_where_so_many_may_not_be_open_at_once(many: list[Path], room: int) -> None:
    arguments, size = batch(many)
    memory = memoryview(bytearray(size))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = limit_that_leaves(room)
    if hard != resource.RLIM_INFINITY and limit > hard:
        pytest.skip(f"needs a process that may have {limit} descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    try:
        done = files.read_files(*arguments, memory)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert done == len(many)
    assert memory == padded(many)


def test_a_file_that_became_a_fifo_ahead_of_its_turn_stops_nothing(many: list[Path]) -> None:
    arguments, size = batch(many)
    many[20].unlink()
    os.mkfifo(many[20])
    assert files.read_files(*arguments, memoryview(bytearray(size))) == 20

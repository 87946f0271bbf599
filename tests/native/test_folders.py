"""Looking into many folders in one call."""

from __future__ import annotations

import os
from pathlib import Path
from struct import iter_unpack

import pytest

from discstack.native import folders

pytestmark = pytest.mark.linux("native code that looks into folders")


@pytest.fixture
def some(tmp_path: Path) -> list[Path]:
    (tmp_path / "a").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "b\u00e4").mkdir()
    (tmp_path / "a" / "file").write_bytes(b"data")
    os.utime(tmp_path / "a" / "file", ns=(7, -5 * 10**9 - 1))
    os.link(tmp_path / "a" / "file", tmp_path / "a" / "again")
    (tmp_path / "a" / "link").symlink_to("nowhere")
    os.mkfifo(tmp_path / "a" / "pipe", 0o640)
    for number in range(300):  # more than there is room for at first
        (tmp_path / "b\u00e4" / f"{number:03} {'n' * (number % 240)}").touch()
    return [tmp_path / "a", tmp_path / "empty", tmp_path / "b\u00e4", tmp_path]


def ended(paths: list[Path]) -> bytes:
    return b"".join(os.fsencode(path) + b"\0" for path in paths)


def test_everything_is_found_as_lstat_tells_it(some: list[Path]) -> None:
    names, facts, counts = folders.look_into(ended(some), len(some))
    assert counts == [len(os.listdir(path)) for path in some]
    found = zip(names.split(b"\0")[:-1], iter_unpack("=8Q4q", facts), strict=True)
    for folder, count in zip(some, counts, strict=True):
        entries = [next(found) for _ in range(count)]
        assert [name for name, _ in entries] == sorted(map(os.fsencode, os.listdir(folder)))
        for name, row in entries:
            status = os.lstat(folder / os.fsdecode(name))
            whose = status.st_mode, status.st_nlink, status.st_uid, status.st_gid
            what = status.st_dev, status.st_ino, status.st_rdev, status.st_size
            times = status.st_mtime_ns, status.st_atime_ns, status.st_ctime_ns, -(1 << 63)
            assert row == (*whose, *what, *times)


@pytest.mark.parametrize("number", range(4))
def test_the_first_folder_that_cannot_be_read_ends_the_call(some: list[Path], number: int, tmp_path: Path) -> None:
    paths = [*some]
    paths[number] = tmp_path / "a" / "file"
    names, facts, counts = folders.look_into(ended(paths), len(paths))
    assert counts == [len(os.listdir(path)) for path in some[:number]]
    assert names.count(b"\0") == sum(counts)
    assert len(facts) == 12 * 8 * sum(counts)


def test_no_folders_hold_nothing() -> None:
    assert folders.look_into(b"", 0) == (b"", b"", [])

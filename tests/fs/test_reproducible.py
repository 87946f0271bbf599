"""The same tree gives the same bytes on another day, in another place, locale and time zone, and in any order."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from systems import needs_linux

WORDS = ["image", "--duplicates-once", "--exclude", "*.bak"]
PLAIN = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0"}


@pytest.fixture
def source(odd_tree: Path) -> Path:
    needs_linux("symbolic links and names that are no text")
    (odd_tree / b"not UTF-8 \xff\xfe".decode("utf-8", "surrogateescape")).write_bytes(b"bytes\n")
    (odd_tree / "excluded.bak").write_bytes(b"no")
    os.symlink("sizes/2048", odd_tree / "symbolic")
    os.link(odd_tree / "sizes/2048", odd_tree / "linked")
    with (odd_tree / "large").open("wb") as file:
        file.write(os.urandom(1000) * 2000)
    for number, path in enumerate(sorted(odd_tree.rglob("*"))):
        os.utime(path, (0, 1_600_000_000 + 60 * number), follow_symlinks=False)
    os.utime(odd_tree, (0, 1_600_000_000))
    return odd_tree


def made(source: Path, target: Path, environment: Mapping[str, str], *words: str, wrap: tuple[str, ...] = ()) -> bytes:
    """Return the image that a process of its own makes of a folder."""
    command = [*wrap, sys.executable, "-m", "discstack", *WORDS, *words, source, "-o", target]
    everything = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **PLAIN, **environment}
    subprocess.run(command, env=everything, check=True, capture_output=True)
    return target.read_bytes()


@pytest.mark.parametrize(
    "environment",
    [
        {"TZ": "America/Los_Angeles"},
        {"TZ": "Asia/Kathmandu", "LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},  # names are ASCII and escapes for Python then
        {"LANG": "tr_TR.UTF-8", "LC_ALL": "", "PYTHONHASHSEED": "12345"},
        {"PYTHONHASHSEED": "random", "HOME": "/nonexistent", "USER": "somebody", "COLUMNS": "7"},
    ],
)
def test_the_environment_does_not_matter(source: Path, tmp_path: Path, environment: Mapping[str, str]) -> None:
    assert made(source, tmp_path / "2.iso", environment) == made(source, tmp_path / "1.iso", {})


def test_the_day_does_not_matter(source: Path, tmp_path: Path) -> None:
    if shutil.which("faketime") is None:
        pytest.skip("faketime is not installed")
    other = made(source, tmp_path / "2.iso", {}, wrap=("faketime", "2031-07-08 09:10:11"))
    assert other == made(source, tmp_path / "1.iso", {})


def test_neither_the_folder_nor_the_order_of_its_entries_matters(source: Path, tmp_path: Path) -> None:
    """A copy, made in another order and later, has other inodes and other times of access and of change."""
    copy = tmp_path / "another place" / "copy"
    for path in sorted((source, *source.rglob("*")), key=lambda path: (len(path.parts), path.name[::-1])):
        target = copy / path.relative_to(source)
        if path.is_symlink():
            os.symlink(os.readlink(path), target)
        elif path.is_dir():
            target.mkdir(parents=True)
        elif path.name == "linked":
            continue
        else:
            shutil.copy2(path, target)
    os.link(copy / "sizes/2048", copy / "linked")
    for path in sorted((source, *source.rglob("*")), reverse=True):
        times = (7, path.lstat().st_mtime_ns)
        os.utime(copy / path.relative_to(source), ns=times, follow_symlinks=False)
        shutil.copymode(path, copy / path.relative_to(source), follow_symlinks=False)
    assert made(copy, tmp_path / "2.iso", {}) == made(source, tmp_path / "1.iso", {})


def test_the_way_to_the_output_does_not_matter(source: Path, tmp_path: Path) -> None:
    first = made(source, tmp_path / "1.iso", {})
    everything = {**PLAIN, "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "discstack", *WORDS, str(source), "-o", "-"]
    assert subprocess.run(command, env=everything, check=True, capture_output=True).stdout == first


def test_a_clock_makes_trees_alike_that_differ_in_later_times(source: Path, tmp_path: Path) -> None:
    clock = {"SOURCE_DATE_EPOCH": "1500000000"}
    first = made(source, tmp_path / "1.iso", clock)
    for path in (source, *source.rglob("*")):
        os.utime(path, follow_symlinks=False)
    assert made(source, tmp_path / "2.iso", clock) == first
    assert made(source, tmp_path / "3.iso", {}, "--clock", "2017-07-14T02:40:00") == first
    assert made(source, tmp_path / "4.iso", {}, "--clock", "1500000000") == first
    assert made(source, tmp_path / "5.iso", {}) != first

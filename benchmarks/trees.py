"""The trees that the benchmarks work on: the same names, sizes, data and times on every machine."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Final

FOLDERS: Final = 500
SMALLEST, LARGEST = 100, 8 << 10  # bytes of a small file
NEWEST: Final = 1_700_000_000  # seconds since 1970; every entry has a time of its own before that
BLOCK: Final = 1 << 20
# of the Basic Multilingual Plane: genisoimage refuses other names
WORDS: Final = ("Übersicht", "Messung", "größer", "отчёт", "данные", "報告書", "ελληνικά", "été", "naïve", "写真")


def small_files(top: Path, count: int) -> None:
    """Make files of 100 bytes to 8 KiB in 500 folders, with names of some 40 to 60 characters."""
    rng = random.Random(1)
    data = rng.randbytes(2 * LARGEST)
    folders = [top / f"Ordner {number:03} · {_words(rng, 3)}" for number in range(min(FOLDERS, count))]
    for folder in folders:
        folder.mkdir()
    for number in range(count):
        name = f"{_words(rng, 3)}, Nummer {number:07} vom Dienstag.dat"
        start, size = rng.randrange(LARGEST), rng.randint(SMALLEST, LARGEST)
        _write(folders[number % len(folders)] / name, data[start : start + size], number)
    _date(folders, top)


def big_files(top: Path, size: int) -> None:
    """Make two files that have `size` bytes together."""
    rng = random.Random(2)
    block = rng.randbytes(BLOCK)
    for number in range(2):
        with (top / f"big file {number}.bin").open("wb", buffering=0) as file:
            for start in range(0, size // 2, BLOCK):
                file.write(block[: min(BLOCK, size // 2 - start)])
    _date((), top)


def empty_files(top: Path, count: int) -> None:
    """Make entries of no length, a thousand to a folder."""
    folders = [top / f"folder number {number:05}" for number in range(-(-count // 1000))]
    for folder in folders:
        folder.mkdir()
    for number in range(count):
        _write(folders[number // 1000] / f"{number:07} is an entry without any data.txt", b"", number)
    _date(folders, top)


def wide_folder(top: Path, count: int) -> None:
    """Make small files in one folder; their names differ at the start (genisoimage takes hours where they do not)."""
    folder = top / "everything"
    folder.mkdir()
    for number in range(count):
        _write(folder / f"{number:07} is a file of a folder that holds many.txt", b"%07d" % number, number)
    _date([folder], top)


def _words(rng: random.Random, count: int) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(count))


def _write(path: Path, data: bytes, number: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        if data:
            os.write(descriptor, data)
        os.utime(descriptor, (NEWEST, NEWEST - number * 61))
    finally:
        os.close(descriptor)


def _date(folders: Iterable[Path], top: Path) -> None:
    for number, folder in enumerate((top, *folders)):
        os.utime(folder, (NEWEST, NEWEST - number * 3600))

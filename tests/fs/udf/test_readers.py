"""The UDF view of a bridge image, read by programs that we did not write."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from discstack.fs.bridge import build_image
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory

CLOCK = 1_000_000_000_000_000_000  # 2001-09-09 01:46:40 UTC
NAMES = ("plain.txt", "Grüße.txt", "фотография.jpg", "\U0001f4bf disc", "x" * 100 + ".dat", "a b;c,d+e=f")
SIZES = (0, 1, 2047, 2048, 2049, 300_000)
SECTOR = 2048


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


class Bridge:
    """An image in a file, and what should be found in it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "bridge.img"
        self.contents: dict[str, bytes] = {}
        self.directories = {"many"}
        root, random = Directory(), Random(102)
        self._fill(root, "", random, 3)
        many = root.create_directory("many")
        for number in range(300):
            many.create_file(f"file {number}", b"%d" % number)
            self.contents[f"many/file {number}"] = b"%d" % number
        self.image = build_image(root, ImageOptions(volume_id="Größe", clock=CLOCK))
        with self.path.open("wb") as file:
            file.write(self.read(0, self.image.sectors))

    def _fill(self, directory: Directory, prefix: str, random: Random, depth: int) -> None:
        for name, size in zip(NAMES, SIZES, strict=True):
            data = random.randbytes(size)
            directory.create_file(name, data)
            self.contents[prefix + name] = data
        for name in ("leaf", "Ordner ä", "каталог")[:depth]:
            self.directories.add(prefix + name)
            self._fill(directory.create_directory(name), f"{prefix}{name}/", random, depth - 1)

    def read(self, lba: int, count: int) -> bytes:
        buffer = bytearray(count * SECTOR)
        self.image.read_at(lba, memoryview(buffer))
        return bytes(buffer)


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Bridge:
    return Bridge(tmp_path_factory.mktemp("udf"))


def test_bridge_holds_against_the_standards(bridge: Bridge, reader: Callable[..., Any]) -> None:
    found = reader(bridge.read, bridge.image.sectors)
    files = {path[1:]: found.content(entry) for path, entry in found.paths.items() if not entry.is_directory}
    assert files == bridge.contents
    assert {path[1:] for path, entry in found.paths.items() if entry.is_directory} == bridge.directories | {""}


@needs("udfinfo")
def test_udfinfo_reads_it_without_a_warning(bridge: Bridge) -> None:
    lines = dict(
        line.split("=", 1) for line in run("udfinfo", bridge.path).splitlines() if not line.startswith("start")
    )
    assert lines["label"] == lines["lvid"] == lines["vid"] == lines["fsid"] == "Größe"
    assert (lines["udfrev"], lines["udfwriterev"]) == ("1.02", "1.02")
    assert (lines["integrity"], lines["accesstype"]) == ("closed", "readonly")
    assert (lines["numfiles"], lines["numdirs"]) == (str(len(bridge.contents)), str(len(bridge.directories) + 1))
    assert (lines["blocksize"], lines["blocks"]) == ("2048", str(bridge.image.sectors))
    assert (lines["freeblocks"], lines["behindblocks"]) == ("0", "0")


@needs("7z")
def test_7z_extracts_every_file_as_it_was(bridge: Bridge, tmp_path: Path) -> None:
    run("7z", "x", "-tUdf", "-bso0", "-bsp0", f"-o{tmp_path}", bridge.path)
    found = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("*")}
    assert {name: path.read_bytes() for name, path in found.items() if path.is_file()} == bridge.contents
    assert {name for name, path in found.items() if path.is_dir()} == bridge.directories
    assert {path.stat().st_mtime_ns for path in found.values()} == {CLOCK}


@needs("grub-fstest")
def test_grub_takes_it_for_udf_and_reads_its_files(bridge: Bridge) -> None:
    listing = run("grub-fstest", bridge.path, "ls", "--", "-l", "(loop0)")
    assert "Filesystem type udf" in listing
    assert "`Größe'" in listing
    names = run("grub-fstest", bridge.path, "ls", "(loop0)/leaf/").split("\n")[0]
    assert all(name in names for name in NAMES)
    data = subprocess.run(
        ["grub-fstest", bridge.path, "cat", f"(loop0)/каталог/{NAMES[-1]}"], capture_output=True, check=True, timeout=60
    )
    assert data.stdout == bridge.contents[f"каталог/{NAMES[-1]}"]

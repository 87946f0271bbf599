"""On a file system that can share blocks between files an image shares those of its sources: btrfs and XFS, mounted."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from discstack.fs.bridge import build_image
from discstack.fs.image import Image
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory
from discstack.native import files

MIB = 1 << 20
CAPACITY = 640 * MIB  # of the file system, in which no copy of the sources has room
MAKE = {"btrfs": ["mkfs.btrfs", "-q", "-m", "single"], "xfs": ["mkfs.xfs", "-q"]}


@pytest.fixture(params=MAKE)
def mounted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    disk, folder = tmp_path / "disk", tmp_path / "mounted"
    folder.mkdir()
    disk.touch()
    os.truncate(disk, CAPACITY)
    try:
        subprocess.run([*MAKE[request.param], disk], check=True, capture_output=True)
        subprocess.run(["mount", "-o", "loop", disk, folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", b"").decode(errors="replace").strip()
        pytest.skip(f"no {request.param} can be mounted here: {error} {reason}")
    yield folder
    subprocess.run(["umount", folder], check=True)
    disk.unlink()


def fill(top: Path) -> dict[str, int]:
    sizes = {"one": 200 * MIB - 4096, "two": 150 * MIB, "three": 50 * MIB + 12345}
    top.mkdir()
    block = os.urandom(MIB)
    for name, size in sizes.items():
        with (top / name).open("wb") as file:
            for at in range(0, size, MIB):
                file.write(block[: size - at])
    (top / "small").write_bytes(b"small" * 1000)
    return sizes


def shared_bytes(path: Path) -> int:
    """Return how much of a file lies in blocks that another one has too, as filefrag (FIEMAP) tells."""
    listing = subprocess.run(["filefrag", "-v", "-b4096", path], check=True, capture_output=True, text=True).stdout
    extents = (line.split(":") for line in listing.splitlines() if "shared" in line)
    return sum(int(fields[3]) for fields in extents) * 4096


def plan(folder: Path) -> Image:
    root = Directory()
    root.add_tree(folder)
    return build_image(root, ImageOptions(), files)


def test_an_image_of_large_files_takes_no_room(mounted: Path, tmp_path: Path) -> None:
    sizes = fill(mounted / "sources")
    os.sync()
    before = os.statvfs(mounted)
    image = plan(mounted / "sources")
    image.write_to(mounted / "image")
    os.sync()
    after = os.statvfs(mounted)
    assert image.size > sum(sizes.values())
    assert (before.f_bavail - after.f_bavail) * before.f_frsize < 32 << 20
    assert shared_bytes(mounted / "image") >= sum(size // 4096 * 4096 for size in sizes.values())
    assert same_bytes(image, mounted / "image")


def same_bytes(image: Image, path: Path) -> bool:
    buffer = memoryview(bytearray(8 << 20))
    with image.stream() as stream, path.open("rb") as file:
        while count := stream.readinto(buffer):
            if file.read(count) != buffer[:count]:
                return False
        return not file.read(1)

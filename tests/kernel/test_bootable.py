"""The Linux kernel finds the files of a bootable image, and the partition of one that is a disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from discstack.fs.boot.el_torito import BootPlatform
from discstack.fs.boot.options import BootImage, BootOptions, PartitionTable
from discstack.fs.bridge import build_image
from discstack.fs.image import Image
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory

FAT_BLOCKS = 64


def fat() -> bytes:
    """What looks like a FAT of 64 blocks of 512 bytes."""
    start = bytearray(FAT_BLOCKS * 512)
    start[11:13], start[19:21], start[510:512] = b"\0\2", FAT_BLOCKS.to_bytes(2, "little"), b"\x55\xaa"
    return bytes(start)


@pytest.fixture
def disk(share: Path) -> tuple[Image, Path]:
    """A bootable image with a GPT, its catalogue shown; planned and written."""
    root = Directory()
    root.create_file("readme", b"hello")
    root.create_directory("boot").create_file("bios.bin", b"B" * 3000)
    boot = BootOptions(
        images=[BootImage("boot/bios.bin"), BootImage(content=fat(), platform=BootPlatform.EFI)],
        catalog="boot/boot.cat",
        partition_table=PartitionTable.GPT,
    )
    image, path = build_image(root, ImageOptions(boot=boot)), share / "disk.iso"
    image.write_to(path)
    return image, path


@pytest.mark.parametrize(("kind", "options"), [("iso9660", "ro,norock,check=strict"), ("udf", "ro")])
def test_files_and_the_catalogue_are_found(
    disk: tuple[Image, Path], guest_python: Callable[..., str], kind: str, options: str
) -> None:
    image, path = disk
    tree: dict[str, dict[str, Any]] = json.loads(guest_python("look.py", path, kind, options))["tree"]
    catalog = bytearray(2048)
    image.read_at(lba_of(image, "/boot/boot.cat"), catalog)
    for name, content in (("readme", b"hello"), ("boot/bios.bin", b"B" * 3000), ("boot/boot.cat", bytes(catalog))):
        assert tree[name]["digest"] == hashlib.sha256(content).hexdigest()


def test_efi_image_is_the_partition(disk: tuple[Image, Path], kernel: Any) -> None:
    image, path = disk
    attach = f"device=$(losetup --find --show --partscan --read-only {path})"
    look = "cat /sys/block/${device#/dev/}/*p1/start /sys/block/${device#/dev/}/*p1/size"
    found = kernel.check(f"{attach}; {look}; losetup --detach $device").split()
    assert found == [str(lba_of(image, "boot image number 2") * 4), str(FAT_BLOCKS)]


def lba_of(image: Image, label: str) -> int:
    return next(span.lba for span in image.files_in(0, image.sectors) if span.label == label)

"""What the tests of booting share: trees with boot images, and the FAT image that an EFI entry needs."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pytest

from discstack.fs.boot.options import BootImage, BootOptions
from discstack.fs.bridge import build_image
from discstack.fs.image import Image
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory

NOTHING: Mapping[str, Any] = MappingProxyType({})


def fat(sectors: int = 64) -> bytes:
    """What looks like a FAT of that many sectors of 512 bytes."""
    start = bytearray(sectors * 512)
    start[11:13] = (512).to_bytes(2, "little")
    start[19:21] = sectors.to_bytes(2, "little")
    start[510:512] = b"\x55\xaa"
    return bytes(start)


def hard_disk(*types: int) -> bytes:
    """An MBR with partitions of some types, and 4 KiB behind it."""
    record = bytearray(512)
    for number, kind in enumerate(types):
        record[446 + 16 * number + 4] = kind
    record[510:512] = b"\x55\xaa"
    return bytes(record) + b"d" * 4096


@pytest.fixture
def fat_image() -> Callable[..., bytes]:
    return fat


@pytest.fixture
def hard_disk_image() -> Callable[..., bytes]:
    return hard_disk


@pytest.fixture
def bootable() -> Callable[..., Image]:
    """Plans the image of a small tree with some boot images."""

    def build(*images: BootImage, views: object = None, options: Mapping[str, Any] = NOTHING, **choices: Any) -> Image:
        root = Directory()
        root.create_file("readme", b"hello")
        root.create_symlink("link", "readme")
        boot = root.create_directory("boot")
        boot.create_file("bios.bin", b"B" * 3000)
        boot.create_hard_link("same.img", boot.create_file("efi.img", fat()))
        boot.create_file("equal.img", fat())
        shown = {} if views is None else {"views": views}
        return build_image(root, ImageOptions(boot=BootOptions(images=images, **choices), **shown, **options))

    return build


@pytest.fixture
def whole() -> Callable[[Image], bytes]:
    """Gives all bytes of an image."""

    def read(image: Image) -> bytes:
        target = io.BytesIO()
        image.write_to(target)
        return target.getvalue()

    return read

"""An image is not written over a file that it is made from, however that file gets into it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from discstack.fs.base import Base, StagedSource
from discstack.fs.boot.options import BootAddress, BootImage, BootOptions, BootSector, Partition
from discstack.fs.bridge import build_image
from discstack.fs.errors import LayoutError
from discstack.fs.image import Image
from discstack.fs.options import ImageOptions
from discstack.fs.ranges import RangeSource
from discstack.fs.reading.volume import read_volume
from discstack.fs.sources import source_of
from discstack.fs.tree import Directory
from discstack.image_file import ImageFile

DATA = bytes(range(256)) * 40


def boots(*images: BootImage, **choices: object) -> dict[str, object]:
    return {"boot": BootOptions(images=images, **choices)}  # type: ignore[arg-type]


def in_the_tree(file: Path) -> tuple[Directory, dict[str, object]]:
    root = Directory()
    root.create_file("boot.bin", file)
    return root, boots(BootImage("boot.bin", load_size=4, info_table=True))


def with_two_names(file: Path) -> tuple[Directory, dict[str, object]]:
    root = Directory()
    root.create_hard_link("other.bin", root.create_file("boot.bin", file))
    return root, boots(BootImage("boot.bin", load_size=4, info_table=True))


def without_a_name(file: Path) -> tuple[Directory, dict[str, object]]:
    return Directory(), boots(BootImage(content=file, load_size=4, grub2_info=True))


def of_a_partition(file: Path) -> tuple[Directory, dict[str, object]]:
    image = BootImage(partition=2, load_size=4, info_table=True)
    return Directory(), boots(image, partitions=[Partition(2, 0xEF, RangeSource(file, 512, 4096))])


def a_boot_sector(file: Path) -> tuple[Directory, dict[str, object]]:
    file.write_bytes(DATA[:512])
    return Directory(), boots(boot_sector=BootSector(file, BootAddress.NONE))


def a_range(file: Path) -> tuple[Directory, dict[str, object]]:
    root = Directory()
    root.create_file("range", RangeSource(file, 512, 4096))
    return root, {}


def staged(file: Path) -> tuple[Directory, dict[str, object]]:
    root = Directory()
    root.create_file("staged", StagedSource(source_of(file)[0]))
    return root, {}


WAYS = [in_the_tree, with_two_names, without_a_name, of_a_partition, a_boot_sector, a_range, staged]


@pytest.mark.parametrize("way", WAYS)
def test_a_source_is_known_under_all_its_names_and_stays(
    way: Callable[[Path], tuple[Directory, dict[str, object]]], tmp_path: Path
) -> None:
    file, copy = tmp_path / "file", tmp_path / "copy"
    file.write_bytes(DATA)
    copy.write_bytes(DATA)
    names = ["file", "hard"]
    os.link(file, tmp_path / "hard")
    if sys.platform != "win32":
        (tmp_path / "soft").symlink_to("file")
        names.append("soft")
    root, options = way(file)
    before = file.read_bytes()
    image = build_image(root, ImageOptions(**options))  # type: ignore[arg-type]
    for name in names:
        with pytest.raises(LayoutError, match=f"{name} is one of the sources"):
            image.write_to(tmp_path / name)
    assert file.read_bytes() == before
    assert image.write_to(copy) == image.size


@pytest.fixture
def earlier(tmp_path: Path) -> ImageFile:
    root = Directory()
    root.create_file("boot.bin", DATA)
    build_image(root, ImageOptions(multiple=16)).write_to(tmp_path / "earlier.iso")
    return ImageFile(tmp_path / "earlier.iso")


def image_with_a_file_of(medium: ImageFile, *, base: Base | None = None) -> Image:
    root, kept = Directory(), read_volume(medium).root["boot.bin"]
    root.create_file("boot.bin", kept.source)  # type: ignore[union-attr]
    options = BootOptions(images=[BootImage("boot.bin", load_size=4, info_table=True)])
    return build_image(root, ImageOptions(base=base, boot=options))


def test_an_image_of_which_files_are_copied_is_a_source_too(earlier: ImageFile) -> None:
    image, before = image_with_a_file_of(earlier), earlier.path.read_bytes()
    with pytest.raises(LayoutError, match=r"earlier.iso is one of the sources"):
        image.write_to(earlier.path)
    assert earlier.path.read_bytes() == before


def test_what_an_image_grows_out_of_is_none_of_its_sources(earlier: ImageFile) -> None:
    image = image_with_a_file_of(earlier, base=Base(earlier, earlier.sectors, grow=True))
    assert not image.reads(earlier.path)
    image.write_parts(earlier.path)
    assert read_volume(ImageFile(earlier.path)).root["boot.bin"].source.size == len(DATA)  # type: ignore[union-attr]

"""What cannot be started is refused before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from discstack.fs.boot.el_torito import FLOPPY_SIZES, BootPlatform, Emulation
from discstack.fs.boot.options import BootAddress, BootImage, BootOptions, BootSector, PartitionTable
from discstack.fs.bridge import build_image
from discstack.fs.errors import LayoutError, SourceError
from discstack.fs.image import Image
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory
from discstack.fs.view import View

Bootable = Callable[..., Image]
BIOS = BootImage("boot/bios.bin")


def initial_entry(image: Image) -> bytes:
    lba = next(span.lba for span in image.files_in(0, image.sectors) if span.label == "El Torito boot catalogue")
    buffer = bytearray(2048)
    image.read_at(lba, buffer)
    return bytes(buffer[32:64])


@pytest.mark.parametrize(("kind", "size"), [(1, 1228800), (2, 1474560), (3, 2949120)])
def test_size_of_a_floppy_makes_it_one(bootable: Bootable, kind: int, size: int) -> None:
    assert FLOPPY_SIZES[Emulation(kind)] == size
    entry = initial_entry(bootable(BootImage(content=bytes(size))))
    assert entry[:8].hex(" ") == f"88 0{kind} 00 00 00 00 01 00"


def test_size_of_a_floppy_is_none_for_efi(bootable: Bootable, fat_image: Callable[..., bytes]) -> None:
    image = BootImage(content=fat_image(2880), platform=BootPlatform.EFI)
    assert initial_entry(bootable(image))[:8].hex(" ") == "88 00 00 00 00 00 40 0b"


def test_hard_disk_tells_the_type_of_its_partition(bootable: Bootable, hard_disk_image: Callable[..., bytes]) -> None:
    image = BootImage(content=hard_disk_image(0, 0x83), emulation=Emulation.HARD_DISK)
    assert initial_entry(bootable(image))[:8].hex(" ") == "88 04 00 00 83 00 01 00"


def test_efi_image_that_is_too_large_to_be_counted_goes_on_to_the_end_of_the_medium(
    bootable: Bootable, fat_image: Callable[..., bytes]
) -> None:
    image = BootImage(content=fat_image(64) + bytes(33 << 20), platform=BootPlatform.EFI)
    assert initial_entry(bootable(image))[6:8] == b"\0\0"


def test_load_size_of_a_program_is_all_of_it_or_what_is_said(bootable: Bootable) -> None:
    assert initial_entry(bootable(BIOS))[6] == 8
    assert initial_entry(bootable(BootImage("boot/bios.bin", load_size=4)))[6] == 4


REFUSED: list[tuple[BootImage, str]] = [
    (BootImage("boot/none.bin"), "none.bin is no file of the tree"),
    (BootImage("boot/bios.bin/x"), "bios.bin/x is no file of the tree"),
    (BootImage("boot"), "boot is no file of the tree"),
    (BootImage("link"), "link is no file of the tree"),
    (BootImage(content=b""), "number 1 is empty"),
    (BootImage(content=b"x" * 63, info_table=True), "63 bytes, but its boot info table would end at 64"),
    (BootImage(content=b"x" * 2555, grub2_info=True), "2555 bytes, but its boot info for GRUB 2 would end at 2556"),
    (BootImage("boot/bios.bin", selection_criteria=b"x"), "every entry but the first"),
    (BootImage("boot/bios.bin", manufacturer="x" * 25), "not of at most 24 ASCII characters"),
    (BootImage("boot/bios.bin", manufacturer="é"), "not of at most 24 ASCII characters"),
    (BootImage("boot/bios.bin", emulation=Emulation.FLOPPY_1440), "has 3000 bytes; a floppy of this kind has 1474560"),
    (BootImage("boot/bios.bin", emulation=Emulation.HARD_DISK), "no hard disk with a master boot record"),
    (BootImage("boot/bios.bin", load_size=0), "0 cannot be what is read"),
    (BootImage("boot/bios.bin", load_size=9), "has 8 blocks of 512 bytes, and 9 cannot be what is read"),
    (BootImage("boot/bios.bin", load_segment=0x9FFF), "do not fit below 640 KiB"),
    (BootImage("boot/bios.bin", load_segment=-1), "load segments from 0 to 65535, not -1"),
    (BootImage("boot/bios.bin", platform=0xEF, load_segment=0x10000), "load segments from 0 to 65535, not 65536"),
    (BootImage("boot/bios.bin", platform=0x100), "platforms from 0 to 255, not 256"),
    (
        BootImage(content=bytes(700 << 10)),
        "do not fit below 640 KiB; give a smaller load size, or its platform",
    ),
    (BootImage(content=bytes(33 << 20)), "counts from 1 to 65535"),
    (BootImage("boot/bios.bin", platform=BootPlatform.EFI), "no FAT file system"),
    (
        BootImage("boot/efi.img", platform=BootPlatform.EFI, emulation=Emulation.HARD_DISK),
        "which knows no emulation",
    ),
]


@pytest.mark.parametrize(("image", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_image_that_cannot_be_started_is_refused(bootable: Bootable, image: BootImage, words: str) -> None:
    with pytest.raises(LayoutError, match=words):
        bootable(image)


def test_hard_disk_with_two_partitions_is_refused(bootable: Bootable, hard_disk_image: Callable[..., bytes]) -> None:
    with pytest.raises(LayoutError, match="exactly one partition"):
        bootable(BootImage(content=hard_disk_image(0x83, 0x83), emulation=Emulation.HARD_DISK))


def test_fat_that_was_cut_is_refused(bootable: Bootable, fat_image: Callable[..., bytes]) -> None:
    with pytest.raises(LayoutError, match="16384 bytes, but the FAT in it 32768: it was cut"):
        bootable(BootImage(content=fat_image(64)[:16384], platform=BootPlatform.EFI))


def test_file_from_outside_that_is_not_there_is_told(bootable: Bootable) -> None:
    with pytest.raises(SourceError, match=r"boot\.bin: "):
        bootable(BootImage(content="/nowhere/boot.bin"))


def test_boot_images_need_iso_9660(bootable: Bootable) -> None:
    with pytest.raises(LayoutError, match="boot images need ISO 9660"):
        bootable(BIOS, views=frozenset({View.UDF}))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("nowhere/boot.cat", "in what is no directory of the tree"),
        ("readme/boot.cat", "in what is no directory of the tree"),
        ("boot/bios.bin", "take the place of what is in the tree"),
        ("boot", "take the place of what is in the tree"),
        ("link", "take the place of what is in the tree"),
        ("", "cannot be the name"),
    ],
)
def test_catalogue_that_cannot_be_shown_is_refused(bootable: Bootable, path: str, words: str) -> None:
    with pytest.raises(LayoutError, match=words):
        bootable(BIOS, catalog=path)


def test_catalogue_of_nothing_is_refused(bootable: Bootable) -> None:
    with pytest.raises(LayoutError, match="a boot catalogue needs a boot image"):
        bootable(catalog="boot.cat")


def test_image_is_either_in_the_tree_or_from_outside() -> None:
    for both in (BootImage, lambda: BootImage("a", b"b")):
        with pytest.raises(ValueError, match="either at a path in the tree, or made of content, or a partition"):
            both()


def test_gpt_without_a_partition_is_refused(bootable: Bootable) -> None:
    with pytest.raises(LayoutError, match="a GPT needs an EFI boot image"):
        bootable(BIOS, partition_table=PartitionTable.GPT)


def test_only_a_gpt_needs_a_further_partition_to_be_active(bootable: Bootable) -> None:
    with pytest.raises(LayoutError, match="an MBR has one already"):
        bootable(BIOS, force_bootable=True, partition_table=PartitionTable.MBR)


def test_mbr_cannot_count_more_than_2_tib(tmp_path: Path) -> None:
    root = Directory()
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(2 << 40)
    root.add_file(tmp_path / "huge")
    boot = BootOptions(boot_sector=BootSector(b"x", BootAddress.NONE))
    with pytest.raises(LayoutError, match="no more than 2 TiB; take a GPT"):
        build_image(root, ImageOptions(boot=boot))


def test_mbr_has_no_room_for_a_fourth_efi_image(bootable: Bootable, fat_image: Callable[..., bytes]) -> None:
    images = [BootImage(content=fat_image(), platform=BootPlatform.EFI) for _ in range(4)]
    bootable(*images[1:], partition_table=PartitionTable.MBR)
    with pytest.raises(LayoutError, match="room for 3 EFI boot images"):
        bootable(*images, partition_table=PartitionTable.MBR)


@pytest.mark.parametrize(
    ("sector", "words"),
    [
        (BootSector(b""), "has 0 bytes"),
        (BootSector(b"x" * 513), "has 513 bytes"),
        (BootSector(b"x" * 440), "has data where the boot image's address belongs"),
    ],
)
def test_boot_sector_that_cannot_be_one_is_refused(bootable: Bootable, sector: BootSector, words: str) -> None:
    with pytest.raises(LayoutError, match=words):
        bootable(BIOS, boot_sector=sector)


def test_boot_sector_that_starts_a_boot_image_needs_one(bootable: Bootable) -> None:
    with pytest.raises(LayoutError, match="needs a boot image for x86 without emulation"):
        bootable(boot_sector=BootSector(b"x"))
    bootable(boot_sector=BootSector(b"x", BootAddress.NONE))

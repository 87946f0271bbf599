"""Bootable images and discs from the command line, with mkisofs's words."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from discstack import (
    BootAddress,
    BootImage,
    BootOptions,
    BootPlatform,
    BootSector,
    Emulation,
    PartitionTable,
    PartitionType,
)
from discstack.cli.image import image as image_command

Discstack = Callable[..., Any]


def said(*words: str) -> Any:
    """What `discstack image` makes of its words about booting."""
    return image_command.make_context("image", ["tree", "-o", "x.iso", *words]).params.get("boot")


@pytest.fixture
def sector(tmp_path: Path) -> str:
    path = tmp_path / "mbr.bin"
    path.write_bytes(b"\xeb\xfe")
    return str(path)


def test_nothing_said_is_nothing_chosen() -> None:
    assert said() is None


IMAGES: list[tuple[str, Sequence[BootImage]]] = [
    ("-b a.bin", [BootImage("a.bin")]),
    ("-eltorito-alt-boot -b a.bin -eltorito-alt-boot", [BootImage("a.bin")]),
    (
        "-b a.bin -no-emul-boot -boot-load-size 4 -boot-info-table -eltorito-alt-boot -e efi.img -no-emul-boot",
        [
            BootImage("a.bin", emulation=Emulation.NONE, load_size=4, info_table=True),
            BootImage("efi.img", platform=BootPlatform.EFI, emulation=Emulation.NONE),
        ],
    ),
    (
        "-no-emul-boot -b a.bin -e efi.img -b c.bin -boot-load-size 8 --grub2-boot-info",
        [
            BootImage("a.bin", emulation=Emulation.NONE),
            BootImage("efi.img", platform=BootPlatform.EFI),
            BootImage("c.bin", load_size=8, grub2_info=True),
        ],
    ),
    (
        "-eltorito-id ONE -b a -boot-load-size full -eltorito-alt-boot -eltorito-id TWO -b b -boot-load-seg 0x1000",
        [BootImage("a", manufacturer="ONE"), BootImage("b", manufacturer="TWO", load_segment=0x1000)],
    ),
    (
        "-b hd.img -hard-disk-boot -eltorito-alt-boot -b mac -no-boot -eltorito-platform Mac -eltorito-selcrit 0aff",
        [
            BootImage("hd.img", emulation=Emulation.HARD_DISK),
            BootImage("mac", platform=BootPlatform.MAC, bootable=False, selection_criteria=b"\x0a\xff"),
        ],
    ),
    (
        "-b a -no-emul-boot -eltorito-platform efi -b b -no-boot",
        [
            BootImage("a", emulation=Emulation.NONE),
            BootImage("b", platform=BootPlatform.EFI, bootable=False),
        ],
    ),
    (
        "-b a -eltorito-platform ppc -eltorito-alt-boot -b b",
        [BootImage("a", platform=BootPlatform.POWER_PC), BootImage("b")],
    ),
    (
        "--boot-file /x/a.bin --efi-boot-file e.img -eltorito-platform 0x42",
        [BootImage(content=Path("/x/a.bin")), BootImage(content=Path("e.img"), platform=0x42)],
    ),
]


@pytest.mark.parametrize(("words", "images"), IMAGES, ids=[words for words, _ in IMAGES])
def test_words_about_an_image_hold_for_the_one_that_is_named(words: str, images: Sequence[BootImage]) -> None:
    assert said(*words.split()) == BootOptions(images=tuple(images))


@pytest.mark.parametrize(
    ("word", "address"),
    [
        ("-isohybrid-mbr", BootAddress.ISOLINUX),
        ("--grub2-mbr", BootAddress.GRUB2),
        ("-G", BootAddress.NONE),
    ],
)
def test_boot_sector_is_of_one_of_three_kinds(sector: str, word: str, address: BootAddress) -> None:
    assert said(word, sector) == BootOptions(boot_sector=BootSector(Path(sector), address))


def test_partition_tables() -> None:
    efi = (BootImage("e", platform=BootPlatform.EFI),)
    assert said("-e", "e", "--partition-table", "gpt") == BootOptions(images=efi, partition_table=PartitionTable.GPT)
    assert said("-e", "e", "--partition-table", "mbr") == BootOptions(images=efi, partition_table=PartitionTable.MBR)
    assert said("-e", "e", "-isohybrid-gpt-basdat") == BootOptions(
        images=efi, partition_table=PartitionTable.GPT, efi_partition_type=PartitionType.BASIC_DATA
    )


def test_disk_with_a_gpt_can_be_made_active() -> None:
    assert said("--mbr-force-bootable") == BootOptions(force_bootable=True)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("-no-emul-boot", "no boot image is named"),
        ("-b a -eltorito-alt-boot -boot-info-table", "no boot image is named"),
        ("-b a -boot-load-size many", "'many' is no number"),
        ("-b a -boot-load-size -7", "-7 is not in the range 0<=x<=65535"),
        ("-b a -boot-load-seg 0x10000", "0x10000 is not in the range 0<=x<=65535"),
        ("-b a -eltorito-platform amiga", "'amiga' is no number"),
        ("-b a -eltorito-platform 256", "256 is not in the range 0<=x<=255"),
        ("-b a -eltorito-selcrit xyz", "'xyz' is not hexadecimal"),
        ("-b a -isohybrid-mbr none.bin", "does not exist"),
        ("-G folder/empty -isohybrid-mbr folder/empty", "a disk has one boot sector"),
    ],
)
def test_words_that_make_no_sense_are_refused(discstack: Discstack, folder: Path, words: str, complaint: str) -> None:
    made = discstack("image", "folder", "-o", "x.iso", *words.split())
    assert made.code == 2
    assert complaint in made.err


def test_boot_image_that_is_not_there_is_told_before_anything_is_written(
    discstack: Discstack, folder: Path, tmp_path: Path
) -> None:
    made = discstack("image", "folder", "-o", "x.iso", "-b", "isolinux.bin")
    assert made.code == 7
    assert "the boot image isolinux.bin is no file of the tree" in made.err
    assert not (tmp_path / "x.iso").exists()


def test_words_about_booting_are_no_use_for_an_image_that_is_there(discstack: Discstack, folder: Path) -> None:
    assert discstack("image", "folder", "-o", "x.iso").code == 0
    burnt = discstack("burn", "x.iso", "-d", "virtual:dvd+r", "-b", "big.bin")
    assert burnt.code == 2
    assert "an image is burnt as it is" in burnt.err


@pytest.mark.parametrize("medium", ["cd-r", "dvd+r", "bd-re"])
def test_a_bootable_image_is_burnt_and_found_on_the_disc(
    discstack: Discstack, folder: Path, tmp_path: Path, medium: str
) -> None:
    words = ("-b", "sector.bin", "-c", "boot.cat", "-boot-info-table", "--boot-file", "hidden.bin")
    (tmp_path / "hidden.bin").write_bytes(b"h" * 5000)
    burnt = discstack("burn", "folder", "-d", f"virtual:{medium}?file=disc.img", "--json", *words)
    assert burnt.code == 0, burnt.err
    assert burnt.json["verified_sectors"] == burnt.json["sectors"]
    command = ["xorriso", "-indev", str(tmp_path / "disc.img"), "-report_el_torito", "plain"]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "El Torito img opts :   1  boot-info-table" in report
    assert "El Torito img path :   1  /sector.bin" in report
    assert "El Torito cat path : /boot.cat" in report


def test_selection_criteria_are_xorriso_s(discstack: Discstack, folder: Path, tmp_path: Path) -> None:
    words = [*("-b", "sector.bin", "-no-emul-boot", "-eltorito-alt-boot", "-b", "big.bin", "-no-emul-boot")]
    words += ["-boot-load-size", "4", "-eltorito-selcrit", "01456e"]
    assert discstack("image", "folder", "-o", "ours.iso", *words).code == 0
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-o", "theirs.iso", *words, "folder"], check=True)
    ours, theirs = (catalog_of((tmp_path / name).read_bytes())[108:] for name in ("ours.iso", "theirs.iso"))
    assert ours == theirs
    assert ours[:4] == b"\1En\0"


def catalog_of(image: bytes) -> bytes:
    at = int.from_bytes(image[17 * 2048 + 71 :][:4], "little") * 2048
    return image[at : at + 2048]


def test_help_of_image_and_burn_have_a_heading_for_booting(discstack: Discstack) -> None:
    for command in ("image", "burn"):
        shown = discstack(command, "--help").out
        assert "\nOptions:\n  -" in shown  # no operand, which the line of usage has
        assert "\nBooting:\n" in shown
        assert "-isohybrid-mbr FILE" in shown.partition("\nBooting:\n")[2]

"""Bootable images and discs from the command line, with mkisofs's words."""

from __future__ import annotations

import re
import shlex
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
    Partition,
    PartitionTable,
    PartitionType,
)
from discstack.cli.image import image as image_command

from .test_earlier_boot import fat

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


def test_an_mbr_has_an_active_partition_and_one_that_is_the_image_anyway(sector: str) -> None:
    made = said("-G", sector, "--mbr-force-bootable", "-partition_offset", "16")
    assert made == BootOptions(boot_sector=BootSector(Path(sector), BootAddress.NONE))


def test_partitions_are_appended(sector: str) -> None:
    part = (Partition(2, 0xEF, sector), Partition(3, 0x83, sector))
    words = ("-append_partition", "2", "0xef", sector, "-append_partition", "3", "Linux", sector)
    assert said(*words) == BootOptions(partitions=part)
    assert said(*words, "-appended_part_as_gpt").partition_table is PartitionTable.GPT
    for guid in ("28732ac11ff8d211ba4b00a0c93ec93b", "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"):
        (other,) = said("-append_partition", "2", guid, sector).partitions
        assert other.type == PartitionType.EFI_SYSTEM.value
    for name in ("--interval:appended_partition_2:all::", "--interval:appended_partition_2_start_35s_size_8192d:all::"):
        (image,) = said(*words, "-e", name, "-no-emul-boot").images
        assert image == BootImage(partition=2, platform=BootPlatform.EFI, emulation=Emulation.NONE)


def test_the_words_of_grub_mkrescue_make_a_gpt_of_the_efi_boot_image() -> None:
    made = said("-b", "a", "--efi-boot", "efi.img", "-efi-boot-part", "--efi-boot-image", "--protective-msdos-label")
    efi = BootImage("efi.img", platform=BootPlatform.EFI)
    assert made == BootOptions(images=(BootImage("a"), efi), partition_table=PartitionTable.GPT)


def test_the_catalogue_is_hidden_on_request() -> None:
    assert said("-b", "a", "-c", "boot.cat", "--boot-catalog-hide") == BootOptions(images=(BootImage("a"),))


def test_what_xorriso_reports_of_its_image_makes_another_that_is_like_it(
    discstack: Discstack, folder: Path, tmp_path: Path
) -> None:
    """As people change images of Ubuntu: boot sector and EFI partition are taken out of the old image."""
    (tmp_path / "efi.img").write_bytes(fat(4096))
    (tmp_path / "mbr.img").write_bytes(b"\xeb\xfe".ljust(440, b"g"))
    bios = ("-b", "sector.bin", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table", "-c", "boot.catalog")
    efi = ("-eltorito-alt-boot", "-e", "--interval:appended_partition_2:all::", "-no-emul-boot")
    append = ("-append_partition", "2", "0xef", "efi.img", "-appended_part_as_gpt", "--grub2-mbr", "mbr.img")
    start = ("xorriso", "-as", "mkisofs", "-quiet", "-R", "-V", "OLD", "-o", "old.iso")
    subprocess.run([*start, *bios, *append, *efi, "folder"], check=True)
    command = ["xorriso", "-indev", "old.iso", "-report_el_torito", "as_mkisofs"]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    told = shlex.split(report)
    at = told.index("-iso_mbr_part_type") if "-iso_mbr_part_type" in told else len(told)
    made = discstack("image", *told[:at], *told[at + 2 :], "-R", "-o", "new.iso", "folder")
    assert made.code == 0, made.err
    new, old = Path("new.iso").read_bytes(), Path("old.iso").read_bytes()
    assert new[:432] == old[:432]
    assert new[16 * 2048 + 830 :][:16] == old[16 * 2048 + 830 :][:16]  # when the volume was modified
    dump = subprocess.run(["sfdisk", "-d", "new.iso"], capture_output=True, text=True, check=True).stdout
    (place,) = re.findall(r"new.iso2 : start= *(\d+), size= *4096, type=C12A7328", dump)
    assert new[int(place) * 512 :][: 2 << 20] == fat(4096)
    entry = catalog_of(new)[96:128]
    assert int.from_bytes(entry[8:12], "little") * 4 == int(place)


def test_partitions_are_added_to_an_image_that_has_none_and_to_no_other(discstack: Discstack, folder: Path) -> None:
    """Its own would be lost."""
    append = ("-append_partition", "2", "0x83", "folder/big.bin")
    assert discstack("image", "folder", "-o", "old.iso").code == 0
    made = discstack("image", "-M", "old.iso", *append, "-o", "disk.iso", "folder/empty")
    assert made.code == 0, made.err
    dump = subprocess.run(["sfdisk", "-d", "disk.iso"], capture_output=True, text=True, check=True).stdout
    assert "type=83" in dump
    refused = discstack("image", "-M", "disk.iso", *append, "-o", "new.iso", "folder/empty")
    assert refused.code == 7
    assert "is a disk with partitions, and to these none can be added" in refused.err
    assert not Path("new.iso").exists()


@pytest.mark.parametrize(("word", "kept"), [("-G", True), ("--grub2-mbr", False), ("-isohybrid-mbr", False)])
def test_a_boot_sector_loses_what_it_was_told_only_where_it_is_told_anew(tmp_path: Path, word: str, kept: bool) -> None:
    code = bytes(range(1, 256)).ljust(440, b"c")
    (tmp_path / "old.iso").write_bytes(code.ljust(40_000, b"\0"))
    sector = said("-b", "a", word, f"--interval:local_fs:0s-15s:zero_mbrpt:{tmp_path / 'old.iso'}").boot_sector
    assert sector.content == (code if kept else code[:432]).ljust(512, b"\0")


@pytest.mark.parametrize(
    ("interval", "code", "complaint"),
    [
        ("0t-100t", 7, "sparse.iso has 26843545600 bytes, and not 111050674405376 from byte 0 on"),
        ("0s-16s", 2, "sparse.iso: a boot sector is in a system area of up to 32768 bytes, and not in 34816"),
        ("0g-24g", 2, "and not in 26843545600"),
    ],
)
def test_a_boot_sector_in_too_much_is_refused(
    discstack: Discstack, folder: Path, interval: str, code: int, complaint: str
) -> None:
    with open("sparse.iso", "wb") as file:
        file.truncate(25 << 30)
    refused = discstack("image", "folder", "-o", "x.iso", "-G", f"--interval:local_fs:{interval}:zero_apm:sparse.iso")
    assert refused.code == code
    assert complaint in refused.err
    assert not Path("x.iso").exists()


def test_a_boot_sector_that_goes_on_behind_its_sector_is_refused(discstack: Discstack, folder: Path) -> None:
    Path("old.iso").write_bytes(bytes(600) + b"program".ljust(40_000, b"\0"))
    words = ("-G", "--interval:local_fs:0s-15s:zero_mbrpt,zero_gpt:old.iso")
    made = discstack("image", "folder", "-o", "x.iso", *words)
    assert made.code == 2
    assert "old.iso has more of a program behind its boot sector" in made.err


TABLE = "-no-emul-boot -boot-load-size 4 -boot-info-table"


@pytest.mark.parametrize(
    "words",
    [
        f"-b sector.bin {TABLE} folder",
        f"--boot-file folder/sector.bin {TABLE} folder/empty",
        "-append_partition 2 0xef --interval:local_fs:0s-0s::folder/sector.bin "
        f"-b --interval:appended_partition_2:all:: {TABLE} folder/empty",
    ],
)
def test_a_file_that_is_told_where_it_lies_in_the_image_is_not_written_over(
    discstack: Discstack, folder: Path, words: str
) -> None:
    boot = Path("folder/sector.bin")
    before = boot.read_bytes()
    targets = ("image -o folder/sector.bin", "image -o x.iso --manifest folder/sector.bin")
    for target in (*targets, "burn -d virtual:dvd+r --manifest folder/sector.bin"):
        refused = discstack(*target.split(), *words.split())
        assert "folder/sector.bin is one of the sources" in refused.err
        assert refused.code in (2, 7)
        assert boot.read_bytes() == before
        assert not Path("x.iso").exists()


def test_the_date_of_modification_is_that_of_the_volume_alone(discstack: Discstack, folder: Path) -> None:
    words = ("--modification-date=2020010203040506", "--clock", "1700000000")
    assert discstack("image", "folder", "-o", "x.iso", *words).code == 0
    descriptor = Path("x.iso").read_bytes()[16 * 2048 :]
    assert descriptor[830:847] == b"2020010203040506\0"
    assert descriptor[813:829] == b"2023111422132000"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("-append_partition 0 0xef folder/empty", "0 is not in the range x>=1"),
        ("-append_partition 2 efi folder/empty", "'efi' is no partition type such as 0xef"),
        ("-append_partition 2 0xef none.img", "does not exist"),
        ("-append_partition 2 0xef --interval:local_fs:9d-8d::folder/empty", "ends before it begins"),
        ("-append_partition 2 0xef --interval:imported_iso:0d-8d::", "is not of the form --interval:local_fs:FIRST"),
        ("-append_partition 2 0xef --interval:local_fs:0d-1d:zero_gpt:folder/big.bin", "without zeroizers"),
        ("-e --interval:local_fs:0d-9d::x", "a boot image is a path, or --interval:appended_partition_N:all::"),
        ("-append_partition 2 0xef folder/big.bin -e a -isohybrid-gpt-basdat", "leave -isohybrid-gpt-basdat out"),
        ("-e a -efi-boot-part efi.img", "'efi.img' cannot be had: --efi-boot-image is"),
        ("-e a -isohybrid-gpt-basdat -partition_offset 16", "the whole disk is mounted; leave it out"),
        ("-partition_cyl_align on", "'on' cannot be had: partitions are whole sectors"),
        ("-iso_mbr_part_type 0x83", "the image itself is no partition of a GPT"),
        ("--modification-date=2020", "no date of the form YYYYMMDDhhmmsscc"),
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

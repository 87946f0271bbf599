"""Partitions of data that is no file of the tree: what other people's programs find of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from discstack.fs.boot.el_torito import BootPlatform
from discstack.fs.boot.options import BootAddress, BootImage, BootSector, Partition, PartitionTable, PartitionType
from discstack.fs.errors import LayoutError, SourceError
from discstack.fs.image import Image
from discstack.fs.ranges import RangeSource

Tool = Callable[..., str]
Bootable = Callable[..., Image]
LINUX = UUID("0FC63DAF-8483-4772-8E79-3D69D8477DE4")
DATA = b"data of a partition" * 300


def extent(dump: str, number: int) -> tuple[int, int]:
    """First block and blocks of a partition, as sfdisk tells them."""
    found = re.search(rf"iso{number} : start= *(\d+), size= *(\d+)", dump)
    assert found, dump
    return int(found[1]), int(found[2])


def content(path: Path, blocks: tuple[int, int]) -> bytes:
    first, count = blocks
    return path.read_bytes()[first * 512 : (first + count) * 512]


def test_sgdisk_and_sfdisk_find_partitions_by_their_numbers_in_a_gpt(
    bootable: Bootable, tool: Tool, tmp_path: Path, fat_image: Callable[..., bytes]
) -> None:
    efi, linux = Partition(2, 0xEF, fat_image()), Partition(7, LINUX, DATA)
    image = BootImage(partition=2, platform=BootPlatform.EFI)
    path = tmp_path / "x.iso"
    bootable(image, partitions=[efi, linux], partition_table=PartitionTable.GPT).write_to(path)
    assert "No problems found" in tool("sgdisk", "-v", path)
    dump = tool("sfdisk", "-d", path)
    assert content(path, extent(dump, 2)) == fat_image()
    assert content(path, extent(dump, 7)).rstrip(b"\0") == DATA
    assert (dump.count("type=C12A7328"), dump.count(f"type={LINUX}".upper().replace("TYPE", "type"))) == (1, 1)
    report = tool("xorriso", "-indev", path, "-report_el_torito", "plain")
    (entry,) = re.findall(r"El Torito boot img :   1  UEFI .* (\d+)\n", report)
    assert int(entry) * 4 == extent(dump, 2)[0]


def test_sfdisk_finds_partitions_by_their_numbers_in_an_mbr(
    bootable: Bootable, tool: Tool, tmp_path: Path, fat_image: Callable[..., bytes]
) -> None:
    """The EFI boot image of the tree is none where others are given."""
    path, efi = tmp_path / "x.iso", PartitionType.EFI_SYSTEM.value
    given = [Partition(4, LINUX, DATA), Partition(2, efi, fat_image())]
    bootable(BootImage("boot/efi.img", platform=BootPlatform.EFI), partitions=given).write_to(path)
    dump = tool("sfdisk", "-d", path)
    assert [line.rpartition("type=")[2].split(",")[0] for line in dump.splitlines() if "type=" in line] == [
        *("0", "ef", "83")
    ]
    assert content(path, extent(dump, 2)) == fat_image()
    assert content(path, extent(dump, 4)).rstrip(b"\0") == DATA


@pytest.mark.parametrize(
    ("given", "table", "complaint"),
    [
        ([Partition(1, 0x83, b"x")], None, "partitions 2 to 4 of MBR can be given, not 1"),
        ([Partition(129, 0x83, b"x")], PartitionTable.GPT, "partitions 1 to 128 of GPT can be given, not 129"),
        ([Partition(2, 0x83, b"x"), Partition(2, 0xEF, b"x")], None, "two partitions have number 2"),
        ([Partition(2, 0x83, b"")], None, "partition 2 would be empty"),
        ([Partition(2, 0x100, b"x")], None, "an MBR has no partition type for 256"),
        ([Partition(2, UUID(int=5), b"x")], None, "an MBR has no partition type for 00000000-"),
        ([Partition(2, 0x42, b"x")], PartitionTable.GPT, "a GPT has no partition type for 0x42; give a GUID"),
        ([Partition(2, UUID(int=0), b"x")], PartitionTable.GPT, "a GUID of zeros is an unused entry of a GPT, no type"),
    ],
)
def test_what_no_table_can_have_is_refused(
    bootable: Bootable, given: list[Partition], table: PartitionTable | None, complaint: str
) -> None:
    with pytest.raises(LayoutError, match=re.escape(complaint)):
        bootable(partitions=given, partition_table=table)


def test_a_boot_image_in_no_partition_is_refused(bootable: Bootable) -> None:
    with pytest.raises(LayoutError, match="is to be partition 3, and none of that number is given"):
        bootable(BootImage(partition=3), partitions=[Partition(2, 0x83, b"x")])
    with pytest.raises(ValueError, match="or a partition"):
        BootImage("path", partition=2)


def test_a_range_of_a_file_becomes_a_partition(bootable: Bootable, tool: Tool, tmp_path: Path) -> None:
    source, path = tmp_path / "source", tmp_path / "x.iso"
    source.write_bytes(b"before" + DATA + b"behind")
    image = bootable(
        partitions=[Partition(2, 0x83, RangeSource(source, 6, len(DATA)))],
        boot_sector=BootSector(b"x", BootAddress.NONE),
    )
    assert image.reads(source)
    image.write_to(path)
    assert content(path, extent(tool("sfdisk", "-d", path), 2)).rstrip(b"\0") == DATA
    source.write_bytes(b"other")
    with pytest.raises(SourceError, match="source"):
        image.write_to(path)


def test_a_range_that_a_file_has_not_is_refused(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"12345")
    with pytest.raises(LayoutError, match="has 5 bytes, and not 4 from byte 2 on"):
        RangeSource(tmp_path / "source", 2, 4)

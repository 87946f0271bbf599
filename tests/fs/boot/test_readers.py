"""What other people's programs find in bootable images."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from discstack.fs.boot.el_torito import BootPlatform, Emulation
from discstack.fs.boot.options import BootImage, BootSector, PartitionTable, PartitionType
from discstack.fs.image import Image
from discstack.fs.view import View

Tool = Callable[..., str]
BIOS = BootImage("boot/bios.bin", info_table=True, load_size=4, manufacturer="BIOS ID")
EFI = BootImage("boot/efi.img", platform=BootPlatform.EFI, manufacturer="EFI ID")
GPT = PartitionTable.GPT


@pytest.fixture
def written(bootable: Callable[..., Image], tmp_path: Path) -> Callable[..., Path]:
    """Writes a bootable image and gives its path."""

    def write(*images: BootImage, **choices: object) -> Path:
        path = tmp_path / "image.iso"
        bootable(*images, **choices).write_to(path)
        return path

    return write


def lines(text: str, start: str) -> list[list[str]]:
    """The words behind the colon of all lines that start with something."""
    return [line.partition(":")[2].split() for line in text.splitlines() if line.startswith(start)]


def test_xorriso_finds_entries_and_their_files(written: Callable[..., Path], tool: Tool) -> None:
    path = written(BIOS, EFI, BootImage("readme", bootable=False, load_segment=0x1000), catalog="boot/boot.cat")
    report = tool("xorriso", "-indev", path, "-report_el_torito", "plain")
    assert [words[:7] for words in lines(report, "El Torito boot img")] == [
        ["1", "BIOS", "y", "none", "0x0000", "0x00", "4"],
        ["2", "UEFI", "y", "none", "0x0000", "0x00", "64"],
        ["3", "BIOS", "n", "none", "0x1000", "0x00", "4"],
    ]
    paths = [" ".join(words) for words in lines(report, "El Torito img path")]
    assert [path.lower() for path in paths] == ["1 /boot/bios.bin", "2 /boot/efi.img", "3 /readme"]
    assert lines(report, "El Torito cat path") == [["/boot/boot.cat"]]
    assert lines(report, "El Torito img opts") == [["1", "boot-info-table"]]


def test_xorriso_would_make_the_same_image(written: Callable[..., Path], tool: Tool) -> None:
    path = written(BIOS, EFI, catalog="boot/boot.cat", boot_sector=BootSector(b"\xeb\xfe"), partition_table=GPT)
    report = tool("xorriso", "-indev", path, "-report_el_torito", "as_mkisofs")
    words = report.split()
    for word in (
        "-c",
        "-b",
        "-no-emul-boot",
        "-boot-info-table",
        "-eltorito-alt-boot",
        "-e",
        "--protective-msdos-label",
    ):
        assert word in words
    assert words[words.index("-boot-load-size") + 1] == "4"


def test_xorriso_finds_emulated_drives(
    written: Callable[..., Path], tool: Tool, hard_disk_image: Callable[..., bytes]
) -> None:
    disk = BootImage(content=hard_disk_image(0x0C), emulation=Emulation.HARD_DISK)
    report = tool("xorriso", "-indev", written(BootImage(content=bytes(1474560)), disk), "-report_el_torito", "plain")
    assert [words[:7] for words in lines(report, "El Torito boot img")] == [
        ["1", "BIOS", "y", "fd1.4", "0x0000", "0x00", "1"],
        ["2", "BIOS", "y", "hd", "0x0000", "0x0c", "1"],
    ]


def test_xorriso_finds_a_gpt_with_a_protective_mbr(written: Callable[..., Path], tool: Tool) -> None:
    path = written(BIOS, EFI, boot_sector=BootSector(b"\xeb\xfe"), partition_table=GPT)
    report = tool("xorriso", "-indev", path, "-report_system_area", "plain")
    blocks = path.stat().st_size // 512
    assert lines(report, "System area summary") == [["MBR", "protective-msdos-label", "cyl-align-off", "GPT"]]
    assert lines(report, "MBR partition  ") == [["1", "0x00", "0xee", "1", str(blocks - 1)]]
    assert lines(report, "GPT lba range") == [["64", str(blocks - 34), str(blocks - 1)]]
    assert [words[2] for words in lines(report, "GPT start and size")] == ["64"]
    assert lines(report, "GPT partname local") == [["1", "EFI", "boot", "image"]]


def test_xorriso_finds_the_active_partition_before_a_gpt(written: Callable[..., Path], tool: Tool) -> None:
    path = written(EFI, partition_table=GPT, force_bootable=True)
    assert "--mbr-force-bootable" in tool("xorriso", "-indev", path, "-report_system_area", "as_mkisofs").split()
    assert "No problems found" in tool("sgdisk", "-v", path)


def test_xorriso_finds_an_mbr_like_that_of_isohybrid(written: Callable[..., Path], tool: Tool) -> None:
    path = written(BIOS, EFI, boot_sector=BootSector(b"\xeb\xfe"))
    report = tool("xorriso", "-indev", path, "-report_system_area", "plain")
    partitions = lines(report, "MBR partition  ")
    assert partitions[0] == ["1", "0x80", "0x00", "0", str(path.stat().st_size // 512)]
    assert partitions[1][:3] == ["2", "0x00", "0xef"]
    assert partitions[1][4] == "64"


def test_isoinfo_finds_the_catalogue(written: Callable[..., Path], tool: Tool) -> None:
    described = tool("isoinfo", "-d", "-i", written(BIOS, EFI))
    assert "El Torito VD version 1 found, boot catalog is in sector" in described
    assert "ID 'BIOS ID'" in described
    assert "Nsect 4" in described
    assert "Joliet with UCS level 3 found" in described


def test_dumpet_finds_every_record_of_the_catalogue(written: Callable[..., Path], tool: Tool) -> None:
    described = tool("dumpet", "-i", written(BIOS, EFI, BootImage("readme", bootable=False, selection_criteria=b"x")))
    for words in (
        'ID: "BIOS ID"',
        "Load Sectors: 4 (0x0004)",
        "Header Indicator: 0x90 (Section Header Entry)",
        "PlatformId: 0xef (EFI)",
        'ID: "EFI ID"',
        "Load Sectors: 64 (0x0040)",
        "Header Indicator: 0x91 (Final Section Header Entry)",
        "Entry is not bootable",
    ):
        assert words in described


@pytest.mark.parametrize("views", [frozenset({View.ISO9660}), frozenset(View)], ids=["iso", "bridge"])
def test_sgdisk_and_sfdisk_find_no_fault_in_the_gpt(
    written: Callable[..., Path], tool: Tool, views: frozenset[View]
) -> None:
    path = written(EFI, partition_table=GPT, views=views, efi_partition_type=PartitionType.BASIC_DATA)
    assert "No problems found" in tool("sgdisk", "-v", path)
    assert "Partition GUID code: EBD0A0A2" in tool("sgdisk", "-i", "1", path)
    assert "No errors detected" in tool("sfdisk", "--verify", path)
    dumped = tool("sfdisk", "-d", path)
    assert "label: gpt" in dumped
    assert "size=          64, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7" in dumped


def test_sfdisk_takes_the_backup_where_the_first_gpt_is_lost(written: Callable[..., Path], tool: Tool) -> None:
    path = written(EFI, partition_table=GPT)
    dumped = tool("sfdisk", "-d", path)
    with path.open("r+b") as file:
        file.seek(512)
        file.write(bytes(512))
    assert tool("sfdisk", "-d", path) == dumped
    assert "size=          64" in dumped


def test_sfdisk_finds_the_partitions_of_an_mbr(written: Callable[..., Path], tool: Tool) -> None:
    path = written(BIOS, EFI, boot_sector=BootSector(b"\xeb\xfe"))
    dumped = tool("sfdisk", "-d", path)
    assert "label: dos" in dumped
    assert "size=          64, type=ef" in dumped


def test_file_calls_it_bootable(written: Callable[..., Path], tool: Tool) -> None:
    assert "(bootable)" in tool("file", written(BIOS))
    described = tool("file", written(BIOS, boot_sector=BootSector(b"\xeb\xfe")))
    assert "ISO 9660 CD-ROM filesystem data (DOS/MBR boot sector)" in described


def test_7z_lists_boot_images_and_finds_udf_behind_the_boot_record(written: Callable[..., Path], tool: Tool) -> None:
    path = written(BIOS, EFI)
    assert "1-Boot-NoEmul.img" in tool("7z", "l", "-tiso", path)
    assert "2-Boot-NoEmul.img" in tool("7z", "l", "-tiso", path)
    listing = tool("7z", "l", path)
    assert "Type = Udf" in listing
    assert "boot/efi.img" in listing
    assert "Warning" not in listing


def test_7z_reads_udf_before_a_gpt_and_tells_of_what_lies_behind(written: Callable[..., Path], tool: Tool) -> None:
    path = written(BIOS, EFI, partition_table=GPT)
    assert tool("7z", "x", "-so", "-tudf", path, "readme") == "hello"
    listing = tool("7z", "l", path)
    assert "There are data after the end of archive" in listing
    assert f"Tail Size = {256 * 2048}" in listing


def test_udfinfo_finds_the_sequence_and_both_anchors(written: Callable[..., Path], tool: Tool) -> None:
    path = written(BIOS, EFI, partition_table=GPT)
    described = tool("udfinfo", path)
    last = path.stat().st_size // 2048 - 1
    for words in ("start=16, blocks=7, type=VRS", "start=256, blocks=1, type=ANCHOR", "integrity=closed", "numfiles=5"):
        assert words in described
    assert f"start={last - 256}, blocks=1, type=ANCHOR" in described


def test_catalogue_is_that_of_xorriso_but_for_addresses(
    written: Callable[..., Path], tmp_path: Path, tool: Tool
) -> None:
    ours = written(BootImage("boot/bios.bin", load_size=4, info_table=True), BootImage("boot/efi.img", platform=0xEF))
    tree, theirs = tmp_path / "tree", tmp_path / "theirs.iso"
    tool("7z", "x", f"-o{tree}", "-tudf", ours)
    bios = ("-b", "boot/bios.bin", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table")
    efi = ("-eltorito-alt-boot", "-e", "boot/efi.img", "-no-emul-boot")
    tool("xorriso", "-as", "mkisofs", "-o", theirs, "-c", "boot/boot.cat", *bios, *efi, tree)
    assert catalog_without_addresses(ours) == catalog_without_addresses(theirs)


def catalog_without_addresses(path: Path) -> list[bytes]:
    data = path.read_bytes()
    (lba,) = struct.unpack_from("<I", data, 17 * 2048 + 71)
    records = [data[at : at + 32] for at in range(lba * 2048, lba * 2048 + 4 * 32, 32)]
    return [record[:8] + record[12:] if record[0] in (0x88, 0) else record for record in records]

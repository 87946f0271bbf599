"""Images that are disks too, with partition tables, are that still when they were added to.

sgdisk, sfdisk and xorriso look at them; images of xorriso have other forms of tables than ours.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
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
    FileSystemImage,
    LayoutError,
    PartitionTable,
    View,
)

BLOCK = 512
EFI = "boot/efi.img"
BIOS = "boot/bios.bin"
ISO = frozenset({View.ISO9660})
EVERY = frozenset(View)
APPENDED = os.urandom(200 * BLOCK)


def fat(sectors: int, mark: bytes = b"FAT") -> bytes:
    start = bytearray(mark.ljust(sectors * BLOCK, mark[:1]))
    start[11:13] = BLOCK.to_bytes(2, "little")
    start[19:21] = sectors.to_bytes(2, "little")
    start[510:512] = b"\x55\xaa"
    return bytes(start)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    top = tmp_path / "tree"
    contents = {BIOS: b"B" * 5000, EFI: fat(1600), "data": b"data" * 3000}
    for name, data in contents.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(data)
    (tmp_path / "appended").write_bytes(APPENDED)
    (tmp_path / "efi").write_bytes(fat(1600))
    (tmp_path / "mbr").write_bytes(b"\xeb\xfe".ljust(432, b"\x90"))
    return top


def by_xorriso(tree: Path, image: Path, *words: str) -> None:
    start = ("xorriso", "-as", "mkisofs", "-quiet", "-o", str(image), "-J", "-R", "-b", BIOS, "-no-emul-boot")
    subprocess.run([*start, *words, str(tree)], check=True, cwd=tree.parent, capture_output=True)


def by_us(tree: Path, image: Path, **choices: Any) -> None:
    images = BootImage(BIOS, load_size=4, emulation=Emulation.NONE), BootImage(EFI, platform=BootPlatform.EFI)
    composed = FileSystemImage(boot=BootOptions(images=images, **choices))
    composed.root.add_tree(tree)
    composed.create_result().write_to(image)


ALT = ("-eltorito-alt-boot", "-e")
INTERVAL = (*ALT, "--interval:appended_partition_2:all::", "-no-emul-boot")
Made = Callable[[Path, Path], None]
MAKERS: dict[str, Made] = {
    "ours, GPT": lambda tree, image: by_us(tree, image, partition_table=PartitionTable.GPT),
    "ours, MBR": lambda tree, image: by_us(tree, image, boot_sector=BootSector(b"\xeb\xfe", BootAddress.ISOLINUX)),
    "ours, GPT and GRUB's MBR": lambda tree, image: by_us(
        *(tree, image), partition_table=PartitionTable.GPT, boot_sector=BootSector(b"\xeb\xfe", BootAddress.GRUB2)
    ),
    "xorriso, appended GPT": lambda tree, image: by_xorriso(
        *(tree, image, "-append_partition", "2", "0xef", "efi", "-appended_part_as_gpt", *INTERVAL)
    ),
    "xorriso, appended MBR": lambda tree, image: by_xorriso(
        *(tree, image, "-append_partition", "2", "0xef", "efi", *INTERVAL)
    ),
    "xorriso, isohybrid": lambda tree, image: by_xorriso(
        *(tree, image, "-isohybrid-mbr", "mbr", *ALT, EFI, "-no-emul-boot", "-isohybrid-gpt-basdat")
    ),
}
OVERLAPPING = ("xorriso, isohybrid", "ours, MBR")  # and so it was before
NOTED = {"xorriso, appended MBR": ["partition table: incomplete: partition 1 is the image up to the next one"]}
WITHOUT_GPT = ("ours, MBR", "xorriso, appended MBR")


def said(*command: str | Path) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    return done.stdout + done.stderr


def partitions(image: Path) -> list[tuple[int, int]]:
    """What sfdisk finds, which prefers a GPT only where its MBR protects it: first block and blocks."""
    told = json.loads(subprocess.run(["sfdisk", "-J", image], check=True, capture_output=True, text=True).stdout)
    return [(each["start"], each["size"]) for each in told["partitiontable"]["partitions"]]


def told_of(image: Path, what: str) -> list[tuple[int, int]]:
    """What xorriso finds of one of both tables."""
    report = said("xorriso", "-indev", image, "-report_system_area", "plain")
    lines = re.findall(rf"^{what} *: *\d+ +(?:0x\w+ +0x\w+ +)?(\d+) +(\d+)$", report, re.MULTILINE)
    return [(int(first), int(blocks)) for first, blocks in lines]


def grow(image: Path, size: int, **choices: Any) -> tuple[str, ...]:
    composed = FileSystemImage(**choices)
    notes = composed.import_file_system(image).notes
    composed.root.create_file(f"added {size}", b"a" * size)
    composed.create_result().write_parts(image)
    return tuple(map(str, notes))


@pytest.mark.parametrize("views", [EVERY, frozenset({View.ISO9660, View.JOLIET})], ids=["with UDF", "without UDF"])
@pytest.mark.parametrize("maker", MAKERS)
def test_tables_cover_what_was_added_and_lead_to_the_efi_image(
    maker: str, views: frozenset[View], tree: Path, tmp_path: Path
) -> None:
    """UDF takes sectors that boot images had: these move, and their partitions with them."""
    image = tmp_path / "image.iso"
    MAKERS[maker](tree, image)
    notes = grow(image, 900_000, views=EVERY if "ours" in maker else views)
    assert [note.partition("; ")[0] for note in notes] == NOTED.get(maker, [])
    data = image.read_bytes()
    assert data[16 * 2048 :].count(b"a" * 900_000) == 1
    if maker not in OVERLAPPING:
        assert "No errors detected" in said("sfdisk", "--verify", image)
        problems = said("sgdisk", "-v", image)
        assert "No problems found" in problems or maker in WITHOUT_GPT, problems
        assert "Problem: " not in problems or maker in WITHOUT_GPT, problems
    found = [told_of(image, what) for what in ("MBR partition", "GPT start and size")]
    blocks = len(data) // BLOCK
    assert bool(found[1]) == (maker not in WITHOUT_GPT)
    if found[1]:
        assert data[-BLOCK:].startswith(b"EFI PART")
        assert int.from_bytes(data[544:552], "little") == blocks - 1
        array = int.from_bytes(data[-BLOCK + 72 : -BLOCK + 80], "little")
        for header in (data[BLOCK : 2 * BLOCK], data[-BLOCK:]):
            assert int.from_bytes(header[48:56], "little") == array - 1  # the last usable block
    efi = fat(1600)
    for table in found:
        places = [data[first * BLOCK :].startswith(efi) and size >= 1600 for first, size in table]
        assert not table or any(places) or all(size in (blocks, blocks - 1) for _, size in table), table
        assert all(first + size <= blocks for first, size in table)
    if maker not in NOTED:
        assert found[0][0] in ((0, blocks), (1, blocks - 1))


@pytest.mark.parametrize("maker", ["ours, MBR", "ours, GPT and GRUB's MBR", "xorriso, isohybrid"])
def test_the_program_of_the_boot_sector_is_told_the_new_place_of_its_boot_image(
    maker: str, tree: Path, tmp_path: Path
) -> None:
    image = tmp_path / "image.iso"
    MAKERS[maker](tree, image)
    composed = FileSystemImage()
    composed.root.create_directory("boot").create_file("bios.bin", b"new" * 2000)
    composed.import_file_system(image)
    composed.create_result().write_parts(image)
    data = image.read_bytes()
    block = int.from_bytes(data[432:440], "little") - (4 if "GRUB" in maker else 0)
    assert data[block * BLOCK :].startswith(b"new" * 2000)


def test_a_disk_grows_again_and_again(tree: Path, tmp_path: Path) -> None:
    image = tmp_path / "image.iso"
    MAKERS["ours, GPT"](tree, image)
    efi = partitions(image)
    for size in (1, 700_000, 3):
        assert grow(image, size) == ()
        assert "No problems found" in said("sgdisk", "-v", image)
        assert "No errors detected" in said("sfdisk", "--verify", image)
    assert partitions(image) == efi
    assert said("udfinfo", image).count("warning") == 0


def test_what_lies_in_a_partition_of_its_own_is_not_written_over(tree: Path, tmp_path: Path) -> None:
    """Behind the volume xorriso appends what no file system knows of; UDF would have to lie in it here."""
    image = tmp_path / "image.iso"
    (tree / EFI).unlink()
    by_xorriso(tree, image, "-append_partition", "2", "0x83", "appended")
    before = image.read_bytes()
    with pytest.raises(LayoutError, match="overlaps partition 2 of the disk at sector"):
        grow(image, 1)
    assert image.read_bytes() == before
    with pytest.raises(LayoutError, match="lies within the volume"):
        FileSystemImage(views=ISO).import_file_system(image, next_session=len(before) // 2048 - 200)
    (note,) = grow(image, 400_000, views=ISO)
    assert "partition 1 is the image up to the next one" in note
    ((first, size),) = (each for each in partitions(image) if each[1] == len(APPENDED) // BLOCK)
    assert image.read_bytes()[first * BLOCK :].startswith(APPENDED)
    assert size == 200


def test_a_gpt_that_is_not_sound_is_told_and_stays(tree: Path, tmp_path: Path) -> None:
    image = tmp_path / "image.iso"
    MAKERS["ours, GPT"](tree, image)
    with image.open("r+b") as file:
        file.seek(BLOCK + 40)
        file.write(b"x")
        file.seek(0)
        area = file.read(16 * 2048)
    (note,) = grow(image, 5000)
    assert "does not cover what is added" in note
    assert image.read_bytes()[: len(area)] == area


def test_a_volume_within_a_partition_and_an_apple_map_are_told_of(tree: Path, tmp_path: Path) -> None:
    image = tmp_path / "image.iso"
    by_xorriso(tree, image, "-isohybrid-mbr", "mbr", "-partition_offset", "16")
    (note,) = grow(image, 5000)
    assert "partition 1 is a volume of its own" in note
    by_us(tree, image)
    with image.open("r+b") as file:
        file.write(b"ER")
    (note,) = grow(image, 5000)
    assert "Apple's" in note

"""Boot images: where each one lies, and what its entry in the boot catalogue says; all that can be wrong is refused."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from discstack.fs.boot import mbr
from discstack.fs.boot.el_torito import (
    BLOCK,
    FLOPPY_SIZES,
    MAX_BLOCKS,
    BootEntry,
    BootPlatform,
    Emulation,
)
from discstack.fs.boot.hidden import HiddenData, read_start, source_for
from discstack.fs.boot.info_table import GRUB2_INFO, TABLE
from discstack.fs.boot.options import BootImage
from discstack.fs.errors import LayoutError, printable
from discstack.fs.items import FileItem
from discstack.fs.plan import SECTOR, sectors_for
from discstack.fs.snapshot import Snapshot
from discstack.fs.sources import Source

Place: TypeAlias = FileItem | HiddenData

BLOCKS: Final = SECTOR // BLOCK  # of a sector
DEFAULT_SEGMENT: Final = 0x7C0
SEGMENT: Final = 16  # bytes
CONVENTIONAL_MEMORY: Final = 640 << 10  # where a BIOS can read to
FAT_SECTOR_SIZES: Final = (512, 1024, 2048, 4096)


@dataclass(frozen=True, slots=True)
class PlannedImage:
    """A boot image of which everything is settled but the address; `blocks` of 512 bytes are read at first."""

    choice: BootImage
    place: Place
    emulation: Emulation
    system_type: int
    blocks: int

    @property
    def sectors(self) -> int:
        """Length in sectors."""
        return sectors_for(self.place.source.size)

    def entry(self) -> BootEntry:
        """Return its entry in the catalogue, once its address is known."""
        choice = self.choice
        if choice.recorded is not None:
            return replace(choice.recorded, lba=self.place.lba)
        return BootEntry(
            bootable=choice.bootable,
            emulation=self.emulation,
            load_segment=choice.load_segment,
            system_type=self.system_type,
            blocks=self.blocks,
            lba=self.place.lba,
            criteria=choice.selection_criteria,
        )


def plan_image(
    choice: BootImage, number: int, snapshot: Snapshot, partitions: Mapping[int, HiddenData]
) -> PlannedImage:
    """Find a boot image and settle what its entry says; `number` counts the images from 1 on."""
    place, label = _place_of(choice, number, snapshot, partitions)
    source = place.source
    if not source.size:
        raise LayoutError(f"{label} is empty")
    for wanted, where, what in ((choice.info_table, TABLE, "table"), (choice.grub2_info, GRUB2_INFO, "for GRUB 2")):
        if wanted and source.size < where.stop:
            raise LayoutError(f"{label} has {source.size} bytes, but its boot info {what} would end at {where.stop}")
    if choice.recorded is not None:
        recorded = choice.recorded
        return PlannedImage(choice, place, recorded.emulation, recorded.system_type, recorded.blocks)
    for what, value, most in (("platform", choice.platform, 0xFF), ("load segment", choice.load_segment, 0xFFFF)):
        if not 0 <= value <= most:
            raise LayoutError(f"{label}: the boot catalogue has {what}s from 0 to {most}, not {value}")
    if choice.selection_criteria and number == 1:
        raise LayoutError(f"{label}: every entry but the first may have selection criteria")
    emulation = _emulation(choice, source.size, label)
    if choice.platform == BootPlatform.EFI:
        _check_fat(source, label)
    system_type = _partition_type(source, label) if emulation is Emulation.HARD_DISK else 0
    return PlannedImage(choice, place, emulation, system_type, _load_size(choice, emulation, source.size, label))


def _place_of(
    choice: BootImage, number: int, snapshot: Snapshot, partitions: Mapping[int, HiddenData]
) -> tuple[Place, str]:
    """Return where a boot image lies, and what messages call it."""
    if choice.partition is not None:
        if choice.partition not in partitions:
            raise LayoutError(f"a boot image is to be partition {choice.partition}, and none of that number is given")
        return partitions[choice.partition], f"the boot image in partition {choice.partition}"
    if choice.path is not None:
        item = snapshot.find(choice.path)
        if not isinstance(item, FileItem):
            raise LayoutError(f"the boot image {printable(choice.path)} is no file of the tree")
        return item, f"the boot image {printable(item.path)}"
    content = choice.content
    assert content is not None  # BootImage has one of these
    name = f"number {number}"
    if isinstance(content, str | os.PathLike):
        name = printable(os.path.basename(os.fspath(content)))
    return HiddenData(source_for(content, name), f"boot image {name}"), f"the boot image {name}"


def _emulation(choice: BootImage, size: int, label: str) -> Emulation:
    """Return the emulation that was asked for, or the one that fits the size, and check that it can be."""
    emulation = choice.emulation
    if emulation is None:
        floppies = {} if choice.platform == BootPlatform.EFI else FLOPPY_SIZES
        return next((floppy for floppy, its in floppies.items() if its == size), Emulation.NONE)
    if size != FLOPPY_SIZES.get(emulation, size):
        raise LayoutError(f"{label} has {size} bytes; a floppy of this kind has {FLOPPY_SIZES[emulation]}")
    if choice.platform == BootPlatform.EFI and emulation is not Emulation.NONE:
        raise LayoutError(f"{label} is for EFI, which knows no emulation")
    return emulation


def _load_size(choice: BootImage, emulation: Emulation, size: int, label: str) -> int:
    """Return the blocks that are read at first, and check that they can be counted and fit into memory."""
    present = sectors_for(size) * BLOCKS
    blocks = choice.load_size
    if blocks is None:
        blocks = present if emulation is Emulation.NONE else 1
        if choice.platform == BootPlatform.EFI and blocks > MAX_BLOCKS:
            return 0  # from the image's start to the end of the medium, UEFI 2.10 13.3.2.1
    if not 1 <= blocks <= min(present, MAX_BLOCKS):
        raise LayoutError(
            f"{label} has {present} blocks of 512 bytes, and {blocks} cannot be what is read of it at first: "
            f"the boot catalogue counts from 1 to {MAX_BLOCKS}; give another load size"
        )
    end = (choice.load_segment or DEFAULT_SEGMENT) * SEGMENT + blocks * BLOCK
    if choice.platform == BootPlatform.X86 and emulation is Emulation.NONE and end > CONVENTIONAL_MEMORY:
        raise LayoutError(
            f"{label}: {blocks} blocks of 512 bytes do not fit below 640 KiB; give a smaller load size, or its "
            "platform if it is for EFI"
        )
    return blocks


def _check_fat(source: Source, label: str) -> None:
    """Refuse what a firmware will not find a program in."""
    start = read_start(source, BLOCK).ljust(BLOCK, b"\0")
    sector_size = int.from_bytes(start[11:13], "little")
    sectors = int.from_bytes(start[19:21], "little") or int.from_bytes(start[32:36], "little")
    if start[-2:] != mbr.SIGNATURE or sector_size not in FAT_SECTOR_SIZES or not sectors:
        raise LayoutError(
            f"{label} is for EFI, but it is no FAT file system, in which a firmware looks for its program"
        )
    if sectors * sector_size > sectors_for(source.size) * SECTOR:
        raise LayoutError(f"{label} has {source.size} bytes, but the FAT in it {sectors * sector_size}: it was cut")


def _partition_type(source: Source, label: str) -> int:
    """Return the type of the one partition that the image of a hard disk has."""
    start = read_start(source, BLOCK).ljust(BLOCK, b"\0")
    table = start[mbr.TABLE_START : -len(mbr.SIGNATURE)]
    types = [kind for kind in table[4::16] if kind]
    if start[-2:] != mbr.SIGNATURE or len(types) != 1:
        raise LayoutError(f"{label} is no hard disk with a master boot record and exactly one partition")
    return types[0]

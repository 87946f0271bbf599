"""What can be chosen about starting a machine from an image."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias
from uuid import UUID

from discstack.fs.boot.el_torito import BootEntry, BootPlatform, Emulation
from discstack.fs.sources import Source

Content: TypeAlias = bytes | bytearray | str | os.PathLike[str] | Source


@dataclass(frozen=True, slots=True)
class BootImage:
    """What a firmware starts from: one entry of the El Torito boot catalogue.

    The image is the file at `path` in the tree, or else `content`: bytes, the path of a file of this machine, or a
    source; that one lies in the image without a name. Or it is the `partition` of that number, one of those of the
    `BootOptions`. For EFI it is a FAT file system with `/EFI/BOOT/BOOTX64.EFI` or
    the like, for a BIOS a program, a floppy, or a hard disk with one partition.

    `emulation` None means a floppy for what has exactly the size of one, else none. `load_size` is what a BIOS reads
    at first, in blocks of 512 bytes: all by default, one for an emulated drive. `load_segment` 0 means 7C0h.
    `manufacturer` is the id string, of up to 24 bytes in the first entry and 28 in others; `selection_criteria` are for
    entries but the first: a byte that is their type (1: language and version), then what the vendor makes of it.

    Two things tell a boot image where it lies; the source stays as it is. `info_table` puts the addresses of the volume
    and of the image into bytes 8 to 63, as ISOLINUX and GRUB want it; `grub2_info` puts an address into bytes 2548 to
    2555, which GRUB 2 wants where its boot sector starts it.
    """

    path: str | None = None
    content: Content | None = None
    partition: int | None = None
    platform: int = BootPlatform.X86
    emulation: Emulation | None = None
    load_size: int | None = None
    load_segment: int = 0
    info_table: bool = False
    grub2_info: bool = False
    manufacturer: str = ""
    bootable: bool = True
    selection_criteria: bytes = b""
    recorded: BootEntry | None = None  # that of an earlier session, taken over as it is but for the address
    earlier_lba: int | None = None  # the sector where it was in an earlier session, or what it takes the place of

    def __post_init__(self) -> None:
        if [self.path, self.content, self.partition].count(None) != 2:
            raise ValueError("a boot image is either at a path in the tree, or made of content, or a partition")


class BootAddress(Enum):
    """Where a boot sector expects the first block of the BIOS boot image, if anywhere."""

    NONE = "none"
    ISOLINUX = "isolinux"  # its 512-byte block at byte 432
    GRUB2 = "grub2"  # the same, behind the first 2048 bytes


@dataclass(frozen=True, slots=True)
class BootSector:
    """The program in the first sector of a disk, such as SYSLINUX's isohdpfx.bin: its first 440 bytes count."""

    content: Content
    address: BootAddress = BootAddress.ISOLINUX


class PartitionTable(Enum):
    """What makes a disk of the image: partitions of the MBR alone, or a GPT behind a protective MBR."""

    MBR = "MBR"
    GPT = "GPT"


class PartitionType(Enum):
    """What a partition of a GPT is, UEFI 2.10 5.3.3: as basic data, Windows shows it."""

    EFI_SYSTEM = UUID("C12A7328-F81F-11D2-BA4B-00A0C93EC93B")
    BASIC_DATA = UUID("EBD0A0A2-B9E5-4433-87C0-68B6B72699C7")


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition of a disk, of data that lies in the image without a name.

    Its `number` is from 2 to 4 in an MBR, whose first partition is the image itself, and from 1 to 128 in a GPT. The
    `type` is one of an MBR, from 1 to 255 (UEFI 2.10 5.2.1), or of a GPT (5.3.3); where the table is the other one, it
    becomes the type of the same meaning.
    """

    number: int
    type: int | UUID
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class BootOptions:
    """How machines start from the image as a CD, and as a disk such as a USB stick.

    The first of `images` is the default entry. `catalog` is the path at which all views show the boot catalogue; its
    directory must be in the tree. Without one it is hidden.

    As a disk: `boot_sector` is what a BIOS starts, and the EFI images are the partitions of the `partition_table`, by
    default an MBR if there is a boot sector, else none. `efi_partition_type` is their type in a GPT. Where `partitions`
    are given, an EFI image is a partition only if it is one of these; without a table they make an MBR. UEFI wants the
    MBR before a GPT to have one partition, which is not active; `force_bootable` adds an active one of no type, without
    which many a BIOS starts no disk.
    """

    images: Sequence[BootImage] = ()
    catalog: str | None = None
    boot_sector: BootSector | None = None
    partition_table: PartitionTable | None = None
    efi_partition_type: PartitionType = PartitionType.EFI_SYSTEM
    force_bootable: bool = False
    partitions: Sequence[Partition] = ()

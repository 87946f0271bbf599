"""The structures of El Torito, "Bootable CD-ROM Format Specification" 1.0, as bytes; all numbers little endian."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import Final

from discstack.fs.ecma119 import STANDARD_IDENTIFIER
from discstack.fs.plan import SECTOR

BLOCK: Final = 512  # bytes of a virtual sector, in which the catalogue counts
ENTRY_SIZE: Final = 32  # of every record of the catalogue
IDENTIFIER: Final = b"EL TORITO SPECIFICATION"
VALIDATION_ID_SIZE: Final = 24
SECTION_ID_SIZE: Final = 28
CRITERIA_SIZE: Final = 20  # of a section's entry: the type, then what the vendor makes of the rest
EXTENSION_SIZE: Final = 30  # further bytes of criteria in each record that goes on with an entry
CATALOG_SECTORS: Final = 4  # at most: room for 256 records
MAX_BLOCKS: Final = 0xFFFF

_BOOT_RECORD: Final = Struct("<B5sB32s32sI")
_VALIDATION: Final = Struct("<BBH24sHBB")
_ENTRY: Final = Struct("<BBHBBHI20s")
_EXTENSION: Final = Struct("<BB30s")
_EXTENDED: Final = 0x44  # header id of an extension, figure 6
_MORE: Final = 0x20  # in the boot media type of an entry and the flags of an extension: another extension follows
_HEADER: Final = Struct("<BBH28s")
_WORDS: Final = Struct("<16H")


class BootPlatform(IntEnum):
    """Which machines an entry is for (El Torito figure 2; EFI: UEFI 2.10 13.3.2.1)."""

    X86 = 0x00
    POWER_PC = 0x01
    MAC = 0x02
    EFI = 0xEF


class Emulation(IntEnum):
    """What a BIOS makes of the boot image: nothing, or a drive; the boot media type (El Torito figure 3)."""

    NONE = 0
    FLOPPY_1200 = 1
    FLOPPY_1440 = 2
    FLOPPY_2880 = 3
    HARD_DISK = 4


FLOPPY_SIZES: Final = {
    Emulation.FLOPPY_1200: 80 * 2 * 15 * BLOCK,
    Emulation.FLOPPY_1440: 80 * 2 * 18 * BLOCK,
    Emulation.FLOPPY_2880: 80 * 2 * 36 * BLOCK,
}


@dataclass(frozen=True, slots=True)
class BootRecordVolumeDescriptor:
    """Tells the address of the boot catalogue; always the second descriptor (El Torito figure 7, ECMA-119 8.2)."""

    catalog: int

    def __bytes__(self) -> bytes:
        record = _BOOT_RECORD.pack(0, STANDARD_IDENTIFIER, 1, IDENTIFIER, b"", self.catalog)
        return record.ljust(SECTOR, b"\0")


@dataclass(frozen=True, slots=True)
class ValidationEntry:
    """The first record of the catalogue; its 16-bit words sum up to 0 (El Torito figure 2)."""

    platform: int
    identifier: bytes

    def __bytes__(self) -> bytes:
        fields = (1, self.platform, 0, self.identifier)
        words = _WORDS.unpack(_VALIDATION.pack(*fields, 0, 0x55, 0xAA))
        return _VALIDATION.pack(*fields, -sum(words) & 0xFFFF, 0x55, 0xAA)


@dataclass(frozen=True, slots=True)
class SectionHeader:
    """Comes before `count` entries for one platform; the `last` one ends the catalogue (El Torito figure 4)."""

    platform: int
    count: int
    identifier: bytes
    last: bool

    def __bytes__(self) -> bytes:
        return _HEADER.pack(0x91 if self.last else 0x90, self.platform, self.count, self.identifier)


@dataclass(frozen=True, slots=True)
class BootEntry:
    """The initial entry, or the entry of a section (El Torito figure 3, figure 5).

    `blocks` of 512 bytes are read from sector `lba` on to `load_segment`, 0 being 7C0h. `criteria` are a section's: the
    type first, and what 20 bytes do not hold follows the entry in extensions (figure 6). `drivers` are the bits 6 and 7
    of the boot media type: the image contains an ATAPI or a SCSI driver.
    """

    bootable: bool
    emulation: Emulation
    load_segment: int
    system_type: int
    blocks: int
    lba: int
    criteria: bytes = b""
    drivers: int = 0

    @property
    def records(self) -> int:
        """How many records of the catalogue it takes, with its extensions."""
        return 1 + -(-max(len(self.criteria) - CRITERIA_SIZE, 0) // EXTENSION_SIZE)

    def __bytes__(self) -> bytes:
        more = self.criteria[CRITERIA_SIZE:]
        media = self.emulation | self.drivers | (_MORE if more else 0)
        entry = _ENTRY.pack(
            *(0x88 if self.bootable else 0x00, media, self.load_segment, self.system_type, 0),
            *(self.blocks, self.lba, self.criteria[:CRITERIA_SIZE]),
        )
        pieces = [more[at : at + EXTENSION_SIZE] for at in range(0, len(more), EXTENSION_SIZE)]
        flags = [_MORE] * (len(pieces) - 1) + [0]
        return entry + b"".join(_EXTENSION.pack(_EXTENDED, *each) for each in zip(flags, pieces, strict=False))

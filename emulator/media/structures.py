"""Disc structures: the control data that a disc is pressed with (MMC-6 6.22)."""

from __future__ import annotations

import struct
from typing import Final

DVD, BD = 0, 1  # media types
PHYSICAL_FORMAT, COPYRIGHT, ADIP = 0x00, 0x01, 0x11
DATA_ZONE: Final = 0x30000  # physical sector number of LBA 0 on DVD
BOOK_SIZE: Final = 2048
DVD_PLUS_R, DVD_PLUS_RW = 0xA, 0x9  # book types
DISC_INFORMATION: Final = 0x00  # of BD
BD_DATA_ZONE: Final = 0x100000
BD_INFORMATION_SIZE: Final = 4096
BD_R, BD_RE = b"BDR", b"BDW"  # disc type identifiers


def dvd_structures(
    book: int, capacity: int, end: int, manufacturer: str, media_type: str
) -> dict[tuple[int, int], bytes]:
    """Return the structures of a DVD+R or DVD+RW; `end` is how many blocks are recorded."""
    return {
        (DVD, PHYSICAL_FORMAT): _physical_format(book, end or capacity, manufacturer, media_type),
        (DVD, COPYRIGHT): bytes(4),
        (DVD, ADIP): _physical_format(book, capacity, manufacturer, media_type)[:256],
    }


def _physical_format(book: int, blocks: int, manufacturer: str, media_type: str) -> bytes:
    # book type and version 1; 120 mm, maximum rate not specified; one layer, writable; track density as standard
    head = bytes([book << 4 | 1, 0x0F, 0x02, 0x00])
    zone = struct.pack(">III", DATA_ZONE, DATA_ZONE + blocks - 1, 0)
    identity = f"{manufacturer:8.8}{media_type:3.3}".encode("ascii") + b"\x01"
    return (head + zone + bytes(3) + identity).ljust(BOOK_SIZE, b"\0")


def bd_structures(
    type_identifier: bytes, capacity: int, manufacturer: str, media_type: str
) -> dict[tuple[int, int], bytes]:
    """Return the structures of a BD-R or BD-RE: one disc information unit."""
    unit = bytearray(112)
    unit[0:8] = b"DI\x01\x08\x00\x00\x00\x62"  # format 1, units in each block, layer 0, sequence 0, bytes in use
    unit[8:11] = type_identifier
    unit[11:16] = bytes([0x01, 0x01, 0x10, 0x00, 0x01])  # 120 mm, class 0, version 1; one layer of 25 GB; hard-coated
    # first and last physical sector of the data zone, in address units of two to a block
    unit[24:32] = struct.pack(">II", BD_DATA_ZONE, BD_DATA_ZONE + capacity * 2 - 2)
    unit[100:106] = manufacturer[:6].encode("ascii").ljust(6)
    unit[106:109] = media_type[:3].encode("ascii").ljust(3)
    return {(BD, DISC_INFORMATION): bytes(unit).ljust(BD_INFORMATION_SIZE, b"\0")}

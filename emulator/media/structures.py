"""Disc structures: the control data that a disc is pressed with (MMC-6 6.22)."""

from __future__ import annotations

import struct
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from discstack.mmc.spec.disc_structure import BdDefinition, DvdRamDefinition, PreRecordedInformation
from discstack.mmc.spec.profiles import Profile

if TYPE_CHECKING:
    from discstack.emulator.media.kind import MediumKind

Structures = dict[tuple[int, int], bytes]  # by media type and format, without their headers

DVD, BD = 0, 1  # media types
PHYSICAL_FORMAT, COPYRIGHT, PRE_RECORDED, CONTROL_DATA, ADIP = 0x00, 0x01, 0x0E, 0x10, 0x11
LAYER_BOUNDARY: Final = 0x20
DISC_DEFINITION, MEDIUM_STATUS, SPARE_AREA = 0x08, 0x09, 0x0A
DATA_ZONE: Final = 0x30000  # physical sector number of LBA 0 on DVD
RAM_DATA_ZONE: Final = 0x31000  # of the first sector of a DVD-RAM, which is a spare one
RAM_GUARDS: Final = 2112  # blocks between the zones of a DVD-RAM, where nothing is recorded
RAM_SECTORS: Final = range(25, 60)  # on a track of each of its zones, which have equally many tracks (ECMA-330)
ECC_BLOCK: Final = 16
ZONE_TABLE: Final = 256  # where the definition structure tells the zones, behind its header
BOOK_SIZE: Final = 2048
BORDER_OUT: Final = 32  # where the physical format information has the start of the last border-out
DVD_PLUS_R, DVD_PLUS_RW, DVD_PLUS_R_DL = 0xA, 0x9, 0xE  # book types
MINUS_BOOKS: Final[dict[int, int]] = {  # book type and part version
    Profile.DVD_R_SEQUENTIAL: 0x25,
    Profile.DVD_R_DL_SEQUENTIAL: 0x26,
    Profile.DVD_R_DL_LAYER_JUMP: 0x26,
    Profile.DVD_RW_SEQUENTIAL: 0x32,
}
DISC_INFORMATION: Final = 0x00  # of BD
BD_DATA_ZONE: Final = 0x20000  # address units
BD_USER_DATA: Final = 0x100000  # physical sector number of LBA 0 on BD
BD_INNER_SPARES: Final = 4096  # clusters of an inner spare area
BD_INFORMATION_SIZE: Final = 4096
BD_R, BD_RE = b"BDR", b"BDW"  # disc type identifiers


def plus_structures(kind: MediumKind, book: int, capacity: int, end: int, layer_0: int = 0) -> Structures:
    """Return the structures of a DVD+R or DVD+RW; `end` is how many blocks are recorded."""
    identity = f"{kind.manufacturer:8.8}{kind.media_type:3.3}".encode("ascii") + b"\x01"
    adip = physical_format(book << 4 | 1, capacity, layer_0) + bytes(2) + identity
    written = physical_format(book << 4 | 1, end or capacity, layer_0) + bytes(2) + identity
    return {
        (DVD, PHYSICAL_FORMAT): written.ljust(BOOK_SIZE, b"\0"),
        (DVD, COPYRIGHT): bytes(4),
        (DVD, ADIP): adip.ljust(256, b"\0"),
    }


def minus_structures(kind: MediumKind, capacity: int, end: int, layer_0: int = 0) -> Structures:
    """Return the structures of a DVD-R or DVD-RW: of the lead-in as it is written, of the disc as it is pressed."""
    book = MINUS_BOOKS[kind.profile]
    written = bytearray(physical_format(book, end or capacity, layer_0).ljust(BOOK_SIZE, b"\0"))
    if end:
        written[BORDER_OUT : BORDER_OUT + 4] = (DATA_ZONE + end).to_bytes(4, "big")
    maker = f"{kind.manufacturer:9.9}{kind.media_type:3.3}".encode("ascii")
    pits = PreRecordedInformation(
        disc_application_code=0x41,
        disc_physical_code=0x80,
        last_address_of_data_recordable_area=DATA_ZONE + capacity - 1,
        part_version=book & 0xF,
        manufacturer_id_1=maker[:6],
        manufacturer_id_2=maker[6:],
    ).build()
    return {
        (DVD, PHYSICAL_FORMAT): bytes(written),
        (DVD, COPYRIGHT): bytes(4),
        (DVD, PRE_RECORDED): pits[4:],
        # drives were seen to give book type 00h here, and the end of the data zone as it is pressed
        (DVD, CONTROL_DATA): physical_format(0, capacity, layer_0).ljust(BOOK_SIZE, b"\0"),
    }


def ram_structures(kind: MediumKind, total: int, primary: int) -> Structures:
    """Return physical format, disc definition structure and medium status of a DVD-RAM without a cartridge.

    `total` blocks hold data or supplementary spare ones, `primary` are the spare ones before them.
    """
    book = bytearray(physical_format(0x16, 0, 0).ljust(BOOK_SIZE, b"\0"))
    book[2:4] = b"\x06\x10"  # embossed and rewritable areas; density of 0.28 um
    end = RAM_DATA_ZONE + primary + total + RAM_GUARDS * total // kind.capacity - 1
    book[4:12] = struct.pack(">II", RAM_DATA_ZONE, end)
    book[32] = 0x10  # as in the medium status
    book[549:597] = kind.manufacturer.encode("ascii").ljust(48)
    definition = DvdRamDefinition(
        disk_manufacturer_certification=True,
        first_sector_of_primary_spare_area=RAM_DATA_ZONE,
        last_sector_of_primary_spare_area=RAM_DATA_ZONE + primary - 1,
        first_logical_sector=RAM_DATA_ZONE + primary,
        number_of_zones=len(RAM_SECTORS),
    )
    starts = ram_zones(total, primary)
    zones = struct.pack(f">{len(starts)}I", *starts)
    return {
        (DVD, PHYSICAL_FORMAT): bytes(book),
        (DVD, COPYRIGHT): bytes(4),
        (DVD, DISC_DEFINITION): (definition.build()[4:].ljust(ZONE_TABLE, b"\0") + zones).ljust(BOOK_SIZE, b"\0"),
        (DVD, MEDIUM_STATUS): bytes([0, 0x10, 0, 0]),
    }


def ram_zones(total: int, primary: int) -> list[int]:
    """Return the first logical sector of each zone of a DVD-RAM, whole ECC blocks; spare sectors lie before the first.

    Within a zone the disc turns evenly, from zone to zone so much slower that sectors pass at the same rate.
    """
    before = accumulate(RAM_SECTORS, initial=0)
    starts = [((total + primary) * part // sum(RAM_SECTORS) - primary) // ECC_BLOCK * ECC_BLOCK for part in before]
    return [max(start, 0) for start in starts[:-1]]


def physical_format(book: int, blocks: int, layer_0: int) -> bytes:
    """Return the 17 bytes that all books share; with blocks on layer 1 too, the track path is opposite."""
    second = layer_0 if blocks > layer_0 > 0 else 0
    end = DATA_ZONE + blocks - 1
    if second:  # addresses of layer 1 are those of layer 0 inverted, bit by bit
        end = (~(DATA_ZONE + layer_0 - 1) & 0xFFFFFF) + blocks - layer_0 - 1
    # 120 mm, maximum rate not specified; writable; track density as standard
    head = bytes([book, 0x0F, (0x30 if second else 0) | 0x02, 0x00])
    return head + struct.pack(">III", DATA_ZONE, end, DATA_ZONE + layer_0 - 1 if second else 0) + b"\0"


def bd_structures(kind: MediumKind, type_identifier: bytes, capacity: int, spares: int, free: int) -> Structures:
    """Return the structures of a BD-R or BD-RE; `spares` are its clusters to replace defects with, `free` what is left.

    There is one disc information unit for each layer. The spare area at the inner end is filled first, on two layers
    each.
    """
    inner = [min(BD_INNER_SPARES, max(spares - BD_INNER_SPARES * layer, 0)) for layer in range(min(kind.layers, 2))]
    definition = BdDefinition(
        dds_format=1 if type_identifier == BD_R else 0,
        first_sector_of_user_data_area=BD_USER_DATA,
        last_logical_sector=capacity - 1,
        size_of_inner_spare_area_0=inner[0],
        size_of_outer_spare_area=(spares - sum(inner)) // kind.layers,
        size_of_inner_spare_area_1=sum(inner[1:]),
    )
    units = b"".join(_information_unit(kind, type_identifier, layer) for layer in range(kind.layers))
    return {
        (BD, DISC_INFORMATION): units.ljust(BD_INFORMATION_SIZE, b"\0"),
        (BD, DISC_DEFINITION): definition.build()[4:].ljust(BD_INFORMATION_SIZE, b"\0"),
        (BD, MEDIUM_STATUS): bytes(4),
        (BD, SPARE_AREA): struct.pack(">III", 0, free, spares),
    }


def _information_unit(kind: MediumKind, type_identifier: bytes, layer: int) -> bytes:
    """Return the disc information of a layer, as blank discs of one, two and four layers were seen to have it."""
    blocks, large = kind.capacity // kind.layers, kind.layers > 2
    unit = bytearray(112)
    # format, units in each block and layer, sequence, bytes in use
    head = (4, 0x80 | layer, 0, layer, 0x63, 0) if large else (1, 0x28 | layer, 0, layer, 0x62, 0)
    unit[0:8] = bytes([*b"DI", *head])
    unit[8:11] = type_identifier
    # size, class and version; layers, recordable or rewritable; channel bit length
    material = 2 if type_identifier == BD_R else 4
    unit[11:14] = bytes([0x12 if large else 0x01, kind.layers << 4 | material, 4 if large else 1])
    unit[16] = 1
    # first and last address unit of the data zone; a unit is eight blocks, and the last one is even
    zone = struct.pack(">II", BD_DATA_ZONE, BD_DATA_ZONE + blocks // 8 - 2)
    start = 19 if large else 24
    unit[start : start + 8] = zone
    unit[100:106] = kind.manufacturer[:6].encode("ascii").ljust(6)
    unit[106:109] = kind.media_type[:3].encode("ascii").ljust(3)
    return bytes(unit)

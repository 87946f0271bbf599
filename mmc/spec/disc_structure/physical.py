"""Physical format information: what the lead-in of a DVD, its control data and its ADIP tell (MMC-6 6.22.3.2.1).

The first 17 bytes are alike in all books; what follows is each book's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import ClassVar, Final

from discstack.mmc.spec.disc_structure.base import DiscStructure, structure
from discstack.mmc.spec.layout import Layout, Structure, bits, enumerated, flag, reserved, text
from discstack.mmc.spec.value import declared


class DiskCategory(IntEnum):
    """The book that a DVD belongs to."""

    DVD_ROM = 0x0
    DVD_RAM = 0x1
    DVD_R = 0x2
    DVD_RW = 0x3
    HD_DVD_ROM = 0x4
    HD_DVD_RAM = 0x5
    HD_DVD_R = 0x6
    DVD_PLUS_RW = 0x9
    DVD_PLUS_R = 0xA
    DVD_PLUS_RW_DL = 0xD
    DVD_PLUS_R_DL = 0xE


@declared
class PlusBook(Structure):
    """What a DVD+R or DVD+RW adds, by ADIP or in its lead-in. Velocities are as the book of the medium codes them."""

    layout: ClassVar[Layout] = Layout(
        "physical format information of DVD+R and DVD+RW",
        *("disk_application_code" / bits(8), "extended_information_indicators" / bits(8)),
        *("disk_manufacturer_id" / text(8), "media_type_id" / text(3), "product_revision_number" / bits(8)),
        *("bytes_in_use" / bits(8), "reference_recording_velocity" / bits(8), "maximum_recording_velocity" / bits(8)),
        clause="ECMA-349 14.4.2",
    )
    required: ClassVar[int] = 14
    told: ClassVar[tuple[str, ...]] = ("media_id",)
    disk_application_code: int = 0
    extended_information_indicators: int = 0
    disk_manufacturer_id: str = ""
    media_type_id: str = ""
    product_revision_number: int = 0
    bytes_in_use: int = 0
    reference_recording_velocity: int = 0
    maximum_recording_velocity: int = 0

    @property
    def media_id(self) -> str:
        """Manufacturer and media type, such as "MCC/004"."""
        return f"{self.disk_manufacturer_id}/{self.media_type_id}"


@declared
class MinusBook(Structure):
    """What a DVD-R or DVD-RW adds: physical sector numbers of the last border-out, and of the border-in behind it."""

    layout: ClassVar[Layout] = Layout(
        "physical format information of DVD-R and DVD-RW",
        *(reserved(120), "start_sector_number_of_current_border_out" / bits(32)),
        "start_sector_number_of_next_border_in" / bits(32),
        clause="ECMA-359, physical format information",
    )
    required: ClassVar[int] = 23
    start_sector_number_of_current_border_out: int = 0
    start_sector_number_of_next_border_in: int = 0


@declared
class RamBook(Structure):
    """What a DVD-RAM of 4.7 GB adds: the type of the disc, and who made it."""

    layout: ClassVar[Layout] = Layout(
        "physical format information of DVD-RAM",
        *(reserved(120), "disc_type_identification" / bits(8), reserved(4128)),
        *("disk_manufacturer" / text(48), "disk_manufacturers_supplementary_information" / text(16)),
        clause="ECMA-330, physical format information",
    )
    required: ClassVar[int] = 596
    disc_type_identification: int = 0
    disk_manufacturer: str = ""
    disk_manufacturers_supplementary_information: str = ""


BOOKS: Final[Mapping[int, type[PlusBook | MinusBook | RamBook]]] = MappingProxyType(
    {
        DiskCategory.DVD_RAM: RamBook,
        DiskCategory.DVD_R: MinusBook,
        DiskCategory.DVD_RW: MinusBook,
        DiskCategory.DVD_PLUS_RW: PlusBook,
        DiskCategory.DVD_PLUS_R: PlusBook,
        DiskCategory.DVD_PLUS_RW_DL: PlusBook,
        DiskCategory.DVD_PLUS_R_DL: PlusBook,
    }
)


@declared
class PhysicalFormatInformation(DiscStructure):
    """Formats 00h (of the lead-in), 10h (of a rewritable medium's control data) and 11h (ADIP).

    Sector numbers are physical ones. `maximum_rate` and the densities are codes. `data` is what the book of the medium
    adds from byte 17 on, and `book` what that means.
    """

    layout: ClassVar[Layout] = structure(
        "physical format information",
        *("disk_category" / enumerated(4, DiskCategory), "part_version" / bits(4), "disc_size" / bits(4)),
        *("maximum_rate" / bits(4), reserved(1), "number_of_layers" / bits(2), "track_path" / flag()),
        *("layer_type" / bits(4), "linear_density" / bits(4), "track_density" / bits(4), reserved(8)),
        *("starting_physical_sector_number_of_data_area" / bits(24), reserved(8)),
        *("end_physical_sector_number_of_data_area" / bits(24), reserved(8)),
        *("end_physical_sector_number_in_layer_0" / bits(24), "bca" / flag(), reserved(7)),
        clause="MMC-6 6.22.3.2.1",
    )
    required: ClassVar[int] = 20
    told: ClassVar[tuple[str, ...]] = ("layers", "layer_0_blocks", "media_id", "book")
    disk_category: int = DiskCategory.DVD_ROM
    part_version: int = 1
    disc_size: int = 0
    maximum_rate: int = 0
    number_of_layers: int = 0
    track_path: bool = False
    layer_type: int = 0
    linear_density: int = 0
    track_density: int = 0
    starting_physical_sector_number_of_data_area: int = 0x030000
    end_physical_sector_number_of_data_area: int = 0
    end_physical_sector_number_in_layer_0: int = 0
    bca: bool = False

    @property
    def layers(self) -> int:
        """How many layers the disc has; the field counts from 0."""
        return self.number_of_layers + 1

    @property
    def layer_0_blocks(self) -> int | None:
        """How many blocks lie on layer 0 of a disc with two, None where that is not told."""
        if not self.end_physical_sector_number_in_layer_0:
            return None
        first = self.starting_physical_sector_number_of_data_area
        return self.end_physical_sector_number_in_layer_0 - first + 1

    @property
    def book(self) -> PlusBook | MinusBook | RamBook | None:
        """What the book of the medium adds, None where it is another one or too short."""
        kind = BOOKS.get(self.disk_category)
        return kind.parse(self.data) if kind is not None and len(self.data) >= kind.required else None

    @property
    def media_id(self) -> str | None:
        """Manufacturer and media type of a DVD+R or DVD+RW, such as "MCC/004"; None for other media."""
        return self.book.media_id if isinstance(self.book, PlusBook) else None

"""Disc structures of BD media (MMC-6 6.22.3.4)."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from discstack.mmc.spec.counted import Bytes, join
from discstack.mmc.spec.disc_structure.base import DiscStructure, structure
from discstack.mmc.spec.layout import Layout, Structure, bits, flag, raw, reserved, text
from discstack.mmc.spec.value import declared

UNIT_IDENTIFIER: Final = b"DI"
LARGE: Final = 3  # the formats of discs with three and four layers begin here
BLOCKS_PER_UNIT: Final = 8


@declared
class DiscInformationUnit(Structure):
    """One unit of BD disc information: what a layer is and how it is written. Addresses are physical ones."""

    layout: ClassVar[Layout] = Layout(
        "BD disc information unit",
        *("identifier" / raw(2), "format" / bits(8), "units_per_block" / bits(5), "layer" / bits(3)),
        *("legacy" / bits(8), "sequence" / bits(8), "continuation" / flag(), "length" / bits(7), reserved(8)),
        *("disc_type_identifier" / text(3), "disc_size" / bits(2), "disc_class" / bits(2), "disc_version" / bits(4)),
        *("number_of_layers" / bits(4), "layer_type" / bits(4), "dvd_layer" / bits(2), "cd_layer" / bits(2)),
        *("channel_bit_length" / bits(4), "push_pull_polarity" / bits(8), "recorded_mark_polarity" / bits(8)),
        *(reserved(4), "bca" / bits(4), "maximum_transfer_rate" / bits(8), reserved(16)),
        *("last_user_data_address" / bits(32), "first_address_unit_number" / bits(32)),
        *("last_address_unit_number" / bits(32), "format_dependent" / raw(68), "disc_manufacturer_id" / text(6)),
        *("media_type_id" / text(3), "time_stamp" / bits(16), "product_revision_number" / bits(8)),
        clause="MMC-6 6.22.3.4.1",
    )
    told: ClassVar[tuple[str, ...]] = ("data_zone", "blocks", "media_id")

    identifier: bytes = UNIT_IDENTIFIER
    format: int = 1
    units_per_block: int = 0
    layer: int = 0
    legacy: int = 0
    sequence: int = 0
    continuation: bool = False
    length: int = 0
    disc_type_identifier: str = ""
    disc_size: int = 0
    disc_class: int = 0
    disc_version: int = 0
    number_of_layers: int = 1
    layer_type: int = 0
    dvd_layer: int = 0
    cd_layer: int = 0
    channel_bit_length: int = 0
    push_pull_polarity: int = 0
    recorded_mark_polarity: int = 0
    bca: int = 0
    maximum_transfer_rate: int = 0
    last_user_data_address: int = 0
    first_address_unit_number: int = 0
    last_address_unit_number: int = 0
    format_dependent: bytes = bytes(68)
    disc_manufacturer_id: str = ""
    media_type_id: str = ""
    time_stamp: int = 0
    product_revision_number: int = 0

    @property
    def data_zone(self) -> tuple[int, int]:
        """First and last address unit of the layer's data; a unit is eight blocks, the last address is even.

        The units of discs with more than two layers (formats from 3 on) have the addresses five bytes further ahead.
        """
        if self.format < LARGE:
            return self.first_address_unit_number, self.last_address_unit_number
        before, after = self.last_user_data_address, self.first_address_unit_number
        return before >> 8, (before & 0xFF) << 24 | after >> 8

    @property
    def blocks(self) -> int:
        """How many blocks the layer holds, spare areas included."""
        first, last = self.data_zone
        return (last - first + 2) * BLOCKS_PER_UNIT

    @property
    def media_id(self) -> str:
        """Manufacturer and media type, such as "VERBAT/IMe"."""
        return f"{self.disc_manufacturer_id}/{self.media_type_id}"


@declared
class BdDiscInformation(DiscStructure):
    """Format 00h: the units of disc information; `data` is what follows the last one that is marked as such."""

    told: ClassVar[tuple[str, ...]] = ("media_id",)

    units: tuple[DiscInformationUnit, ...] = ()

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Read the units."""
        size, units = DiscInformationUnit.layout.size, []
        while len(data) >= size and bytes(data[:2]) == UNIT_IDENTIFIER:
            units.append(DiscInformationUnit.parse(data))
            data = data[size:]
        return {"units": tuple(units), "data": bytes(data)}

    def build_tail(self) -> bytes:
        """Return the units."""
        return join(self.units) + self.data

    @property
    def media_id(self) -> str | None:
        """Manufacturer and media type of a recordable disc; None where nothing tells."""
        return self.units[0].media_id if self.units and self.units[0].disc_manufacturer_id else None


@declared
class CartridgeStatus(DiscStructure):
    """Format 09h: the cartridge of a BD."""

    layout: ClassVar[Layout] = structure(
        "BD cartridge status",
        *("cartridge" / flag(), "out" / flag(), reserved(3), "cwp" / flag(), reserved(26)),
        clause="MMC-6 6.22.3.4.4",
    )
    required: ClassVar[int] = 5
    cartridge: bool = False
    out: bool = False
    cwp: bool = False


@declared
class BdSpareAreaInformation(DiscStructure):
    """Format 0Ah: what is left to replace defects with, in clusters of 32 blocks."""

    layout: ClassVar[Layout] = structure(
        "BD spare area information",
        *(reserved(32), "number_of_free_spare_blocks" / bits(32), "number_of_allocated_spare_blocks" / bits(32)),
        clause="MMC-6 6.22.3.4.5",
    )
    required: ClassVar[int] = 16
    number_of_free_spare_blocks: int = 0
    number_of_allocated_spare_blocks: int = 0


@declared
class RawDefectList(DiscStructure):
    """Format 12h: the defect list, in `data`."""


@declared
class PhysicalAccessControl(DiscStructure):
    """Format 30h: physical access controls, or their headers, in `data`."""

"""What every reply of READ DISC STRUCTURE begins with (MMC-6 6.22.3)."""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

from discstack.mmc.spec.counted import Bytes, Counted, each, join
from discstack.mmc.spec.layout import Layout, Structure, bits, flag, reserved
from discstack.mmc.spec.value import declared

if TYPE_CHECKING:
    from discstack.mmc.spec.layout import Field


class MediaType(IntEnum):
    """Which family of formats is meant."""

    DVD = 0
    BD = 1


def structure(name: str, *body: Field, clause: str) -> Layout:
    """Return the layout of a disc structure: the header, then `body`."""
    return Layout(name, "disc_structure_data_length" / bits(16), reserved(16), *body, clause=clause)


@declared
class DiscStructure(Counted):
    """A disc structure; `data` is what follows its known fields: all, where the standard leaves it to the medium.

    The reply does not name its format, which was in the command. The same bytes go to SEND DISC STRUCTURE.
    """

    layout: ClassVar[Layout] = structure("disc structure", clause="MMC-6 6.22.3")
    length_field: ClassVar[str] = "disc_structure_data_length"
    required: ClassVar[int] = 4

    data: bytes = b""

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Keep what follows the known fields."""
        return {"data": bytes(data)}

    def build_tail(self) -> bytes:
        """Return what follows the known fields."""
        return self.data


@declared
class WriteProtectionStatus(DiscStructure):
    """Format C0h: by which of its means the medium is write protected."""

    layout: ClassVar[Layout] = structure(
        "write protection status",
        *(reserved(4), "mswi" / flag(), "cwp" / flag(), "pwp" / flag(), "swpp" / flag(), reserved(24)),
        clause="MMC-6 6.22.3.5",
    )
    required: ClassVar[int] = 5
    mswi: bool = False
    cwp: bool = False
    pwp: bool = False
    swpp: bool = False

    @property
    def protected(self) -> bool:
        """Whether anything protects the medium."""
        return self.mswi or self.cwp or self.pwp or self.swpp


@declared
class StructureListEntry(Structure):
    """One format that the drive reads (RDS) or sends (SDS), and how long it is with its header."""

    layout: ClassVar[Layout] = Layout(
        "structure list entry",
        *("format_code" / bits(8), "sds" / flag(), "rds" / flag(), reserved(6), "structure_length" / bits(16)),
        clause="MMC-6 6.22.3.6",
    )
    format_code: int
    sds: bool = False
    rds: bool = False
    structure_length: int = 0


@declared
class DiscStructureList(DiscStructure):
    """Format FFh: the formats that the drive knows for this media type."""

    entries: tuple[StructureListEntry, ...] = ()

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Read the list."""
        return {"entries": each(StructureListEntry, data)}

    def build_tail(self) -> bytes:
        """Return the list."""
        return join(self.entries)


@declared
class FormatLayers(DiscStructure):
    """Format 90h: the layers of a hybrid disc that the drive knows, by their profiles.

    `default_format_layer` is the one that a disc comes up with, `online_format_layer` the one that is in use.
    """

    layout: ClassVar[Layout] = structure(
        "list of recognized format layers",
        *("number_of_recognized_format_layers" / bits(8), reserved(2), "default_format_layer" / bits(2)),
        *(reserved(2), "online_format_layer" / bits(2)),
        clause="MMC-6 6.22.3.1.8",
    )
    required: ClassVar[int] = 6
    number_of_recognized_format_layers: int = 0
    default_format_layer: int = 0
    online_format_layer: int = 0
    format_layers: tuple[int, ...] = ()

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Read the profiles of the layers."""
        return {"format_layers": struct.unpack(f">{len(data) // 2}H", data[: len(data) // 2 * 2])}

    def build_tail(self) -> bytes:
        """Return the profiles of the layers."""
        return struct.pack(f">{len(self.format_layers)}H", *self.format_layers)

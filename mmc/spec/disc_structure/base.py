"""What every reply of READ DISC STRUCTURE begins with (MMC-6 6.22.3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

from discstack.mmc.spec.counted import Bytes, Counted, each, join
from discstack.mmc.spec.layout import Layout, Structure, bits, flag, raw, reserved

if TYPE_CHECKING:
    from discstack.mmc.spec.layout import Field


class MediaType(IntEnum):
    """Which family of formats is meant."""

    DVD = 0
    BD = 1


def structure(name: str, *body: Field, clause: str) -> Layout:
    """Return the layout of a disc structure: the header, then `body`."""
    return Layout(name, "disc_structure_data_length" / bits(16), reserved(16), *body, clause=clause)


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscControlBlock(DiscStructure):
    """Format 30h of a DVD+RW or DVD+R: a disc control block; its contents, told by the descriptor, are in `data`."""

    layout: ClassVar[Layout] = structure(
        "disc control block",
        *("content_descriptor" / bits(32), "unknown_content_descriptor_actions" / bits(32)),
        "vendor_id" / raw(32),
        clause="MMC-6 6.22.3.2.24",
    )
    required: ClassVar[int] = 12
    content_descriptor: int
    unknown_content_descriptor_actions: int = 0
    vendor_id: bytes = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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

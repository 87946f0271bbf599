"""Disc control blocks of DVD+RW and DVD+R, told apart by their content descriptors (format 30h, MMC-6 6.22.3.2.24)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from discstack.mmc.spec.disc_structure.base import DiscStructure, structure
from discstack.mmc.spec.layout import Layout, Structure, bits, flag, raw, reserved
from discstack.mmc.spec.value import declared

WRITE_INHIBIT: Final = 0x57444300  # "WDC"
SESSION: Final = 0x53444300  # "SDC"
LIST: Final = 0xFFFFFFFF


@declared
class WriteInhibit(Structure):
    """What protects a disc from being written; `write_protect_status` is a code, 0 for nothing."""

    layout: ClassVar[Layout] = Layout(
        "write inhibit disc control block",
        *("update_count" / bits(32), reserved(24), "update_requires_password" / flag(), reserved(5)),
        *("write_protect_status" / bits(2), reserved(128), "update_password" / raw(32)),
        clause="MMC-6 6.22.3.2.24",
    )
    required: ClassVar[int] = 24
    update_count: int = 0
    update_requires_password: bool = False
    write_protect_status: int = 0
    update_password: bytes = bytes(32)


@declared
class SessionInformation(Structure):
    """Which session a block is about, and the disc's id; the items behind them are the recorder's."""

    layout: ClassVar[Layout] = Layout(
        "session information disc control block",
        *("session_number" / bits(16), reserved(176), "disc_id" / raw(32), reserved(256)),
        clause="MMC-6 6.22.3.2.24",
    )
    required: ClassVar[int] = 56
    session_number: int = 0
    disc_id: bytes = bytes(32)


@declared
class ControlBlockList(Structure):
    """How many kinds of blocks the drive reads and writes; their descriptors follow, those to read first."""

    layout: ClassVar[Layout] = Layout(
        "disc control block list",
        *(reserved(8), "readable_dcbs" / bits(8), reserved(8), "writable_dcbs" / bits(8)),
        clause="MMC-6 6.22.3.2.24",
    )
    readable_dcbs: int = 0
    writable_dcbs: int = 0


CONTENTS: Final[Mapping[int, type[WriteInhibit | SessionInformation | ControlBlockList]]] = MappingProxyType(
    {WRITE_INHIBIT: WriteInhibit, SESSION: SessionInformation, LIST: ControlBlockList}
)


@declared
class DiscControlBlock(DiscStructure):
    """Format 30h of a DVD+RW or DVD+R: `data` is what the block of that descriptor holds, `contents` its meaning."""

    layout: ClassVar[Layout] = structure(
        "disc control block",
        *("content_descriptor" / bits(32), "unknown_content_descriptor_actions" / bits(32)),
        "vendor_id" / raw(32),
        clause="MMC-6 6.22.3.2.24",
    )
    required: ClassVar[int] = 12
    told: ClassVar[tuple[str, ...]] = ("contents", "listed")
    content_descriptor: int
    unknown_content_descriptor_actions: int = 0
    vendor_id: bytes = bytes(32)

    @property
    def contents(self) -> WriteInhibit | SessionInformation | ControlBlockList | None:
        """What the block holds, None where its kind is a maker's own, or it is cut off."""
        kind = CONTENTS.get(self.content_descriptor)
        return kind.parse(self.data) if kind is not None and len(self.data) >= kind.required else None

    @property
    def listed(self) -> tuple[int, ...]:
        """The content descriptors that a list of blocks tells."""
        if self.content_descriptor != LIST:
            return ()
        rest = self.data[ControlBlockList.layout.size :]
        found: tuple[int, ...] = struct.unpack(f">{len(rest) // 4}I", rest[: len(rest) // 4 * 4])
        return found

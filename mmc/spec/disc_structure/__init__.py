"""The replies of READ DISC STRUCTURE: what DVDs and BDs tell of themselves (MMC-6 6.22)."""

from __future__ import annotations

from typing import Final

from discstack.mmc.spec.counted import Bytes
from discstack.mmc.spec.disc_structure.base import (
    DiscControlBlock,
    DiscStructure,
    DiscStructureList,
    MediaType,
    StructureListEntry,
    WriteProtectionStatus,
)
from discstack.mmc.spec.disc_structure.bd import (
    BdDiscInformation,
    BdSpareAreaInformation,
    CartridgeStatus,
    DiscInformationUnit,
    PhysicalAccessControl,
    RawDefectList,
)
from discstack.mmc.spec.disc_structure.definition import BdDefinition, DvdRamDefinition
from discstack.mmc.spec.disc_structure.dvd import (
    BurstCuttingArea,
    CopyrightInformation,
    CopyrightManagementInformation,
    CopyrightProtectionSystem,
    JumpIntervalSize,
    LayerBoundaryInformation,
    ManualLayerJumpAddress,
    ManufacturingInformation,
    MediaIdentifier,
    MediumStatus,
    PreRecordedInformation,
    RecordingManagementData,
    RemappingAddress,
    ShiftedMiddleAreaStartAddress,
    SpareAreaInformation,
    UniqueDiscIdentifier,
)
from discstack.mmc.spec.disc_structure.physical import (
    DiskCategory,
    MinusBook,
    PhysicalFormatInformation,
    PlusBook,
    RamBook,
)

BY_FORMAT: Final[dict[tuple[int, int], type[DiscStructure]]] = {
    (MediaType.DVD, 0x00): PhysicalFormatInformation,
    (MediaType.DVD, 0x01): CopyrightInformation,
    (MediaType.DVD, 0x03): BurstCuttingArea,
    (MediaType.DVD, 0x04): ManufacturingInformation,
    (MediaType.DVD, 0x05): CopyrightManagementInformation,
    (MediaType.DVD, 0x06): MediaIdentifier,
    (MediaType.DVD, 0x08): DvdRamDefinition,
    (MediaType.DVD, 0x09): MediumStatus,
    (MediaType.DVD, 0x0A): SpareAreaInformation,
    (MediaType.DVD, 0x0C): RecordingManagementData,
    (MediaType.DVD, 0x0D): RecordingManagementData,
    (MediaType.DVD, 0x0E): PreRecordedInformation,
    (MediaType.DVD, 0x0F): UniqueDiscIdentifier,
    (MediaType.DVD, 0x10): PhysicalFormatInformation,
    (MediaType.DVD, 0x11): PhysicalFormatInformation,
    (MediaType.DVD, 0x20): LayerBoundaryInformation,
    (MediaType.DVD, 0x21): ShiftedMiddleAreaStartAddress,
    (MediaType.DVD, 0x22): JumpIntervalSize,
    (MediaType.DVD, 0x23): ManualLayerJumpAddress,
    (MediaType.DVD, 0x24): RemappingAddress,
    (MediaType.DVD, 0x30): DiscControlBlock,
    (MediaType.DVD, 0xC0): WriteProtectionStatus,
    (MediaType.DVD, 0xFF): DiscStructureList,
    (MediaType.BD, 0x00): BdDiscInformation,
    (MediaType.BD, 0x03): BurstCuttingArea,
    (MediaType.BD, 0x08): BdDefinition,
    (MediaType.BD, 0x09): CartridgeStatus,
    (MediaType.BD, 0x0A): BdSpareAreaInformation,
    (MediaType.BD, 0x12): RawDefectList,
    (MediaType.BD, 0x30): PhysicalAccessControl,
    (MediaType.BD, 0xC0): WriteProtectionStatus,
    (MediaType.BD, 0xFF): DiscStructureList,
}


def parse_disc_structure(media_type: int, format: int, data: Bytes) -> DiscStructure:
    """Read a disc structure by the media type and format that were asked for; an unknown one keeps its bytes."""
    return BY_FORMAT.get((media_type, format), DiscStructure).parse(data)


__all__ = [
    "BY_FORMAT",
    "BdDefinition",
    "BdDiscInformation",
    "BdSpareAreaInformation",
    "BurstCuttingArea",
    "CartridgeStatus",
    "CopyrightInformation",
    "CopyrightManagementInformation",
    "CopyrightProtectionSystem",
    "DiscControlBlock",
    "DiscInformationUnit",
    "DiscStructure",
    "DiscStructureList",
    "DiskCategory",
    "DvdRamDefinition",
    "JumpIntervalSize",
    "LayerBoundaryInformation",
    "ManualLayerJumpAddress",
    "ManufacturingInformation",
    "MediaIdentifier",
    "MediaType",
    "MediumStatus",
    "MinusBook",
    "PhysicalAccessControl",
    "PhysicalFormatInformation",
    "PlusBook",
    "PreRecordedInformation",
    "RamBook",
    "RawDefectList",
    "RecordingManagementData",
    "RemappingAddress",
    "ShiftedMiddleAreaStartAddress",
    "SpareAreaInformation",
    "StructureListEntry",
    "UniqueDiscIdentifier",
    "WriteProtectionStatus",
    "parse_disc_structure",
]

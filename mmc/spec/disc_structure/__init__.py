"""The replies of READ DISC STRUCTURE: what DVDs and BDs tell of themselves (MMC-6 6.22)."""

from __future__ import annotations

from typing import Final

from discstack.mmc.spec.counted import Bytes
from discstack.mmc.spec.disc_structure.base import (
    DiscStructure,
    DiscStructureList,
    FormatLayers,
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
from discstack.mmc.spec.disc_structure.control_block import (
    ControlBlockList,
    DiscControlBlock,
    SessionInformation,
    WriteInhibit,
)
from discstack.mmc.spec.disc_structure.definition import BdDefinition, DvdRamDefinition
from discstack.mmc.spec.disc_structure.dvd import (
    BcaRecord,
    BurstCuttingArea,
    CopyrightInformation,
    CopyrightProtectionSystem,
    HdDvdRManagementData,
    HdDvdRMediumStatus,
    JumpIntervalSize,
    LayerBoundaryInformation,
    ManualLayerJumpAddress,
    ManufacturingInformation,
    MediumStatus,
    MtaEccBlock,
    PreRecordedInformation,
    RecordingType,
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
from discstack.mmc.spec.disc_structure.protection import (
    AacsDataKeys,
    AacsIdentifier,
    CopyrightManagementInformation,
    DiscKey,
    EncryptedExtent,
    EncryptedExtents,
    HdDvdCopyrightInformation,
    MediaIdentifier,
    MediaKeyBlock,
)
from discstack.mmc.spec.disc_structure.recording_management import (
    CalibrationRecord,
    ManagementSummary,
    RecordedStatus,
    RecordingManagementData,
    RZone,
    SpecifiedManagementData,
    ZoneHead,
)

# Formats that media of all kinds have; those of DVD and of BD are told apart by the media type
GENERIC: Final[dict[int, type[DiscStructure]]] = {
    0x80: AacsIdentifier,
    0x81: AacsIdentifier,
    0x82: AacsIdentifier,
    0x83: MediaKeyBlock,
    0x84: AacsDataKeys,
    0x85: EncryptedExtents,
    0x86: MediaKeyBlock,
    0x90: FormatLayers,
    0xC0: WriteProtectionStatus,
    0xFF: DiscStructureList,
}
OF_DVD: Final[dict[int, type[DiscStructure]]] = {
    0x00: PhysicalFormatInformation,
    0x01: CopyrightInformation,
    0x02: DiscKey,
    0x03: BurstCuttingArea,
    0x04: ManufacturingInformation,
    0x05: CopyrightManagementInformation,
    0x06: MediaIdentifier,
    0x07: MediaKeyBlock,
    0x08: DvdRamDefinition,
    0x09: MediumStatus,
    0x0A: SpareAreaInformation,
    0x0B: RecordingType,
    0x0C: RecordingManagementData,
    0x0D: SpecifiedManagementData,
    0x0E: PreRecordedInformation,
    0x0F: UniqueDiscIdentifier,
    0x10: PhysicalFormatInformation,
    0x11: PhysicalFormatInformation,
    0x12: HdDvdCopyrightInformation,
    0x15: HdDvdCopyrightInformation,
    0x19: HdDvdRMediumStatus,
    0x1A: HdDvdRManagementData,
    0x20: LayerBoundaryInformation,
    0x21: ShiftedMiddleAreaStartAddress,
    0x22: JumpIntervalSize,
    0x23: ManualLayerJumpAddress,
    0x24: RemappingAddress,
    0x30: DiscControlBlock,
    0x31: MtaEccBlock,
}
OF_BD: Final[dict[int, type[DiscStructure]]] = {
    0x00: BdDiscInformation,
    0x03: BurstCuttingArea,
    0x08: BdDefinition,
    0x09: CartridgeStatus,
    0x0A: BdSpareAreaInformation,
    0x12: RawDefectList,
    0x30: PhysicalAccessControl,
}
BY_FORMAT: Final[dict[tuple[int, int], type[DiscStructure]]] = {
    **{(MediaType.DVD, code): kind for code, kind in (OF_DVD | GENERIC).items()},
    **{(MediaType.BD, code): kind for code, kind in (OF_BD | GENERIC).items()},
}


def parse_disc_structure(media_type: int, format: int, data: Bytes) -> DiscStructure:
    """Read a disc structure by the media type and format that were asked for; an unknown one keeps its bytes."""
    return BY_FORMAT.get((media_type, format), DiscStructure).parse(data)


__all__ = [
    "BY_FORMAT",
    "AacsDataKeys",
    "AacsIdentifier",
    "BcaRecord",
    "BdDefinition",
    "BdDiscInformation",
    "BdSpareAreaInformation",
    "BurstCuttingArea",
    "CalibrationRecord",
    "CartridgeStatus",
    "ControlBlockList",
    "CopyrightInformation",
    "CopyrightManagementInformation",
    "CopyrightProtectionSystem",
    "DiscControlBlock",
    "DiscInformationUnit",
    "DiscKey",
    "DiscStructure",
    "DiscStructureList",
    "DiskCategory",
    "DvdRamDefinition",
    "EncryptedExtent",
    "EncryptedExtents",
    "FormatLayers",
    "HdDvdCopyrightInformation",
    "HdDvdRManagementData",
    "HdDvdRMediumStatus",
    "JumpIntervalSize",
    "LayerBoundaryInformation",
    "ManagementSummary",
    "ManualLayerJumpAddress",
    "ManufacturingInformation",
    "MediaIdentifier",
    "MediaKeyBlock",
    "MediaType",
    "MediumStatus",
    "MinusBook",
    "MtaEccBlock",
    "PhysicalAccessControl",
    "PhysicalFormatInformation",
    "PlusBook",
    "PreRecordedInformation",
    "RZone",
    "RamBook",
    "RawDefectList",
    "RecordedStatus",
    "RecordingManagementData",
    "RecordingType",
    "RemappingAddress",
    "SessionInformation",
    "ShiftedMiddleAreaStartAddress",
    "SpareAreaInformation",
    "SpecifiedManagementData",
    "StructureListEntry",
    "UniqueDiscIdentifier",
    "WriteInhibit",
    "WriteProtectionStatus",
    "ZoneHead",
    "parse_disc_structure",
]

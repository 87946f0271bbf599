"""Disc structures of copy protection systems, whose contents are theirs: CSS, CPPM, CPRM and AACS (MMC-6 6.22.3)."""

from __future__ import annotations

from typing import Any, ClassVar

from discstack.mmc.spec.counted import Bytes, each, join
from discstack.mmc.spec.disc_structure.base import DiscStructure, structure
from discstack.mmc.spec.layout import Layout, Structure, bits, flag, raw, reserved
from discstack.mmc.spec.value import declared


@declared
class DiscKey(DiscStructure):
    """Format 02h: the disc key of CSS or the album identifier of CPPM, 2048 bytes, in `data`."""


@declared
class CopyrightManagementInformation(DiscStructure):
    """Format 05h: the copyright bits of one sector, as a DVD-ROM has them; recordable discs use CPM and CGMS."""

    layout: ClassVar[Layout] = structure(
        "DVD copyright management information",
        *("cpm" / flag(), "cp_sec" / flag(), "cgms" / bits(2), "cps_mod" / bits(4), reserved(24)),
        clause="MMC-6 6.22.3.2.6",
    )
    required: ClassVar[int] = 5
    cpm: bool = False
    cp_sec: bool = False
    cgms: int = 0
    cps_mod: int = 0


@declared
class MediaIdentifier(DiscStructure):
    """Format 06h: the identifier of a CPRM medium, in `data`."""


@declared
class MediaKeyBlock(DiscStructure):
    """Formats 07h, 83h and 86h: a pack of the media key block of CPRM or AACS, in `data`, and how many there are."""

    layout: ClassVar[Layout] = Layout(
        "media key block",
        *("disc_structure_data_length" / bits(16), reserved(8), "total_packs" / bits(8)),
        clause="MMC-6 6.22.3.2.8",
    )
    total_packs: int = 0


@declared
class HdDvdCopyrightInformation(DiscStructure):
    """Formats 12h and 15h: the copyright protection information of an HD DVD's lead-in, in `data`."""


@declared
class AacsIdentifier(DiscStructure):
    """Formats 80h, 81h and 82h: a volume identifier, or a medium's serial number or identifier, authenticated."""

    layout: ClassVar[Layout] = structure(
        "AACS identifier", "identifier" / raw(16), "message_authentication_code" / raw(16), clause="MMC-6 6.22.3.1.1"
    )
    required: ClassVar[int] = 20
    identifier: bytes = bytes(16)
    message_authentication_code: bytes = bytes(16)


@declared
class AacsDataKeys(DiscStructure):
    """Format 84h: the keys of bus encryption, each encrypted by the bus key."""

    layout: ClassVar[Layout] = structure(
        "AACS data keys", "read_data_key" / raw(16), "write_data_key" / raw(16), clause="MMC-6 6.22.3.1.5"
    )
    required: ClassVar[int] = 20
    read_data_key: bytes = bytes(16)
    write_data_key: bytes = bytes(16)


@declared
class EncryptedExtent(Structure):
    """A run of blocks that is encrypted on its way to the host."""

    layout: ClassVar[Layout] = Layout(
        "LBA extent", reserved(64), "start_lba" / bits(32), "lba_count" / bits(32), clause="MMC-6 6.22.3.1.6"
    )
    start_lba: int
    lba_count: int


@declared
class EncryptedExtents(DiscStructure):
    """Format 85h: the runs of blocks with bus encryption, and how many the drive can keep (0 for 256)."""

    layout: ClassVar[Layout] = Layout(
        "LBA extents",
        *("disc_structure_data_length" / bits(16), reserved(8), "maximum_number_of_lba_extents" / bits(8)),
        clause="MMC-6 6.22.3.1.6",
    )
    maximum_number_of_lba_extents: int = 0
    extents: tuple[EncryptedExtent, ...] = ()

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Read the extents."""
        return {"extents": each(EncryptedExtent, data)}

    def build_tail(self) -> bytes:
        """Return the extents."""
        return join(self.extents)

"""The replies of READ TOC/PMA/ATIP, one structure per format (MMC-6 6.25).

Whether the addresses of formats 0 and 1 are block addresses or times depends on the MSF bit of the command.
"""

from __future__ import annotations

from binascii import crc_hqx
from dataclasses import replace
from enum import IntEnum
from typing import ClassVar, Final, Self

from discstack.mmc.spec.counted import Bytes, Counted
from discstack.mmc.spec.layout import Layout, Structure, StructureError, bits, flag, raw, reserved, signed
from discstack.mmc.spec.msf import Msf
from discstack.mmc.spec.value import declared

LEAD_OUT_TRACK: Final = 0xAA


class TocFormat(IntEnum):
    """What READ TOC/PMA/ATIP is asked for."""

    FORMATTED_TOC = 0
    MULTI_SESSION_INFORMATION = 1
    RAW_TOC = 2
    PMA = 3
    ATIP = 4
    CD_TEXT = 5


@declared
class TocTrack(Structure):
    """A track and where it starts; track AAh is the lead-out."""

    layout: ClassVar[Layout] = Layout(
        "TOC track descriptor",
        *(reserved(8), "adr" / bits(4), "control" / bits(4), "track_number" / bits(8), reserved(8)),
        "track_start_address" / signed(32),
        clause="MMC-6 6.25.3.2",
    )
    adr: int = 1
    control: int = 0
    track_number: int
    track_start_address: int

    @property
    def is_data(self) -> bool:
        """Whether the track holds data, not audio."""
        return bool(self.control & 0x4)

    @property
    def start_time(self) -> Msf:
        """The start where the reply was asked for in times."""
        return Msf.from_number(self.track_start_address & 0xFFFFFF)


@declared
class Toc(Counted):
    """Format 0: the tracks in order, and the lead-out."""

    layout: ClassVar[Layout] = Layout(
        "TOC",
        *("toc_data_length" / bits(16), "first_track_number" / bits(8), "last_track_number" / bits(8)),
        clause="MMC-6 6.25.3.2",
    )
    length_field: ClassVar[str] = "toc_data_length"
    repeated: ClassVar[tuple[str, type[Structure]]] = ("tracks", TocTrack)
    required: ClassVar[int] = 4

    first_track_number: int = 1
    last_track_number: int = 1
    tracks: tuple[TocTrack, ...] = ()

    @property
    def lead_out(self) -> TocTrack | None:
        """The lead-out, None where the reply was cut off before it."""
        return next((track for track in self.tracks if track.track_number == LEAD_OUT_TRACK), None)


def is_formatted_toc(data: Bytes) -> bool:
    """Whether a reply is one of format 0: it has track numbers where other formats have zeros or sessions."""
    if len(data) < Toc.layout.size + TocTrack.layout.size:
        return False
    toc = Toc.parse(data)
    numbers = [track.track_number for track in toc.tracks]
    complete = Toc.span(data) == Toc.layout.size + len(numbers) * TocTrack.layout.size
    plain = not any(data[Toc.layout.size : Toc.span(data) : TocTrack.layout.size])  # the first byte of each is reserved
    return complete and plain and numbers[:1] == [toc.first_track_number] and numbers[-1:] == [LEAD_OUT_TRACK]


class NotFormatted(Counted):
    """Another format than 0: some drives (QEMU's ATAPI) answer with the formatted TOC whatever they are asked for."""

    @classmethod
    def parse(cls, data: Bytes) -> Self:
        """Read the structure; a formatted TOC is refused."""
        if is_formatted_toc(data):
            raise StructureError(cls.layout.name, bytes(data), "this is the ordinary table of contents")
        return super().parse(data)


@declared
class MultiSessionInformation(NotFormatted):
    """Format 1: the numbers of the complete sessions and the first track of the last of them."""

    layout: ClassVar[Layout] = Layout(
        "multi-session information",
        *("toc_data_length" / bits(16), "first_complete_session_number" / bits(8)),
        *("last_complete_session_number" / bits(8), reserved(8), "adr" / bits(4), "control" / bits(4)),
        *("first_track_number_in_last_complete_session" / bits(8), reserved(8)),
        "start_address_of_first_track_in_last_session" / signed(32),
        clause="MMC-6 6.25.3.3",
    )
    length_field: ClassVar[str] = "toc_data_length"
    required: ClassVar[int] = 12

    first_complete_session_number: int = 1
    last_complete_session_number: int = 1
    adr: int = 1
    control: int = 0
    first_track_number_in_last_complete_session: int = 1
    start_address_of_first_track_in_last_session: int = 0


@declared
class QEntry(Structure):
    """One entry of lead-in or PMA, as the Q sub-channel holds it; `point` says what the second time is of."""

    layout: ClassVar[Layout] = Layout(
        "TOC track descriptor (raw)",
        *("session_number" / bits(8), "adr" / bits(4), "control" / bits(4), "tno" / bits(8), "point" / bits(8)),
        *("min" / bits(8), "sec" / bits(8), "frame" / bits(8), "zero" / bits(8)),
        *("pmin" / bits(8), "psec" / bits(8), "pframe" / bits(8)),
        clause="MMC-6 6.25.3.4",
    )
    told: ClassVar[tuple[str, ...]] = ("time", "p_time")

    session_number: int = 1
    adr: int = 1
    control: int = 0
    tno: int = 0
    point: int
    min: int = 0
    sec: int = 0
    frame: int = 0
    zero: int = 0
    pmin: int = 0
    psec: int = 0
    pframe: int = 0

    @property
    def time(self) -> Msf:
        """The running time."""
        return Msf(self.min, self.sec, self.frame)

    @property
    def p_time(self) -> Msf:
        """The time that the point is about; for points A0h and A1h its minute is a track number."""
        return Msf(self.pmin, self.psec, self.pframe)


@declared
class RawToc(NotFormatted):
    """Format 2: what all lead-ins of the disc hold."""

    layout: ClassVar[Layout] = Layout(
        "raw TOC",
        *("toc_data_length" / bits(16), "first_complete_session_number" / bits(8)),
        "last_complete_session_number" / bits(8),
        clause="MMC-6 6.25.3.4",
    )
    length_field: ClassVar[str] = "toc_data_length"
    repeated: ClassVar[tuple[str, type[Structure]]] = ("entries", QEntry)
    required: ClassVar[int] = 4

    first_complete_session_number: int = 1
    last_complete_session_number: int = 1
    entries: tuple[QEntry, ...] = ()


@declared
class Pma(NotFormatted):
    """Format 3: what the program memory area of a recordable disc holds."""

    layout: ClassVar[Layout] = Layout("PMA", *("pma_data_length" / bits(16), reserved(16)), clause="MMC-6 6.25.3.5")
    length_field: ClassVar[str] = "pma_data_length"
    repeated: ClassVar[tuple[str, type[Structure]]] = ("entries", QEntry)
    required: ClassVar[int] = 4

    entries: tuple[QEntry, ...] = ()


@declared
class Atip(NotFormatted):
    """Format 4: what the pre-groove of a recordable CD says; times as numbers of three bytes, see the properties."""

    layout: ClassVar[Layout] = Layout(
        "ATIP",
        *("atip_data_length" / bits(16), reserved(16)),
        *(reserved(1), "itwp" / bits(3), "ddcd" / flag(), "reference_speed" / bits(3)),
        *(reserved(1), "uru" / flag(), reserved(6)),
        *(reserved(1), "disc_type" / flag(), "disc_sub_type" / bits(3), "a1" / flag(), "a2" / flag(), "a3" / flag()),
        *(reserved(8), "start_time_of_lead_in" / bits(24), reserved(8)),
        *("last_possible_start_time_of_lead_out" / bits(24), reserved(8), "a1_values" / raw(3), reserved(8)),
        *("a2_values" / raw(3), reserved(8), "a3_values" / raw(3), reserved(8), "s4_values" / raw(3), reserved(8)),
        clause="MMC-6 6.25.3.6",
    )
    length_field: ClassVar[str] = "atip_data_length"
    told: ClassVar[tuple[str, ...]] = ("lead_in", "last_lead_out")
    required: ClassVar[int] = 15

    itwp: int = 0
    ddcd: bool = False
    reference_speed: int = 0
    uru: bool = False
    disc_type: bool = False
    disc_sub_type: int = 0
    a1: bool = False
    a2: bool = False
    a3: bool = False
    start_time_of_lead_in: int = 0
    last_possible_start_time_of_lead_out: int = 0
    a1_values: bytes = bytes(3)
    a2_values: bytes = bytes(3)
    a3_values: bytes = bytes(3)
    s4_values: bytes = bytes(3)

    @property
    def erasable(self) -> bool:
        """Whether the disc is a CD-RW."""
        return self.disc_type

    @property
    def lead_in(self) -> Msf:
        """Where the lead-in starts; with the last possible lead-out it names the maker of the disc."""
        return Msf.from_number(self.start_time_of_lead_in)

    @property
    def last_lead_out(self) -> Msf:
        """Where the lead-out can start at the latest: the size of the disc."""
        return Msf.from_number(self.last_possible_start_time_of_lead_out)


@declared
class CdTextPack(Structure):
    """One pack of CD-TEXT; `text` is 12 bytes of text or of what the pack type says."""

    layout: ClassVar[Layout] = Layout(
        "CD-TEXT pack",
        *("pack_type" / bits(8), "extension" / flag(), "track_number" / bits(7), "sequence_number" / bits(8)),
        *("dbcc" / flag(), "block_number" / bits(3), "character_position" / bits(4), "text" / raw(12)),
        "crc" / bits(16),
        clause="MMC-6 6.25.3.7 and annex J",
    )
    pack_type: int
    extension: bool = False
    track_number: int = 0
    sequence_number: int = 0
    dbcc: bool = False
    block_number: int = 0
    character_position: int = 0
    text: bytes = bytes(12)
    crc: int = 0

    @property
    def right_crc(self) -> int:
        """The check sum that the other fields have."""
        return crc_hqx(Structure.build(self)[:-2], 0) ^ 0xFFFF

    @property
    def crc_valid(self) -> bool:
        """Whether the pack came through unharmed; some drives send no check sum but zeros."""
        return self.crc == self.right_crc

    def sealed(self) -> CdTextPack:
        """Return the pack with its right check sum."""
        return replace(self, crc=self.right_crc)


@declared
class CdText(NotFormatted):
    """Format 5: the CD-TEXT packs of the lead-in."""

    layout: ClassVar[Layout] = Layout(
        "CD-TEXT", *("cd_text_data_length" / bits(16), reserved(16)), clause="MMC-6 6.25.3.7"
    )
    length_field: ClassVar[str] = "cd_text_data_length"
    repeated: ClassVar[tuple[str, type[Structure]]] = ("packs", CdTextPack)
    required: ClassVar[int] = 4

    packs: tuple[CdTextPack, ...] = ()

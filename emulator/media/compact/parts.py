"""What a CD consists of: tracks, what belongs to a session as a whole, and the forms that the host's blocks have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from discstack.emulator.media.track_medium import Track
from discstack.mmc.spec.cd import sub_channel
from discstack.mmc.spec.cd.packets import LINKS, packet_overhead
from discstack.mmc.spec.cd.sector import SectorType
from discstack.mmc.spec.mode_page_values import DataBlockType
from discstack.mmc.spec.msf import PREGAP
from discstack.mmc.spec.track_information import DATA_TRACK, DataMode

SUB_CHANNEL: Final = 96
LEAD_IN: Final = 4500  # blocks
FIRST_LEAD_OUT, LATER_LEAD_OUT = 6750, 2250  # blocks
VARIABLE: Final = 0  # size of packets that vary


@dataclass(slots=True)
class CdTrack(Track):
    """A track; `start` is where index 1 begins.

    `pregap` blocks before it belong to it as index 0, if they were recorded. `indexes` are the offsets from the start
    at which index 2 and so on begin. A track that is `stored` has its sectors kept as they are on the disc, with their
    sub-channels; of the others only the user data are kept. `whole` tells one that is written together with its
    session, and is damaged as long as it is not closed. `packet` is the size of the packets that it consists of;
    where that varies, `links` are the offsets of the blocks between them. `copied` is what may not be copied once more.
    """

    control: int = DATA_TRACK
    form: int = SectorType.MODE_1
    pregap: int = 0
    indexes: list[int] = field(default_factory=list)
    isrc: str = ""
    stored: bool = False
    whole: bool = False
    packet: int | None = None
    links: list[int] = field(default_factory=list)
    copied: bool = False

    def control_at(self, lba: int) -> int:
        """Return the control field of a sector: its copy bit comes and goes in a copy."""
        return sub_channel.alternating(self.control, lba) if self.copied else self.control

    @property
    def behind(self) -> int:
        """The first address on the disc behind the track, in which what is around packets of a fixed size counts."""
        return self.end + (packet_overhead(self.written, self.packet) if self.packet else 0)

    @property
    def before(self) -> int:
        """How many addresses lie before the first track: those of its pre-gap from address 0 on."""
        return max(self.pregap - PREGAP, 0)

    def is_link(self, lba: int) -> bool:
        """Whether an address is between two packets."""
        return any(0 <= lba - self.start - offset < LINKS for offset in self.links)

    @property
    def is_audio(self) -> bool:
        """Whether the table of contents says so."""
        return not self.control & DATA_TRACK

    @property
    def first(self) -> int:
        """The first address that belongs to the track and can be read."""
        return self.start - self.pregap

    def index_at(self, lba: int) -> int:
        """Return the index that an address within the track has."""
        return 0 if lba < self.start else 1 + sum(self.start + offset <= lba for offset in self.indexes)


@dataclass(slots=True)
class CdSession:
    """What a session's lead-in holds besides the tracks' starts; byte strings in hexadecimal.

    `entries` are the Q entries of a lead-in that the host composed, `cd_text` the packs. `points_nowhere` says that it
    has a pointer to the next session which tells that there will be none. `first_track` is the number of its first
    track, of the first session of a disc.
    """

    disc_type: int = 0
    catalogue: str = ""
    cd_text: str = ""
    entries: str = ""
    points_nowhere: bool = False
    first_track: int = 1


@dataclass(frozen=True, slots=True)
class BlockForm:
    """A block as the host sends it: its bytes without sub-channel, the sector that it becomes, and its sub-channel."""

    size: int
    kind: SectorType
    sub_channel: int = 0


# MMC-6 7.5.4.13, data block types of mode page 05h
BLOCK_TYPES: Final[Mapping[int, BlockForm]] = MappingProxyType(
    {
        DataBlockType.RAW: BlockForm(2352, SectorType.AUDIO),
        DataBlockType.RAW_PQ: BlockForm(2352, SectorType.AUDIO, 16),
        DataBlockType.RAW_RW_PACKED: BlockForm(2352, SectorType.AUDIO, 96),
        DataBlockType.RAW_RW_RAW: BlockForm(2352, SectorType.AUDIO, 96),
        DataBlockType.MODE_1: BlockForm(2048, SectorType.MODE_1),
        DataBlockType.MODE_2: BlockForm(2336, SectorType.MODE_2_FORMLESS),
        DataBlockType.MODE_2_XA_FORM_1: BlockForm(2048, SectorType.MODE_2_FORM_1),
        DataBlockType.MODE_2_XA_FORM_1_SUB_HEADER: BlockForm(2056, SectorType.MODE_2_FORM_1),
        DataBlockType.MODE_2_XA_FORM_2: BlockForm(2324, SectorType.MODE_2_FORM_2),
        DataBlockType.MODE_2_XA_MIXED: BlockForm(2332, SectorType.MODE_2_FORM_2),
    }
)

# MMC-6 6.35.3.4, main data forms of the cue sheet; those of size 0 the drive makes by itself
MAIN_FORMS: Final[Mapping[int, BlockForm]] = MappingProxyType(
    {
        0x00: BlockForm(2352, SectorType.AUDIO),
        0x01: BlockForm(0, SectorType.AUDIO),
        0x10: BlockForm(2048, SectorType.MODE_1),
        0x11: BlockForm(2352, SectorType.MODE_1),
        0x14: BlockForm(0, SectorType.MODE_1),
        0x20: BlockForm(2336, SectorType.MODE_2_FORM_1),
        0x21: BlockForm(2352, SectorType.MODE_2_FORM_1),
        0x24: BlockForm(0, SectorType.MODE_2_FORM_1),
        0x30: BlockForm(2336, SectorType.MODE_2_FORMLESS),
        0x31: BlockForm(2352, SectorType.MODE_2_FORMLESS),
        0x34: BlockForm(0, SectorType.MODE_2_FORMLESS),
    }
)
SUB_CHANNEL_FORM: Final = 0xC0  # bits of the data form: 00 none, 01 raw P to W, 11 packed R to W
RAW_SUB_CHANNEL: Final = 0x40

DATA_MODES: Final[Mapping[int, DataMode]] = MappingProxyType(
    {
        SectorType.AUDIO: DataMode.NO_DATA,
        SectorType.MODE_1: DataMode.MODE_1,
        SectorType.MODE_2_FORMLESS: DataMode.MODE_2,
        SectorType.MODE_2_FORM_1: DataMode.MODE_2,
        SectorType.MODE_2_FORM_2: DataMode.MODE_2,
    }
)

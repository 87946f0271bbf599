"""What a session of a CD is to hold, before anybody knows on which disc, and where that puts everything.

A program is a list of tracks with their sources, gaps, indexes and codes. `lay_out` gives every block an address and a
form: the extents from which cue sheets, runs of WRITEs and raw sectors are made.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from discstack.mmc.errors import MediumFull
from discstack.mmc.spec.cd.sector import SectorType
from discstack.mmc.spec.cd.sub_channel import COPY, DATA, FOUR_CHANNELS, PRE_EMPHASIS
from discstack.mmc.spec.mode_page_values import DataBlockType, SessionFormat
from discstack.mmc.spec.msf import HIGHEST, PREGAP
from discstack.mmc.spec.track_information import DataMode

if TYPE_CHECKING:
    from discstack.mmc.spec.toc import CdTextPack
    from discstack.mmc.stream import BlockSource

MINIMUM_TRACK: Final = 300  # blocks, 4 s
POSTGAP: Final = 150  # blocks behind data before audio
RUN_OUT_OF_AUDIO: Final = 75  # blocks of silence before a pre-gap of data
MOST_TRACKS: Final = 99
MOST_INDEXES: Final = 99
_CATALOGUE: Final = re.compile(r"[0-9]{13}")
_ISRC: Final = re.compile(r"[A-Z0-9]{5}[0-9]{7}")


class TrackForm(Enum):
    """What a track is made of: the bytes of a block as its source gives it, and what that becomes.

    `data_form` is its main data form in a cue sheet with `at_once` bytes a block, `block_type` its data block type.
    """

    AUDIO = (2352, SectorType.AUDIO, 0x00, 2352, DataBlockType.RAW)
    MODE_1 = (2048, SectorType.MODE_1, 0x10, 2048, DataBlockType.MODE_1)
    MODE_2 = (2336, SectorType.MODE_2_FORMLESS, 0x30, 2336, DataBlockType.MODE_2)
    XA_FORM_1 = (2048, SectorType.MODE_2_FORM_1, 0x20, 2336, DataBlockType.MODE_2_XA_FORM_1)
    XA_FORM_2 = (2324, SectorType.MODE_2_FORM_2, 0x20, 2336, DataBlockType.MODE_2_XA_FORM_2)
    XA_MIXED = (2332, SectorType.MODE_2_FORM_2, 0x20, 2336, DataBlockType.MODE_2_XA_MIXED)

    def __init__(self, size: int, kind: SectorType, data_form: int, at_once: int, block_type: DataBlockType) -> None:
        self.size, self.kind, self.data_form, self.at_once, self.block_type = size, kind, data_form, at_once, block_type

    @property
    def is_audio(self) -> bool:
        """Whether it is played, not read."""
        return self is TrackForm.AUDIO

    @property
    def data_mode(self) -> DataMode | None:
        """The mode of its sectors, None for audio."""
        if self.is_audio:
            return None
        return DataMode.MODE_1 if self is TrackForm.MODE_1 else DataMode.MODE_2

    @property
    def is_xa(self) -> bool:
        """Whether its sectors are those of CD-ROM XA, and of CD-I."""
        return self.data_form == TrackForm.XA_FORM_1.data_form


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramTrack:
    """One track. Lengths in blocks; blocks of `form.size` bytes come from `source`.

    `pregap` blocks of silence, or of zeros, come before it (the first track of a session has at least 150; None is none
    for a track that follows another one of its kind). The first `lead` blocks of the source belong to the pre-gap as
    well. `indexes` are the offsets from index 1 at which index 2 and so on begin. `copied` says that what is copyable
    only once is a copy already (SCMS). `packs` are those of graphics or the like: four of 24 symbols, R to W, for each
    block from the source's first on; where they end before the track, empty ones follow.
    """

    source: BlockSource
    form: TrackForm = TrackForm.AUDIO
    pregap: int | None = None
    lead: int = 0
    postgap: int = 0
    indexes: tuple[int, ...] = ()
    isrc: str = ""
    pre_emphasis: bool = False
    copy_permitted: bool = False
    four_channels: bool = False
    copied: bool = False
    packs: BlockSource | None = None

    def __post_init__(self) -> None:
        if self.isrc and not _ISRC.fullmatch(self.isrc):
            raise ValueError(f"{self.isrc!r} is no ISRC: 5 letters or digits, then 7 digits")
        offsets = (0, *self.indexes, self.source.sectors - self.lead)
        if any(one >= other for one, other in itertools.pairwise(offsets)) or self.lead < 0:
            raise ValueError(f"indexes {self.indexes} do not rise within the {self.source.sectors} blocks of the track")
        if len(self.indexes) > MOST_INDEXES - 1:
            raise ValueError(f"a track has at most {MOST_INDEXES} indexes")
        if min(self.pregap or 0, self.postgap) < 0:
            raise ValueError("gaps have lengths from 0 on")
        if self.packs is not None and self.packs.sectors > self.source.sectors + self.postgap:
            raise ValueError(f"the track has {self.source.sectors} blocks, its packs are of {self.packs.sectors}")
        if not self.form.is_audio and (self.pre_emphasis or self.four_channels or self.isrc):
            raise ValueError("pre-emphasis, four channels and an ISRC are of audio tracks")

    @property
    def has_packs(self) -> bool:
        """Whether there is anything for its sub-channels R to W."""
        return self.packs is not None

    @property
    def control(self) -> int:
        """The control field of the Q sub-channel."""
        flags = ((self.pre_emphasis, PRE_EMPHASIS), (self.copy_permitted, COPY), (self.four_channels, FOUR_CHANNELS))
        return sum(bit for flag, bit in flags if flag) | (0 if self.form.is_audio else DATA)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A session: its tracks, the media catalogue number (13 digits) and the CD-TEXT packs of its lead-in.

    `packs` gives four packs of 24 symbols, R to W, for each block from the first pre-gap to the lead-out, instead of
    those of the tracks. Parity and interleaving are added; only raw recording writes packs. `cd_i` marks the session as
    one of CD-I, whose sectors are those of CD-ROM XA. `first_number` is the number that its first track must have, None
    for the one that is next on the disc; on a blank one it may be above 1, unless track at once leaves it to the drive.
    `notices` tell what is not as its owner gave it; whoever records it hears of them.
    """

    tracks: tuple[ProgramTrack, ...]
    catalogue: str = ""
    cd_text: tuple[CdTextPack, ...] = ()
    packs: BlockSource | None = None
    cd_i: bool = False
    first_number: int | None = None
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= len(self.tracks) <= MOST_TRACKS:
            raise ValueError(f"a session has 1 to {MOST_TRACKS} tracks, not {len(self.tracks)}")
        if self.first_number is not None and not 1 <= self.first_number <= MOST_TRACKS + 1 - len(self.tracks):
            raise ValueError(f"tracks have numbers from 1 to {MOST_TRACKS}, not from {self.first_number} on")
        if self.catalogue and not _CATALOGUE.fullmatch(self.catalogue):
            raise ValueError(f"{self.catalogue!r} is no media catalogue number: 13 digits")
        if any(pair[0] != pair[1] for pair in self._forms_of_data()):
            raise ValueError("a session has data of one mode only: mode 1, mode 2 or XA")
        if self.cd_i and not any(track.form.is_xa for track in self.tracks):
            raise ValueError("a session of CD-I has data of mode 2 in its two forms")

    def _forms_of_data(self) -> Iterator[tuple[int, int]]:
        forms = [track.form.data_form for track in self.tracks if not track.form.is_audio]
        return itertools.pairwise(forms)

    @property
    def has_packs(self) -> bool:
        """Whether there is anything for the sub-channels R to W of the program area."""
        return self.packs is not None or any(track.has_packs for track in self.tracks)

    @property
    def session_format(self) -> SessionFormat:
        """What the session is marked as."""
        if not any(track.form.is_xa for track in self.tracks):
            return SessionFormat.CD_DA_OR_CD_ROM
        return SessionFormat.CD_I if self.cd_i else SessionFormat.CD_ROM_XA


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """A run of blocks of one track and index; `source` is None for silence or zeros."""

    start: int
    blocks: int
    track: int
    index: int
    form: TrackForm
    control: int
    source: BlockSource | None = None

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.start + self.blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A track of a program on the disc; `start` is that of index 1, `first` that of the pre-gap."""

    number: int
    plan: ProgramTrack
    first: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where everything of a program goes; `base` is where the pre-gap of the first track begins."""

    program: Program
    base: int
    extents: tuple[Extent, ...]
    tracks: tuple[Placed, ...]
    lead_out: int

    @property
    def blocks(self) -> int:
        """How many blocks lie between lead-in and lead-out."""
        return self.lead_out - self.base


def lay_out(program: Program, *, base: int = -PREGAP, first_number: int | None = None) -> Layout:
    """Give every block its address, and every track its number: from `first_number` on, or as the program says.

    Raises MediumFull if that is beyond what addresses of a CD can say, ValueError for a number above 99.
    """
    at, extents, placed = base, [], []
    for place, track in enumerate(program.tracks):
        number = (first_number or program.first_number or 1) + place
        if number > MOST_TRACKS:
            raise ValueError(f"a disc has at most {MOST_TRACKS} tracks")
        before, after = _neighbours(program.tracks, place)
        first = at
        pieces = list(_pieces(track, before, after))
        for index, blocks, source in pieces:
            if blocks:
                extents.append(
                    Extent(
                        start=at,
                        blocks=blocks,
                        track=number,
                        index=index,
                        form=track.form,
                        control=track.control,
                        source=source,
                    )
                )
                at += blocks
        start = first + sum(blocks for index, blocks, _ in pieces if not index)
        placed.append(Placed(number=number, plan=track, first=first, start=start, end=at))
    if at > HIGHEST:
        raise MediumFull(f"{at} blocks are more than any CD has", excess=at - HIGHEST)
    return Layout(program=program, base=base, extents=tuple(extents), tracks=tuple(placed), lead_out=at)


def filled_up(number: int, track: ProgramTrack) -> tuple[str, ...]:
    """Tell of what follows a track that is shorter than tracks may be; nothing for any other."""
    length = track.source.sectors - track.lead
    filling = MINIMUM_TRACK - length - track.postgap
    if filling <= 0:
        return ()
    what = "silence" if track.form.is_audio else "zeros"
    why = f"no track has less than {MINIMUM_TRACK} (4 s)"
    return (f"track {number} has {length} sectors: {filling} of {what} follow, since {why}",)


def _neighbours(tracks: Sequence[ProgramTrack], place: int) -> tuple[ProgramTrack | None, ProgramTrack | None]:
    before = tracks[place - 1] if place else None
    return before, tracks[place + 1] if place + 1 < len(tracks) else None


def _pieces(
    track: ProgramTrack, before: ProgramTrack | None, after: ProgramTrack | None
) -> Iterator[tuple[int, int, BlockSource | None]]:
    """Give the index, length and source of the parts of a track; a change of form asks for gaps (ECMA-130 20).

    Between data and audio both sides have their two seconds; before data, audio ends with a second of silence.
    """
    changes = before is not None and before.form.is_audio != track.form.is_audio
    pregap = max(track.pregap or 0, PREGAP - track.lead if before is None or changes else 0)
    yield 0, pregap, None
    bounds = (0, *track.indexes, track.source.sectors - track.lead)
    yield 0, track.lead, track.source
    for index, (start, end) in enumerate(itertools.pairwise(bounds), 1):
        yield index, end - start, track.source
    last_index = len(bounds) - 1
    postgap = track.postgap
    if after is not None and after.form.is_audio != track.form.is_audio:
        postgap = max(postgap, RUN_OUT_OF_AUDIO if track.form.is_audio else POSTGAP)
    length = track.source.sectors - track.lead
    yield last_index, max(postgap, MINIMUM_TRACK - length), None

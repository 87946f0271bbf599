"""Session at once: what a cue sheet announces, checked before anything is written (MMC-6 6.35)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from discstack.emulator.conditions import Refusal, invalid_parameter
from discstack.emulator.media.compact.parts import MAIN_FORMS, SUB_CHANNEL, SUB_CHANNEL_FORM, BlockForm, CdTrack
from discstack.mmc.spec.cd.sub_channel import CATALOGUE, DATA, POSITION, RECORDING
from discstack.mmc.spec.cue_sheet import LEAD_OUT_TRACK, CueSheetEntry
from discstack.mmc.spec.msf import LEAD_IN_MINUTE

MINIMUM_TRACK: Final = 300  # blocks
ENTRY: Final = 8  # bytes
HIGHEST_TRACK: Final = 99
COPIED: Final = 0x80  # of the SCMS byte
PLAIN: Final = frozenset({0x10, 0x14})  # data forms of which the user data are all that has to be kept


@dataclass(frozen=True, slots=True)
class Extent:
    """A run of blocks of one form, up to `end`.

    `block` is how the host sends them, `size` the bytes of each on the cable; 0 for what the drive makes by itself.
    """

    start: int
    end: int
    form: int
    track: int
    index: int
    block: BlockForm = field(init=False)
    size: int = field(init=False)

    def __post_init__(self) -> None:
        main = MAIN_FORMS[self.form & ~SUB_CHANNEL_FORM]
        block = BlockForm(main.size, main.kind, SUB_CHANNEL if self.form & SUB_CHANNEL_FORM else 0)
        object.__setattr__(self, "block", block)
        object.__setattr__(self, "size", block.size + block.sub_channel)


@dataclass(slots=True)
class CuePlan:
    """A session as it was announced; `expected` is the address of the next block that must come.

    `first_track` is the number of its first track.
    """

    extents: list[Extent]
    tracks: list[CdTrack]
    catalogue: str
    disc_type: int
    lead_out: int
    first_track: int
    expected: int = field(init=False)

    def __post_init__(self) -> None:
        self.expected = self.extents[0].start
        self.skip()

    def extent(self, lba: int) -> Extent | None:
        """Return the run that an address lies in."""
        return next((extent for extent in self.extents if extent.start <= lba < extent.end), None)

    def skip(self) -> None:
        """Go past what the drive makes by itself."""
        while (extent := self.extent(self.expected)) is not None and not extent.size:
            self.expected = extent.end

    @property
    def complete(self) -> bool:
        """Whether all blocks have come."""
        return self.expected >= self.lead_out


@dataclass(slots=True)
class _Reading:
    """A cue sheet being read from top to bottom."""

    entries: Sequence[CueSheetEntry]
    base: int  # where the pre-gap of the first track has to begin
    first_track: int
    session: int
    lead_in: int  # where the lead-in of this session starts
    at: int = 0

    def refuse(self, field_of_entry: int = 0) -> Refusal:
        return invalid_parameter(min(self.at, len(self.entries) - 1) * ENTRY + field_of_entry)

    def peek(self) -> CueSheetEntry | None:
        return self.entries[self.at] if self.at < len(self.entries) else None

    def text(self, adr: int, size: int, track: int) -> str:
        """Read the characters of a run of entries with that ADR."""
        found = bytearray()
        while (entry := self.peek()) is not None and entry.adr == adr and (adr == CATALOGUE or entry.tno == track):
            row = entry.build()
            found += row[1:] if adr == CATALOGUE else row[2:]
            self.at += 1
        characters = bytes(found[:size]).decode("ascii", "replace")
        if found and (len(found) < size or not characters.isalnum()):
            self.at -= 1
            raise self.refuse(1)
        return characters


def read_cue_sheet(
    entries: Sequence[CueSheetEntry],
    *,
    base: int,
    first_track: int | None,
    session: int,
    lead_in: int,
    last_lead_out: int,
) -> CuePlan:
    """Make a plan of a cue sheet for a session whose first pre-gap begins at `base`; raises Refusal with 5/26/00.

    `first_track` is the number that its first track must have, None if it may have any.
    """
    if not entries:
        raise invalid_parameter(0)
    if first_track is None:
        first_track = next((entry.tno for entry in entries if entry.adr == POSITION and entry.tno), 1)
    reading = _Reading(entries, base, first_track, session, lead_in)
    catalogue = reading.text(CATALOGUE, 13, 0)
    extents = [_lead_in(reading)]
    tracks: list[CdTrack] = []
    while (entry := reading.peek()) is not None and entry.tno != LEAD_OUT_TRACK:
        tracks.append(_track(reading, extents, len(tracks) + first_track))
    if entry is None or not tracks or entry.adr != POSITION:
        raise reading.refuse(1)
    lead_out = _time(reading, entry)
    if lead_out > last_lead_out or reading.at != len(entries) - 1:
        raise reading.refuse(5)
    _end(reading, extents, lead_out)
    for track, following in zip(tracks, [*tracks[1:], None], strict=True):
        track.size = (following.first if following else lead_out) - track.start
        if (following.start if following else lead_out) - track.start < MINIMUM_TRACK:  # up to the next one's index 1
            raise reading.refuse(5)
    disc_type = {0x2: 0x20}.get(extents[0].form >> 4 & 0x3, 0)
    return CuePlan(extents, tracks, catalogue, disc_type, lead_out, first_track)


def _lead_in(reading: _Reading) -> Extent:
    entry = reading.peek()
    if entry is None or entry.tno or entry.adr != POSITION or entry.index:
        raise reading.refuse(1)
    if entry.data_form & ~SUB_CHANNEL_FORM not in MAIN_FORMS or MAIN_FORMS[entry.data_form & ~SUB_CHANNEL_FORM].size:
        raise reading.refuse(3)
    time = entry.time
    if not time.valid or (time.minute >= LEAD_IN_MINUTE and time.lba != reading.lead_in):
        raise reading.refuse(5)
    reading.at += 1
    return Extent(reading.lead_in, reading.base, entry.data_form, 0, 0)


def _track(reading: _Reading, extents: list[Extent], number: int) -> CdTrack:
    """Read the entries of one track: ISRC, pre-gap if any, index 1 and the others."""
    isrc = reading.text(RECORDING, 12, number)
    track: CdTrack | None = None
    pregap: int | None = None
    while (entry := reading.peek()) is not None and entry.tno == number and entry.adr == POSITION:
        start = _time(reading, entry)
        if number > HIGHEST_TRACK or entry.data_form & ~SUB_CHANNEL_FORM not in MAIN_FORMS:
            raise reading.refuse(3)
        form = MAIN_FORMS[entry.data_form & ~SUB_CHANNEL_FORM]
        if bool(entry.ctl & DATA) != (form.kind != 1):
            raise reading.refuse(0)
        _end(reading, extents, start)
        if entry.index == 0 and pregap is None and track is None:
            pregap = start
        elif entry.index == 1 and track is None:
            first = start if pregap is None else pregap
            track = CdTrack(
                reading.session,
                start,
                size=1,
                control=entry.ctl,
                form=form.kind,
                pregap=start - first,
                isrc=isrc,
                stored=entry.data_form not in PLAIN,
                whole=True,
                copied=bool(entry.scms & COPIED),
            )
        elif track is not None and entry.index == len(track.indexes) + 2:
            track.indexes.append(start - track.start)
        else:
            raise reading.refuse(2)
        extents.append(Extent(start, start, entry.data_form, number, entry.index))
        reading.at += 1
    if track is None or (number == reading.first_track and track.first != reading.base):
        raise reading.refuse(5)
    return track


def _time(reading: _Reading, entry: CueSheetEntry) -> int:
    if not entry.time.valid or entry.time.minute >= LEAD_IN_MINUTE:
        raise reading.refuse(5)
    return entry.time.lba


def _end(reading: _Reading, extents: list[Extent], at: int) -> None:
    """Let the last extent reach to the next entry's address, which must not lie before it."""
    last = extents[-1]
    if last.track and at <= last.start:
        raise reading.refuse(5)
    if last.track:
        extents[-1] = Extent(last.start, at, last.form, last.track, last.index)

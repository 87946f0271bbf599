"""The ways of recording on a CD: a track at once (and packets), a session at once, raw (MMC-6 4.2.3, 7.5.4.10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from discstack.emulator.conditions import (
    ILLEGAL_MODE,
    INVALID_ADDRESS_FOR_WRITE,
    OUT_OF_RANGE,
    SEQUENCE_ERROR,
    Refusal,
    at,
)
from discstack.emulator.media.compact.at_once import CuePlan, Extent, read_cue_sheet
from discstack.emulator.media.compact.composed import understand
from discstack.emulator.media.compact.encode import Sector, encode, encode_raw, pause
from discstack.emulator.media.compact.parts import (
    BLOCK_TYPES,
    RAW_SUB_CHANNEL,
    SUB_CHANNEL_FORM,
    BlockForm,
    CdTrack,
)
from discstack.emulator.store import BLOCK
from discstack.mmc.spec.cd import sub_channel
from discstack.mmc.spec.cd.packs import Interleaver
from discstack.mmc.spec.cd.sector import SectorType
from discstack.mmc.spec.cd.text import collect
from discstack.mmc.spec.cue_sheet import CueSheetEntry
from discstack.mmc.spec.mode_page_values import DataBlockType, WriteType
from discstack.mmc.spec.msf import PREGAP

if TYPE_CHECKING:
    from discstack.emulator.media.compact.disc import CDR

LONGEST_LEAD_OUT: Final = 7500  # blocks that a raw one may have
PQ: Final = 2 * sub_channel.CHANNEL_SIZE


class Recording:
    """What all ways share; `disc` is the disc that is recorded on."""

    def __init__(self, disc: CDR) -> None:
        self.disc = disc

    @property
    def form(self) -> BlockForm:
        """The block that the mode page announces."""
        return BLOCK_TYPES[self.disc.parameters.data_block_type]

    @property
    def next_address(self) -> int | None:
        """Where the next block must go, if that is not where the open track goes on."""
        return None

    @property
    def busy(self) -> bool:
        """Whether a session is being written as a whole."""
        return False

    def block_size(self, lba: int) -> int:
        """Return how many bytes the host sends for a block."""
        return self.form.size + self.form.sub_channel

    def cue_sheet(self, entries: Sequence[CueSheetEntry]) -> None:
        """Refuse a cue sheet: it belongs to session at once."""
        raise Refusal(SEQUENCE_ERROR)

    def write(self, lba: int, count: int, data: memoryview) -> None:
        """Take blocks."""
        raise NotImplementedError

    def flush(self) -> None:
        """End what can be ended when the cache is flushed."""
        raise NotImplementedError


class TrackRecording(Recording):
    """Track at once: the open track grows, and a flush ends it."""

    def write(self, lba: int, count: int, data: memoryview) -> None:
        """Take blocks at the next writable address of a track."""
        disc = self.disc
        if lba >= disc.capacity:
            raise Refusal(at(OUT_OF_RANGE, lba))
        track = next((t for t in disc.cd_tracks if not (t.closed or t.whole or t.damaged) and t.end == lba), None)
        if track is None:
            raise Refusal(at(INVALID_ADDRESS_FOR_WRITE, lba))
        if track.written and (track.form, track.control) != (self.form.kind, disc.parameters.track_mode):
            raise Refusal(ILLEGAL_MODE)
        limit = disc.limit(track)
        if lba + count > limit:
            raise Refusal(at(OUT_OF_RANGE if track.size is None else INVALID_ADDRESS_FOR_WRITE, limit))
        if not count:
            return
        disc.rehearse()
        first = not track.written
        if first:
            self._begin(track)
        self._record(track, lba, count, data)
        track.written = lba + count - track.start
        disc.writing = track
        if first or track is not disc.track_list[-1]:
            disc.changed()

    def _begin(self, track: CdTrack) -> None:
        disc, parameters = self.disc, self.disc.parameters
        first = not any(t.written for t in disc.cd_tracks if t.session == track.session)
        track.form, track.control = self.form.kind, parameters.track_mode
        track.stored = self.form.kind is not SectorType.MODE_1
        track.pregap = PREGAP if first or track.is_audio else 0
        track.isrc = parameters.isrc if track.is_audio else ""
        session = disc.session(track.session)
        session.disc_type = parameters.session_format
        session.catalogue = session.catalogue or parameters.catalogue

    def _record(self, track: CdTrack, lba: int, count: int, data: memoryview) -> None:
        if self.disc.rehearsal is not None:
            return
        if not track.stored:
            self.disc.store.write(lba, data)
            return
        size, sub_header = self.block_size(lba), self.disc.parameters.sub_header
        blocks = [data[number * size : (number + 1) * size] for number in range(count)]
        made = [encode(number, self.form, block, sub_header) for number, block in enumerate(blocks, lba)]
        self.disc.surface.put(lba, made)

    def flush(self) -> None:
        """End the track that is being written: pad it to 4 s, add the run-out blocks."""
        self.disc.end_tracks()


class SessionRecording(Recording):
    """Session at once: a cue sheet announces everything, then the blocks come without a gap."""

    def __init__(self, disc: CDR) -> None:
        super().__init__(disc)
        self.plan: CuePlan | None = None
        self.interleaver = Interleaver()
        self.texts_seen: set[bytes] = set()  # blocks of the lead-in, which come over and over again

    @property
    def next_address(self) -> int | None:
        """The next announced address; the pre-gap of the session before anything was announced."""
        if self.plan is not None:
            return self.plan.expected
        return self.disc.track_list[-1].start - PREGAP

    @property
    def busy(self) -> bool:
        """Whether an announced session is not complete."""
        return self.plan is not None

    def block_size(self, lba: int) -> int:
        """Return the size that was announced for an address."""
        extent = self.plan.extent(lba) if self.plan is not None else None
        return extent.size if extent is not None and extent.size else BLOCK

    def cue_sheet(self, entries: Sequence[CueSheetEntry]) -> None:
        """Take the plan of a session; nothing may have been written of it yet."""
        disc = self.disc
        if disc.incomplete_session_is_dirty():
            raise Refusal(SEQUENCE_ERROR)
        open_track = disc.cd_tracks[-1]
        self.plan = read_cue_sheet(
            entries,
            base=open_track.start - PREGAP,
            first_track=len(disc.track_list),
            session=open_track.session,
            lead_in=disc.lead_in_start(),
            last_lead_out=disc.total + disc.overburn,
        )

    def write(self, lba: int, count: int, data: memoryview) -> None:
        """Take the blocks that are next."""
        plan = self.plan
        if plan is None:
            raise Refusal(SEQUENCE_ERROR)
        extent = plan.extent(lba)
        if lba != plan.expected or extent is None or lba + count > plan.lead_out:
            raise Refusal(at(INVALID_ADDRESS_FOR_WRITE, lba))
        extents = [plan.extent(each) for each in range(lba, lba + count)]
        if any(other is None or other.size != extent.size for other in extents):
            raise Refusal(ILLEGAL_MODE)
        if not count:
            return
        self.disc.rehearse()
        if self.disc.track_list[-1] is not plan.tracks[-1]:
            self._announce(plan)
        if self.disc.rehearsal is None:
            done = 0
            for inside, run in groupby(filter(None, extents)):
                blocks = len(list(run))
                self._take(plan, inside, lba + done, data[done * inside.size : (done + blocks) * inside.size])
                done += blocks
        plan.expected = lba + count
        plan.skip()
        for track in plan.tracks:
            track.written = min(max(plan.expected - track.start, 0), track.size or 0)

    def _announce(self, plan: CuePlan) -> None:
        disc = self.disc
        disc.track_list.pop()
        session = disc.session(plan.tracks[0].session)
        session.disc_type = plan.disc_type
        session.catalogue = plan.catalogue or disc.parameters.catalogue
        disc.track_list.extend(plan.tracks)
        disc.changed()

    def _take(self, plan: CuePlan, extent: Extent, lba: int, data: memoryview) -> None:
        """Keep the blocks of one extent, from `lba` on."""
        blocks = [data[start : start + extent.size] for start in range(0, len(data), extent.size)]
        if not extent.track:
            for block in blocks:
                self._take_texts(plan.tracks[0].session, bytes(block[extent.block.size :]))
        elif self.disc.cd_tracks[extent.track - 1].stored:
            self.disc.surface.put(lba, [self._made(extent, *numbered) for numbered in enumerate(blocks, lba)])
        else:
            before = max(-lba, 0)  # of the pre-gap before address 0 nothing is kept
            self.disc.store.write(max(lba, 0), data[before * extent.size :])

    def _made(self, extent: Extent, lba: int, data: memoryview) -> Sector:
        block = extent.block
        made = encode(lba, block, data, self.disc.parameters.sub_header) if block.size else pause(lba, block.kind)
        return Sector(made.main, self._r_to_w(extent.form, bytes(data[block.size :])))

    def _r_to_w(self, form: int, sub: bytes) -> bytes:
        if not sub:
            return b""
        lying = sub if form & SUB_CHANNEL_FORM == RAW_SUB_CHANNEL else self.interleaver.push(sub)
        return bytes(PQ) + sub_channel.deinterleave(lying)[PQ:]

    def _take_texts(self, number: int, symbols: bytes) -> None:
        if symbols in self.texts_seen:
            return
        self.texts_seen.add(symbols)
        session = self.disc.session(number)
        for pack in collect(symbols):
            if (text := pack.build().hex()) not in session.cd_text:
                session.cd_text += text

    def flush(self) -> None:
        """Write the lead-out and close the session if all blocks have come; one that stops short stays damaged."""
        plan, disc = self.plan, self.disc
        if plan is None or disc.track_list[-1] is not plan.tracks[-1]:
            return
        self.plan = None
        if plan.complete:
            disc.complete_session(plan.tracks, plan.lead_out, final=disc.closes_for_good)


class RawRecording(Recording):
    """Raw: lead-in, program and lead-out come from the host, sub-channels and all."""

    def __init__(self, disc: CDR) -> None:
        super().__init__(disc)
        self.begin: int | None = None
        self.expected: int | None = None
        self.interleaver = Interleaver()

    @property
    def next_address(self) -> int | None:
        """Where the recording goes on: from the start of the lead-in."""
        return self.disc.lead_in_start() if self.expected is None else self.expected

    @property
    def busy(self) -> bool:
        """Whether the recording has begun."""
        return self.begin is not None

    def write(self, lba: int, count: int, data: memoryview) -> None:
        """Take blocks in their order; the first one lies in the lead-in."""
        disc = self.disc
        start = disc.track_list[-1].start - PREGAP
        first = self.begin is None
        if first and (disc.incomplete_session_is_dirty() or not disc.lead_in_start() <= lba < start):
            raise Refusal(at(INVALID_ADDRESS_FOR_WRITE, lba))
        if not first and lba != self.expected:
            raise Refusal(at(INVALID_ADDRESS_FOR_WRITE, lba))
        if lba + count > disc.total + disc.overburn + LONGEST_LEAD_OUT:
            raise Refusal(at(OUT_OF_RANGE, lba))
        if not count:
            return
        disc.rehearse()
        if first:
            self.begin = lba
            disc.cd_tracks[-1].whole, disc.cd_tracks[-1].written = True, 1
            disc.changed()
        size = self.block_size(lba)
        packed = disc.parameters.data_block_type == DataBlockType.RAW_RW_PACKED
        if disc.rehearsal is None:
            blocks = (data[number * size : (number + 1) * size] for number in range(count))
            interleaver = self.interleaver if packed else None
            disc.surface.put(lba, [encode_raw(self.form, block, interleaver) for block in blocks])
        self.expected = lba + count

    def flush(self) -> None:
        """Look at what the sub-channels say was recorded; without a right lead-in the session stays damaged."""
        disc = self.disc
        if disc.rehearsal is not None:
            disc.end_rehearsal()
        if self.begin is None or self.expected is None or disc.recording is not self:
            return
        open_track = disc.cd_tracks[-1]
        start = open_track.start - PREGAP
        lead_in = [disc.store.channels.read(lba)[1] for lba in range(self.begin, start)]
        made = understand(lead_in, self._program(start), open_track.session, start, self.expected)
        self.begin = self.expected = None
        if made is None:
            return
        disc.track_list.pop()
        disc.track_list.extend(made.tracks)
        disc.sessions[open_track.session] = made.session
        disc.complete_session(made.tracks, made.lead_out, final=not made.open_ended)

    def _program(self, start: int) -> Iterator[tuple[int, Sector]]:
        for lba in range(start, self.expected or start):
            yield lba, Sector(*self.disc.store.channels.read(lba))


WAYS: Final[Mapping[int, type[Recording]]] = MappingProxyType(
    {
        WriteType.PACKET_INCREMENTAL: TrackRecording,
        WriteType.TRACK_AT_ONCE: TrackRecording,
        WriteType.SESSION_AT_ONCE: SessionRecording,
        WriteType.RAW: RawRecording,
    }
)

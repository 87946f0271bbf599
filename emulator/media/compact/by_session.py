"""Session at once: what a cue sheet announces comes without a gap (MMC-6 6.35)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from discstack.emulator.conditions import ILLEGAL_MODE, INVALID_ADDRESS_FOR_WRITE, SEQUENCE_ERROR, Refusal, at
from discstack.emulator.media.compact.at_once import CuePlan, Extent, read_cue_sheet
from discstack.emulator.media.compact.encode import Sector, encode, pause
from discstack.emulator.media.compact.parts import RAW_SUB_CHANNEL, SUB_CHANNEL_FORM
from discstack.emulator.media.compact.recording import Recording
from discstack.emulator.store import BLOCK
from discstack.mmc.spec.cd import sub_channel
from discstack.mmc.spec.cd.packs import Interleaver
from discstack.mmc.spec.cd.text import collect
from discstack.mmc.spec.cue_sheet import CueSheetEntry
from discstack.mmc.spec.mode_page_values import SessionFormat
from discstack.mmc.spec.msf import PREGAP

if TYPE_CHECKING:
    from discstack.emulator.media.compact.disc import CDR

PQ: Final = 2 * sub_channel.CHANNEL_SIZE


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
            first_track=disc.first_number + len(disc.track_list) - 1 if len(disc.track_list) > 1 else None,
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
        cd_i = plan.disc_type and disc.parameters.session_format == SessionFormat.CD_I
        session.disc_type = SessionFormat.CD_I if cd_i else plan.disc_type
        session.catalogue = plan.catalogue or disc.parameters.catalogue
        if not disc.track_list:
            session.first_track = plan.first_track
        disc.track_list.extend(plan.tracks)
        disc.changed()

    def _take(self, plan: CuePlan, extent: Extent, lba: int, data: memoryview) -> None:
        """Keep the blocks of one extent, from `lba` on."""
        blocks = [data[start : start + extent.size] for start in range(0, len(data), extent.size)]
        if not extent.track:
            for block in blocks:
                self._take_texts(plan.tracks[0].session, bytes(block[extent.block.size :]))
        elif plan.tracks[extent.track - plan.first_track].stored:
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

"""CD-R and CD-RW: what is on the disc, and what it says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Final, cast

from discstack.emulator.conditions import (
    ILLEGAL_MODE,
    NO_TABLE_OF_CONTENTS,
    OUT_OF_RANGE,
    UNRECOVERED_READ,
    Refusal,
    at,
    invalid_field,
)
from discstack.emulator.media.compact import toc
from discstack.emulator.media.compact.encode import READABLE
from discstack.emulator.media.compact.parts import (
    DATA_MODES,
    FIRST_LEAD_OUT,
    LATER_LEAD_OUT,
    LEAD_IN,
    CdSession,
    CdTrack,
)
from discstack.emulator.media.compact.recording import Recording
from discstack.emulator.media.compact.surface import Place, Surface
from discstack.emulator.media.rehearsal import Rehearsing
from discstack.emulator.media.track_medium import Track
from discstack.mmc.spec.cd.sector import SectorType, sector_type
from discstack.mmc.spec.disc_information import DiscInformation, LastSessionState
from discstack.mmc.spec.layout import Structure
from discstack.mmc.spec.msf import PREGAP, Msf
from discstack.mmc.spec.toc import Pma, QEntry, RawToc, TocFormat
from discstack.mmc.spec.track_information import TrackInformation

UNCERTAIN: Final = range(1176, 1200)  # bytes of a defective sector of audio that cannot be corrected


class CompactDisc(Rehearsing):
    """A CD: tracks with their sectors, sessions with their lead-ins; `recording` is how it is being written."""

    run_out = 2
    track_gap = PREGAP
    session_gaps = (FIRST_LEAD_OUT + LEAD_IN + PREGAP, LATER_LEAD_OUT + LEAD_IN + PREGAP)
    track_limit = 99
    overburn = 4500  # most discs have as much
    lossless = False
    track_type: ClassVar[type[CdTrack]] = CdTrack
    recording: Recording

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.surface = Surface(self.store)
        self.sessions: dict[int, CdSession] = {}

    @property
    def cd_tracks(self) -> list[CdTrack]:
        """The tracks as what they are."""
        return cast("list[CdTrack]", self.track_list)

    @property
    def first_number(self) -> int:
        """The number of the first track, which the first session may begin with."""
        return self.sessions[1].first_track if 1 in self.sessions else 1

    def track(self, number: int) -> CdTrack | None:
        """Return the track of a number."""
        place = number - self.first_number
        return self.cd_tracks[place] if 0 <= place < len(self.track_list) else None

    def session(self, number: int) -> CdSession:
        """Return what belongs to a session as a whole."""
        return self.sessions.setdefault(number, CdSession())

    # -- reading ------------------------------------------------------------------------------------------------------

    def place(self, lba: int) -> Place | None:
        """Return what an address belongs to, None where nothing can be read."""
        for number, track in enumerate(self.cd_tracks, self.first_number):
            if track.first <= lba < track.end and track.written:
                return Place(number, track, self.session(track.session))
        return None

    def sector_place(self, lba: int) -> Place:
        """Return what a sector belongs to that READ CD asks for; refuse one that nobody can read."""
        found = self.place(lba)
        if found is None:
            raise self.unwritten(lba) if -PREGAP <= lba < self.total else Refusal(at(OUT_OF_RANGE, lba))
        if lba >= found.track.end - found.track.run_out and not found.track.is_audio:
            raise Refusal(at(UNRECOVERED_READ, lba))
        if found.track.is_link(lba):
            raise Refusal(at(ILLEGAL_MODE, lba))
        return found

    def sector(self, lba: int) -> tuple[SectorType, bytes, bytes]:
        """Return a sector: its kind, its main channel and its sub-channels."""
        place = self.sector_place(lba)
        main = self.surface.main(lba, place.track)
        known = place.track.form in (SectorType.AUDIO, SectorType.MODE_2_FORMLESS)
        kind = SectorType(place.track.form) if known else sector_type(main)
        if self.defects.touched(lba, 1):
            if kind is not SectorType.AUDIO:
                raise Refusal(at(UNRECOVERED_READ, lba))
            main = main[: UNCERTAIN.start] + bytes(len(UNCERTAIN)) + main[UNCERTAIN.stop :]
        return kind, main, self.surface.channels(lba, place)

    def error_bits(self, lba: int) -> bytes:
        """Return which bytes are uncertain: of audio on a defect some, for which the drive gives silence."""
        bad = self.defects.touched(lba, 1) and self.sector_place(lba).track.is_audio
        return (
            bytes(UNCERTAIN.start // 8)
            + bytes((0xFF if bad else 0,)) * (len(UNCERTAIN) // 8)
            + bytes((2352 - UNCERTAIN.stop) // 8)
        )

    def corrected_packs(self, lba: int) -> bytes:
        """Return the R to W packs of a sector."""
        return self.surface.corrected(lba, self.sector_place(lba))

    def position(self, lba: int) -> tuple[int, int, int, int]:
        """Return where an address lies."""
        place = self.sector_place(lba)
        track, index = place.track, place.track.index_at(lba)
        return track.control, place.number, index, lba - track.start if index else track.start - lba - 1

    def catalogue(self) -> str:
        """Return the media catalogue number of the first session that has one."""
        return next((self.sessions[n].catalogue for n in sorted(self.sessions) if self.sessions[n].catalogue), "")

    def isrc(self, track: int) -> str:
        """Return the ISRC of a track."""
        found = self.track(track)
        if found is None:
            raise invalid_field(6)
        return found.isrc

    def readable(self, lba: int, count: int) -> None:
        """Refuse blocks that were not recorded, that are run-out blocks, or that hold no 2048 bytes of user data."""
        for address in range(lba, lba + count):
            track = self.sector_place(address).track
            if track.form not in READABLE:
                raise Refusal(at(ILLEGAL_MODE, address))

    # -- what it says of itself ---------------------------------------------------------------------------------------

    def _describe(self, number: int, track: Track) -> TrackInformation:
        described = super()._describe(number, track)
        if not isinstance(track, CdTrack):
            return described
        fresh = not track.written
        kind = self.recording.form.kind if fresh and not track.whole else SectorType(track.form)
        control = self.parameters.track_mode & 0x0F if fresh and not track.whole else track.control
        described = replace(described, track_mode=control, data_mode=DATA_MODES[kind], copy=track.copied)
        if track.packet is not None:
            described = replace(
                described,
                packet_inc=True,
                fp=bool(track.packet),
                fixed_packet_size_blocking_factor=track.packet,
            )
        if track.whole and not track.closed:
            going_on = self.recording.busy
            address = self.recording.next_address if going_on else None
            return replace(
                described,
                rt=going_on,
                nwa_v=going_on,
                next_writable_address=address or 0,
                free_blocks=0,
                damage=not going_on,
            )
        if track.closed or not described.nwa_v:
            return described
        address = self.recording.next_address
        return described if address is None else replace(described, next_writable_address=address)

    def disc(self) -> DiscInformation:
        """Describe the disc, with the times that its next session can lie between."""
        disc = super().disc()
        kind = self.session(disc.number_of_sessions).disc_type if self._appendable() or self.final else 0
        disc = replace(disc, disc_type=kind)
        if self.final:
            return disc
        if not self.recording.busy and any(track.whole and not track.closed for track in self.cd_tracks):
            disc = replace(disc, state_of_last_session=LastSessionState.RESERVED_DAMAGED)
        start = self._open_session()[0].start
        lead_in = Msf.from_lba(start - PREGAP - LEAD_IN) if start else toc.LEAD_IN_START
        return replace(
            disc,
            last_session_lead_in_start_address=lead_in.number,
            last_possible_lead_out_start_address=Msf.from_lba(self.total).number,
        )

    def raw_toc(self, format: int, session: int) -> Structure | None:
        """Return the raw TOC, the PMA, the ATIP or the CD-TEXT."""
        answers: dict[int, Callable[[], Structure | None]] = {
            TocFormat.RAW_TOC: lambda: self._raw_toc(session),
            TocFormat.PMA: self._pma,
            TocFormat.ATIP: lambda: toc.pre_groove(self.total, erasable=self.erasable),
            TocFormat.CD_TEXT: lambda: toc.cd_text([self.session(n) for n in sorted(self.sessions)]),
        }
        return answers[format]() if format in answers else None

    def _pma(self) -> Pma:
        return Pma(entries=toc.program_memory(list(enumerate(self.cd_tracks, self.first_number))))

    def _raw_toc(self, first: int) -> RawToc:
        recorded = self.recorded()
        if not recorded:
            raise Refusal(NO_TABLE_OF_CONTENTS)
        last = recorded[-1].session_number
        numbered = list(enumerate(self.cd_tracks[: len(recorded)], self.first_number))
        entries: list[QEntry] = []
        for number in range(max(first, 1), last + 1):
            tracks = [pair for pair in numbered if pair[1].session == number]
            lead_out = self.lead_out(number)
            gap = self.session_gaps[number > 1] - PREGAP
            following = lead_out + gap if number < self.track_list[-1].session else None
            session = self.session(number)
            entries += toc.session_entries(number, session, tracks, lead_out, following, self.total) if tracks else ()
        return RawToc(last_complete_session_number=last, entries=tuple(entries))

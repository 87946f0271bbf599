"""CD-R and CD-RW: the state of the disc, and what it says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, ClassVar, Final, cast

from discstack.emulator.conditions import (
    CANNOT_WRITE_MEDIUM,
    ILLEGAL_MODE,
    INCOMPLETE_TRACK,
    NO_TABLE_OF_CONTENTS,
    OUT_OF_RANGE,
    SESSION_FIXATION,
    UNRECOVERED_READ,
    Refusal,
    at,
    invalid_field,
)
from discstack.emulator.media.base import INVISIBLE_TRACK, Job, WriteParameters
from discstack.emulator.media.compact import toc
from discstack.emulator.media.compact.encode import READABLE
from discstack.emulator.media.compact.parts import (
    DATA_MODES,
    FIRST_LEAD_OUT,
    LATER_LEAD_OUT,
    LEAD_IN,
    CdSession,
    CdTrack,
    packet_room,
)
from discstack.emulator.media.compact.recording import Recording
from discstack.emulator.media.compact.surface import Place, Surface
from discstack.emulator.media.compact.ways import WAYS
from discstack.emulator.media.rehearsal import Rehearsing
from discstack.emulator.media.sequential import Track
from discstack.mmc.spec.cd.sector import SectorType, sector_type
from discstack.mmc.spec.cue_sheet import CueSheetEntry
from discstack.mmc.spec.disc_information import DiscInformation, LastSessionState
from discstack.mmc.spec.layout import Structure
from discstack.mmc.spec.mode_page_values import MultiSession, WriteType
from discstack.mmc.spec.msf import LOWEST, PREGAP, Msf
from discstack.mmc.spec.toc import Pma, QEntry, RawToc, TocFormat
from discstack.mmc.spec.track_information import TrackInformation

MINIMUM_TRACK: Final = 300  # blocks, 4 s
UNCERTAIN: Final = range(1176, 1200)  # bytes of a defective sector of audio that cannot be corrected


class CDR(Rehearsing):
    """CD-R: a flush ends the track, with run-out blocks that count but cannot be read; sessions cost lead areas."""

    close_functions = frozenset({1, 2})
    run_out = 2
    track_gap = PREGAP
    session_gaps = (FIRST_LEAD_OUT + LEAD_IN + PREGAP, LATER_LEAD_OUT + LEAD_IN + PREGAP)
    track_limit = 99
    overburn = 4500  # most discs have as much
    lossless = False
    track_type: ClassVar[type[CdTrack]] = CdTrack

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.surface = Surface(self.store)
        self.sessions: dict[int, CdSession] = {}
        self.recording: Recording = WAYS[WriteType.TRACK_AT_ONCE](self)

    @property
    def cd_tracks(self) -> list[CdTrack]:
        """The tracks as what they are."""
        return cast("list[CdTrack]", self.track_list)

    def session(self, number: int) -> CdSession:
        """Return what belongs to a session as a whole."""
        return self.sessions.setdefault(number, CdSession())

    # -- what survives ------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return what the sidecar keeps of the disc."""
        if self.rehearsal is not None:
            return self.rehearsal
        sessions = {str(number): asdict(session) for number, session in self.sessions.items()}
        return {**super().state(), "sessions": sessions}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the state of a disc."""
        super().restore(state)
        self.sessions = {int(n): CdSession(**fields) for n, fields in state.get("sessions", {}).items()}

    def prepare(self, parameters: WriteParameters) -> None:
        """Take the write parameters, of which one says in which way blocks are recorded."""
        super().prepare(parameters)
        way = WAYS[parameters.write_type]
        if type(self.recording) is not way:
            self.recording = way(self)

    def lose_power(self) -> None:
        """Leave a session that was being written as a whole without its end."""
        self.recording = type(self.recording)(self)
        super().lose_power()

    def end_rehearsal(self) -> None:
        """Bring the disc back as it was."""
        if self.rehearsal is not None:
            super().end_rehearsal()
            self.recording = type(self.recording)(self)

    def start_over(self) -> None:
        """Make the disc blank."""
        self.sessions = {}
        self.recording = type(self.recording)(self)
        super().start_over()
        self.surface.cut(LOWEST)
        self.changed()

    # -- writing and closing ------------------------------------------------------------------------------------------

    def block_size(self, lba: int) -> int:
        """Return how long a block is, as the mode page or the cue sheet says."""
        return self.recording.block_size(lba)

    def cue_sheet(self, entries: Sequence[CueSheetEntry]) -> None:
        """Take the plan of a session."""
        if self.final:
            raise Refusal(CANNOT_WRITE_MEDIUM)
        self.recording.cue_sheet(entries)

    def write(self, lba: int, count: int, data: memoryview, *, streaming: bool = False) -> None:
        """Take blocks in the way of recording that is set, or pretend to."""
        if self.final:
            raise Refusal(CANNOT_WRITE_MEDIUM)
        self.recording.write(lba, count, data)

    def flush(self) -> None:
        """End the track or session that can be ended."""
        self.recording.flush()

    def end_tracks(self, *, packets: bool = False) -> None:
        """End the tracks that grow, if need be those of `packets`, too: pad them to 4 s, add the run-out blocks."""
        self.writing = None
        growing = [t for t in self.cd_tracks if not (t.closed or t.whole or t.damaged) and t.written]
        for track in [t for t in growing if packets or t.packet is None]:
            track.written = max(track.written, min(MINIMUM_TRACK, self.limit(track) - track.start))
            self._finish_track(track)

    def limit(self, track: Track) -> int:
        """Return the first address behind what a track may still hold."""
        end = self.capacity if track.size is None else track.start + track.size
        packet = track.packet if isinstance(track, CdTrack) and track.written else self.recording.packet
        return track.start + packet_room(end - track.start, packet) if packet else end - self.run_out

    def run_out_of(self, track: Track) -> int:
        """Return the run-out blocks of a track: those of packets of a fixed size have no addresses."""
        return 0 if isinstance(track, CdTrack) and track.packet else self.run_out

    def pad(self, end: int) -> None:
        """Let the disc reach to an address, filled up with zeros."""
        self._pad(end)

    def interrupt(self) -> None:
        """End a packet where the buffer ran empty."""
        self.recording.interrupt()

    def _limit(self, track: Track) -> int:
        return self.limit(track)

    @property
    def closes_for_good(self) -> bool:
        """Whether the mode page lets no session follow."""
        return self.parameters.multi_session != MultiSession.NEXT_SESSION_ALLOWED

    def incomplete_session_is_dirty(self) -> bool:
        """Whether anything was written of the session that is not complete."""
        return self._dirty()

    def lead_in_start(self) -> int:
        """Return where the lead-in of the incomplete session begins."""
        start = next(track.start for track in self._open_session())
        return start - PREGAP - LEAD_IN if start else toc.LEAD_IN_START.lba

    def complete_session(self, tracks: Sequence[CdTrack], lead_out: int, *, final: bool) -> None:
        """End a session whose tracks were written as a whole."""
        for track in tracks:
            track.closed = True
        self._add_track(lead_out, tracks[0].session)
        self._finish_session(final)

    def close(self, function: int, number: int) -> Job:
        """Close the track (1), or the session (2) as the multi-session field of page 05h says."""
        if function not in self.close_functions:
            raise invalid_field(2)
        if function == 1:
            if not 1 <= number <= len(self.track_list) and number != INVISIBLE_TRACK:
                raise invalid_field(4)
            return Job(self.kind.durations.close_track, self._close_tracks)
        self.flush()
        if self.final or not self._dirty():
            raise Refusal(SESSION_FIXATION)
        if any(not track.closed and (track.whole or track.damaged) for track in self.cd_tracks):
            raise Refusal(INCOMPLETE_TRACK)
        return self._close_session(final=self.closes_for_good)

    def _close_tracks(self) -> None:
        """End what grows, and what a recording as a whole has left unfinished: it ends where its blocks end.

        Of its first track there are 4 s at the least.
        """
        self.flush()
        self.end_tracks(packets=True)
        damaged = [track for track in self.cd_tracks if not track.closed and (track.whole or track.damaged)]
        if not damaged:
            return
        damaged[0].written = max(damaged[0].written, min(MINIMUM_TRACK, damaged[0].size or MINIMUM_TRACK))
        for track in damaged:
            track.size, track.closed, track.damaged = track.written, True, False
        self.track_list = [track for track in self.track_list if track.written or not track.closed]
        end = max(track.end for track in self.track_list)
        self._add_track(end + self.track_gap, damaged[0].session)
        self.changed()

    def _finish_session(self, final: bool) -> None:
        nowhere = final and self.parameters.multi_session == MultiSession.FINAL_WITH_B0_POINTER
        self.session(self.track_list[-1].session).points_nowhere = nowhere
        super()._finish_session(final)

    @property
    def fragile(self) -> bool:
        """Whether an underrun costs what is being recorded: packets have ends of their own."""
        return super().fragile and self.parameters.write_type != WriteType.PACKET_INCREMENTAL

    # -- reading ------------------------------------------------------------------------------------------------------

    def place(self, lba: int) -> Place | None:
        """Return what an address belongs to, None where nothing can be read."""
        for number, track in enumerate(self.cd_tracks, 1):
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
        if not 1 <= track <= len(self.track_list):
            raise invalid_field(6)
        return self.cd_tracks[track - 1].isrc

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
        described = replace(described, track_mode=control, data_mode=DATA_MODES[kind])
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
        first = disc.first_track_number_in_last_session - 1
        kind = self.session(disc.number_of_sessions).disc_type if self._appendable() or self.final else 0
        disc = replace(disc, disc_type=kind)
        if self.final:
            return disc
        if not self.recording.busy and any(track.whole and not track.closed for track in self.cd_tracks):
            disc = replace(disc, state_of_last_session=LastSessionState.RESERVED_DAMAGED)
        start = self.track_list[first].start
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
            TocFormat.PMA: lambda: Pma(entries=toc.program_memory(list(enumerate(self.cd_tracks, 1)))),
            TocFormat.ATIP: lambda: toc.pre_groove(self.total, erasable=self.erasable),
            TocFormat.CD_TEXT: lambda: toc.cd_text([self.session(n) for n in sorted(self.sessions)]),
        }
        return answers[format]() if format in answers else None

    def _raw_toc(self, first: int) -> RawToc:
        recorded = self.recorded()
        if not recorded:
            raise Refusal(NO_TABLE_OF_CONTENTS)
        last = recorded[-1].session_number
        numbered = [(t.logical_track_number, self.cd_tracks[t.logical_track_number - 1]) for t in recorded]
        entries: list[QEntry] = []
        for number in range(max(first, 1), last + 1):
            tracks = [pair for pair in numbered if pair[1].session == number]
            lead_out = self.lead_out(number)
            gap = self.session_gaps[number > 1] - PREGAP
            following = lead_out + gap if number < self.track_list[-1].session else None
            session = self.session(number)
            entries += toc.session_entries(number, session, tracks, lead_out, following, self.total) if tracks else ()
        return RawToc(last_complete_session_number=last, entries=tuple(entries))

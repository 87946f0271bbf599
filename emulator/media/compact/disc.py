"""CD-R: how the disc is written, closed, and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from discstack.emulator.conditions import (
    CANNOT_WRITE_MEDIUM,
    INCOMPLETE_TRACK,
    SESSION_FIXATION,
    Refusal,
    invalid_field,
)
from discstack.emulator.media.base import INVISIBLE_TRACK, Job, WriteParameters
from discstack.emulator.media.compact import toc
from discstack.emulator.media.compact.contents import CompactDisc
from discstack.emulator.media.compact.parts import LEAD_IN, CdSession, CdTrack
from discstack.emulator.media.compact.ways import WAYS
from discstack.emulator.media.kept import made
from discstack.emulator.media.track_medium import Track
from discstack.mmc.spec.cd.packets import packet_room
from discstack.mmc.spec.cue_sheet import CueSheetEntry
from discstack.mmc.spec.mode_page_values import MultiSession, WriteType
from discstack.mmc.spec.msf import LOWEST, PREGAP

MINIMUM_TRACK: Final = 300  # blocks, 4 s


class CDR(CompactDisc):
    """CD-R: a flush ends the track, with run-out blocks that count but cannot be read; sessions cost lead areas."""

    close_functions = frozenset({1, 2})

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.recording = WAYS[WriteType.TRACK_AT_ONCE](self)

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
        self.sessions = {int(n): made(CdSession, fields) for n, fields in state.get("sessions", {}).items()}
        if not 1 <= self.first_number <= self.track_limit:
            raise ValueError(f"its first track is {self.first_number}")

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
    def recording_at_once(self) -> bool:
        """Whether a session that was announced as a whole is not complete."""
        return any(track.whole and not track.closed for track in self.cd_tracks)

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
            if self.track(number) is None and number != INVISIBLE_TRACK:
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

"""CD-RW: what can be taken back (MMC-6 6.2)."""

from __future__ import annotations

from collections.abc import Callable

from discstack.emulator.conditions import ILLEGAL_MODE, OUT_OF_RANGE, SESSION_FIXATION, Refusal, at, invalid_field
from discstack.emulator.media.base import Job
from discstack.emulator.media.compact.disc import CDR
from discstack.emulator.media.compact.parts import CdTrack
from discstack.emulator.media.sequential import Track

FULL, MINIMAL, TRACK, UNRESERVE, TAIL, UNCLOSE, ERASE_SESSION = range(7)  # blanking types, MMC-6 6.2.2.3


class CDRW(CDR):
    """CD-RW: the same, and it can be blanked."""

    erasable = True

    def blank(self, blanking_type: int, address: int) -> Job:
        """Blank the disc, fully or minimally, a track or its tail, or take back the last session or its end."""
        quick = self.kind.durations.quick_blank
        jobs: dict[int, Callable[[], Job]] = {
            FULL: lambda: Job(self.total * 2048 / self.write_rate, self.start_over),
            MINIMAL: lambda: Job(quick, self.start_over),
            TRACK: lambda: Job(quick, self._blanking(self._growing(address), 0)),
            UNRESERVE: lambda: Job(quick, self._unreserve(address)),
            TAIL: lambda: Job(quick, self._tail(address)),
            UNCLOSE: lambda: Job(quick, self._unclose),
            ERASE_SESSION: lambda: Job(quick, self._erase_session),
        }
        if blanking_type not in jobs:
            raise invalid_field(1)
        if blanking_type in (UNCLOSE, ERASE_SESSION) and not self.recorded():
            raise Refusal(SESSION_FIXATION)
        return jobs[blanking_type]()

    def _growing(self, number: int) -> CdTrack:
        """Return a track of the incomplete session that may lose what it holds: no later one has anything."""
        if not 1 <= number <= len(self.track_list):
            raise invalid_field(2)
        track = self.cd_tracks[number - 1]
        if (
            self.final
            or track.session != self.track_list[-1].session
            or any(t.written for t in self.track_list[number:])
        ):
            raise Refusal(ILLEGAL_MODE)
        return track

    def _blanking(self, track: CdTrack, kept: int) -> Callable[[], None]:
        def finish() -> None:
            self.surface.cut(track.start + kept)
            track.written = kept
            if track.closed:
                track.closed, track.run_out, track.size = False, 0, None
                self.track_list = self.track_list[: self.track_list.index(track) + 1]
            self.changed()

        return finish

    def _unreserve(self, number: int) -> Callable[[], None]:
        track = self._growing(number)
        if track.size is None or track.written or track.closed:
            raise Refusal(ILLEGAL_MODE)

        def finish() -> None:
            track.size = None
            self.track_list = self.track_list[: self.track_list.index(track) + 1]
            self.changed()

        return finish

    def _tail(self, address: int) -> Callable[[], None]:
        found = next((n for n, t in enumerate(self.cd_tracks, 1) if t.start <= address < t.end), None)
        if found is None:
            raise Refusal(at(OUT_OF_RANGE, address))
        track = self._growing(found)
        return self._blanking(track, address - track.start)

    def _last_complete(self) -> int:
        return self.recorded()[-1].session_number

    def _unclose(self) -> None:
        session = self._last_complete()
        tracks = [track for track in self.track_list if track.session == session]
        self._leave([t for t in self.track_list if t.session <= session], session, tracks[-1].end + self.track_gap)

    def _erase_session(self) -> None:
        session = self._last_complete()
        start = next(track.start for track in self.track_list if track.session == session)
        self.sessions = {number: kept for number, kept in self.sessions.items() if number < session}
        self._leave([t for t in self.track_list if t.session < session], session, start)
        self.surface.cut(start)
        self.changed()

    def _leave(self, tracks: list[Track], session: int, start: int) -> None:
        self.track_list, self.final = tracks, False
        self._add_track(start, session)
        self.changed()

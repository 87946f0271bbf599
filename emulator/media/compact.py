"""CD-R and CD-RW, recorded track-at-once."""

from __future__ import annotations

import struct
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, replace
from typing import Any, ClassVar, Final

from discstack.emulator.conditions import SESSION_FIXATION, Refusal, invalid_field
from discstack.emulator.media.base import (
    INVISIBLE_TRACK,
    Job,
    WriteParameters,
)
from discstack.emulator.media.sequential import SequentialMedium, Track
from discstack.mmc.spec.disc_information import DiscInformation
from discstack.mmc.spec.msf import PREGAP, Msf
from discstack.mmc.spec.track_information import TrackInformation

LEAD_IN_START: Final = Msf(97, 26, 66)
LEAD_IN: Final = 4500  # blocks
MINIMUM_TRACK: Final = 300  # blocks, 4 s
DATA: Final = 0x14  # ADR 1, control 4: data track, copy prohibited
MODE_5: Final = 0x54  # ADR 5
FINAL: Final = 0  # multi-session field: no next session
FULL_TOC, PMA, ATIP = 2, 3, 4
FULL, MINIMAL, UNCLOSE, ERASE_SESSION = 0, 1, 5, 6  # blanking types, MMC-6 6.2.2.3


class CDR(SequentialMedium):
    """CD-R: a flush ends the track, with run-out blocks that count but cannot be read; sessions cost lead areas."""

    close_functions = frozenset({1, 2})
    run_out = 2
    track_gap = PREGAP
    session_gaps = (6750 + LEAD_IN + PREGAP, 2250 + LEAD_IN + PREGAP)  # lead-out, lead-in, pre-gap
    track_limit = 99
    disc_type: ClassVar[int] = 0x00

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.rehearsal: list[Track] | None = None  # the tracks as they are, while a test write pretends

    def state(self) -> dict[str, Any]:
        """Return what the sidecar keeps; a test write leaves nothing."""
        tracks = self.track_list if self.rehearsal is None else self.rehearsal
        return {"final": self.final, "tracks": [asdict(track) for track in tracks]}

    def prepare(self, parameters: WriteParameters) -> None:
        """Take the write parameters; the end of test writing brings the disc back as it was."""
        super().prepare(parameters)
        if not parameters.test_write:
            self.put_away()

    def put_away(self) -> None:
        """End a test write."""
        if self.rehearsal is not None:
            self.track_list, self.rehearsal, self.final = self.rehearsal, None, False

    def _limit(self, track: Track) -> int:
        return (self.capacity if track.size is None else track.start + track.size) - self.run_out

    def write(self, lba: int, count: int, data: memoryview, *, streaming: bool = False) -> None:
        """Take blocks at the next writable address, or pretend to."""
        if self.parameters.test_write and self.rehearsal is None and not self.final:
            self.rehearsal = deepcopy(self.track_list)
        super().write(lba, count, data, streaming=streaming)

    def _record(self, lba: int, data: memoryview) -> None:
        if self.rehearsal is None:
            super()._record(lba, data)

    def _pad(self, end: int) -> None:
        if self.rehearsal is None:
            super()._pad(end)

    def flush(self) -> None:
        """End the track that is being written: pad it to 4 s, add the run-out blocks."""
        for track in [t for t in self.track_list if not t.closed and t.written]:
            track.written = max(track.written, min(MINIMUM_TRACK, self._limit(track) - track.start))
            self._finish_track(track)

    def close(self, function: int, number: int) -> Job:
        """Close the track (1), or the session (2) as the multi-session field of page 05h says."""
        if function not in self.close_functions:
            raise invalid_field(2)
        if function == 1:
            if not 1 <= number <= len(self.track_list) and number != INVISIBLE_TRACK:
                raise invalid_field(4)
            return Job(self.kind.durations.close_track, self.flush)
        self.flush()
        if self.final or not self._dirty():
            raise Refusal(SESSION_FIXATION)
        return self._close_session(final=self.parameters.multi_session == FINAL)

    def _finish_session(self, final: bool) -> None:
        super()._finish_session(final)
        self.put_away()

    def disc(self) -> DiscInformation:
        """Describe the disc, with the times that its next session can lie between."""
        disc = super().disc()
        if self.final:
            return disc
        start = self.track_list[disc.first_track_number_in_last_session - 1].start
        lead_in = Msf.from_lba(start - PREGAP - LEAD_IN) if start else LEAD_IN_START
        return replace(
            disc,
            last_session_lead_in_start_address=lead_in.number,
            last_possible_lead_out_start_address=Msf.from_lba(self.total).number,
        )

    def raw_toc(self, format: int, session: int) -> bytes | None:
        """Return the full TOC, the PMA or the ATIP."""
        answers: dict[int, Callable[[], bytes]] = {
            FULL_TOC: lambda: self._full_toc(session),
            PMA: self._program_memory_area,
            ATIP: self._atip,
        }
        return answers[format]() if format in answers else None

    def _full_toc(self, first: int) -> bytes:
        tracks = self.recorded()
        last = tracks[-1].session_number if tracks else 1
        sessions = {s: [t for t in tracks if t.session_number == s] for s in range(max(first, 1), last + 1)}
        body = b"".join(self._session_toc(session, members) for session, members in sessions.items() if members)
        return struct.pack(">HBB", len(body) + 2, 1, last) + body

    def _session_toc(self, session: int, tracks: list[TrackInformation]) -> bytes:
        lead_out = self.lead_out(session)
        rows = [
            _point(session, DATA, 0xA0, bytes(3), bytes([tracks[0].logical_track_number, 0, 0])),
            _point(session, DATA, 0xA1, bytes(3), bytes([tracks[-1].logical_track_number, 0, 0])),
            _point(session, DATA, 0xA2, bytes(3), time(lead_out)),
            *(
                _point(session, DATA, t.logical_track_number, bytes(3), time(t.logical_track_start_address))
                for t in tracks
            ),
        ]
        if session < self.track_list[-1].session:
            next_start = time(lead_out + self.session_gaps[session > 1])
            rows.append(_point(session, MODE_5, 0xB0, next_start, time(self.total), pointers=1 + (session == 1)))
            if session == 1:
                rows.append(_point(session, MODE_5, 0xC0, bytes(3), LEAD_IN_START.build()))
        return b"".join(rows)

    def _program_memory_area(self) -> bytes:
        closed = [(number, track) for number, track in enumerate(self.track_list, 1) if track.closed]
        rows = [_point(0, DATA, number, time(t.end), time(t.start)) for number, t in closed]
        return struct.pack(">HBB", len(rows) * 11 + 2, 0, 0) + b"".join(rows)

    def _atip(self) -> bytes:
        # indicative power 5, reference speed 1; unrestricted use; disc type and sub-type 0; lead-in and lead-out
        info = bytes(
            [0xD1, 0x40, 0x80 | self.disc_type, 0, *LEAD_IN_START.build(), 0, *Msf.from_lba(self.total).build(), 0]
        )
        return struct.pack(">HBB", len(info) + 12 + 2, 0, 0) + info + bytes(12)


def time(lba: int) -> bytes:
    """Return minute, second and frame of an address."""
    return Msf.from_lba(lba).build()


def _point(session: int, control: int, point: int, running: bytes, pointed: bytes, pointers: int = 0) -> bytes:
    return bytes([session, control, 0, point, *running, pointers, *pointed])


class CDRW(CDR):
    """CD-RW: the same, and it can be blanked."""

    erasable = True
    disc_type = 0x40

    def blank(self, blanking_type: int, address: int) -> Job:
        """Blank the disc, fully or minimally, or take back the last session or its end."""
        jobs: dict[int, Callable[[], Job]] = {
            FULL: lambda: Job(self.total * 2048 / self.write_rate, self.start_over),
            MINIMAL: lambda: Job(self.kind.durations.quick_blank, self.start_over),
            UNCLOSE: lambda: Job(self.kind.durations.quick_blank, self._unclose),
            ERASE_SESSION: lambda: Job(self.kind.durations.quick_blank, self._erase_session),
        }
        if blanking_type not in jobs:
            raise invalid_field(1)
        if blanking_type in (UNCLOSE, ERASE_SESSION) and not self.recorded():
            raise Refusal(SESSION_FIXATION)
        return jobs[blanking_type]()

    def _last_complete(self) -> int:
        return self.recorded()[-1].session_number

    def _unclose(self) -> None:
        session = self._last_complete()
        tracks = [track for track in self.track_list if track.session == session]
        self._leave([t for t in self.track_list if t.session <= session], session, tracks[-1].end + self.track_gap)

    def _erase_session(self) -> None:
        session = self._last_complete()
        start = next(track.start for track in self.track_list if track.session == session)
        self._leave([t for t in self.track_list if t.session < session], session, start)
        self.store.cut(start)
        self.changed()

    def _leave(self, tracks: list[Track], session: int, start: int) -> None:
        self.track_list, self.final = tracks, False
        self._add_track(start, session)
        self.changed()

    def start_over(self) -> None:
        """Make the disc blank; there is no test write left to end."""
        self.rehearsal = None
        super().start_over()
        self.changed()

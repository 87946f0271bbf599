"""CD-R and CD-RW, recorded track-at-once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import asdict, replace
from typing import Any, Final

from discstack.emulator.conditions import SESSION_FIXATION, Refusal, invalid_field
from discstack.emulator.media.base import (
    INVISIBLE_TRACK,
    Job,
    WriteParameters,
)
from discstack.emulator.media.sequential import SequentialMedium, Track
from discstack.mmc.spec.disc_information import DiscInformation
from discstack.mmc.spec.layout import Structure
from discstack.mmc.spec.msf import PREGAP, Msf
from discstack.mmc.spec.toc import Atip, Pma, QEntry, RawToc, TocFormat
from discstack.mmc.spec.track_information import DATA_TRACK, TrackInformation

LEAD_IN_START: Final = Msf(97, 26, 66)
LEAD_IN: Final = 4500  # blocks
MINIMUM_TRACK: Final = 300  # blocks, 4 s
MODE_5: Final = 5  # ADR of the entries about sessions
ZERO: Final = Msf(0, 0, 0)
FINAL: Final = 0  # multi-session field: no next session
FULL, MINIMAL, UNCLOSE, ERASE_SESSION = 0, 1, 5, 6  # blanking types, MMC-6 6.2.2.3


class CDR(SequentialMedium):
    """CD-R: a flush ends the track, with run-out blocks that count but cannot be read; sessions cost lead areas."""

    close_functions = frozenset({1, 2})
    run_out = 2
    track_gap = PREGAP
    session_gaps = (6750 + LEAD_IN + PREGAP, 2250 + LEAD_IN + PREGAP)  # lead-out, lead-in, pre-gap
    track_limit = 99

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

    def raw_toc(self, format: int, session: int) -> Structure | None:
        """Return the raw TOC, the PMA or the ATIP."""
        answers: dict[int, Callable[[], Structure]] = {
            TocFormat.RAW_TOC: lambda: self._raw_toc(session),
            TocFormat.PMA: self._program_memory_area,
            TocFormat.ATIP: self._atip,
        }
        return answers[format]() if format in answers else None

    def _raw_toc(self, first: int) -> RawToc:
        tracks = self.recorded()
        last = tracks[-1].session_number if tracks else 1
        members = {s: [t for t in tracks if t.session_number == s] for s in range(max(first, 1), last + 1)}
        entries = [entry for s, inside in members.items() if inside for entry in self._session_toc(s, inside)]
        return RawToc(last_complete_session_number=last, entries=tuple(entries))

    def _session_toc(self, session: int, tracks: list[TrackInformation]) -> Iterator[QEntry]:
        lead_out = self.lead_out(session)
        yield q_entry(0xA0, session, pmin=tracks[0].logical_track_number)
        yield q_entry(0xA1, session, pmin=tracks[-1].logical_track_number)
        yield q_entry(0xA2, session, pointed=Msf.from_lba(lead_out))
        for track in tracks:
            start = Msf.from_lba(track.logical_track_start_address)
            yield q_entry(track.logical_track_number, session, pointed=start)
        if session < self.track_list[-1].session:
            following = Msf.from_lba(lead_out + self.session_gaps[session > 1])
            pointers = 2 if session == 1 else 1
            yield q_entry(0xB0, session, following, Msf.from_lba(self.total), adr=MODE_5, zero=pointers)
            if session == 1:
                yield q_entry(0xC0, session, pointed=LEAD_IN_START, adr=MODE_5)

    def _program_memory_area(self) -> Pma:
        closed = [(number, track) for number, track in enumerate(self.track_list, 1) if track.closed]
        return Pma(
            entries=tuple(q_entry(number, 0, Msf.from_lba(t.end), Msf.from_lba(t.start)) for number, t in closed)
        )

    def _atip(self) -> Atip:
        return Atip(
            itwp=5,
            reference_speed=1,
            uru=True,
            disc_type=self.erasable,
            start_time_of_lead_in=LEAD_IN_START.number,
            last_possible_start_time_of_lead_out=Msf.from_lba(self.total).number,
        )


def q_entry(point: int, session: int, running: Msf = ZERO, pointed: Msf = ZERO, **fields: int) -> QEntry:
    """Return an entry of a data track's lead-in or PMA; `fields` overrule the times."""
    times = {"min": running.minute, "sec": running.second, "frame": running.frame}
    pointed_times = {"pmin": pointed.minute, "psec": pointed.second, "pframe": pointed.frame}
    return QEntry(session_number=session, control=DATA_TRACK, point=point, **{**times, **pointed_times, **fields})


class CDRW(CDR):
    """CD-RW: the same, and it can be blanked."""

    erasable = True

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

"""Discs that are written from the inside out, track behind track: what their families share.

A track's data grows at its next writable address only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from discstack.emulator.conditions import (
    CANNOT_WRITE_MEDIUM,
    INCOMPLETE_TRACK,
    INVALID_ADDRESS_FOR_WRITE,
    NO_MORE_RESERVATIONS,
    OUT_OF_RANGE,
    SESSION_FIXATION,
    UNRECOVERED_READ,
    Refusal,
    at,
    invalid_field,
)
from discstack.emulator.media.base import INVISIBLE_TRACK, Job, nothing, round_up
from discstack.emulator.media.track_medium import Track, TrackMedium


class SequentialMedium(TrackMedium):
    """The state machine of a write-once disc."""

    close_functions: ClassVar[frozenset[int]] = frozenset({1, 2, 5, 6})
    run_out: ClassVar[int] = 0
    track_gap: ClassVar[int] = 0
    session_gaps: ClassVar[tuple[int, int]] = (0, 0)  # after the first, after any other
    track_limit: ClassVar[int] = 255
    session_limit: ClassVar[int] = 255

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.writing: Track | None = None  # with data that no flush has followed

    # -- writing and reading ------------------------------------------------------------------------------------------

    def write(self, lba: int, count: int, data: memoryview, *, streaming: bool = False) -> None:
        """Take blocks at the next writable address of a track."""
        if self.final:
            raise Refusal(CANNOT_WRITE_MEDIUM)
        if lba >= self.capacity:
            raise Refusal(at(OUT_OF_RANGE, lba))
        track = next((t for t in self.track_list if not (t.closed or t.damaged) and t.next_writable == lba), None)
        if track is None:
            raise Refusal(at(INVALID_ADDRESS_FOR_WRITE, lba))
        if lba + count > self._limit(track):
            raise Refusal(at(OUT_OF_RANGE if track.size is None else INVALID_ADDRESS_FOR_WRITE, self._limit(track)))
        if not count:
            return
        self._record(lba, data)
        first = not track.written
        track.written, track.link = lba + count - track.start, 0
        self.writing = track
        if first or track is not self.track_list[-1]:
            self.changed()

    def readable(self, lba: int, count: int) -> None:
        """Refuse blocks that were not recorded, or that are run-out blocks."""
        while count > 0:
            track = next((t for t in self.track_list if t.start <= lba < t.end), None)
            if track is None:
                raise self.unwritten(lba)
            data_end = track.end - track.run_out
            if lba >= data_end:
                raise Refusal(at(UNRECOVERED_READ, lba))
            step = min(count, data_end - lba)
            lba, count = lba + step, count - step

    def flush(self) -> None:
        """Pad what is part of an ECC block: the next writable address moves to the next whole one."""
        for track in self.track_list:
            padded = min(round_up(track.written, self.kind.write_unit), self._limit(track) - track.start)
            if not track.closed and padded != track.written:
                track.written = padded
                self._pad(track.end)
        self.writing = None
        self.changed()

    def lose_power(self) -> None:
        """Leave the track that was being written without an end that a drive could find."""
        if self.writing is not None and not self.writing.closed:
            self.writing.damaged = True
        self.writing = None
        self.changed()

    def _record(self, lba: int, data: memoryview) -> None:
        self.store.write(lba, data)

    def _pad(self, end: int) -> None:
        self.store.extend(end)

    # -- reserving and closing ----------------------------------------------------------------------------------------

    def reserve(self, size: int) -> None:
        """Split the invisible track: its beginning gets a size, the rest becomes the new invisible track."""
        last = self.track_list[-1]
        size = round_up(size, self.kind.write_unit)
        if self.final or last.written or len(self.track_list) >= self.track_limit:
            raise Refusal(NO_MORE_RESERVATIONS)
        if not size or last.start + size > self.capacity:
            raise invalid_field(5)
        last.size = size
        self._add_track(last.start + size + self.track_gap, last.session)
        self.changed()

    def _add_track(self, start: int, session: int) -> None:
        self.track_list.append(self.track_type(session=session, start=min(start, self.capacity)))

    def close(self, function: int, number: int) -> Job:
        """Close a track (1), the session (2) or the disc (5, 6)."""
        if function not in self.close_functions:
            raise invalid_field(2)
        if self.final:
            raise Refusal(CANNOT_WRITE_MEDIUM)
        return self.close_track(number) if function == 1 else self._close_session(final=function != 2)

    def close_track(self, number: int) -> Job:
        """Close one track; a blank one has nothing to close."""
        index = len(self.track_list) if number == INVISIBLE_TRACK else number
        if not 1 <= index <= len(self.track_list):
            raise invalid_field(4)
        track = self.track_list[index - 1]
        if track.closed or not (track.written or track.size):
            return Job(0.0, nothing)
        self.flush()
        return Job(self.kind.durations.close_track, self._unless_forgotten(lambda: self._finish_track(track)))

    def _unless_forgotten(self, finish: Callable[[], None]) -> Callable[[], None]:
        """Return what does nothing where a test ends meanwhile: its tracks are forgotten then."""
        tracks = self.track_list
        return lambda: finish() if self.track_list is tracks else None

    def _finish_track(self, track: Track) -> None:
        if track.size is not None and track.written < track.size:
            track.written = track.size  # what was reserved and not written is padded
        track.run_out = self.run_out_of(track)
        track.written += track.run_out
        track.size, track.closed, track.link = track.written, True, 0
        track.damaged = False
        self._pad(track.end)
        if track is self.track_list[-1]:
            self._add_track(track.behind + self.track_gap, track.session)
        self.changed()

    def run_out_of(self, track: Track) -> int:
        """Return how many blocks a track gets at its end that count but cannot be read."""
        return self.run_out

    def _close_session(self, *, final: bool) -> Job:
        self.flush()
        tracks = self._open_session()
        if any(not t.complete and (t.written or t.size) for t in tracks):
            raise Refusal(INCOMPLETE_TRACK)
        if len(self.track_list if final else tracks) == 1:  # only the invisible track: there is nothing to close
            raise Refusal(SESSION_FIXATION)
        seconds = self.kind.durations.finalise if final else self.kind.durations.close_session
        return Job(seconds, self._unless_forgotten(lambda: self._finish_session(final)))

    def _finish_session(self, final: bool) -> None:
        for track in self._open_session():
            if track.complete and not track.closed:
                self._finish_track(track)
        empty = self.track_list.pop()
        session = empty.session
        if self.track_list[-1].session == session:
            start = self.track_list[-1].behind + self.session_gaps[session > 1]
            start = min(round_up(start, self.kind.write_unit), self.capacity)
            empty = self.track_type(session=session + 1, start=start)
        self.final = final or empty.start >= self.capacity or session >= self.session_limit
        if not self.final:
            self.track_list.append(empty)
        self.changed()

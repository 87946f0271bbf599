"""Discs that are written once from the inside out: DVD+R, BD-R, and what CD-R and CD-RW share with them.

The disc is a list of tracks. Unless it is finalised the last one is the invisible track, which reaches to the end of
the disc. A track's data grows at its next writable address only. Sessions are runs of tracks; the one that the
invisible track belongs to is incomplete, or empty if nothing was recorded in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
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
from discstack.emulator.media.base import (
    INVISIBLE_TRACK,
    Job,
    Medium,
    capacities,
    nothing,
    round_up,
)
from discstack.emulator.media.kept import made, number
from discstack.mmc.spec.capacities import CapacityType, FormatCapacities
from discstack.mmc.spec.disc_information import DiscInformation, DiscStatus, LastSessionState
from discstack.mmc.spec.track_information import DATA_TRACK, DataMode, TrackInformation


@dataclass(slots=True)
class Track:
    """A run of blocks; `size` is fixed once it is reserved or closed."""

    session: int
    start: int
    written: int = 0  # blocks, padding included
    size: int | None = None
    closed: bool = False
    run_out: int = 0  # blocks at the end that are counted but cannot be read
    link: int = 0  # blocks that are skipped when writing goes on
    damaged: bool = False

    @property
    def end(self) -> int:
        """The address behind what is written."""
        return self.start + self.written

    @property
    def behind(self) -> int:
        """The first address on the disc behind the track."""
        return self.end

    @property
    def complete(self) -> bool:
        """Whether nothing is left to be written: a reserved track that was filled needs no closing."""
        return self.closed or (self.size is not None and self.written >= self.size)

    @property
    def next_writable(self) -> int:
        """Where writing goes on."""
        return self.end + self.link


class SequentialMedium(Medium):
    """The state machine of a write-once disc."""

    close_functions: ClassVar[frozenset[int]] = frozenset({1, 2, 5, 6})
    reserves: ClassVar[bool] = True
    erasable: ClassVar[bool] = False
    run_out: ClassVar[int] = 0
    track_gap: ClassVar[int] = 0
    session_gaps: ClassVar[tuple[int, int]] = (0, 0)  # after the first, after any other
    track_limit: ClassVar[int] = 255
    session_limit: ClassVar[int] = 255
    overburn: ClassVar[int] = 0  # blocks that there is room for behind the announced end
    track_type: ClassVar[type[Track]] = Track

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.track_list = [self.track_type(session=1, start=0)]
        self.final = False
        self.writing: Track | None = None  # with data that no flush has followed

    def start_over(self) -> None:
        """Make the disc blank."""
        self.track_list = [self.track_type(session=1, start=0)]
        self.final = False
        self.store.cut(0)

    # -- what survives ------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return what the sidecar keeps of the disc."""
        tracks = [asdict(track) for track in self.track_list]
        return {"final": self.final, "tracks": tracks, "calibrations_left": self.calibrations_left}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the state of a disc; what a killed drive wrote last shows in the length of the file."""
        tracks = [made(self.track_type, track) for track in state["tracks"]]
        self._check(tracks, bool(state["final"]))
        calibrations = state.get("calibrations_left", self.calibrations_left)
        self.calibrations_left = None if calibrations is None else number(calibrations)
        self.track_list, self.final = tracks, bool(state["final"])
        growing = [track for track in tracks if not track.closed and track.start < self.store.blocks]
        if growing and self.store.blocks > growing[-1].end:
            last = growing[-1]
            last.written = min(round_up(self.store.blocks, self.kind.write_unit), self._limit(last)) - last.start

    def _check(self, tracks: list[Track], final: bool) -> None:
        numbers = [n for t in tracks for n in (t.session, t.start, t.written, t.run_out, t.size or 0)]
        if not tracks or not all(type(number) is int and number >= 0 for number in numbers):
            raise ValueError("its tracks are no tracks")
        bounds = [bound for track in tracks for bound in (track.start, track.end)]
        sessions = [track.session for track in tracks]
        end = self.capacity + self.overburn
        if bounds != sorted(bounds) or bounds[0] != 0 or bounds[-1] > end or sessions != sorted(sessions):
            raise ValueError("its tracks do not follow each other on the disc")
        if final != all(track.closed for track in tracks):
            raise ValueError("its tracks do not agree with its status")

    # -- what it says of itself ---------------------------------------------------------------------------------------

    @property
    def first_number(self) -> int:
        """The number of the first track."""
        return 1

    def numbered(self) -> Iterator[tuple[int, Track]]:
        """Give the tracks with their numbers."""
        return enumerate(self.track_list, self.first_number)

    def _open_session(self) -> list[Track]:
        return [] if self.final else [t for t in self.track_list if t.session == self.track_list[-1].session]

    def _dirty(self) -> bool:
        """Whether the incomplete session holds anything."""
        return any(t.written or t.size is not None for t in self._open_session())

    def disc(self) -> DiscInformation:
        """Describe the disc."""
        session = self.track_list[-1].session
        numbers = [number for number, track in self.numbered() if track.session == session]
        if self.final:
            status, last = DiscStatus.FINALIZED, LastSessionState.COMPLETE
        else:
            last = LastSessionState.INCOMPLETE if self._dirty() else LastSessionState.EMPTY
            if any(track.damaged for track in self._open_session()):
                last = LastSessionState.RESERVED_DAMAGED
            status = DiscStatus.INCOMPLETE if self._appendable() else DiscStatus.EMPTY
        return DiscInformation(
            disc_status=status,
            state_of_last_session=last,
            erasable=self.erasable,
            number_of_first_track=self.first_number,
            number_of_sessions=session,
            first_track_number_in_last_session=numbers[0],
            last_track_number_in_last_session=numbers[-1],
            uru=True,
        )

    def _appendable(self) -> bool:
        return self._dirty() or len(self.track_list) > 1

    def tracks(self) -> list[TrackInformation]:
        """Describe all tracks, the invisible one included."""
        return [self._describe(number, track) for number, track in self.numbered()]

    def _describe(self, number: int, track: Track) -> TrackInformation:
        limit, unit = self._limit(track), self.kind.write_unit
        writable = not (track.closed or track.damaged) and track.next_writable < limit
        return TrackInformation(
            logical_track_number=number,
            session_number=track.session,
            damage=track.damaged,
            track_mode=DATA_TRACK,
            data_mode=DataMode.MODE_1,
            rt=track.size is not None and not track.closed,
            blank=not track.written,
            lra_v=bool(track.written),
            nwa_v=writable,
            logical_track_start_address=track.start,
            next_writable_address=track.next_writable if writable else 0,
            free_blocks=limit - track.next_writable if writable else 0,
            fixed_packet_size_blocking_factor=unit if unit > 1 else 0,
            logical_track_size=track.written if track.closed else limit - track.start,
            last_recorded_address=track.end - 1 if track.written else 0,
        )

    def _limit(self, track: Track) -> int:
        return self.capacity if track.size is None else track.start + track.size

    def recorded(self) -> list[TrackInformation]:
        """Describe the tracks of the complete sessions."""
        open_session = 0 if self.final else self.track_list[-1].session
        return [track for track in self.tracks() if track.session_number != open_session]

    def lead_out(self, session: int) -> int:
        """Return where the lead-out of a complete session begins."""
        return max(track.behind for track in self.track_list if track.session == session)

    def blocks(self) -> int:
        """Return how many blocks READ CAPACITY counts: up to the end of the last recorded track."""
        return max((track.end for track in self.track_list if track.written), default=0)

    def format_capacities(self) -> FormatCapacities:
        """Return the capacity of the blank disc or of what is recorded; there are no formats."""
        if self._appendable() or self.final:
            return capacities(self.blocks(), CapacityType.FORMATTED)
        return capacities(self.capacity, CapacityType.UNFORMATTED_OR_BLANK)

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

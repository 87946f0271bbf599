"""A disc that is a list of tracks, as all that are written from the inside out: what survives, what it says of itself.

Unless it is finalised the last track is the invisible one, which reaches to the end of the disc. Sessions are runs of
tracks; the one that the invisible track belongs to is incomplete, or empty if nothing was recorded in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from discstack.emulator.media.base import Medium, capacities, round_up
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
    def before(self) -> int:
        """How many addresses of the disc may lie before the first track of it."""
        return 0

    @property
    def complete(self) -> bool:
        """Whether nothing is left to be written: a reserved track that was filled needs no closing."""
        return self.closed or (self.size is not None and self.written >= self.size)

    @property
    def next_writable(self) -> int:
        """Where writing goes on."""
        return self.end + self.link


class TrackMedium(Medium):
    """What is recorded on a disc of tracks."""

    erasable: ClassVar[bool] = False
    overburn: ClassVar[int] = 0  # blocks that there is room for behind the announced end
    track_type: ClassVar[type[Track]] = Track

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.track_list = [self.track_type(session=1, start=0)]
        self.final = False

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
        if (
            bounds != sorted(bounds)
            or bounds[0] != tracks[0].before
            or bounds[-1] > end
            or sessions != sorted(sessions)
        ):
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

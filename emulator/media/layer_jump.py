"""DVD-R DL recorded by layer jumps: by turns on both layers, so that a session has little of each (MMC-6 4.3.4).

A WRITE may not go across a jump: the next writable address tells where to go on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any, ClassVar, Final

from discstack.emulator.conditions import (
    CANNOT_WRITE_MEDIUM,
    ILLEGAL_MODE,
    INCOMPLETE_TRACK,
    INVALID_ADDRESS_FOR_WRITE,
    OUT_OF_RANGE,
    PARAMETER_LIST_LENGTH,
    SESSION_FIXATION,
    WRITE_CROSSING_LAYER_JUMP,
    Refusal,
    at,
    invalid_field,
    invalid_parameter,
)
from discstack.emulator.media.base import INVISIBLE_TRACK, Job, Medium, capacities, nothing
from discstack.emulator.media.jump_track import JumpTrack, opposite
from discstack.emulator.media.kept import made, number
from discstack.emulator.media.structures import DVD, minus_structures
from discstack.emulator.store import BLOCK
from discstack.mmc.spec.capacities import CapacityType, FormatCapacities
from discstack.mmc.spec.disc_information import DiscInformation, DiscStatus, LastSessionState
from discstack.mmc.spec.disc_structure import JumpIntervalSize, ManualLayerJumpAddress
from discstack.mmc.spec.mode_page_values import WriteType
from discstack.mmc.spec.track_information import DATA_TRACK, DataMode, LayerJumpRecordingStatus, TrackInformation

UNIT: Final = 16
FINAL: Final = 0  # multi-session field: no next session
JUMP_INTERVAL, MANUAL_JUMP = 0x22, 0x23
PAYLOAD: Final = 8  # bytes of either structure: four reserved ones, and a number of blocks or an address


class LayerJump(Medium):
    """The state machine of such a disc; tracks follow each other on layer 0, the last one is invisible."""

    close_functions: ClassVar[frozenset[int]] = frozenset({1, 2})

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.middle = self.total // 2 // UNIT * UNIT  # the first address on layer 1
        self.capacity = 2 * self.middle
        self.interval = self.manual = 0
        self.final = False
        self.track_list = [JumpTrack(session=1, start=0, front=0)]

    @property
    def incremental(self) -> bool:
        """Nothing is written without jumps here."""
        return False

    # -- what survives ------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return what the sidecar keeps."""
        tracks = [asdict(track) for track in self.track_list]
        return {"tracks": tracks, "final": self.final, "interval": self.interval, "manual": self.manual}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the state of a disc."""
        tracks = [made(JumpTrack, track) for track in state["tracks"]]
        bounds = [bound for track in tracks for bound in (track.start, *track.jumps, track.front)]
        if not tracks or bounds != sorted(bounds) or not 0 <= bounds[0] <= bounds[-1] <= self.middle:
            raise ValueError("its tracks do not follow each other on layer 0")
        self.track_list, self.final = tracks, bool(state["final"])
        self.interval, self.manual = (number(state[name], self.middle) for name in ("interval", "manual"))

    # -- what it says of itself ---------------------------------------------------------------------------------------

    @property
    def _open(self) -> JumpTrack:
        return self.track_list[-1]

    def _blank(self) -> bool:
        return len(self.track_list) == 1 and not self._open.front

    def disc(self) -> DiscInformation:
        """Describe the disc."""
        session = self._open.session
        numbers = [number for number, track in enumerate(self.track_list, 1) if track.session == session]
        recorded = len(numbers) > 1 or self._open.front > self._open.start
        last = LastSessionState.INCOMPLETE if recorded else LastSessionState.EMPTY
        status = DiscStatus.EMPTY if self._blank() else DiscStatus.INCOMPLETE
        return DiscInformation(
            disc_status=DiscStatus.FINALIZED if self.final else status,
            state_of_last_session=LastSessionState.COMPLETE if self.final else last,
            number_of_sessions=session,
            first_track_number_in_last_session=numbers[0],
            last_track_number_in_last_session=numbers[-1],
            uru=True,
        )

    def tracks(self) -> list[TrackInformation]:
        """Describe all tracks, the invisible one included."""
        return [self._describe(number, track) for number, track in enumerate(self.track_list, 1)]

    def _describe(self, number: int, track: JumpTrack) -> TrackInformation:
        recorded = track.front > track.start
        writable = not track.closed and (track.above or track.front < self.middle)
        return TrackInformation(
            logical_track_number=number,
            session_number=track.session,
            ljrs=self._status(),
            track_mode=DATA_TRACK,
            blank=not recorded,
            packet_inc=True,
            data_mode=DataMode.MODE_1,
            lra_v=recorded,
            nwa_v=writable,
            logical_track_start_address=track.start,
            next_writable_address=track.next_writable(self.middle) if writable else 0,
            free_blocks=2 * (self.middle - track.front) + track.left_above if writable else 0,
            fixed_packet_size_blocking_factor=UNIT,
            logical_track_size=opposite(track.start, self.middle),  # with jumps it is the track's last address
            last_recorded_address=track.last_recorded(self.middle) if recorded else 0,
            next_layer_jump_address=self._next_jump(track) if writable else 0,
            last_layer_jump_address=track.jumps[-1] if track.jumps else 0,
        )

    def _status(self) -> LayerJumpRecordingStatus:
        if self.manual:
            return LayerJumpRecordingStatus.MANUAL
        return (
            LayerJumpRecordingStatus.REGULAR_INTERVAL
            if self.interval
            else LayerJumpRecordingStatus.UNSPECIFIED_INTERVAL
        )

    def _next_jump(self, track: JumpTrack) -> int:
        """Return the last address on layer 0 before the next jump: as the host set it, or the end of the layer."""
        last = track.jumps[-1] if track.jumps else track.start - 1
        if self.manual and self.manual >= track.front:
            return self.manual
        return min(last + self.interval, self.middle - 1) if self.interval else self.middle - 1

    def recorded(self) -> list[TrackInformation]:
        """Describe the tracks of the complete sessions."""
        open_session = 0 if self.final else self._open.session
        return [track for track in self.tracks() if track.session_number != open_session]

    def lead_out(self, session: int) -> int:
        """Return where the lead-out of a complete session begins: behind all of layer 1."""
        return self.capacity

    def blocks(self) -> int:
        """Return how many blocks READ CAPACITY counts: up to the last address that is recorded."""
        return max(track.end(self.middle) for track in self.track_list)

    def format_capacities(self) -> FormatCapacities:
        """Return the capacity of the blank disc or of what is recorded; there are no formats."""
        if self._blank():
            return capacities(self.capacity, CapacityType.UNFORMATTED_OR_BLANK)
        return capacities(self.blocks(), CapacityType.FORMATTED)

    # -- disc structures ----------------------------------------------------------------------------------------------

    def structures(self) -> Mapping[tuple[int, int], bytes]:
        """Return those of any DVD-R DL, and how the jumps are set."""
        settings = {
            (DVD, JUMP_INTERVAL): JumpIntervalSize(jump_interval_size=self.interval).build()[4:],
            (DVD, MANUAL_JUMP): ManualLayerJumpAddress(manual_layer_jump_address=self.manual).build()[4:],
        }
        return {
            **minus_structures(self.kind, self.capacity, self.capacity if self.final else 0, self.middle),
            **settings,
        }

    def settable(self) -> Collection[tuple[int, int]]:
        """Return the jump interval and the address of a jump."""
        return [(DVD, JUMP_INTERVAL), (DVD, MANUAL_JUMP)]

    def set_structure(self, media_type: int, format: int, data: bytes) -> None:
        """Take the interval, of whole ECC blocks, before the disc is recorded; or where the next jump is to be."""
        if len(data) != PAYLOAD:
            raise Refusal(PARAMETER_LIST_LENGTH)
        value = int.from_bytes(data[4:], "big")
        if self.final or (format == JUMP_INTERVAL and not self._blank()):
            raise Refusal(CANNOT_WRITE_MEDIUM)
        if format == JUMP_INTERVAL:
            if value % UNIT or value > self.middle:
                raise invalid_parameter(8)
            self.interval, self.manual = value, 0
        else:
            if (value + 1) % UNIT or not self._open.front <= value < self.middle or self._open.above:
                raise invalid_parameter(8)
            self.manual = value
        self.changed()

    # -- writing and reading ------------------------------------------------------------------------------------------

    def write(self, lba: int, count: int, data: memoryview, *, streaming: bool = False) -> None:
        """Take blocks at the next writable address, as far as the next jump."""
        if self.final:
            raise Refusal(CANNOT_WRITE_MEDIUM)
        if self.parameters.write_type != WriteType.LAYER_JUMP or self.parameters.test_write:
            raise Refusal(ILLEGAL_MODE)
        track = self._open
        if track.front >= self.middle and not track.above:
            raise Refusal(at(OUT_OF_RANGE, lba))
        if lba != track.next_writable(self.middle):
            raise Refusal(at(INVALID_ADDRESS_FOR_WRITE, lba))
        room = track.piece - track.back if track.above else self._next_jump(track) + 1 - track.front
        if count > room:
            raise Refusal(at(WRITE_CROSSING_LAYER_JUMP, lba + room))
        self.store.write(lba, data)
        track.advance(count, self._next_jump(track))
        if track.above and not track.back:
            self.changed()

    def readable(self, lba: int, count: int) -> None:
        """Refuse what is not recorded, on either layer."""
        for block in range(lba, lba + count):
            if not any(track.holds(block, self.middle) for track in self.track_list):
                raise self.unwritten(block)

    def flush(self) -> None:
        """Pad what is part of an ECC block."""
        track = self._open
        part = (track.back if track.above else track.front) % UNIT
        if part and not self.final:
            track.advance(UNIT - part, self._next_jump(track))
        self.changed()

    # -- closing ------------------------------------------------------------------------------------------------------

    def close(self, function: int, number: int) -> Job:
        """Close the open track (1) or its session (2), as the last one if page 05h's multi-session field says so."""
        if function not in self.close_functions:
            raise invalid_field(2)
        if self.final:
            raise Refusal(CANNOT_WRITE_MEDIUM)
        if function == 1:
            if number not in (len(self.track_list), INVISIBLE_TRACK):
                raise invalid_field(4)
            return Job(self._padding(), self._close_track) if self._open.front > self._open.start else Job(0.0, nothing)
        if self._open.front > self._open.start:
            raise Refusal(INCOMPLETE_TRACK)
        final = self.parameters.multi_session == FINAL
        tracks = [track for track in self.track_list if final or track.session == self._open.session]
        if len(tracks) == 1:  # only the invisible track: there is nothing to close
            raise Refusal(SESSION_FIXATION)
        seconds = self.kind.durations.finalise if final else self.kind.durations.close_session
        return Job(seconds, lambda: self._close_session(final=final))

    def _padding(self) -> float:
        """Return how long it takes to fill layer 1 as far as layer 0 is recorded."""
        return self.kind.durations.close_track + self._open.left_above * BLOCK / self.write_rate

    def _close_track(self) -> None:
        """Jump once more where layer 0 was gone on with, and fill what lies above; nothing is left half."""
        self.flush()
        track = self._open
        if not track.jumps or track.front > track.jumps[-1] + 1:
            track.jump(track.front - 1)
        track.back, track.closed = track.piece, True
        self.track_list.append(JumpTrack(session=track.session, start=track.front, front=track.front))
        self.manual = 0
        self.changed()

    def _close_session(self, *, final: bool) -> None:
        invisible = self.track_list.pop()
        self.final = final or invisible.start >= self.middle
        if not self.final:
            session = self.track_list[-1].session + 1
            self.track_list.append(JumpTrack(session=session, start=invisible.start, front=invisible.start))
        self.changed()

"""DVD-R and the sequential face of DVD-RW: incremental recording with borders, and disc at once (MMC-6 4.3.4)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

from discstack.emulator.conditions import (
    ILLEGAL_MODE,
    NO_MORE_RESERVATIONS,
    SEQUENCE_ERROR,
    SESSION_FIXATION,
    Refusal,
    invalid_field,
)
from discstack.emulator.media.base import Job, WriteParameters
from discstack.emulator.media.kept import number
from discstack.emulator.media.management import management_structures
from discstack.emulator.media.rehearsal import Rehearsing
from discstack.emulator.media.structures import minus_structures
from discstack.emulator.media.track_medium import Track
from discstack.mmc.spec.disc_structure import RecordedStatus
from discstack.mmc.spec.mode_page_values import WriteType
from discstack.mmc.spec.track_information import TrackInformation

LINK: Final = 16  # blocks that linking one recording to the next costs
LARGEST_ID: Final = 0xFFFF
FINAL: Final = 0  # multi-session field: no next border
# Blocks of border-out and next border-in, 96 MiB behind the first border and 18 MiB behind each other one. On real
# discs it is less further out, down to 32 and 6 MiB.
FIRST_BORDER, NEXT_BORDER = 49152, 9216


class DVDMinusR(Rehearsing):
    """DVD-R: tracks in borders, each piece linked to the one before it; or one recording of an announced size."""

    close_functions: ClassVar[frozenset[int]] = frozenset({1, 2})
    track_gap = LINK
    session_gaps = (FIRST_BORDER, NEXT_BORDER)
    one_session: ClassVar[bool] = False
    lossless = False
    layer_0 = 0  # blocks on the first of two layers

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.minimally_blanked = False  # what is left of the disc's past allows disc-at-once only
        self.at_once = False
        self.disc_id = 0  # a random number that the disc gets when it is first recorded on

    def state(self) -> dict[str, Any]:
        """Return what the sidecar keeps."""
        at_once = self.at_once and self.rehearsal is None
        own = {"minimally_blanked": self.minimally_blanked, "at_once": at_once, "disc_id": self.disc_id}
        return {**super().state(), **own}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the state of a disc."""
        self.minimally_blanked, self.at_once = bool(state["minimally_blanked"]), bool(state["at_once"])
        self.disc_id = number(state.get("disc_id", 0), LARGEST_ID)
        super().restore(state)

    def start_over(self, *, minimally: bool = False) -> None:
        """Make the disc blank."""
        super().start_over()
        self.minimally_blanked, self.at_once, self.disc_id = minimally, False, 0
        self.changed()

    @property
    def incremental(self) -> bool:
        """Whether the disc can be written piece by piece."""
        return not (self.final or self.minimally_blanked or self.at_once)

    def prepare(self, parameters: WriteParameters) -> None:
        """Take the write parameters; a reservation for disc-at-once holds only while that is the write type."""
        super().prepare(parameters)
        if self.at_once and parameters.write_type != WriteType.SESSION_AT_ONCE and not self.track_list[0].written:
            self.track_list[0].size, self.at_once = None, False

    def tracks(self) -> list[TrackInformation]:
        """Describe all tracks: written piece by piece, or at once."""
        pieces = not (self.at_once or self.minimally_blanked)
        return [replace(track, packet_inc=pieces) for track in super().tracks()]

    # -- writing ------------------------------------------------------------------------------------------------------

    def write(self, lba: int, count: int, data: memoryview, *, streaming: bool = False) -> None:
        """Take blocks at the next writable address, or pretend to; disc-at-once begins with its lead-in."""
        at_once = self.parameters.write_type == WriteType.SESSION_AT_ONCE
        if at_once and not self.at_once and not self.final:
            raise Refusal(SEQUENCE_ERROR)  # nothing was reserved
        jumps = self.parameters.write_type == WriteType.LAYER_JUMP
        if jumps or at_once != self.at_once or not (at_once or self.incremental or self.final):
            raise Refusal(ILLEGAL_MODE)
        self.rehearse()
        first = at_once and not self.track_list[0].written
        if not self.disc_id and not self.rehearsing:
            self.disc_id = 1 + secrets.randbelow(LARGEST_ID)
        super().write(lba, count, data, streaming=streaming)
        if first:
            self.clock.sleep(self.kind.durations.lead_in)

    def reserve(self, size: int) -> None:
        """Set blocks aside: for the whole disc, exactly as many as are asked for, or for a track."""
        if self.parameters.write_type != WriteType.SESSION_AT_ONCE:
            super().reserve(size)
            return
        if self._appendable() or self.final:
            raise Refusal(NO_MORE_RESERVATIONS)
        if not 0 < size <= self.capacity:
            raise invalid_field(5)
        self.rehearse()
        self.track_list[0].size, self.at_once = size, True

    @property
    def flush_duration(self) -> float:
        """Seconds of a flush; the one that ends a disc-at-once recording writes the lead-out."""
        return self.kind.durations.finalise if self._all_there() else super().flush_duration

    def _all_there(self) -> bool:
        first = self.track_list[0]
        return self.at_once and not self.final and first.written == first.size

    def flush(self) -> None:
        """Write what is buffered: behind it comes a link, or the end of a complete disc-at-once recording."""
        if self.at_once:
            self.writing = None
            if self._all_there():
                self.track_list[0].closed = self.final = True
                self.end_rehearsal()
            self.changed()
            return
        super().flush()
        for track in self.track_list:
            if track.written and not track.closed:
                track.link = LINK

    def put_away(self) -> None:
        """Leave the drive: a disc-at-once recording that has no end yet will never have one."""
        super().put_away()
        if self.at_once and not self.final:
            self.track_list[0].damaged = True
            self.changed()

    # -- closing ------------------------------------------------------------------------------------------------------

    def close(self, function: int, number: int) -> Job:
        """Close a track (1), or the border (2): as the last one if the multi-session field of page 05h says so."""
        if self.at_once and not self.final:
            raise Refusal(SESSION_FIXATION)
        if function == 2 and not self.final:
            return self._close_session(final=self.one_session or self.parameters.multi_session == FINAL)
        return super().close(function, number)

    def _finish_track(self, track: Track) -> None:
        super()._finish_track(track)
        track.link = 0

    def structures(self) -> Mapping[tuple[int, int], bytes]:
        """Return the physical format, of the lead-in and as pressed, what the pre-pits hold, and the disc's history."""
        pits = minus_structures(self.kind, self.capacity, self.blocks(), self.layer_0)
        used = (self.kind.calibrations or 0) - (self.calibrations_left or 0)
        return {**pits, **management_structures(self.track_list, self.disc_id, self._recorded(), used, pits)}

    def _recorded(self) -> RecordedStatus:
        """Say what was done to the disc, as its recording management data does."""
        if self.at_once:
            return RecordedStatus.DISC_AT_ONCE
        return RecordedStatus.FINALIZED if self.final else RecordedStatus.INCREMENTAL


class DVDMinusRDL(DVDMinusR):
    """DVD-R DL, recorded sequentially: one session; it goes on in layer 1 where layer 0 ends."""

    one_session = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.layer_0 = self.total // 2

"""DVD+RW: formatted in the background while it is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from discstack.emulator.conditions import (
    CANNOT_WRITE_MEDIUM,
    INVALID_ADDRESS_FOR_WRITE,
    OUT_OF_RANGE,
    Refusal,
    at,
    invalid_field,
    invalid_parameter,
)
from discstack.emulator.media.base import (
    FORMAT_IN_PROGRESS,
    Job,
    Medium,
    capacities,
    nothing,
    only_track,
)
from discstack.emulator.media.kept import number
from discstack.emulator.media.structures import DVD_PLUS_RW, plus_structures
from discstack.emulator.store import BLOCK
from discstack.mmc.spec.capacities import CapacityType, FormatCapacities, FormattableCapacity
from discstack.mmc.spec.disc_information import BackgroundFormat, DiscInformation, DiscStatus, LastSessionState
from discstack.mmc.spec.format_unit import FormatType, FormatUnitParameters
from discstack.mmc.spec.track_information import TrackInformation

RESTART: Final = 0x01  # in the type dependent parameter
WHOLE_DISC: Final = 0xFFFFFFFF
AS_WRITTEN: Final = 0  # no more than is written; the rest follows in the background, as it does with any number


class DVDPlusRW(Medium):
    """The state machine of the background format: none, running, stopped, running again, complete.

    While it runs, time formats the disc at the write speed; a write further out formats what lies before it.
    """

    close_functions: ClassVar[frozenset[int]] = frozenset({0, 2})

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._status = BackgroundFormat.NONE
        self._end = 0  # blocks formatted, as of `_since`
        self._since = 0.0

    def state(self) -> dict[str, Any]:
        """Return what the sidecar keeps."""
        self.settle()
        return {"format": int(self._status), "formatted": self._end}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the state of a disc; a background format does not survive a loss of power."""
        status = BackgroundFormat(state["format"])
        self._status = BackgroundFormat.STARTED if status is BackgroundFormat.RUNNING else status
        self._end = min(max(number(state["formatted"]), self.store.blocks), self.capacity)
        if status is BackgroundFormat.COMPLETE:
            self._end = self.capacity

    @property
    def status(self) -> BackgroundFormat:
        """The background format status now."""
        self.settle()
        return self._status

    def settle(self) -> None:
        """Let the running format get as far as the clock says."""
        if self._status is BackgroundFormat.RUNNING:
            now = self.clock.now()
            self._end = min(self.capacity, self._end + int((now - self._since) * self.write_rate / BLOCK))
            self._since = now
            if self._end == self.capacity:
                self._status = BackgroundFormat.COMPLETE
                self.changed()

    def background_progress(self) -> float | None:
        """Return how far the background format is."""
        return self._end / self.capacity if self.status is BackgroundFormat.RUNNING else None

    def disc(self) -> DiscInformation:
        """Describe the disc: complete as soon as it is formatted, its session only when the format is."""
        status = self.status
        if status is BackgroundFormat.NONE:
            return DiscInformation(erasable=True, uru=True)
        complete = status is BackgroundFormat.COMPLETE
        return DiscInformation(
            disc_status=DiscStatus.FINALIZED,
            state_of_last_session=LastSessionState.COMPLETE if complete else LastSessionState.INCOMPLETE,
            erasable=True,
            uru=True,
            bg_format_status=status,
        )

    def tracks(self) -> list[TrackInformation]:
        """Describe the one track."""
        return [only_track(self.capacity, self.kind.write_unit, blank=self.status is BackgroundFormat.NONE)]

    def recorded(self) -> list[TrackInformation]:
        """Describe the one track, once there is one."""
        return self.tracks() if self.status else []

    def lead_out(self, session: int) -> int:
        """Return where the lead-out begins."""
        return self.capacity

    def blocks(self) -> int:
        """Return how many blocks there are."""
        return self.capacity if self.status else 0

    def format_capacities(self) -> FormatCapacities:
        """Return the capacity and the one format."""
        kind = CapacityType.FORMATTED if self.status else CapacityType.UNFORMATTED_OR_BLANK
        offered = FormattableCapacity(number_of_blocks=self.capacity, format_type=FormatType.DVD_PLUS_RW)
        return capacities(self.capacity, kind, [offered])

    def format(self, wanted: FormatUnitParameters) -> Job:
        """Start the background format, or take it up again where it was stopped."""
        if wanted.format_type != FormatType.DVD_PLUS_RW or wanted.format_sub_type:
            raise invalid_parameter(8)
        if wanted.number_of_blocks not in (AS_WRITTEN, WHOLE_DISC, self.capacity):
            raise invalid_parameter(4)
        restart = bool(wanted.type_dependent_parameter & RESTART)
        if restart and self.status is not BackgroundFormat.STARTED:
            raise invalid_parameter(11)
        return Job(self.kind.durations.prepare_format, lambda: self._start(restart), FORMAT_IN_PROGRESS)

    def _start(self, restart: bool) -> None:
        if not restart:
            self._end = 0
            self.store.cut(0)
        self._status, self._since = BackgroundFormat.RUNNING, self.clock.now()
        self.changed()

    def close(self, function: int, number: int) -> Job:
        """Stop the background format quickly (0) or with a temporary lead-out (2)."""
        if function not in self.close_functions:
            raise invalid_field(2)
        if self.status is BackgroundFormat.NONE:
            raise Refusal(CANNOT_WRITE_MEDIUM)
        if self.status is not BackgroundFormat.RUNNING:
            return Job(0.0, nothing)
        durations = self.kind.durations
        return Job(durations.close_session if function else durations.close_track, self.put_away)

    def put_away(self) -> None:
        """Stop the background format."""
        if self.status is BackgroundFormat.RUNNING:
            self._status = BackgroundFormat.STARTED
            self.changed()

    def write(self, lba: int, count: int, data: memoryview, *, streaming: bool = False) -> None:
        """Take blocks: anywhere while the format runs or is complete, where it got to when it is stopped."""
        status = self.status
        if status is BackgroundFormat.NONE:
            raise Refusal(CANNOT_WRITE_MEDIUM)
        if lba < 0 or lba + count > self.capacity:
            raise Refusal(at(OUT_OF_RANGE, max(lba, self.capacity)))
        if status is BackgroundFormat.STARTED and lba + count > self._end:
            raise Refusal(at(INVALID_ADDRESS_FOR_WRITE, max(lba, self._end)))
        self.store.write(lba, data)
        self._end = max(self._end, lba + count)

    def readable(self, lba: int, count: int) -> None:
        """Refuse what the format has not reached."""
        self.settle()
        if lba + count > self._end:
            raise self.unwritten(max(lba, self._end))

    def structures(self) -> Mapping[tuple[int, int], bytes]:
        """Return physical format, copyright and ADIP information."""
        return plus_structures(self.kind, DVD_PLUS_RW, self.capacity, 0)

"""DVD+RW: formatted in the background while it is used."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
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
    FORMATTED,
    UNFORMATTED,
    DiscSummary,
    Job,
    Medium,
    TrackSummary,
    nothing,
)
from discstack.emulator.media.sequential import COMPLETE, FINALISED, INCOMPLETE
from discstack.emulator.media.structures import DVD_PLUS_RW, dvd_structures
from discstack.emulator.store import BLOCK

BACKGROUND_FORMAT: Final = 0x26  # format type
RESTART: Final = 0x01  # in the type dependent parameter
WHOLE_DISC: Final = 0xFFFFFFFF


class FormatState(IntEnum):
    """The background format status of READ DISC INFORMATION (MMC-6 6.21.3.1.10)."""

    NONE = 0
    STOPPED = 1
    RUNNING = 2
    COMPLETE = 3


class DVDPlusRW(Medium):
    """The state machine of the background format: none, running, stopped, running again, complete.

    While it runs, time formats the disc at the write speed; a write further out formats what lies before it.
    """

    close_functions: ClassVar[frozenset[int]] = frozenset({0, 2})

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._status = FormatState.NONE
        self._end = 0  # blocks formatted, as of `_since`
        self._since = 0.0

    def state(self) -> dict[str, Any]:
        """Return what the sidecar keeps."""
        self.settle()
        return {"format": int(self._status), "formatted": self._end}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the state of a disc; a background format does not survive a loss of power."""
        status = FormatState(state["format"])
        self._status = FormatState.STOPPED if status is FormatState.RUNNING else status
        self._end = min(max(int(state["formatted"]), self.store.blocks), self.capacity)
        if status is FormatState.COMPLETE:
            self._end = self.capacity

    @property
    def status(self) -> FormatState:
        """The background format status now."""
        self.settle()
        return self._status

    def settle(self) -> None:
        """Let the running format get as far as the clock says."""
        if self._status is FormatState.RUNNING:
            now = self.clock.now()
            self._end = min(self.capacity, self._end + int((now - self._since) * self.write_rate / BLOCK))
            self._since = now
            if self._end == self.capacity:
                self._status = FormatState.COMPLETE
                self.changed()

    def background_progress(self) -> float | None:
        """Return how far the background format is."""
        return self._end / self.capacity if self.status is FormatState.RUNNING else None

    def disc(self) -> DiscSummary:
        """Describe the disc: complete as soon as it is formatted, its session only when the format is."""
        status = self.status
        if status is FormatState.NONE:
            return DiscSummary(status=0, last_session=0, erasable=True)
        last = COMPLETE if status is FormatState.COMPLETE else INCOMPLETE
        return DiscSummary(status=FINALISED, last_session=last, erasable=True, background_format=status)

    def tracks(self) -> list[TrackSummary]:
        """Describe the one track."""
        blank = self.status is FormatState.NONE
        return [TrackSummary(number=1, session=1, start=0, size=self.capacity, blank=blank)]

    def recorded(self) -> list[TrackSummary]:
        """Describe the one track, once there is one."""
        return self.tracks() if self.status else []

    def lead_out(self, session: int) -> int:
        """Return where the lead-out begins."""
        return self.capacity

    def blocks(self) -> int:
        """Return how many blocks there are."""
        return self.capacity if self.status else 0

    def format_capacities(self) -> tuple[tuple[int, int], list[tuple[int, int, int]]]:
        """Return the capacity and the one format."""
        current = (self.capacity, FORMATTED if self.status else UNFORMATTED)
        return current, [(self.capacity, BACKGROUND_FORMAT << 2, 0)]

    def format(self, format_type: int, sub_type: int, blocks: int, parameter: int) -> Job:
        """Start the background format, or take it up again where it was stopped."""
        if format_type != BACKGROUND_FORMAT or sub_type:
            raise invalid_parameter(8)
        if blocks not in (WHOLE_DISC, self.capacity):
            raise invalid_parameter(4)
        restart = bool(parameter & RESTART)
        if restart and self.status is not FormatState.STOPPED:
            raise invalid_parameter(11)
        return Job(self.kind.durations.prepare_format, lambda: self._start(restart), FORMAT_IN_PROGRESS)

    def _start(self, restart: bool) -> None:
        if not restart:
            self._end = 0
            self.store.cut(0)
        self._status, self._since = FormatState.RUNNING, self.clock.now()
        self.changed()

    def close(self, function: int, number: int) -> Job:
        """Stop the background format quickly (0) or with a temporary lead-out (2)."""
        if function not in self.close_functions:
            raise invalid_field(2)
        if self.status is FormatState.NONE:
            raise Refusal(CANNOT_WRITE_MEDIUM)
        if self.status is not FormatState.RUNNING:
            return Job(0.0, nothing)
        durations = self.kind.durations
        return Job(durations.close_session if function else durations.close_track, self.put_away)

    def put_away(self) -> None:
        """Stop the background format."""
        if self.status is FormatState.RUNNING:
            self._status = FormatState.STOPPED
            self.changed()

    def write(self, lba: int, count: int, data: memoryview, *, streaming: bool = False) -> None:
        """Take blocks: anywhere while the format runs or is complete, where it got to when it is stopped."""
        status = self.status
        if status is FormatState.NONE:
            raise Refusal(CANNOT_WRITE_MEDIUM)
        if lba < 0 or lba + count > self.capacity:
            raise Refusal(at(OUT_OF_RANGE, max(lba, self.capacity)))
        if status is FormatState.STOPPED and lba + count > self._end:
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
        return dvd_structures(DVD_PLUS_RW, self.capacity, 0, self.kind.manufacturer, self.kind.media_type)

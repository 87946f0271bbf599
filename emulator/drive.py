"""The drive: tray, medium, unit attentions, events, buffer and what it is busy with.

The commands live in `emulator/commands/`; the dispatcher calls them with a Drive.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Final

from discstack.emulator.conditions import (
    BECOMING_READY,
    LONG_WRITE,
    LOSS_OF_STREAMING,
    MEDIUM_CHANGED,
    NO_MEDIUM_TRAY_CLOSED,
    NO_MEDIUM_TRAY_OPEN,
    NO_SENSE,
    POWER_ON,
    REMOVAL_PREVENTED,
    SEQUENCE_ERROR,
    Refusal,
)
from discstack.emulator.mechanism import Operation, WriteBuffer
from discstack.emulator.media.base import FORMAT_IN_PROGRESS, Job, Medium
from discstack.emulator.modes import ModePages
from discstack.emulator.pace import Asked, Pace
from discstack.emulator.rotation import radius
from discstack.emulator.settings import Settings
from discstack.emulator.store import BLOCK
from discstack.mmc.spec.event_status import MediaEvent
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import Clock

VERIFYING: Final = 0.5  # of the speed is left when every second turn is for reading back
SPIN_UP: Final = 2.0  # seconds from a disc at rest to one that can be read
SETTLE, FULL_STROKE = 0.02, 0.16  # seconds of the shortest seek, and what the whole way adds
LOAD_TIME: Final = 3.0  # seconds from a closed tray to a known medium
BECOMING_READY_ASCQ: Final = 0x01


class Drive:
    """A logical unit of device type 05h."""

    def __init__(self, settings: Settings, clock: Clock, medium: Medium | None) -> None:
        self.settings, self.clock = settings, clock
        self.medium: Medium | None = None
        self.tray_open = False
        self.unseen = settings.loads_when_told
        self.prevented = False
        self.sequence_broken = False
        self.spinning = True
        self.head = 0
        self.last_read = 0
        self.attentions: deque[Sense] = deque([POWER_ON])
        self.media_events: deque[MediaEvent] = deque()
        self.operation: Operation | None = None
        self.modes = ModePages()
        self.buffer = WriteBuffer(clock, settings.buffer, 1.0)
        self.asked = Asked()
        if medium is not None:
            self._take(medium)

    # -- the medium ---------------------------------------------------------------------------------------------------

    @property
    def loaded(self) -> Medium:
        """The medium, for handlers whose preconditions say that there is one."""
        if self.medium is None or self.absence() is not None:
            raise Refusal(self.absence() or NO_MEDIUM_TRAY_CLOSED)
        return self.medium

    def absence(self) -> Sense | None:
        """Return why there is no medium to work with."""
        if self.tray_open:
            return NO_MEDIUM_TRAY_OPEN
        return NO_MEDIUM_TRAY_CLOSED if self.medium is None or self.unseen else None

    @property
    def profile(self) -> int:
        """The current profile, 0 without a medium."""
        return self.medium.profile if self.medium is not None and self.absence() is None else 0

    def _take(self, medium: Medium) -> None:
        self.medium = medium
        medium.prepare(self.modes.write_parameters())
        self.media_events.append(MediaEvent.NEW_MEDIA)
        self.apply_speed()

    def insert(self, medium: Medium) -> None:
        """Put a disc into the open, empty drive and close the tray."""
        if self.medium is not None:
            raise ValueError("there is a disc in the drive")
        self.tray_open = self.unseen = False
        self._take(medium)
        self.attentions.append(MEDIUM_CHANGED)

    def remove(self) -> Medium:
        """Open the tray by hand and take the disc."""
        medium = self.medium
        if medium is None:
            raise ValueError("there is no disc in the drive")
        self.eject()
        self.medium = None
        return medium

    def eject(self) -> None:
        """Open the tray."""
        if self.prevented:
            raise Refusal(REMOVAL_PREVENTED)
        if not self.tray_open and self.medium is not None:
            self.flush()
            self.medium.put_away()
            self.media_events.append(MediaEvent.MEDIA_REMOVAL)
        self.tray_open = True

    def load(self, *, immediate: bool) -> None:
        """Close the tray; a disc in it takes a while to be known."""
        if not (self.tray_open or self.unseen):
            return
        self.tray_open = self.unseen = False
        if self.medium is not None:
            self.attentions.append(MEDIUM_CHANGED)
            self.media_events.append(MediaEvent.NEW_MEDIA)
            self.run(Job(LOAD_TIME, self.apply_speed, BECOMING_READY_ASCQ), immediate=immediate)

    def switch_off(self) -> None:
        """Put what is buffered, and the medium, into good order."""
        self.finish_operation()
        self.flush()
        if self.medium is not None and not self.tray_open:
            self.medium.put_away()

    def reset(self) -> None:
        """Forget what a bus reset makes a drive forget."""
        self.finish_operation()
        self.flush()
        self.modes = ModePages()
        self.asked = Asked()
        self.prevented = False
        if self.medium is not None:
            self.medium.prepare(self.modes.write_parameters())
        self.apply_speed()
        self.attentions.append(POWER_ON)

    def lose_power(self) -> None:
        """Stop in the middle of the work: what is buffered or running never gets to the disc."""
        self.operation = None
        self.buffer.held, self.buffer.recording = 0.0, False
        self.modes = ModePages()
        if self.medium is not None:
            self.medium.lose_power()
            self.medium.prepare(self.modes.write_parameters())
        self.asked = Asked()
        self.prevented = False
        self.unseen = self.settings.loads_when_told
        self.attentions.append(POWER_ON)
        self.apply_speed()

    # -- operations ---------------------------------------------------------------------------------------------------

    def poll(self) -> None:
        """Finish the operation whose time is over."""
        if self.operation is not None and self.clock.now() >= self.operation.end:
            finish, self.operation = self.operation.finish, None
            finish()

    def finish_operation(self) -> None:
        """Wait for the running operation."""
        if self.operation is not None:
            self.clock.sleep(max(0.0, self.operation.end - self.clock.now()))
            self.poll()

    def run(self, job: Job, *, immediate: bool) -> None:
        """Do a job, in the background where the host asked for that; what is buffered goes first."""
        seconds = job.seconds + self.buffer.time_to_empty()
        if immediate and seconds > 0:
            self.operation = Operation(self.clock.now(), seconds, job.ascq, job.finish)
        else:
            self.clock.sleep(seconds)
            self.buffer.settle()
            job.finish()

    def busy_condition(self) -> Sense | None:
        """Return the 2/04/xx of the running operation."""
        if self.operation is None:
            return None
        progress = self.operation.progress(self.clock.now())
        return replace(BECOMING_READY, ascq=self.operation.ascq, progress=progress)

    def background_condition(self) -> Sense | None:
        """Return the sense that tells how far a background format is, which keeps nobody from working."""
        if not self.profile or (progress := self.loaded.background_progress()) is None:
            return None
        return replace(NO_SENSE, asc=0x04, ascq=FORMAT_IN_PROGRESS, progress=progress)

    # -- data ---------------------------------------------------------------------------------------------------------

    def write(self, lba: int, count: int, data: memoryview, *, streaming: bool) -> None:
        """Take blocks into the buffer, when it has room for them."""
        medium, size = self.loaded, count * BLOCK
        if self.sequence_broken:
            raise Refusal(SEQUENCE_ERROR)
        if self.settings.busy and self.buffer.time_until_room(size) > 0:
            raise Refusal(LONG_WRITE)
        self._check_underrun(medium)
        self._spin_up()
        medium.write(lba, count, data, streaming=streaming)
        self.buffer.settle()
        self.buffer.rate = self.pace.write_rate(lba) * (VERIFYING if medium.verifies and not streaming else 1)
        self.buffer.put(size)

    def _check_underrun(self, medium: Medium) -> None:
        """Fail where the buffer ran empty on a disc that cannot be linked to, or shall not be."""
        before = self.buffer.underruns
        self.buffer.settle()
        if self.buffer.underruns == before:
            return
        if medium.fragile:
            medium.lose_power()
            raise Refusal(LOSS_OF_STREAMING)
        if not medium.parameters.underrun_protection:
            medium.interrupt()

    def _spin_up(self) -> None:
        if not self.spinning:
            self.clock.sleep(SPIN_UP)
            self.spinning = True

    def seek(self, lba: int) -> None:
        """Move the head; where it is already, that takes no time."""
        self._spin_up()
        if lba != self.head:
            here, there = (radius(place, self.loaded.capacity, self.loaded.kind.layers) for place in (self.head, lba))
            self.clock.sleep(SETTLE + FULL_STROKE * min(abs(there - here), 1))
            self.head = lba

    def read(self, lba: int, count: int, buffer: memoryview) -> None:
        """Fill `buffer` from the disc."""
        medium = self.loaded
        medium.read(lba, count, buffer)
        self.has_read(lba, count)

    def has_read(self, lba: int, count: int) -> None:
        """Let the time pass that reading blocks takes, and leave the head behind them."""
        self.last_read = lba + max(count - 1, 0)
        if self.settings.read_breaks_write and self.buffer.recording:
            self.sequence_broken = True
        self.pass_by(lba, count)

    def pass_by(self, lba: int, count: int) -> None:
        """Let the time pass that reading so many blocks takes."""
        self.seek(lba)
        self.clock.sleep(count * BLOCK / self.pace.read_rate(lba))
        self.head = lba + count

    def flush(self) -> None:
        """Write what is buffered."""
        self.clock.sleep(self.buffer.time_to_empty())
        self.buffer.settle()
        self.sequence_broken = False
        if self.medium is not None:
            self.medium.flush()

    # -- speeds -------------------------------------------------------------------------------------------------------

    @property
    def pace(self) -> Pace:
        """How fast the medium is written and read."""
        return Pace(self.loaded, self.asked)

    def ask_for(self, asked: Asked) -> None:
        """Take the speeds that the host asks for."""
        self.asked = asked
        self.apply_speed()

    def apply_speed(self) -> None:
        """Let the buffer and the medium know the write speed; it is asked for again by itself for each medium."""
        if self.profile:
            self.buffer.settle()
            self.buffer.rate = self.pace.nominal_write_rate
            self.loaded.write_rate = self.buffer.rate

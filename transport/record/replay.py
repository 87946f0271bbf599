"""A transport that plays a recording: the same answers to the same commands, and a word where something differs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

import xxhash

from discstack.mmc.spec.cdb import Direction, describe
from discstack.mmc.spec.commands import READ_BUFFER_CAPACITY
from discstack.mmc.spec.sense import Sense
from discstack.transport import base
from discstack.transport.base import Clock, Command, DeviceGone, Reply, TransportError
from discstack.transport.record.entry import Payload, Recorded, Recording
from discstack.transport.record.pcapng import read_pcapng
from discstack.transport.record.text import FIRST_LINE, RecordingError, read_text
from discstack.transport.script import ScriptClock

Tell = Callable[[str], None]
_LOG: Final = logging.getLogger(__name__)
# What is asked when so much time has passed: a little earlier or later here than it was then.
BY_THE_CLOCK: Final = bytes([READ_BUFFER_CAPACITY.opcode])
BUSY_WITH_OTHER_THINGS: Final = Sense(0x2, 0x04).build()


class ReplayMismatch(TransportError):
    """The recording has no answer to this: another command comes next in it, or none."""


class ReplayTransport:
    """Answers as the recorded drive did, on a clock of its own; one thread at a time.

    A command other than the recorded one raises ReplayMismatch. Data other than the recorded is answered as then, and
    told to `tell` (by default to the log, as a warning): the first time, and at the end how often; `different` counts.
    """

    def __init__(self, recording: Recording, *, tell: Tell = _LOG.warning) -> None:
        self._entries = list(recording.entries)
        self._at = 0
        self._tell = tell
        self._clock = ScriptClock()
        self._closed = False
        self.different = 0
        self.max_transfer: Final = recording.max_transfer
        self.usual_transfer: Final = recording.usual_transfer

    @classmethod
    def open(cls, path: Path, *, tell: Tell = _LOG.warning) -> ReplayTransport:
        """Play the recording in a file, text or pcapng; raises TransportError for any other file."""
        try:
            recording = read_recording(path)
        except OSError as error:
            raise TransportError(f"{path}: {error.strerror}", errno=error.errno) from error
        except RecordingError as error:
            raise TransportError(f"{path}: {error}") from error
        return cls(recording, tell=tell)

    @property
    def clock(self) -> Clock:
        """The time of the recording."""
        return self._clock

    def execute(self, command: Command, /) -> Reply:
        """Answer as was recorded."""
        if self._closed:
            raise DeviceGone("the recording is closed")
        entry = self._next(command)
        if entry is None:
            return Reply(base.CHECK_CONDITION, BUSY_WITH_OTHER_THINGS, b"", command.allocation)
        self._pass_time(entry)
        self._compare(command, entry)
        if entry.status is None:
            kind, _, words = entry.failure.partition(": ")
            raise _error_class(kind)(words)
        return self._reply(command, entry)

    def close(self) -> None:
        """Answer nothing more."""
        if self.different > 1 and not self._closed:
            self._tell(f"{self.different} commands in all sent other data than was recorded")
        self._closed = True

    def _next(self, command: Command) -> Recorded | None:
        """Return what was recorded of a command; None for one that depends on the clock alone and is not due."""
        while self._at < len(self._entries):
            entry = self._entries[self._at]
            if entry.cdb == command.cdb:
                self._at += 1
                return entry
            if command.cdb[:1] == BY_THE_CLOCK:
                return None
            if entry.cdb[:1] != BY_THE_CLOCK:
                raise ReplayMismatch(
                    f"command {self._at + 1} of the recording is {describe(entry.cdb)}, not {describe(command.cdb)}"
                )
            self._at += 1
        raise ReplayMismatch(f"the recording ends before {describe(command.cdb)}")

    def _pass_time(self, entry: Recorded) -> None:
        left = entry.start + entry.duration - self._clock.now()
        self._clock.sleep(max(left, entry.duration))

    def _compare(self, command: Command, entry: Recorded) -> None:
        if command.direction is not entry.direction:
            raise ReplayMismatch(f"{describe(command.cdb)} moved its data the other way in the recording")
        if command.direction is Direction.TO_DEVICE and not _same(command.data or b"", entry.payload):
            self.different += 1
            if self.different == 1:
                self._tell(f"command {self._at}, {describe(command.cdb)}, sends other data than was recorded")

    def _reply(self, command: Command, entry: Recorded) -> Reply:
        status = entry.status or base.GOOD
        if command.direction is not Direction.FROM_DEVICE:
            return Reply(status, entry.sense, b"", entry.residual)
        if not entry.payload.whole:
            raise ReplayMismatch(f"the data that {describe(command.cdb)} brought was not kept in the recording")
        room = memoryview(bytearray(command.allocation) if command.data is None else command.data).cast("B")
        count = min(len(room), entry.payload.size)
        room[:count] = entry.payload.kept[:count]
        return Reply(status, entry.sense, room[:count], len(room) - count)


def _same(data: bytes | bytearray | memoryview, payload: Payload) -> bool:
    view = memoryview(data).cast("B")
    if len(view) != payload.size:
        return False
    if payload.digest:
        return xxhash.xxh3_128_digest(view) == payload.digest
    return view[: len(payload.kept)] == payload.kept


def _error_class(name: str) -> type[TransportError]:
    found = getattr(base, name, None)
    return found if isinstance(found, type) and issubclass(found, TransportError) else TransportError


def read_recording(path: Path) -> Recording:
    """Read a recording of either form. Raises RecordingError and OSError."""
    with path.open("rb") as file:
        if file.read(len(FIRST_LINE)) != FIRST_LINE.encode():
            file.seek(0)
            return read_pcapng(file)
    with path.open(encoding="utf-8", errors="replace") as lines:
        return read_text(lines)

"""What every transport promises: one command in, one reply out.

CHECK CONDITION is a reply. A `TransportError` means that the device never answered, or that nobody knows whether it
did. Transports never retry; retrying is policy and lives in the procedures.

    TransportError
    +- TransportTimeout      no answer within the command's timeout
    +- DeviceGone            unplugged, reset away, or closed under us
    +- AccessDenied          the system refused: permissions, another holder, the kernel's command filter
    |  +- DeviceBusy         somebody else holds the device exclusively
    |  +- CommandFiltered    the kernel's command filter refused this opcode to this process
    +- BackendUnavailable    this platform or this build cannot talk to such a device
    +- TransferRefused       the system did not pass a command on, mostly for its size: nothing was sent
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from discstack.mmc.spec.cdb import Direction
from discstack.native import Priority
from discstack.native.histogram import BUCKETS, percentile

if TYPE_CHECKING:
    from discstack.native import Ring

GOOD: Final = 0x00  # SAM-5 5.3.1
CHECK_CONDITION: Final = 0x02
BUSY: Final = 0x08
RESERVATION_CONFLICT: Final = 0x18
TASK_SET_FULL: Final = 0x28

CDB_LENGTHS: Final = frozenset({6, 10, 12, 16})  # bytes, that all ways to a drive carry
SMALL_TRANSFER: Final = 64 << 10  # bytes that any way to a drive carries in one command
LARGE_TRANSFER: Final = 256 << 10  # beyond that a command costs next to nothing


class TransportError(Exception):
    """The device never answered; `errno` keeps the system's number where there is one.

    Raised out of a stream, it tells by `counters` how far that got.
    """

    counters: FeedCounters | None = None

    def __init__(self, message: str, *, errno: int | None = None) -> None:
        super().__init__(message)
        self.errno = errno


class TransportTimeout(TransportError):
    """No answer within the command's timeout."""


class DeviceGone(TransportError):
    """The device was unplugged, reset away or closed."""


class AccessDenied(TransportError):
    """The system refused access to the device."""


class DeviceBusy(AccessDenied):
    """Somebody else holds the device exclusively."""


class CommandFiltered(AccessDenied):
    """The kernel's command filter refused this opcode to this process."""


class BackendUnavailable(TransportError):
    """This platform or this build cannot talk to such a device."""


class TransferRefused(TransportError):
    """The system did not pass a command on, mostly for its size; nothing of it was sent, and a smaller one may pass."""


@dataclass(frozen=True, slots=True)
class Command:
    """A CDB ready to run, with all that a host adapter needs to run it.

    Towards the device `data` is what is sent. From the device `data` may be a writable buffer that receives the answer
    (then `allocation` is its length); without one the transport allocates `allocation` bytes. `timeout` is in seconds.
    """

    cdb: bytes
    direction: Direction = Direction.NONE
    data: bytes | bytearray | memoryview | None = None
    allocation: int = 0
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: SCSI status byte, sense data, the data received and how much of the request did not move."""

    status: int = GOOD
    sense: bytes = b""
    data: bytes | memoryview = field(default=b"", repr=False)
    residual: int = 0

    def __reduce__(self) -> tuple[type[Reply], tuple[int, bytes, bytes, int]]:
        """Be copied and pickled with the data as it is now: a view of a buffer can be neither."""
        return Reply, (self.status, self.sense, bytes(self.data), self.residual)


class Clock(Protocol):
    """Time as a transport's device lives it; a virtual drive brings its own."""

    def now(self) -> float:
        """Seconds since some fixed moment."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Let that many seconds pass."""
        ...


class SystemClock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        """Seconds since some fixed moment."""
        return time.monotonic()

    def sleep(self, seconds: float, /) -> None:
        """Block the calling thread."""
        time.sleep(seconds)


class Transport(Protocol):
    """Anything that can carry a command to a logical unit. One thread at a time may call `execute`."""

    @property
    def max_transfer(self) -> int:
        """The most bytes that one command may move."""
        ...

    @property
    def usual_transfer(self) -> int:
        """The bytes that one WRITE moves unless somebody asks for more or less: what is known to work on this way."""
        ...

    @property
    def clock(self) -> Clock:
        """The clock that pauses and time-outs of this device are measured on."""
        ...

    def execute(self, command: Command, /) -> Reply:
        """Run one command; raise TransportError only when the device never answered."""
        ...

    def close(self) -> None:
        """Release the device; further commands raise DeviceGone."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Write the blocks that come out of `ring` at `lba` and on, with copies of the CDB `template`.

    `lba_place` and `length_place` are (byte offset, width in bits) of the template's big-endian fields for the address
    and the number of blocks. Each command carries `unit` blocks, the last one what is left; a unit must divide the
    ring's granule. While the device answers 2/04/08 (long write in progress) the same command is repeated, after naps
    of 1 ms to `nap` seconds (what half the drive's buffer takes at full speed), for `timeout` seconds at most.
    Every `watch` seconds the fill of the drive's buffer is asked for, unless that is 0 or the drive refuses to tell.
    `earlier` is what was counted of the same run before something interrupted it; observers are told of both together.
    """

    ring: Ring
    template: bytes
    lba_place: tuple[int, int]
    length_place: tuple[int, int]
    lba: int
    blocks: int
    block_size: int
    unit: int
    timeout: float
    nap: float
    watch: float = 0.5
    earlier: FeedCounters = field(default_factory=lambda: FeedCounters())

    def check(self, max_transfer: int) -> None:
        """Raise ValueError where a transport of that largest transfer cannot feed this stream."""
        size = self.unit * self.block_size
        if not 0 < size <= max_transfer:
            raise ValueError(f"{size} bytes a command do not fit into the largest transfer, {max_transfer} bytes")
        if self.ring.granule % size:
            raise ValueError(f"commands of {size} bytes do not divide the ring's granule, {self.ring.granule} bytes")


@dataclass(slots=True)
class FeedCounters:
    """How a stream went so far; a snapshot. Times in seconds, amounts in bytes.

    The device has taken `blocks` by `commands` that were answered GOOD; `busy` counts its answers 2/04/08 (the buffer
    is full), `stalls` the times that the ring had no full unit when one was wanted. `latencies` are the commands by how
    long they took, in the buckets of `discstack.native.histogram`. `ring_fill` is in the ring now, `ring_low` was the
    least since the first command, before which the ring took `prefill_time` to become full; `drive_buffer` is the size
    of the drive's own buffer, 0 where the drive does not tell, and `drive_fill` was in it when it was last asked.
    `priority` is that of the thread that fed the drive.
    """

    blocks: int = 0
    commands: int = 0
    busy: int = 0
    stalls: int = 0
    stall_time: float = 0.0
    busy_time: float = 0.0
    prefill_time: float = 0.0
    latency_max: float = 0.0
    latency_total: float = 0.0
    latencies: tuple[int, ...] = (0,) * BUCKETS
    ring_fill: int = 0
    ring_low: int = 0
    drive_buffer: int = 0
    drive_fill: int = 0
    priority: Priority = Priority.NORMAL

    def latency(self, share: float) -> float:
        """Return how long at most `share` (0 to 1) of the WRITE commands took, to within a fourth."""
        return min(percentile(self.latencies, share), self.latency_max)


@dataclass(frozen=True, slots=True)
class FeedResult:
    """How a stream ended: all blocks written, stopped by its ring, or an answer that needs a decision.

    `stopped` means that the ring gave no more: it was cancelled, its source failed, or it was closed too early.
    Otherwise a `status` that is not GOOD, or a `residual` (bytes that did not move although the device said GOOD),
    belongs to the command at `reply_lba`. That command's blocks are not counted as taken and are still the next ones in
    the ring. News that comes when the device is asked for its buffer (a deferred error, a unit attention) is passed on
    as if it came before the next command.
    """

    counters: FeedCounters
    status: int = GOOD
    sense: bytes = b""
    stopped: bool = False
    reply_lba: int = 0  # address of the command that came back
    residual: int = 0


@runtime_checkable
class Feeder(Protocol):
    """A transport that can run a whole stream natively."""

    def feed(self, stream: Stream, /) -> FeedResult:
        """Write the stream, blocking this thread without the GIL; raise TransportError as `execute` does."""
        ...

    def feed_counters(self) -> FeedCounters:
        """Return a snapshot of the running or last stream's counters; callable from any thread."""
        ...

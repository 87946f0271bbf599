"""The way from an image into the ring: a source of blocks, the pump that drains it, and how large a ring should be.

The pump hashes what it pumps, so that a disc can be verified without reading the source twice. XXH3 of 128 bits costs
a fraction of the copy itself (hashlib's cheapest digest costs more than all else on the way to the drive); it guards
against a drive's mistakes, not against an adversary.

Files go in by one call into C for thousands of small ones or gigabytes of a large one, so that a program which holds on
to the interpreter lock does not keep the drive waiting; what Python makes itself goes in by `readinto`.
"""

from __future__ import annotations

from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self, runtime_checkable

import xxhash

from discstack.mmc.errors import Cancelled
from discstack.native.pump import NativePump

if TYPE_CHECKING:
    from discstack.native import Ring

ALGORITHM: Final = "xxh3_128"
CHUNK: Final = 1 << 20  # bytes between two digests, and the most that a source is asked for at once
STALL: Final = 2.0  # seconds without data from the source that a full ring outlasts
SLACK: Final = 6 * CHUNK  # what a ring may lack when it is as full as it gets
SMALLEST_RING: Final = 4 * CHUNK
MEMORY_SHARE: Final = 8  # a ring takes at most one part in this many of the memory that is available
LEAVE: Final = 5.0  # seconds that a source gets to come back when nobody wants its data any more
UNKNOWN_MEMORY: Final = 2 << 30  # assumed to be available where the system does not tell


class BlockSource(Protocol):
    """An image as a sequence of blocks."""

    @property
    def sectors(self) -> int:
        """How many blocks there are."""
        ...

    def readinto(self, buffer: memoryview, /) -> int:
        """Put the next bytes into `buffer` and return how many; 0 only at the end."""
        ...


class Pouring(Protocol):
    """What reads files straight into the ring, for a source that has some. Both return how many bytes went in.

    That is less than all where something is wrong, which the source finds out when it reads the rest itself.
    """

    def files(self, paths: bytes, facts: bytes, count: int, /) -> int:
        """Read small files, each with zeros behind it; see `discstack.native.files.read_files`."""
        ...

    def file(self, descriptor: int, offset: int, size: int, /) -> int:
        """Read `size` bytes, whole sectors, of an open file."""
        ...


@runtime_checkable
class PouringSource(BlockSource, Protocol):
    """An image that knows which files come next."""

    def pour(self, into: Pouring, /) -> int:
        """Let what comes next be read from files, and return how many bytes that was; 0 where `readinto` has to."""
        ...


def digest(data: bytes | bytearray | memoryview) -> bytes:
    """Return the digest of one chunk, as the pump makes it."""
    return xxhash.xxh3_128(data).digest()


def ring_size(bytes_per_second: float, unit: int) -> int:
    """Return the capacity of a ring of units of `unit` bytes that outlasts STALL at that speed, memory permitting."""
    wanted = max(int(bytes_per_second * STALL) + SLACK, SMALLEST_RING)
    permitted = max(_available_memory() // MEMORY_SHARE, SMALLEST_RING)
    step = CHUNK if CHUNK % unit == 0 else unit
    return max(2, -(-min(wanted, permitted) // step)) * step


def _available_memory() -> int:
    try:
        with open("/proc/meminfo", encoding="ascii") as meminfo:
            sizes = dict(line.split(":", 1) for line in meminfo)
    except OSError:
        return UNKNOWN_MEMORY
    kibibytes = sizes.get("MemAvailable", "").split()
    return int(kibibytes[0]) << 10 if kibibytes else UNKNOWN_MEMORY


class Pump:
    """A thread that lets a source fill a ring: `with Pump(source, ring) as pump: ...; pump.result()`.

    Behind the source's blocks come `padding` blocks of zeros, and more up to the ring's granule; then the ring is
    closed. When the source fails or ends early, the ring is failed and `result` raises why. Leaving the context cancels
    the ring and joins the thread; one whose source does not come back within LEAVE seconds is left behind.
    """

    def __init__(self, source: BlockSource, ring: Ring, *, block_size: int = 2048, padding: int = 0) -> None:
        self._source, self._ring = source, ring
        self._image = source.sectors * block_size
        self._total = -(-(self._image + padding * block_size) // ring.granule) * ring.granule
        self._native = NativePump(ring, self._image, CHUNK)
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name="discstack-pump", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ring.cancel()
        self._thread.join(LEAVE)
        if self._thread.is_alive() and error is not None:
            error.add_note(f"the source has not come back for {LEAVE:.0f} s: the thread that reads it is left behind")

    @property
    def error(self) -> BaseException | None:
        """Why the pump stopped before the end, if it did: what the source raised, EOFError, or Cancelled."""
        return self._error

    def result(self) -> tuple[bytes, ...]:
        """Wait for the end; return a digest for each CHUNK of the image, the last of what is left, or raise `error`."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._native.digests()

    def _run(self) -> None:
        try:
            self._pump_image()
            self._pump_zeros(self._total - self._image)
        except BaseException as error:  # kept for whoever asks for the result: it must not end in a thread's stderr
            self._error = error
            if not self._ring.cancelled:
                self._ring.fail()
        else:
            self._ring.close()

    def _pump_image(self) -> None:
        done = 0
        while done < self._image:
            poured = self._source.pour(self._native) if isinstance(self._source, PouringSource) else 0
            done += poured or self._pump_region(min(CHUNK, self._image - done), done)

    def _pump_region(self, size: int, done: int) -> int:
        region = self._reserve(size)
        self._fill(region, done)
        self._native.commit(region)
        return len(region)

    def _pump_zeros(self, left: int) -> None:
        while left:
            region = self._reserve(min(CHUNK, left))
            region[:] = bytes(len(region))
            self._ring.commit(len(region))
            left -= len(region)

    def _reserve(self, size: int) -> memoryview:
        region = self._ring.reserve(size)
        if not region:
            raise Cancelled("cancelled while data was still to come")
        return region

    def _fill(self, region: memoryview, done: int) -> None:
        filled = 0
        while filled < len(region):
            count = self._source.readinto(region[filled:])
            if count <= 0:
                raise EOFError(f"the source ended within the MiB at byte {done} of {self._image}")
            filled += count

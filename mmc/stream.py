"""The way from an image into the ring: a source of blocks, the pump that drains it, and how large a ring should be.

The pump hashes what it pumps, so that a disc can be verified without reading the source twice. XXH3 of 128 bits costs
a fraction of the copy itself (hashlib's cheapest digest costs more than all else on the way to the drive); it guards
against a drive's mistakes, not against an adversary.

A source that knows its files is laid up before any of it goes into the ring: what Python makes of it, as far as memory
allows, and which files come between. Then one call into C pours all that, so that a program which holds on to the
interpreter lock, or collects garbage, does not keep the drive waiting.
"""

from __future__ import annotations

from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self, runtime_checkable

import xxhash

from discstack.mmc.command import BLOCK_SIZE
from discstack.mmc.errors import Cancelled
from discstack.native.pieces import Pieces
from discstack.native.pump import POURS, NativePump

if TYPE_CHECKING:
    from discstack.native import Ring

ALGORITHM: Final = "xxh3_128"
CHUNK: Final = 1 << 20  # bytes between two digests, and the most that a source is asked for at once
STALL: Final = 2.0  # seconds without data from the source that a full ring outlasts
RECOVERY: Final = 0.5  # seconds that the source, or a busy machine, may take beyond that until data flows again
SLACK: Final = 6 * CHUNK  # what a ring may lack when it is as full as it gets
SMALLEST_RING: Final = 4 * CHUNK
MEMORY_SHARE: Final = 8  # a ring, or what is laid up, takes at most one part in this many of the available memory
TURN: Final = 0.1  # seconds between two looks at whether the pump before is still wanted
LEAVE: Final = 5.0  # seconds that a source gets to come back when nobody wants its data any more
MOST_LAID_UP: Final = 1 << 30  # bytes of memory; 100,000 small files take some 90 MB
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
    """What takes in files, for a source that has some: it reads them into the ring, now or later."""

    def files(self, paths: bytes, facts: bytes, count: int, skip: int, digests: memoryview | None = None, /) -> int:
        """Take in files, each with zeros behind it; see `discstack.native.pump.NativePump.files`.

        Returns how many bytes that were; less than all where something is wrong, or there is no more room.
        """
        ...


@runtime_checkable
class PouringSource(BlockSource, Protocol):
    """An image that knows which files come next."""

    def pour(self, into: Pouring, /) -> int:
        """Let what comes next be read from files, and return how many bytes that was; 0 where `readinto` has to."""
        ...

    def go_to(self, sector: int, /) -> None:
        """Go on from a sector, which counts from where the source started."""
        ...


def digest(data: bytes | bytearray | memoryview) -> bytes:
    """Return the digest of one chunk, as the pump makes it."""
    return xxhash.xxh3_128(data).digest()


def ring_size(bytes_per_second: float, unit: int) -> int:
    """Return the capacity of a ring of units of `unit` bytes that outlasts a stall at that speed, memory permitting."""
    wanted = max(int(bytes_per_second * (STALL + RECOVERY)) + SLACK, SMALLEST_RING)
    permitted = max(_memory_share(), SMALLEST_RING)
    step = CHUNK if CHUNK % unit == 0 else unit
    return max(2, -(-min(wanted, permitted) // step)) * step


def is_too_large(ring_bytes: int) -> bool:
    """Whether a ring takes more memory than the system says is available; it is filled and locked at once."""
    available = _available_memory()
    return available is not None and ring_bytes > available


def _memory_share() -> int:
    available = _available_memory()
    return (UNKNOWN_MEMORY if available is None else available) // MEMORY_SHARE


def _available_memory() -> int | None:
    try:
        with open("/proc/meminfo", encoding="ascii") as meminfo:
            sizes = dict(line.split(":", 1) for line in meminfo)
    except OSError:
        return None
    kibibytes = sizes.get("MemAvailable", "").split()
    return int(kibibytes[0]) << 10 if kibibytes else None


class Pump:
    """A thread that lets a source fill a ring: `with Pump(source, ring) as pump: ...; pump.result()`.

    Behind the source's blocks come `padding` blocks of zeros, and more up to the ring's granule; then the ring is
    closed. When the source fails or ends early, the ring is failed and `result` raises why. Leaving the context cancels
    the ring and joins the thread; one whose source does not come back within LEAVE seconds is left behind. What comes
    `after` another pump begins when that one has put all that it has into its own ring.
    """

    def __init__(
        self,
        source: BlockSource,
        ring: Ring,
        *,
        block_size: int = BLOCK_SIZE,
        padding: int = 0,
        after: Pump | None = None,
    ) -> None:
        self._source, self._ring, self._block_size = source, ring, block_size
        pours = POURS and block_size == BLOCK_SIZE  # what is laid up are sectors
        self._pouring = source if pours and isinstance(source, PouringSource) else None
        self._after, self._laid_up = after, 0  # bytes that are laid up
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

    @property
    def ended(self) -> bool:
        """Whether all that there is has gone into the ring, which may be a moment before that is closed."""
        return self._ring.counters().bytes_in >= self._total

    @property
    def readiness(self) -> float:
        """How much of what the ring is to hold before any of it is taken is there: 0 to 1."""
        filled = self._ring.fill / self._ring.capacity
        return (filled + self._laid_up / self._total) / 2 if self._pouring is not None and self._total else filled

    def wait_full(self, seconds: float) -> bool:
        """Wait until the ring is as full as it gets, or has ended, for so many seconds at most; say whether it is."""
        try:
            self._ring.wait_full(seconds)
        except TimeoutError:
            return False
        return True

    def result(self) -> tuple[bytes, ...]:
        """Wait for the end; return a digest for each CHUNK of the image, the last of what is left, or raise `error`."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        digests, rest = self._native.digests(), self._native.rest()
        return (*digests, digest(rest)) if rest else digests

    def witness(self) -> tuple[int, bytes] | None:
        """Return a piece of the image by which it can be found again, and at which byte it starts; None without one.

        That is known at the end.
        """
        return self._native.witness()

    def _run(self) -> None:
        try:
            self._wait_for_turn()
            self._pump_from(self._pump_laid_up(self._pouring) if self._pouring is not None else 0)
        except BaseException as error:  # kept for whoever asks for the result: it must not end in a thread's stderr
            self._error = error
            if not self._ring.cancelled:
                self._ring.fail()
        else:
            self._ring.close()

    def _wait_for_turn(self) -> None:
        before, self._after = self._after, None  # whose ring is not to be kept any longer than it is needed
        while before is not None and before._thread.is_alive():
            before._thread.join(TURN)
            if self._ring.cancelled:
                raise Cancelled("cancelled before the first data")
        if before is not None and before.error is not None:
            raise before.error

    def _pump_laid_up(self, source: PouringSource) -> int:
        """Lay up what memory allows, all of it if possible, pour that, and return how many bytes went in."""
        pieces = Pieces(min(MOST_LAID_UP, _memory_share()))
        self._lay_up(source, pieces)
        done = self._native.pieces(pieces)
        if done < self._image:
            source.go_to(done // self._block_size)
        return done

    def _lay_up(self, source: PouringSource, pieces: Pieces) -> None:
        buffer, done = memoryview(bytearray(CHUNK)), 0
        while done < self._total:
            if self._ring.cancelled:
                raise Cancelled("cancelled before the first data")
            laid_up = source.pour(pieces) if done < self._image else 0
            if not laid_up:
                part = buffer[: min(CHUNK, (self._image if done < self._image else self._total) - done)]
                laid_up = pieces.made(part[: self._read_sectors(part, done)])
            if not laid_up:
                break
            done += laid_up
            self._laid_up = done

    def _pump_from(self, done: int) -> None:
        """Pump all that is left, straight into the ring."""
        while done < self._image:
            poured = self._pouring.pour(self._native) if self._pouring is not None else 0
            done += poured or self._pump_region(min(CHUNK, self._image - done), done)
        while done < self._total:
            done += self._pump_region(min(CHUNK, self._total - done), done)

    def _pump_region(self, size: int, done: int) -> int:
        region = self._reserve(size)
        self._fill(region, done)
        self._native.commit(region)
        return len(region)

    def _reserve(self, size: int) -> memoryview:
        region = self._ring.reserve(size)
        if not region:
            raise Cancelled("cancelled while data was still to come")
        return region

    def _fill(self, region: memoryview, done: int) -> None:
        filled = 0
        while filled < len(region):
            filled += self._read(region[filled:], done)

    def _read_sectors(self, part: memoryview, done: int) -> int:
        """As `_read`, but go on until the last sector is whole."""
        count = self._read(part, done)
        while count % BLOCK_SIZE:
            count += self._read(part[count:], done)
        return count

    def _read(self, part: memoryview, done: int) -> int:
        """Put what follows byte `done` into `part`, bytes of the source or the zeros behind them; return how many."""
        if done >= self._image:
            part[:] = bytes(len(part))
            return len(part)
        count = self._source.readinto(part)
        if count > len(part):
            raise ValueError(f"the source says that it put {count} bytes into a buffer of {len(part)}")
        if count <= 0:
            raise EOFError(f"the source ended within the MiB at byte {done} of {self._image}")
        return count

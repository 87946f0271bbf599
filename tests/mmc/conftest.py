"""A laboratory for procedures: virtual drives behind a tap that records and can strike, sources, and scripts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from discstack.emulator.open import open_virtual
from discstack.emulator.store import record
from discstack.emulator.transport import VirtualTransport
from discstack.mmc import polling
from discstack.mmc.errors import DriveError
from discstack.mmc.job import BurnJob
from discstack.mmc.procedure import Observer, Report, run
from discstack.mmc.spec.cdb import describe
from discstack.mmc.spec.sense import Sense, SenseKey
from discstack.transport.base import (
    CHECK_CONDITION,
    Clock,
    Command,
    DeviceGone,
    FeedCounters,
    Reply,
    Stream,
    TransportError,
)

BLOCK = 2048
PIECE = 32  # blocks
Place = tuple[tuple[Any, int], ...]  # of the generators that wait for an effect, their code and their line
Strike = Callable[[Command, Callable[[], Reply]], Reply]
# One plausible additional sense code for each sense key.
SENSES = {
    0x0: (0x00, 0x00),
    0x1: (0x17, 0x01),
    0x2: (0x04, 0x02),
    0x3: (0x0C, 0x00),
    0x4: (0x44, 0x00),
    0x5: (0x24, 0x00),
    0x6: (0x29, 0x00),
    0x7: (0x27, 0x00),
    0x8: (0x00, 0x00),
    0x9: (0x80, 0x00),
    0xA: (0x00, 0x00),
    0xB: (0x00, 0x00),
    0xD: (0x00, 0x00),
    0xE: (0x1D, 0x00),
    0xF: (0x00, 0x00),
}
DEAD = -1
KEYS = {
    "every": (*SENSES, DEAD),
    "some": (0x1, 0x2, 0x3, 0x5, 0x6, DEAD),  # for jobs that differ from another one in a few steps only
    "few": (0x3, DEAD),  # for jobs that differ in their data only
}
WRITES = {b"\x2a", b"\xaa", b"\x2e"}
DATA = {b"\x28", b"\xbe", *WRITES}


class Tap:
    """A transport on the way to a virtual drive: it records all commands and lets some of them meet a strike."""

    def __init__(self, inner: VirtualTransport, strikes: dict[int, Strike] | None = None) -> None:
        self.inner = inner
        self.strikes = strikes or {}
        self.seen: list[bytes] = []
        self.procedure: Any = None  # what is being carried out
        self.places: dict[int, Place] | None = None  # where in the code each command came from, if that is wanted

    @property
    def max_transfer(self) -> int:
        return self.inner.max_transfer

    @property
    def usual_transfer(self) -> int:
        return self.inner.usual_transfer

    @property
    def clock(self) -> Clock:
        return self.inner.clock

    @property
    def lines(self) -> list[str]:
        return [describe(cdb) for cdb in self.seen]

    def execute(self, command: Command, /) -> Reply:
        self.seen.append(command.cdb)
        if self.places is not None:
            self.places[len(self.seen)] = place_of(self.procedure)
        strike = self.strikes.get(len(self.seen))
        return strike(command, lambda: self.inner.execute(command)) if strike else self.inner.execute(command)

    def close(self) -> None:
        self.inner.close()

    def kill_from(self, number: int) -> None:
        """Let the device be gone from the command of that number on."""

        def dead(command: Command, execute: Callable[[], Reply]) -> Reply:
            raise DeviceGone("the cable was pulled")

        self.strikes = dict.fromkeys(range(number, number + 500), dead)

    def on_disc(self, lba: int, blocks: int) -> bytes:
        """Return what is really on the disc."""
        medium = self.inner.drive.medium
        assert medium is not None
        buffer = bytearray(blocks * BLOCK)
        medium.store.readinto(lba, memoryview(buffer))
        return bytes(buffer)


def place_of(procedure: Any) -> Place:
    """Return where in the code the effect comes from that a procedure waits for, and who may catch what it ends in."""
    places = []
    while getattr(procedure, "gi_frame", None) is not None:
        places.append((procedure.gi_code, procedure.gi_frame.f_lineno))
        procedure = procedure.gi_yieldfrom
    return tuple(places)


class Script:
    """A transport that reads its answers from a list: sense triples, data, or errors; the last one goes on for ever."""

    def __init__(self, answers: Sequence[Any]) -> None:
        self.answers = list(answers)
        self.seen: list[bytes] = []
        self.max_transfer = self.usual_transfer = 1 << 16
        self.clock = self
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float, /) -> None:
        self.time += seconds

    @property
    def lines(self) -> list[str]:
        return [describe(cdb) for cdb in self.seen]

    def execute(self, command: Command, /) -> Reply:
        self.seen.append(command.cdb)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, tuple):
            return Reply(CHECK_CONDITION, Sense(*answer).build())
        return answer if isinstance(answer, Reply) else Reply(data=answer or b"")

    def close(self) -> None:
        pass


@dataclass
class Source:
    """An image in memory; `fail_at` makes it fail at that byte, `end_at` end too early."""

    data: bytes
    fail_at: int | None = None
    end_at: int | None = None
    hook: Callable[[int], None] | None = None
    at: int = 0
    block: int = BLOCK

    @property
    def sectors(self) -> int:
        return len(self.data) // self.block

    def readinto(self, buffer: memoryview, /) -> int:
        if self.hook:
            self.hook(self.at)
        if self.fail_at is not None and self.at >= self.fail_at:
            raise OSError(5, "the file went bad")
        limit = len(self.data) if self.end_at is None else self.end_at
        size = min(len(buffer), limit - self.at, 32 * BLOCK)
        buffer[:size] = self.data[self.at : self.at + size]
        self.at += size
        return size


@dataclass
class Diary(Observer):
    """Writes down what a procedure lets be known."""

    reports: list[Report] = field(default_factory=list)
    recoveries: list[Exception] = field(default_factory=list)
    streams: list[FeedCounters] = field(default_factory=list)

    def report(self, report: Report, /) -> None:
        self.reports.append(report)

    def recovered(self, error: Exception, /) -> None:
        self.recoveries.append(error)

    def streaming(self, stream: Stream, counters: FeedCounters, /) -> None:
        self.streams.append(counters)

    @property
    def messages(self) -> list[str]:
        return [report.message for report in self.reports if report.message]


@dataclass(frozen=True)
class Recorded:
    """What is on a disc that is not zeros: pieces of blocks, and whole sectors of CDs."""

    pieces: list[tuple[int, bytes]]
    sectors: list[tuple[int, bytes, bytes]]

    @classmethod
    def of(cls, tap: Tap, medium: str) -> Recorded:
        store = tap.inner.drive.medium.store
        pieces = [(lba, tap.on_disc(lba, min(PIECE, store.blocks - lba))) for lba in range(0, store.blocks, PIECE)]
        lbas = range(-150, store.blocks) if medium.startswith("cd") and store.blocks else ()
        sectors = [(lba, *store.channels.read(lba)) for lba in lbas]
        return cls(
            [(lba, data) for lba, data in pieces if data.strip(b"\0")],
            [(lba, main, channels) for lba, main, channels in sectors if (main + channels).strip(b"\0")],
        )


@dataclass
class Lab:
    """Makes drives, jobs and images, and closes the drives at the end."""

    drives: list[Tap] = field(default_factory=list)
    recorded: dict[tuple[Tap, str], Recorded] = field(
        default_factory=dict
    )  # what was copied already, by disc and its state

    def drive(self, medium: str, capacity: int | None = None, **options: Any) -> Tap:
        tap = Tap(open_virtual(medium, capacity=capacity, **options))
        self.drives.append(tap)
        return tap

    def copy_of(self, prepared: Tap, medium: str, capacity: int | None = None, **options: Any) -> Tap:
        """Make another drive of the same kind, with a disc that is like the one in `prepared`."""
        tap = self.drive(medium, capacity, **options)
        old, new = prepared.inner.drive.medium, tap.inner.drive.medium
        assert old is not None
        assert new is not None
        state = old.state()
        key = (prepared, repr(state))
        if key not in self.recorded:
            self.recorded[key] = Recorded.of(prepared, medium)
        recorded = self.recorded[key]
        for lba, data in recorded.pieces:
            new.store.write(lba, data)
        for lba, main, channels in recorded.sectors:
            new.store.channels.write(lba, record(main, channels))
        new.store.extend(old.store.blocks)
        new.restore(state)
        return tap

    def close(self) -> None:
        for tap in self.drives:
            tap.close()
        self.drives.clear()

    def image(self, blocks: int, seed: int = 1) -> bytes:
        return b"".join((seed * 1_000_003 + n).to_bytes(8, "big") * (BLOCK // 8) for n in range(blocks))

    def source(self, blocks: int = 40, seed: int = 1, **options: Any) -> Source:
        return Source(self.image(blocks, seed), **options)

    def blocks(self, blocks: int, seed: int = 1, size: int = 2352, **options: Any) -> Source:
        """Return a source of blocks of any size, whose bytes tell which block of which source they are of."""
        data = b"".join((seed * 1_000_003 + n).to_bytes(4, "little") * (size // 4) for n in range(blocks))
        return Source(data, block=size, **options)

    def job(self, blocks: int = 40, **options: Any) -> BurnJob:
        options.setdefault("source", self.source(blocks))
        options.setdefault("ring_bytes", 1 << 17)
        return BurnJob(**options)

    def run(self, procedure: Any, tap: Tap, **options: Any) -> Any:
        tap.procedure = procedure
        return run(procedure, tap, **options)

    def transcript(self, tap: Tap) -> str:
        """Return what a drive was sent as the cookbook tells it, less the looks at its buffer while it writes."""
        before = ["", *tap.lines]
        lines = [line for line, last in zip(tap.lines, before, strict=False) if not _looks_at_buffer(last, line)]
        groups = ((name, list(group)) for name, group in groupby(lines, _opcode_of))
        return "\n".join(line for name, lines in groups for line in _told(name, lines))

    def check_page(self, page: Path, section: str, sent: str) -> None:
        """Hold the first transcript of a page's section against what was sent, or write it anew."""
        text = page.read_text(encoding="utf-8")
        block = re.compile(rf"(## {section}\n.*?```\n)(.*?)(\n```)", re.DOTALL)
        if os.environ.get("UPDATE_COOKBOOK"):
            page.write_text(block.sub(lambda match: match[1] + sent + match[3], text, count=1), encoding="utf-8")
            return
        found = block.search(text)
        assert found
        assert found[2] == sent

    def script(self, *answers: Any) -> Script:
        return Script(answers)

    def diary(self) -> Diary:
        return Diary()

    def refuse(self, key: int, asc: int, ascq: int = 0, **fields: Any) -> Strike:
        """Return a strike: this sense instead of the command; a recovered error comes with the command done."""
        sense = Sense(key, asc, ascq, **fields)

        def strike(command: Command, execute: Callable[[], Reply]) -> Reply:
            done = execute() if key == SenseKey.RECOVERED_ERROR and not sense.deferred else Reply()
            return Reply(CHECK_CONDITION, sense.build(), done.data, done.residual)

        return strike


@dataclass(frozen=True)
class Sweep:
    """A job whose commands fail one after the other, in every way, once; `fresh` makes the drive that it starts from.

    Whatever happens, the job ends with a typed error or with a success that is one, nothing is written after an error,
    and the tray does not stay locked.
    """

    lab: Lab
    fresh: Callable[[], Tap]
    work: Callable[[Tap], None]
    check: Callable[[Tap], None]

    def run(self, keys: str, turn: int | None = None) -> None:
        """Let each command fail with each key; with a `turn` with one of them only, another one at each command."""
        tap = self.fresh()
        self.work(tap)
        seen = list(tap.seen)
        self.check(tap)
        for index, number in enumerate(positions(seen)):
            ways = KEYS[keys]
            for key in ways if turn is None else (ways[(index + turn) % len(ways)],):
                self._strike(number, key)

    def run_new_places(self, covered: set[Any], turn: int) -> None:
        """Let each command fail with every key that comes from a place in the code where none has failed yet.

        The others fail with one key, another one at each command and in each turn. `covered` are the places so far; of
        a run of data the first, the second and the last command count as places of their own.
        """
        tap = self.fresh()
        tap.places = {}
        self.work(tap)
        seen, places, ways = list(tap.seen), tap.places, KEYS["every"]
        tap.places = None
        self.check(tap)
        numbers = positions(seen)
        data = [number for number in numbers if seen[number - 1][:1] in DATA]
        for index, number in enumerate(numbers):
            kind = seen[number - 1][:1]
            rank = [n for n in data if seen[n - 1][:1] == kind].index(number) if kind in DATA else 0
            place = places[number], kind, rank
            for key in ways if place not in covered else (ways[(index + turn) % len(ways)],):
                self._strike(number, key)
            covered.add(place)

    def _strike(self, number: int, key: int) -> None:
        tap = self.fresh()
        if key == DEAD:
            tap.kill_from(number)
        else:
            tap.strikes = {number: self.lab.refuse(key, *SENSES[key])}
        try:
            self.work(tap)
        except (DriveError, TransportError) as error:
            where = f"command {number} ({tap.lines[number - 1]}) with key {key:X}h: {error!r}"
            assert WRITES.isdisjoint(cdb[:1] for cdb in tap.seen[number:]), where
            assert key == DEAD or not tap.inner.drive.prevented, where
        else:
            assert key != DEAD
            tap.strikes = {}
            self.check(tap)
        tap.close()
        self.lab.drives.remove(tap)


def positions(seen: list[bytes]) -> list[int]:
    """Number the commands from 1, less what is more of the same.

    Of commands that are sent again and again the first and the last are kept, of the WRITEs and READs of a run of data
    the first two and the last.
    """
    places: dict[bytes, list[int]] = {}
    for number, cdb in enumerate(seen, 1):
        places.setdefault(cdb[:1] if cdb[:1] in DATA else cdb, []).append(number)
    kept = [numbers[: 2 if kind in DATA else 1] + numbers[-1:] for kind, numbers in places.items()]
    return sorted({number for numbers in kept for number in numbers})


def _looks_at_buffer(before: str, line: str) -> bool:
    return line == "READ BUFFER CAPACITY allocation_length=0xc" and before.startswith("WRITE")


def _opcode_of(line: str) -> str:
    return re.sub(r" \w+=.*", "", line)


def _told(name: str, lines: list[str]) -> list[str]:
    """Shorten a run of one command; how long answers are is the drive's business."""
    if name == "TEST UNIT READY":
        return [name + " (until ready)" * (len(lines) > 1)]
    lines = [re.sub(r" (allocation_length|maximum_number_of_descriptors)=\w+", "", line) for line in lines]
    if name in ("READ (10)", "WRITE (10)") and len(lines) > 3:
        return [lines[0], f"... {len(lines) - 2} more", lines[-1]]
    return [line + " (length first)" * (len(list(group)) > 1) for line, group in groupby(lines)]


@pytest.fixture
def lab() -> Iterator[Lab]:
    laboratory = Lab()
    yield laboratory
    laboratory.close()


@pytest.fixture
def sweeping(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Sweep]:
    """Make a sweep of what makes a drive, what works on it, and what checks the disc."""
    monkeypatch.setattr(polling, "INTERVAL", 30.0)  # fewer polls, for the sake of time
    return partial(Sweep, lab)


@pytest.fixture
def sweep(lab: Lab, sweeping: Callable[..., Sweep]) -> Callable[..., None]:
    """Let every command of a job fail: with every sense key, or with those that are named."""

    def run_sweep(ready: Tap, job: Callable[[], Any], check: Callable[[Tap], None], keys: str) -> None:
        medium = ready.inner.drive.medium
        assert medium is not None

        def work(tap: Tap) -> None:
            lab.run(job(), tap)

        sweeping(lambda: lab.copy_of(ready, medium.kind.name, medium.total, speed=4), work, check).run(keys)

    return run_sweep

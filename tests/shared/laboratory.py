"""A laboratory for procedures: virtual drives behind a tap that records and can strike, sources, and scripts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from tap import BLOCK, Strike, Tap

from discstack.emulator.open import open_virtual
from discstack.emulator.store import record
from discstack.mmc.job import BurnJob
from discstack.mmc.procedure import Observer, Report, Waiting, run
from discstack.mmc.spec.cdb import describe
from discstack.mmc.spec.sense import Sense, SenseKey
from discstack.transport.base import CHECK_CONDITION, Command, FeedCounters, Reply, Stream

PIECE = 32  # blocks


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
    waits: list[Waiting] = field(default_factory=list)

    def report(self, report: Report, /) -> None:
        self.reports.append(report)

    def waiting(self, waiting: Waiting, /) -> None:
        self.waits.append(waiting)

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

    remembers: bool = True  # what drives answered in earlier trials of a row of the fault sweep
    drives: list[Tap] = field(default_factory=list)
    # what was copied already, by disc and its state
    recorded: dict[tuple[Tap, str], Recorded] = field(default_factory=dict)

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

    def discard(self, tap: Tap) -> None:
        tap.close()
        if tap in self.drives:
            self.drives.remove(tap)

    def close(self) -> None:
        for tap in self.drives:
            tap.close()
        self.drives.clear()

    def image(self, blocks: int, seed: int = 1) -> bytes:
        return _image(blocks, seed)

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
        options.setdefault("cancelled", getattr(tap, "cancelled", None))
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


@lru_cache
def _image(blocks: int, seed: int) -> bytes:
    return b"".join((seed * 1_000_003 + n).to_bytes(8, "big") * (BLOCK // 8) for n in range(blocks))


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

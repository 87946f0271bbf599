"""What a command prints: results on standard output (text or JSON), progress on a terminal only."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path, PurePath
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TextIO

import click

from discstack.cli.streams import STANDARD_OUTPUT, data_output, naming, print_line, say
from discstack.fs.errors import printable
from discstack.fs.system_paths import openable
from discstack.mmc.spec.msf import Msf

if TYPE_CHECKING:
    from rich.live import Live
    from rich.progress import Progress as Bars
    from rich.text import Text

    from discstack.events import Event, Writing
    from discstack.transport.base import FeedCounters

SECTOR: Final = 2048  # bytes
KB: Final = 1000  # drives and their speeds count in powers of ten


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: dataclasses as objects, enumerations by name, bytes in hexadecimal."""
    if isinstance(value, enum.IntEnum):
        return {"name": value.name, "code": int(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if is_structure(value):
        return {name: plain(item) for name, item in fields_of(value).items()}
    if isinstance(value, Mapping):
        return {str(plain(key) if isinstance(key, enum.Enum) else key): plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(map(plain, value), key=str)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    return str(value) if isinstance(value, (PurePath, datetime, Msf)) else value


def is_structure(value: Any) -> bool:
    """Say whether a value is told of by its fields, and not in one word as the time on a CD is."""
    return dataclasses.is_dataclass(value) and not isinstance(value, (type, Msf))


def fields_of(value: Any) -> dict[str, Any]:
    """Return the fields of a dataclass by name, and what a structure can tell besides."""
    names = (*(field.name for field in dataclasses.fields(value)), *getattr(value, "told", ()))
    return {name: getattr(value, name) for name in names}


def json_of(value: Any, *, indent: int | None = None) -> str:
    """Return a value as JSON, in ASCII where standard output may not have all letters."""
    return json.dumps(plain(value), indent=indent, ensure_ascii=not _is_unicode(sys.stdout))


def print_json(value: Any) -> None:
    """Print one JSON document."""
    print_line(json_of(value, indent=2))


def print_json_line(value: Any) -> None:
    """Print one JSON document of several, on a line of its own and at once."""
    print_line(json_of(value))
    sys.stdout.flush()


def _is_unicode(stream: TextIO) -> bool:
    """Tell whether a stream takes any text; one without an encoding keeps it as it is."""
    return (stream.encoding or "utf-8").lower().startswith("utf")


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows below a header, the first column to the left and the others to the right."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    for number, line in enumerate(lines):
        first, *others = (
            word.ljust(width) if column == 0 else word.rjust(width)
            for column, (word, width) in enumerate(zip(line, widths, strict=True))
        )
        print_line(click.style("  " + "  ".join([first, *others]), bold=number == 0))


def print_fields(title: str, rows: Mapping[str, Any]) -> None:
    """Print a title and aligned name-value rows; rows without a value are left out."""
    shown = {name: spell(value) for name, value in rows.items() if value is not None and value != ""}
    width = max(map(len, shown), default=0)
    print_line(click.style(title, bold=True))
    for name, value in shown.items():
        print_line(f"  {name:<{width}}  {value}")


def spell(value: Any) -> str:
    """Return a value in words for a terminal."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, enum.Enum):
        return str(getattr(value, "title", None) or value.name.lower().replace("_", " "))
    if isinstance(value, (list, tuple)):
        return ", ".join(map(spell, value)) or "none"
    return value.hex(" ") if isinstance(value, bytes) else str(value)


def size(count: float) -> str:
    """Spell an amount of bytes in units of 1000, as media are sold."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < KB:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= KB
    return f"{count:.2f} TB"


def counted(number: int, noun: str) -> str:
    """Spell how many there are of something."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(seconds: float | None) -> str:
    """Spell a time as minutes and seconds."""
    if seconds is None:
        return "--:--"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def brief(seconds: float) -> str:
    """Spell a time below a minute or so in the unit that suits it."""
    for unit, factor in (("us", 1e6), ("ms", 1e3)):
        if seconds * factor < 1000:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds:.3g} s"


def counters_json(counters: FeedCounters) -> dict[str, Any]:
    """Return counters as JSON can hold them: latencies by bounds in seconds (null: no bound), where there are any."""
    from discstack.native.histogram import BOUNDS

    rows = [
        {"below": None if bound == math.inf else bound, "commands": number}
        for bound, number in zip(BOUNDS, counters.latencies, strict=True)
        if number
    ]
    shares = {"latency_p50": counters.latency(0.5), "latency_p99": counters.latency(0.99)}
    return {**plain(counters), **shares, "latencies": rows}


class Sparkline:
    """A row of small bars: the mean of what was added, over how far things were then."""

    BARS = " ▁▂▃▄▅▆▇█"
    ASCII = " .:-=+*%#"

    def __init__(self, width: int = 24, *, shown_on: TextIO | None = None) -> None:
        self._bars = self.BARS if shown_on is None or _is_unicode(shown_on) else self.ASCII
        self._sums, self._numbers = [0.0] * width, [0] * width

    def add(self, fraction: float, value: float) -> None:
        """Take in a value (0 or more) at a fraction of the way, 0 to 1."""
        cell = min(int(fraction * len(self._sums)), len(self._sums) - 1)
        self._sums[cell] += value
        self._numbers[cell] += 1

    def __str__(self) -> str:
        """Return the bars up to the last cell that has something; others without look like their neighbour."""
        known = [index for index, number in enumerate(self._numbers) if number]
        means = {index: self._sums[index] / self._numbers[index] for index in known}
        top, last = max(means.values(), default=0.0) or 1.0, means[known[0]] if known else 0.0
        bars = []
        for index in range(known[-1] + 1 if known else 0):
            last = means.get(index, last)
            bars.append(self._bars[math.ceil(last / top * 8)])
        return "".join(bars)


class Display:
    """Shows a job's events: a bar per phase on a terminal, nothing elsewhere; notices are always said.

    What is not `lasting` is gone from the terminal afterwards.
    """

    def __init__(self, *, quiet: bool = False, lasting: bool = True) -> None:
        self.quiet, self.lasting = quiet, lasting
        self.bars: Bars | None = None
        self.words: Text | None = None  # in lines of their own, below the bars
        self.live: Live | None = None
        self.task: Any = None
        self.speeds = Sparkline()

    def __enter__(self) -> Display:
        if sys.stderr.isatty() and not self.quiet:
            from rich.console import Console, Group
            from rich.live import Live
            from rich.progress import BarColumn, Progress, TextColumn
            from rich.text import Text

            self.bars = Progress(
                TextColumn("{task.description:<12}"), BarColumn(bar_width=30), TextColumn("{task.percentage:>3.0f} %")
            )
            self.words = Text(overflow="ellipsis", no_wrap=True)
            self.live = Live(Group(self.bars, self.words), console=Console(stderr=True), transient=not self.lasting)
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.live and self.words is not None:
            self.words.plain = ""
            with suppress(OSError):  # the terminal is gone
                self.live.stop()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        from discstack import events

        match event:
            case events.Notice(message=message):
                say(f"note: {message}")
            case events.PhaseStarted(phase=phase) if phase is not events.Phase.DONE:
                self._start(phase.value)
            case events.FileProgress():
                self._move(event.fraction, f"{size(event.bytes)}  {event.current_file or ''}")
            case events.TreeProgress():
                self._say(f"{event.files} files  {event.current_directory}")
            case events.Progress(fraction=fraction):
                self._move(fraction)
            case events.Writing():
                if event.average_speed:  # at the very first event no speed is known
                    self.speeds.add(event.fraction, event.speed)
                self._move(event.fraction, *_writing_words(event, self.speeds))
            case events.Done():
                self._finish()

    def _start(self, name: str) -> None:
        if self.bars:
            self._finish()
            self.speeds = Sparkline(shown_on=sys.stderr)
            self.task = self.bars.add_task(name, total=1.0, start=False)  # a bar that tells only of life

    def _move(self, fraction: float | None, *lines: str) -> None:
        if self.bars and self.task is not None and fraction is not None:
            self.bars.start_task(self.task)
            self.bars.update(self.task, completed=fraction)
            self._say(*lines)

    def _say(self, *lines: str) -> None:
        if self.words is not None:
            self.words.plain = "\n".join(map(printable, lines))

    def _finish(self) -> None:
        if self.bars and self.task is not None:
            self.bars.start_task(self.task)
            self.bars.update(self.task, completed=1.0)


@contextmanager
def output_file(name: str, *, keep: bool) -> Iterator[BinaryIO]:
    """Open a file for output, or standard output for "-"; what cannot be written names the file.

    Unless `keep`, a regular file that did not become whole is removed, so that nobody takes it for one that is.
    """
    regular = False
    try:
        with naming(STANDARD_OUTPUT if name == "-" else name), _opened(name) as file:
            regular = name != "-" and os.path.isfile(openable(name))
            yield file
    except BaseException as error:
        if regular and not keep:
            Path(openable(name)).unlink(missing_ok=True)
            error.add_note(f"{name} was not whole and is removed")
        raise


def _opened(name: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(data_output()) if name == "-" else open(openable(name), "wb")


def _writing_words(event: Writing, speeds: Sparkline) -> list[str]:
    """Return two lines, each of which fits into 80 columns: how fast it is, and how well the drive is fed."""
    speed = [
        str(speeds),
        f"{size(event.speed)}/s (average {size(event.average_speed)}/s)",
        f"{duration(event.remaining)} left",
    ]
    feeding = [
        f"ring {event.ring_fill * 100 // event.ring_size} %" if event.ring_size else "",
        f"drive {event.drive_fill * 100 // event.drive_buffer} %" if event.drive_buffer else "",
        counted(event.stalls, "stall") if event.stalls else "",
        f"{event.busy} busy" if event.busy else "",
        f"99 % < {brief(event.latency(0.99))}" if event.latency_max else "",
        event.current_file or "",
    ]
    return ["  ".join(filter(None, words)) for words in (speed, feeding)]

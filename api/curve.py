"""How writing (in a benchmark also reading) went over time: a series of samples, for graphs and for comparing runs.

    recorder = CurveRecorder("a burn", then=show)
    writer.write(image, on_event=recorder)
    recorder.curve().save("burn.json")

It is made of the job's events, a few samples a second, so that it costs nothing per command.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final, Self

from discstack.events import Event, EventHandler, Notice, PhaseStarted, Writing
from discstack.fs.system_paths import openable
from discstack.native.histogram import BOUNDS, BUCKETS, percentile

__all__ = ["Curve", "CurveRecorder", "Mark", "MarkKind", "Sample"]

FORMAT: Final = "discstack curve"
VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A moment of writing, or of reading in a benchmark. Times in seconds, amounts in bytes, speed in bytes per second.

    `elapsed` counts from the start of the job, on the drive's clock. The next sector goes to `lba`. `speed` is that of
    the last two seconds; ring and drive buffer are as they are at this moment, `drive_buffer` 0 where the drive does
    not tell. `latency_max` is the longest command so far. All other numbers are of the time since the sample before:
    `transferred` bytes, `commands`, `stalls` (the ring had too little), `busy` answers and how long both lasted, and
    `latencies` as pairs of a bucket of `discstack.native.histogram` and the number of commands in it.
    """

    elapsed: float
    lba: int
    speed: float
    ring_fill: int
    ring_size: int
    drive_fill: int
    drive_buffer: int
    transferred: int
    commands: int
    stalls: int
    stall_time: float
    busy: int
    busy_time: float
    latencies: tuple[tuple[int, int], ...]
    latency_max: float
    file: str | None

    def latency(self, share: float) -> float:
        """Return how long at most `share` (0 to 1) of the commands since the sample before took, to within a fourth."""
        return min(percentile(_dense(self.latencies), share), self.latency_max)


class MarkKind(Enum):
    """What a mark tells of."""

    PHASE = "phase"  # one begins
    NOTICE = "notice"
    ERROR = "error"  # it ended the job


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened at a moment."""

    elapsed: float
    kind: MarkKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """How one job wrote. `started` is the time of day in UTC, as ISO 8601; `facts` is what else is worth knowing."""

    title: str
    started: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def transferred(self) -> int:
        """Bytes that moved."""
        return sum(sample.transferred for sample in self.samples)

    @property
    def commands(self) -> int:
        """Commands that carried them."""
        return sum(sample.commands for sample in self.samples)

    @property
    def stalls(self) -> int:
        """Times that the ring had too little."""
        return sum(sample.stalls for sample in self.samples)

    @property
    def busy(self) -> int:
        """Answers that the drive's buffer is full."""
        return sum(sample.busy for sample in self.samples)

    @property
    def latencies(self) -> tuple[int, ...]:
        """Commands by how long they took, one number for each bucket of `discstack.native.histogram`."""
        return _dense(pair for sample in self.samples for pair in sample.latencies)

    def latency(self, share: float) -> float:
        """Return how long at most `share` (0 to 1) of all commands took, to within a fourth."""
        longest = max((sample.latency_max for sample in self.samples), default=0.0)
        return min(percentile(self.latencies, share), longest)

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold: samples as rows under the names in `columns`."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "title": self.title,
            "started": self.started,
            "facts": dict(self.facts),
            "latency_bounds": BOUNDS[:-1],
            "columns": _COLUMNS,
            "samples": [[getattr(sample, name) for name in _COLUMNS] for sample in self.samples],
            "marks": [{"elapsed": mark.elapsed, "kind": mark.kind.value, "text": mark.text} for mark in self.marks],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the curve that `to_json` made; raise ValueError for anything else."""
        told = (data.get("format"), data.get("version"), data.get("columns")) if isinstance(data, Mapping) else ()
        if told != (FORMAT, VERSION, list(_COLUMNS)):
            raise ValueError(f"this is no {FORMAT} of version {VERSION}")
        try:
            curve = cls._of(data)
            _check(curve)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ValueError(f"this {FORMAT} is damaged: {error}") from error
        return curve

    @classmethod
    def _of(cls, data: Mapping[str, Any]) -> Self:
        rows = (dict(zip(_COLUMNS, row, strict=True)) for row in data["samples"])
        return cls(
            title=data["title"],
            started=data["started"],
            facts=data["facts"],
            samples=tuple(
                Sample(**{**row, "latencies": tuple(tuple(pair) for pair in row["latencies"])}) for row in rows
            ),
            marks=tuple(Mark(**{**mark, "kind": MarkKind(mark["kind"])}) for mark in data["marks"]),
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the curve to a file, as JSON."""
        with open(openable(path), "w", encoding="utf-8") as file:
            json.dump(self.to_json(), file, ensure_ascii=False, separators=(",", ":"))
            file.write("\n")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote; raise ValueError for anything else."""
        try:
            with open(openable(path), encoding="utf-8") as file:
                data = json.load(file)
        except ValueError as error:
            raise ValueError(f"this is no {FORMAT}: {error}") from error
        return cls.from_json(data)


_NONE: Final = (0,) * BUCKETS
_COLUMNS: Final = tuple(column.name for column in fields(Sample))
_KINDS: Final[Mapping[str, type | tuple[type, ...]]] = {  # what a field may hold, by how it is declared
    "int": int,
    "float": (int, float),
    "str": str,
    "str | None": (str, type(None)),
    "Mapping[str, Any]": Mapping,
}


def _check(curve: Curve) -> None:
    """Raise TypeError where a field holds something of another kind, or commands are in a bucket that there is not."""
    records: tuple[Curve | Sample | Mark, ...] = (curve, *curve.samples, *curve.marks)
    for record in records:
        for part in fields(record):
            value = getattr(record, part.name)
            if not isinstance(value, _KINDS.get(str(part.type), object)):
                raise TypeError(f"{part.name} is {value!r}")
    for bucket, number in (pair for sample in curve.samples for pair in sample.latencies):
        if bucket not in range(BUCKETS) or not isinstance(number, int):
            raise TypeError(f"latencies have {(bucket, number)!r}")


class CurveRecorder:
    """Collects a job's curve: give it as `on_event`. Every event is passed on to `then`."""

    def __init__(self, title: str, *, facts: Mapping[str, Any] | None = None, then: EventHandler | None = None) -> None:
        self.facts = dict(facts or {})
        self._title, self._then = title, then
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._samples: list[Sample] = []
        self._marks: list[Mark] = []
        self._last: Writing | None = None
        self._elapsed = 0.0

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        self._elapsed = event.elapsed
        match event:
            case Writing():
                self._samples.append(_sample(event, self._last))
                self._last = event
            case PhaseStarted(phase=phase):
                self._mark(MarkKind.PHASE, phase.value)
            case Notice(message=message):
                self._mark(MarkKind.NOTICE, message)
        if self._then is not None:
            self._then(event)

    def failed(self, error: BaseException) -> None:
        """Mark that the job ended with an error."""
        self._mark(MarkKind.ERROR, str(error) or type(error).__name__)

    def curve(self) -> Curve:
        """Return what was collected so far."""
        last = self._last
        told = {"transfer": last.transfer, "priority": last.priority.name.lower()} if last is not None else {}
        return Curve(
            title=self._title,
            started=self._started,
            facts={**told, **self.facts},
            samples=tuple(self._samples),
            marks=tuple(self._marks),
        )

    def _mark(self, kind: MarkKind, text: str) -> None:
        self._marks.append(Mark(elapsed=self._elapsed, kind=kind, text=text))


def _sample(event: Writing, last: Writing | None) -> Sample:
    """Return what an event tells beyond the one before it, if that was of the same run."""
    before = last if last is not None and last.run == event.run else None
    return Sample(
        elapsed=event.elapsed,
        lba=event.lba,
        speed=event.speed,
        ring_fill=event.ring_fill,
        ring_size=event.ring_size,
        drive_fill=event.drive_fill,
        drive_buffer=event.drive_buffer,
        transferred=(event.sectors - (before.sectors if before else 0)) * event.sector_size,
        commands=event.commands - (before.commands if before else 0),
        stalls=event.stalls - (before.stalls if before else 0),
        stall_time=event.stall_time - (before.stall_time if before else 0.0),
        busy=event.busy - (before.busy if before else 0),
        busy_time=event.busy_time - (before.busy_time if before else 0.0),
        latencies=tuple(
            (bucket, now - then)
            for bucket, (now, then) in enumerate(
                zip(event.latencies, before.latencies if before else _NONE, strict=True)
            )
            if now != then
        ),
        latency_max=max(event.latency_max, last.latency_max if last is not None else 0.0),
        file=event.current_file,
    )


def _dense(pairs: Iterable[tuple[int, int]]) -> tuple[int, ...]:
    total = Counter[int]()
    for bucket, number in pairs:
        total[bucket] += number
    return tuple(total[bucket] for bucket in range(BUCKETS))

"""What graphs show of a curve: numbers in the units of the axes, and the panels they go to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from discstack.curve import Curve, MarkKind

MOST_NAMED: Final = 2  # runs in a title
LONGEST_NAME: Final = 60  # characters; a burn has that of all its sources
FEW: Final = 10  # moments of a run that are each shown by a dot: a line takes two that follow each other
GB: Final = 10**9
SECTOR: Final = 2048
COLOURS: Final = ("#0b6fb8", "#d1495b", "#2a8c4a", "#8a5fbf", "#c77d0a", "#4a5568")  # of the runs, in turns
PANELS: Final = ("speed (MB/s)", "buffers (% full)", "99 % of commands (ms)")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a panel; None where nothing is known."""

    name: str
    panel: int
    dash: bool
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A mark on a curve: seconds since the run began, GB moved since then, GB on the disc, and what happened."""

    seconds: float
    moved: float
    position: float
    kind: MarkKind
    text: str


@dataclass(frozen=True, slots=True)
class Series:
    """One run: moments of it, the values of the lines at each of them, and what happened.

    The moments are `seconds` since it began, GB `moved` since then, and `positions` in GB on the disc.
    """

    name: str
    colour: str
    seconds: tuple[float, ...]
    moved: tuple[float, ...]
    positions: tuple[float, ...]
    lines: tuple[Line, ...]
    points: tuple[Point, ...]

    @property
    def sparse(self) -> bool:
        """Whether there is so little of it that lines alone may show nothing."""
        return len(self.seconds) <= FEW


def series_of(curves: Sequence[Curve]) -> list[Series]:
    """Return what is to be drawn of the curves, each with a name and a colour of its own."""
    titles = [
        curve.title if len(curve.title) <= LONGEST_NAME else f"{curve.title[: LONGEST_NAME - 1]}\N{HORIZONTAL ELLIPSIS}"
        for curve in curves
    ]
    names = [
        title if titles.count(title) == 1 else f"{title} ({number})" for number, title in enumerate(titles, start=1)
    ]
    return [
        _series(curve, name, COLOURS[number % len(COLOURS)])
        for number, (curve, name) in enumerate(zip(curves, names, strict=True))
    ]


def _series(curve: Curve, name: str, colour: str) -> Series:
    samples = curve.samples
    seconds = tuple(sample.elapsed for sample in samples)
    moved = tuple(total / GB for total in accumulate(sample.transferred for sample in samples))
    positions = tuple(sample.lba * SECTOR / GB for sample in samples)
    lines = (
        Line("speed", 0, False, tuple(_speed(number, sample.speed) for number, sample in enumerate(samples))),
        Line("ring", 1, False, tuple(_share(sample.ring_fill, sample.ring_size) for sample in samples)),
        Line("drive", 1, True, tuple(_share(sample.drive_fill, sample.drive_buffer) for sample in samples)),
        Line("p99", 2, False, tuple(sample.latency(0.99) * 1e3 if sample.commands else None for sample in samples)),
    )
    known = tuple(line for line in lines if any(value is not None for value in line.values))
    points = tuple(
        Point(mark.elapsed, *_reached(mark.elapsed, seconds, moved, positions), mark.kind, mark.text)
        for mark in curve.marks
    )
    return Series(name, colour, seconds, moved, positions, known, points)


def title_of(runs: Sequence[Series]) -> str:
    """Return a title that fits above the runs: their names, or how many there are; the legend has all names."""
    return " / ".join(run.name for run in runs) if len(runs) <= MOST_NAMED else f"{len(runs)} runs"


def panels_of(runs: Sequence[Series]) -> list[int]:
    """Return the panels that something is known for."""
    return sorted({line.panel for run in runs for line in run.lines}) or [0]


def _speed(number: int, speed: float) -> float | None:
    """Return a speed in MB/s; the first sample of a run may know none yet."""
    return speed / 1e6 if speed or number else None


def _share(fill: int, size: int) -> float | None:
    return fill * 100 / size if size else None


def _reached(
    moment: float, seconds: Sequence[float], moved: Sequence[float], positions: Sequence[float]
) -> tuple[float, float]:
    """Return how far the run was at a moment: at the last sample before it."""
    if not seconds:
        return 0.0, 0.0
    before = max(sum(second <= moment for second in seconds) - 1, 0)
    return moved[before], positions[before]

"""What measuring a drive gives: trials, each with its curve, and what those of one setting have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import median
from typing import Final

from discstack.curve import Curve, Sample

__all__ = ["BenchmarkKind", "Setting", "Spread", "Summary", "Trial", "summaries"]

GIB: Final = 1 << 30
UNITS: Final = {"MiB": 20, "KiB": 10}
BINS: Final = 10  # of a histogram of fills


def binary(count: int) -> str:
    """Spell the size of a buffer in units of 1024, where it is a multiple."""
    return next(
        (f"{count >> shift} {unit}" for unit, shift in UNITS.items() if count % (1 << shift) == 0), f"{count} B"
    )


class BenchmarkKind(Enum):
    """What is measured; the value is the word for people."""

    READ = "read"
    SIMULATE = "simulated write"
    WRITE = "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One way to move the data: bytes a command and in the ring, speed in kB/s; None leaves it to drive and medium."""

    transfer_bytes: int | None = None
    ring_bytes: int | None = None
    speed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run: `size` bytes from sector `start` on, in `seconds` on the drive's clock.

    For writing these end with the flushed cache. `cpu_seconds` is what this process spent meanwhile, the kernel's
    part and a virtual drive included.
    """

    setting: Setting
    start: int
    size: int
    seconds: float
    cpu_seconds: float
    curve: Curve

    @property
    def rate(self) -> float:
        """Bytes per second."""
        return self.size / self.seconds if self.seconds else 0.0

    @property
    def cpu_per_gib(self) -> float:
        """Seconds of CPU for each GiB."""
        return self.cpu_seconds * GIB / self.size if self.size else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Several measurements of the same."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Return the spread of one value or more."""
        found = sorted(values)
        return cls(median=median(found), low=found[0], high=found[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the trials of one setting have in common.

    `transfer_bytes` and `ring_bytes` are what was used, None where there is none. Rates are in bytes per second,
    latencies in seconds; those and `stalls` (the ring had too little) and `busy` (the drive's buffer was full) are of
    all the trials together. `ring_fill` and `drive_fill` say in which share of the time the buffer was filled to 0 to
    10 %, 10 to 20 % and so on, empty where nothing is known; `ring_low` and `drive_low` are the least of it, 0 to 1,
    but for the start and the end.
    """

    setting: Setting
    transfer_bytes: int | None
    ring_bytes: int | None
    trials: int
    rate: Spread
    cpu_per_gib: Spread
    latency_p50: float
    latency_p99: float
    latency_max: float
    commands: int
    stalls: int
    busy: int
    ring_fill: tuple[float, ...]
    ring_low: float | None
    drive_fill: tuple[float, ...]
    drive_low: float | None


def summaries(trials: Sequence[Trial]) -> list[Summary]:
    """Sum up the trials of each setting, in the order in which the settings came first."""
    by_setting: dict[Setting, list[Trial]] = {}
    for trial in trials:
        by_setting.setdefault(trial.setting, []).append(trial)
    return [_summary(setting, group) for setting, group in by_setting.items()]


def _summary(setting: Setting, trials: Sequence[Trial]) -> Summary:
    curves = [trial.curve for trial in trials]
    together = Curve(title="", started="", samples=tuple(sample for curve in curves for sample in curve.samples))
    ring = _fills(curves, lambda sample: (sample.ring_fill, sample.ring_size))
    drive = _fills(curves, lambda sample: (sample.drive_fill, sample.drive_buffer))
    return Summary(
        setting=setting,
        transfer_bytes=curves[0].facts.get("transfer"),
        ring_bytes=next((sample.ring_size for sample in together.samples if sample.ring_size), None),
        trials=len(trials),
        rate=Spread.of(trial.rate for trial in trials),
        cpu_per_gib=Spread.of(trial.cpu_per_gib for trial in trials),
        latency_p50=together.latency(0.5),
        latency_p99=together.latency(0.99),
        latency_max=max((curve.latency(1) for curve in curves), default=0.0),
        commands=together.commands,
        stalls=together.stalls,
        busy=together.busy,
        ring_fill=_histogram(ring),
        ring_low=min(ring, default=None),
        drive_fill=_histogram(drive),
        drive_low=min(drive, default=None),
    )


def _fills(curves: Iterable[Curve], of: Callable[[Sample], tuple[int, int]]) -> list[float]:
    """Return how full a buffer was, 0 to 1, at the samples between its first filling and its last draining."""
    shares = []
    for curve in curves:
        done, total = 0, curve.transferred
        for sample in curve.samples:
            done += sample.transferred
            fill, size = of(sample)
            if size and size <= done < total - sample.ring_size:
                shares.append(fill / size)
    return shares


def _histogram(shares: Sequence[float]) -> tuple[float, ...]:
    if not shares:
        return ()
    bins = [0] * BINS
    for share in shares:
        bins[min(int(share * BINS), BINS - 1)] += 1
    return tuple(number / len(shares) for number in bins)

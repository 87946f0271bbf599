"""`discstack bench`: how fast a drive reads or writes, and how well it is fed."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import click

from discstack.cli.amount import Amount
from discstack.cli.common import changing_command, open_recorder
from discstack.cli.curve import GraphFile, reserving
from discstack.cli.interruption import cancelling
from discstack.cli.output import SECTOR, Display, Sparkline, brief, plain, print_json, print_table, size
from discstack.cli.paths import FilePath
from discstack.cli.streams import naming, print_line
from discstack.cli.ways import Speed
from discstack.fs.system_paths import openable

if TYPE_CHECKING:
    from discstack.benchmark import Benchmark
    from discstack.measurement import Setting, Summary, Trial
    from discstack.mmc.errors import MediumNotBlank
    from discstack.mmc.medium import MediumStatus
    from discstack.recorder import Recorder

SHAPE: Final = 48  # bars
UNKNOWN: Final = "-"
KINDS: Final = {"read": "READ", "simulate": "SIMULATE", "write": "WRITE"}


@click.command(
    epilog=(
        "Without --read, --simulate or --write a disc that holds data is read, and any other one test written, where "
        "it has that. --transfer, --ring and --speed may be given several times: all combinations are tried, in turns. "
        "On a disc that is written once each trial becomes a session."
    )
)
@click.argument("drive")
@click.option("--read", "kind", flag_value="read", help="Read what the disc holds.")
@click.option("--simulate", "kind", flag_value="simulate", help="Do all but write; only where the medium has that.")
@click.option("--write", "kind", flag_value="write", help="Write: test data, that is on the disc afterwards.")
@click.option("--erase", is_flag=True, help="With --write: permit that the data on a rewritable disc is lost.")
@click.option("--append", is_flag=True, help="With --write: permit sessions behind the data on a disc, which hide it.")
@click.option("--size", "amount", type=Amount(), default="256MiB", show_default=True, help="How much in each trial.")
@click.option("--start", type=click.IntRange(0), default=0, metavar="LBA", help="First sector to read.")
@click.option("--transfer", type=Amount(), multiple=True, metavar="BYTES", help="How much one command carries.")
@click.option("--ring", type=Amount(), multiple=True, metavar="BYTES", help="Size of the buffer in front of the drive.")
@click.option("--speed", type=Speed(), multiple=True, metavar="X", help="Speed: 16x, 22160kB/s, max.")
@click.option(
    "--repeat", type=click.IntRange(1), default=3, show_default=True, metavar="N", help="How often each is tried."
)
@click.option(
    "--csv", "table", type=FilePath(dir_okay=False, writable=True), metavar="FILE", help="Save all samples in a file."
)
@click.option(
    "--graph",
    type=GraphFile(several=True),
    metavar="FILE",
    help="Draw all trials into FILE.html, FILE.png or FILE.svg.",
)
@changing_command
def bench(
    drive: str,
    kind: str | None,
    erase: bool,
    append: bool,
    amount: int,
    start: int,
    transfer: tuple[int, ...],
    ring: tuple[int, ...],
    speed: tuple[str, ...],
    repeat: int,
    table: str | None,
    graph: str | None,
    unmount: bool,
    as_json: bool,
    trace: str | None,
) -> None:
    """Measure how fast a drive reads or writes, and how well it is fed.

    Nothing is written without --write.
    """
    from discstack import Benchmark, BenchmarkKind, MediumNotBlank

    if (erase or append) and kind != "write":
        raise click.UsageError("--erase and --append belong to --write")
    with open_recorder(drive, trace, unmount=unmount if kind in ("simulate", "write") else None) as recorder:
        chosen = BenchmarkKind[KINDS[kind]] if kind else Benchmark.kind_for(recorder.medium())
        if start and chosen is not BenchmarkKind.READ:
            raise click.UsageError("--start is about reading; writing goes on where the disc does")
        if ring and chosen is BenchmarkKind.READ:
            raise click.UsageError("--ring is about writing; what is read goes through no ring")
        benchmark = Benchmark(
            recorder,
            chosen,
            sectors=-(-amount // SECTOR),
            start=start,
            settings=_settings(recorder, transfer, ring, speed),
            repeat=repeat,
            erase=erase,
            append=append,
        )
        medium = recorder.medium().name
        with _saving(benchmark, table, graph):
            try:
                with cancelling(benchmark, stoppable=chosen is BenchmarkKind.READ), Display(quiet=as_json) as display:
                    benchmark.run(on_event=display)
            except MediumNotBlank as error:
                _advise(error, recorder.medium())
                raise
            finally:
                trials = benchmark.trials
                if trials and as_json:  # also those before an error
                    print_json(_json(drive, medium, chosen.value, trials))
                elif trials:
                    _say(f"{drive}: {medium}, {chosen.value}", trials)


def _advise(error: MediumNotBlank, medium: MediumStatus) -> None:
    """Tell the words that permit what was refused for the sake of what the disc holds."""
    from discstack import Action

    words = ["--append permits sessions behind it"] if Action.APPEND in medium.actions else []
    words += ["--erase lets it be lost"] if medium.actions & {Action.ERASE, Action.WRITE} else []
    if words:
        error.add_note("; ".join(words))


def _settings(
    recorder: Recorder, transfers: Sequence[int], rings: Sequence[int], speeds: Sequence[str]
) -> list[Setting]:
    """Return all combinations of what was given."""
    from discstack.measurement import Setting
    from discstack.speed import kilobytes

    wanted = [kilobytes(word, recorder.medium()) for word in speeds]
    return [
        Setting(transfer_bytes=transfer, ring_bytes=ring, speed=speed)
        for transfer, ring, speed in product(transfers or (None,), rings or (None,), wanted or (None,))
    ]


def _json(drive: str, medium: str, kind: str, trials: Sequence[Trial]) -> dict[str, Any]:
    from discstack.measurement import summaries

    rows = [
        {**plain(trial), "rate": trial.rate, "cpu_per_gib": trial.cpu_per_gib, "curve": trial.curve.to_json()}
        for trial in trials
    ]
    return {"drive": drive, "medium": medium, "kind": kind, "settings": summaries(trials), "trials": rows}


@contextmanager
def _saving(benchmark: Benchmark, table: str | None, graph: str | None) -> Iterator[None]:
    """Save at the end what was measured, also before an error; a file that cannot be written is known at once."""
    with reserving([path for path in (table, graph) if path], lambda: benchmark.trials):
        try:
            yield
        except BaseException as error:
            try:
                _save(benchmark.trials, table, graph)
            except Exception as second:  # whatever it is: what has to be told is how measuring went
                error.add_note(f"afterwards also: not all is saved: {second}")
            raise
        _save(benchmark.trials, table, graph)


def _save(trials: Sequence[Trial], table: str | None, graph: str | None) -> None:
    from discstack import draw

    if trials and table:
        with naming(table):
            _write_table(trials, table)
    if trials and graph:
        with naming(graph):
            draw([trial.curve for trial in trials], graph)


def _write_table(trials: Sequence[Trial], path: str) -> None:
    """Write a row for each sample of each trial."""
    from dataclasses import asdict

    left_out = {"latencies", "file"}
    with open(openable(path), "w", encoding="utf-8", newline="") as file:
        rows = [
            {"trial": number, **asdict(trial.setting), **asdict(sample), "latency_p99": sample.latency(0.99)}
            for number, trial in enumerate(trials, start=1)
            for sample in trial.curve.samples
        ]
        names = [name for name in rows[0] if name not in left_out] if rows else []
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


COLUMNS: Final[dict[str, Callable[[Summary], str]]] = {
    "command": lambda found: _binary(found.transfer_bytes),
    "ring": lambda found: _binary(found.ring_bytes),
    "speed": lambda found: f"{size(found.setting.speed * 1000)}/s" if found.setting.speed else "fastest",
    "MB/s": lambda found: f"{found.rate.median / 1e6:.2f}",
    "from-to": lambda found: f"{found.rate.low / 1e6:.2f}-{found.rate.high / 1e6:.2f}",
    "CPU s/GiB": lambda found: f"{found.cpu_per_gib.median:.2f}",
    "p50": lambda found: brief(found.latency_p50),
    "p99": lambda found: brief(found.latency_p99),
    "longest": lambda found: brief(found.latency_max),
    "stalls": lambda found: str(found.stalls) if found.ring_bytes else UNKNOWN,
    "busy": lambda found: str(found.busy) if found.ring_bytes else UNKNOWN,
    "ring low": lambda found: _percent(found.ring_low),
    "drive low": lambda found: _percent(found.drive_low),
}


def _say(title: str, trials: Sequence[Trial]) -> None:
    """Print a row for each setting, then how the speed and the buffers were."""
    from discstack.measurement import summaries

    found = summaries(trials)
    rows = [{name: column(summary) for name, column in COLUMNS.items()} for summary in found]
    told = [name for name in COLUMNS if any(row[name] != UNKNOWN for row in rows)]
    print_line(click.style(f"{title}, {size(trials[0].size)} x {len(trials) // len(found)}", bold=True))
    print_table(told, [[row[name] for name in told] for row in rows])
    for summary, row in zip(found, rows, strict=True):
        print_line(f"\n  {', '.join(f'{name} {row[name]}' for name in ('command', 'ring', 'speed') if name in told)}")
        for label, line in _shapes(summary, [trial for trial in trials if trial.setting == summary.setting]).items():
            print_line(f"    {label:<32}  {line}")


def _binary(count: int | None) -> str:
    """Spell the size of a buffer, if there is one."""
    from discstack.measurement import binary

    return UNKNOWN if count is None else binary(count)


def _percent(share: float | None) -> str:
    return UNKNOWN if share is None else f"{share:.0%}"


def _shapes(summary: Summary, trials: Sequence[Trial]) -> dict[str, str]:
    """Return small bars: the speed from the first to the last sector, and how full the buffers were how often."""
    speeds = Sparkline(SHAPE, shown_on=sys.stdout)
    for trial in trials:
        for sample in trial.curve.samples[trial.curve.samples[0].speed == 0 :]:  # the first one may know none
            speeds.add((sample.lba - trial.start) * SECTOR / trial.size, sample.speed)
    shapes = {"speed over the disc": str(speeds)}
    for name, shares in (("ring", summary.ring_fill), ("drive's buffer", summary.drive_fill)):
        if shares:
            bars = Sparkline(len(shares), shown_on=sys.stdout)
            for number, share in enumerate(shares):
                bars.add(number / len(shares), share)
            shapes[f"{name} filled 0 to 100 %"] = f"|{bars!s:<{len(shares)}}|"
    return shapes

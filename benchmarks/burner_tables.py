"""What burners cost, as tables: for a terminal, and as Markdown for docs/performance.md."""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rich.table import Table

GIB: Final = 1 << 30
HEADINGS: Final = (
    "program",
    "wall",
    "CPU",
    "per GiB",
    "ours : its",
    "MB/s",
    "KiB",
    "underruns",
    "lowest",
    "commands/GiB",
    "busy/GiB",
    "pause",
)


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a program cost, in seconds, and what the drive counted."""

    wall: float
    cpu: float
    drive: Mapping[str, Any] = field(default_factory=dict)
    pause: float = 0.0  # the longest that the machine kept a real-time thread waiting meanwhile, in milliseconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """All runs of a case: those of each program, what each takes for next to no data, and what did not work."""

    title: str
    programs: Sequence[str]
    runs: Mapping[str, Sequence[Run]]
    base: Mapping[str, float]
    failures: Mapping[str, str]
    cpu_is_its_own: bool

    def rows(self) -> list[list[str]]:
        """Return what stands in a table, a row for each program."""
        ours = next((self._per_gib(name) for name in self.programs if name in self.runs), 0.0)
        return [self._row(name, ours) for name in self.programs]

    def _row(self, name: str, ours: float) -> list[str]:
        if name in self.failures:
            return [name, "failed"]
        if name not in self.runs:
            return [name, "not installed"]
        runs, each = self.runs[name], self._per_gib(name)
        wall, cpu = (statistics.median(getattr(run, what) for run in runs) for what in ("wall", "cpu"))
        ratio = f"{ours / each:.2f}" if each > 0 else ""
        words = [f"{cpu:.2f} s", f"{each:.3f} s", ratio] if self.cpu_is_its_own else [""] * 3
        return [name, f"{wall:.2f} s", *words, *_drive_words(runs), f"{max(run.pause for run in runs):.0f} ms"]

    def _per_gib(self, name: str) -> float:
        amounts = [(run, run.drive.get("bytes", 2 * GIB) / GIB) for run in self.runs[name]]
        return statistics.median((run.cpu - self.base.get(name, 0.0)) / amount for run, amount in amounts)


def table_of(outcome: Outcome) -> Table:
    table = Table(title=f"{outcome.title} (load {os.getloadavg()[0]:.1f})", title_justify="left")
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading == "program" else "right")
    for row in outcome.rows():
        table.add_row(*row)
    return table


def markdown_of(outcome: Outcome) -> str:
    """Return the same as Markdown, without the columns in which nothing stands."""
    rows = [[*row, *[""] * (len(HEADINGS) - len(row))] for row in outcome.rows()]
    told = [at for at in range(len(HEADINGS)) if any(row[at] for row in rows)]
    lines = [[HEADINGS[at] for at in told], ["---" if at == 0 else "---:" for at in told]]
    lines += [[row[at] for at in told] for row in rows]
    return f"{outcome.title}:\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _drive_words(runs: Sequence[Run]) -> list[str]:
    reports = [run.drive for run in runs if run.drive]
    if not reports:
        return [""] * 6
    speed = statistics.median(report["bytes"] / report["seconds"] / 1e6 for report in reports)
    sizes = reports[0]["sizes"]
    usual = max(sizes, key=sizes.__getitem__)
    commands, busy = (
        statistics.median(report[what] * GIB / report["bytes"] for report in reports) for what in ("commands", "busy")
    )
    underruns = [f"{report['underruns']} ({report['underrun_seconds']:.2f} s)" for report in reports]
    return [
        f"{speed:.0f}",
        f"{int(usual) >> 10}",
        ", ".join(dict.fromkeys("0" if words.startswith("0 ") else words for words in underruns)),
        f"{min(report['lowest_fill'] for report in reports):.0%}",
        f"{commands:.0f}",
        f"{busy:.0f}",
    ]

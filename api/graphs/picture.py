"""A picture of runs, in whatever form matplotlib makes of the name of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from discstack.graphs.series import PANELS, Series, panels_of, series_of, title_of

if TYPE_CHECKING:
    from discstack.curve import Curve

WIDTH: Final = 10.0
HEIGHT: Final = 8.0  # inches
MARKED: Final = ("error", "notice")  # kinds that get a line; the phases of a burn would crowd its ends


def draw(curves: Sequence[Curve], path: Path) -> None:
    """Write the picture."""
    from matplotlib.figure import Figure

    runs = series_of(curves)
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    known = panels_of(runs)
    axes = figure.subplots(len(known), 1, sharex=True, squeeze=False)[:, 0]
    panels = dict(zip(known, axes, strict=True))
    for number, panel in panels.items():
        panel.set_ylabel(PANELS[number])
        panel.grid(alpha=0.3)
    for run in runs:
        _draw_run(panels, run)
    for panel in axes:
        panel.set_ylim(bottom=0)
        if panel.get_legend_handles_labels()[0]:
            panel.legend(loc="lower right", fontsize="small")
    axes[-1].set_xlabel("position on the disc (GB)")
    figure.suptitle(title_of(runs))
    figure.savefig(path, dpi=120)


def _draw_run(panels: Mapping[int, Any], run: Series) -> None:
    for line in run.lines:
        values = [float("nan") if value is None else value for value in line.values]
        panels[line.panel].plot(
            run.positions,
            values,
            color=run.colour,
            linewidth=1.2,
            linestyle=":" if line.dash else "-",
            label=f"{line.name}, {run.name}",
        )
    first = next(iter(panels.values()))
    for point in run.points:
        if point.kind.value in MARKED:
            first.axvline(point.position, color=run.colour, alpha=0.5, linestyle="--")
            first.annotate(point.text[:60], (point.position, 0), rotation=90, fontsize="x-small", color=run.colour)

"""A picture of runs, in whatever form matplotlib makes of the name of the file."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from discstack.graphs.series import PANELS, Series, panels_of, series_of, title_of

if TYPE_CHECKING:
    from discstack.curve import Curve

WIDTH: Final = 10.0
HEIGHT: Final = 8.0  # inches
MARKED: Final = ("error", "notice")  # kinds that get a line; the phases of a burn would crowd its ends
LONGEST: Final = 80  # characters of what happened
LINE: Final = 10  # points between the words of one mark and those of the next
GAP: Final = 3  # points between a mark and its words


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
    _draw_marks(axes[0], runs)
    axes[-1].set_xlabel("position on the disc (GB)")
    figure.suptitle(_literal(title_of(runs)))
    with warnings.catch_warnings():
        # letters that the font lacks are shown as boxes; who burns has no use for a warning of each
        warnings.filterwarnings("ignore", "Glyph", UserWarning)
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
            marker="." if run.sparse else None,
            label=_literal(f"{line.name}, {run.name}"),
        )


def _draw_marks(panel: Any, runs: Iterable[Series]) -> None:
    """Draw what happened: a line for each mark, and its words beside it, below those of the mark before."""
    middle = sum(panel.get_xlim()) / 2
    marks = [(run, point) for run in runs for point in run.points if point.kind.value in MARKED]
    for number, (run, point) in enumerate(marks):
        late = point.position > middle
        panel.axvline(point.position, color=run.colour, alpha=0.5, linestyle="--")
        words = panel.annotate(
            _literal(point.text[:LONGEST]),
            (point.position, 1),
            xycoords=panel.get_xaxis_transform(),
            xytext=(-GAP if late else GAP, -GAP - LINE * number),
            textcoords="offset points",
            horizontalalignment="right" if late else "left",
            verticalalignment="top",
            fontsize="x-small",
            color=run.colour,
            clip_on=True,
        )
        words.set_in_layout(False)  # room for long ones would be taken from the panels


def _literal(text: str) -> str:
    """Return a text as matplotlib has to be given it to show no formula for what lies between two dollars."""
    return text.replace("$", r"\$")

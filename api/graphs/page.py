"""One page of HTML that holds all it needs and shows runs interactively: to zoom, to switch, to lay over each other."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from discstack.graphs.series import PANELS, Line, Series, panels_of, series_of, title_of

if TYPE_CHECKING:
    from discstack.curve import Curve

# button: (field of a run, field of a point, title of the axis); the first one is shown at first
AXES: Final = {
    "over the disc": ("positions", "position", "position on the disc (GB)"),
    "from each start": ("moved", "moved", "written or read so far (GB)"),
    "over time": ("seconds", "seconds", "time since the start (s)"),
}


def draw(curves: Sequence[Curve], path: Path) -> None:
    """Write the page."""
    from plotly import graph_objects
    from plotly.subplots import make_subplots

    runs = series_of(curves)
    rows = {panel: row for row, panel in enumerate(panels_of(runs), start=1)}
    figure: Any = make_subplots(rows=len(rows), cols=1, shared_xaxes=True, vertical_spacing=0.05)
    for run in runs:
        for line in run.lines:
            figure.add_trace(graph_objects.Scatter(**_trace(run, line)), row=rows[line.panel], col=1)
        figure.add_trace(graph_objects.Scatter(**_marks(run)), row=1, col=1)
    for panel, row in rows.items():
        figure.update_yaxes(title_text=PANELS[panel], rangemode="tozero", row=row, col=1)
    buttons = _axes(runs, f"xaxis{len(rows) if len(rows) > 1 else ''}.title.text")
    figure.update_xaxes(title_text=next(iter(AXES.values()))[2], row=len(rows), col=1)
    figure.update_layout(
        title=_literal(title_of(runs)),
        template="plotly_white",
        hovermode="x unified",
        height=900,
        legend={"groupclick": "toggleitem"},
        updatemenus=[
            {"type": "buttons", "direction": "right", "x": 1, "xanchor": "right", "y": 1.08, "buttons": buttons}
        ],
    )
    figure.write_html(path, include_plotlyjs=True, config={"displaylogo": False, "responsive": True})


def _trace(run: Series, line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "legendgroup": run.name,
        "legendgrouptitle": {"text": _literal(run.name)},
        "mode": "lines+markers" if run.sparse else "lines",
        "line": {"color": run.colour, "width": 1.5, "dash": "dot" if line.dash else "solid"},
        "x": run.positions,
        "y": line.values,
    }


def _marks(run: Series) -> dict[str, Any]:
    return {
        "name": "events",
        "legendgroup": run.name,
        "mode": "markers",
        "marker": {"color": run.colour, "symbol": "triangle-up", "size": 9},
        "x": [point.position for point in run.points],
        "y": [0.0] * len(run.points),
        "text": [_literal(f"{point.seconds:.1f} s: {point.text}") for point in run.points],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _axes(runs: Sequence[Series], title: str) -> list[dict[str, Any]]:
    """Return a button for each way to lay out the x axis."""
    buttons = []
    for label, (of_lines, of_points, words) in AXES.items():
        xs = [
            x
            for run in runs
            for x in [
                *(getattr(run, of_lines) for _ in run.lines),
                [getattr(point, of_points) for point in run.points],
            ]
        ]
        buttons.append({"label": label, "method": "update", "args": [{"x": xs}, {title: words}]})
    return buttons


def _literal(text: str) -> str:
    """Return a text as plotly has to be given it to show no tags in it as what they mean in HTML."""
    return escape(text, quote=False)

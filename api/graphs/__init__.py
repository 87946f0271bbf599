"""Graphs of curves: speed, buffers and latencies over the disc, of one run or of several laid over each other.

The end of the file's name says what is made of them:

    .html        one page that needs nothing else and shows the runs interactively
    .png, .svg   a picture
    .json        the curve itself (of one run), for `Curve.load`

Pages are made by plotly, pictures by matplotlib: `pip install 'discstack[graph]'`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from discstack.fs.system_paths import path_of

if TYPE_CHECKING:
    from discstack.curve import Curve

__all__ = ["FORMS", "check_graph", "draw"]

# how a name ends: (module of ours, library that it needs)
FORMS: Final[dict[str, tuple[str, str | None]]] = {
    ".html": ("discstack.graphs.page", "plotly"),
    ".png": ("discstack.graphs.picture", "matplotlib"),
    ".svg": ("discstack.graphs.picture", "matplotlib"),
    ".json": ("discstack.graphs.plain", None),
}
ONE_CURVE: Final = ".json"


def check_graph(path: str | os.PathLike[str], *, several: bool = False) -> None:
    """Raise ValueError if no graph can be drawn into a file of that name: because of the name, or of what is missing.

    `several` says that more than one curve is to go into it.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMS:
        raise ValueError(f"{path}: a graph is a file that ends in {', '.join(FORMS)}")
    if several and suffix == ONE_CURVE:
        raise ValueError(f"{path}: a file of JSON holds one curve; .html, .png and .svg show several")
    library = FORMS[suffix][1]
    if library is not None and find_spec(library) is None:
        raise ValueError(f"{path}: this needs {library}; install it by: pip install 'discstack[graph]'")


def draw(curves: Sequence[Curve], path: str | os.PathLike[str]) -> None:
    """Draw one or more curves into a file. Raises ValueError as `check_graph`, or for no curves."""
    check_graph(path, several=len(curves) > 1)
    if not curves:
        raise ValueError("there is no curve to draw")
    import_module(FORMS[Path(path).suffix.lower()][0]).draw(curves, path_of(path))

"""The curve itself as a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from discstack.curve import Curve


def draw(curves: Sequence[Curve], path: Path) -> None:
    """Save the one curve."""
    (curve,) = curves
    curve.save(path)

"""What single drives do differently from the standard, keyed by vendor and product.

Everything that can be told from a drive's features or answers is told from these; this table is for the rest.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

__all__ = ["Quirk", "quirks_of"]


class Quirk(Enum):
    """Deviations that procedures know how to live with."""

    READY_TOO_EARLY = auto()  # TEST UNIT READY is GOOD while other commands still answer 2/04/07: needs a barrier
    SPEED_REPORTED_WRONG = auto()  # GET PERFORMANCE does not tell the write speed that is set


_ANY: Final = ""

# (vendor, start of the product name), both as INQUIRY spells them; the empty string matches all.
_TABLE: Final[dict[tuple[str, str], frozenset[Quirk]]] = {
    ("PIONEER", _ANY): frozenset({Quirk.READY_TOO_EARLY, Quirk.SPEED_REPORTED_WRONG}),
    ("HL-DT-ST", _ANY): frozenset({Quirk.SPEED_REPORTED_WRONG}),
    ("PLEXTOR", _ANY): frozenset({Quirk.SPEED_REPORTED_WRONG}),
}


def quirks_of(vendor: str, product: str) -> frozenset[Quirk]:
    """Return the known quirks of a drive, by the names in its INQUIRY data."""
    matching = (quirks for (v, p), quirks in _TABLE.items() if vendor == v and product.startswith(p))
    return frozenset[Quirk]().union(*matching)

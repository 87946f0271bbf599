"""What additional sense codes say, and what a user can do about them.

The tables are data files, read at the first look-up: importing the package does not pay for them.
"""

from __future__ import annotations

from functools import cache
from typing import Final

VENDOR: Final = 0x80  # codes and qualifiers from here on are vendor specific, SPC-4 4.5.2.1
ANY: Final = "*"


def text(asc: int, ascq: int) -> str:
    """Return T10's words for an additional sense code and its qualifier (SPC-4 annex F)."""
    texts = _texts()
    if (known := texts.get((asc, ascq))) is not None:
        return known
    if asc >= VENDOR:
        return "VENDOR SPECIFIC ADDITIONAL SENSE CODE"
    family = texts.get((asc, 0), "UNKNOWN ADDITIONAL SENSE CODE")
    return f"{family} ({'VENDOR SPECIFIC' if ascq >= VENDOR else 'UNKNOWN'} QUALIFIER)"


def advice(key: int, asc: int, ascq: int) -> str:
    """Return what to do next about sense data, in a few words; empty where there is nothing useful to say."""
    table = _advice()
    for row in ((key, asc, ascq), (key, asc, None), (None, asc, ascq), (None, asc, None), (key, None, None)):
        if (words := table.get(row)) is not None:
            return words
    return ""


def _rows(name: str) -> list[dict[str, str]]:
    import csv  # here and not above: the two cost every import of the package some 15 ms
    from importlib.resources import files

    data = files("discstack.mmc.spec").joinpath(name).read_text(encoding="ascii")
    return list(csv.DictReader(data.splitlines()))


@cache
def _texts() -> dict[tuple[int, int], str]:
    table = {}
    for row in _rows("asc.csv"):
        first, _, last = row["ascq"].partition("-")
        for ascq in range(int(first, 16), int(last or first, 16) + 1):
            table[int(row["asc"], 16), ascq] = row["text"].format(ascq)
    return table


@cache
def _advice() -> dict[tuple[int | None, int | None, int | None], str]:
    return {
        (_number(row["key"]), _number(row["asc"]), _number(row["ascq"])): row["advice"] for row in _rows("advice.csv")
    }


def _number(cell: str) -> int | None:
    return None if cell == ANY else int(cell, 16)

"""Numbers of bytes on the command line."""

from __future__ import annotations

import re
from typing import Final

import click

UNITS: Final = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30}


class Amount(click.ParamType[int]):
    """A number of bytes: 65536, 64KiB, 256MB."""

    name = "amount"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"(\d+) ?([kmg]i?)?b?", value.strip().lower())
        if match is None or not int(match[1]):
            self.fail(f"{value!r} is no amount: write 65536, 64KiB or 256MB", param, ctx)
        return int(match[1]) * UNITS[match[2] or ""]

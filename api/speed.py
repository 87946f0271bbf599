"""Speeds as people say them: 16x, 22160kB/s, min, max."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from discstack.mmc.medium import MediumStatus

_FORM: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(x|kB/s|MB/s)?", re.IGNORECASE)
_KILOBYTES: Final = {"kb/s": 1.0, "mb/s": 1000.0}
_HIGHEST: Final = 100.0  # times 1x; the fastest drive that was ever sold read CDs at 72x


@dataclass(frozen=True, slots=True)
class SpeedRequest:
    """A wanted speed: `kilobytes` per second, or `x` times the medium's 1x, or the `slowest`; else the fastest."""

    kilobytes: float | None = None
    x: float | None = None
    slowest: bool = False


def parse_speed(text: str | None) -> SpeedRequest:
    """Read a speed; ValueError says what forms there are."""
    if text is None or text.lower() == "max":
        return SpeedRequest()
    if text.lower() == "min":
        return SpeedRequest(slowest=True)
    match = _FORM.fullmatch(text.strip())
    if match is None or float(match[1]) == 0:
        raise ValueError(f"{text!r} is no speed: write 16x, 22160kB/s, min or max")
    unit = (match[2] or "x").lower()
    number = float(match[1])
    if match[2] is None and number > _HIGHEST:
        raise ValueError(
            f"{match[1]}x is faster than any drive: write {match[1]}kB/s if that is meant, else {match[1]}x"
        )
    return SpeedRequest(x=number) if unit == "x" else SpeedRequest(kilobytes=number * _KILOBYTES[unit])


def kilobytes(text: str | None, medium: MediumStatus) -> int | None:
    """Return a speed to write a medium at, in kB/s of 1000 bytes, None for the fastest.

    The slowest is that of those which the drive tells, or 1x where it tells none.
    """
    wanted = parse_speed(text)
    if wanted.slowest:
        return min((speed.kilobytes for speed in medium.write_speeds), default=0) or round(_nominal(medium))
    if wanted.x is None:
        return None if wanted.kilobytes is None else max(round(wanted.kilobytes), 1)
    return max(round(wanted.x * _nominal(medium)), 1)


def _nominal(medium: MediumStatus) -> float:
    """Return how many kB/s the medium's 1x is."""
    from discstack.mmc.errors import UnsupportedMedium
    from discstack.mmc.media import READ_ONLY, RECIPES

    known = RECIPES.get(medium.profile) or READ_ONLY.get(medium.profile)
    if known is None:
        raise UnsupportedMedium(f"no speed is known for this medium: {medium}")
    return known.nominal_speed


def read_limit(text: str | None, medium: MediumStatus) -> int | None:
    """Return what reading is to be curbed to, in kB/s; None where nothing was said, the fastest there is for `max`.

    The slowest is 1x: how slowly a medium can be read, no drive tells.
    """
    from discstack.mmc.actions import FASTEST

    if text is None:
        return None
    return round(_nominal(medium)) if parse_speed(text).slowest else kilobytes(text, medium) or FASTEST

"""What a disc's sidecar kept of it, taken up only where it is of the right type."""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")
HIGHEST: Final = (1 << 31) - 1  # no disc has more blocks


def made(kind: type[T], fields: Mapping[str, Any]) -> T:
    """Make a dataclass of what JSON has of it; ValueError for a value of another type, or a number beyond any disc."""
    types = get_type_hints(kind)
    for name, value in fields.items():
        if name in types and not _is(value, types[name]):
            raise ValueError(f"{name} is {value!r}")
    return kind(**fields)


def number(value: Any, most: int = HIGHEST) -> int:
    """Return a number, of blocks unless `most` is given; ValueError for what is none, or too many."""
    if not _is(value, int) or not 0 <= value <= most:
        raise ValueError(f"{value!r} is no number from 0 to {most}")
    return int(value)


def _is(value: Any, kind: Any) -> bool:
    if get_origin(kind) is UnionType:
        return any(_is(value, one) for one in get_args(kind))
    if get_origin(kind) is list:
        return isinstance(value, list) and all(_is(item, get_args(kind)[0]) for item in value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= HIGHEST
    return isinstance(value, kind)

"""All rows, and settings that make a sweep quick without changing what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from studio import SHORT_LEADS

from discstack.mmc import polling, stream
from discstack.mmc.spec.counted import Counted
from discstack.mmc.spec.layout import Structure
from sweep import media, programs, reading
from sweep.heed import WATCHED
from sweep.subjects import Row

KNOWN = 1 << 14  # answers of each kind that have been read


def reading_once(structure: type[Structure]) -> Any:
    """Return what reads such structures, and reads no bytes a second time: what it makes of them never changes."""
    read = vars(structure)["parse"].__func__
    known = lru_cache(KNOWN)(read)
    return classmethod(lambda cls, data: known(cls, bytes(data)))


# What is set where, and to what: fewer polls, short lead areas, each answer read once, no look at the machine's memory,
# and a watch over who looks at sense data
QUICK: tuple[tuple[Any, str, Any], ...] = (
    (polling, "INTERVAL", 30.0),
    *SHORT_LEADS,
    *((structure, "parse", reading_once(structure)) for structure in (Structure, Counted)),
    (stream, "_available_memory", lambda: None),
    *WATCHED,
)


def _rows() -> list[Row]:
    discs = [media.media_row(*row) for row in media.ROWS]
    compact = [programs.program_row(case) for case in (*programs.CASES, *programs.FURTHER)]
    return [*compact, *discs, *(reading.reading_row(name) for name in reading.CASES)]


ROWS: Mapping[str, Row] = MappingProxyType({row.name: row for row in _rows()})

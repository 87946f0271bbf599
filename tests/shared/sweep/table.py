"""All rows, and settings that make a sweep quick without changing what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from studio import SHORT_LEADS

from discstack.mmc import polling
from sweep import media, programs, reading
from sweep.subjects import Row

# What is set where, and to what: fewer polls, short lead areas
QUICK: tuple[tuple[Any, str, Any], ...] = ((polling, "INTERVAL", 30.0), *SHORT_LEADS)


def _rows() -> list[Row]:
    discs = [media.media_row(*row) for row in media.ROWS]
    compact = [programs.program_row(case) for case in (*programs.CASES, *programs.FURTHER)]
    return [*compact, *discs, *(reading.reading_row(name) for name in reading.CASES)]


ROWS: Mapping[str, Row] = MappingProxyType({row.name: row for row in _rows()})

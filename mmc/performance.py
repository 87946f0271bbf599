"""GET PERFORMANCE: which write speeds there are, and how fast the present medium is written and read (MMC-6 6.7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from discstack.mmc.command import command, interpret, received
from discstack.mmc.errors import ResponseError
from discstack.mmc.procedure import MaxTransfer, Procedure
from discstack.mmc.queries import LARGEST
from discstack.mmc.spec.commands import GET_PERFORMANCE
from discstack.mmc.spec.layout import StructureError
from discstack.mmc.spec.performance import NominalPerformance, WriteSpeedDescriptor
from discstack.transport.base import Reply

T = TypeVar("T")

PERFORMANCE_HEADER, PERFORMANCE_ROW = 8, 16
NOMINAL, WRITE_SPEED = 0, 3  # types of GET PERFORMANCE
TOLERANCE: Final = 2  # 10b, which the standard demands


def _rows(kind: int, row: int, parse: Callable[[bytes], T], **fields: Any) -> Procedure[list[T]]:
    """Ask for a list in three steps: one row, as many as are counted, and again where that count was wrong.

    Some drives count exactly one row whenever they are asked for one.
    """
    count, most = 1, (min((yield MaxTransfer()), LARGEST) - PERFORMANCE_HEADER) // row
    for _ in range(3):
        request = command(
            GET_PERFORMANCE,
            allocation=PERFORMANCE_HEADER + count * row,
            type=kind,
            maximum_number_of_descriptors=count,
            **fields,
        )
        reply: Reply = yield request
        data = received(reply)
        counted = (4 + int.from_bytes(data[:4], "big") - PERFORMANCE_HEADER) if len(data) >= PERFORMANCE_HEADER else 0
        if counted % row:
            raise ResponseError(request.cdb, StructureError("performance", data, f"rows are not {row} bytes long"))
        wanted = min(max(counted // row, 2), most)
        if wanted <= count:
            break
        count = wanted
    rows = data[PERFORMANCE_HEADER : PERFORMANCE_HEADER + counted]
    return [interpret(request, parse, rows[at : at + row]) for at in range(0, len(rows) - row + 1, row)]


def write_speeds() -> Procedure[list[WriteSpeedDescriptor]]:
    """Ask for the write speeds of the present medium (MMC-6 6.7.3, type 3)."""
    return (yield from _rows(WRITE_SPEED, PERFORMANCE_ROW, WriteSpeedDescriptor.parse))


def writing() -> Procedure[list[NominalPerformance]]:
    """Ask how fast writing will be, by ranges of addresses (MMC-6 6.7.3, type 0)."""
    fields: dict[str, Any] = {"write": True, "tolerance": TOLERANCE}
    return (yield from _rows(NOMINAL, PERFORMANCE_ROW, NominalPerformance.parse, **fields))


def reading() -> Procedure[list[NominalPerformance]]:
    """Ask how fast reading is, by ranges of addresses (MMC-6 6.7.3, type 0)."""
    return (yield from _rows(NOMINAL, PERFORMANCE_ROW, NominalPerformance.parse, tolerance=TOLERANCE))

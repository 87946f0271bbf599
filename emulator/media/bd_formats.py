"""What formats BDs can be given: sizes by their spare areas, of which discs with more layers have more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from discstack.emulator.conditions import (
    WRITE_ERROR,
    Refusal,
    at,
    invalid_parameter,
)
from discstack.emulator.media.base import (
    Medium,
    round_up,
)
from discstack.emulator.media.kept import number
from discstack.mmc.spec.capacities import FormattableCapacity
from discstack.mmc.spec.format_unit import FormatType, FormatUnitParameters

FULL_SIZE: Final = 12219392  # blocks of a single layer of 25 GB without spares
DEFAULT_SPARES: Final = 393216  # blocks
LEAST_SPARES: Final = 131072
MOST_SPARES: Final = 6422528
LARGEST: Final = {24438784: 24307712, 48878592: 48854016}  # by capacity: with two and three layers
CLUSTER: Final = 32
ANY_SIZE: Final = frozenset({0, 0xFFFFFFFF})


def capacity_with(total: int, spares: int) -> int:
    """Return the blocks left for data, the spare areas scaled to a disc of `total` blocks."""
    return total - min(round_up(total * spares // FULL_SIZE, CLUSTER), total - CLUSTER)


def refuse_part_clusters(lba: int, count: int) -> None:
    """Streaming takes whole clusters only; a part of one comes out as junk on the disc."""
    if lba % CLUSTER or count % CLUSTER:
        raise Refusal(at(WRITE_ERROR, lba))


def largest_with_spares(total: int) -> int:
    """Return the capacity with the smallest spare areas, which discs with more layers have less of."""
    return LARGEST.get(total) or capacity_with(total, LEAST_SPARES)


def formats_with_spares(total: int, chosen: FormatType) -> list[FormattableCapacity]:
    """Return the default format, and the one with spare areas of the host's choice by default, most and least.

    The type dependent parameter counts the spare clusters, but not for the sizes that a BD-R has to choose from.
    """
    sizes = [capacity_with(total, spares) for spares in (DEFAULT_SPARES, MOST_SPARES)] + [largest_with_spares(total)]
    told = chosen != FormatType.BD_R_SRM
    return [
        FormattableCapacity(
            number_of_blocks=size,
            format_type=kind,
            type_dependent_parameter=(total - size) // CLUSTER if told or kind == FormatType.FULL else 0,
        )
        for kind, size in [(FormatType.FULL, sizes[0]), *((chosen, size) for size in sizes)]
    ]


def default_size(total: int, wanted: int) -> int:
    """Return the capacity with the default spare areas, the only one that this format gives."""
    return _only(wanted, capacity_with(total, DEFAULT_SPARES))


def whole_size(total: int, wanted: int) -> int:
    """Return the capacity without spare areas."""
    return _only(wanted, total)


def _only(wanted: int, size: int) -> int:
    if wanted not in {*ANY_SIZE, size}:
        raise invalid_parameter(4)
    return size


def chosen_size(total: int, wanted: int) -> int:
    """Return the capacity of the host's choice; refuse what no spare area fits."""
    least, most = capacity_with(total, MOST_SPARES), largest_with_spares(total)
    if wanted in ANY_SIZE:
        return capacity_with(total, DEFAULT_SPARES)
    if wanted % CLUSTER or not least <= wanted <= most:
        raise invalid_parameter(4)
    return wanted


def size_of(rules: Mapping[int, Callable[[int, int], int]], total: int, wanted: FormatUnitParameters) -> int:
    """Return the capacity that a format gives by the rule for its type."""
    if wanted.format_type not in rules:
        raise invalid_parameter(8)
    return rules[wanted.format_type](total, wanted.number_of_blocks)


def spares_of(medium: Medium) -> dict[str, Any]:
    """Return what the sidecar keeps of the spare areas."""
    return {"spares": medium.defects.spares, "replaced": sorted(medium.defects.replaced)}


def take_spares(medium: Medium, state: Mapping[str, Any]) -> None:
    """Take up the state of the spare areas."""
    spares = state.get("spares")
    medium.defects.spares = None if spares is None else number(spares, medium.total)
    medium.defects.replaced = {number(unit) for unit in state.get("replaced", ())}

"""FORMAT UNIT with one descriptor, and finding the descriptor in what a medium offers (MMC-6 6.4, 6.23)."""

from __future__ import annotations

from collections.abc import Sequence

from discstack.mmc import actions, polling
from discstack.mmc.errors import UnsupportedMedium
from discstack.mmc.polling import persist, wait_ready
from discstack.mmc.procedure import Phase, Procedure
from discstack.mmc.recipe import Work
from discstack.mmc.spec.capacities import FormatCapacities, FormattableCapacity
from discstack.mmc.spec.format_unit import FormatUnitParameters


def format_medium(work: Work, blocks: int, format_type: int, sub_type: int, parameter: int) -> Procedure[None]:
    """Format and wait until the drive is ready again."""
    data = FormatUnitParameters(
        fov=True,
        immed=True,
        number_of_blocks=blocks,
        format_type=format_type,
        format_sub_type=sub_type,
        type_dependent_parameter=parameter,
    ).build()
    yield from persist(lambda: actions.format_unit(data))
    yield from wait_ready(polling.FORMAT, phase=Phase.FORMATTING, quirks=work.quirks)
    yield from persist(actions.synchronize_cache, limit=polling.SYNC)


def choose(formats: FormatCapacities | None, wanted: Sequence[int], what: str) -> FormattableCapacity:
    """Return the first descriptor of the first wanted type that the medium offers; refuse if there is none."""
    offered = [row for format_type in wanted for row in formats.of_type(format_type)] if formats is not None else []
    if offered:
        return offered[0]
    raise UnsupportedMedium(f"the drive offers no format with {what} for this medium")

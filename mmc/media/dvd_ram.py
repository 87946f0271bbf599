"""DVD-RAM: formatted by its maker, written anywhere, defects replaced by the drive (MMC-6 4.3.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from discstack.mmc.errors import DiscStateError
from discstack.mmc.formatting import check_size, choices, choose, format_medium, size_now
from discstack.mmc.job import WriteCommand
from discstack.mmc.media import overwritable
from discstack.mmc.medium import MediumStatus
from discstack.mmc.procedure import Phase, Procedure
from discstack.mmc.recipe import FormatOptions, Recipe, Survey, Work
from discstack.mmc.spec.capacities import CapacityType
from discstack.mmc.spec.format_unit import FormatType


def assess(recipe: Recipe, survey: Survey) -> MediumStatus:
    """Read from the format capacities whether the disc is formatted, as all are that a shop sells."""
    formats = survey.formats
    formatted = formats is None or formats.current.descriptor_type == CapacityType.FORMATTED
    capacity = survey.read_capacity or (formats.current.number_of_blocks if formats is not None else 0)
    whole = max((row.number_of_blocks for row in formats.formattable), default=0) if formats is not None else 0
    status = overwritable.assess(recipe, survey, formatted=formatted, capacity=capacity)
    return replace(status, formats=choices(formats, managed=True, whole=whole))


def format_disc(work: Work, options: FormatOptions) -> Procedure[None]:
    """Format to the present size or to one that leaves `spare_blocks`; quickly, or with every block certified."""
    formats = work.survey.formats
    default = choose(formats, (FormatType.FULL,), "its default size")
    blocks = default.number_of_blocks
    if options.spare_blocks is not None and formats is not None:
        rows = formats.of_type(FormatType.FULL)
        whole = max(row.number_of_blocks for row in rows)
        fitting = [row.number_of_blocks for row in rows if whole - row.number_of_blocks >= options.spare_blocks]
        if not fitting:
            raise DiscStateError(f"no format of this disc leaves {options.spare_blocks} blocks to replace defects with")
        blocks = max(fitting)
    parameter = default.type_dependent_parameter
    yield from format_medium(work, blocks, FormatType.FULL, 0, parameter, quickly=not options.full)
    if (yield from size_now()) == blocks:
        return
    if not options.full:
        yield from work.notice(Phase.FORMATTING, "the drive does not change the size quickly: every block is certified")
        yield from format_medium(work, blocks, FormatType.FULL, 0, parameter)
    yield from check_size(blocks)


DVD_RAM: Final = Recipe(
    name="DVD-RAM",
    assess=assess,
    write_unit=16,
    nominal_speed=1385.0,
    fastest=16620,  # 12x
    sequential=False,
    commands=frozenset(WriteCommand),
    format=format_disc,
    format_choices=frozenset({"full", "spare_blocks"}),
    certifies=True,
)

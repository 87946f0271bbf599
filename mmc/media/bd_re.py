"""BD-RE: formatted with or without spare areas, written anywhere (MMC-6 4.5.4; cookbook: docs/cookbook/bd-re.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from discstack.mmc.formatting import check_size, check_spare, choices, choose, format_medium
from discstack.mmc.job import WriteCommand
from discstack.mmc.media import overwritable
from discstack.mmc.medium import MediumStatus
from discstack.mmc.procedure import Procedure
from discstack.mmc.recipe import FormatOptions, Recipe, Survey, Work
from discstack.mmc.spec.capacities import CapacityType
from discstack.mmc.spec.features import Formattable
from discstack.mmc.spec.format_unit import FormatType

WRITE_UNIT: Final = 32
READ_CAREFULLY: Final = 17982  # kB/s, 4x: discs were reported to crack when read as fast as a drive can
NO_CERTIFICATION, FULL_CERTIFICATION, QUICK_CERTIFICATION = 0, 2, 3  # sub-types of format 30h


def assess(recipe: Recipe, survey: Survey) -> MediumStatus:
    """Read from the format capacities whether the disc is formatted."""
    formats = survey.formats
    formatted = formats is not None and formats.current.descriptor_type == CapacityType.FORMATTED
    if formatted and formats is not None:
        capacity = survey.read_capacity or formats.current.number_of_blocks
    else:
        rows = formats.formattable if formats is not None else ()
        capacity = next((row.number_of_blocks for row in rows if row.format_type == FormatType.BD_RE_SPARE_AREAS), 0)
    rows = formats.formattable if formats is not None else ()
    whole = max((row.number_of_blocks for row in rows), default=0)
    status = overwritable.assess(recipe, survey, formatted=formatted, capacity=capacity)
    return replace(status, formats=choices(formats, managed=True, whole=whole))


def format_disc(work: Work, options: FormatOptions) -> Procedure[None]:
    """Format with spare areas of the default size or of `spare_blocks`, or without any for full speed (0)."""
    formats = work.survey.formats
    if options.spare_blocks == 0:
        row = choose(formats, (FormatType.BD_RE_NO_SPARE_AREAS,), "no spare areas")
        yield from format_medium(
            work, row.number_of_blocks, row.format_type, NO_CERTIFICATION, row.type_dependent_parameter
        )
        yield from check_size(row.number_of_blocks)
        return
    row = choose(formats, (FormatType.BD_RE_SPARE_AREAS, FormatType.FULL), "spare areas")
    blocks, parameter = row.number_of_blocks, row.type_dependent_parameter
    if options.spare_blocks is not None:
        largest = choose(formats, (FormatType.BD_RE_NO_SPARE_AREAS,), "a spare area of that size").number_of_blocks
        clusters = -(-options.spare_blocks // WRITE_UNIT)
        blocks, parameter = largest - clusters * WRITE_UNIT, clusters
        check_spare(formats, FormatType.BD_RE_SPARE_AREAS, largest, blocks)
    certification = FULL_CERTIFICATION if options.full else _quickest(work)
    yield from format_medium(
        work,
        blocks,
        row.format_type,
        certification if row.format_type == FormatType.BD_RE_SPARE_AREAS else 0,
        parameter,
    )
    yield from check_size(blocks)


def _quickest(work: Work) -> int:
    feature = work.survey.configuration.get(Formattable)
    return QUICK_CERTIFICATION if feature is not None and feature.qcert else NO_CERTIFICATION


BD_RE: Final = Recipe(
    name="BD-RE",
    assess=assess,
    write_unit=WRITE_UNIT,
    nominal_speed=4495.5,
    fastest=8991,  # 2x
    sequential=False,
    commands=frozenset(WriteCommand),
    verify_speed=READ_CAREFULLY,
    format=format_disc,
    format_choices=frozenset({"full", "spare_blocks"}),
    certifies=True,
)

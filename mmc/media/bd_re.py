"""BD-RE: formatted with or without spare areas, written anywhere (MMC-6 4.5.4; cookbook: docs/cookbook/bd-re.md)."""

from __future__ import annotations

from typing import Final

from discstack.mmc.formatting import FormatType, choose, format_medium
from discstack.mmc.media import overwritable
from discstack.mmc.medium import MediumStatus
from discstack.mmc.procedure import Procedure
from discstack.mmc.recipe import FormatOptions, Recipe, Survey, Work
from discstack.mmc.spec.features import Formattable

WRITE_UNIT: Final = 32
READ_CAREFULLY: Final = 17982  # kB/s, 4x: discs were reported to crack when read as fast as a drive can
NO_CERTIFICATION, FULL_CERTIFICATION, QUICK_CERTIFICATION = 0, 2, 3  # sub-types of format 30h


def assess(recipe: Recipe, survey: Survey) -> MediumStatus:
    """Read from the format capacities whether the disc is formatted."""
    formats = survey.formats
    formatted = formats is not None and formats.current.descriptor_type == overwritable.FORMATTED
    if formatted and formats is not None:
        capacity = survey.read_capacity or formats.current.blocks
    else:
        rows = formats.formattable if formats is not None else ()
        capacity = next((row.blocks for row in rows if row.format_type == FormatType.BD_RE_WITH_SPARES), 0)
    return overwritable.assess(recipe, survey, formatted=formatted, capacity=capacity)


def format_disc(work: Work, options: FormatOptions) -> Procedure[None]:
    """Format with spare areas of the default size or of `spare_blocks`, or without any for full speed (0)."""
    formats = work.survey.formats
    if options.spare_blocks == 0:
        row = choose(formats, (FormatType.BD_RE_WITHOUT_SPARES,), "no spare areas")
        yield from format_medium(work, row.blocks, row.format_type, NO_CERTIFICATION, row.parameter)
        return
    row = choose(formats, (FormatType.BD_RE_WITH_SPARES, FormatType.FULL), "spare areas")
    blocks, parameter = row.blocks, row.parameter
    if options.spare_blocks is not None:
        largest = choose(formats, (FormatType.BD_RE_WITHOUT_SPARES,), "a spare area of that size").blocks
        clusters = -(-options.spare_blocks // WRITE_UNIT)
        blocks, parameter = largest - clusters * WRITE_UNIT, clusters
    certification = FULL_CERTIFICATION if options.full else _quickest(work)
    yield from format_medium(
        work,
        blocks,
        row.format_type,
        certification if row.format_type == FormatType.BD_RE_WITH_SPARES else 0,
        parameter,
    )


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
    verify_speed=READ_CAREFULLY,
    format=format_disc,
)

"""FORMAT UNIT with one descriptor, and finding the descriptor in what a medium offers (MMC-6 6.4, 6.23)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from discstack.mmc import actions, polling
from discstack.mmc.errors import UnsupportedMedium
from discstack.mmc.polling import persist, wait_ready
from discstack.mmc.procedure import Phase, Procedure
from discstack.mmc.recipe import Work
from discstack.mmc.spec.format_capacities import FormatCapacities, FormattableDescriptor

OPTIONS_VALID = 0x80
IMMEDIATE = 0x02
DESCRIPTOR_LENGTH = 8


class FormatType(IntEnum):
    """Format types of the media that this library formats, MMC-6 table 255."""

    FULL = 0x00
    DVD_PLUS_RW = 0x26
    BD_RE_WITH_SPARES = 0x30
    BD_RE_WITHOUT_SPARES = 0x31
    BD_R_WITH_SPARE = 0x32


def parameter_list(blocks: int, format_type: int, sub_type: int, parameter: int) -> bytes:
    """Return the parameter list of FORMAT UNIT: its header with Immed, and one format descriptor."""
    header = bytes((0, OPTIONS_VALID | IMMEDIATE, 0, DESCRIPTOR_LENGTH))
    kind = bytes((format_type << 2 | sub_type,))
    return header + blocks.to_bytes(4, "big") + kind + parameter.to_bytes(3, "big")


def format_medium(work: Work, blocks: int, format_type: int, sub_type: int, parameter: int) -> Procedure[None]:
    """Format and wait until the drive is ready again."""
    data = parameter_list(blocks, format_type, sub_type, parameter)
    yield from persist(lambda: actions.format_unit(data))
    yield from wait_ready(polling.FORMAT, phase=Phase.FORMATTING, quirks=work.quirks)
    yield from persist(actions.synchronize_cache, limit=polling.SYNC)


def choose(formats: FormatCapacities | None, wanted: Sequence[int], what: str) -> FormattableDescriptor:
    """Return the first descriptor of the first wanted type that the medium offers; refuse if there is none."""
    rows = formats.formattable if formats is not None else ()
    for format_type in wanted:
        for row in rows:
            if row.format_type == format_type:
                return row
    raise UnsupportedMedium(f"the drive offers no format with {what} for this medium")

"""FORMAT UNIT with one descriptor, and what the formats that a medium offers would make of it (MMC-6 6.4, 6.23)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from discstack.mmc import actions, polling, queries
from discstack.mmc.errors import DiscStateError, MediumFull, UnsupportedMedium
from discstack.mmc.medium import FormatChoice
from discstack.mmc.polling import persist, wait_ready
from discstack.mmc.procedure import Phase, Procedure, Report
from discstack.mmc.spec.capacities import FormatCapacities, FormattableCapacity
from discstack.mmc.spec.format_unit import FormatType, FormatUnitParameters

if TYPE_CHECKING:
    from discstack.mmc.recipe import FormatOptions, Work

HALF, FULL_SPEED = 0.5, 1.0


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a format type is about: words, whether writes are read back afterwards, whether it replaces defects."""

    words: str
    managed: bool = False


MEANINGS: Final[Mapping[int, Meaning]] = MappingProxyType(
    {
        FormatType.FULL: Meaning("in full"),
        FormatType.SPARE_AREA_EXPANSION: Meaning("a larger spare area", managed=True),
        FormatType.CD_RW_DVD_RW_FULL: Meaning("in full, in packets"),
        FormatType.CD_RW_DVD_RW_GROW_SESSION: Meaning("more blocks"),
        FormatType.CD_RW_DVD_RW_ADD_SESSION: Meaning("another session"),
        FormatType.DVD_RW_QUICK_GROW: Meaning("more blocks, quickly"),
        FormatType.DVD_RW_QUICK_ADD_SESSION: Meaning("another session, quickly"),
        FormatType.DVD_RW_QUICK: Meaning("quickly"),
        FormatType.MRW: Meaning("Mount Rainier, which this library does not write"),
        FormatType.DVD_PLUS_RW: Meaning("in the background"),
        FormatType.BD_RE_SPARE_AREAS: Meaning("with spare areas", managed=True),
        FormatType.BD_RE_NO_SPARE_AREAS: Meaning("without spare areas"),
        FormatType.BD_R_SRM: Meaning("with spare areas", managed=True),
    }
)
RANDOM_RECORDING: Final = 2  # sub-type of the formats of BD-R
# What becomes of a disc by formats that are recognised and refused.
ANOTHER_SESSION: Final = "another session in restricted overwrite"
UNSUPPORTED: Final[Mapping[int, str]] = MappingProxyType(
    {
        FormatType.CD_RW_DVD_RW_ADD_SESSION: ANOTHER_SESSION,
        FormatType.DVD_RW_QUICK_ADD_SESSION: ANOTHER_SESSION,
        FormatType.MRW: "a Mount Rainier disc",
    }
)


def choices(formats: FormatCapacities | None, *, managed: bool = False, whole: int = 0) -> tuple[FormatChoice, ...]:
    """Return what each offered format gives. `managed` media replace defects in any format but those without spares.

    A medium of `whole` blocks without spare areas loses to them what a format has less. Where defects are replaced the
    drive reads back what it wrote, and the speed is half of what it would be.
    """
    found = []
    for row in formats.formattable if formats is not None else ():
        meaning = MEANINGS.get(row.format_type, Meaning("as the drive knows"))
        replaces = meaning.managed or (managed and row.format_type == FormatType.FULL)
        found.append(
            FormatChoice(
                format_type=row.format_type,
                format_sub_type=row.format_sub_type,
                words=meaning.words,
                capacity_blocks=row.number_of_blocks,
                spare_blocks=max(whole - row.number_of_blocks, 0) if replaces and whole else 0,
                defect_management=replaces,
                speed=HALF if replaces else FULL_SPEED,
            )
        )
    return tuple(found)


def format_medium(
    work: Work, blocks: int, format_type: int, sub_type: int, parameter: int, *, quickly: bool = False
) -> Procedure[None]:
    """Format and wait until the drive is ready again; `quickly` leaves the certification of known blocks out.

    FOV says that the options in the header count, of which certification is the one that matters: to media without it
    the flag is not sent, as growisofs does it; DVD-RAM and BD get it, as from libburn and cdrecord.
    """
    data = FormatUnitParameters(
        fov=work.recipe.certifies,
        dcrt=quickly,
        immed=True,
        number_of_blocks=blocks,
        format_type=format_type,
        format_sub_type=sub_type,
        type_dependent_parameter=parameter,
    ).build()
    yield Report(Phase.FORMATTING)  # also as a part of another job: what the drive has begun is not left by a cancel
    yield from persist(lambda: actions.format_unit(data, cmp_list=quickly))
    yield from wait_ready(polling.FORMAT, phase=Phase.FORMATTING, quirks=work.quirks)
    yield from persist(actions.synchronize_cache, limit=polling.SYNC)


def size_now() -> Procedure[int]:
    """Ask how many blocks a formatted medium holds."""
    return (yield from persist(queries.format_capacities)).current.number_of_blocks


def check_size(blocks: int) -> Procedure[None]:
    """Raise DiscStateError unless the medium has become as large as it was to become."""
    found = yield from size_now()
    if found != blocks:
        raise DiscStateError(f"the drive reported success, but the disc has {found} blocks, not {blocks}")


def format_as_asked(work: Work, options: FormatOptions) -> Procedure[None]:
    """Format by the number of a type that the medium offers, with a size and a sub-type of the host's choice.

    Raises UnsupportedMedium for a type that is not offered, or whose discs the recipes could not write.
    """
    wanted = options.format_type if options.format_type is not None else FormatType.FULL
    if wanted in UNSUPPORTED:
        raise UnsupportedMedium(f"type {wanted:02X}h makes {UNSUPPORTED[wanted]}, which this library does not write")
    if options.sub_type == RANDOM_RECORDING and not work.status.erasable:  # of the other media it is another sub-type
        raise UnsupportedMedium("this sub-type makes a BD-R of random recording, which this library does not write")
    row = choose(work.survey.formats, (wanted,), f"type {wanted:02X}h")
    blocks = row.number_of_blocks if options.blocks is None else options.blocks
    sub_type = row.format_sub_type if options.sub_type is None else options.sub_type
    yield from format_medium(work, blocks, wanted, sub_type, row.type_dependent_parameter)


def check_spare(formats: FormatCapacities | None, format_type: int, whole: int, blocks: int) -> None:
    """Raise MediumFull unless the formats of a type, on a disc of `whole` blocks, can leave just `blocks` of them."""
    sizes = [row.number_of_blocks for row in formats.of_type(format_type)] if formats is not None else []
    if not sizes or not min(sizes) <= blocks <= max(sizes):
        possible = f"; from {whole - max(sizes)} to {whole - min(sizes)} are" if sizes else ""
        raise MediumFull(f"a spare area of {whole - blocks} blocks is not possible on this disc{possible}", excess=0)


def choose(formats: FormatCapacities | None, wanted: Sequence[int], what: str) -> FormattableCapacity:
    """Return the first descriptor of the first wanted type that the medium offers; refuse if there is none."""
    offered = [row for format_type in wanted for row in formats.of_type(format_type)] if formats is not None else []
    if offered:
        return offered[0]
    raise UnsupportedMedium(f"the drive offers no format with {what} for this medium")

"""DVD-RW in restricted overwrite: whole ECC blocks, anywhere in what is formatted (MMC-6 4.3.5).

A quick format leaves the session open: the disc is then written from its start, and what is written is formatted. A
later session that reaches further opens it again. No page 05h is sent: the standard leaves it out for this medium.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from discstack.mmc import actions
from discstack.mmc.formatting import choices, choose, format_medium
from discstack.mmc.job import BurnJob
from discstack.mmc.media import overwritable
from discstack.mmc.media.dvd_minus import format_disc
from discstack.mmc.medium import DiscState, MediumStatus
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Checkpoint, Phase, Procedure, Report
from discstack.mmc.recipe import BurnPlan, Recipe, Survey, Work
from discstack.mmc.spec.capacities import CapacityType, FormatCapacities
from discstack.mmc.spec.format_unit import FormatType
from discstack.mmc.spec.profiles import Profile
from discstack.mmc.states import next_actions
from discstack.mmc.steps import blank, close

CLOSE_SESSION: Final = 2
WRITE_UNIT: Final = 16
GROWTH: Final = (FormatType.DVD_RW_QUICK_GROW, FormatType.CD_RW_DVD_RW_GROW_SESSION)  # as they are preferred


def assess(recipe: Recipe, survey: Survey) -> MediumStatus:
    """Read from the format capacities how far the disc is formatted, and whether its session is open."""
    formats = survey.formats
    if formats is None:
        return overwritable.assess(recipe, survey, formatted=True, capacity=survey.read_capacity)
    whole = max([row.number_of_blocks for row in formats.formattable] + [formats.current.number_of_blocks])
    if formats.current.descriptor_type == CapacityType.NO_MEDIUM_OR_UNKNOWN:
        status = overwritable.assess(recipe, survey, formatted=True, capacity=whole)
        # a session in which nothing is cannot be closed
        allowed = next_actions(recipe, DiscState.INTERMEDIATE, erasable=True, open_session=not status.blank)
        return replace(
            status,
            state=DiscState.INTERMEDIATE,
            open_session=True,
            tracks=(),
            actions=allowed,
            formats=choices(formats),
        )
    formatted = formats.current.number_of_blocks
    status = overwritable.assess(recipe, survey, formatted=True, capacity=formatted + growth(formats))
    detail = f"{formatted} blocks formatted, {growth(formats)} more on demand" if growth(formats) else ""
    return replace(status, used_blocks=0 if status.blank else formatted, detail=detail, formats=choices(formats))


def growth(formats: FormatCapacities) -> int:
    """Return how many blocks formatting can still add."""
    return max((row.number_of_blocks for kind in GROWTH for row in formats.of_type(kind)), default=0)


def announce(work: Work, job: BurnJob, plan: BurnPlan) -> Procedure[None]:
    """Let the disc grow where the image reaches beyond what is formatted.

    Quickly that opens the session, and from then on nothing can be read; what is formatted grows by what is written at
    its end only, so that what lies before an image that starts further out is filled; where that fails, the session is
    closed as after any failure. A drive that does not know how formats just the blocks that are missing.
    """
    formats = work.survey.formats
    if work.status.open_session or formats is None or plan.end <= formats.current.number_of_blocks:
        return
    formatted = formats.current.number_of_blocks
    row = choose(formats, GROWTH, "growth")
    quickly = row.format_type == FormatType.DVD_RW_QUICK_GROW
    blocks = 0 if quickly else plan.end - formatted
    yield from format_medium(work, blocks, row.format_type, 0, row.type_dependent_parameter)
    if quickly:
        yield from _fill(formatted, plan.start)


def _fill(start: int, end: int) -> Procedure[None]:
    """Write empty blocks up to `end`."""
    for lba in range(start, end, WRITE_UNIT):
        yield Checkpoint()
        yield Report(Phase.FORMATTING, (lba - start) / (end - start))
        yield from persist(partial(actions.write_zeros, lba, min(WRITE_UNIT, end - lba)))


def finish(work: Work, job: BurnJob) -> Procedure[None]:
    """Close the session. Where it was not open, this changes nothing."""
    yield from close(work, CLOSE_SESSION)


def close_session(work: Work) -> Procedure[None]:
    """Close a session that was left open."""
    yield from close(work, CLOSE_SESSION)


DVD_RW_OVERWRITE: Final = Recipe(
    name="DVD-RW (restricted overwrite)",
    assess=assess,
    write_unit=WRITE_UNIT,
    nominal_speed=1385.0,
    fastest=8310,  # 6x
    sequential=False,
    becomes=frozenset({Profile.DVD_RW_SEQUENTIAL}),
    blanks_quickly=False,
    announce=announce,
    finish=finish,
    abandon=finish,
    blank=blank,
    format=format_disc,
    format_choices=frozenset({"full"}),
    close_session=close_session,
)

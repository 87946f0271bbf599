"""BD-R in sequential recording mode, without pseudo-overwrite (MMC-6 4.5.3; cookbook: docs/cookbook/bd-r.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from discstack.mmc.errors import DiscStateError, MediumFull
from discstack.mmc.formatting import choose, format_medium
from discstack.mmc.job import BurnJob
from discstack.mmc.media import sequential
from discstack.mmc.medium import Action, DiscState, MediumStatus
from discstack.mmc.procedure import Procedure
from discstack.mmc.recipe import FormatOptions, Recipe, Survey, Work
from discstack.mmc.spec.disc_information import LastSessionState
from discstack.mmc.spec.features import FeatureCode
from discstack.mmc.spec.format_unit import FormatType
from discstack.mmc.steps import close, close_last_track

CLOSE_SESSION, FINALIZE = 2, 6  # MMC-6 table 252
WRITE_UNIT: Final = 32
SRM_WITHOUT_POW: Final = 1  # sub-type of a format


def assess(recipe: Recipe, survey: Survey) -> MediumStatus:
    """Read the state; a freshly formatted disc looks appendable but is blank, and pseudo-overwrite is refused."""
    status = sequential.assess(recipe, survey)
    disc = survey.disc
    if survey.configuration.is_current(FeatureCode.BD_R_POW):
        return replace(
            status,
            state=DiscState.UNSUPPORTED,
            actions=frozenset(),
            reason="formatted for pseudo-overwrite, which this library does not write",
        )
    fresh = disc is not None and disc.number_of_sessions == 1 and disc.state_of_last_session == LastSessionState.EMPTY
    if status.state is DiscState.APPENDABLE and fresh and not survey.read_capacity:
        return replace(
            status, state=DiscState.BLANK, blank=True, sessions=0, tracks=(), actions=frozenset({Action.WRITE})
        )
    return status


def finish(work: Work, job: BurnJob) -> Procedure[None]:
    """Close the track, then the session, or instead of it the disc."""
    yield from close_last_track(work)
    yield from close(work, FINALIZE if job.close else CLOSE_SESSION)


def abandon(work: Work, job: BurnJob) -> Procedure[None]:
    """Close the track, so that the session can be closed or continued later."""
    yield from close_last_track(work)


def format_disc(work: Work, options: FormatOptions) -> Procedure[None]:
    """Set a spare area aside, which turns defect management on and can be done once in a disc's life."""
    formats = work.survey.formats
    if work.status.state is not DiscState.BLANK or formats is None:
        raise DiscStateError(f"only a blank BD-R can be formatted ({work.status})")
    if options.spare_blocks is None:
        chosen = choose(formats, (FormatType.FULL,), "default spare area")
        yield from format_medium(work, chosen.number_of_blocks, chosen.format_type, SRM_WITHOUT_POW, 0)
        return
    sizes = [row.number_of_blocks for row in formats.formattable if row.format_type == FormatType.BD_R_SRM]
    whole = formats.current.number_of_blocks
    blocks = (whole - options.spare_blocks) // WRITE_UNIT * WRITE_UNIT
    if not sizes or not min(sizes) <= blocks <= max(sizes):
        raise MediumFull(f"a spare area of {options.spare_blocks} blocks is not possible on this disc", excess=0)
    yield from format_medium(work, blocks, FormatType.BD_R_SRM, SRM_WITHOUT_POW, 0)


def close_session(work: Work) -> Procedure[None]:
    """Close the open session so that another one can follow."""
    yield from close_last_track(work)
    yield from close(work, CLOSE_SESSION)


def close_disc(work: Work) -> Procedure[None]:
    """Finalize the disc."""
    if work.status.open_session:
        yield from close_last_track(work)
    yield from close(work, FINALIZE)


BD_R: Final = Recipe(
    name="BD-R",
    assess=assess,
    write_unit=WRITE_UNIT,
    nominal_speed=4495.5,
    fastest=71928,  # 16x
    sequential=True,
    calibrates=True,
    open_track=lambda disc: disc.last_track_number_in_last_session,
    finish=finish,
    abandon=abandon,
    format=format_disc,
    close_track=close_last_track,
    close_session=close_session,
    close_disc=close_disc,
)

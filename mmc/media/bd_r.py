"""BD-R in sequential recording mode, plain, with spare areas, or with pseudo-overwrite (MMC-6 4.5.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from discstack.mmc.errors import DiscStateError
from discstack.mmc.formatting import check_spare, choices, choose, format_medium
from discstack.mmc.job import BurnJob, WriteCommand
from discstack.mmc.media import overwritable, sequential
from discstack.mmc.medium import Action, DiscState, FormatChoice, MediumStatus
from discstack.mmc.procedure import Procedure
from discstack.mmc.recipe import FormatOptions, Recipe, Survey, Work
from discstack.mmc.spec.disc_information import LastSessionState
from discstack.mmc.spec.features import Configuration, FeatureCode
from discstack.mmc.spec.format_unit import FormatType
from discstack.mmc.states import next_actions
from discstack.mmc.steps import close, close_last_track, close_tracks

CLOSE_SESSION, FINALIZE = 2, 6  # MMC-6 table 252
WRITE_UNIT: Final = 32
PSEUDO_OVERWRITE, SRM_WITHOUT_POW = 0, 1  # sub-types of a format


def assess(recipe: Recipe, survey: Survey) -> MediumStatus:
    """Read the state; a freshly formatted disc looks appendable but is blank."""
    status = replace(sequential.assess(recipe, survey), formats=formats_of(survey))
    disc = survey.disc
    fresh = disc is not None and disc.number_of_sessions == 1 and disc.state_of_last_session == LastSessionState.EMPTY
    if status.state is DiscState.APPENDABLE and fresh and not survey.read_capacity:
        address, _ = sequential.writable(survey, blank=True)
        blank = replace(
            status,
            state=DiscState.BLANK,
            next_writable_address=address,
            used_blocks=0,
            blank=True,
            sessions=0,
            tracks=(),
            detail="with spare areas",
        )
        return replace(blank, actions=next_actions(recipe, DiscState.BLANK) - {Action.FORMAT}, formats=())
    return status


def formats_of(survey: Survey) -> tuple[FormatChoice, ...]:
    """Return what a blank disc can be formatted to."""
    formats = survey.formats
    return choices(formats, managed=True, whole=formats.current.number_of_blocks) if formats is not None else ()


def assess_pow(recipe: Recipe, survey: Survey) -> MediumStatus:
    """Read how much can still be written: each block costs a free one, whether or not it was written before."""
    track = survey.open_track
    free = track.free if track is not None else 0
    whole = survey.formats.current.number_of_blocks if survey.formats is not None else free
    status = overwritable.assess(recipe, survey, formatted=True, capacity=whole)
    detail = f"{free} blocks can still be written, those that are written over included"
    recorded = tuple(track for track in status.tracks if not track.blank)
    return replace(
        status,
        free_blocks=free,
        used_blocks=max((track.end for track in recorded), default=0),
        erasable=False,
        tracks=recorded,
        actions=next_actions(recipe, status.state),
        detail=detail,
    )


def finish(work: Work, job: BurnJob) -> Procedure[None]:
    """Close the track, then the session, or instead of it the disc."""
    yield from close_tracks(work)
    yield from close(work, FINALIZE if job.close else CLOSE_SESSION)


def abandon(work: Work, job: BurnJob) -> Procedure[None]:
    """Close the track, so that the session can be closed or continued later."""
    yield from close_last_track(work)


def format_disc(work: Work, options: FormatOptions) -> Procedure[None]:
    """Set a spare area aside, which turns defect management on and can be done once in a disc's life."""
    formats = work.survey.formats
    if work.status.state is not DiscState.BLANK or formats is None:
        raise DiscStateError(f"only a blank BD-R can be formatted ({work.status})")
    sub_type = PSEUDO_OVERWRITE if options.pseudo_overwrite else SRM_WITHOUT_POW
    if options.spare_blocks == 0 and not options.pseudo_overwrite:
        raise DiscStateError("a BD-R without spare areas is one that is not formatted: write to it as it is")
    if options.spare_blocks is None:
        chosen = choose(formats, (FormatType.FULL,), "default spare area")
        yield from format_medium(work, chosen.number_of_blocks, chosen.format_type, sub_type, 0)
        return
    whole = formats.current.number_of_blocks
    blocks = (whole - options.spare_blocks) // WRITE_UNIT * WRITE_UNIT
    check_spare(formats, FormatType.BD_R_SRM, whole, blocks)
    yield from format_medium(work, blocks, FormatType.BD_R_SRM, sub_type, 0)


def close_session(work: Work) -> Procedure[None]:
    """Close the open session so that another one can follow."""
    yield from close_tracks(work)
    yield from close(work, CLOSE_SESSION)


def close_disc(work: Work) -> Procedure[None]:
    """Finalize the disc."""
    if work.status.open_session:
        yield from close_tracks(work)
    yield from close(work, FINALIZE)


def with_pow(configuration: Configuration) -> Recipe | None:
    """Return the recipe of a disc that can be written over, if that is what is in the drive."""
    return BD_R_POW if configuration.is_current(FeatureCode.BD_R_POW) else None


BD_R: Final = Recipe(
    name="BD-R",
    assess=assess,
    write_unit=WRITE_UNIT,
    nominal_speed=4495.5,
    fastest=71928,  # 16x
    sequential=True,
    calibrates=True,
    commands=frozenset(WriteCommand),
    open_track=lambda disc: disc.last_track_number_in_last_session,
    finish=finish,
    abandon=abandon,
    format=format_disc,
    format_choices=frozenset({"spare_blocks", "pseudo_overwrite"}),
    certifies=True,
    close_track=close_tracks,
    close_session=close_session,
    close_disc=close_disc,
    variant=with_pow,
)
BD_R_POW: Final = Recipe(
    name="BD-R (pseudo-overwrite)",
    assess=assess_pow,
    write_unit=WRITE_UNIT,
    nominal_speed=4495.5,
    fastest=71928,  # 16x
    sequential=False,
    calibrates=True,
    commands=frozenset(WriteCommand),
    open_track=lambda disc: disc.last_track_number_in_last_session,
    finish=abandon,
    abandon=abandon,
)

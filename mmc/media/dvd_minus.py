"""DVD-R, DVD-R DL and sequential DVD-RW: borders, or disc at once (MMC-6 4.3.4; cookbook: docs/cookbook/dvd-r.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from discstack.mmc import actions, layers, queries
from discstack.mmc.command import optional
from discstack.mmc.formatting import choices, choose, format_medium
from discstack.mmc.job import BurnJob
from discstack.mmc.media import sequential
from discstack.mmc.medium import Action, DiscState, MediumStatus, WriteMode
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Procedure
from discstack.mmc.recipe import BurnPlan, FormatOptions, Recipe, Survey, Work
from discstack.mmc.spec.disc_information import DiscStatus
from discstack.mmc.spec.features import FeatureCode
from discstack.mmc.spec.format_unit import FormatType
from discstack.mmc.spec.mode_page_values import DataBlockType, MultiSession, WriteType
from discstack.mmc.spec.profiles import Profile
from discstack.mmc.states import CLOSING, next_actions
from discstack.mmc.steps import blank, close, close_last_track, close_tracks

CLOSE_SESSION: Final = 2  # MMC-6 table 250; the multi-session field says what becomes of it
LINK_SIZE: Final = 16  # the one size that all drives take, whatever their feature 0021h prefers
DATA, DATA_INCREMENTAL = 4, 5  # track modes
WRITE_TYPES: Final[Mapping[WriteMode, WriteType]] = {
    WriteMode.INCREMENTAL: WriteType.PACKET_INCREMENTAL,
    WriteMode.DISC_AT_ONCE: WriteType.SESSION_AT_ONCE,
}
AT_ONCE_ONLY: Final = "it can be written at once only"


def assess(recipe: Recipe, survey: Survey) -> MediumStatus:
    """Read the state, and from feature 0021h whether the disc takes more than one recording of a known size.

    Of a DVD-RW that is full or finalized only the formats still tell what all of it holds.
    """
    status, formats = sequential.assess(recipe, survey), choices(survey.formats)
    whole = max((choice.capacity_blocks for choice in formats), default=0)
    status = replace(status, capacity_blocks=max(status.capacity_blocks, whole), formats=formats)
    incremental = survey.configuration.is_current(FeatureCode.INCREMENTAL_STREAMING_WRITABLE)
    if status.state is DiscState.BLANK:
        return replace(status, modes=recipe.modes) if incremental else _at_once_only(status)
    if _broken_at_once(survey):
        return _beyond_closing(recipe, survey, status)
    return replace(status, modes=(WriteMode.INCREMENTAL,)) if status.state is DiscState.APPENDABLE else status


def _broken_at_once(survey: Survey) -> bool:
    """Say whether a recording at once has no end: neither the disc nor its track is written piece by piece."""
    if survey.disc is None or survey.disc.disc_status != DiscStatus.INCOMPLETE:
        return False
    pieces = any(track.damaged and track.packet is not None for track in survey.tracks)
    return not (survey.configuration.is_current(FeatureCode.INCREMENTAL_STREAMING_WRITABLE) or pieces)


def _beyond_closing(recipe: Recipe, survey: Survey, status: MediumStatus) -> MediumStatus:
    """Return the status of a broken recording at once, whose track and session cannot be closed.

    A flush ends it where all of it was written, and takes it back where nothing is on the disc yet, as of a test.
    """
    allowed = next_actions(recipe, DiscState.DAMAGED, erasable=status.erasable, open_session=True) - CLOSING
    if all(not track.damaged and (track.blank or not track.free or survey.test) for track in survey.tracks):
        allowed |= {Action.REPAIR}
    reason = "a recording at once was not completed"
    return replace(status, state=DiscState.DAMAGED, next_writable_address=None, actions=allowed, reason=reason)


def ask_test(survey: Survey) -> Procedure[bool]:
    """Ask how a broken recording at once is written: with the laser off, it is a test."""
    if not _broken_at_once(survey):
        return False
    page = yield from persist(lambda: optional(queries.write_parameters()))
    return page is not None and page.test_write


def _at_once_only(status: MediumStatus) -> MediumStatus:
    return replace(status, modes=(WriteMode.DISC_AT_ONCE,), detail=AT_ONCE_ONLY)


def prepare(work: Work, job: BurnJob) -> Procedure[None]:
    """Send the write parameters; their multi-session field decides what closing the border will mean."""
    mode = work.mode or WriteMode.INCREMENTAL
    final = job.close or work.recipe.single_session or mode is WriteMode.DISC_AT_ONCE
    yield from _select(work, mode, final=final, test_write=job.simulate, bufe=job.underrun_protection)


def _select(
    work: Work, mode: WriteMode, *, final: bool, test_write: bool = False, bufe: bool = True
) -> Procedure[None]:
    """Patch the page that the drive has. Fixed packets are asked for on DVD-R only: a DVD-RW reports none."""
    current = yield from persist(queries.write_parameters)
    incremental = mode is WriteMode.INCREMENTAL
    fixed = incremental and not work.status.erasable
    page = replace(
        current,
        bufe=bufe,
        ls_v=incremental,
        test_write=test_write,
        write_type=WRITE_TYPES[mode],
        multi_session=MultiSession.FINAL if final else MultiSession.NEXT_SESSION_ALLOWED,
        fp=fixed,
        copy=False,
        track_mode=DATA if work.status.erasable else DATA_INCREMENTAL,
        data_block_type=DataBlockType.MODE_1,
        link_size=LINK_SIZE if incremental else 0,
        packet_size=LINK_SIZE if fixed else 0,
        audio_pause_length=0,
    )
    yield from persist(partial(actions.mode_select, page.build()))


def announce(work: Work, job: BurnJob, plan: BurnPlan) -> Procedure[None]:
    """Reserve exactly what a recording at once will hold."""
    if plan.mode is WriteMode.DISC_AT_ONCE:
        yield from persist(partial(actions.reserve_track, plan.total))


def finish(work: Work, job: BurnJob) -> Procedure[None]:
    """Close the track, then the border. A recording at once has got its lead-out with the flush."""
    if work.mode is WriteMode.DISC_AT_ONCE:
        return
    yield from close_tracks(work)
    yield from close(work, CLOSE_SESSION)


def abandon(work: Work, job: BurnJob) -> Procedure[None]:
    """Close the track, so that the border can be closed later; a recording at once cannot be saved."""
    if work.mode is not WriteMode.DISC_AT_ONCE:
        yield from close_last_track(work)


def close_session(work: Work) -> Procedure[None]:
    """Close the border so that another one can follow."""
    yield from _select(work, WriteMode.INCREMENTAL, final=work.recipe.single_session)
    yield from close_tracks(work)
    yield from close(work, CLOSE_SESSION)


def close_disc(work: Work) -> Procedure[None]:
    """Close the last border and the disc."""
    yield from _select(work, WriteMode.INCREMENTAL, final=True)
    if work.status.open_session:
        yield from close_tracks(work)
    yield from close(work, CLOSE_SESSION)


def needs_full_blanking(job: BurnJob) -> bool:
    """Say whether a burn wants more than one recording at once can give."""
    return job.mode is WriteMode.INCREMENTAL or (job.mode is None and not job.close)


def format_disc(work: Work, options: FormatOptions) -> Procedure[None]:
    """Turn a DVD-RW to restricted overwrite: quickly, to be written from its start, or with every block formatted."""
    if not options.full:
        row = choose(work.survey.formats, (FormatType.DVD_RW_QUICK,), "quick formatting")
        yield from format_medium(work, 0, row.format_type, 0, row.type_dependent_parameter)
        return
    row = choose(work.survey.formats, (FormatType.FULL, FormatType.CD_RW_DVD_RW_FULL), "full formatting")
    yield from format_medium(work, row.number_of_blocks, row.format_type, 0, row.type_dependent_parameter)


DVD_R: Final = Recipe(
    name="DVD-R",
    assess=assess,
    write_unit=16,
    nominal_speed=1385.0,
    fastest=33240,  # 24x
    sequential=True,
    flush_ends_recording=True,
    session_gap=49152,
    simulates=True,
    calibrates=True,
    modes=(WriteMode.INCREMENTAL, WriteMode.DISC_AT_ONCE),
    open_track=lambda disc: disc.last_track_number_in_last_session,
    ask_test=ask_test,
    prepare=prepare,
    announce=announce,
    finish=finish,
    abandon=abandon,
    close_track=close_tracks,
    close_session=close_session,
    close_disc=close_disc,
)
DVD_R_DL: Final = replace(
    DVD_R,
    name="DVD-R DL",
    single_session=True,
    session_gap=0,
    ask_layer_break=layers.as_pressed,
    split=layers.filled,
)
DVD_RW: Final = replace(
    DVD_R,
    name="DVD-RW",
    fastest=8310,  # 6x
    becomes=frozenset({Profile.DVD_RW_RESTRICTED_OVERWRITE}),
    blank=blank,
    blank_for=needs_full_blanking,
    format=format_disc,
    format_choices=frozenset({"full"}),
)

"""DVD+RW: formatted in the background, written anywhere (MMC-6 4.3.9; cookbook: docs/cookbook/dvd+rw.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from discstack.mmc import polling, queries
from discstack.mmc.errors import DiscStateError, DriveTimeout
from discstack.mmc.formatting import choices, format_medium
from discstack.mmc.job import BurnJob
from discstack.mmc.media import overwritable
from discstack.mmc.medium import MediumStatus
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Checkpoint, Now, Pause, Phase, Procedure, Report
from discstack.mmc.recipe import FormatOptions, Recipe, Survey, Work
from discstack.mmc.spec.disc_information import BackgroundFormat
from discstack.mmc.spec.format_unit import FormatType
from discstack.mmc.states import next_actions
from discstack.mmc.steps import close

STOP_FORMATTING, CLOSE_SESSION = 0, 2  # MMC-6 table 250
RESTART: Final = 1  # type dependent parameter of format 26h
WHOLE_DISC: Final = 0xFFFFFFFF


DETAILS: Final = {
    BackgroundFormat.STARTED: "its background format was stopped",
    BackgroundFormat.RUNNING: "being formatted in the background",
}


def assess(recipe: Recipe, survey: Survey) -> MediumStatus:
    """Read the state of the background format and the capacity."""
    format_state = survey.disc.bg_format_status if survey.disc is not None else BackgroundFormat.NONE
    formatted = format_state != BackgroundFormat.NONE
    running = format_state == BackgroundFormat.RUNNING
    status = overwritable.assess(recipe, survey, formatted=formatted, capacity=_capacity(survey))
    return replace(
        status,
        open_session=running,
        actions=next_actions(recipe, status.state, erasable=True, open_session=running),
        formats=choices(survey.formats),
        detail=DETAILS.get(BackgroundFormat(format_state), ""),
    )


def _capacity(survey: Survey) -> int:
    """Return what the format will reach, however far it is: the disc can be written to there at any time."""
    formats = survey.formats
    if formats is None:
        return survey.read_capacity
    wanted = [row.number_of_blocks for row in formats.formattable if row.format_type == FormatType.DVD_PLUS_RW]
    return max([*wanted, survey.read_capacity]) or formats.current.number_of_blocks


def format_disc(work: Work, options: FormatOptions) -> Procedure[None]:
    """Start the background format, or take it up where it was stopped; in full, wait until it is complete.

    The disc can be written as soon as the drive is ready again.
    """
    disc = yield from persist(queries.disc_information)
    if options.resume and disc.bg_format_status != BackgroundFormat.STARTED:
        raise DiscStateError(f"no background format was stopped on this disc ({work.status})")
    yield from format_medium(work, WHOLE_DISC, FormatType.DVD_PLUS_RW, 0, RESTART if options.resume else 0)
    if options.full:
        yield from _completed()


def _completed() -> Procedure[None]:
    """Wait for the end of the background format, of which TEST UNIT READY tells nothing."""
    start = yield Now()
    while True:
        disc = yield from persist(queries.disc_information)
        if disc.bg_format_status != BackgroundFormat.RUNNING:
            return
        if (yield Now()) - start >= polling.FORMAT:
            raise DriveTimeout(f"the background format is still not complete after {polling.FORMAT:.0f} s")
        sense = yield from persist(queries.request_sense)
        yield Report(Phase.FORMATTING, sense.progress)
        yield Checkpoint()  # the format goes on without us, or where it is stopped
        yield Pause(polling.INTERVAL)


def prepare(work: Work, job: BurnJob) -> Procedure[None]:
    """Take up a background format that was stopped."""
    disc = yield from persist(queries.disc_information)
    if disc.bg_format_status == BackgroundFormat.STARTED:
        yield from format_medium(work, WHOLE_DISC, FormatType.DVD_PLUS_RW, 0, RESTART)


def stop_formatting(work: Work, job: BurnJob) -> Procedure[None]:
    """Stop a background format that runs, so that the disc may be taken out."""
    disc = yield from persist(queries.disc_information)
    if disc.bg_format_status == BackgroundFormat.RUNNING:
        yield from close(work, STOP_FORMATTING)


def finish(work: Work, job: BurnJob) -> Procedure[None]:
    """Stop the background format and write a lead-out, which players need."""
    yield from stop_formatting(work, job)
    yield from close(work, CLOSE_SESSION)


def close_session(work: Work) -> Procedure[None]:
    """Stop the background format with a lead-out, so that the disc can be taken out and read elsewhere."""
    yield from close(work, STOP_FORMATTING)
    yield from close(work, CLOSE_SESSION)


DVD_PLUS_RW: Final = Recipe(
    name="DVD+RW",
    assess=assess,
    write_unit=16,
    nominal_speed=1385.0,
    fastest=11080,  # 8x
    sequential=False,
    prepare=prepare,
    finish=finish,
    abandon=stop_formatting,
    format=format_disc,
    format_choices=frozenset({"full", "resume"}),
    close_session=close_session,
)

"""The job of a burn, the same for every medium: the order of the steps, and what happens when one of them fails.

Whatever goes wrong after the tray was locked, the tray is unlocked again and the error carries, in `medium` and in its
notes, what a fresh look at the disc said. After a failed or cancelled WRITE nothing more is written but what closes the
track; after a TransportError the disc is left alone, unless it is one of a command that was never sent.
"""

from __future__ import annotations

from dataclasses import replace

from discstack.mmc.calibration import calibrate
from discstack.mmc.errors import DiscStateError
from discstack.mmc.guard import locked
from discstack.mmc.identify import next_writable, open_work, status_of
from discstack.mmc.job import BurnJob, BurnResult, Digests, SpeedReport, VerifyLevel, WriteCommand
from discstack.mmc.medium import DiscState, WriteMode
from discstack.mmc.outcome import check_outcome, check_pace
from discstack.mmc.planning import blanked, check_elsewhere, must_erase, plan_burn
from discstack.mmc.procedure import Checkpoint, Phase, Procedure, Report
from discstack.mmc.read_speed import at_read_speed
from discstack.mmc.recipe import BurnPlan, FormatOptions, Work
from discstack.mmc.recording import check_ring, check_transfer, write_session
from discstack.mmc.speed import set_write_speed
from discstack.mmc.verify import verify
from discstack.transport.base import FeedCounters

__all__ = ["burn"]


def burn(job: BurnJob) -> Procedure[BurnResult]:
    """Write an image as one session, close it, look at the disc, and read back what was written.

    Returns only if all of that is as planned. Raises UnsupportedMedium, MediumNotBlank, MediumFull or DiscStateError
    before anything is written if the image cannot go there; later DiscStateError or VerificationError if the disc did
    not become what was planned, CommandError, DriveTimeout, TransportError, Cancelled, or what the source raised.
    """
    yield Report(Phase.VALIDATING)
    work = yield from open_work()
    erase_first = not job.grow and must_erase(work.status, job)
    check_elsewhere(work.status, job)
    status = blanked(work.recipe, work.status) if erase_first else work.status
    plan_burn(work.recipe, status, job)
    work.recipe.check(replace(work, status=status), job)
    yield from check_transfer(work, job)
    check_ring(work, job.ring_bytes)
    yield Checkpoint()
    result = yield from locked(_burn(work, job, erase_first=erase_first))
    yield Report(Phase.DONE)
    return result


def _burn(work: Work, job: BurnJob, *, erase_first: bool) -> Procedure[BurnResult]:
    notices = work.notices
    if erase_first:
        work = yield from _erased(work, job)
    if work.status.state is DiscState.UNFORMATTED:
        work = yield from _formatted(work)
    plan = plan_burn(work.recipe, work.status, job)
    if job.close and not work.recipe.sequential:
        yield from work.notice(Phase.VALIDATING, f"{work.recipe.name} stays overwritable: there is nothing to close")
    work.mode = plan.mode
    if plan.closes and not job.close:
        yield from work.notice(Phase.VALIDATING, "this way of writing finalizes the disc: nothing can be added to it")
    if plan.excess:
        message = f"{plan.excess} blocks more than the disc says that it holds: overburning, as it was permitted"
        yield from work.notice(Phase.VALIDATING, message)
    yield from work.recipe.prepare(work, job)
    careful = job.verify_speed or work.recipe.verify_speed
    curb = careful if job.command is WriteCommand.WRITE_AND_VERIFY else None
    writing = _write(work, job, plan, curb)
    speed, counters, digests, seconds = yield from at_read_speed(curb, writing, Phase.WRITING)
    at_once = plan.mode is WriteMode.DISC_AT_ONCE  # its lead-in and lead-out are in the time
    measured = counters.blocks * work.recipe.raw_block / 1000 / seconds if seconds and not at_once else None
    yield from check_pace(work, counters, seconds)
    status = yield from status_of(work)
    yield from check_outcome(work, job, plan, status)
    verified = 0
    if job.verify is not VerifyLevel.NONE and not job.simulate:
        verified = yield from verify(digests, level=job.verify, read_speed=careful)
    return BurnResult(
        start=plan.start,
        blocks=plan.blocks,
        padding=plan.padding,
        mode=plan.mode,
        layer_break=plan.layer_break,
        medium=status,
        digests=digests,
        counters=counters,
        seconds=seconds,
        speed=replace(speed, measured=measured),
        verified=verified,
        simulated=job.simulate,
        notices=tuple(notices),
    )


def _write(
    work: Work, job: BurnJob, plan: BurnPlan, curb: int | None
) -> Procedure[tuple[SpeedReport, FeedCounters, Digests, float]]:
    """Set the speeds, `curb` that of what the drive reads back as it writes, and write the session."""
    speed = yield from set_write_speed(work, job.speed, curb)
    yield from calibrate(work, job)
    yield from _confirm_address(work, plan)
    yield Checkpoint()
    return speed, *(yield from write_session(work, job, plan, speed.accepted))


def _erased(work: Work, job: BurnJob) -> Procedure[Work]:
    yield Report(Phase.ERASING)
    if work.recipe.blank is None:
        raise DiscStateError(f"{work.recipe.name} cannot be erased")
    yield from work.recipe.blank(work, work.recipe.blank_for(job))
    return (yield from _again(work))


def _formatted(work: Work) -> Procedure[Work]:
    yield Report(Phase.FORMATTING)
    if work.recipe.format is None:
        raise DiscStateError(f"{work.recipe.name} cannot be formatted")
    yield from work.recipe.format(work, FormatOptions())
    return (yield from _again(work))


def _again(work: Work) -> Procedure[Work]:
    """Look at the medium anew after it was changed, and keep what was noticed so far."""
    fresh = yield from open_work()
    fresh.notices[:0] = work.notices
    work.notices[:] = fresh.notices
    fresh.notices = work.notices
    return fresh


def _confirm_address(work: Work, plan: BurnPlan) -> Procedure[None]:
    """Ask once more where the drive would write: mode pages, formatting and others may have moved it."""
    if not work.recipe.sequential:
        return
    address = yield from next_writable(work)
    if address != plan.start:
        raise DiscStateError(
            f"the image is planned for address {plan.start}, the drive would now write at {address}: look at the disc "
            "again, and plan anew; what it told before may have been due to settings that another program left behind"
        )

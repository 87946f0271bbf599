"""Comparing what the disc became with what was planned."""

from __future__ import annotations

from typing import Final

from discstack.mmc.command import BLOCK_SIZE
from discstack.mmc.errors import DiscStateError
from discstack.mmc.job import BurnJob
from discstack.mmc.medium import DiscState, MediumStatus
from discstack.mmc.procedure import Phase, Procedure
from discstack.mmc.recipe import BurnPlan, Work
from discstack.transport.base import FeedCounters

SMALL_REST: Final = 50  # a drive may close a disc of which less than one part in so many is left
HARDLY_MEASURABLE: Final = 32 << 20  # bytes; less than that may all have gone into a buffer
TOO_GOOD: Final = 1.5  # faster by so much than the fastest drive known


def check_untouched(before: MediumStatus, after: MediumStatus) -> None:
    """Raise DiscStateError where a test left something behind."""
    if (after.state, after.next_writable_address) != (before.state, before.next_writable_address):
        raise unplanned(f"a test changed the disc, which was {before}", after)


def check_outcome(work: Work, job: BurnJob, plan: BurnPlan, after: MediumStatus) -> Procedure[None]:
    """Raise DiscStateError unless the disc is in the planned state and shows the session that was written."""
    if job.simulate:
        check_untouched(work.status, after)
        return
    if not work.recipe.sequential:
        if after.state is not DiscState.OVERWRITABLE or after.capacity_blocks < plan.end:
            raise unplanned("the disc did not stay overwritable", after)
        return
    if after.state is DiscState.BLANK:
        raise unplanned("the drive reported success, but the disc is still blank", after)
    planned = DiscState.FINALIZED if plan.closes else DiscState.APPENDABLE
    if after.state is DiscState.FINALIZED and planned is DiscState.APPENDABLE and _is_full(work, plan):
        yield from work.notice(Phase.FINALISING, "the drive finalized the disc: there is no room for another session")
    elif after.state is DiscState.FINALIZED and planned is DiscState.APPENDABLE:
        raise unplanned("the drive finalized the disc with its session; the disc should be appendable now", after)
    elif after.state is not planned:
        raise unplanned(f"the disc should be {planned.value} now", after)
    if after.open_session is not job.leave_open:
        raise unplanned(f"the session did not {'stay open' if job.leave_open else 'get closed'}", after)
    if after.next_writable_address is not None and after.next_writable_address < plan.end:
        raise unplanned(f"the drive would write over the new session, which ends at {plan.end}", after)
    if not after.tracks:
        yield from work.notice(Phase.FINALISING, "the drive tells of no tracks on this disc: read it back")
    elif not any(track.start <= plan.start and track.end >= plan.end for track in after.tracks):
        raise unplanned(f"no track holds the blocks {plan.start} to {plan.end - 1} that were written", after)
    if after.used_blocks < plan.end:
        raise unplanned(f"the disc ends before block {plan.end}, where what was written does", after)


def check_pace(work: Work, counters: FeedCounters, seconds: float) -> Procedure[None]:
    """Say so if the recording was done sooner than any drive could have: reading back will tell."""
    size = counters.blocks * BLOCK_SIZE - counters.drive_buffer
    if size < HARDLY_MEASURABLE:
        return
    fastest = TOO_GOOD * work.recipe.fastest * 1000 * BLOCK_SIZE / work.recipe.raw_block
    if seconds * fastest < size:
        yield from work.notice(
            Phase.FINALISING, f"{size} bytes in {seconds:.1f} s are more than such a disc can take; read it back"
        )


def _is_full(work: Work, plan: BurnPlan) -> bool:
    before = work.status
    room = before.free_blocks
    if plan.layer_break is not None and plan.layer_break != before.layer_break:
        room = 2 * plan.layer_break - plan.start
    rest = room - plan.total - work.recipe.session_gap
    return rest < before.capacity_blocks // SMALL_REST


def unplanned(what: str, after: MediumStatus) -> DiscStateError:
    """Return the error that what became of a disc, which is `after` now, was not planned."""
    error = DiscStateError(f"{what} ({after})")
    error.medium = after
    return error

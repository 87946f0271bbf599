"""The next day: another process finds the disc as a job left it, and goes on with it as far as the medium allows."""

from __future__ import annotations

from discstack.mmc.burn import burn
from discstack.mmc.errors import DiscStateError, DriveTimeout, MediumFull
from discstack.mmc.identify import identify
from discstack.mmc.medium import Action, DiscState, MediumStatus
from discstack.mmc.operations import erase, repair
from discstack.mmc.polling import FORMAT, wait_ready
from discstack.mmc.procedure import Procedure
from sweep.subjects import Subject

BLOCKS = 40
SEED = 99
STEPS = 5  # at most: wait, repair, erase, write
BEYOND_REPAIR = "a recording at once was not completed"  # of a DVD
ENDS = {DiscState.FINALIZED, DiscState.READ_ONLY, DiscState.NO_MEDIUM}  # nothing more can be done then


def goes_on(subject: Subject) -> bool:
    """Look at the disc, do what its state calls for, and burn; return whether all stays that was there.

    Raises AssertionError where that does not work.
    """
    lab, tap = subject.lab, subject.tap
    tap.spare()
    tap.cancelled.clear()
    before: list[str] = []
    stays = True
    for _ in range(STEPS):
        status = lab.run(_looked(), tap)
        before.append(f"{status} ({', '.join(sorted(action.value for action in status.actions))})")
        if status.state is DiscState.FORMATTING:
            lab.run(wait_ready(FORMAT), tap)
        elif Action.REPAIR in status.actions and status.state is not DiscState.INTERMEDIATE:
            lab.run(repair(), tap)
        elif {Action.WRITE, Action.APPEND} & status.actions:
            if _burn(subject, status):
                return stays and Action.APPEND in status.actions
        elif Action.ERASE in status.actions:
            stays = False
            lab.run(erase(), tap)
        else:
            assert status.state in ENDS or status.reason == BEYOND_REPAIR, f"nothing is to be done: {'; '.join(before)}"
            return stays
    raise AssertionError(f"no end: {'; '.join(before)}")


def _looked() -> Procedure[MediumStatus]:
    """Say what there is, after what the drive may still be busy with."""
    try:
        return (yield from identify())
    except DriveTimeout:
        yield from wait_ready(FORMAT)
    return (yield from identify())


def _burn(subject: Subject, status: MediumStatus) -> bool:
    """Burn, and see that it is there; False where the drive changes its mind about where to write, which is to be tried
    again: that depends on settings that somebody may have left behind.
    """
    lab, tap = subject.lab, subject.tap
    append = Action.APPEND in status.actions
    start = (status.next_writable_address or 0) if append or not status.erasable else 0
    try:
        lab.run(burn(lab.job(source=lab.source(BLOCKS, SEED), start=start, erase=not append)), tap)
    except MediumFull:
        return True
    except DiscStateError as error:
        if "look at the disc again" not in str(error):
            raise
        return False
    assert tap.on_disc(start, BLOCKS) == lab.image(BLOCKS, SEED), f"what was burnt at {start} is not there"
    return True

"""Deciding, before anything is written, whether and where an image can go."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from discstack.mmc.errors import DiscStateError, MediumFull, MediumNotBlank, UnsupportedMedium
from discstack.mmc.job import BurnJob, Choices
from discstack.mmc.medium import Action, DiscState, MediumStatus, WriteMode
from discstack.mmc.recipe import BurnPlan, Recipe

_ANYWHERE: Final = {DiscState.OVERWRITABLE, DiscState.UNFORMATTED, DiscState.INTERMEDIATE}
_WRITABLE: Final = {DiscState.BLANK, DiscState.APPENDABLE, *_ANYWHERE}


def needs_close(status: MediumStatus) -> bool:
    """Say whether nothing can be added before the session is closed, and that can be done."""
    return Action.CLOSE_SESSION in status.actions and Action.APPEND not in status.actions


def must_erase(status: MediumStatus, job: Choices) -> bool:
    """Say whether the medium has to be blanked first; refuse one whose data nobody permitted to lose."""
    holds_data = not status.blank and status.state not in (DiscState.UNFORMATTED, DiscState.NO_MEDIUM)
    if status.state in (DiscState.OVERWRITABLE, DiscState.INTERMEDIATE):
        if holds_data and not job.erase:
            raise MediumNotBlank(f"the medium holds data ({status}); nobody said that it may be overwritten")
        return False
    if not holds_data or status.state in (DiscState.READ_ONLY, DiscState.UNSUPPORTED):
        return False
    if job.erase and Action.ERASE in status.actions:
        return erases_first(status, job)
    if job.erase and status.state is not DiscState.APPENDABLE:
        raise MediumNotBlank(f"the medium holds data and cannot be erased ({status})")
    if status.state is DiscState.FINALIZED:
        advice = "; it may be erased first" if Action.ERASE in status.actions else ""
        raise MediumNotBlank(f"nothing can be added to this medium ({status}){advice}")
    return False


def erases_first(status: MediumStatus, job: Choices) -> bool:
    """Return that the medium has to be blanked first; refuse that for a test write, which is to leave it as it is."""
    if job.simulate:
        raise MediumNotBlank(f"a test write erases nothing, and the medium holds data ({status})")
    return True


def check_elsewhere(status: MediumStatus, job: BurnJob) -> None:
    """Raise MediumNotBlank for a place within a medium of which nobody has looked what it holds: only starts are."""
    anywhere = status.state in (DiscState.OVERWRITABLE, DiscState.INTERMEDIATE)
    if anywhere and job.start and not (job.erase or job.grow):
        raise MediumNotBlank(
            f"the medium may hold data from address {job.start} on ({status}); nobody said that it may be overwritten"
        )


def plan_burn(recipe: Recipe, status: MediumStatus, job: BurnJob) -> BurnPlan:
    """Fit an image onto a medium that is ready for it, or say why it does not fit.

    Raises UnsupportedMedium, DiscStateError, MediumNotBlank or MediumFull.
    """
    _check_state(recipe, status)
    _check_options(recipe, status, job)
    _check_start(recipe, status, job)
    mode = job.mode or status.usual_mode
    if job.leave_open and (mode not in recipe.go_on or job.close):
        raise UnsupportedMedium(f"only a track of packets can be left open, on a disc that is not closed ({status})")
    if job.xa and mode not in recipe.xa:
        way = f", {mode.value}" if mode is not None else ""
        raise UnsupportedMedium(f"an image becomes no sectors of CD-ROM XA on {recipe.name}{way}; nothing was written")
    unit = recipe.unit(recipe, status, mode)
    needed = _needed(recipe, job, unit)
    if needed > _room(recipe, status, job, mode):
        mode = _overburning(recipe, status, job, needed)
    room = _room(recipe, status, job, mode)
    total = max(needed, min(_wished(recipe, job, unit), room - room % unit))
    return BurnPlan(
        start=job.start,
        blocks=job.source.sectors,
        padding=total - job.source.sectors,
        mode=mode,
        closes=job.close or recipe.single_session or mode in recipe.finalize,
        layer_break=_layer_break(recipe, status, job, total),
        excess=max(total - room, 0),
    )


def _needed(recipe: Recipe, job: BurnJob, unit: int) -> int:
    """Return how many blocks have to be written: the image, the postgap that was asked for, and to the unit's end."""
    blocks = job.source.sectors
    if blocks < 1:
        raise ValueError("the image has no blocks")
    least = max(blocks + (job.postgap or 0), 0 if job.leave_open else recipe.minimum_track)
    if job.exact:
        _check_exact(recipe, unit, least, blocks)
    return _round_up(least, unit)


def _wished(recipe: Recipe, job: BurnJob, unit: int) -> int:
    """Return how many blocks are written where there is room: with the medium's usual postgap if none was asked for."""
    postgap = job.postgap
    if postgap is None:
        postgap = 0 if job.exact or job.leave_open else recipe.postgap
    return _round_up(job.source.sectors + postgap, unit)


def _layer_break(recipe: Recipe, status: MediumStatus, job: BurnJob, total: int) -> int | None:
    if recipe.split is not None:
        return recipe.split(status, job, total)
    if job.layer_break is not None:
        raise UnsupportedMedium(f"{recipe.name} has no layer break that the host could set; nothing was written")
    return None


def _room(recipe: Recipe, status: MediumStatus, job: BurnJob, mode: WriteMode | None) -> int:
    if status.state in _ANYWHERE:
        return min(status.capacity_blocks - job.start, status.free_blocks)
    return recipe.room(status, mode)


def _overburning(recipe: Recipe, status: MediumStatus, job: BurnJob, needed: int) -> WriteMode:
    """Return the way to write more than there is room for; MediumFull where there is none, or nobody permitted that."""
    ways = [mode for mode in status.modes if mode in recipe.overburn]
    if job.overburn and ways and job.mode in (None, *ways):
        return job.mode or ways[0]
    advice = f"; it may be overburnt, {' or '.join(mode.value for mode in ways)}" if ways else ""
    room = max(_room(recipe, status, job, job.mode), 0)
    raise MediumFull(
        f"the image needs {needed} blocks, {needed - room} more than the {room} that are free ({status}){advice}",
        excess=needed - room,
    )


def _check_exact(recipe: Recipe, unit: int, least: int, blocks: int) -> None:
    """Refuse an image that must end the recording where something would be recorded behind it."""
    if not recipe.sequential:
        raise UnsupportedMedium(
            f"{recipe.name} is not written sequentially, and the image must end where the recording ends; "
            "nothing was written"
        )
    if least > blocks or blocks % unit:
        raise UnsupportedMedium(
            f"the image has {blocks} blocks and must end where the recording ends, but {recipe.name} is written in "
            f"units of {unit} blocks and at least {least}; nothing was written"
        )


def blanked(recipe: Recipe, status: MediumStatus) -> MediumStatus:
    """Return what a medium will be when it is blanked."""
    return replace(
        status,
        state=DiscState.BLANK,
        free_blocks=status.capacity_blocks - recipe.run_out,
        next_writable_address=0,
        sessions=0,
        open_session=False,
        tracks=(),
        blank=True,
        modes=recipe.modes,
    )


def _check_state(recipe: Recipe, status: MediumStatus) -> None:
    if status.state is DiscState.APPENDABLE and recipe.single_session:
        raise DiscStateError(f"{recipe.name} holds one session, and this one has it ({status})")
    if status.state in _WRITABLE:
        return
    if status.state in (DiscState.UNSUPPORTED, DiscState.READ_ONLY):
        raise UnsupportedMedium(f"cannot write to this medium: {status}")
    raise DiscStateError(f"the medium is not in a state to be written: {status}")


def _check_options(recipe: Recipe, status: MediumStatus, job: BurnJob) -> None:
    if job.simulate and not recipe.simulates:
        raise UnsupportedMedium(f"{recipe.name} has no test writing; nothing was written")
    if job.command not in recipe.commands:
        raise UnsupportedMedium(f"{recipe.name} is not written by {job.command.value}; nothing was written")
    if job.mode is not None and job.mode not in status.modes:
        known = " or ".join(mode.value for mode in status.modes) or "in one way only"
        raise UnsupportedMedium(f"this medium is written {known}, not {job.mode.value} ({status}); nothing was written")


def _check_start(recipe: Recipe, status: MediumStatus, job: BurnJob) -> None:
    if status.state is DiscState.APPENDABLE and job.start == 0:
        advice = "an image to be appended must be planned for its next writable address"
        if needs_close(status):
            advice = "its session is open: close it first, then another one can follow"
        raise MediumNotBlank(f"the medium holds data ({status}); {advice}")
    expected = status.next_writable_address
    if recipe.sequential and job.start != expected:
        raise DiscStateError(
            f"the image is planned for address {job.start}, the medium goes on at {expected} ({status})"
        )
    if status.state is DiscState.INTERMEDIATE and job.start:
        advice = "" if status.blank else "; close the session first, then the disc can grow"
        raise DiscStateError(
            f"the session is open and is written from address 0 on, not from {job.start} ({status}){advice}"
        )
    if job.start % recipe.write_unit and not recipe.sequential:
        raise DiscStateError(
            f"{recipe.name} is written in units of {recipe.write_unit} blocks; address {job.start} is inside of one"
        )


def _round_up(blocks: int, unit: int) -> int:
    return -(-blocks // unit) * unit

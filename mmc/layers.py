"""Discs with two layers: how much lies on the first one, and who decides that."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from discstack.mmc import actions, queries
from discstack.mmc.command import optional
from discstack.mmc.errors import DiscStateError, ResponseError
from discstack.mmc.medium import DiscState, MediumStatus
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Phase, Procedure
from discstack.mmc.spec.disc_structure import DiscStructure, LayerBoundaryInformation, PhysicalFormatInformation

if TYPE_CHECKING:
    from discstack.mmc.job import BurnJob
    from discstack.mmc.recipe import BurnPlan, Work
    from discstack.mmc.spec.track_information import TrackInformation

UNIT: Final = 16
BOUNDARY, CONTROL_DATA = 0x20, 0x10  # formats of READ and SEND DISC STRUCTURE


def boundary() -> Procedure[int | None]:
    """Return how many blocks lie on layer 0 of a DVD+R DL, by default or as it was set (MMC-6 6.22.3.2.20)."""
    found = yield from _structure(BOUNDARY)
    return found.capacity_of_l0 if isinstance(found, LayerBoundaryInformation) else None


def as_pressed() -> Procedure[int | None]:
    """Return how many blocks lie on layer 0 of a DVD-R DL (MMC-6 6.22.3.2.17)."""
    found = yield from _structure(CONTROL_DATA)
    return found.layer_0_blocks if isinstance(found, PhysicalFormatInformation) else None


def jumped(track: TrackInformation, middle: int) -> tuple[range, ...]:
    """Return where a track with layer jumps is recorded on either layer, layer 1 beginning at `middle` (MMC-6 6.26).

    Its jumps are known from the last one, so of a track that is written on layer 1 just now only the last piece there.
    """
    start, jump, last = track.logical_track_start_address, track.last_layer_jump_address, track.last_recorded_address
    if not jump:
        return (range(start, last + 1),)
    above = 2 * middle - 1 - jump
    if last < middle:
        return range(start, last + 1), range(above, 2 * middle - start)
    return range(start, jump + 1), range(above, 2 * middle - start if not track.nwa_v else last + 1)


def _structure(format: int) -> Procedure[DiscStructure | None]:
    try:
        return (yield from persist(lambda: optional(queries.disc_structure(format))))
    except ResponseError:
        return None


def filled(status: MediumStatus, job: BurnJob, total: int) -> int | None:
    """Refuse an image that leaves layer 1 of a DVD-R DL without data; there the drive decides where it begins.

    Such a disc is closed by filling all of layer 0 and as much of layer 1: more than half of it would be lost.
    """
    if job.layer_break is not None:
        raise DiscStateError(f"the layer break of a {status.name} is the drive's, not the host's")
    if status.layer_break is not None and total <= status.layer_break:
        raise DiscStateError(
            f"{total} blocks do not reach layer 1, which begins at {status.layer_break}: more than half of the disc"
            " would be wasted; use a disc with one layer"
        )
    return status.layer_break


def halved(status: MediumStatus, job: BurnJob, total: int) -> int | None:
    """Return how many blocks go on layer 0 of a DVD+R DL: what is asked for, else half of a disc that is closed.

    A disc that is to be appended to keeps the drive's own break, as does one with data.
    """
    default, wished = status.layer_break, job.layer_break
    settable = status.state is DiscState.BLANK and default is not None
    if wished is None:
        return half(total) if settable and job.close else default
    if not settable or default is None:
        raise DiscStateError(f"the layer break can be set on a blank disc only ({status})")
    if wished % UNIT or not 0 < wished <= default or total > 2 * wished:
        raise DiscStateError(
            f"the layer break is a multiple of {UNIT}, at most {default}, and at least {half(total)} for {total} blocks"
            f", not {wished}"
        )
    return wished


def half(total: int) -> int:
    """Return the smaller layer 0 of a disc that holds `total` blocks: whole units, and no less than layer 1."""
    return -(-total // (2 * UNIT)) * UNIT


def set_break(work: Work, job: BurnJob, plan: BurnPlan) -> Procedure[None]:
    """Tell the drive how much goes on layer 0, if that is not what it would do by itself."""
    if plan.layer_break is None or plan.layer_break == work.status.layer_break:
        return
    if work.status.layer_break is not None and plan.total <= work.status.layer_break:
        yield from work.notice(Phase.CALIBRATING, f"{plan.total} blocks would fit on a disc with one layer")
    structure = LayerBoundaryInformation(capacity_of_l0=plan.layer_break).build()
    yield from persist(partial(actions.send_disc_structure, BOUNDARY, structure))

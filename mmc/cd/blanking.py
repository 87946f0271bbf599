"""Taking back a part of what a CD-RW holds: the types of BLANK besides whole discs (MMC-6 6.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Final

from discstack.mmc import actions, polling
from discstack.mmc.errors import DiscStateError, UnsupportedMedium
from discstack.mmc.guard import locked
from discstack.mmc.identify import open_work, status_of
from discstack.mmc.medium import Action, MediumStatus
from discstack.mmc.procedure import Checkpoint, Phase, Procedure, Report
from discstack.mmc.recipe import Work
from discstack.mmc.steps import long_operation

__all__ = ["BlankType", "blank_part"]


class BlankType(IntEnum):
    """What BLANK takes back; drives know 0 and 1, many know 5 and 6, few know the others."""

    DISC = 0  # everything
    MINIMAL = 1  # what makes the disc look written
    TRACK = 2  # what a track of the open session holds; address: its number
    UNRESERVE_TRACK = 3  # the reservation of a track; address: its number
    TRACK_TAIL = 4  # a track of the open session from an address on
    UNCLOSE_LAST_SESSION = 5  # lead-in and lead-out of the last session: tracks can be added to it
    ERASE_LAST_SESSION = 6  # the last session


# How to see that it was done; of the parts of an open session a drive does not tell enough
TAKEN_BACK: Final[Mapping[BlankType, Callable[[MediumStatus, MediumStatus], bool]]] = {
    BlankType.DISC: lambda before, after: after.blank,
    BlankType.MINIMAL: lambda before, after: after.blank,
    BlankType.UNCLOSE_LAST_SESSION: lambda before, after: after.open_session,
    BlankType.ERASE_LAST_SESSION: lambda before, after: after.blank or after.sessions < before.sessions,
}
OF_A_SESSION: Final = frozenset({BlankType.UNCLOSE_LAST_SESSION, BlankType.ERASE_LAST_SESSION})
ADDRESSED: Final = frozenset({BlankType.TRACK, BlankType.UNRESERVE_TRACK, BlankType.TRACK_TAIL})


def blank_part(kind: BlankType, address: int = 0) -> Procedure[MediumStatus]:
    """Blank a rewritable disc, or a part of it, and return what it is then.

    `address` is a track number or a block address, as `kind` says. Raises UnsupportedMedium for a disc that cannot be
    blanked, DiscStateError for one without a session whose session is meant, and if the disc shows no sign of it
    afterwards; IllegalRequest where the drive does not know this type or the disc has no such track.
    """
    if bool(address) and kind not in ADDRESSED:
        raise ValueError(f"{kind.name} takes no address")
    yield Report(Phase.VALIDATING)
    work = yield from open_work()
    if work.recipe.blank is None or Action.ERASE not in work.status.actions:
        raise UnsupportedMedium(f"this medium cannot be blanked: {work.status}")
    if kind in OF_A_SESSION and work.status.blank:
        raise DiscStateError(f"there is no session on this disc: {work.status}")
    yield Checkpoint()
    status = yield from locked(_blank(work, kind, address))
    yield Report(Phase.DONE)
    return status


def _blank(work: Work, kind: BlankType, address: int) -> Procedure[MediumStatus]:
    yield Report(Phase.ERASING, 0.0)
    yield from long_operation(
        work, lambda immed: actions.blank(kind, address, immed=immed), polling.BLANK, Phase.ERASING
    )
    status = yield from status_of(work)
    if kind in TAKEN_BACK and not TAKEN_BACK[kind](work.status, status):
        raise DiscStateError(f"the drive reported success, but took nothing back ({status})")
    return status

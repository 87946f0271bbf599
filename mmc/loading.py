"""Waiting for the medium that a job or a look is about, and loading one that lies in a closed tray."""

from __future__ import annotations

from typing import Final

from discstack.mmc import actions
from discstack.mmc.command import ask, optional
from discstack.mmc.errors import AbortedCommand, HardwareError, IllegalRequest, MediumError, NotReady, ResponseError
from discstack.mmc.polling import SPIN_UP, Verdict, persist, verdict, wait_ready
from discstack.mmc.procedure import Procedure
from discstack.mmc.spec.commands import MECHANISM_STATUS
from discstack.mmc.spec.mechanism import MechanismStatus

MECHANISM_HEADER: Final = 8
TRAY_CLOSED, TRAY_OPEN = 0x01, 0x02  # qualifiers of MEDIUM NOT PRESENT
# A drive that fails to load, or to tell of its tray, has said before that there is none
LOADS_NOTHING: Final = (NotReady, IllegalRequest, MediumError, HardwareError, AbortedCommand)


def wait_for_medium() -> Procedure[bool]:
    """Wait until the drive is ready, and return whether there is a medium in it.

    A drive may know nothing of a disc in its closed tray before it is told to load it (growisofs): it is told once. An
    open tray is left alone.
    """
    absence = yield from _absence()
    return absence is None or ((yield from _tray_is_closed(absence)) and (yield from _loaded()))


def _absence() -> Procedure[NotReady | None]:
    """Wait until the drive is ready; return how it says that there is no medium, None where there is one."""
    try:
        yield from wait_ready(SPIN_UP, cancellable=True)
    except NotReady as error:
        if verdict(error) is not Verdict.NO_MEDIUM:
            raise
        return error
    return None


def _tray_is_closed(error: NotReady) -> Procedure[bool]:
    """Take it from what the drive said, or ask; what it does not tell is an open one."""
    if error.sense.ascq in (TRAY_CLOSED, TRAY_OPEN):
        return error.sense.ascq == TRAY_CLOSED
    try:
        mechanism = yield from persist(_mechanism, swallow_attentions=True)
    except ResponseError:
        return False
    except LOADS_NOTHING as error:
        if error.sense.deferred:
            raise
        return False
    return mechanism is not None and not mechanism.door_open


def _mechanism() -> Procedure[MechanismStatus | None]:
    return (yield from optional(ask(MECHANISM_STATUS, MechanismStatus.parse, MECHANISM_HEADER)))


def _loaded() -> Procedure[bool]:
    """Load what may lie in the tray; return whether there is something."""
    try:
        yield from persist(actions.load_medium, swallow_attentions=True)
    except LOADS_NOTHING as error:
        if error.sense.deferred:
            raise
        return False
    return (yield from _absence()) is None

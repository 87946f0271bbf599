"""Whether there is a medium in a drive, and what happened to it since the last question; asks without touching it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from discstack.mmc import queries
from discstack.mmc.command import act
from discstack.mmc.errors import CommandError, IllegalRequest, NotReady, UnitAttention
from discstack.mmc.polling import Verdict, verdict
from discstack.mmc.procedure import Procedure
from discstack.mmc.spec.commands import TEST_UNIT_READY
from discstack.mmc.spec.event_status import MediaEvent, MediaStatusEvent, NotificationClass

MOST_EVENTS: Final = 8  # events of one question
ANOTHER: Final = frozenset({MediaEvent.NEW_MEDIA, MediaEvent.MEDIA_CHANGED})
MEDIUM_MAY_HAVE_CHANGED: Final = 0x28  # ASC


@dataclass(frozen=True, slots=True)
class Presence:
    """`present` is None while the drive does not know; `another` medium than before; a button was pressed."""

    present: bool | None
    another: bool = False
    eject_requested: bool = False


def ask_presence() -> Procedure[Presence]:
    """Take the drive's media events, which also tell the state (MMC-6 6.6); else test whether it is ready."""
    codes = set[int]()
    for _ in range(MOST_EVENTS):
        try:
            status = yield from queries.event(NotificationClass.MEDIA)
        except IllegalRequest:
            break
        event = status.event
        if not isinstance(event, MediaStatusEvent):
            break
        codes.add(event.event_code)
        if event.event_code == MediaEvent.NO_CHANGE:
            return Presence(event.media_present, bool(codes & ANOTHER), MediaEvent.EJECT_REQUEST in codes)
    return (yield from _test())


def _test() -> Procedure[Presence]:
    another = False
    for _ in range(MOST_EVENTS):
        try:
            yield from act(TEST_UNIT_READY)
        except UnitAttention as error:
            another = another or error.sense.asc == MEDIUM_MAY_HAVE_CHANGED
        except NotReady as error:
            return Presence(False if verdict(error) is Verdict.NO_MEDIUM else None)
        except CommandError:
            return Presence(True, another)  # there is one, and it cannot be used
        else:
            return Presence(True, another)
    return Presence(None)

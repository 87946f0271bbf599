"""Whether there is a medium: what is sent to a drive that says it has none, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from discstack.mmc.errors import HardwareError, NotReady
from discstack.mmc.loading import wait_for_medium
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import CHECK_CONDITION, Reply

CLOSED, OPEN, UNSAID = (2, 0x3A, 1), (2, 0x3A, 2), (2, 0x3A, 0)
DOOR_SHUT, DOOR_OPEN = bytes.fromhex("00 00 000000 00 0000"), bytes.fromhex("00 10 000000 00 0000")
TUR, LOAD, MECHANISM = "TEST UNIT READY", "START STOP UNIT loej=0x1 start=0x1", "MECHANISM STATUS allocation_length=0x8"


@pytest.mark.parametrize(
    ("answers", "found", "sent"),
    [
        ([None], True, [TUR]),
        ([OPEN], False, [TUR]),
        ([CLOSED, None, (6, 0x28, 0), (2, 4, 1), None], True, [TUR, LOAD, TUR, TUR, TUR]),
        ([CLOSED, None, CLOSED], False, [TUR, LOAD, TUR]),
        ([CLOSED, CLOSED], False, [TUR, LOAD]),
        ([CLOSED, (5, 0x20, 0)], False, [TUR, LOAD]),
        ([CLOSED, (4, 0x53, 0)], False, [TUR, LOAD]),
        ([CLOSED, (0xB, 0, 0)], False, [TUR, LOAD]),
        ([UNSAID, DOOR_SHUT, None, None], True, [TUR, MECHANISM, LOAD, TUR]),
        ([UNSAID, (6, 0x28, 0), DOOR_SHUT, None, None], True, [TUR, MECHANISM, MECHANISM, LOAD, TUR]),
        ([UNSAID, (2, 4, 1), DOOR_SHUT, None, None], True, [TUR, MECHANISM, MECHANISM, LOAD, TUR]),
        ([UNSAID, DOOR_OPEN], False, [TUR, MECHANISM]),
        ([UNSAID, (5, 0x20, 0)], False, [TUR, MECHANISM]),
        ([UNSAID, UNSAID], False, [TUR, MECHANISM]),
        ([UNSAID, (4, 0x44, 0)], False, [TUR, MECHANISM]),
        ([UNSAID, (0xB, 0, 0)], False, [TUR, MECHANISM]),
        ([UNSAID, b"\0"], False, [TUR, MECHANISM]),
    ],
)
def test_a_closed_tray_is_loaded_once_and_an_open_one_left_alone(
    lab: Any, answers: list[Any], found: bool, sent: list[str]
) -> None:
    script = lab.script(*answers)
    assert lab.run(wait_for_medium(), script) is found
    assert script.lines == sent


def test_an_error_of_an_earlier_command_is_not_taken_for_an_empty_tray(lab: Any) -> None:
    deferred = Reply(CHECK_CONDITION, Sense(0x4, 0x44, deferred=True).build())
    with pytest.raises(HardwareError, match="deferred"):
        lab.run(wait_for_medium(), lab.script(CLOSED, deferred))
    with pytest.raises(HardwareError, match="deferred"):
        lab.run(wait_for_medium(), lab.script(UNSAID, deferred))


def test_what_is_wrong_with_a_drive_is_raised(lab: Any) -> None:
    for answers in ([(2, 4, 3)], [CLOSED, None, (2, 4, 3)]):
        with pytest.raises(NotReady, match="2/04/03"):
            lab.run(wait_for_medium(), lab.script(*answers))

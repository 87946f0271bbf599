"""The tray of a drive whose user has no patience."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from discstack.mmc.errors import CommandError
from discstack.mmc.guard import locked
from discstack.mmc.procedure import Procedure, run
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import CHECK_CONDITION, Command, Reply
from discstack.transport.script import ScriptTransport

PREVENT, ALLOW = bytes.fromhex("1E 00 00 00 01 00"), bytes.fromhex("1E 00 00 00 00 00")


def nothing() -> Procedure[str]:
    yield from ()
    return "done"


def interrupted(command: Command) -> Reply:
    raise KeyboardInterrupt


def good(command: Command) -> Reply:
    return Reply()


def refused(command: Command) -> Reply:
    return Reply(CHECK_CONDITION, Sense(0x4, 0x44).build())


@pytest.mark.parametrize("answers", [(interrupted, good), (good, interrupted, good)], ids=["locking", "unlocking"])
def test_an_interruption_leaves_no_tray_locked(answers: tuple[Callable[[Command], Reply], ...]) -> None:
    drive = ScriptTransport(answers)
    with pytest.raises(KeyboardInterrupt):
        run(locked(nothing()), drive)
    sent = [command.cdb for command in drive.commands]
    assert sent[0] == PREVENT
    assert sent[len(answers) - 1] == ALLOW


def test_what_keeps_only_the_tray_from_being_unlocked_says_that_all_else_was_done() -> None:
    drive = ScriptTransport((good, refused, refused))
    with pytest.raises(CommandError) as caught:
        run(locked(nothing()), drive)
    assert any("what was to be done is done" in note for note in caught.value.__notes__)

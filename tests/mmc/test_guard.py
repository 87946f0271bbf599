"""The tray of a drive whose user has no patience."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from discstack.mmc.guard import locked
from discstack.mmc.procedure import Procedure, run
from discstack.transport.base import Command, Reply
from discstack.transport.script import ScriptTransport

PREVENT, ALLOW = bytes.fromhex("1E 00 00 00 01 00"), bytes.fromhex("1E 00 00 00 00 00")


def nothing() -> Procedure[str]:
    yield from ()
    return "done"


def interrupted(command: Command) -> Reply:
    raise KeyboardInterrupt


def good(command: Command) -> Reply:
    return Reply()


@pytest.mark.parametrize("answers", [(interrupted, good), (good, interrupted, good)], ids=["locking", "unlocking"])
def test_an_interruption_leaves_no_tray_locked(answers: tuple[Callable[[Command], Reply], ...]) -> None:
    drive = ScriptTransport(answers)
    with pytest.raises(KeyboardInterrupt):
        run(locked(nothing()), drive)
    sent = [command.cdb for command in drive.commands]
    assert sent[0] == PREVENT
    assert sent[len(answers) - 1] == ALLOW

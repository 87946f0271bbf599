"""Whether there is a medium in a drive: by its events, and without them; against the virtual drive and by hand."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from discstack.emulator.open import open_virtual
from discstack.mmc.errors import HardwareError
from discstack.mmc.presence import Presence, ask_presence
from discstack.mmc.procedure import run
from discstack.transport.base import CHECK_CONDITION, Command, Reply
from discstack.transport.script import ScriptTransport

EVENT = bytes.fromhex("4A 01 00 00 10 00 00 00 08 00")  # polled, class 4: media; MMC-6 6.6
TEST_UNIT_READY = bytes(6)


def sense(key: int, asc: int, ascq: int) -> Reply:
    return Reply(CHECK_CONDITION, bytes([0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, asc, ascq, 0, 0, 0, 0]))


def media(code: int, status: int) -> Reply:
    return Reply(data=bytes([0, 6, 4, 0x5E, code, status, 0, 0]))


INVALID_OPCODE = sense(5, 0x20, 0)
NO_EVENT_CLASS = Reply(data=bytes.fromhex("00 02 80 02"))


@dataclass
class Asked:
    presence: Presence
    commands: list[bytes]


@pytest.fixture
def asked() -> Callable[..., Asked]:
    def ask(*answers: Reply) -> Asked:
        transport = ScriptTransport(answers)
        presence = run(ask_presence(), transport)
        return Asked(presence, [command.cdb for command in transport.commands])

    return ask


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([media(0, 2)], Presence(True)),
        ([media(0, 1)], Presence(False)),
        ([media(3, 1), media(0, 1)], Presence(False)),
        ([media(3, 1), media(2, 2), media(0, 2)], Presence(True, another=True)),
        ([media(4, 2), media(0, 2)], Presence(True, another=True)),
        ([media(1, 2), media(0, 2)], Presence(True, eject_requested=True)),
    ],
)
def test_the_drives_events_are_taken_until_there_is_none(
    asked: Callable[..., Asked], answers: list[Reply], expected: Presence
) -> None:
    found = asked(*answers)
    assert found.presence == expected
    assert found.commands == [EVENT] * len(answers)


@pytest.mark.parametrize("refusal", [INVALID_OPCODE, NO_EVENT_CLASS])
@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([Reply()], Presence(True)),
        ([sense(2, 0x3A, 1)], Presence(False)),
        ([sense(2, 0x3A, 2)], Presence(False)),
        ([sense(2, 4, 1)], Presence(None)),
        ([sense(6, 0x28, 0), Reply()], Presence(True, another=True)),
        ([sense(6, 0x29, 0), Reply()], Presence(True)),
        ([sense(6, 0x28, 0), sense(2, 0x3A, 0)], Presence(False)),
        ([sense(3, 2, 0)], Presence(True)),
    ],
)
def test_a_drive_without_events_is_tested_for_being_ready(
    asked: Callable[..., Asked], refusal: Reply, answers: list[Reply], expected: Presence
) -> None:
    found = asked(refusal, *answers)
    assert found.presence == expected
    assert found.commands == [EVENT] + [TEST_UNIT_READY] * len(answers)


def test_a_drive_that_only_ever_draws_attention_is_not_asked_for_ever(asked: Callable[..., Asked]) -> None:
    assert asked(INVALID_OPCODE, *[sense(6, 0x28, 0)] * 8).presence == Presence(None)


def test_a_drive_that_fails_is_an_error(asked: Callable[..., Asked]) -> None:
    with pytest.raises(HardwareError):
        asked(sense(4, 0x44, 0))


def test_the_virtual_drive_tells_what_happens_to_its_disc() -> None:
    transport = open_virtual("dvd+r")
    run(ask_presence(), transport)
    assert run(ask_presence(), transport) == Presence(True)
    transport.drive.eject()
    assert run(ask_presence(), transport) == Presence(False)
    transport.drive.load(immediate=False)
    assert run(ask_presence(), transport) == Presence(True, another=True)
    transport.close()


def test_asking_takes_no_unit_attention_away() -> None:
    """What the next command has to hear is not swallowed by who only looks."""
    transport = open_virtual("dvd+r")
    transport.drive.eject()
    transport.drive.load(immediate=False)
    run(ask_presence(), transport)
    assert transport.execute(Command(TEST_UNIT_READY)).status == CHECK_CONDITION
    transport.close()

"""Erasing, formatting and closing on drives that only say that they did it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from discstack.mmc.burn import burn
from discstack.mmc.cd.blanking import BlankType, blank_part
from discstack.mmc.errors import Cancelled, DiscStateError
from discstack.mmc.identify import identify
from discstack.mmc.medium import MediumStatus
from discstack.mmc.operations import close_disc, close_session, close_track, erase, format_medium, repair
from discstack.mmc.procedure import Procedure
from discstack.mmc.recipe import FormatOptions
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import BUSY, CHECK_CONDITION, Reply

FORMAT_UNIT, WRITE, CLOSE, BLANK = 0x04, 0x2A, 0x5B, 0xA1


def pretend(tap: Any, *opcodes: int) -> None:
    """Let a drive answer these commands as if it had carried them out."""
    execute = tap.execute

    def answered(command: Any) -> Reply:
        reply: Reply = Reply() if command.cdb[0] in opcodes else execute(command)
        return reply

    tap.execute = answered


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("medium", ["cd-rw", "dvd-rw", "dvd+rw", "dvd-ram", "bd-re"])
def test_a_disc_that_only_was_said_to_be_erased_is_no_blank_one(lab: Any, medium: str, full: bool) -> None:
    tap = lab.drive(medium, 4096, speed=4)
    lab.run(burn(lab.job(40)), tap)
    pretend(tap, BLANK, WRITE)
    with pytest.raises(DiscStateError, match="reported success, but the medium is not blank") as caught:
        lab.run(erase(full=full), tap)
    assert not tap.inner.drive.prevented
    assert caught.value.medium is not None
    assert not caught.value.medium.blank


def test_a_disc_that_only_was_said_to_be_formatted_is_not_usable(lab: Any) -> None:
    tap = lab.drive("dvd+rw")
    pretend(tap, FORMAT_UNIT)
    with pytest.raises(DiscStateError, match="reported success, but the medium is not usable"):
        lab.run(format_medium(), tap)
    assert not tap.inner.drive.prevented


@pytest.mark.parametrize("medium", ["bd-re", "dvd-ram"])
def test_a_disc_that_keeps_its_size_did_not_get_the_spare_area_that_was_asked_for(lab: Any, medium: str) -> None:
    tap = lab.drive(medium)
    lab.run(format_medium(), tap)
    pretend(tap, FORMAT_UNIT)
    with pytest.raises(DiscStateError, match=r"reported success, but the disc has [0-9]+ blocks, not "):
        lab.run(format_medium(FormatOptions(spare_blocks=0)), tap)


@pytest.mark.parametrize("operation", [close_track, close_session, close_disc, repair])
@pytest.mark.parametrize("medium", ["dvd-r", "dvd+r", "bd-r"])
def test_what_only_was_said_to_be_closed_is_not_closed(
    lab: Any, medium: str, operation: Callable[[], Procedure[MediumStatus]]
) -> None:
    tap = lab.drive(medium, 4096, speed=4)
    pretend(tap, CLOSE)
    with pytest.raises(DiscStateError):
        lab.run(burn(lab.job(40)), tap)
    assert lab.run(identify(), tap).open_session
    with pytest.raises(DiscStateError, match="the drive reported success, but "):
        lab.run(operation(), tap)
    assert not tap.inner.drive.prevented


BEGINNINGS = {0xA1: "erasing", 0x04: "formatting"}  # opcodes of BLANK and FORMAT UNIT


@pytest.mark.parametrize("answer", [Reply(BUSY), Reply(CHECK_CONDITION, Sense(2, 0x04, 0x08).build())])
@pytest.mark.parametrize(
    ("medium", "job"),
    [
        ("cd-rw", lambda lab: erase()),
        ("cd-rw", lambda lab: blank_part(BlankType.ERASE_LAST_SESSION)),
        ("cd-rw", lambda lab: burn(lab.job(erase=True))),
        ("dvd-rw", lambda lab: erase(full=True)),
        ("dvd-rw", lambda lab: format_medium()),
        ("dvd-rw", lambda lab: burn(lab.job(erase=True))),
        ("dvd-ram", lambda lab: format_medium()),
        ("bd-re", lambda lab: format_medium(FormatOptions(spare_blocks=0))),
    ],
)
def test_what_the_drive_never_begins_is_left_undone_when_it_is_cancelled(
    lab: Any, medium: str, job: Callable[[Any], Procedure[Any]], answer: Reply
) -> None:
    """It answers again and again that it is busy, be it by its status or in words."""
    tap = lab.drive(medium, 4096)
    lab.run(burn(lab.job()), tap)
    before, began = lab.run(identify(), tap), tap.clock.now()
    execute, asked = tap.execute, list[int]()

    def busy(command: Any) -> Reply:
        if command.cdb[0] not in BEGINNINGS:
            return execute(command)
        asked.append(command.cdb[0])
        if len(asked) == 3:
            tap.cancelled.set()
        return answer

    tap.execute = busy
    with pytest.raises(Cancelled) as caught:
        lab.run(job(lab), tap)
    assert len(asked) == 3
    assert tap.clock.now() - began < 30.0
    assert str(caught.value) == f"cancelled while {BEGINNINGS[asked[0]]}"
    assert caught.value.medium == before
    assert not tap.locked

"""The ways of single drives, and how they are lived with; `test_fault_matrix.py` tries all of them on all media."""

from __future__ import annotations

from typing import Any

import pytest

from discstack.emulator.fault_words import parse_faults
from discstack.mmc.actions import eject_medium, load_medium
from discstack.mmc.burn import burn
from discstack.mmc.command import act
from discstack.mmc.errors import DiscStateError, NotReady
from discstack.mmc.identify import identify
from discstack.mmc.medium import DiscState
from discstack.mmc.operations import format_medium, repair
from discstack.mmc.polling import wait_ready
from discstack.mmc.recipe import FormatOptions
from discstack.mmc.spec.commands import START_STOP_UNIT
from discstack.transport.base import TransportError

BLOCKS = 96
CLOSE = 0x5B


@pytest.mark.parametrize(("name", "function"), [("hp-dvd520n", 5), ("no-minimal-lead-out", 6)])
@pytest.mark.parametrize("medium", ["dvd+r", "dvd+r-dl"])
def test_the_close_function_that_a_drive_takes_is_found(lab: Any, medium: str, name: str, function: int) -> None:
    tap = lab.drive(medium, 8192, personality=name)
    lab.run(burn(lab.job(BLOCKS, close=True)), tap)
    assert [cdb[2] for cdb in tap.seen if cdb[0] == CLOSE][-1] == function


@pytest.mark.parametrize("name", ["nec-cd-speeds", "lite-on-no-speeds"])
def test_speeds_that_are_not_of_the_medium_are_not_believed(lab: Any, name: str) -> None:
    """Where nothing but mode page 2Ah tells them."""
    tap = lab.drive("dvd+r", 8192, personality=name, fault="opcode=AC,sense=5/20/00,times=0")
    assert lab.run(identify(), tap).write_speeds == ()
    assert lab.run(burn(lab.job(BLOCKS, speed=5540)), tap).verified == BLOCKS


def test_a_dvd_ram_whose_size_does_not_change_quickly_is_formatted_in_full(lab: Any) -> None:
    tap, diary = lab.drive("dvd-ram", personality="philips-spd3300l"), lab.diary()
    status = lab.run(format_medium(FormatOptions(spare_blocks=0)), tap, observer=diary)
    assert status.capacity_blocks == 2295072
    assert any("does not change the size quickly" in message for message in diary.messages)


@pytest.mark.parametrize("medium", ["dvd-ram", "bd-re"])
def test_a_format_that_does_nothing_is_found_out(lab: Any, medium: str) -> None:
    tap = lab.drive(medium, fault="opcode=04,ignore=1,times=0")
    with pytest.raises(DiscStateError, match="reported success"):
        lab.run(format_medium(FormatOptions(spare_blocks=0)), tap)


@pytest.mark.parametrize("medium", ["dvd+r", "dvd+r-dl", "dvd-r", "dvd-rw"])
def test_a_full_disc_may_be_taken_for_a_pressed_one(lab: Any, medium: str) -> None:
    tap, diary = lab.drive(medium, 8192, personality="tgt"), lab.diary()
    result = lab.run(burn(lab.job(BLOCKS, close=True)), tap, observer=diary)
    assert (result.medium.state, result.verified) == (DiscState.FINALIZED, BLOCKS)
    assert lab.run(identify(), tap).state is DiscState.READ_ONLY


def test_a_tray_is_closed_so_that_the_drive_knows_its_disc_afterwards(lab: Any) -> None:
    """Some drives tell nonsense of a disc that they load with Immed, such as that there is none: it is loaded again."""
    tap = lab.drive("dvd+r", 8192, personality="lg-gsa-4082b")
    lab.run(identify(), tap)
    lab.run(eject_medium(), tap)
    lab.run(load_medium(), tap)
    assert lab.run(identify(), tap).state is DiscState.BLANK
    lab.run(eject_medium(), tap)
    lab.run(act(START_STOP_UNIT, loej=True, start=True, immed=True), tap)
    assert lab.run(identify(), tap).state is DiscState.BLANK


def test_a_disc_that_the_drive_knows_nothing_of_is_loaded(lab: Any) -> None:
    tap = lab.drive("bd-re", 8192, personality="load-first")
    with pytest.raises(NotReady, match="2/3A/01"):
        lab.run(wait_ready(), tap)
    assert lab.run(identify(), tap).state is DiscState.UNFORMATTED
    assert [cdb.hex() for cdb in tap.seen if cdb[0] == 0x1B] == ["1b0000000300"]
    again = lab.drive("dvd+r", 8192, personality="load-first")
    assert lab.run(burn(lab.job(BLOCKS)), again).verified == BLOCKS
    lab.run(eject_medium(), again)
    assert lab.run(identify(), again).state is DiscState.NO_MEDIUM  # an open tray stays open


def test_a_power_cut_leaves_a_disc_that_can_be_repaired(lab: Any) -> None:
    tap = lab.drive("dvd+r", 8192, fault="power-cut:2")
    with pytest.raises(TransportError, match="lost its power"):
        lab.run(burn(lab.job(BLOCKS)), tap)
    assert lab.run(identify(), tap).state is DiscState.DAMAGED
    assert lab.run(repair(), tap).state is DiscState.APPENDABLE


def test_a_fault_is_written_in_full() -> None:
    (fault,) = parse_faults("opcode=5B,close_function=6,sense=5/24/00,times=0")
    assert (fault.opcode, dict(fault.fields), fault.times) == (0x5B, {"close_function": 6}, None)
    assert fault.sense is not None
    assert fault.sense.triple == (5, 0x24, 0)
    assert len(parse_faults("unplug:10;long-write:3")) == 2
    assert parse_faults("opcode=2A,status=8,lasting=1")[0].lasting


@pytest.mark.parametrize(
    "words", ["opcode=5B,close_funktion=6,sense=5/24/00", "opcode=2A,evry=3,status=8", "nosuch=1,status=8"]
)
def test_a_word_that_would_keep_a_fault_from_ever_striking_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="is no word of a fault, and no field of the command"):
        parse_faults(words)


@pytest.mark.parametrize("words", ["nonsense", "unplug:many", "opcode=5B", "opcode=xx,keep=2", "sense=5,opcode=2A"])
def test_a_fault_that_makes_no_sense_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"fault|of a fault"):
        parse_faults(words)

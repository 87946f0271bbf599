"""Faults on demand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from discstack.emulator.faults import Fault
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import BUSY, Command, DeviceGone, TransportTimeout

Load = Callable[..., Any]
TUR = "00 00 00 00 00 00"


def test_command_number_counts_from_one(load: Load) -> None:
    host = load("dvd+r", heard=False, faults=[Fault(at_command=3, sense=Sense(4, 0x44))])
    host.drain()
    assert host.refused(TUR) == "4/44/00"
    host.ok(TUR)


def test_opcode_fault_strikes_as_often_as_it_says(load: Load) -> None:
    host = load("dvd+r", faults=[Fault(opcode=0x51, times=2, sense=Sense(0xB, 0x00))])
    cdb = "51 00 00 00 00 00 00 0022 00"
    host.ok(TUR)
    assert [host.send(cdb, allocation=34).status for _ in range(3)] == [2, 2, 0]


def test_address_fault_strikes_what_touches_it(load: Load) -> None:
    host = load("dvd+r", faults=[Fault(lba=range(40, 41), opcode=0x2A, sense=Sense(3, 0x0C, information=40))])
    host.write(0)
    assert host.write_refused(32) == "3/0C/00"
    assert host.next_writable() == 32
    host.write(32)


def test_recovered_error_comes_with_the_work_done(load: Load) -> None:
    host = load("dvd+r", faults=[Fault(opcode=0x2A, sense=Sense(1, 0x0C, 1))])
    reply = host.send(host.write_cdb(0, 32), bytes(65536))
    assert (reply.status, reply.residual) == (2, 0)
    assert host.next_writable() == 32


def test_deferred_error_comes_with_a_later_command(load: Load) -> None:
    host = load("dvd+r", faults=[Fault(opcode=0x2A, deferred=True, after=3, sense=Sense(3, 0x0C))])
    for lba in (0, 32, 64):
        host.write(lba)
    reply = host.send(host.write_cdb(96, 32), bytes(65536))
    assert reply.status == 2
    assert reply.sense[0] & 0x7F == 0x71
    assert host.next_writable() == 96


def test_dying_transport_stays_dead_when_told_to(load: Load) -> None:
    host = load("dvd+r")
    host.transport.faults.add(Fault(error=DeviceGone, times=None))
    for _ in range(3):
        with pytest.raises(DeviceGone):
            host.send(TUR)


def test_timeout_may_strike_after_the_work_was_done(load: Load) -> None:
    host = load("dvd+r", faults=[Fault(opcode=0x2A, error=TransportTimeout, executed=True)])
    with pytest.raises(TransportTimeout):
        host.write(0)
    assert host.next_writable() == 32


def test_short_answer_has_a_residual(load: Load) -> None:
    host = load("dvd+r", faults=[Fault(opcode=0x51, keep=3)])
    reply = host.send("51 00 00 00 00 00 00 0022 00", allocation=34)
    assert bytes(reply.data) == bytes.fromhex("002000")
    assert reply.residual == 31


def test_busy_status_carries_no_sense(load: Load) -> None:
    host = load("dvd+r", faults=[Fault(opcode=0x00, status=BUSY)], heard=False)
    reply = host.send(TUR)
    assert (reply.status, reply.sense) == (8, b"")


def test_fault_needs_exactly_one_action() -> None:
    with pytest.raises(ValueError, match="one of"):
        Fault(opcode=0)
    with pytest.raises(ValueError, match="one of"):
        Fault(status=8, keep=1)


def test_broken_command_meets_no_address_fault(load: Load) -> None:
    host = load("dvd+r", faults=[Fault(lba=range(100), sense=Sense(3, 0x0C))])
    assert host.refused("2A 00") == "5/24/00"
    assert host.refused("") == "5/20/00"


def test_every_nth_write_may_find_the_buffer_full(load: Load) -> None:
    host = load("dvd+r", faults=[Fault(opcode=0x2A, every=3, times=None, sense=Sense(2, 0x04, 0x08))])
    statuses = [host.send(host.write_cdb(host.next_writable(), 16), bytes(32768)).status for _ in range(9)]
    assert statuses == [0, 0, 2] * 3


def test_reset_in_the_middle_of_a_write(load: Load) -> None:
    host = load("dvd+r", faults=[Fault(opcode=0x2A, lba=range(32, 33), reset=True)])
    host.write(0)
    assert host.write_refused(32) == "6/29/00"
    assert host.next_writable() == 32


@pytest.mark.parametrize("lacking", [5, 6])
def test_drive_may_lack_one_way_of_finalising(load: Load, lacking: int) -> None:
    lacks = Fault(opcode=0x5B, fields={"close_function": lacking}, sense=Sense(5, 0x24), times=None)
    host = load("dvd+r", faults=[lacks])
    host.write(0)
    host.close(1, 1)
    assert host.close_refused(lacking) == "5/24/00"
    host.close(11 - lacking)


def test_progress_that_never_moves(load: Load) -> None:
    stuck = Sense(2, 0x04, 0x04, progress=0.01)
    host = load("dvd+rw", faults=[Fault(opcode=0x00, times=None, sense=stuck)], heard=False)
    for _ in range(3):
        host.transport.clock.sleep(100)
        assert host.send(TUR).sense[15:18] == bytes.fromhex("80 028F")


def test_command_that_takes_too_long_times_out(load: Load) -> None:
    host = load("cd-rw")
    command = Command(bytes.fromhex("A1 00" + "00" * 10), timeout=30)
    with pytest.raises(TransportTimeout, match="BLANK"):
        host.transport.execute(command)

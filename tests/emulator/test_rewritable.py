"""DVD+RW and BD-RE: formatted, then written anywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Load = Callable[..., Any]
NONE, STOPPED, RUNNING, COMPLETE = range(4)
TUR = "00 00 00 00 00 00"


def format_status(host: Any) -> int:
    return int(host.disc()[7]) & 3


@pytest.mark.parametrize("medium", ["dvd+rw", "bd-re"])
def test_unformatted_disc_refuses_to_be_written(load: Load, medium: str) -> None:
    host = load(medium)
    assert host.write_refused(0) == "5/30/05"
    assert host.disc()[2] == 0x10
    assert host.formats()[8] == 1
    assert host.capacity() == 0


@pytest.mark.parametrize("medium", ["dvd+rw", "bd-re"])
def test_rewritable_discs_are_not_blanked(load: Load, medium: str) -> None:
    assert load(medium).refused("A1 01" + "00" * 10) == "5/30/00"


def test_background_format_runs_through_its_states(load: Load) -> None:
    host = load("dvd+rw")
    clock = host.transport.clock
    assert format_status(host) == NONE
    host.format(0xFFFFFFFF, 0x98, immed=True)
    assert host.refused(TUR) == "2/04/04"
    clock.sleep(10)
    assert format_status(host) == RUNNING
    host.close(0)
    assert format_status(host) == STOPPED
    host.format(0xFFFFFFFF, 0x98, parameter=1)
    assert format_status(host) == RUNNING
    clock.sleep(3600)
    assert format_status(host) == COMPLETE
    assert host.disc()[2] == 0x1E
    host.close(2)
    assert format_status(host) == COMPLETE


def test_running_format_is_told_by_request_sense(load: Load) -> None:
    host = load("dvd+rw")
    host.format(0xFFFFFFFF, 0x98)
    host.ok(TUR)
    sense = host.ok("03 00 00 00 12 00", allocation=18)
    assert sense[2] == 0
    assert sense[12:14] == bytes.fromhex("04 04")
    first = int.from_bytes(sense[16:18], "big")
    host.transport.clock.sleep(60)
    assert int.from_bytes(host.ok("03 00 00 00 12 00", allocation=18)[16:18], "big") > first


def test_disc_is_written_while_it_is_formatted(load: Load) -> None:
    host = load("dvd+rw")
    host.format(0xFFFFFFFF, 0x98)
    host.write(1_000_000, 16, fill=7)
    assert host.read(1_000_000) == b"\7" * 2048
    host.write(0, 1, fill=8)
    assert host.read(0) == b"\x08" * 2048
    assert host.capacity() == 2295103
    assert host.read_refused(1_500_000) == "8/00/00"


def test_stopped_format_ends_where_it_got_to(load: Load) -> None:
    host = load("dvd+rw")
    host.format(0xFFFFFFFF, 0x98)
    host.write(0, 64)
    host.close(2)
    host.write(0, 16)
    assert host.write_refused(2_000_000) == "5/21/02"


def test_restart_needs_a_stopped_format(load: Load) -> None:
    host = load("dvd+rw")
    assert host.refused("04 11 00 00 00 00", host.format_list(0xFFFFFFFF, 0x98, 1)) == "5/26/00"


def test_a_restart_may_ask_for_no_blocks(load: Load) -> None:
    """So dvd+rw-format sends it to have the lead-out moved."""
    host = load("dvd+rw")
    host.format(0xFFFFFFFF, 0x98)
    host.write(0, 64)
    host.close(2)
    assert host.disc()[7] & 3 == 1
    host.ok("04 11 00 00 00 00", bytes.fromhex("00 00 00 08 00000000 98 000001"))
    assert host.disc()[7] & 3 == 2
    assert host.read(63) == bytes([0xA5]) * 2048
    assert host.refused("04 11 00 00 00 00", bytes.fromhex("00 00 00 08 00000010 98 000001")) == "5/26/00"


def test_format_types_of_other_media_are_refused(load: Load) -> None:
    assert load("dvd+rw").refused("04 11 00 00 00 00", load("dvd+rw").format_list(0, 0x00)) == "5/26/00"
    assert load("bd-re").refused("04 11 00 00 00 00", load("bd-re").format_list(0, 0x98)) == "5/26/00"


def test_format_list_of_wrong_length_is_refused(load: Load) -> None:
    host = load("bd-re")
    assert host.refused("04 11 00 00 00 00", bytes(4)) == "5/1A/00"
    assert host.refused("04 11 00 00 00 00", bytes.fromhex("0080000C") + bytes(8)) == "5/26/00"
    assert host.refused("04 01 00 00 00 00") == "5/24/00"


def test_blank_bd_re_offers_its_formats(load: Load) -> None:
    expected = (
        "00000030 00BA7400 01000800"
        " 00B47400 00003000 00B47400 C0003000 00587400 C0031000 00B87400 C0001000"
        " 00BA7400 C4000800"
    )
    assert load("bd-re").formats() == bytes.fromhex(expected)


@pytest.mark.parametrize(
    ("kind", "blocks", "capacity"),
    [
        (0x00 << 2, 11826176, 11826176),
        (0x30 << 2 | 3, 11826176, 11826176),
        (0x30 << 2, 12088320, 12088320),
        (0x31 << 2, 12219392, 12219392),
    ],
)
def test_format_decides_the_capacity_of_a_bd_re(load: Load, kind: int, blocks: int, capacity: int) -> None:
    host = load("bd-re")
    host.format(blocks, kind, 0x3000)
    assert host.capacity() == capacity - 1
    assert host.formats()[4:9] == capacity.to_bytes(4, "big") + b"\2"
    host.write(capacity - 32)
    assert host.write_refused(capacity) == "5/21/00"
    assert host.read(0) == bytes(2048)


def test_full_certification_takes_as_long_as_writing_and_reading(load: Load) -> None:
    host = load("bd-re")
    before = host.transport.clock.now()
    host.format(11826176, 0x30 << 2 | 2, 0x3000)
    assert host.transport.clock.now() - before > 2 * 11826176 * 2048 / 8_991_000


def test_bd_re_streaming_wants_whole_clusters(load: Load) -> None:
    host = load("bd-re")
    host.format(0, 0)
    assert host.refused("AA 00 00000000 00000010 80 00", bytes(16 * 2048)) == "3/0C/00"
    host.ok("AA 00 00000020 00000020 80 00", bytes(32 * 2048))
    host.write(5, 1)

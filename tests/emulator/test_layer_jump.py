"""A DVD-R DL that is recorded by layer jumps, in bytes by hand: with M = 64, a jump behind J leads to 127 - J."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

INTERVAL, JUMP = 0x22, 0x23
Load = Callable[..., Any]


@pytest.fixture
def host(load: Load) -> Any:
    return ready(load("dvd-r-dl-lj", capacity=128))


def ready(host: Any, multi_session: int = 3) -> Any:
    """Choose write type 04h, layer jump."""
    page = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    page[2:5] = bytes((0x44, multi_session << 6 | 5, 8))
    host.ok(f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page)
    return host


def set_to(host: Any, form: int, value: int) -> str:
    reply = host.send(f"BF 00 00000000 00 {form:02X} 000C 00 00", bytes.fromhex(f"000A 0000 00000000 {value:08X}"))
    return "" if not reply.status else f"{reply.sense[2] & 15:X}/{reply.sense[12]:02X}/{reply.sense[13]:02X}"


def field(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")


def where(host: Any, number: int = 1) -> tuple[int, int, int]:
    """Where the track goes on, and its next and its last jump."""
    track = host.track(number)
    return field(track, 12), field(track, 40), field(track, 44)


def test_the_disc_has_its_profile_and_feature(host: Any) -> None:
    head = host.ok("46 01 0000 00 00 00 0400 00", allocation=1024)
    assert head[6:8] == bytes.fromhex("0016")
    assert host.ok("46 02 0033 00 00 00 0400 00", allocation=1024)[8:] == bytes.fromhex(
        "0033 01 08 000000 01 10 000000"
    )


def test_at_a_regular_interval_it_goes_to_and_fro(host: Any) -> None:
    assert set_to(host, INTERVAL, 16) == ""
    assert host.track(1)[5] >> 6 == 3
    assert where(host) == (0, 15, 0)
    host.write(0, 16, fill=1)
    assert where(host) == (112, 31, 15)
    host.write(112, 16, fill=2)
    assert where(host) == (16, 31, 15)
    host.write(16, 16, fill=3)
    assert where(host) == (96, 47, 31)
    assert host.read(0) + host.read(16) + host.read(112) == b"\1" * 2048 + b"\3" * 2048 + b"\2" * 2048
    assert host.read_refused(32) == "8/00/00"
    assert host.read_refused(96) == "8/00/00"
    assert host.capacity() == 127


def test_a_write_goes_neither_across_a_jump_nor_anywhere_else(host: Any) -> None:
    set_to(host, INTERVAL, 16)
    assert host.write_refused(0, 32) == "5/21/03"
    assert host.write_refused(16, 16) == "5/21/02"
    host.write(0, 16)
    assert host.write_refused(16, 16) == "5/21/02"
    assert host.write_refused(112, 32) == "5/21/03"


def test_the_host_may_say_where_to_jump(host: Any) -> None:
    host.write(0, 16)
    assert set_to(host, JUMP, 40) == "5/26/00", "the last block before a jump ends an ECC block"
    assert set_to(host, JUMP, 15) == "5/26/00", "it is recorded already"
    assert set_to(host, JUMP, 47) == ""
    assert host.track(1)[5] >> 6 == 2
    host.write(16, 32)
    assert where(host) == (80, 63, 47)
    assert host.ok("AD 00 00000000 00 23 000C 00 00", allocation=12) == bytes.fromhex("000A 0000 00000000 0000002F")
    assert host.ok("AD 00 00000000 00 22 000C 00 00", allocation=12) == bytes.fromhex("000A 0000 00000000 00000000")


def test_without_either_it_jumps_at_the_end_of_layer_0(host: Any) -> None:
    assert host.track(1)[5] >> 6 == 1
    host.write(0, 64)
    assert where(host) == (64, 63, 63)
    host.write(64, 64)
    assert host.track(1)[7] & 1 == 0
    assert host.write_refused(0, 16) == "5/21/00"


def test_an_interval_comes_before_anything_is_recorded(host: Any) -> None:
    assert set_to(host, INTERVAL, 24) == "5/26/00"
    host.write(0, 16)
    assert set_to(host, INTERVAL, 32) == "5/30/05"


def test_only_layer_jump_is_a_way_to_write_it(load: Load) -> None:
    assert load("dvd-r-dl-lj", capacity=128).write_refused(0, 16) == "5/64/00"
    assert ready(load("dvd-r")).write_refused(0, 16) == "5/64/00"


def test_closing_a_track_fills_what_lies_above_it(host: Any) -> None:
    set_to(host, INTERVAL, 32)
    host.write(0, 16)
    host.sync()
    assert host.close_refused(2) == "5/72/03"
    host.close(1, 1)
    assert host.read(112) == bytes(2048)
    host.close(2)
    assert host.close_refused(2) == "5/72/00"
    assert where(host, 2) == (16, 47, 0)
    host.write(16, 32)
    host.write(80, 16)
    host.sync()
    host.close(1, 2)
    ready(host, multi_session=0)
    host.close(2)
    assert host.disc()[2] & 3 == 2
    assert host.read(96) == bytes(2048)
    assert host.write_refused(48, 16) == "5/30/05"


def test_the_disc_keeps_its_jumps(tmp_path: Path, load: Load) -> None:
    host = ready(load("dvd-r-dl-lj", capacity=128, file=tmp_path / "disc"))
    set_to(host, INTERVAL, 16)
    host.write(0, 16)
    host.write(112, 16)
    host.write(16, 16)
    host.sync()
    host.transport.close()
    again = load("dvd-r-dl-lj", capacity=128, file=tmp_path / "disc")
    assert where(again) == (96, 47, 31)

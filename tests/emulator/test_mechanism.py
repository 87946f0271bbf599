"""The drive's buffer, its clock, and long operations."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from discstack.emulator.clock import VirtualClock
from discstack.emulator.mechanism import WriteBuffer

Load = Callable[..., Any]
TUR = "00 00 00 00 00 00"


def buffer_capacity(host: Any) -> tuple[int, int]:
    data = host.ok("5C 00 00000000 00 000C 00".replace(" ", ""), allocation=12)
    assert data[:4] == bytes.fromhex("000A 00 00")
    return int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:12], "big")


def test_blocking_writes_advance_at_the_write_speed(load: Load) -> None:
    host = load("dvd+r", speed=4, buffer=1 << 20)
    start = host.transport.clock.now()
    for lba in range(0, 8192, 32):
        host.write(lba)
    elapsed = host.transport.clock.now() - start
    assert elapsed == pytest.approx((8192 * 2048 - (1 << 20)) / (4 * 1_385_000), rel=0.01)


def test_buffer_capacity_shrinks_and_drains(load: Load) -> None:
    host = load("dvd+r", speed=4, buffer=1 << 20)
    assert buffer_capacity(host) == (1 << 20, 1 << 20)
    host.write(0, 256)
    assert buffer_capacity(host) == (1 << 20, 512 << 10)
    host.transport.clock.sleep(256 * 1024 / (4 * 1_385_000))
    assert buffer_capacity(host)[1] == pytest.approx(768 << 10, abs=16)
    in_blocks = host.ok("5C 01 00000000 00 000C 00".replace(" ", ""), allocation=12)
    assert in_blocks[2:] == bytes.fromhex("00 01 00000000 00000180")  # 384 blocks are free


def test_busy_drive_answers_long_write_in_progress(load: Load) -> None:
    host = load("dvd+r", speed=1, buffer=128 << 10, busy=True)
    host.write(0)
    host.write(32)
    assert host.write_refused(64) == "2/04/08"
    assert host.next_writable() == 64
    host.transport.clock.sleep(65536 / 1_385_000 + 1e-6)
    host.write(64)


def test_write_larger_than_the_buffer_is_taken(load: Load) -> None:
    host = load("dvd+r", speed=1, buffer=32 << 10)
    host.write(0, 64)
    host.write(64, 64)
    assert host.read(127) == b"\xa5" * 2048


def test_underrun_is_counted_once_and_a_flush_is_none() -> None:
    clock = VirtualClock()
    buffer = WriteBuffer(clock, 1000, 100.0)
    buffer.put(500)
    clock.sleep(4.9)
    buffer.settle()
    assert buffer.underruns == 0
    clock.sleep(1)
    buffer.settle()
    clock.sleep(1)
    buffer.settle()
    assert buffer.underruns == 1
    buffer.put(500)
    clock.sleep(buffer.time_to_empty() + 10)
    buffer.settle()
    assert buffer.underruns == 1


def test_a_host_that_keeps_up_causes_no_underrun(load: Load) -> None:
    host = load("bd-r", buffer=2 << 20)
    for lba in range(0, 4096, 32):
        host.write(lba)
    host.sync()
    assert host.transport.drive.buffer.underruns == 0


def test_immediate_flush_reports_progress_until_it_is_done(load: Load) -> None:
    host = load("dvd+r", speed=1)
    host.write(0, 512)
    host.ok("35 02 00000000 00 0000 00")
    assert host.refused(TUR) == "2/04/07"
    assert host.refused(host.write_cdb(512, 32), bytes(65536)) == "2/04/07"
    sense = host.ok("03 00 00 00 12 00", allocation=18)
    assert sense[2] == 2
    assert sense[12:14] == bytes.fromhex("0407")
    host.transport.clock.sleep(2)
    host.ok(TUR)


def test_closing_in_the_background_takes_effect_at_its_end(load: Load) -> None:
    host = load("dvd+r")
    host.write(0)
    host.ok("5B 01 01 00 0001 00 00 00 00")
    assert host.refused(TUR) == "2/04/07"
    host.ok("12 00 00 00 24 00", allocation=36)
    host.transport.clock.sleep(60)
    assert host.track(1)[7] == 2


def test_device_busy_event_tells_how_long(load: Load) -> None:
    host = load("dvd+r")
    host.write(0)
    host.close(1, 1)
    host.ok("5B 01 06 00 0000 00 00 00 00")
    event = host.ok("4A 01 00 00 40 00 00 0008 00", allocation=8)
    assert event[:6] == bytes.fromhex("0006 06 5E 01 01")
    assert int.from_bytes(event[6:8], "big") == 400  # 40 s


def test_calibration_takes_time(load: Load) -> None:
    host = load("bd-r")
    before = host.transport.clock.now()
    host.ok("54 01" + "00" * 8, b"")
    assert host.transport.clock.now() - before == pytest.approx(5)


def test_real_clock_holds_the_host_back(load: Load) -> None:
    host = load("dvd+r", realtime=True, speed=16, buffer=64 << 10)
    start = time.monotonic()
    for lba in range(0, 1024, 32):
        host.write(lba)
    assert time.monotonic() - start >= 0.5 * (1024 * 2048 - 65536) / (16 * 1_385_000)


def test_speeds_above_the_one_asked_for_are_not_offered(load: Load) -> None:
    data = load("dvd+r", speed=6).ok("AC 00 00000000 0000 0010 03 00".replace(" ", ""), allocation=264)
    assert [int.from_bytes(data[at + 12 : at + 16], "big") for at in range(8, len(data), 16)] == [8310, 5540, 3324]


def test_foreign_read_breaks_the_write_sequence_where_the_drive_is_such(load: Load) -> None:
    host = load("dvd+r", read_breaks_write=True)
    host.write(0)
    host.read(0)
    assert host.write_refused(32) == "5/2C/00"
    host.sync()
    host.write(32)


def test_verifying_costs_a_second_pass(load: Load) -> None:
    host = load("dvd+r", speed=1)
    start = host.transport.clock.now()
    host.ok("2E 00 00000000 00 0200 00", bytes(512 * 2048))
    written = host.transport.clock.now() - start
    host.ok("2F 00 00000000 00 0200 00")
    read = host.transport.clock.now() - start - written
    assert written == pytest.approx(512 * 2048 / 1_385_000 + read, abs=0.05), "but for a seek"
    assert host.refused("2F 00 00000200 00 0001 00") == "8/00/00"
    assert host.refused("2F 00 FFFFFFFF 00 0001 00") == "5/21/00"

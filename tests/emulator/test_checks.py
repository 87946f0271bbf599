"""The checks that a virtual burner owes its users: one test for each, in the order of the recipes' list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Load = Callable[..., Any]
TUR = "00 00 00 00 00 00"
SEQUENTIAL = ["dvd-r", "dvd-rw", "dvd+r", "dvd+r-dl", "bd-r"]


def page_05h(host: Any, write_type: int, multi_session: int = 3) -> None:
    page = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    page[2], page[3], page[4], page[5] = 0x60 | write_type, multi_session << 6 | 5, 8, 16
    host.ok(f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page)


@pytest.mark.parametrize("medium", SEQUENTIAL)
def test_01_a_write_elsewhere_than_at_the_next_writable_address_is_refused(load: Load, medium: str) -> None:
    host = load(medium)
    host.write(0)
    assert host.write_refused(64) == "5/21/02"
    assert host.write_refused(0) == "5/21/02"


def test_02_writes_that_are_not_whole_units_are_refused_and_spoil_a_stream(load: Load) -> None:
    overwrite = load("dvd-rw")
    overwrite.format(0, 0x54, parameter=16)
    assert overwrite.write_refused(0, 24) == "5/21/02"
    streaming = load("bd-re")
    streaming.format(0, 0)
    assert streaming.refused("AA 00 00000000 00000010 80 00", bytes(16 * 2048)) == "3/0C/00"


def test_03_before_page_05h_the_defaults_of_the_drive_apply(load: Load) -> None:
    host = load("dvd-r")
    host.write(0)
    host.sync()
    host.close(1, 1)
    host.close(2)
    assert host.disc()[2] & 3 == 1, "the default allows another session"


def test_06_disc_at_once_ends_with_the_reservation_and_needs_all_of_it(load: Load) -> None:
    host = load("dvd-r")
    page_05h(host, 2, 0)
    host.ok("53 00 00 00 00 00000030 00")
    host.write(0, 32)
    assert host.write_refused(32, 32) == "5/21/02"
    host.sync()
    assert host.disc()[2] & 3 == 1, "no lead-out yet"
    host.write(32, 16)
    host.sync()
    assert host.disc()[2] & 3 == 2


def test_07_long_write_in_progress_every_n_th_time(load: Load) -> None:
    host = load("dvd+r", fault="long-write:3")
    host.write(0, 16)
    host.write(16, 16)
    assert host.write_refused(32, 16) == "2/04/08"
    host.write(32, 16)


@pytest.mark.parametrize(("fault", "seen"), [("", "moving"), ("one-percent", "stuck"), ("ready-too-early", "ready")])
def test_08_test_unit_ready_tells_progress_until_it_is_done(load: Load, fault: str, seen: str) -> None:
    host = load("bd-re", fault=fault)
    host.format(0, 0, immed=True)
    progress = []
    for _ in range(3):
        reply = host.send(TUR)
        progress.append(int.from_bytes(reply.sense[16:18], "big") if reply.status else None)
        host.transport.clock.sleep(5)
    expected = {
        "moving": progress[0] != progress[1] and None not in progress,
        "stuck": set(progress) == {655},
        "ready": set(progress) == {None},
    }
    assert expected[seen], progress
    host.transport.clock.sleep(100)
    host.ok(TUR)
    host.ok("51 00 00 00 00 00 00 0022 00", allocation=34)


def test_09_a_minimal_blank_drops_feature_21h(load: Load) -> None:
    host = load("dvd-rw")
    assert host.feature_is_current(0x21)
    host.ok("A1 01" + "00" * 10)
    assert not host.feature_is_current(0x21)


def test_10_a_bd_r_is_formatted_once(load: Load) -> None:
    host = load("bd-r")
    host.format(12088320, 0xC9)
    assert host.refused("04 11 00 00 00 00", host.format_list(12088320, 0xC9)).startswith("5/30/")


def test_11_pseudo_overwrite_takes_its_room_from_the_next_writable_address_on(load: Load) -> None:
    host = load("bd-r")
    host.format(12088320, 0xC8)
    host.write(0, 64)
    before = host.track()
    host.write(0, 32, fill=1)
    after = host.track()
    address, free = slice(12, 16), slice(16, 20)
    assert int.from_bytes(after[address], "big") - int.from_bytes(before[address], "big") == 32
    assert int.from_bytes(before[free], "big") - int.from_bytes(after[free], "big") == 32


def test_12_a_deferred_error_comes_with_a_later_write(load: Load) -> None:
    host = load("dvd+r", fault="deferred:1")
    host.write(0, 16)
    host.write(16, 16)
    reply = host.send(host.write_cdb(32, 16), bytes(16 * 2048))
    assert (reply.sense[0], reply.sense[2], reply.sense[12]) == (0x71, 3, 0x0C)


def test_14_a_foreign_read_breaks_the_sequence(load: Load) -> None:
    host = load("dvd+r", read_breaks_write=True)
    host.write(0, 16)
    host.read(0)
    assert host.write_refused(16, 16) == "5/2C/00"
    host.sync()
    host.write(16, 16)


def test_15_a_speed_survives_a_change_of_the_medium(load: Load) -> None:
    host = load("dvd+r")
    host.ok("BB 00 FFFF 0CFC 00 00 00 00 00 00")
    host.ok("1B 00 00 00 02 00")
    host.ok("1B 00 00 00 03 00")
    host.drain()
    page = host.ok("5A 08 2A 00 00 00 00 0080 00", allocation=128)[8:]
    assert int.from_bytes(page[28:30], "big") == 3324


def test_16_a_reset_in_the_middle_is_told_as_unit_attention(load: Load) -> None:
    host = load("dvd+r", fault="reset:2")
    host.write(0, 16)
    assert host.write_refused(16, 16) == "6/29/00"


def test_17_the_background_format_goes_from_0_to_2_to_1_to_2_to_3(load: Load) -> None:
    host = load("dvd+rw")
    seen = [host.disc()[7] & 3]
    host.format(0xFFFFFFFF, 0x98)
    seen.append(host.disc()[7] & 3)
    host.close(0)
    seen.append(host.disc()[7] & 3)
    host.format(0xFFFFFFFF, 0x98, parameter=1)
    seen.append(host.disc()[7] & 3)
    host.transport.clock.sleep(3600)
    seen.append(host.disc()[7] & 3)
    assert seen == [0, 2, 1, 2, 3]


@pytest.mark.parametrize(("name", "refused", "taken"), [("hp-dvd520n", 6, 5), ("no-minimal-lead-out", 5, 6)])
def test_18_a_personality_chooses_the_close_function(load: Load, name: str, refused: int, taken: int) -> None:
    host = load("dvd+r", personality=name)
    host.write(0, 16)
    host.sync()
    host.close(1, 1)
    assert host.close_refused(refused) == "5/24/00"
    host.close(taken)
    assert host.disc()[2] & 3 == 2

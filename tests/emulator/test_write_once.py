"""DVD+R and BD-R: what a disc that is written once answers and refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Load = Callable[..., Any]
FF = "FFFFFFFF"


def test_blank_dvd_plus_r_in_bytes(load: Load) -> None:
    host = load("dvd+r")
    assert host.disc() == bytes.fromhex("0020 00 01 01 01 01 20 00 00 00 00 00000000 FFFFFFFF FFFFFFFF" + "00" * 10)
    expected = (
        "002E 01 01 00 04 41 01 00000000 00000000 00230540 00000010 00230540 00000000"
        " 0000 0000 00000000 00000000 00000000"
    )
    assert host.track() == bytes.fromhex(expected)
    assert host.formats() == bytes.fromhex("00000008 00230540 01000800")
    assert host.capacity() == 0
    assert host.refused("43 00 00 00 00 00 00 0324 00", allocation=804) == "5/24/00"


def test_appendable_dvd_plus_r_in_bytes(load: Load) -> None:
    host = load("dvd+r")
    host.write(0, 32)
    host.sync()
    host.close(1, 1)
    host.close(2)
    # status: last session empty, disc appendable; two sessions, the second begins with track 2
    assert host.disc()[:12] == bytes.fromhex("0020 01 01 02 02 02 20 00 00 00 00")
    first = (
        "002E 01 01 00 04 01 02 00000000 00000000 00000000 00000010 00000020 0000001F"
        " 0000 0000 00000000 00000000 00000000"
    )
    assert host.track(1) == bytes.fromhex(first)
    # 32 blocks, closure and intro zones of 2048
    second = (
        "002E 02 02 00 04 41 01 00000820 00000820 0022FD20 00000010 0022FD20 00000000"
        " 0000 0000 00000000 00000000 00000000"
    )
    assert host.track() == bytes.fromhex(second)
    toc = "0012 01 01 00140100 00000000 0014AA00 00000020"
    assert host.ok("43 00 00 00 00 00 00 0324 00", allocation=804) == bytes.fromhex(toc)
    assert host.ok("43 00 01 00 00 00 00 000C 00", allocation=12) == bytes.fromhex("000A 01 01 00140100 00000000")


def test_closed_dvd_plus_r_in_bytes(load: Load) -> None:
    host = load("dvd+r")
    host.write(0, 32)
    host.close(1, 1)
    host.close(6)
    assert host.disc()[:12] == bytes.fromhex("0020 0E 01 01 01 01 20 00 00 00 00")
    assert host.refused("52 01 000000FF 00 0030 00", allocation=48) == "5/24/00"
    assert host.capacity() == 31
    assert host.write_refused(32) == "5/30/05"


def test_open_session_is_incomplete(load: Load) -> None:
    host = load("dvd+r")
    host.write(0, 32)
    assert host.disc()[2] == 0x05  # last session incomplete, disc appendable
    host.close(1, 1)
    assert host.disc()[2] == 0x05
    assert host.disc()[6] == 2  # the invisible track follows in the same session
    assert host.next_writable() == 32 + 16


@pytest.mark.parametrize("medium", ["dvd+r", "bd-r", "cd-r", "cd-rw"])
def test_write_outside_the_next_writable_address_is_refused(load: Load, medium: str) -> None:
    host = load(medium)
    assert host.write_refused(32) == "5/21/02"
    host.write(0, 32)
    assert host.write_refused(0) == "5/21/02"
    assert host.write_refused(64) == "5/21/02"
    assert host.write_refused(-150) == "5/21/02"
    host.write(32, 32)


@pytest.mark.parametrize("medium", ["dvd+r", "bd-r", "cd-r"])
def test_write_beyond_the_disc_is_out_of_range(load: Load, medium: str) -> None:
    host = load(medium, capacity=64)
    assert host.write_refused(64) == "5/21/00"
    host.write(0, 32)
    assert host.write_refused(32, 64) == "5/21/00"


def test_full_disc_has_no_next_writable_address(load: Load) -> None:
    host = load("dvd+r", capacity=64)
    host.write(0, 64)
    assert host.track()[7] == 0x02
    host.close(1, 1)
    host.close(6)
    assert host.disc()[2] == 0x0E


def test_part_of_an_ecc_block_is_padded_by_the_flush(load: Load) -> None:
    host = load("dvd+r")
    host.write(0, 5)
    host.write(5, 4)
    host.sync()
    assert host.next_writable() == 16
    assert host.read(8, 2) == b"\xa5" * 2048 + bytes(2048)


def test_bd_r_collects_parts_of_clusters(load: Load) -> None:
    host = load("bd-r")
    host.write(0, 16, 0x11)
    host.write(16, 32, 0x22)
    assert host.write_refused(64) == "5/21/02"
    host.sync()
    assert host.next_writable() == 64
    assert host.read(15, 2) == b"\x11" * 2048 + b"\x22" * 2048
    assert host.read(48) == bytes(2048)


def test_bd_r_streaming_of_part_clusters_is_a_write_error(load: Load) -> None:
    assert load("bd-r").refused("AA 00 00000000 00000010 80 00", bytes(16 * 2048)) == "3/0C/00"


def test_reading_what_was_never_written(load: Load) -> None:
    host = load("dvd+r")
    host.write(0, 32)
    assert host.read(31) == b"\xa5" * 2048
    assert host.read_refused(32) == "8/00/00"
    assert host.read_refused(30, 4) == "8/00/00"
    assert host.read_refused(2295104) == "5/21/00"


def test_sense_names_the_block_that_cannot_be_read(load: Load) -> None:
    host = load("dvd+r")
    host.write(0, 32)
    reply = host.send(host.read_cdb(30, 4), allocation=4 * 2048)
    assert reply.sense[0] == 0xF0
    assert int.from_bytes(reply.sense[3:7], "big") == 32


def test_closing_a_session_wants_its_tracks_closed(load: Load) -> None:
    host = load("dvd+r")
    host.write(0, 32)
    assert host.close_refused(2) == "5/72/03"
    assert host.close_refused(6) == "5/72/03"


def test_closing_nothing_is_refused(load: Load) -> None:
    assert load("dvd+r").close_refused(2) == "5/72/00"


@pytest.mark.parametrize("function", [2, 6])
def test_closing_a_bd_r_that_is_only_formatted_is_refused(load: Load, function: int) -> None:
    host = load("bd-r")
    host.format(0, 0x32 << 2 | 1)
    assert host.close_refused(function) == "5/72/00"
    assert host.disc()[2] == 0x01


@pytest.mark.parametrize(
    ("medium", "functions"),
    [
        ("cd-r", {1, 2}),
        ("cd-rw", {1, 2}),
        ("dvd+r", {1, 2, 5, 6}),
        ("dvd+rw", {0, 2}),
        ("bd-r", {1, 2, 6}),
        ("bd-re", set()),
    ],
)
def test_close_functions_that_a_medium_lacks_are_refused(load: Load, medium: str, functions: set[int]) -> None:
    host = load(medium)
    for function in set(range(8)) - functions:
        assert host.close_refused(function, 1) == "5/24/00"


@pytest.mark.parametrize("function", [5, 6])
def test_both_ways_of_finalising_a_dvd_plus_r(load: Load, function: int) -> None:
    host = load("dvd+r")
    host.write(0, 32)
    host.close(1, 1)
    host.close(function)
    assert host.disc()[2] & 3 == 2


def test_appendable_disc_can_be_finalised_without_another_session(load: Load) -> None:
    host = load("dvd+r")
    host.write(0, 32)
    host.close(1, 1)
    host.close(2)
    host.close(6)
    assert host.disc()[2:7] == bytes.fromhex("0E 01 01 01 01")


def test_second_session_is_found_by_track_session_and_address(load: Load) -> None:
    host = load("dvd+r")
    for _ in range(2):
        host.write(host.next_writable(), 32)
        host.close(1, host.disc()[6])
        host.close(2)
    by_session = host.ok("52 02 00000002 00 0030 00", allocation=48)
    by_address = host.ok("52 00 00000820 00 0030 00", allocation=48)
    assert by_session == by_address == host.track(2)
    assert by_session[2:4] == bytes([2, 2])
    assert host.ok("43 00 01 00 00 00 00 000C 00", allocation=12) == bytes.fromhex("000A 01 02 00140200 00000820")


def test_reserved_track_takes_what_it_was_reserved_for(load: Load) -> None:
    host = load("dvd+r")
    host.ok("53 00 000000 00000040 00".replace(" ", ""))
    assert host.track(1)[6] & 0x80
    assert host.track(1)[24:28] == bytes.fromhex("00000040")
    assert host.next_writable() == 64 + 16
    host.write(0, 32)
    assert host.write_refused(32, 48) == "5/21/02"
    host.write(32, 32)
    host.close(1, 1)
    assert host.disc()[2] & 3 == 1


@pytest.mark.parametrize("medium", ["dvd+r", "bd-r"])
def test_reserved_track_that_was_filled_is_complete(load: Load, medium: str) -> None:
    """The session closes without a close of the track (as wodim does it); padding to the end of an ECC block counts."""
    host = load(medium)
    host.ok("53 00 000000 00000040 00".replace(" ", ""))
    host.write(0, 32)
    assert host.close_refused(2) == "5/72/03"
    host.write(32, 27)
    host.close(2)
    assert host.disc()[2] == 0x01, "appendable, the last session is empty"
    assert host.track(1)[24:28] == bytes.fromhex("00000040")


def test_blank_and_format_do_not_suit_a_dvd_plus_r(load: Load) -> None:
    host = load("dvd+r")
    assert host.refused("A1 01" + "00" * 10) == "5/30/00"
    assert host.refused("04 11 00 00 00 00", host.format_list(0, 0x98)) == "5/30/06"


def test_blank_bd_r_offers_its_formats(load: Load) -> None:
    listed = load("bd-r").formats()
    expected = (
        "00000028 00BA7400 01000800"
        " 00B47400 00003000"  # default: 12,288 spare clusters
        " 00B47400 C8000000"  # 32h of the same size
        " 00587400 C8000000"  # the largest spare areas: 5,796,864 blocks remain
        " 00B87400 C8000000"  # the smallest: 12,088,320 remain
    )
    assert listed == bytes.fromhex(expected)


def test_bd_r_is_formatted_once(load: Load) -> None:
    host = load("bd-r")
    host.format(11826176, 0x32 << 2 | 1)
    assert host.disc()[2] == 0x01  # appendable, its session empty
    assert host.capacity() == 0
    assert host.formats() == bytes.fromhex("00000008 00B47400 02000800")
    assert not host.feature_is_current(0x38)
    assert host.refused("04 11 00 00 00 00", host.format_list(0, 0)) == "5/30/06"


def test_bd_r_that_holds_data_cannot_be_formatted(load: Load) -> None:
    host = load("bd-r")
    host.write(0, 32)
    assert host.refused("04 11 00 00 00 00", host.format_list(0, 0)) == "5/30/06"


def test_spare_size_out_of_bounds_is_refused(load: Load) -> None:
    host = load("bd-r")
    assert host.refused("04 11 00 00 00 00", host.format_list(32, 0x32 << 2 | 1)) == "5/26/00"


def test_pseudo_overwrite_consumes_blocks_at_the_next_writable_address(load: Load) -> None:
    host = load("bd-r", capacity=32 * 64)
    host.format(0, 0x32 << 2)
    assert host.feature_is_current(0x38)
    host.write(0, 64, fill=1)
    free = int.from_bytes(host.track(1)[16:20], "big")
    host.write(32, 32, fill=2)
    assert host.next_writable(1) == 96
    assert int.from_bytes(host.track(1)[16:20], "big") == free - 32
    assert host.read(31, 2) == b"\1" * 2048 + b"\2" * 2048
    assert host.write_refused(128) == "5/21/02"


def test_bd_r_session_follows_without_a_gap(load: Load) -> None:
    host = load("bd-r")
    host.write(0, 64)
    host.close(1, 1)
    host.close(2)
    assert host.next_writable() == 64
    host.close(6)
    assert host.disc()[2] == 0x0E

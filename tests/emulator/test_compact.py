"""CD-R and CD-RW: track-at-once, sessions, blanking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Load = Callable[..., Any]
BLANK_MINIMAL = "A1 01" + "00" * 10


def burn(host: Any, blocks: int = 320, *, multi_session: int = 3) -> None:
    host.select_write_parameters(multi_session=multi_session)
    host.write(host.next_writable(), blocks)
    host.sync()
    host.close(2)


def test_blank_cd_r_in_bytes(load: Load) -> None:
    host = load("cd-r")
    # lead-in at 97:26.66, last lead-out at 79:59.74
    assert host.disc() == bytes.fromhex("0020 00 01 01 01 01 20 00 00 00 00 00000000 00611A42 004F3B4A" + "00" * 10)
    expected = (
        "002E 01 01 00 04 41 01 00000000 00000000 00057DA7 00000000 00057DA7 00000000"
        " 0000 0000 00000000 00000000 00000000"
    )
    assert host.track() == bytes.fromhex(expected)


def test_appendable_cd_r_in_bytes(load: Load) -> None:
    host = load("cd-r")
    burn(host)
    # next lead-in 4,650 blocks before the second session, at 2 s + 322 + 6,750 blocks: 01:36.22
    assert host.disc()[:24] == bytes.fromhex("0020 01 01 02 02 02 20 00 00 00 00 00000000 00012416 004F3B4A")
    assert host.next_writable() == 322 + 11400


def test_final_cd_r_in_bytes(load: Load) -> None:
    host = load("cd-r")
    burn(host, multi_session=0)
    assert host.disc()[:24] == bytes.fromhex("0020 0E 01 01 01 01 20 00 00 00 00 00000000 FFFFFFFF FFFFFFFF")
    assert host.write_refused(322) == "5/30/05"


def test_later_sessions_cost_less(load: Load) -> None:
    host = load("cd-r")
    burn(host)
    start = host.next_writable()
    burn(host)
    assert host.next_writable() == start + 322 + 6900


def test_capacity_counts_run_out_blocks_that_cannot_be_read(load: Load) -> None:
    host = load("cd-r")
    burn(host)
    assert host.capacity() == 321
    assert host.read(319) == b"\xa5" * 2048
    assert host.read_refused(320) == "3/11/05"
    assert host.read_refused(316, 6) == "3/11/05"


def test_flush_ends_the_track(load: Load) -> None:
    host = load("cd-r")
    host.write(0, 320)
    host.sync()
    assert host.write_refused(320) == "5/21/02"
    assert host.next_writable() == 320 + 2 + 150
    assert host.disc()[:7] == bytes.fromhex("0020 05 01 01 01 02")


def test_short_track_is_padded_to_four_seconds(load: Load) -> None:
    host = load("cd-r")
    host.write(0, 10)
    host.sync()
    assert host.capacity() == 301


def test_full_toc_in_bytes(load: Load) -> None:
    host = load("cd-r")
    burn(host)
    expected = (
        "0043 01 01"
        " 01 14 00 A0 000000 00 010000"
        " 01 14 00 A1 000000 00 010000"
        " 01 14 00 A2 000000 00 000616"  # 322 + 150 blocks: 00:06.22
        " 01 14 00 01 000000 00 000200"
        " 01 54 00 B0 022416 02 4F3B4A"
        " 01 54 00 C0 000000 00 611A42"
    )
    data = host.ok("43 00 02 00 00 00 00 0324 00", allocation=804)
    assert data == bytes.fromhex(expected).replace(bytes.fromhex("0043"), (len(data) - 2).to_bytes(2, "big"), 1)


def test_the_last_session_may_point_nowhere(load: Load) -> None:
    host = load("cd-r")
    burn(host)
    burn(host, multi_session=1)
    data = host.ok("43 00 02 00 00 00 02 0324 00", allocation=804)
    assert data[-11:] == bytes.fromhex("02 54 00 B0 FFFFFF 01 4F3B4A")
    host = load("cd-r")
    burn(host, multi_session=0)
    assert 0xB0 not in host.ok("43 00 02 00 00 00 00 0324 00", allocation=804)[7::11]


@pytest.mark.parametrize("form", ["00", "01", "02"])
def test_a_disc_without_a_complete_session_has_no_table_of_contents(load: Load, form: str) -> None:
    host = load("cd-r")
    cdb = f"43 00 {form} 00 00 00 00 0324 00"
    assert host.refused(cdb, allocation=804) == "5/24/00"
    host.write(0, 320)
    host.sync()
    assert host.refused(cdb, allocation=804) == "5/24/00"
    host.close(2)
    told = host.ok(cdb, allocation=804)
    host.write(host.next_writable(), 320)
    host.sync()
    assert host.ok(cdb, allocation=804) == told  # of the session that is open nothing is told


def test_atip_in_bytes(load: Load) -> None:
    cdb = "43 02 04 00 00 00 00 0020 00"
    expected = "001E 0000 51 40 {} 00 611A42 00 4F3B4A 00" + "00" * 16
    assert load("cd-r").ok(cdb, allocation=32) == bytes.fromhex(expected.format("00"))
    assert load("cd-rw").ok(cdb, allocation=32) == bytes.fromhex(expected.format("40"))
    assert load("dvd+r").refused(cdb, allocation=32) == "5/24/00"


def test_program_memory_area_lists_closed_and_reserved_tracks(load: Load) -> None:
    host = load("cd-r")
    assert host.ok("43 02 03 00 00 00 00 0324 00", allocation=804) == bytes.fromhex("0002 0000")
    host.ok("53 00 00 00 00 00 00 01 2C 00")  # 300 blocks
    data = host.ok("43 02 03 00 00 00 00 0324 00", allocation=804)
    assert data == bytes.fromhex("000D 0000 00 14 00 01 000600 00 000200")
    host = load("cd-r")
    host.write(0, 320)
    host.sync()
    data = host.ok("43 02 03 00 00 00 00 0324 00", allocation=804)
    assert data == bytes.fromhex("000D 0000 00 14 00 01 000616 00 000200")


def test_toc_in_minutes_seconds_and_frames(load: Load) -> None:
    host = load("cd-r")
    burn(host)
    data = host.ok("43 02 00 00 00 00 00 0324 00", allocation=804)
    assert data == bytes.fromhex("0012 01 01 00140100 00000200 0014AA00 00000616")


def test_two_tracks_in_one_session(load: Load) -> None:
    host = load("cd-r")
    host.write(0, 320)
    host.sync()
    host.write(472, 320)
    host.close(2)
    toc = host.ok("43 00 00 00 00 00 00 0324 00", allocation=804)
    assert toc == bytes.fromhex("001A 01 02 00140100 00000000 00140200 000001D8 0014AA00 0000031A")


def test_closing_an_empty_session_is_refused(load: Load) -> None:
    assert load("cd-r").close_refused(2) == "5/72/00"


def test_test_write_leaves_the_disc_blank(load: Load, tmp_path: Any) -> None:
    host = load("cd-r", file=tmp_path / "disc")
    host.select_write_parameters(test_write=True)
    host.write(0, 320)
    assert host.next_writable() == 320
    host.sync()
    host.close(2)
    assert host.disc()[2] == 0
    assert host.next_writable() == 0
    assert (tmp_path / "disc").stat().st_size == 0


def test_aborted_test_write_ends_with_the_mode_page(load: Load) -> None:
    host = load("cd-r")
    host.select_write_parameters(test_write=True)
    host.write(0, 32)
    host.select_write_parameters(test_write=False)
    assert host.next_writable() == 0


def test_cd_r_cannot_be_blanked(load: Load) -> None:
    assert load("cd-r").refused(BLANK_MINIMAL) == "5/30/00"


@pytest.mark.parametrize("kind", ["00", "01"])
def test_cd_rw_is_blank_after_blanking(load: Load, kind: str) -> None:
    host = load("cd-rw")
    burn(host, multi_session=0)
    assert host.disc()[2] == 0x1E  # erasable, complete, finalised
    host.ok(f"A1 {kind}" + "00" * 10)
    assert host.disc()[2] == 0x10
    assert host.next_writable() == 0
    assert host.read_refused(0) == "8/00/00"


def test_blanking_takes_time_and_tells_how_far_it_is(load: Load) -> None:
    host = load("cd-rw")
    burn(host)
    host.ok("A1 11" + "00" * 10)
    host.transport.clock.sleep(20)
    reply = host.send("00 00 00 00 00 00")
    assert reply.sense[2:3] + reply.sense[12:14] == bytes.fromhex("02 04 07")
    assert reply.sense[15] == 0x80
    assert int.from_bytes(reply.sense[16:18], "big") / 65536 == pytest.approx(0.5, abs=0.01)
    assert host.refused("51 00 00 00 00 00 00 0022 00", allocation=34) == "2/04/07"
    host.transport.clock.sleep(20)
    assert host.disc()[2] == 0x10


def test_last_session_of_a_cd_rw_can_be_erased(load: Load) -> None:
    host = load("cd-rw")
    burn(host)
    second = host.next_writable()
    burn(host)
    host.ok("A1 06" + "00" * 10)
    assert host.next_writable() == second
    assert host.disc()[:7] == bytes.fromhex("0020 11 01 02 02 02")


def test_last_session_of_a_cd_rw_can_be_unclosed(load: Load) -> None:
    host = load("cd-rw")
    burn(host, multi_session=0)
    host.ok("A1 05" + "00" * 10)
    assert host.disc()[:7] == bytes.fromhex("0020 15 01 01 01 02")
    burn(host)
    assert host.ok("43 00 00 00 00 00 00 0324 00", allocation=804)[2:4] == bytes([1, 2])


def test_read_cd_gives_the_user_data(load: Load) -> None:
    host = load("cd-r")
    burn(host)
    assert host.ok("BE 00 00000000 000002 10 00 00", allocation=4096) == b"\xa5" * 4096


def packets(load: Load, **options: Any) -> Any:
    host = load("cd-rw", **options)
    host.format(int.from_bytes(host.formats()[12:16], "big"), 0x40, parameter=32)
    return host


def packet_page(host: Any, size: int = 32) -> None:
    page = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    page[2:5], page[10:14] = bytes((0x40, 0x25, 8)), size.to_bytes(4, "big")
    host.ok(f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page)


def test_a_cd_rw_offers_fixed_packets_of_32_blocks_in_bytes(load: Load) -> None:
    # 359,849 blocks hold 9,227 packets of 32 blocks and 7 around them, of which 5 before the first do not count
    # as a Mount Rainier disc 32 of them are for applications of its own and 33 for copies of its tables, and of the
    # other 9,162 = 63 * 144 + 90 each first 8 of 144 replace defects, so that 63 * 136 + 82 hold data
    assert load("cd-rw").formats() == bytes.fromhex("00000018 00057DA9 01 000800 00048160 40 000020 00043940 90 000000")


def test_fixed_packets_are_written_anywhere_but_whole(load: Load, tmp_path: Any) -> None:
    host = packets(load, file=tmp_path / "disc")
    assert host.feature_is_current(0x26)
    assert host.track(1)[5:7] == bytes((0x05, 0xB1))
    assert host.write_refused(64, 32) == "5/64/00"  # the mode page says track at once
    packet_page(host)
    assert host.write_refused(64, 31) == "5/21/02"
    assert host.write_refused(65, 32) == "5/21/02"
    assert host.write_refused(9227 * 32, 32) == "5/21/00"
    host.write(64, 32)
    host.write(0, 32, fill=0x11)
    host.sync()
    host.transport.close()
    again = load("cd-rw", file=tmp_path / "disc")
    assert again.read(64, 32) == b"\xa5" * 32 * 2048
    assert again.read(32, 1) == bytes(2048)
    again.ok(BLANK_MINIMAL)
    assert again.disc()[2] & 3 == 0
    assert not again.feature_is_current(0x26)


def test_a_formatted_cd_rw_whose_session_is_erased_is_blank(load: Load) -> None:
    host = packets(load, capacity=6000)
    packet_page(host)
    host.write(0, 32)
    assert host.refused("A1 05" + "00" * 10) == "5/64/00"  # packets that are fixed cannot be gone on with
    host.ok("A1 06" + "00" * 10)
    assert host.disc()[2] & 0x0F == 0
    assert not host.feature_is_current(0x26)
    assert host.next_writable() == 0

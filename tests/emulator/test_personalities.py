"""What single drives do, and that it is what their personality says: asked by a host that does not know it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Load = Callable[..., Any]
TUR = "00 00 00 00 00 00"
STREAMING = "AA 00 00000000 000000{:02X} 80 00"


def page_05h(host: Any, write_type: int, track_mode: int, block_type: int) -> tuple[str, bytes]:
    page = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    page[2], page[3], page[4] = 0x40 | write_type, 0xC0 | track_mode, block_type
    return f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page


def test_a_panasonic_lf_d310_wants_track_mode_5_on_a_dvd_r(load: Load) -> None:
    host = load("dvd-r", personality="panasonic-lf-d310")
    assert host.refused(*page_05h(host, 0, 4, 8)) == "5/26/00"
    host.ok(*page_05h(host, 0, 5, 8))
    other = load("dvd-rw", personality="panasonic-lf-d310")
    other.ok(*page_05h(other, 0, 4, 8))


@pytest.mark.parametrize("cdb", ["46 00 0000 00 00 00 0400 00", "46 02 0021 00 00 00 0400 00"])
def test_a_pioneer_dvr_104_prefers_a_link_size_that_no_disc_has(load: Load, cdb: str) -> None:
    plain = load("dvd-r").ok(cdb, allocation=1024)
    told = load("dvd-r", personality="pioneer-dvr-104").ok(cdb, allocation=1024)
    place = plain.index(bytes.fromhex("0021 0D 08 0100 01 02 07")) + 8
    assert told == plain[:place] + b"\xff" + plain[place + 1 :]


def test_some_pioneers_have_more_room_than_their_buffer_is_long(load: Load) -> None:
    host = load("dvd+r", personality="pioneer-buffer", buffer=1 << 20)
    assert host.ok("5C" + "00" * 7 + "0C 00", allocation=12)[4:] == bytes.fromhex("00100000 00200000")


def test_a_toshiba_ts_h542a_does_not_know_the_data_mode(load: Load) -> None:
    host = load("dvd+r", personality="toshiba-ts-h542a")
    host.write(0)
    plain = load("dvd+r")
    plain.write(0)
    assert host.track()[6] == plain.track()[6] | 0x0F != plain.track()[6]
    assert host.refused("54 01" + "00" * 8) == "5/30/02"


def test_an_lg_gh22ls30_closes_no_track_of_a_cd_that_was_flushed(load: Load) -> None:
    host = load("cd-r", personality="lg-gh22ls30")
    host.write(0, 16)
    host.sync()
    assert host.close_refused(1, 1) == "5/24/00"
    host.close(2)


def test_an_lg_ggw_h20l_records_nothing_of_streams_in_32_kib(load: Load) -> None:
    host = load("bd-re", personality="lg-ggw-h20l")
    host.format(0, 0xC4)
    host.ok(STREAMING.format(16), b"\x11" * 16 * 2048)
    assert host.read(0) == bytes(2048)
    host.ok(STREAMING.format(32), b"\x11" * 32 * 2048)
    assert host.read(0) == b"\x11" * 2048


def test_newer_mitsumis_tell_how_far_they_are_to_request_sense_only(load: Load) -> None:
    host = load("cd-rw", personality="new-mitsumi")
    host.write(0, 300)
    host.ok("5B 01 02 00 0000 00 00 00 00")
    host.transport.clock.sleep(1)
    told = host.send(TUR).sense
    assert (told[2], told[12:14], told[15] & 0x80) == (2, b"\x04\x07", 0)
    assert host.ok("03 00 00 00 12 00", allocation=18)[15] & 0x80


def test_an_asus_drw_24f1st_takes_the_parameters_of_raw_recording_and_no_lead_in(load: Load) -> None:
    host = load("cd-r", personality="asus-drw-24f1st")
    host.ok(*page_05h(host, 3, 0, 1))
    assert host.refused("2A 00 FFFFD28E 00 0001 00", bytes(2368)) == "5/64/00"
    assert host.disc()[2] & 3 == 0

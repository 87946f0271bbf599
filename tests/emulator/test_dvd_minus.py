"""DVD-R and DVD-RW: borders, disc at once, layers, and the two faces of a DVD-RW, in bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from discstack.emulator.media.management import MANAGEMENT_AREA, management_structures
from discstack.emulator.media.structures import DVD, PRE_RECORDED
from discstack.emulator.media.track_medium import Track
from discstack.mmc.spec.disc_structure import MediaType, RecordedStatus, parse_disc_structure

Load = Callable[..., Any]
INCREMENTAL, AT_ONCE = 0, 2
FEATURE_INCREMENTAL = 0x21
STRUCTURE = "AD 00 00000000 00 {:02X} 0804 00 00"


def select(host: Any, write_type: int, *, multi_session: int = 3, test: bool = False) -> None:
    page = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    page[2] = 0x60 | test << 4 | write_type
    page[3] = multi_session << 6 | 5
    page[4], page[5] = 8, 16
    host.ok(f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page)


def reserve(host: Any, blocks: int) -> None:
    host.ok(f"53 00 00 00 00 {blocks:08X} 00")


def profile(host: Any) -> int:
    return int.from_bytes(host.ok("46 01 0000 00 00 00 0008 00", allocation=8)[6:8], "big")


@pytest.mark.parametrize(("medium", "number"), [("dvd-r", 0x11), ("dvd-rw", 0x14), ("dvd-r-dl", 0x15)])
def test_a_blank_disc_says_what_it_is(load: Load, medium: str, number: int) -> None:
    host = load(medium)
    assert profile(host) == number
    assert host.disc()[2] & 0x0F == 0
    assert host.feature_is_current(FEATURE_INCREMENTAL)
    assert host.feature_is_current(0x2F)


def test_writing_before_page_05h_goes_by_the_drives_defaults(load: Load) -> None:
    host = load("dvd-r")
    host.write(0)
    assert host.next_writable() == 32


def test_a_border_costs_its_out_and_in(load: Load) -> None:
    host = load("dvd-r")
    select(host, INCREMENTAL)
    host.write(0, 40)
    host.sync()
    assert host.track(1)[12:16] == (48 + 16).to_bytes(4, "big"), "the next piece would be linked behind whole units"
    assert host.close_refused(2) == "5/72/03"
    host.close(1, 1)
    host.close(2)
    assert host.disc()[2] & 0x0F == 0x01, "appendable, the last border empty"
    assert host.next_writable(2) == 48 + 49152
    host.write(48 + 49152, 16)
    host.sync()
    host.close(1, 2)
    select(host, INCREMENTAL, multi_session=0)
    host.close(2)
    assert host.disc()[2] & 0x0F == 0x0E
    assert not host.feature_is_current(FEATURE_INCREMENTAL)


def test_what_is_written_goes_on_behind_a_link(load: Load) -> None:
    host = load("dvd-r")
    select(host, INCREMENTAL)
    host.write(0, 16)
    host.sync()
    assert host.write_refused(16, 16) == "5/21/02"
    host.write(32, 16, fill=9)
    assert host.read(32) == b"\x09" * 2048
    assert host.read(16) == bytes(2048), "the link itself holds nothing"


def test_disc_at_once_takes_exactly_what_was_reserved(load: Load) -> None:
    host = load("dvd-r")
    select(host, AT_ONCE, multi_session=0)
    assert host.write_refused(0) == "5/2C/00", "nothing is reserved"
    reserve(host, 48)
    before = host.transport.clock.now()
    host.write(0, 32)
    assert host.transport.clock.now() - before >= 60, "the lead-in comes first"
    assert host.write_refused(32, 32) == "5/21/02"
    host.write(32, 16)
    host.sync()
    assert host.disc()[2] & 0x0F == 0x0E
    assert host.capacity() == 47


def test_disc_at_once_that_ends_early_gets_no_lead_out(load: Load) -> None:
    host = load("dvd-rw")
    select(host, AT_ONCE, multi_session=0)
    reserve(host, 64)
    host.write(0, 32)
    host.sync()
    assert host.disc()[2] & 0x0F == 0x05
    assert host.close_refused(1, 1) == "5/72/00"
    host.ok("1B 00 00 00 02 00")
    host.ok("1B 00 00 00 03 00")
    host.drain()
    track = host.track(1)
    assert track[5] & 0x20, "damaged"
    assert not track[7] & 1
    host.ok("A1 01" + "00" * 10)
    assert host.disc()[2] & 0x0F == 0


def test_blanking_minimally_costs_the_feature_and_leaves_disc_at_once(load: Load) -> None:
    host = load("dvd-rw")
    host.ok("A1 01" + "00" * 10)
    assert not host.feature_is_current(FEATURE_INCREMENTAL)
    select(host, INCREMENTAL)
    assert host.write_refused(0) == "5/64/00"
    select(host, AT_ONCE, multi_session=0)
    reserve(host, 32)
    host.write(0)
    host.ok("A1 00" + "00" * 10)
    assert host.feature_is_current(FEATURE_INCREMENTAL)


def test_a_test_leaves_the_disc_blank(load: Load) -> None:
    host = load("dvd-r")
    select(host, INCREMENTAL, test=True)
    host.write(0)
    assert host.next_writable() == 32
    select(host, INCREMENTAL)
    assert host.next_writable() == 0
    assert host.disc()[2] & 0x0F == 0


def test_the_pre_pits_name_the_maker(load: Load) -> None:
    data = load("dvd-r").ok(STRUCTURE.format(0x0E), allocation=0x804)
    assert data[4:8] == bytes.fromhex("01 41 80 26")
    assert bytes(data[21:27] + data[29:35]) == b"DISCSTACK001"


def test_two_layers_are_told_by_the_control_data(load: Load) -> None:
    data = load("dvd-r-dl").ok(STRUCTURE.format(0x10), allocation=0x804)
    assert data[6] & 0x70 == 0x30, "two layers, opposite track path"
    assert int.from_bytes(data[16:20], "big") == 0x30000 + 2085856 - 1


def test_a_dvd_rw_offers_the_formats_that_drives_were_seen_to_offer(load: Load) -> None:
    # a Philips/LG drive with a DVD-RW of 2297888 blocks: 00h(800), 10h(10), 15h(10)
    rows = load("dvd-rw").formats()[12:]
    assert rows.hex(" ", 4) == "00231020 00000800 00231020 40000010 00231020 54000010"


def test_quick_format_leaves_the_session_open_and_growing(load: Load) -> None:
    host = load("dvd-rw")
    host.format(0, 0x54, parameter=16)
    assert profile(host) == 0x13
    assert [host.feature_is_current(code) for code in (0x21, 0x23, 0x2C, 0x2F)] == [False, True, True, True]
    assert host.formats()[8] == 3, "intermediate state"
    assert host.track(1)[6] & 0x30 == 0x30, "growisofs writes only where the packets are fixed"
    assert host.write_refused(8, 16) == "5/21/02"
    assert host.write_refused(0, 8) == "5/21/02"
    assert host.write_refused(32, 16) == "5/21/02"
    host.write(0, 32, fill=3)
    assert host.read_refused(0) == "3/11/05"
    host.sync()
    host.close(2)
    assert host.read(0) == b"\3" * 2048
    assert host.formats()[8] == 2
    assert host.write_refused(32, 16) == "5/21/02"
    host.write(16, 16, fill=4)


def test_a_formatted_disc_is_opened_to_grow_and_turned_back(load: Load) -> None:
    host = load("dvd-rw", capacity=256)
    host.format(0, 0x54, parameter=16)
    host.write(0, 32)
    host.sync()
    host.close(2)
    growth = host.formats()[-8:]
    assert growth == (224).to_bytes(4, "big") + bytes.fromhex("4C 000010")
    host.format(0, 0x4C, parameter=16)
    host.write(32, 32)
    host.sync()
    host.close(2)
    assert host.capacity() == 63
    host.format(256, 0x40, parameter=16)
    assert host.capacity() == 255
    host.ok("A1 00" + "00" * 10)
    assert profile(host) == 0x14
    assert host.next_writable() == 0


def test_power_that_fails_damages_the_track_being_written(load: Load) -> None:
    host = load("dvd-r")
    select(host, INCREMENTAL)
    host.write(0)
    host.transport.drive.medium.lose_power()
    assert host.disc()[2] & 0x0F == 0x09
    assert host.track(1)[5] & 0x20
    host.close(1, 1)
    host.close(2)
    assert host.disc()[2] & 0x0F == 0x01


def test_a_laser_is_calibrated_on_a_disc_that_can_be_written_over(load: Load) -> None:
    host = load("dvd-rw")
    host.format(0, 0)
    host.ok("54 01 00 00 00 00 00 00 00 00")


def history(host: Any, code: int) -> Any:
    data = host.ok(f"AD 00 00000000 00 {code:02X} FFFF 00 00", allocation=0xFFFF)
    return parse_disc_structure(MediaType.DVD, code, data)


@pytest.mark.parametrize("medium", ["dvd-r", "dvd-rw"])
def test_a_disc_keeps_its_history(load: Load, medium: str) -> None:
    host = load(medium)
    for code in ("0C", "0D", "0F"):
        assert host.refused(f"AD 00 00000000 00 {code} FFFF 00 00", allocation=0xFFFF) == "5/24/00", "it has none yet"
    host.select_write_parameters()
    host.ok("54 01 00 00 00 00 00 00 00 00")
    for _ in range(2):
        host.write(host.next_writable(host.disc()[6]))
        host.sync()
        host.close(1, host.disc()[6])
        found = history(host, 0x0D)
        assert found.zone_head.invisible_rzone_number == host.disc()[6]
        host.close(2)
    found = history(host, 0x0C)
    assert found.summary.random_number == history(host, 0x0F).random_number != 0
    assert (found.summary.disc_status, found.summary.media_id) == (RecordedStatus.INCREMENTAL, "DISCSTACK001")
    assert [recorder.model_number for recorder in found.calibrations] == ["VIRTUAL BURNER"] * (medium == "dvd-r")
    tracks = [host.track(number) for number in (1, 2, 3)]
    starts = [int.from_bytes(track[8:12], "big") for track in tracks]
    assert [zone.start_sector_number - 0x30000 for zone in found.rzones] == starts
    assert [zone.last_recorded_sector_number for zone in found.rzones[2:]] == [0], "the invisible one"
    assert [border - 0x30000 for border in found.border_outs] == [starts[0] + 32, starts[1] + 32]


def test_the_history_of_very_many_tracks_goes_on_in_the_next_fields() -> None:
    tracks = [Track(1, 32 * number, written=32, size=32, closed=True) for number in range(300)]
    made = management_structures(tracks, 7, RecordedStatus.INCREMENTAL, 0, {(DVD, PRE_RECORDED): bytes(64)})
    area = made[DVD, MANAGEMENT_AREA]
    found: Any = parse_disc_structure(
        MediaType.DVD, MANAGEMENT_AREA, (len(area) + 2).to_bytes(2, "big") + bytes(2) + area
    )
    assert [zone.start_sector_number - 0x30000 for zone in found.rzones] == [track.start for track in tracks]
    assert len(found.data) == 15 * 2048


def test_a_blanked_disc_has_no_history(load: Load) -> None:
    host = load("dvd-rw")
    host.write(0)
    host.sync()
    assert history(host, 0x0F).random_number
    host.ok("A1 00" + "00" * 10)
    assert host.refused("AD 00 00000000 00 0F FFFF 00 00", allocation=0xFFFF) == "5/24/00"

"""The unit: readiness, attentions, identity, events, tray, refusal of what is unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discstack.emulator.open import MEDIA, open_virtual
from discstack.mmc.spec.cdb import REGISTRY, Direction
from discstack.transport.base import Command, DeviceGone, Reply

Load = Callable[..., Any]
TUR = "00 00 00 00 00 00"


def test_first_command_hears_of_the_power_on(load: Load) -> None:
    host = load("dvd+r", heard=False)
    assert host.refused(TUR) == "6/29/00"
    host.ok(TUR)


def test_inquiry_answers_before_the_attention_is_heard(load: Load) -> None:
    host = load("bd-r", heard=False)
    data = host.ok("12 00 00 00 60 00", allocation=96)
    assert data == bytes.fromhex("05 80 05 02 1F 000000") + b"DISCSTAKVIRTUAL BURNER  1.00"


def test_vital_product_data_pages(load: Load) -> None:
    host = load("cd-r", serial="ABC123")
    assert host.ok("12 01 00 00 FF 00", allocation=255) == bytes.fromhex("05 00 0003 00 80 83")
    assert host.ok("12 01 80 00 FF 00", allocation=255) == bytes.fromhex("05 80 0006") + b"ABC123"
    assert host.ok("12 01 83 00 FF 00", allocation=255)[4:8] == bytes.fromhex("02 01 00 1E")
    assert host.refused("12 01 C0 00 FF 00", allocation=255) == "5/24/00"


def test_unknown_opcode_is_refused(load: Load) -> None:
    assert load("dvd+r").refused("D8" + "00" * 11) == "5/20/00"


def test_cdb_of_wrong_length_is_refused(load: Load) -> None:
    assert load("dvd+r").refused("51 00 00 00 00 00") == "5/24/00"


def test_field_pointer_names_the_byte(load: Load) -> None:
    reply = load("dvd+r").send("51 07 00 00 00 00 00 0022 00", allocation=34)
    assert reply.sense[15:18] == bytes.fromhex("C0 0001")


def test_answer_is_cut_at_the_allocation_length(load: Load) -> None:
    host = load("dvd+r")
    reply = host.send("51 00 00 00 00 00 00 0002 00", allocation=34)
    assert bytes(reply.data) == bytes.fromhex("0020")
    assert reply.residual == 32


def test_answer_goes_into_the_callers_buffer(load: Load) -> None:
    buffer = bytearray(8)
    load("dvd+r").transport.execute(
        Command(bytes.fromhex("46 00 0000 000000 0008 00"), Direction.FROM_DEVICE, buffer, 8)
    )
    assert buffer[6:] == bytes.fromhex("001B")


@pytest.mark.parametrize(
    ("medium", "profile", "features"),
    [
        ("cd-r", "0009", {0x1E, 0x21, 0x2D, 0x2E}),
        ("cd-rw", "000A", {0x1E, 0x21, 0x2D, 0x2E, 0x37}),
        ("dvd+r", "001B", {0x1F, 0x2B}),
        ("dvd+rw", "001A", {0x1F, 0x20, 0x23, 0x2A}),
        ("dvd-r", "0011", {0x1F, 0x21, 0x2F}),
        ("dvd-r-dl", "0015", {0x1F, 0x21, 0x2F}),
        ("dvd-rw", "0014", {0x1F, 0x21, 0x23, 0x2F}),
        ("dvd-ram", "0012", {0x1F, 0x20, 0x23, 0x24}),
        ("dvd+r-dl", "002B", {0x1F, 0x3B}),
        ("bd-r", "0041", {0x23, 0x24, 0x40, 0x41}),
        ("bd-r-ql", "0041", {0x23, 0x24, 0x40, 0x41}),
        ("bd-re", "0043", {0x20, 0x23, 0x24, 0x40, 0x41}),
    ],
)
def test_current_features_follow_the_medium(load: Load, medium: str, profile: str, features: set[int]) -> None:
    data = load(medium).ok("46 01 0000 000000 FFFF 00", allocation=0xFFFF)
    assert data[6:8].hex() == profile.lower()
    assert int.from_bytes(data[:4], "big") == len(data) - 4
    seen, at = set(), 8
    while at < len(data):
        assert data[at + 2] & 1
        seen.add(int.from_bytes(data[at : at + 2], "big"))
        at += 4 + data[at + 3]
    always = {0x00, 0x01, 0x02, 0x03, 0x100, 0x105, 0x108, 0x10C}
    extra = {0x1D} if medium.startswith("cd") else set()
    assert seen == features | always | extra | {0x10, 0x107}


def test_one_feature_is_what_was_asked_for(load: Load) -> None:
    data = load("bd-re").ok("46 02 0041 000000 0040 00", allocation=64)
    assert data[8:10] == bytes.fromhex("0041")
    assert int.from_bytes(data[:4], "big") == len(data) - 4 == 4 + 4 + data[11]


def test_events_tell_new_media_once(load: Load) -> None:
    host = load("dvd+r")
    poll = "4A 01 00 00 10 00 00 0008 00"
    assert host.ok(poll, allocation=8) == bytes.fromhex("0006 04 5E 02 02 0000")
    assert host.ok(poll, allocation=8) == bytes.fromhex("0006 04 5E 00 02 0000")
    assert host.refused("4A 00 00 00 10 00 00 0008 00", allocation=8) == "5/24/00"


def test_eject_and_load_change_the_medium(load: Load) -> None:
    host = load("dvd+r")
    host.ok("1B 00 00 00 02 00")
    assert host.refused(TUR) == "2/3A/02"
    assert host.ok("BD 00 00000000 0000 0008 00 00", allocation=8)[1] == 0x10
    host.ok("1B 00 00 00 03 00")
    assert host.refused(TUR) == "6/28/00"
    host.ok(TUR)


def test_a_disc_may_be_unknown_with_the_power_just_on(load: Load) -> None:
    host = load("dvd+r", personality="load-first", heard=False)
    assert host.refused(TUR) == "6/29/00"
    assert host.refused(TUR) == "2/3A/01"
    assert host.ok("46 01 0000 000000 0008 00", allocation=8)[6:8] == bytes(2)
    host.ok("1B 00 00 00 03 00")
    assert host.refused(TUR) == "6/28/00"
    host.ok(TUR)
    host.ok("1B 00 00 00 03 00")
    host.ok(TUR)
    host.transport.drive.lose_power()
    assert host.refused(TUR) == "6/29/00"
    assert host.refused(TUR) == "2/3A/01"


def test_immediate_load_becomes_ready_after_a_while(load: Load) -> None:
    host = load("dvd+r")
    host.ok("1B 00 00 00 02 00")
    host.ok("1B 01 00 00 03 00")
    assert host.refused(TUR) == "6/28/00"
    assert host.refused(TUR) == "2/04/01"
    host.transport.clock.sleep(5)
    host.ok(TUR)


def test_locked_tray_stays_shut(load: Load) -> None:
    host = load("dvd+r")
    host.ok("1E 00 00 00 01 00")
    assert host.refused("1B 00 00 00 02 00") == "5/53/02"
    host.ok("1E 00 00 00 00 00")
    host.ok("1B 00 00 00 02 00")


def test_write_speed_survives_a_medium_change(load: Load) -> None:
    host = load("dvd+r")
    host.ok("BB 00 FFFF 15A4 000000000000")  # 5540 kB/s: 4x
    speed = "5A 08 2A 00 00 00 00 00FF 00"
    assert host.ok(speed, allocation=255)[8 + 28 : 8 + 30] == bytes.fromhex("15A4")
    medium = host.transport.drive.remove()
    host.transport.drive.insert(medium)
    host.drain()
    assert host.ok(speed, allocation=255)[8 + 28 : 8 + 30] == bytes.fromhex("15A4")


def test_reset_loses_speed_and_mode_pages_and_says_so(load: Load) -> None:
    host = load("cd-r")
    host.select_write_parameters(multi_session=0)
    host.ok("BB 00 FFFF 0370 000000000000")
    host.transport.drive.reset()
    assert host.refused(TUR) == "6/29/00"
    assert host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8 + 3] == 0xC4
    assert host.ok("5A 08 2A 00 00 00 00 00FF 00", allocation=255)[8 + 28 : 8 + 30] == (8467).to_bytes(2, "big")


def test_set_streaming_sets_what_get_performance_tells(load: Load) -> None:
    host = load("bd-r")
    kilobytes = 8991  # 2x
    descriptor = bytes(12) + b"".join(v.to_bytes(4, "big") for v in (kilobytes, 1000, kilobytes, 1000))
    host.ok("B6 00000000 00000000 001C 00".replace(" ", ""), descriptor)
    nominal = host.ok("AC 14 00000000 0000 0001 00 00".replace(" ", ""), allocation=24)
    assert nominal == bytes.fromhex("00000014 02000000 00000000 0000231F 00BA73FF 0000231F")


def test_write_speed_descriptors_list_every_speed(load: Load) -> None:
    data = load("bd-re").ok("AC 00 00000000 0000 0010 03 00".replace(" ", ""), allocation=264)
    assert data[:8] == bytes.fromhex("00000024 00000000")
    assert [int.from_bytes(data[at + 12 : at + 16], "big") for at in (8, 24)] == [8991, 4495]


def test_saved_mode_pages_are_refused(load: Load) -> None:
    assert load("cd-r").refused("5A 08 C5 00 00 00 00 0040 00", allocation=64) == "5/39/00"


def test_unchangeable_bits_are_refused_by_their_byte(load: Load) -> None:
    host = load("cd-r")
    page = bytearray(host.ok("5A 08 08 00 00 00 00 0040 00", allocation=64)[8:])
    page[2] ^= 1
    cdb = f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00"
    reply = host.send(cdb, bytes(8) + page)
    assert (reply.sense[2], reply.sense[12], reply.sense[13]) == (5, 0x26, 0)
    assert reply.sense[15:18] == bytes.fromhex("80 000A")


def test_write_type_that_the_drive_lacks_is_refused(load: Load) -> None:
    host = load("cd-r")
    page = bytearray(host.ok("1A 08 05 00 40 00", allocation=64)[4:])
    page[2] = page[2] & 0xF0 | 3  # raw
    assert host.refused(f"15 10 00 00 {len(page) + 4:02X} 00", bytes(4) + page) == "5/26/00"


def test_truncated_parameter_list_is_refused(load: Load) -> None:
    assert load("cd-r").refused("55 10 00 00 00 00 00 0004 00", bytes(4)) == "5/1A/00"


def test_all_mode_pages_come_in_order(load: Load) -> None:
    data = load("dvd+r").ok("5A 08 3F 00 00 00 00 01FF 00", allocation=511)
    assert int.from_bytes(data[:2], "big") == len(data) - 2
    codes, at = [], 8
    while at < len(data):
        codes.append(data[at])
        at += 2 + data[at + 1]
    assert codes == [0x01, 0x05, 0x08, 0x1A, 0x1C, 0x1D, 0x2A]


@pytest.mark.parametrize("medium", sorted(MEDIA))
def test_capabilities_page_lists_the_speeds_of_each_medium(load: Load, medium: str) -> None:
    page = load(medium, buffer=1 << 30).ok("5A 08 2A 00 00 00 00 00FF 00", allocation=255)[8:]
    fastest = min(int(MEDIA[medium].speeds.reported * MEDIA[medium].speeds.factors[0]), 0xFFFF)
    assert page[0:2] == bytes([0x2A, len(page) - 2])
    assert int.from_bytes(page[28:30], "big") == fastest
    assert int.from_bytes(page[30:32], "big") == len(MEDIA[medium].speeds.factors) == (len(page) - 32) / 4


def test_capabilities_page_tells_what_the_drive_reads_and_writes(load: Load) -> None:
    page = load("dvd-r").ok("5A 08 2A 00 00 00 00 00FF 00", allocation=255)[8:]
    assert page[2:8].hex(" ") == "3f 37 f0 7f 29 00"


def test_fastest_speed_of_a_bd_r_is_beyond_16_bits(load: Load) -> None:
    host = load("bd-r")
    host.ok("BB 00 FFFF FFFF 000000000000")
    nominal = host.ok("AC 14 00000000 0000 0001 00 00".replace(" ", ""), allocation=24)
    assert int.from_bytes(nominal[20:24], "big") == 71928, "at the rim"
    assert int.from_bytes(nominal[12:16], "big") == 30210, "at the hub"


def test_mode_pages_have_the_lengths_of_the_standard(load: Load) -> None:
    host = load("dvd+r")
    lengths = {0x01: 0x0A, 0x05: 0x32, 0x08: 0x0A, 0x1A: 0x0A, 0x1C: 0x0A, 0x1D: 0x0A}
    for code, length in lengths.items():
        for control in (0x00, 0x40, 0x80):
            data = host.ok(f"5A 08 {control | code:02X} 00 00 00 00 0040 00", allocation=64)
            assert data[8:10] == bytes([code, length])
            assert len(data) == 8 + 2 + length


def test_default_write_parameters_in_bytes(load: Load) -> None:
    data = load("cd-r").ok("5A 08 85 00 00 00 00 0040 00", allocation=64)
    assert data == bytes.fromhex("003A 00 00 00 00 0000 05 32 41 C4 08 10 00 00 00 00 00000010 0096" + "00" * 36)


def test_changeable_values_are_a_mask(load: Load) -> None:
    data = load("dvd+r").ok("5A 08 48 00 00 00 00 0040 00", allocation=64)
    assert data[8:] == bytes.fromhex("08 0A") + bytes(10)


def test_request_sense_is_empty_when_all_is_said(load: Load) -> None:
    assert load("dvd+r").ok("03 00 00 00 12 00", allocation=18) == bytes.fromhex("70 00 00 00000000 0A") + bytes(10)


def test_log_sense_lists_its_one_page(load: Load) -> None:
    assert load("dvd+r").ok("4D 00 40 00 00 00 00 00FF 00", allocation=255) == bytes.fromhex("00 00 0001 00")


def test_the_only_unit_is_reported(load: Load) -> None:
    assert load("dvd+r").ok("A0 00 00 000000 00000100 00 00".replace(" ", ""), allocation=256) == (
        bytes.fromhex("00000008 00000000") + bytes(8)
    )


def test_seek_stays_on_the_disc(load: Load) -> None:
    host = load("dvd+r", capacity=64)
    host.ok("2B 00 0000003F 000000 00")
    assert host.refused("2B 00 00000040 000000 00") == "5/21/00"


def test_read_buffer_tells_the_size_of_the_buffer(load: Load) -> None:
    host = load("dvd+r", buffer=1 << 20)
    assert host.ok("3C 03 00 000000 000004 00", allocation=4) == bytes.fromhex("00 100000")
    assert host.refused("3C 03 01 000000 000004 00", allocation=4) == "5/24/00"


def test_disc_structures_are_listed_and_readable(load: Load) -> None:
    host = load("dvd+r")
    listed = host.ok("AD 00 00000000 00 FF 00FF 00 00", allocation=255)
    assert listed[4:] == bytes.fromhex("00 40 0804 01 40 0008 11 40 0104")
    adip = host.ok("AD 00 00000000 00 11 0800 00 00", allocation=2048)
    assert adip[:20] == bytes.fromhex("0102 0000 A10F0200 00030000 0026053F 00000000")
    assert adip[23:34] == b"DISCSTAC001"
    assert host.refused("AD 01 00000000 00 00 0800 00 00", allocation=2048) == "5/30/02"


def test_bd_disc_information(load: Load) -> None:
    data = load("bd-re").ok("AD 01 00000000 00 00 1004 00 00", allocation=4100)
    assert data[:6] == bytes.fromhex("1002 0000") + b"DI"
    assert data[12:15] == b"BDW"


def test_commands_after_close_find_nobody(load: Load) -> None:
    host = load("dvd+r")
    host.transport.close()
    host.transport.close()
    with pytest.raises(DeviceGone):
        host.send(TUR)


def test_transfer_beyond_the_largest_is_a_mistake_of_the_caller(load: Load) -> None:
    host = load("dvd+r", max_transfer=65536)
    with pytest.raises(ValueError, match="at most 65536"):
        host.send(host.write_cdb(0, 33), bytes(33 * 2048))


def test_read_only_buffer_for_an_answer_is_a_mistake_of_the_caller(load: Load) -> None:
    with pytest.raises(ValueError, match="writable"):
        load("dvd+r").transport.execute(Command(bytes.fromhex("25" + "00" * 9), Direction.FROM_DEVICE, bytes(8), 8))


@pytest.mark.parametrize("serial", ["", "gr\u00fc\u00df", "x" * 33, "a\n"])
def test_serial_number_that_no_drive_could_tell_is_refused(serial: str) -> None:
    with pytest.raises(ValueError, match="serial number"):
        open_virtual("dvd+r", serial=serial)


@pytest.mark.parametrize(
    ("medium", "options", "words"),
    [
        ("hd-dvd", {}, "there are cd-r, cd-rw"),
        ("dvd+r", {"capacity": 17}, "multiple of 16"),
        ("dvd+r", {"capacity": 0}, "multiple of 16"),
        ("dvd+r", {"speed": 0}, "a speed is 0.1x to 1000x"),
        ("dvd+r", {"buffer": 0}, "hold something"),
    ],
)
def test_drive_that_cannot_be_is_refused(medium: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        open_virtual(medium, **options)


VALUES = st.sampled_from([0, 1, 2, 3, 5, 6, 8, 16, 28, 32, 48, 0x2A, 0x3F, 64, 96, 0xFF, 0xFFFFFFFF])
FIRST_BYTES = st.sampled_from([0x00, 0x01, 0x02, 0x05, 0x08, 0x10, 0x80, 0x82, 0x98, 0xC0, 0xC8, 0xFF])
DATA = st.one_of(st.binary(max_size=64), st.lists(FIRST_BYTES, min_size=4, max_size=40).map(bytes))


@st.composite
def plausible_cdbs(draw: st.DrawFn) -> bytes:
    cdb = draw(st.sampled_from(sorted(REGISTRY.values(), key=lambda declared: declared.name)))
    fields = draw(st.dictionaries(st.sampled_from(cdb.field_names), VALUES, max_size=4))
    slots = cdb.layout.slots
    return cdb.build(
        **{
            name: max(slots[name].low, min(value, slots[name].high))
            for name, value in fields.items()
            if name != "control"
        }
    )


@settings(max_examples=200, deadline=None)
@given(
    medium=st.sampled_from(sorted(MEDIA)),
    capacity=st.sampled_from([32, 64, 1024]),
    commands=st.lists(
        st.tuples(st.one_of(plausible_cdbs(), st.binary(max_size=16)), st.sampled_from(Direction), DATA), max_size=12
    ),
)
def test_no_command_breaks_the_drive(
    medium: str, capacity: int, commands: list[tuple[bytes, Direction, bytes]]
) -> None:
    transport = open_virtual(medium, capacity=capacity)
    for cdb, direction, data in [(bytes(6), Direction.NONE, b""), *commands]:
        outgoing = data * 2048 if direction is Direction.TO_DEVICE and cdb[:1] in (b"\x2a", b"\xaa") else data
        reply = transport.execute(
            Command(
                cdb,
                direction,
                outgoing if direction is Direction.TO_DEVICE else None,
                4096 if direction is Direction.FROM_DEVICE else 0,
                timeout=1e9,
            )
        )
        assert isinstance(reply, Reply)
        assert reply.status in (0, 2)
        assert (len(reply.sense) >= 18) == (reply.status == 2)
    transport.close()

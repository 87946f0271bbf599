"""Bytes written by hand from the tables of RRIP 1.12, and of RRIP 1.10 where it differs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.fs.attributes import Device, Times
from discstack.fs.rrip import (
    IEEE_P1282,
    RELOCATED,
    RRIP_1991A,
    alternate_name,
    child_link,
    device_number,
    parent_link,
    posix_attributes,
    present,
    symbolic_link,
    time_stamps,
)

SECOND = 10**9
MOMENT = 1_234_567_890 * SECOND + 120_000_000  # 2009-02-13 23:31:30.12 UTC
SHORT, LONG = "6d 02 0d 17 1f 1e 00", b"2009021323313012\0".hex(" ")


def sl(*components: str, more: bool = False) -> bytes:
    """An SL of components written in hexadecimal."""
    body = bytes.fromhex("".join(components))
    return b"SL" + bytes((5 + len(body), 1, more)) + body


def test_px_of_1_12_has_a_serial_number_and_is_44_bytes_long() -> None:
    assert posix_attributes(0o100644, 2, 1000, 0x01020304, 7) == bytes.fromhex(
        "50 58 2c 01"
        "a4 81 00 00 00 00 81 a4"  # mode
        "02 00 00 00 00 00 00 02"  # links
        "e8 03 00 00 00 00 03 e8"  # user
        "04 03 02 01 01 02 03 04"  # group
        "07 00 00 00 00 00 00 07"  # serial number
    )


def test_px_of_1_10_is_36_bytes_long() -> None:
    px = posix_attributes(0o40755, 2, 0, 0, None)
    assert px[:12] == bytes.fromhex("50 58 24 01 ed 41 00 00 00 00 41 ed")
    assert len(px) == 36


@pytest.mark.parametrize(
    ("device", "numbers"),
    [
        (Device(1, 3), "00 00 00 00 00 00 00 00 03 01 00 00 00 00 01 03"),
        (Device(8, 255), "00 00 00 00 00 00 00 00 ff 08 00 00 00 00 08 ff"),
        (Device(8, 256), "08 00 00 00 00 00 00 08 00 01 00 00 00 00 01 00"),
    ],
)
def test_pn_is_one_number_where_that_has_16_bits(device: Device, numbers: str) -> None:
    assert device_number(device) == bytes.fromhex("50 4e 14 01" + numbers)


def test_nm_has_flags_and_the_name() -> None:
    assert alternate_name(b"ab") == [bytes.fromhex("4e 4d 07 01 00 61 62")]


def test_nm_of_a_long_name_goes_on_in_the_next() -> None:
    assert alternate_name(b"n" * 250) == [bytes.fromhex("4e 4d ff 01 00") + b"n" * 250]
    assert alternate_name(b"n" * 250 + b"m") == [
        bytes.fromhex("4e 4d ff 01 01") + b"n" * 250,
        bytes.fromhex("4e 4d 06 01 00 6d"),
    ]


@pytest.mark.parametrize(
    ("target", "components"),
    [
        (b"a", "00 01 61"),
        (b"a/bc", "00 01 61 00 02 62 63"),
        (b"/", "08 00"),
        (b"/a", "08 00 00 01 61"),
        (b".", "02 00"),
        (b"../a", "04 00 00 01 61"),
        (b"a/..", "00 01 61 04 00"),
        (b"a//b", "00 01 61 00 00 00 01 62"),
        (b"a/", "00 01 61 00 00"),
        (b"//", "08 00 00 00 00 00"),
        (b"...", "00 03 2e 2e 2e"),
    ],
)
def test_sl_has_a_component_for_each_part_of_the_path(target: bytes, components: str) -> None:
    assert symbolic_link(target) == [sl(components)]


def test_sl_that_is_full_is_cut_within_a_component() -> None:
    assert symbolic_link(b"x" * 248) == [sl("00 f8" + "78" * 248)]
    assert symbolic_link(b"x" * 249) == [sl("01 f8" + "78" * 248, more=True), sl("00 01 78")]
    # 246 bytes would leave room for no more than the head of another component
    assert symbolic_link(b"x" * 246 + b"/y") == [sl("01 f5" + "78" * 245, more=True), sl("00 01 78 00 01 79")]
    assert symbolic_link(b"x" * 245 + b"/y") == [sl("00 f5" + "78" * 245, "00 01 79")]
    assert symbolic_link(b"x" * 245 + b"/yz") == [sl("00 f5" + "78" * 245, "01 01 79", more=True), sl("00 01 7a")]


def test_sl_of_components_that_cannot_be_cut_ends_with_the_start_of_the_next() -> None:
    first, second = symbolic_link(b"../" * 125 + b"a")
    assert first == sl("04 00" * 124, "01 00", more=True)
    assert second == sl("04 00", "00 01 61")


def read_as_libarchive(entries: list[bytes]) -> bytes:
    """Join SLs as a reader does that knows nothing of slashes between two of them."""
    texts = {0x02: b".", 0x04: b"..", 0x08: b"/"}
    target = b""
    for number, entry in enumerate(entries):
        assert entry[:2] == b"SL"
        assert entry[2] == len(entry) <= 255
        assert entry[4] == (number + 1 < len(entries))
        position, separator = 5, b""
        while position < len(entry):
            flags, length = entry[position], entry[position + 1]
            text = texts.get(flags, entry[position + 2 : position + 2 + length])
            target += separator + text
            separator = b"" if flags in (0x01, 0x08) else b"/"
            position += 2 + length
        assert position == len(entry)
    return target


@given(
    target=st.lists(st.sampled_from([b"", b".", b"..", b"a", b"bc", b"x" * 100, b"y" * 247, b"z" * 300])).map(b"/".join)
)
def test_any_target_is_read_back_by_a_reader_that_loses_slashes_between_entries(target: bytes) -> None:
    if target:
        assert read_as_libarchive(symbolic_link(target)) == target


def test_links_of_directories_that_were_moved() -> None:
    assert child_link(0x01020304) == bytes.fromhex("43 4c 0c 01 04 03 02 01 01 02 03 04")
    assert parent_link(0x01020304) == bytes.fromhex("50 4c 0c 01 04 03 02 01 01 02 03 04")
    assert bytes.fromhex("52 45 04 01") == RELOCATED


def test_tf_has_the_time_of_the_last_change_in_the_short_form() -> None:
    assert time_stamps(MOMENT, None, long_form=False) == bytes.fromhex("54 46 0c 01 02" + SHORT)


def test_tf_has_the_times_in_the_order_of_their_flags() -> None:
    tf = time_stamps(MOMENT, Times(MOMENT + SECOND, MOMENT + 2 * SECOND), long_form=False)
    assert tf == bytes.fromhex("54 46 1a 01 0e" + SHORT + "6d 02 0d 17 1f 1f 00" + "6d 02 0d 17 1f 20 00")


def test_tf_has_the_time_of_creation_first_where_it_is_known() -> None:
    tf = time_stamps(MOMENT + SECOND, Times(MOMENT + SECOND, MOMENT + SECOND, MOMENT), long_form=False)
    assert tf == bytes.fromhex("54 46 21 01 0f" + SHORT + "6d 02 0d 17 1f 1f 00" * 3)


def test_tf_in_the_long_form_has_hundredths_of_a_second() -> None:
    assert time_stamps(MOMENT, None, long_form=True) == bytes.fromhex("54 46 16 01 82" + LONG)


@pytest.mark.parametrize(
    ("year", "nanoseconds"), [(b"1899", -2_208_988_801 * SECOND), (b"2156", 5_869_584_000 * SECOND)]
)
def test_tf_takes_the_long_form_for_years_that_the_short_one_has_not(year: bytes, nanoseconds: int) -> None:
    assert time_stamps(nanoseconds, None, long_form=False)[4:9] == b"\x82" + year
    assert len(time_stamps(0, Times(nanoseconds, 0), long_form=False)) == 5 + 3 * 17


def test_rr_has_a_bit_for_each_entry() -> None:
    names = (b"PX", b"PN", b"SL", b"NM", b"CL", b"PL", b"RE", b"TF")
    for bit, name in enumerate(names):
        assert present([name + b"\4\1"]) == b"RR\5\1" + bytes((1 << bit,))


def test_er_of_1_12_is_ieee_p1282() -> None:
    assert IEEE_P1282[:18] == bytes.fromhex("45 52 b9 01 0a 49 5e 01") + b"IEEE_P1282"
    assert IEEE_P1282[18:91].endswith(b"FILE SYSTEM SEMANTICS.")
    assert IEEE_P1282[91:].startswith(b"PLEASE CONTACT THE IEEE STANDARDS DEPARTMENT")
    assert len(IEEE_P1282) == 0xB9


def test_er_of_1_10_is_rrip_1991a() -> None:
    assert RRIP_1991A[:18] == bytes.fromhex("45 52 ed 01 0a 54 87 01") + b"RRIP_1991A"
    assert RRIP_1991A[18:102].endswith(b"FILE SYSTEM SEMANTICS")
    assert RRIP_1991A[102:].startswith(b"PLEASE CONTACT DISC PUBLISHER")
    assert len(RRIP_1991A) == 0xED

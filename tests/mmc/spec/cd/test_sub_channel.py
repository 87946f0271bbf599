"""The sub-channels, byte by byte (ECMA-130 22, IEC 60908 17)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.mmc.spec.cd import packs, sub_channel
from discstack.mmc.spec.msf import Msf
from discstack.mmc.spec.toc import QEntry


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        # data track 1, index 1, relative 0, absolute 00:02:00; the check sum as real discs have it
        (sub_channel.q_position(4, 1, 1, 0, Msf(0, 2, 0)), "41 01 01 00 00 00 00 00 02 00 28 32"),
        # audio track 12, pre-gap with 1 s 74 frames to go
        (sub_channel.q_position(0, 12, 0, 149, Msf(10, 20, 30)), "01 12 00 00 01 74 00 10 20 30"),
        (sub_channel.q_position(0, 0xAA, 1, 75, Msf(74, 0, 1)), "01 AA 01 00 01 00 00 74 00 01"),
        # catalogue number 4015513000017
        (sub_channel.q_catalogue(0, "4015513000017", 32), "02 40 15 51 30 00 01 70 00 32"),
    ],
)
def test_q_blocks_are_the_bytes_of_their_tables(q: bytes, expected: str) -> None:
    wanted = bytes.fromhex(expected)
    assert q[: len(wanted)] == wanted
    assert sub_channel.intact(q)


def test_isrc_is_five_characters_of_six_bits_and_seven_digits() -> None:
    q = sub_channel.q_recording(0, "DEA450300001", 5)
    # D=010100 E=010101 A=010001 4=000100 5=000101, two zero bits; digits 0300001, four zero bits
    assert q[:10] == bytes.fromhex("03") + 0b01010001_01010100_01000100_00010100.to_bytes(4, "big") + bytes.fromhex(
        "03 00 00 10 05"
    )
    assert sub_channel.recording_of(q) == "DEA450300001"


def test_a_catalogue_number_is_read_back() -> None:
    assert sub_channel.catalogue_of(sub_channel.q_catalogue(4, "4015513000017", 0)) == "4015513000017"


def test_one_wrong_bit_breaks_the_check_sum() -> None:
    q = bytearray(sub_channel.q_position(4, 1, 1, 0, Msf(0, 2, 0)))
    q[3] ^= 0x10
    assert not sub_channel.intact(bytes(q))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (QEntry(point=0xA0, pmin=1, psec=0x20), "01 00 A0 97 30 12 00 01"),
        (QEntry(point=0xA2, pmin=74, psec=5, pframe=60), "01 00 A2 97 30 12 00 74 05 60"),
        (QEntry(point=12, control=4, pmin=45, psec=59, pframe=74), "41 00 12 97 30 12 00 45 59 74"),
        (
            QEntry(adr=5, point=0xB0, min=29, sec=2, frame=22, zero=2, pmin=79, psec=59, pframe=74),
            "05 00 B0 29 02 22 02 79 59 74",
        ),
    ],
)
def test_lead_in_entries_have_decimal_times_and_points(entry: QEntry, expected: str) -> None:
    q = sub_channel.q_entry(entry, Msf(97, 30, 12))
    wanted = bytes.fromhex(expected)
    if entry.point == 0xA0:
        wanted += bytes((0x32, 0))  # 20h as a decimal number
    assert q[:10] == wanted
    back = sub_channel.entry_of(q, 1)
    assert (back.point, back.control, back.adr, back.p_time) == (entry.point, entry.control, entry.adr, entry.p_time)


def test_raw_sub_channel_has_p_in_the_highest_bits() -> None:
    raw = sub_channel.interleave(sub_channel.P_SET + b"\x80" + bytes(10) + b"\x01")
    assert raw == bytes([0xC0]) + b"\x80" * 94 + bytes([0xC0])


@given(st.binary(min_size=96, max_size=96))
def test_sub_channels_are_taken_apart_and_put_together(raw: bytes) -> None:
    channels = sub_channel.deinterleave(raw)
    assert sub_channel.interleave(channels) == raw
    for channel in range(8):
        bits = "".join(str(byte >> 7 - channel & 1) for byte in raw)
        assert channels[channel * 12 : channel * 12 + 12] == int(bits, 2).to_bytes(12, "big")


def times(one: int, other: int) -> int:
    """Multiply in GF(2^6) with x^6 + x + 1, bit by bit."""
    product = 0
    for bit in range(6):
        if other >> bit & 1:
            product ^= one << bit
    for bit in range(10, 5, -1):
        if product >> bit & 1:
            product ^= 0b1000011 << bit - 6
    return product


@given(st.lists(st.integers(0, 63), min_size=24, max_size=24))
def test_a_protected_pack_is_a_code_word(symbols: list[int]) -> None:
    pack = packs.protected(bytes(symbols))
    for word, roots in ((pack[:4], 2), (pack, 4)):
        for exponent in range(roots):
            root, value = 1, 0
            for _ in range(exponent):
                root = times(root, 2)
            for symbol in word:
                value = times(value, root) ^ symbol
            assert value == 0
    assert pack[:2] + pack[4:20] == bytes(symbols[:2] + symbols[4:20])


def lying(run: bytes) -> bytes:
    interleaver = packs.Interleaver()
    return b"".join(interleaver.push(run[at : at + 96]) for at in range(0, len(run), 96))


def test_interleaving_spreads_a_pack_over_eight() -> None:
    on_disc = lying(bytes(range(24)) + bytes(24 * 15))
    assert [on_disc[24 * (n % 8) + n] for n in range(24)] == [packs.SWAPPED.get(n, n) for n in range(24)]


@given(st.lists(st.integers(0, 63), min_size=96, max_size=96))
def test_packs_are_gathered_from_three_sectors(symbols: list[int]) -> None:
    run = bytes(symbols) + bytes(reversed(symbols)) + bytes(192)
    on_disc = lying(run)
    assert packs.gather(on_disc[:288]) == run[:96]
    assert packs.gather(on_disc[96:]) == run[96:192]


def test_the_places_of_a_packs_symbols_are_those_that_graphics_players_know() -> None:
    # the published table of CD+G software: where in the run of symbols each one of a pack is found
    places = [0, 66, 125, 191, 100, 50, 150, 175, 8, 33, 58, 83, 108, 133, 158, 183, 16, 41, 25, 91, 116, 141, 166, 75]
    on_disc = lying(bytes(range(1, 25)) + bytes(24 * 15))
    assert [on_disc[place] for place in places] == list(range(1, 25))


# Of a CD-R as a drive gave it (github.com/superg/redumper issue 13): track 1, data, index 1
@pytest.mark.parametrize(("frame", "seen"), [(72, "4101010637720006397202c5"), (73, "41010106377300063973b8b5")])
def test_q_blocks_are_those_of_a_real_disc(frame: int, seen: str) -> None:
    relative = (6 * 60 + 37) * 75 + frame
    assert sub_channel.q_position(4, 1, 1, relative, Msf(6, 39, frame)) == bytes.fromhex(seen)
    assert sub_channel.intact(bytes.fromhex(seen))

"""System use entries and continuation areas, after the tables of SUSP 1.12."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from discstack.fs.susp import SHARING_PROTOCOL, ContinuationAreas, continuation, entry, extension_reference


def test_sp_has_its_check_bytes_and_skips_nothing() -> None:
    assert bytes.fromhex("53 50 07 01 be ef 00") == SHARING_PROTOCOL


def test_ce_has_block_offset_and_length() -> None:
    assert continuation(0x01020304, 5, 6) == bytes.fromhex(
        "43 45 1c 01 04 03 02 01 01 02 03 04 05 00 00 00 00 00 00 05 06 00 00 00 00 00 00 06"
    )


def test_er_has_three_lengths_and_a_version() -> None:
    assert extension_reference(b"A", b"BC", b"DEF") == bytes.fromhex("45 52 0e 01 01 02 03 01 41 42 43 44 45 46")


def filler(length: int) -> bytes:
    return entry(b"PD", bytes(length - 4))


def test_what_fits_needs_no_continuation() -> None:
    areas = ContinuationAreas(20)
    assert areas.fit([filler(50), filler(50)], 100) == filler(50) * 2
    assert areas.sectors == 0


def test_whole_entries_stay_as_long_as_there_is_room_for_ce() -> None:
    areas = ContinuationAreas(20)
    assert areas.fit([filler(50), filler(50)], 99) == filler(50) + continuation(20, 0, 50)
    assert areas.fit([filler(200)], 28) == continuation(20, 50, 200)
    assert bytes(areas.data) == filler(50) + filler(200)


def test_area_that_does_not_fit_starts_in_the_next_sector() -> None:
    areas = ContinuationAreas(20)
    areas.fit([filler(250)] * 8, 28)
    assert areas.fit([filler(49)], 28) == continuation(21, 0, 49)
    assert areas.sectors == 2


def test_area_longer_than_a_sector_goes_on_in_the_next() -> None:
    areas = ContinuationAreas(20)
    assert areas.fit([filler(250)] * 9, 28) == continuation(20, 0, 8 * 250 + 28)
    assert areas.data[:2028] == filler(250) * 8 + continuation(21, 0, 250)
    assert areas.data[2048:] == filler(250)


lists = st.lists(st.lists(st.integers(4, 255).map(filler), min_size=1, max_size=60), max_size=20)


@given(lists=lists, room=st.integers(28, 200))
def test_entries_are_found_again_from_area_to_area_and_no_area_leaves_its_sector(
    lists: list[list[bytes]], room: int
) -> None:
    areas = ContinuationAreas(7)
    fitted = [areas.fit(entries, room) for entries in lists]
    for area, entries in zip(fitted, lists, strict=True):
        assert len(area) <= room
        assert list(followed(area, bytes(areas.data))) == entries
    assert len(areas.data) <= 2048 * areas.sectors


def followed(area: bytes, data: bytes) -> list[bytes]:
    """Read the entries of an area and of those that it leads to."""
    found, lead = list[bytes](), b""
    while area:
        each, area = area[: area[2]], area[area[2] :]
        if each[:2] == b"CE":
            assert not lead, "two CE in one area"
            lead = each
        else:
            found.append(each)
    if lead:
        block, offset, length = (int.from_bytes(lead[at : at + 4], "little") for at in (4, 12, 20))
        assert offset + length <= 2048
        start = 2048 * (block - 7) + offset
        found += followed(data[start : start + length], data)
    return found

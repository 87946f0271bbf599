from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.fs.errors import LayoutError
from discstack.fs.plan import SECTOR, Plan, Region, Span


def nothing() -> bytes:
    return b""


def fill(region: Region, first: int, sectors: int) -> bytes:
    buffer = bytearray(b"\xee" * SECTOR * sectors)
    region.fill(first, memoryview(buffer))
    return bytes(buffer)


def test_regions_are_appended_from_sector_16_on() -> None:
    plan = Plan()
    assert [plan.append(n, "x", nothing).lba for n in (1, 3, 2)] == [16, 17, 20]
    assert plan.sectors == 22


def test_what_is_appended_goes_around_what_is_pinned() -> None:
    plan = Plan()
    plan.pin(20, 2, "pinned", nothing)
    assert [plan.append(n, "x", nothing).lba for n in (3, 5, 1)] == [16, 22, 27]


def test_appended_region_is_aligned_behind_a_pinned_one() -> None:
    plan = Plan()
    plan.pin(32, 1, "pinned", nothing)
    plan.advance(30)
    assert plan.append_region(Region(4, "aligned", nothing), 16).lba == 48


def test_overlap_is_refused_by_name() -> None:
    plan = Plan()
    plan.pin(256, 4, "anchor", nothing)
    with pytest.raises(LayoutError, match=r"late at sector 259 overlaps anchor at sector 256"):
        plan.pin(259, 1, "late", nothing)
    with pytest.raises(LayoutError, match="overlaps anchor"):
        plan.pin(250, 7, "early", nothing)


def test_region_without_sectors_owns_nothing() -> None:
    plan = Plan()
    plan.append(0, "empty", nothing)
    assert plan.regions == []


def test_region_without_sectors_moves_nothing_to_an_aligned_address() -> None:
    plan = Plan()
    plan.append(3, "first", nothing)
    plan.append_region(Region(0, "empty", nothing), 32)
    assert plan.append(1, "second", nothing).lba == 19


def test_region_that_gives_more_than_it_reserved_is_named() -> None:
    region = Region(1, "greedy", lambda: bytes(SECTOR + 1))
    with pytest.raises(LayoutError, match="greedy gave 2049 bytes for the 1 sectors"):
        fill(region, 0, 1)


def test_piece_that_gives_more_than_it_reserved_is_named() -> None:
    region = Plan().append_series("pieces", [1, 1], lambda i: bytes(SECTOR + i), lambda i: f"piece {i}")
    fill(region, 0, 1)
    with pytest.raises(LayoutError, match="piece 1 gave 2049 bytes"):
        fill(region, 1, 1)


def test_region_is_built_once_for_reads_in_order() -> None:
    calls = list[int]()
    region = Region(3, "counted", lambda: calls.append(0) or b"x" * 5000)  # type: ignore[func-returns-value]
    data = b"".join(fill(region, first, 1) for first in range(3))
    assert data == b"x" * 5000 + bytes(3 * SECTOR - 5000)
    assert len(calls) == 1


def test_piece_is_built_once_though_it_is_read_in_parts() -> None:
    calls = list[int]()

    def emit(index: int) -> bytes:
        calls.append(index)
        return bytes([index + 1]) * 3000

    region = Plan().append_series("pieces", [2, 2, 2], emit, str)
    data = b"".join(fill(region, first, 1) for first in range(6))
    assert data == b"".join(bytes([i + 1]) * 3000 + bytes(1096) for i in range(3))
    assert calls == [0, 1, 2]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.data())
def test_any_range_of_a_series_is_what_the_whole_has_there(lengths: list[int], data: st.DataObject) -> None:
    region = Plan().append_series("pieces", lengths, lambda i: b"%5d" % i * (lengths[i] * 400), str)
    total = sum(lengths)
    if not total:
        return
    whole = b"".join((b"%5d" % i * (n * 400)).ljust(n * SECTOR, b"\0") for i, n in enumerate(lengths))
    first = data.draw(st.integers(0, total - 1))
    count = data.draw(st.integers(1, total - first))
    assert fill(region, first, count) == whole[first * SECTOR : (first + count) * SECTOR]
    spans = list(region.spans(first, count))
    assert sum(span.sectors for span in spans) == count
    assert spans[0].lba == 16 + first


def test_owners_of_a_range_include_gaps() -> None:
    plan = Plan()
    first = plan.append(2, "first", nothing)
    second = plan.pin(20, 2, "second", nothing)
    assert list(plan.owners(0, 22)) == [(None, 0, 16), (first, 0, 2), (None, 18, 2), (second, 0, 2)]
    assert list(plan.owners(17, 2)) == [(first, 1, 1), (None, 18, 1)]
    assert list(plan.owners(21, 100)) == [(second, 1, 1)]


def test_spans_name_the_pieces() -> None:
    region = Plan().append_series("pieces", [1, 2], lambda _: b"", lambda i: f"piece {i}")
    assert list(region.spans(0, 3)) == [Span(16, 1, "piece 0"), Span(17, 2, "piece 1")]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 80), st.integers(1, 9)), max_size=30))
def test_regions_never_overlap(steps: list[tuple[bool, int, int]]) -> None:
    plan = Plan()
    for pinned, lba, sectors in steps:
        if not pinned:
            plan.append(sectors, "appended", nothing)
            continue
        taken = {s for region in plan.regions for s in range(region.lba, region.end)}
        if taken.isdisjoint(range(lba, lba + sectors)):
            plan.pin(lba, sectors, "pinned", nothing)
        else:
            with pytest.raises(LayoutError):
                plan.pin(lba, sectors, "pinned", nothing)
    assert all(a.end <= b.lba for a, b in zip(plan.regions, plan.regions[1:], strict=False))

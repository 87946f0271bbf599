from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.native.histogram import BOUNDS, BUCKETS, bucket_of, percentile


@pytest.mark.parametrize(
    ("nanoseconds", "bucket"),
    # by hand: a unit is 4096 ns; 0, 1, 2, 3, then 4 to 7, then 8, 10, 12, 14 units, ...
    [(0, 0), (4095, 0), (4096, 1), (16383, 3), (16384, 4), (7 * 4096, 7), (8 * 4096, 8), (9 * 4096, 8), (10 * 4096, 9)],
)
def test_durations_are_sorted_into_buckets(nanoseconds: int, bucket: int) -> None:
    assert bucket_of(nanoseconds / 1e9 + 1e-12) == bucket


@given(st.floats(0, 60))
def test_a_duration_lies_below_its_buckets_bound_and_not_below_the_one_before(seconds: float) -> None:
    bucket = bucket_of(seconds)
    duration = int(seconds * 1_000_000_000) / 1e9
    assert duration < BOUNDS[bucket]
    assert bucket == 0 or duration >= BOUNDS[bucket - 1]


def test_the_last_bucket_takes_what_is_longer() -> None:
    assert bucket_of(1e9) == BUCKETS - 1
    assert BOUNDS[-1] == math.inf
    assert BOUNDS[-2] > 60


def test_bounds_are_known_to_within_a_fourth() -> None:
    assert all(upper <= lower * 1.25 for lower, upper in pairwise(BOUNDS[3:-1]))


def test_percentiles_are_bounds() -> None:
    counts = [0] * BUCKETS
    counts[1], counts[10], counts[-1] = 50, 49, 1
    assert percentile(counts, 0) == percentile(counts, 0.5) == BOUNDS[1]
    assert percentile(counts, 0.51) == percentile(counts, 0.99) == BOUNDS[10]
    assert percentile(counts, 1) == math.inf


def test_nothing_takes_no_time() -> None:
    assert percentile((), 0.5) == percentile([0] * BUCKETS, 0.99) == 0.0


def test_a_share_beyond_all_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 1"):
        percentile((1,), 99)

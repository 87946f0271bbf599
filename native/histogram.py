"""Durations counted in buckets that grow with them: from microseconds to a minute, each known to within a fourth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from discstack.native.library import lib

BUCKETS: Final[int] = lib.HISTOGRAM_BUCKETS
_UNIT: Final[int] = lib.HISTOGRAM_UNIT  # nanoseconds
_STEPS: Final = 4  # buckets between a duration and its double
_NS: Final = 1_000_000_000


def _bound(bucket: int) -> float:
    octave, step = divmod(bucket, _STEPS)
    units = (_STEPS + step + 1) << (octave - 1) if octave else step + 1
    return units * _UNIT / _NS


# What the durations in each bucket stay below, in seconds; the last one takes all that are longer
BOUNDS: Final = (*map(_bound, range(BUCKETS - 1)), math.inf)


def bucket_of(seconds: float) -> int:
    """Return the bucket that a duration is counted in."""
    return int(lib.histogram_bucket(int(seconds * _NS)))


def percentile(counts: Sequence[int], share: float) -> float:
    """Return what at least `share` (0 to 1) of the durations counted stay below, in seconds; 0.0 if there are none.

    `counts` has one number for each bucket. The answer is a bucket's bound, infinity for the last one's.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share is 0 to 1, not {share}")
    wanted = max(share * sum(counts), 1)
    return next((bound for bound, total in zip(BOUNDS, accumulate(counts), strict=False) if total >= wanted), 0.0)

"""Dates and times out of bytes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from discstack.fs.reading.times import recording_date, timestamp, volume_date

MOMENT = int(datetime(2004, 2, 29, 23, 59, 58, tzinfo=UTC).timestamp()) * 10**9


def test_dates_of_every_form_are_the_same_moment() -> None:
    assert recording_date(bytes((104, 2, 29, 23, 59, 58, 0))) == MOMENT
    assert volume_date(b"2004022923595800\0") == MOMENT
    assert timestamp(b"\x00\x10\xd4\x07\x02\x1d\x17\x3b\x3a\x00\x00\x00") == MOMENT


def test_offsets_from_utc_are_taken_off() -> None:
    assert recording_date(bytes((104, 3, 1, 1, 59, 58, 8))) == MOMENT  # two hours east, in quarters
    assert volume_date(b"2004022920595800" + bytes((256 - 12,))) == MOMENT  # three hours west
    assert timestamp(b"\x78\x10\xd4\x07\x03\x01\x01\x3b\x3a\x00\x00\x00") == MOMENT  # 120 minutes east
    assert timestamp(b"\x01\x18\xd4\x07\x02\x1d\x17\x3b\x3a\x00\x00\x00") == MOMENT  # no zone specified


def test_parts_of_a_second_are_kept() -> None:
    assert volume_date(b"2004022923595899\0") == MOMENT + 990_000_000
    assert timestamp(b"\x00\x10\xd4\x07\x02\x1d\x17\x3b\x3a\x63\x62\x61") == MOMENT + 999_897_000


@pytest.mark.parametrize("date", [bytes(7), bytes((104, 13, 1, 0, 0, 0, 0)), bytes((104, 2, 30, 0, 0, 0, 0)), b"\1"])
def test_what_is_no_recording_date_is_none(date: bytes) -> None:
    assert recording_date(date) is None


@pytest.mark.parametrize("date", [b"0" * 16 + b"\0", b"20040229235958xx\0", b"2004133123595800\0", b"", b" " * 17])
def test_what_is_no_volume_date_is_none(date: bytes) -> None:
    assert volume_date(date) is None


@pytest.mark.parametrize("stamp", [bytes(12), b"\xff" * 12, b"short"])
def test_what_is_no_timestamp_is_none(stamp: bytes) -> None:
    assert timestamp(stamp) is None

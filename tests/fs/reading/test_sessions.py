"""Which session of a disc's image is the last one, by a few sectors of discs that are too large to be written."""

from __future__ import annotations

from collections.abc import Callable
from struct import pack
from typing import Any

import pytest

from discstack.fs.reading.notes import Note, Notes, Oddity
from discstack.fs.reading.sessions import last_session
from discstack.fs.reading.volume import read_volume

SECTOR = 2048
CD_GAPS = (11400, 6900)  # behind the first session, and behind the others
BORDERS = (49152, 12_288)  # of a DVD-R
BD_R = 12_219_392
Sectors = dict[int, bytes]


class Disc:
    """A medium of zeros, but for some sectors."""

    def __init__(self, sectors: int, content: Sectors) -> None:
        self.sectors, self.content, self.read = sectors, content, 0

    def read_at(self, lba: int, buffer: bytearray | memoryview) -> None:
        self.read += len(buffer)
        for number in range(len(buffer) // SECTOR):
            data = self.content.get(lba + number, b"").ljust(SECTOR, b"\0")
            buffer[number * SECTOR : (number + 1) * SECTOR] = data


@pytest.fixture
def session(by_hand: Any) -> Callable[..., Sectors]:
    """Gives what a session consists of: its descriptors, and a root directory with nothing in it."""

    def make(start: int, length: int, made_for: int | None = None) -> Sectors:
        root = by_hand.ISO_ROOT + (start if made_for is None else made_for)
        record = by_hand.record(b"\0", root, SECTOR, by_hand.DIRECTORY)
        return {
            start + 16: by_hand.descriptor(record, length),
            start + 17: b"\xffCD001\1",
            start + by_hand.ISO_ROOT: by_hand.dots(root, root),
        }

    return make


def found(disc: Disc) -> tuple[int, tuple[Note, ...]]:
    notes = Notes()
    return last_session(disc, notes), notes.all()


@pytest.mark.parametrize("relative", [True, False], ids=["from the session's start", "from the medium's"])
@pytest.mark.parametrize(
    ("sizes", "gaps"),
    [
        ((1000, 300, 400), CD_GAPS),
        ((100_000, 130_000, 500), CD_GAPS),
        ((300, 200_000, 300), BORDERS),
        ((40, 1000, 30), (0, 0)),
    ],
)
def test_lengths_count_from_the_medium_s_start_or_the_session_s(
    sizes: tuple[int, ...], gaps: tuple[int, int], relative: bool, session: Callable[..., Sectors]
) -> None:
    """Where it may be either, the next session lies behind both."""
    content, start, end = Sectors(), 0, 0
    for number, size in enumerate(sizes):
        start = end + gaps[number > 1] if number else 0
        end = start + size
        content |= session(start, size if relative else end)
        content |= dict.fromkeys(range(start + 30, end, 64), b"data")
    assert found(Disc(end, content)) == (start, ())


def test_sessions_behind_audio_are_found(session: Callable[..., Sectors]) -> None:
    """As in the image of a CD Extra, in which zeros stand for what has no sectors of 2048 bytes."""
    content = session(12_525, 1000) | session(20_425, 300)
    assert found(Disc(20_725, content)) == (20_425, ())
    assert found(Disc(20_725, session(12_525, 1000, 0))) == (0, ())


@pytest.mark.parametrize("at", [2000, 30_000])
def test_an_image_behind_a_volume_that_was_made_for_another_place_is_no_session(
    at: int, session: Callable[..., Sectors]
) -> None:
    """As in a partition behind the volume; the later sessions of an image with several tell of larger addresses."""
    for made_for in (0, at - 16, at + 16):
        disc = Disc(60_000, session(0, 1000) | session(at, 500, made_for))
        assert found(disc) == (0, ())


def test_what_an_older_and_larger_image_left_is_told_and_not_taken_for_a_session(
    session: Callable[..., Sectors],
) -> None:
    old = session(0, 30_000) | session(41_400, 300) | dict.fromkeys(range(25, 30000), b"old")
    new = session(0, 5000) | dict.fromkeys(range(25, 5000), b"new")
    start, notes = found(Disc(41_700, old | new))
    assert (start, [(note.oddity, note.where) for note in notes]) == (
        0,
        [(Oddity.INCONSISTENT, "session at sector 41400")],
    )
    assert notes == read_volume(Disc(41_700, old | new)).notes
    assert read_volume(Disc(41_700, old | new), start=41_400).notes == ()


def test_a_session_that_follows_a_broken_one_without_a_gap_is_found(session: Callable[..., Sectors]) -> None:
    """As on a BD-R; where the same was burnt again, the disc goes on behind the end that the broken one was to have."""
    content = session(0, 600_000) | session(20_000, 620_000) | dict.fromkeys(range(30, 19_999), b"data")
    content |= dict.fromkeys(range(20_030, 620_000, 32), b"data") | dict.fromkeys(range(32, 620_000, 2048), b"data")
    start, notes = found(Disc(620_000, content))
    assert (start, [note.oddity for note in notes]) == (20_000, [Oddity.INCOMPLETE])


def appended(first: int, last: int) -> bytes:
    """Return a master boot record with the sectors of an appended partition."""
    whole = pack("<BxxxBxxxII", 0, 0x83, 0, 4 * first)
    partitions = whole + pack("<BxxxBxxxII", 0, 0x83, 4 * first, 4 * (last - first))
    return partitions.rjust(446 + 32, b"\0").ljust(510, b"\0") + b"\x55\xaa"


def test_a_session_behind_a_partition_that_was_appended_to_the_first_is_found(session: Callable[..., Sectors]) -> None:
    content = session(0, 1000) | session(12_048, 300) | dict.fromkeys(range(1000, 10_000), b"another file system")
    content[0] = appended(1000, 10_000)
    assert found(Disc(12_348, content)) == (12_048, ())


@pytest.mark.parametrize(("volume", "sectors"), [(297_000, 300_000), (300_000, 2_000_000), (8_000_000, BD_R)])
def test_partitions_behind_the_volume_are_not_searched(
    volume: int, sectors: int, session: Callable[..., Sectors]
) -> None:
    """As of a stick with a partition for what is to persist, or of an image with one for EFI."""
    content = session(0, volume) | session(32, volume - 32)  # xorriso has a copy of the first descriptors there
    content |= dict.fromkeys(range(volume, volume + 2000), b"another file system")
    content[0] = appended(volume, sectors)
    disc = Disc(sectors, content)
    assert found(disc) == (0, ())
    assert disc.read < 200 * SECTOR


def test_of_what_has_descriptors_at_its_start_no_other_start_is_sought(session: Callable[..., Sectors]) -> None:
    """Such as of UDF with blocks of another size, which lead nowhere here."""
    disc = Disc(50_000, {16: b"\0BEA01\1"} | session(30_000, 500))
    assert found(disc) == (0, ())
    assert disc.read < 1000 * SECTOR


@pytest.mark.parametrize(
    ("claimed", "broken", "following", "sectors"),
    [
        (21_264, 1888, 3936, 4208),
        (16_672, 3648, 3648, 3936),
        (21_264, 1888, 3936, 22_400),
        (2_200_000, 90_001, 92_064, 1_100_000),
        (1_000_000, 90_001, 92_064, 1_092_064),
    ],
)
def test_a_session_behind_one_that_was_broken_is_found(
    claimed: int, broken: int, following: int, sectors: int, session: Callable[..., Sectors]
) -> None:
    """Its descriptors, which come first, have the length that it was to have."""
    content = session(0, claimed) | dict.fromkeys(range(25, broken), b"data")
    content |= session(following, sectors) | dict.fromkeys(range(following + 30, sectors, 64), b"data")
    start, notes = found(Disc(sectors, content))
    assert (start, [(note.oddity, note.where) for note in notes]) == (
        following,
        [(Oddity.INCOMPLETE, "session at sector 0")],
    )


def test_no_more_than_the_border_is_read_twice_behind_the_volume_of_a_large_medium(
    session: Callable[..., Sectors],
) -> None:
    disc = Disc(BD_R, session(0, 8_000_000))
    assert found(disc) == (0, ())
    assert disc.read < 2 * 60_000 * SECTOR


def test_of_a_volume_that_was_cut_off_only_samples_are_read(session: Callable[..., Sectors]) -> None:
    disc = Disc(1_000_000, session(0, BD_R) | dict.fromkeys(range(25, 1_000_000), b"data"))
    assert found(disc) == (0, ())
    assert disc.read < 10_000 * SECTOR

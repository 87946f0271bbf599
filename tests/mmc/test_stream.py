from __future__ import annotations

import weakref
from threading import Event, Timer

import pytest
import xxhash

from discstack.mmc import stream
from discstack.mmc.errors import Cancelled
from discstack.mmc.stream import CHUNK, Pouring, Pump, digest, ring_size
from discstack.native import Ring

pytestmark = pytest.mark.system

BLOCK = 2048
LONG = 200  # seconds; nothing takes that long, on the most loaded machine


class Source:
    """Blocks that tell their number, given out in pieces of `piece` bytes; it ends after `available` bytes."""

    def __init__(self, sectors: int, piece: int = 1 << 30, available: int | None = None) -> None:
        self.sectors = sectors
        self.data = b"".join(number.to_bytes(4, "big") * (BLOCK // 4) for number in range(sectors))[:available]
        self.piece, self.at = piece, 0

    def readinto(self, buffer: memoryview) -> int:
        part = self.data[self.at : self.at + min(len(buffer), self.piece)]
        buffer[: len(part)] = part
        self.at += len(part)
        return len(part)


class KnowingSource(Source):
    """One that would know which of its blocks are files, if any were."""

    def pour(self, into: Pouring) -> int:
        return 0

    def go_to(self, sector: int) -> None:
        self.at = sector * BLOCK


class BrokenSource(Source):
    def readinto(self, buffer: memoryview) -> int:
        if self.at >= CHUNK:
            raise OSError("the disk fell out")
        return super().readinto(buffer)


class DeadSource(Source):
    """One that waits for its file for ever, as on a network that is gone."""

    def __init__(self, sectors: int) -> None:
        super().__init__(sectors)
        self.asked, self.revived = Event(), Event()

    def readinto(self, buffer: memoryview) -> int:
        self.asked.set()
        self.revived.wait()
        return super().readinto(buffer)


def drain(ring: Ring) -> bytes:
    got = bytearray()
    while data := ring.take(65536, timeout=200):
        got += data
        ring.release(len(data))
    return bytes(got)


@pytest.fixture
def ring() -> Ring:
    return Ring(32 * 65536, 65536)


@pytest.mark.parametrize("piece", [1 << 30, 1000])
def test_the_image_comes_out_padded_to_the_granule(ring: Ring, piece: int) -> None:
    source = Source(700, piece)
    with Pump(source, ring) as pump:
        got = drain(ring)
        pump.result()
    assert got == source.data + bytes(704 * BLOCK - len(source.data))


@pytest.mark.parametrize("piece", [1 << 30, 1000, 3 * BLOCK + 1])
def test_a_source_that_is_laid_up_may_give_less_than_a_sector_at_a_time(ring: Ring, piece: int) -> None:
    source = KnowingSource(1200, piece)
    with Pump(source, ring, padding=40) as pump:
        got = drain(ring)
        assert pump.result() == tuple(digest(source.data[at : at + CHUNK]) for at in range(0, len(source.data), CHUNK))
    assert got == source.data + bytes(1248 * BLOCK - len(source.data))


def test_half_of_a_ring_need_not_be_whole_sectors() -> None:
    source = KnowingSource(100)
    ring = Ring(3 * BLOCK, BLOCK)
    with Pump(source, ring):
        assert drain(ring) == source.data


def test_blocks_that_are_no_sectors_are_not_laid_up() -> None:
    source = KnowingSource(0)
    source.sectors, source.data = 600, bytes(range(1, 201)) * (600 * 2352 // 200)
    with Pump(source, Ring(40 * 27 * 2352, 27 * 2352), block_size=2352) as pump:
        got = drain(pump._ring)
    assert got.rstrip(b"\0") == source.data


def test_padding_comes_behind_the_image(ring: Ring) -> None:
    source = Source(10)
    with Pump(source, ring, padding=60):
        assert drain(ring) == source.data + bytes(96 * BLOCK - len(source.data))


def test_each_mib_of_the_image_has_its_digest(ring: Ring) -> None:
    source = Source(1200)
    with Pump(source, ring, padding=100) as pump:
        drain(ring)
        digests = pump.result()
    chunks = [source.data[at : at + CHUNK] for at in range(0, len(source.data), CHUNK)]
    assert digests == tuple(xxhash.xxh3_128_digest(chunk) for chunk in chunks)
    assert digests == tuple(map(digest, chunks))
    assert len(digests) == 3


def test_digests_do_not_depend_on_the_ring() -> None:
    results = []
    for units in (33, 100):
        ring = Ring(units * 3 * BLOCK, 3 * BLOCK)
        with Pump(Source(1300), ring) as pump:
            drain(ring)
            results.append(pump.result())
    assert results[0] == results[1]


def test_an_empty_image_is_only_padding(ring: Ring) -> None:
    with Pump(Source(0), ring, padding=32) as pump:
        assert drain(ring) == bytes(65536)
        assert pump.result() == ()


def test_a_failing_source_fails_the_ring_and_is_remembered(ring: Ring) -> None:
    with Pump(BrokenSource(2000), ring) as pump:
        drain(ring)
        assert ring.failed
        assert not ring.closed
        with pytest.raises(OSError, match="the disk fell out"):
            pump.result()
        assert isinstance(pump.error, OSError)


def test_a_short_source_is_an_error_and_not_a_hole(ring: Ring) -> None:
    with Pump(Source(1000, available=CHUNK + 5), ring) as pump:
        drain(ring)
        with pytest.raises(EOFError, match="1048576 of 2048000"):
            pump.result()
    assert ring.failed


def test_a_source_that_claims_more_than_it_could_put_is_an_error(ring: Ring) -> None:
    class Boasting(Source):
        def readinto(self, buffer: memoryview) -> int:
            return super().readinto(buffer) + 1

    with Pump(Boasting(1000), ring) as pump:
        drain(ring)
        with pytest.raises(ValueError, match="1048577 bytes into a buffer of 1048576"):
            pump.result()
    assert ring.failed


def test_leaving_early_ends_the_thread(ring: Ring) -> None:
    with Pump(Source(5000), ring) as pump:
        ring.take(1)
    assert isinstance(pump.error, Cancelled)
    assert not ring.failed
    with pytest.raises(Cancelled):
        pump.result()


def test_a_source_that_does_not_come_back_keeps_nobody_waiting(ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LEAVE", 0.05)
    source = DeadSource(5000)
    pump = Pump(source, ring)
    enough = Cancelled("the user has had enough")
    pump.__enter__()
    source.asked.wait()
    pump.__exit__(Cancelled, enough, None)
    assert "has not come back" in enough.__notes__[0]
    source.revived.set()
    with pytest.raises(Cancelled):
        pump.result()


def test_a_source_that_came_back_is_not_told_of(ring: Ring) -> None:
    with pytest.raises(OSError, match="the drive is gone") as caught, Pump(Source(5000), ring):
        raise OSError("the drive is gone")
    assert not hasattr(caught.value, "__notes__")


def test_cancelling_the_ring_ends_a_waiting_pump(ring: Ring) -> None:
    with Pump(Source(5000), ring) as pump:
        Timer(0.05, ring.cancel).start()
        with pytest.raises(Cancelled):
            pump.result()


def test_a_ring_outlasts_a_stall_of_two_seconds_and_a_source_that_is_late_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_available_memory", lambda: 8 << 30)
    size = ring_size(72e6, 65536)
    assert size % 65536 == 0
    assert 180e6 + 4 * CHUNK <= size < 188e6


def test_a_slow_drives_ring_is_not_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_available_memory", lambda: 8 << 30)
    assert ring_size(176400, 32768) == 7 << 20


def test_a_ring_takes_its_share_of_memory_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_available_memory", lambda: 80 << 20)
    assert ring_size(72e6, 65536) == 10 << 20
    assert not stream.is_too_large(80 << 20)
    assert stream.is_too_large((80 << 20) + 1)
    monkeypatch.setattr(stream, "_available_memory", lambda: 0)
    assert ring_size(72e6, 65536) == 4 << 20


@pytest.mark.parametrize("unit", [2352 * 27, 32768, 10 << 20])
def test_a_ring_holds_whole_units(unit: int) -> None:
    size = ring_size(1e6, unit)
    assert size % unit == 0
    assert size >= 2 * unit
    Ring(size, unit)


def test_the_memory_of_this_machine_is_known() -> None:
    assert (stream._available_memory() or 0) > 1 << 20
    assert stream.is_too_large(1 << 60)
    assert not stream.is_too_large(1 << 20)


def test_a_system_that_does_not_tell_of_its_memory_sets_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_available_memory", lambda: None)
    assert not stream.is_too_large(1 << 60)
    assert ring_size(1e10, 65536) == stream.UNKNOWN_MEMORY // stream.MEMORY_SHARE


def test_what_comes_after_another_pump_begins_when_that_one_is_through(ring: Ring) -> None:
    first, second = DeadSource(40), Source(40)
    with Pump(first, ring) as before, Pump(second, Ring(4 * 65536, 65536), after=before) as pump:
        assert first.asked.wait(LONG)
        assert not pump.wait_full(0.3)
        assert second.at == 0
        first.revived.set()
        assert pump.wait_full(LONG)
        assert (pump.ended, second.at) == (True, 40 * BLOCK)
        assert before.result()


def test_the_ring_of_the_pump_before_is_not_kept() -> None:
    ring = Ring(4 * 65536, 65536)
    kept = weakref.ref(ring)
    before = Pump(Source(40), ring)
    with before:
        drain(ring)
    with Pump(Source(40), Ring(4 * 65536, 65536), after=before) as pump:
        assert pump.wait_full(LONG)
        del before, ring
        assert kept() is None
        assert pump.ended


def test_a_pump_has_ended_when_its_last_byte_is_in_the_ring() -> None:
    going_on = Event()

    class Unclosed(Ring):
        def close(self) -> None:
            assert going_on.wait(LONG)
            super().close()

    ring = Unclosed(2 * 65536, 65536)
    with Pump(Source(64), ring) as pump:
        assert pump.wait_full(LONG)
        assert (ring.closed, pump.ended) == (False, True)
        going_on.set()
    with Pump(Source(65), Ring(2 * 65536, 65536)) as pump:
        assert pump.wait_full(LONG)
        assert not pump.ended


def test_what_comes_after_a_pump_that_failed_does_not_begin() -> None:
    second = Source(40)
    with (
        Pump(BrokenSource(2000), Ring(32 * 65536, 65536)) as before,
        Pump(second, Ring(4 * 65536, 65536), after=before) as pump,
    ):
        assert pump.wait_full(LONG)
        assert (pump.ended, second.at) == (False, 0)
        with pytest.raises(OSError, match="the disk fell out"):
            pump.result()


def test_a_cancelled_pump_does_not_wait_for_the_one_before(ring: Ring) -> None:
    first = DeadSource(40)
    with Pump(first, ring) as before:
        with Pump(Source(40), Ring(4 * 65536, 65536), after=before) as pump:
            assert first.asked.wait(LONG)
        with pytest.raises(Cancelled):
            pump.result()
        first.revived.set()


def test_a_pump_tells_how_much_is_ready(ring: Ring) -> None:
    with Pump(Source(5000), ring) as pump:
        assert pump.wait_full(LONG)
        assert 0.5 < pump.readiness <= 1


@pytest.mark.linux("native code that reads files")
def test_what_is_laid_up_is_half_of_what_has_to_be_ready() -> None:
    with Pump(KnowingSource(64), Ring(4 * 65536, 65536)) as pump:
        assert pump.wait_full(LONG)
        assert (pump.ended, pump.readiness) == (True, 0.75)  # all is laid up, and the ring half full

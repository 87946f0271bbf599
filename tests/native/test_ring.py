from __future__ import annotations

import gc
import signal
import time
from collections.abc import Callable
from threading import Thread, Timer

import pytest

from discstack.native import Ring

UNIT = 4096
LONG = 200  # seconds; nothing takes that long, on the most loaded machine


@pytest.fixture
def ring() -> Ring:
    return Ring(8 * UNIT, UNIT)


def put(ring: Ring, data: bytes) -> None:
    region = ring.reserve(len(data), timeout=LONG)
    region[:] = data
    ring.commit(len(data))


def get(ring: Ring, size: int) -> bytes:
    data = bytes(ring.take(size, timeout=LONG))
    ring.release(len(data))
    return data


def test_bytes_come_out_as_they_went_in(ring: Ring) -> None:
    put(ring, b"abc")
    put(ring, b"defg")
    assert get(ring, 5) == b"abcde"
    assert get(ring, 2) == b"fg"


def test_regions_are_views_of_the_same_page_aligned_memory(ring: Ring) -> None:
    region = ring.reserve(UNIT)
    assert not region.readonly
    region[0] = 7
    ring.commit(UNIT)
    taken = ring.take(UNIT)
    region[1] = 8
    assert bytes(taken[:2]) == b"\7\10"


def test_a_region_never_straddles_the_end_of_the_memory(ring: Ring) -> None:
    for _ in range(7):
        put(ring, bytes(UNIT))
        get(ring, UNIT)
    assert len(ring.reserve(4 * UNIT)) == UNIT


def test_requests_are_clamped_to_half_the_capacity(ring: Ring) -> None:
    assert len(ring.reserve(8 * UNIT)) == 4 * UNIT


@pytest.mark.parametrize(
    ("capacity", "granule"), [(UNIT, UNIT), (3 * UNIT + 1, UNIT), (0, UNIT), (UNIT, 0), (UNIT, -1)]
)
def test_a_capacity_that_is_no_multiple_of_the_granule_is_refused(capacity: int, granule: int) -> None:
    with pytest.raises(ValueError, match="whole granules"):
        Ring(capacity, granule)


def test_a_ring_larger_than_memory_is_refused() -> None:
    with pytest.raises(MemoryError):
        Ring(1 << 62, 1 << 20)


def test_an_audio_ring_need_not_be_whole_pages() -> None:
    ring = Ring(10 * 2352, 2352)
    for number in range(25):
        put(ring, bytes([number]) * 2352)
        assert get(ring, 2352) == bytes([number]) * 2352


def test_committing_or_releasing_more_than_granted_is_refused(ring: Ring) -> None:
    with pytest.raises(ValueError, match="more than are reserved"):
        ring.commit(1)
    ring.reserve(10)
    for size in (11, -1):
        with pytest.raises(ValueError, match="more than are reserved"):
            ring.commit(size)
    for size in (1, -1):
        with pytest.raises(ValueError, match="more than are taken"):
            ring.release(size)


def test_an_empty_region_is_refused(ring: Ring) -> None:
    with pytest.raises(ValueError, match="at least one byte"):
        ring.reserve(0)
    with pytest.raises(ValueError, match="at least one byte"):
        ring.take(0)


def test_waiting_ends_with_the_timeout(ring: Ring) -> None:
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        ring.take(1, timeout=0.15)
    assert time.monotonic() - start >= 0.1  # Windows's clock goes by 16 ms
    put(ring, bytes(4 * UNIT))
    put(ring, bytes(4 * UNIT))
    with pytest.raises(TimeoutError):
        ring.reserve(1, timeout=0)


def test_a_wait_in_slices_counts_as_one(ring: Ring) -> None:
    with pytest.raises(TimeoutError):
        ring.take(1, timeout=0.25)
    assert ring.counters().empty == 1
    assert ring.counters().empty_time > 0.2


def test_waits_of_the_producer_are_told_apart_from_those_of_the_consumer(ring: Ring) -> None:
    put(ring, bytes(4 * UNIT))
    put(ring, bytes(4 * UNIT))
    with pytest.raises(TimeoutError):
        ring.reserve(1, timeout=0.01)
    counters = ring.counters()
    assert (counters.full, counters.empty, counters.empty_time) == (1, 0, 0.0)
    assert counters.full_time > 0


def test_a_closed_ring_gives_the_rest_and_then_nothing(ring: Ring) -> None:
    put(ring, b"rest")
    ring.close()
    assert get(ring, 100) == b"rest"
    assert get(ring, 100) == b""
    assert (ring.closed, ring.failed, ring.cancelled) == (True, False, False)
    with pytest.raises(ValueError, match="closed"):
        ring.reserve(1)


def test_a_failed_ring_gives_nothing_more(ring: Ring) -> None:
    put(ring, b"lost")
    ring.fail()
    assert get(ring, 1) == b""
    assert (ring.closed, ring.failed, ring.cancelled) == (False, True, False)


@pytest.mark.parametrize("wait", [lambda ring: ring.take(1), lambda ring: ring.wait_full() or b""])
def test_cancel_wakes_the_consumer(ring: Ring, wait: Callable[[Ring], bytes]) -> None:
    Timer(0.05, ring.cancel).start()
    assert len(wait(ring)) == 0
    assert ring.cancelled


def test_cancel_wakes_the_producer(ring: Ring) -> None:
    put(ring, bytes(4 * UNIT))
    put(ring, bytes(4 * UNIT))
    Timer(0.05, ring.cancel).start()
    assert len(ring.reserve(1)) == 0


@pytest.mark.parametrize("timeout", [LONG, None])
def test_ctrl_c_gets_through_while_waiting(ring: Ring, timeout: float | None) -> None:
    def take() -> None:  # on a loaded machine the signal may come before the wait
        Timer(0.05, lambda: signal.raise_signal(signal.SIGINT)).start()
        ring.take(1, timeout)

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        take()
    assert time.monotonic() - start < LONG


def test_a_full_ring_is_one_whose_producer_waits(ring: Ring) -> None:
    def produce() -> None:
        while region := ring.reserve(3 * UNIT):
            ring.commit(len(region))

    put(ring, bytes(UNIT))
    get(ring, UNIT)
    with pytest.raises(TimeoutError):
        ring.wait_full(timeout=0)
    producer = Thread(target=produce)
    producer.start()
    ring.wait_full(timeout=LONG)
    assert ring.fill == 7 * UNIT
    ring.cancel()
    producer.join()


def test_a_closed_ring_is_as_full_as_it_gets(ring: Ring) -> None:
    ring.close()
    ring.wait_full(timeout=LONG)
    assert ring.fill == 0


def test_counters_tell_what_went_through(ring: Ring) -> None:
    put(ring, bytes(3 * UNIT))
    get(ring, UNIT)
    get(ring, UNIT)
    put(ring, bytes(2 * UNIT))
    ring.close()
    get(ring, UNIT)
    counters = ring.counters()
    assert (counters.bytes_in, counters.bytes_out, counters.fill) == (5 * UNIT, 3 * UNIT, 2 * UNIT)
    get(ring, 2 * UNIT)
    assert ring.counters().low == counters.low == UNIT  # it ran empty because there is no more


def test_a_view_outlives_its_ring() -> None:
    ring = Ring(2 * UNIT, UNIT)
    put(ring, b"still here")
    view = ring.take(10)
    del ring
    gc.collect()
    assert bytes(view) == b"still here"


def test_no_wakeup_is_lost_between_two_python_threads() -> None:
    ring = Ring(4 * UNIT, UNIT)
    total = 2000 * UNIT

    def produce() -> None:
        done = 0
        while done < total:
            region = ring.reserve(min(2 * UNIT, total - done))
            region[:8] = done.to_bytes(8, "big")
            ring.commit(len(region))
            done += len(region)
        ring.close()

    producer = Thread(target=produce)
    producer.start()
    taken = 0
    while data := ring.take(2 * UNIT, timeout=LONG):
        assert int.from_bytes(data[:8], "big") == taken
        ring.release(len(data))
        taken += len(data)
    producer.join()
    assert taken == total

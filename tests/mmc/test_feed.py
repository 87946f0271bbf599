from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from threading import Timer
from typing import Any

import pytest

from discstack.mmc.feed import added, feed_by_execute, remainder
from discstack.native import Ring
from discstack.transport.base import (
    CHECK_CONDITION,
    GOOD,
    Command,
    DeviceGone,
    FeedCounters,
    Reply,
    Stream,
)
from discstack.transport.script import ScriptTransport

BLOCK, UNIT = 2048, 16
SIZE = BLOCK * UNIT
LONG_WRITE = Reply(CHECK_CONDITION, bytes.fromhex("70 00 02 00 00 00 00 0a 00 00 00 00 04 08 00 00 00 00"))
LONG_WRITE_DESCRIPTOR = Reply(CHECK_CONDITION, bytes.fromhex("72 02 04 08 00 00 00 00"))
LONG_WRITE_DEFERRED = Reply(CHECK_CONDITION, bytes.fromhex("71 00 02 00 00 00 00 0a 00 00 00 00 04 08 00 00 00 00"))
RECOVERED = Reply(CHECK_CONDITION, bytes.fromhex("70 00 01 00 00 00 00 0a 00 00 00 00 17 01 00 00 00 00"))
WRITE_ERROR = Reply(CHECK_CONDITION, bytes.fromhex("70 00 03 00 00 00 00 0a 00 00 00 00 0c 00 00 00 00 00"))
ILLEGAL = bytes.fromhex("70 00 05 00 00 00 00 0a 00 00 00 00 20 00 00 00 00 00")
UNIT_ATTENTION = bytes.fromhex("70 00 06 00 00 00 00 0a 00 00 00 00 29 00 00 00 00 00")
READ_BUFFER_CAPACITY = bytes.fromhex("5c 00 00 00 00 00 00 00 0c 00")


def filled_ring(blocks: int = 40) -> Ring:
    ring = Ring(8 * SIZE, SIZE)
    for number in range(blocks):
        ring.reserve(BLOCK)[:] = bytes([number]) * BLOCK
        ring.commit(BLOCK)
    ring.close()
    return ring


def stream(ring: Ring, **changes: Any) -> Stream:
    whole = Stream(
        ring=ring,
        template=bytes.fromhex("2a 00 00 00 00 00 00 00 00 00"),
        lba_place=(2, 32),
        length_place=(7, 16),
        lba=1000,
        blocks=40,
        block_size=BLOCK,
        unit=UNIT,
        timeout=60.0,
        nap=0.02,
    )
    return replace(whole, **changes)


def ignore(_: FeedCounters) -> None:
    pass


def test_a_stream_is_cut_into_units() -> None:
    transport = ScriptTransport(otherwise=Reply())
    result = feed_by_execute(transport, stream(filled_ring()), ignore)
    assert (result.status, result.stopped, result.counters.blocks, result.counters.commands) == (GOOD, False, 40, 3)
    assert [command.cdb for command in transport.commands] == [
        bytes.fromhex("2a 00 000003e8 00 0010 00"),
        bytes.fromhex("2a 00 000003f8 00 0010 00"),
        bytes.fromhex("2a 00 00000408 00 0008 00"),
    ]
    assert [command.data for command in transport.commands] == [
        b"".join(bytes([number]) * BLOCK for number in numbers) for numbers in (range(16), range(16, 32), range(32, 40))
    ]


def test_odd_addresses_and_numbers_of_blocks_keep_their_lowest_bit() -> None:
    transport = ScriptTransport(otherwise=Reply())
    feed_by_execute(transport, stream(filled_ring(), lba=0x0102030F, blocks=33), ignore)
    assert [command.cdb for command in transport.commands] == [
        bytes.fromhex("2a 00 0102030f 00 0010 00"),
        bytes.fromhex("2a 00 0102031f 00 0010 00"),
        bytes.fromhex("2a 00 0102032f 00 0001 00"),
    ]


def test_a_negative_address_is_in_twos_complement() -> None:
    transport = ScriptTransport(otherwise=Reply())
    feed_by_execute(transport, stream(filled_ring(), lba=-150, blocks=16), ignore)
    assert transport.commands[0].cdb == bytes.fromhex("2a 00 ffffff6a 00 0010 00")


@pytest.mark.parametrize("busy", [LONG_WRITE, LONG_WRITE_DESCRIPTOR])
def test_a_busy_drive_gets_the_same_command_after_a_nap(busy: Reply) -> None:
    transport = ScriptTransport([busy, busy], otherwise=Reply())
    result = feed_by_execute(transport, stream(filled_ring()), ignore)
    assert (result.counters.blocks, result.counters.busy, result.counters.commands) == (40, 2, 3)
    assert transport.commands[0] == transport.commands[1] == transport.commands[2]
    assert transport.clock.now() == pytest.approx(0.02 + 0.01)
    assert result.counters.busy_time == pytest.approx(0.03)


def test_a_drive_that_stays_busy_is_given_up_after_the_timeout() -> None:
    transport = ScriptTransport(otherwise=LONG_WRITE)
    result = feed_by_execute(transport, stream(filled_ring(), timeout=1.0), ignore)
    assert (result.status, result.sense, result.reply_lba) == (CHECK_CONDITION, LONG_WRITE.sense, 1000)
    assert 1.0 <= transport.clock.now() < 1.05
    assert len(transport.commands) < 60


@pytest.mark.parametrize("reply", [WRITE_ERROR, LONG_WRITE_DEFERRED, RECOVERED, Reply(8), Reply(residual=2048)])
def test_any_other_answer_comes_back(reply: Reply) -> None:
    transport = ScriptTransport([Reply(), reply], otherwise=Reply())
    ring = filled_ring()
    result = feed_by_execute(transport, stream(ring), ignore)
    assert (result.status, result.sense, result.residual) == (reply.status, reply.sense, reply.residual)
    assert (result.reply_lba, result.counters.blocks, result.stopped) == (1016, 16, False)
    assert (result.counters.commands, sum(result.counters.latencies)) == (1, 1)  # what failed is not among them
    assert ring.take(1)[0] == 16
    assert len(transport.commands) == 2


@pytest.mark.parametrize(("written", "lba", "blocks"), [(False, 1016, 24), (True, 1032, 8)])
def test_the_remainder_goes_on_behind_what_is_written(written: bool, lba: int, blocks: int) -> None:
    transport = ScriptTransport([Reply(), RECOVERED], otherwise=Reply())
    whole = stream(filled_ring())
    rest = remainder(whole, feed_by_execute(transport, whole, ignore), written=written)
    assert (rest.lba, rest.blocks) == (lba, blocks)
    assert feed_by_execute(transport, rest, ignore).counters.blocks == blocks
    last = transport.commands[2 if written else 3]
    assert isinstance(last.data, bytes)
    assert (last.cdb, last.data[0]) == (bytes.fromhex("2a 00 00000408 00 0008 00"), 32)


def test_a_last_command_that_was_written_after_all_leaves_nothing_to_send() -> None:
    ring = filled_ring(48)  # with more behind what is written
    transport = ScriptTransport([Reply(), Reply(), RECOVERED])
    whole = stream(ring)
    rest = remainder(whole, feed_by_execute(transport, whole, ignore), written=True)
    assert (rest.lba, rest.blocks, ring.counters().bytes_out) == (1040, 0, 40 * BLOCK)


def test_a_part_of_a_unit_before_the_ring_was_closed_is_not_sent() -> None:
    ring = Ring(8 * SIZE, SIZE)
    for _ in range(UNIT + 5):
        ring.reserve(BLOCK)
        ring.commit(BLOCK)
    ring.close()
    transport = ScriptTransport(otherwise=Reply())
    result = feed_by_execute(transport, stream(ring), ignore)
    assert (result.stopped, result.counters.blocks, len(transport.commands)) == (True, UNIT, 1)


def test_the_least_fill_stays_when_there_is_more_again() -> None:
    ring = Ring(8 * SIZE, SIZE)

    def put(_: Command | None = None) -> Reply:
        for _ in range(3 if ring.fill else 1):
            ring.reserve(SIZE)
            ring.commit(SIZE)
        return Reply()

    put()
    counters = feed_by_execute(ScriptTransport(otherwise=put), stream(ring, blocks=2 * UNIT, watch=0), ignore).counters
    assert counters.ring_low == SIZE
    assert ring.fill == 5 * SIZE


def test_a_vanished_drive_raises_and_tells_how_far_it_got() -> None:
    transport = ScriptTransport([Reply(), DeviceGone("pulled")])
    seen: list[FeedCounters] = []
    with pytest.raises(DeviceGone, match="pulled") as caught:
        feed_by_execute(transport, stream(filled_ring()), seen.append)
    assert caught.value.counters is not None
    assert caught.value.counters.blocks == seen[-1].blocks == 16


@pytest.mark.parametrize("end", [Ring.close, Ring.fail, Ring.cancel])
def test_a_ring_that_gives_no_more_stops_the_stream(end: Callable[[Ring], None]) -> None:
    transport = ScriptTransport(otherwise=Reply())
    ring = Ring(8 * SIZE, SIZE)
    ring.reserve(SIZE)
    ring.commit(SIZE)
    end(ring)
    result = feed_by_execute(transport, stream(ring), ignore)
    assert result.stopped
    assert result.counters.blocks == (16 if end is Ring.close else 0)


def test_cancel_ends_the_repetition_of_a_busy_command() -> None:
    ring = filled_ring()
    transport = ScriptTransport(otherwise=LONG_WRITE)

    def cancel(counters: FeedCounters) -> None:
        ring.cancel()

    result = feed_by_execute(transport, stream(ring), cancel)
    assert result.stopped
    assert result.counters.blocks == 0
    assert transport.clock.now() < 1


def test_the_observer_is_heard_while_the_source_stalls() -> None:
    ring = Ring(8 * SIZE, SIZE)
    seen: list[FeedCounters] = []

    def cancel(counters: FeedCounters) -> None:
        seen.append(counters)
        ring.cancel()

    assert feed_by_execute(ScriptTransport(), stream(ring), cancel).stopped
    assert 1 <= len(seen) <= 2


def test_the_observer_sees_the_stream_grow() -> None:
    seen: list[FeedCounters] = []

    def tick(_: Command) -> Reply:
        transport.clock.sleep(0.15)
        return Reply()

    transport = ScriptTransport(otherwise=tick)
    feed_by_execute(transport, stream(filled_ring(), watch=0), seen.append)
    assert [counters.blocks for counters in seen] == [32, 40]


def test_the_first_command_waits_for_its_own_data_only() -> None:
    ring = Ring(8 * SIZE, SIZE)
    ring.reserve(SIZE)
    ring.commit(SIZE)
    rescue = Timer(200, ring.cancel)
    rescue.start()
    result = feed_by_execute(ScriptTransport(otherwise=Reply()), stream(ring, blocks=UNIT), ignore)
    rescue.cancel()
    assert (result.stopped, result.counters.blocks) == (False, UNIT)


def test_the_least_fill_counts_while_more_is_to_come_and_not_once_the_source_has_ended() -> None:
    ring = Ring(8 * SIZE, SIZE)
    for _ in range(2):
        ring.reserve(SIZE)
        ring.commit(SIZE)
    transport = ScriptTransport(otherwise=Reply())
    assert feed_by_execute(transport, stream(ring, blocks=2 * UNIT), ignore).counters.ring_low == SIZE
    ended = filled_ring()
    full = ended.fill
    assert feed_by_execute(transport, stream(ended), ignore).counters.ring_low == full


def test_the_counters_of_two_streams_add_up() -> None:
    one = FeedCounters(
        blocks=1,
        commands=2,
        busy=3,
        stalls=4,
        stall_time=5.0,
        busy_time=6.0,
        prefill_time=0.5,
        latency_max=9.0,
        latency_total=10.0,
        latencies=(1, *(0,) * 94, 2),
        ring_fill=70,
        ring_low=30,
        drive_buffer=100,
        drive_fill=90,
    )
    other = FeedCounters(
        blocks=10,
        commands=20,
        busy=30,
        stalls=40,
        stall_time=50.0,
        busy_time=60.0,
        prefill_time=5.0,
        latency_max=7.0,
        latency_total=100.0,
        latencies=(4, *(0,) * 94, 8),
        ring_fill=60,
        ring_low=50,
        drive_buffer=200,
        drive_fill=80,
    )
    both = FeedCounters(
        blocks=11,
        commands=22,
        busy=33,
        stalls=44,
        stall_time=55.0,
        busy_time=66.0,
        prefill_time=5.5,
        latency_max=9.0,
        latency_total=110.0,
        latencies=(5, *(0,) * 94, 10),
        ring_fill=60,
        ring_low=30,
        drive_buffer=200,
        drive_fill=80,
    )
    assert added(one, other) == both
    assert added(FeedCounters(), other) == other  # before its first command nothing was low


def test_latency_is_counted_in_buckets() -> None:
    delays = iter([0.0001, 0.003, 500.0])

    def answer(_: Command) -> Reply:
        transport.clock.sleep(next(delays))
        return Reply()

    transport = ScriptTransport(otherwise=answer)
    counters = feed_by_execute(transport, stream(filled_ring(), watch=0), ignore).counters
    assert [at for at, number in enumerate(counters.latencies) if number] == [14, 33, 95]
    assert counters.latency_max == pytest.approx(500.0)
    assert counters.latency_total == pytest.approx(500.0031)
    assert [counters.latency(share) for share in (0.3, 0.6, 1)] == pytest.approx([28 * 4096e-9, 768 * 4096e-9, 500.0])


def capacity_script(data: bytes, sense: bytes = b"") -> ScriptTransport:
    def answer(command: Command) -> Reply:
        if command.cdb == READ_BUFFER_CAPACITY:
            return Reply(CHECK_CONDITION if sense else GOOD, sense, data)
        transport.clock.sleep(0.6)
        return Reply()

    transport = ScriptTransport(otherwise=answer)
    return transport


def test_the_drives_buffer_is_watched() -> None:
    transport = capacity_script(bytes.fromhex("000a 0000 00200000 00080000"))
    counters = feed_by_execute(transport, stream(filled_ring()), ignore).counters
    assert [command.cdb[0] for command in transport.commands] == [0x2A, 0x5C, 0x2A, 0x5C, 0x2A, 0x5C]
    assert (counters.drive_buffer, counters.drive_fill) == (0x200000, 0x180000)


def test_the_buffer_is_asked_for_when_that_is_due() -> None:
    def answer(command: Command) -> Reply:
        transport.clock.sleep(0.2 if command.cdb != READ_BUFFER_CAPACITY else 0.0)
        return Reply(data=bytes.fromhex("000a 0000 00200000 00200000"))

    transport = ScriptTransport(otherwise=answer)
    counters = feed_by_execute(transport, stream(filled_ring(), unit=4), ignore).counters
    asked = [number for number, command in enumerate(transport.commands) if command.cdb == READ_BUFFER_CAPACITY]
    assert asked == [3, 7, 11]  # after three WRITEs each, of 0.2 s
    assert (counters.drive_buffer, counters.drive_fill) == (0x200000, 0)


def test_what_is_left_in_the_ring_is_told_in_the_end() -> None:
    seen: list[FeedCounters] = []
    counters = feed_by_execute(ScriptTransport(otherwise=Reply()), stream(filled_ring(48)), seen.append).counters
    assert (counters.ring_fill, seen[-1].ring_fill) == (8 * BLOCK, 8 * BLOCK)


@pytest.mark.parametrize("data", ["000a 0000 00080000 00200000", "000a 0000 00000000 00000000", "000a"])
def test_a_nonsensical_buffer_is_not_believed(data: str) -> None:
    counters = feed_by_execute(capacity_script(bytes.fromhex(data)), stream(filled_ring()), ignore).counters
    assert (counters.drive_buffer, counters.drive_fill) == (0, 0)


def test_a_drive_that_refuses_to_tell_its_buffer_is_not_asked_again() -> None:
    transport = capacity_script(b"", ILLEGAL)
    assert feed_by_execute(transport, stream(filled_ring()), ignore).counters.blocks == 40
    assert [command.cdb[0] for command in transport.commands] == [0x2A, 0x5C, 0x2A, 0x2A]


def test_a_drive_that_cannot_tell_its_buffer_now_is_asked_later() -> None:
    transport = capacity_script(b"", LONG_WRITE.sense)
    assert feed_by_execute(transport, stream(filled_ring()), ignore).counters.blocks == 40
    assert [command.cdb[0] for command in transport.commands].count(0x5C) == 3


@pytest.mark.parametrize("sense", [UNIT_ATTENTION, LONG_WRITE_DEFERRED.sense])
def test_news_that_come_instead_of_the_buffer_are_passed_on(sense: bytes) -> None:
    ring = filled_ring()
    result = feed_by_execute(capacity_script(b"", sense), stream(ring), ignore)
    assert (result.status, result.sense, result.reply_lba) == (CHECK_CONDITION, sense, 1016)
    assert (result.counters.blocks, ring.take(1)[0]) == (16, 16)


def test_naps_shrink_to_half_a_buffer_at_the_measured_speed() -> None:
    """A drive with a buffer of 4 units that takes 10 ms for each, modelled on the script's clock."""
    level, asked = [0.0, 0.0], []

    def drain() -> None:
        now = transport.clock.now()
        level[:] = [max(0.0, level[0] - (now - level[1]) / 0.01), now]

    def answer(command: Command) -> Reply:
        drain()
        if command.cdb == READ_BUFFER_CAPACITY:
            return Reply(data=bytes(4) + (4 * SIZE).to_bytes(4, "big") + bytes(4))
        if level[0] > 3:
            asked.append(transport.clock.now())
            return LONG_WRITE
        level[0] += 1
        return Reply()

    transport = ScriptTransport(otherwise=answer)
    ring = Ring(256 * SIZE, SIZE)
    for _ in range(128):
        ring.reserve(SIZE)
        ring.commit(SIZE)
    ring.close()
    whole = stream(ring, blocks=128 * UNIT, nap=0.5, watch=0.05)
    counters = feed_by_execute(transport, whole, ignore).counters
    assert counters.blocks == 128 * UNIT
    late = [after - before for before, after in pairwise(asked[8:])]
    assert max(late) < 0.03
    assert counters.busy < 100


def paced(
    durations: list[float], ring: Ring, observe: Callable[[FeedCounters], None] = lambda counters: None
) -> list[float]:
    """Return the naps before the second WRITE and those behind it, each refused once and then lasting so many seconds.

    The drive has a buffer of one unit, and no nap is longer than half a second.
    """
    refused, naps = False, list[float]()

    def answer(command: Command) -> Reply:
        nonlocal refused
        if command.cdb == READ_BUFFER_CAPACITY:
            return Reply(data=bytes(4) + SIZE.to_bytes(4, "big") + bytes(4))
        if left and len(left) < len(durations) and not refused:
            refused = True
            naps.append(-transport.clock.now())
            return LONG_WRITE
        if refused:
            naps[-1] += transport.clock.now()
        refused = False
        transport.clock.sleep(left.pop(0))
        return Reply()

    left = [*durations]
    transport = ScriptTransport(otherwise=answer)
    asked = stream(ring, blocks=len(durations) * UNIT, nap=0.5, watch=0.001)
    feed_by_execute(transport, asked, observe)
    return naps


def test_the_first_speed_counts_whole_and_each_later_one_as_much_as_all_before() -> None:
    # a unit in 0.6 s, then one in 0.3 s: that is 1/0.6 and on average 1/0.4 of the buffer in a second
    assert paced([0.1, 0.1, 0.0, 0.1], filled_ring(4 * UNIT)) == pytest.approx([0.5, 0.3, 0.2])


def test_a_speed_is_not_measured_over_a_stall() -> None:
    ring = Ring(8 * SIZE, SIZE)

    def more() -> None:
        ring.reserve(SIZE)
        ring.commit(SIZE)

    def more_once_it_waits(_: FeedCounters) -> None:
        if ring.counters().empty and ring.counters().bytes_in == 2 * SIZE:
            more()

    more()
    more()
    assert paced([0.1, 0.1, 0.1], ring, more_once_it_waits) == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("changes", [{"unit": 64}, {"unit": 0}, {"unit": 3}])
def test_a_unit_that_does_not_fit_is_refused(changes: dict[str, int]) -> None:
    transport = ScriptTransport()
    with pytest.raises(ValueError, match=r"largest transfer|granule"):
        feed_by_execute(transport, stream(filled_ring(), **changes), ignore)
    assert transport.commands == []

"""Feeding a drive from a ring by a loop of `execute`, for transports without a feeder of their own.

The contract is that of `discstack.transport.base.Feeder`, on the transport's own clock.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import Final

from discstack.mmc.spec.cdb import Direction
from discstack.mmc.spec.commands import READ_BUFFER_CAPACITY
from discstack.mmc.spec.sense import Sense, SenseKey
from discstack.native.histogram import bucket_of
from discstack.transport.base import (
    CHECK_CONDITION,
    GOOD,
    Command,
    FeedCounters,
    FeedResult,
    Reply,
    Stream,
    Transport,
    TransportError,
)

OBSERVE_INTERVAL: Final = 0.2  # seconds between two looks at the counters
LONG_WRITE_IN_PROGRESS: Final = (0x2, 0x04, 0x08)
# What an answer to READ BUFFER CAPACITY may be without telling of anything but that command
HARMLESS: Final = (SenseKey.NO_SENSE, SenseKey.RECOVERED_ERROR, SenseKey.NOT_READY, SenseKey.ILLEGAL_REQUEST)
SHORTEST_NAP: Final = 0.001
# Of half a buffer: all, then a half and a fourth to look at what should be 3/4 and 7/8 of it; then it is not draining
NAP_SHARES: Final = (1, 2, 4, 2)


def feed_by_execute(transport: Transport, stream: Stream, observe: Callable[[FeedCounters], None]) -> FeedResult:
    """Write a stream with one `execute` per command.

    `observe` gets a snapshot of the counters every OBSERVE_INTERVAL while something happens, and once at the end.
    """
    stream.check(transport.max_transfer)
    feed = _Feed(transport, stream, observe)
    try:
        return feed.run()
    except TransportError as error:
        error.counters = feed.counters
        raise
    finally:
        feed.report()


def remainder(stream: Stream, result: FeedResult, *, written: bool = False) -> Stream:
    """Return the stream that goes on where `result` came back.

    `written` says that the device did write the blocks of the command that came back (a recovered error): they are
    dropped from the ring. Otherwise they are sent again.
    """
    blocks = result.counters.blocks
    if written:
        skipped = min(stream.unit, stream.blocks - blocks)
        stream.ring.release(len(stream.ring.take(skipped * stream.block_size)))
        blocks += skipped
    return replace(stream, lba=stream.lba + blocks, blocks=stream.blocks - blocks)


def added(one: FeedCounters, other: FeedCounters) -> FeedCounters:
    """Return the counters of two streams, one after the other, as those of one."""
    return FeedCounters(
        blocks=one.blocks + other.blocks,
        commands=one.commands + other.commands,
        busy=one.busy + other.busy,
        stalls=one.stalls + other.stalls,
        stall_time=one.stall_time + other.stall_time,
        busy_time=one.busy_time + other.busy_time,
        prefill_time=one.prefill_time + other.prefill_time,
        latency_max=max(one.latency_max, other.latency_max),
        latency_total=one.latency_total + other.latency_total,
        latencies=tuple(map(sum, zip(one.latencies, other.latencies, strict=True))),
        ring_fill=other.ring_fill,
        ring_low=min(one.ring_low, other.ring_low) if one.commands else other.ring_low,
        drive_buffer=other.drive_buffer,
        drive_fill=other.drive_fill,
        priority=other.priority,
    )


class _Feed:
    def __init__(self, transport: Transport, stream: Stream, observe: Callable[[FeedCounters], None]) -> None:
        self.transport, self.stream, self.observe = transport, stream, observe
        self.clock, self.ring = transport.clock, stream.ring
        self.counters = FeedCounters()
        self.pace = _Pace(stream.nap)
        self.observed = self.watched = self.clock.now()
        self.watching = stream.watch > 0

    def run(self) -> FeedResult:
        stream, counters = self.stream, self.counters
        counters.ring_low = self.ring.fill
        while counters.blocks < stream.blocks:
            lba, blocks = stream.lba + counters.blocks, min(stream.unit, stream.blocks - counters.blocks)
            data = self.take(blocks * stream.block_size)
            if len(data) < blocks * stream.block_size:
                return FeedResult(counters, stopped=True)
            reply = self.write(Command(self.cdb(lba, blocks), Direction.TO_DEVICE, data, timeout=stream.timeout))
            if reply is None:
                return FeedResult(counters, stopped=True)
            if reply.status != GOOD or reply.residual:
                return FeedResult(counters, reply.status, reply.sense, reply_lba=lba, residual=reply.residual)
            self.ring.release(len(data))
            counters.blocks += blocks
            if news := self.look():
                return FeedResult(counters, news.status, news.sense, reply_lba=lba + blocks)
        return FeedResult(counters)

    def cdb(self, lba: int, blocks: int) -> bytes:
        cdb = bytearray(self.stream.template)
        for (offset, width), value in ((self.stream.lba_place, lba), (self.stream.length_place, blocks)):
            cdb[offset : offset + width // 8] = (value & ((1 << width) - 1)).to_bytes(width // 8, "big")
        return bytes(cdb)

    def take(self, size: int) -> memoryview:
        waited = self.ring.counters()
        while True:
            try:
                data = self.ring.take(size, OBSERVE_INTERVAL)
                break
            except TimeoutError:
                self.report()
        now = self.ring.counters()
        self.counters.stalls += now.empty - waited.empty
        self.counters.stall_time += now.empty_time - waited.empty_time
        self.counters.ring_fill = now.fill
        if not self.ring.closed:
            self.counters.ring_low = min(self.counters.ring_low, now.fill)
        return data

    def write(self, command: Command) -> Reply | None:
        """Execute until the answer is another than 2/04/08 or the time is over; None when cancelled meanwhile."""
        first = self.clock.now()
        attempt = 0
        while True:
            before = self.clock.now()
            reply = self.transport.execute(command)
            now = self.clock.now()
            if not _is_long_write(reply):
                self.count(reply, now - before)
                return reply
            if now - first >= self.stream.timeout:
                return reply
            self.counters.busy += 1
            done = self.counters.blocks * self.stream.block_size
            self.clock.sleep(self.pace.nap(attempt, now, done, self.counters))
            self.counters.busy_time += self.clock.now() - before
            attempt += 1
            self.observe_if_due()
            if self.ring.cancelled:
                return None

    def count(self, reply: Reply, latency: float) -> None:
        if reply.status != GOOD or reply.residual:
            return
        counters = self.counters
        counters.commands += 1
        counters.latency_total += latency
        counters.latency_max = max(counters.latency_max, latency)
        bucket = bucket_of(latency)
        counters.latencies = tuple(n + (at == bucket) for at, n in enumerate(counters.latencies))

    def look(self) -> Reply | None:
        """See to what is due: the observer and the drive's buffer; return what the drive says of other matters."""
        self.observe_if_due()
        now = self.clock.now()
        if not self.watching or now - self.watched < self.stream.watch:
            return None
        self.watched = now
        return self.ask_buffer()

    def observe_if_due(self) -> None:
        if self.clock.now() - self.observed >= OBSERVE_INTERVAL:
            self.report()

    def report(self) -> None:
        self.observed = self.clock.now()
        self.counters.ring_fill = self.ring.fill
        self.observe(copy(self.counters))

    def ask_buffer(self) -> Reply | None:
        cdb = READ_BUFFER_CAPACITY.build(allocation_length=12)
        reply = self.transport.execute(Command(cdb, Direction.FROM_DEVICE, allocation=12))
        if reply.status == GOOD and len(reply.data) >= 12:
            length, free = struct.unpack_from(">II", reply.data, 4)
            if 0 < length >= free:
                self.counters.drive_buffer, self.counters.drive_fill = length, length - free
        elif reply.status == CHECK_CONDITION:
            sense = Sense.parse(reply.sense)
            if sense.deferred or sense.key not in HARMLESS:
                return reply
            self.watching = sense.key != SenseKey.ILLEGAL_REQUEST
        return None


class _Pace:
    """How long to leave a drive alone whose buffer is full: as long as half of it takes, so far as that is known.

    Between two moments at which the buffer was full, the drive has written just what it was given.
    """

    def __init__(self, longest: float) -> None:
        self.longest, self.rate = longest, 0.0
        self.mark: tuple[float, int, int] | None = None

    def nap(self, attempt: int, now: float, done: int, counters: FeedCounters) -> float:
        if attempt == 0:
            self.measure(now, done, counters.stalls)
        half = counters.drive_buffer / 2 / self.rate if counters.drive_buffer and self.rate else self.longest
        share = NAP_SHARES[attempt] if attempt < len(NAP_SHARES) else 1
        return max(min(half, self.longest) / share, SHORTEST_NAP)

    def measure(self, now: float, done: int, stalls: int) -> None:
        if self.mark is not None:
            then, before, stalled = self.mark
            if now > then and done > before and stalls == stalled:
                rate = (done - before) / (now - then)
                self.rate = (self.rate + rate) / 2 if self.rate else rate
        self.mark = (now, done, stalls)


def _is_long_write(reply: Reply) -> bool:
    if reply.status != CHECK_CONDITION:
        return False
    sense = Sense.parse(reply.sense)
    return not sense.deferred and sense.triple == LONG_WRITE_IN_PROGRESS

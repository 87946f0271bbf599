from __future__ import annotations

import logging
from typing import Any

import pytest

from discstack.mmc.spec.cdb import Direction
from discstack.native import Ring
from discstack.transport.base import (
    CHECK_CONDITION,
    Command,
    FeedCounters,
    Feeder,
    FeedResult,
    Reply,
    Stream,
    TransportError,
    TransportTimeout,
)
from discstack.transport.script import ScriptTransport
from discstack.transport.trace import trace

TEST_UNIT_READY = bytes(6)
WRITE_10 = bytes.fromhex("2a 00 00 00 00 10 00 00 20 00")
NOT_READY = bytes.fromhex("70 00 02 00 00 00 00 0a 00 00 00 00 3a 00 00 00 00 00")
DEFERRED = bytes.fromhex("71 00 03 00 00 00 00 0a 00 00 00 00 0c 00 00 00 00 00")


class FeedingTransport(ScriptTransport):
    """A script with a feeder that has one answer, or one error."""

    def __init__(self, result: FeedResult | TransportError) -> None:
        super().__init__()
        self.result = result

    def feed(self, stream: Stream, /) -> FeedResult:
        self.clock.sleep(2.0)
        if isinstance(self.result, TransportError):
            raise self.result
        return self.result

    def feed_counters(self) -> FeedCounters:
        return FeedCounters(blocks=7)


def stream() -> Stream:
    place: dict[str, Any] = {"lba_place": (2, 32), "length_place": (7, 16)}
    sizes: dict[str, Any] = {"lba": 256, "blocks": 64, "block_size": 2048, "unit": 16, "timeout": 1.0, "nap": 0.1}
    return Stream(ring=Ring(131072, 32768), template=bytes.fromhex("2a 00 00 00 00 00 00 00 00 00"), **place, **sizes)


def traced(*answers: Reply | TransportError) -> tuple[Any, list[str]]:
    lines: list[str] = []
    return trace(ScriptTransport(answers), lines.append), lines


def test_a_command_is_spelled_out_with_its_data_and_time() -> None:
    def answer(_: Command) -> Reply:
        inner.clock.sleep(0.00125)
        return Reply()

    lines: list[str] = []
    inner = ScriptTransport([answer])
    inner.clock.sleep(12.345)
    trace(inner, lines.append).execute(Command(WRITE_10, Direction.TO_DEVICE, bytes(65536)))
    assert lines == ["12.345  WRITE (10) lba=0x10 transfer_length=0x20 -> 65536 bytes: GOOD, 1.250 ms"]


def test_an_allocation_shows_as_data_to_come() -> None:
    transport, lines = traced(Reply(data=b"ab", residual=34))
    transport.execute(Command(bytes.fromhex("12 00 00 00 24 00"), Direction.FROM_DEVICE, allocation=36))
    assert lines == ["0.000  INQUIRY allocation_length=0x24 <- 36 bytes: GOOD, 34 bytes short, 0.000 ms"]


@pytest.mark.parametrize(
    ("sense", "words"), [(NOT_READY, ": NOT READY 2/3A/00"), (DEFERRED, ": deferred MEDIUM ERROR")]
)
def test_sense_is_spelled(sense: bytes, words: str) -> None:
    transport, lines = traced(Reply(CHECK_CONDITION, sense))
    transport.execute(Command(TEST_UNIT_READY))
    assert lines[0].startswith("0.000  TEST UNIT READY: CHECK CONDITION, 0.000 ms" + words)


@pytest.mark.parametrize(
    ("status", "words"), [(0x08, ": BUSY,"), (0x18, ": RESERVATION CONFLICT,"), (0x40, ": status 0x40,")]
)
def test_other_statuses_are_named(status: int, words: str) -> None:
    transport, lines = traced(Reply(status))
    transport.execute(Command(TEST_UNIT_READY))
    assert words in lines[0]


def test_a_command_without_an_answer_is_told_and_raised() -> None:
    transport, lines = traced(TransportTimeout("too slow"))
    with pytest.raises(TransportTimeout):
        transport.execute(Command(TEST_UNIT_READY))
    assert lines == ["0.000  TEST UNIT READY: no answer (TransportTimeout: too slow), 0.000 ms"]


def test_an_unknown_command_shows_its_bytes() -> None:
    transport, lines = traced(Reply())
    transport.execute(Command(bytes.fromhex("d8 00 00 00 00 01 00 00 00 00 00 00")))
    assert "opcode 0xd8 [d8 00 00 00 00 01" in lines[0]


def test_a_logger_can_be_the_sink(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        trace(ScriptTransport([Reply()]), logging.getLogger("drive").debug).execute(Command(TEST_UNIT_READY))
    assert "TEST UNIT READY: GOOD" in caplog.text


def test_everything_else_is_the_inner_transports() -> None:
    inner = ScriptTransport(max_transfer=4711)
    transport = trace(inner, lambda line: None)
    transport.close()
    assert (transport.max_transfer, transport.clock, inner.closed) == (4711, inner.clock, True)


def test_a_feeder_stays_a_feeder_and_others_do_not_become_one() -> None:
    assert isinstance(trace(FeedingTransport(FeedResult(FeedCounters())), print), Feeder)
    assert not isinstance(trace(ScriptTransport(), print), Feeder)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (FeedResult(FeedCounters(blocks=64, commands=4)), "done, 64 blocks in 4 commands"),
        (FeedResult(FeedCounters(blocks=16), stopped=True), "stopped by its ring, 16 blocks"),
        (
            FeedResult(FeedCounters(), CHECK_CONDITION, NOT_READY, reply_lba=272),
            "CHECK CONDITION at lba=0x110: NOT READY",
        ),
        (FeedResult(FeedCounters(), residual=5, reply_lba=256), "GOOD, 5 bytes short at lba=0x100"),
    ],
)
def test_a_stream_is_one_line(result: FeedResult, words: str) -> None:
    lines: list[str] = []
    transport = trace(FeedingTransport(result), lines.append)
    assert isinstance(transport, Feeder)
    assert transport.feed(stream()) is result
    assert transport.feed_counters().blocks == 7
    assert len(lines) == 1
    assert lines[0].startswith("0.000  stream of WRITE (10) lba=0x100, 64 blocks, 16 a command: " + words)
    assert lines[0].endswith(", 2000.000 ms")


def test_a_lost_stream_is_told_with_how_far_it_got() -> None:
    lines: list[str] = []
    transport = trace(FeedingTransport(TransportTimeout("too slow")), lines.append)
    assert isinstance(transport, Feeder)
    with pytest.raises(TransportTimeout):
        transport.feed(stream())
    assert "no answer (TransportTimeout: too slow), 7 blocks in" in lines[0]

"""Commands through a Windows that is played: what it is asked, and what becomes of its answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streams import BLOCK, UNIT, filled_ring, stream

from discstack.mmc.spec.cdb import Direction
from discstack.native.library import ffi
from discstack.transport.base import (
    BUSY,
    CHECK_CONDITION,
    GOOD,
    AccessDenied,
    BackendUnavailable,
    Command,
    DeviceBusy,
    DeviceGone,
    Feeder,
    TransferRefused,
    TransportError,
    TransportTimeout,
)
from discstack.transport.spti import SptiTransport
from discstack.transport.windows.calls import Windows

from .kernel32 import Answer, FakeKernel32

TEST_UNIT_READY = bytes(6)
INQUIRY = bytes.fromhex("12 00 00 00 24 00")
WRITE_10 = bytes.fromhex("2a 00 00 00 00 10 00 00 01 00")
NOT_READY = bytes.fromhex("70 00 02 00 00 00 00 0a 00 00 00 00 3a 00 00 00 00 00")
LONG_WRITE = bytes.fromhex("70 00 02 00 00 00 00 0a 00 00 00 00 04 08 00 00 00 00")
MEDIUM_ERROR = bytes.fromhex("72 03 0c 00 00 00 00 00")
DATA_OUT, DATA_IN, UNSPECIFIED = 0, 1, 2


@pytest.fixture
def transport(windows: Windows) -> Iterator[SptiTransport]:
    with SptiTransport.open("D:", windows=windows) as opened:
        yield opened


def test_a_command_without_data_goes_out_as_it_is(kernel32: FakeKernel32, transport: SptiTransport) -> None:
    reply = transport.execute(Command(TEST_UNIT_READY, timeout=7.5))
    assert (reply.status, reply.sense, bytes(reply.data), reply.residual) == (GOOD, b"", b"", 0)
    (request,) = kernel32.requests
    assert (request.cdb, request.data_in, request.length, request.address) == (TEST_UNIT_READY, UNSPECIFIED, 0, 0)
    assert (request.timeout, request.sense_room) == (8, 64)


def test_an_answer_is_cut_to_what_was_moved(kernel32: FakeKernel32, transport: SptiTransport) -> None:
    kernel32.answers = [Answer(data=b"\x05\x80\x00\x32\x1f")]
    reply = transport.execute(Command(INQUIRY, Direction.FROM_DEVICE, allocation=36))
    assert (bytes(reply.data), reply.residual) == (b"\x05\x80\x00\x32\x1f", 31)
    assert (kernel32.requests[0].data_in, kernel32.requests[0].length) == (DATA_IN, 36)


def test_a_driver_that_moves_more_than_there_is_is_not_believed(
    kernel32: FakeKernel32, transport: SptiTransport
) -> None:
    kernel32.answers = [Answer(moved=100)]
    reply = transport.execute(Command(INQUIRY, Direction.FROM_DEVICE, allocation=36))
    assert (reply.residual, len(reply.data)) == (0, 36)


@pytest.mark.parametrize("data", [b"out!", bytearray(b"out!"), memoryview(b"xout!")[1:]])
def test_data_goes_out_exactly(kernel32: FakeKernel32, transport: SptiTransport, data: bytes) -> None:
    reply = transport.execute(Command(WRITE_10, Direction.TO_DEVICE, data))
    assert (kernel32.requests[0].data_in, kernel32.requests[0].data, reply.residual) == (DATA_OUT, b"out!", 0)


@pytest.mark.parametrize("mask", [0, 3, 511, 4095])
def test_data_lies_where_the_adapter_takes_it(kernel32: FakeKernel32, windows: Windows, mask: int) -> None:
    kernel32.alignment_mask = mask
    sent, room = memoryview(bytearray(4097))[1:], memoryview(bytearray(512))[1:]
    sent[:4], sent[-4:] = b"head", b"tail"
    with SptiTransport.open("D:", windows=windows) as transport:
        assert transport.execute(Command(WRITE_10, Direction.TO_DEVICE, sent)).status == GOOD
        kernel32.answers = [Answer(data=b"answer")]
        reply = transport.execute(Command(INQUIRY, Direction.FROM_DEVICE, room))
    assert kernel32.requests[0].data == bytes(sent)
    assert bytes(reply.data) == bytes(room[:6]) == b"answer"
    assert bytes(room[6:]) == bytes(505)


def test_a_timeout_of_days_is_what_drivers_take_at_most(kernel32: FakeKernel32, transport: SptiTransport) -> None:
    transport.execute(Command(TEST_UNIT_READY, timeout=10 * 86400))
    assert kernel32.requests[0].timeout == 108_000


@pytest.mark.parametrize("length", [0, 5, 11, 17])
def test_a_cdb_of_an_odd_length_is_refused(kernel32: FakeKernel32, transport: SptiTransport, length: int) -> None:
    with pytest.raises(ValueError, match="6, 10, 12 or 16"):
        transport.execute(Command(bytes(length)))
    assert kernel32.requests == []


def test_more_data_than_the_largest_transfer_is_refused(kernel32: FakeKernel32, transport: SptiTransport) -> None:
    with pytest.raises(ValueError, match="largest transfer"):
        transport.execute(Command(WRITE_10, Direction.TO_DEVICE, bytes(transport.max_transfer + 1)))
    assert kernel32.requests == []


@pytest.mark.parametrize("told", [None, 64, 0], ids=["its length", "the whole room", "no length"])
def test_check_condition_is_a_reply_with_its_sense(
    kernel32: FakeKernel32, transport: SptiTransport, told: int | None
) -> None:
    kernel32.answers = [Answer(status=CHECK_CONDITION, sense=NOT_READY, sense_length=told)]
    reply = transport.execute(Command(TEST_UNIT_READY))
    assert (reply.status, reply.sense.rstrip(b"\0")) == (CHECK_CONDITION, NOT_READY.rstrip(b"\0"))
    assert len(reply.sense) == (64 if told == 64 else 18)


def test_check_condition_without_sense_is_no_success(kernel32: FakeKernel32, transport: SptiTransport) -> None:
    kernel32.answers = [Answer(status=CHECK_CONDITION)]
    reply = transport.execute(Command(TEST_UNIT_READY))
    assert (reply.status, reply.sense) == (CHECK_CONDITION, b"")


def test_sense_without_a_status_is_a_check_condition(kernel32: FakeKernel32, transport: SptiTransport) -> None:
    kernel32.answers = [Answer(status=GOOD, sense=MEDIUM_ERROR)]
    reply = transport.execute(Command(TEST_UNIT_READY))
    assert (reply.status, reply.sense) == (CHECK_CONDITION, MEDIUM_ERROR)


def test_the_room_for_sense_is_no_sense(kernel32: FakeKernel32, transport: SptiTransport) -> None:
    kernel32.answers = [Answer(status=CHECK_CONDITION, sense=NOT_READY), Answer(sense_length=64)]
    transport.execute(Command(TEST_UNIT_READY))
    reply = transport.execute(Command(TEST_UNIT_READY))
    assert (reply.status, reply.sense) == (GOOD, b"")


def test_a_status_that_was_not_told_is_no_success(kernel32: FakeKernel32, transport: SptiTransport) -> None:
    kernel32.answers = [Answer(status=None)]
    with pytest.raises(TransportError, match="not how the device answered"):
        transport.execute(Command(TEST_UNIT_READY))


@pytest.mark.parametrize("returned", [0, 2, 12])
def test_a_driver_that_gives_nothing_back_has_told_nothing(
    kernel32: FakeKernel32, transport: SptiTransport, returned: int
) -> None:
    kernel32.answers = [Answer(data=b"\x05", returned=returned)]
    with pytest.raises(TransportError, match="not how the device answered"):
        transport.execute(Command(INQUIRY, Direction.FROM_DEVICE, allocation=36))


def test_a_driver_that_gives_back_no_sense_has_told_the_rest(kernel32: FakeKernel32, transport: SptiTransport) -> None:
    kernel32.answers = [Answer(status=CHECK_CONDITION, returned=56), Answer(data=b"\x05\x80", returned=56)]
    assert transport.execute(Command(TEST_UNIT_READY)).status == CHECK_CONDITION
    reply = transport.execute(Command(INQUIRY, Direction.FROM_DEVICE, allocation=36))
    assert (reply.status, bytes(reply.data), reply.residual) == (GOOD, b"\x05\x80", 34)


def test_who_keeps_a_command_from_the_drive_is_named(kernel32: FakeKernel32, transport: SptiTransport) -> None:
    kernel32.exclusive_owner, kernel32.owner_name = "other", b"Other Burner 2.1"
    with pytest.raises(DeviceBusy, match=r"D:: held by Other Burner 2\.1") as caught:
        transport.execute(Command(TEST_UNIT_READY))
    assert caught.value.errno == 5
    with pytest.raises(DeviceBusy, match="held by Other Burner"):
        transport.feed(stream(filled_ring()))


def test_other_statuses_are_replies_too(kernel32: FakeKernel32, transport: SptiTransport) -> None:
    kernel32.answers = [Answer(status=BUSY)]
    assert transport.execute(Command(TEST_UNIT_READY)).status == BUSY


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (121, TransportTimeout, "no answer in time"),
        (1460, TransportTimeout, "no answer in time"),
        (55, DeviceGone, "gone"),
        (433, DeviceGone, "gone"),
        (1167, DeviceGone, "gone"),
        (1617, DeviceGone, "gone"),
        (2, DeviceGone, "gone"),
        (6, DeviceGone, "closed"),
        (5, AccessDenied, "administrator"),
        (170, DeviceBusy, "somebody else"),
        (32, DeviceBusy, "somebody else"),
        (2404, DeviceBusy, "somebody else"),
        (19, AccessDenied, "read-only"),
        (21, TransportError, "not ready"),
        (22, TransportError, "in the state that the device is in"),
        (23, TransportError, "damaged on the way"),
        (1110, TransportError, "the medium was changed"),
        (1112, TransportError, "no medium"),
        (8, TransferRefused, "no memory"),
        (998, TransportError, "cannot reach the data"),
        (1, BackendUnavailable, "takes SCSI commands"),
        (50, BackendUnavailable, "takes SCSI commands"),
        (87, TransferRefused, "invalid"),
        (1117, TransportError, "host adapter"),
        (31, TransportError, "host adapter"),
        (1111, TransportError, "reset"),
        (995, TransportError, "aborted"),
        (1450, TransferRefused, "resources"),
        (1234, TransportError, "Windows error 1234"),
    ],
)
def test_failures_are_told_apart(
    kernel32: FakeKernel32, transport: SptiTransport, error: int, kind: type[TransportError], words: str
) -> None:
    kernel32.answers = [Answer(error=error)]
    with pytest.raises(TransportError, match=f"D:: TEST UNIT READY: .*{words}") as caught:
        transport.execute(Command(TEST_UNIT_READY))
    assert type(caught.value) is kind
    assert caught.value.errno == error


def test_a_closed_transport_says_so(kernel32: FakeKernel32, transport: SptiTransport) -> None:
    transport.close()
    transport.close()
    with pytest.raises(DeviceGone, match="closed"):
        transport.execute(Command(TEST_UNIT_READY))
    with pytest.raises(DeviceGone, match="closed"):
        transport.feed(stream(filled_ring()))
    assert kernel32.requests == []


def test_a_stream_is_fed_by_the_native_feeder(kernel32: FakeKernel32, transport: SptiTransport) -> None:
    assert isinstance(transport, Feeder)
    kernel32.answers = [Answer(status=CHECK_CONDITION, sense=LONG_WRITE)] * 2
    result = transport.feed(stream(filled_ring(), watch=0))
    assert (result.status, result.stopped, result.residual, result.counters.blocks) == (GOOD, False, 0, 40)
    assert (result.counters.busy, result.counters.commands) == (2, 3)
    assert [request.cdb for request in kernel32.requests[2:]] == [
        bytes.fromhex("2a 00 000003e8 00 0010 00"),
        bytes.fromhex("2a 00 000003f8 00 0010 00"),
        bytes.fromhex("2a 00 00000408 00 0008 00"),
    ]
    assert [request.data[0] for request in kernel32.requests[2:]] == [0, 16, 32]
    assert {request.timeout for request in kernel32.requests} == {60}


def test_the_streams_data_is_not_copied(kernel32: FakeKernel32, windows: Windows) -> None:
    kernel32.alignment_mask = 511
    ring = filled_ring()
    first = ring.take(UNIT * BLOCK)
    with SptiTransport.open("D:", windows=windows) as transport:
        transport.feed(stream(ring, watch=0))
    assert kernel32.requests[0].address == int(ffi.cast("uintptr_t", ffi.from_buffer(first)))


def test_an_error_comes_back_with_its_address_and_sense(kernel32: FakeKernel32, transport: SptiTransport) -> None:
    kernel32.answers = [Answer(), Answer(status=CHECK_CONDITION, sense=MEDIUM_ERROR)]
    result = transport.feed(stream(filled_ring()))
    assert (result.status, result.sense, result.reply_lba) == (CHECK_CONDITION, MEDIUM_ERROR, 1016)
    assert (result.counters.blocks, result.stopped) == (16, False)


def test_a_short_transfer_comes_back(kernel32: FakeKernel32, transport: SptiTransport) -> None:
    kernel32.answers = [Answer(moved=UNIT * BLOCK - 2048)]
    result = transport.feed(stream(filled_ring()))
    assert (result.status, result.residual, result.reply_lba, result.counters.blocks) == (GOOD, 2048, 1000, 0)


def test_a_vanished_drive_raises_and_tells_how_far_it_got(kernel32: FakeKernel32, transport: SptiTransport) -> None:
    kernel32.answers = [Answer(), Answer(error=1167)]
    with pytest.raises(DeviceGone, match=r"WRITE \(10\) lba=0x3f8") as caught:
        transport.feed(stream(filled_ring()))
    assert caught.value.counters is not None
    assert caught.value.counters.blocks == 16

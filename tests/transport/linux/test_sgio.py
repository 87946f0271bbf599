from __future__ import annotations

import errno
import os
import subprocess
import sys
import weakref
from pathlib import Path
from signal import SIG_BLOCK, pthread_sigmask
from threading import Thread
from typing import Any

import pytest
from streams import BLOCK, UNIT, filled_ring, stream

from discstack.mmc.spec.cdb import Direction
from discstack.native import Ring
from discstack.transport.base import (
    BUSY,
    CHECK_CONDITION,
    GOOD,
    AccessDenied,
    BackendUnavailable,
    Command,
    CommandFiltered,
    DeviceBusy,
    DeviceGone,
    Feeder,
    FeedResult,
    TransferRefused,
    TransportError,
    TransportTimeout,
)
from discstack.transport.sgio import SgioTransport

TEST_UNIT_READY = bytes(6)
INQUIRY = bytes.fromhex("12 00 00 00 24 00")
WRITE_10 = bytes.fromhex("2a 00 00 00 00 10 00 00 01 00")
VENDOR = bytes.fromhex("d8 00 00 00 00 00 00 00 00 00 00 00")
NOT_READY = bytes.fromhex("70 00 02 00 00 00 00 0a 00 00 00 00 3a 00 00 00 00 00")
LONG_WRITE = bytes.fromhex("70 00 02 00 00 00 00 0a 00 00 00 00 04 08 00 00 00 00")
MEDIUM_ERROR = bytes.fromhex("72 03 0c 00 00 00 00 00")
AT_ONCE = 1e-9  # seconds between two looks at the drive's buffer: one after every command
SG_DXFER_NONE, SG_DXFER_TO_DEV, SG_DXFER_FROM_DEV = -1, -2, -3


def test_a_command_without_data_goes_out_as_it_is(drive: Any, transport: SgioTransport) -> None:
    reply = transport.execute(Command(TEST_UNIT_READY, timeout=7.5))
    assert (reply.status, reply.sense, bytes(reply.data), reply.residual) == (GOOD, b"", b"", 0)
    (request,) = drive.requests
    assert drive.cdbs == [TEST_UNIT_READY]
    assert (request.direction, request.data_length, request.timeout) == (SG_DXFER_NONE, 0, 7500)
    assert request.sense_room == 64


def test_an_answer_is_cut_by_its_residual(drive: Any, transport: SgioTransport) -> None:
    drive.answer(data=b"\x05\x80\x00\x32\x1f", residual=36 - 5)
    reply = transport.execute(Command(INQUIRY, Direction.FROM_DEVICE, allocation=36))
    assert bytes(reply.data) == b"\x05\x80\x00\x32\x1f"
    assert reply.residual == 31
    assert drive.requests[0].direction == SG_DXFER_FROM_DEV
    assert drive.requests[0].data_length == 36


def test_an_answer_arrives_in_the_given_buffer(drive: Any, transport: SgioTransport) -> None:
    drive.answer(data=b"abcd", residual=4)
    buffer = bytearray(16)
    reply = transport.execute(Command(INQUIRY, Direction.FROM_DEVICE, memoryview(buffer)[4:12]))
    assert buffer == bytearray(b"\0\0\0\0abcd" + bytes(8))
    buffer[4] = ord("z")
    assert bytes(reply.data) == b"zbcd"


@pytest.mark.parametrize("residual", [-4, 100])
def test_a_residual_beyond_the_data_is_bounded(drive: Any, transport: SgioTransport, residual: int) -> None:
    drive.answer(residual=residual)
    reply = transport.execute(Command(INQUIRY, Direction.FROM_DEVICE, allocation=36))
    assert (reply.residual, len(reply.data)) == ((0, 36) if residual < 0 else (36, 0))


@pytest.mark.parametrize("data", [b"out!", bytearray(b"out!"), memoryview(b"xout!")[1:]])
def test_data_goes_out_exactly(drive: Any, transport: SgioTransport, data: bytes) -> None:
    transport.execute(Command(WRITE_10, Direction.TO_DEVICE, data))
    request = drive.requests[0]
    assert (request.direction, request.data_length) == (SG_DXFER_TO_DEV, 4)
    assert bytes(request.data)[:4] == b"out!"


def test_a_read_only_buffer_cannot_receive(transport: SgioTransport) -> None:
    with pytest.raises(TypeError, match="writable"):
        transport.execute(Command(INQUIRY, Direction.FROM_DEVICE, b"fixed"))


@pytest.mark.parametrize("length", [0, 5, 11, 17])
def test_a_cdb_of_an_odd_length_is_refused(drive: Any, transport: SgioTransport, length: int) -> None:
    with pytest.raises(ValueError, match="6, 10, 12 or 16"):
        transport.execute(Command(bytes(length)))
    assert drive.requests == []


def test_more_data_than_the_largest_transfer_is_refused(drive: Any, transport: SgioTransport) -> None:
    with pytest.raises(ValueError, match="largest transfer"):
        transport.execute(Command(WRITE_10, Direction.TO_DEVICE, bytes(transport.max_transfer + 1)))
    assert drive.requests == []


def test_check_condition_is_a_reply(drive: Any, transport: SgioTransport) -> None:
    drive.answer(status=CHECK_CONDITION, driver_status=8, sense=NOT_READY)
    reply = transport.execute(Command(TEST_UNIT_READY))
    assert (reply.status, reply.sense) == (CHECK_CONDITION, NOT_READY)


def test_sense_without_a_status_is_a_check_condition(drive: Any, transport: SgioTransport) -> None:
    drive.answer(status=GOOD, driver_status=8, sense=NOT_READY)
    reply = transport.execute(Command(TEST_UNIT_READY))
    assert (reply.status, reply.sense) == (CHECK_CONDITION, NOT_READY)


def test_sense_of_an_earlier_command_is_not_shown_again(drive: Any, transport: SgioTransport) -> None:
    drive.answer(status=CHECK_CONDITION, sense=NOT_READY)
    transport.execute(Command(TEST_UNIT_READY))
    assert transport.execute(Command(TEST_UNIT_READY)).sense == b""


def test_other_statuses_are_replies_too(drive: Any, transport: SgioTransport) -> None:
    drive.answer(status=BUSY)
    assert transport.execute(Command(TEST_UNIT_READY)).status == BUSY


def test_the_midlayers_comment_on_an_answer_is_no_failure(drive: Any, transport: SgioTransport) -> None:
    drive.answer(status=CHECK_CONDITION, host_status=0x10, sense=MEDIUM_ERROR)
    assert transport.execute(Command(TEST_UNIT_READY)).sense == MEDIUM_ERROR


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ({"host_status": 0x01}, DeviceGone, "DID_NO_CONNECT"),
        ({"host_status": 0x03}, TransportTimeout, "DID_TIME_OUT"),
        ({"host_status": 0x05}, TransportError, "DID_ABORT"),
        ({"host_status": 0x07, "status": 2}, TransportError, "DID_ERROR"),
        ({"host_status": 0x08}, TransportError, "DID_RESET"),
        ({"host_status": 0x0F}, DeviceGone, "DID_TRANSPORT_FAILFAST"),
        ({"host_status": 0x10}, TransportError, "status 0x10"),
        ({"host_status": 0x77}, TransportError, "status 0x77"),
        ({"driver_status": 0x06}, TransportTimeout, "DRIVER_TIMEOUT"),
        ({"driver_status": 0x07}, TransportError, "DRIVER_HARD"),
        ({"error": errno.ENODEV}, DeviceGone, "gone"),
        ({"error": errno.ENXIO}, DeviceGone, "gone"),
        ({"error": errno.ENOMEDIUM}, TransportError, "no medium"),
        ({"error": errno.EACCES}, AccessDenied, "did not let"),
        ({"error": errno.EBUSY}, DeviceBusy, "held"),
        ({"error": errno.ENOTTY}, BackendUnavailable, "no device that takes SCSI"),
        ({"error": errno.ETIMEDOUT}, TransportTimeout, "in time"),
        ({"error": errno.EINVAL}, TransferRefused, "no device that takes SCSI"),  # a loop device, say
        ({"error": errno.EIO}, TransferRefused, "could not pass"),
        ({"error": errno.EMFILE}, TransportError, "Too many open files"),
    ],
)
def test_failures_are_told_apart(
    drive: Any, transport: SgioTransport, answer: dict[str, int], kind: type[TransportError], words: str
) -> None:
    drive.answer(**answer)
    with pytest.raises(TransportError, match=f"/dev/null: TEST UNIT READY: .*{words}") as caught:
        transport.execute(Command(TEST_UNIT_READY))
    assert type(caught.value) is kind
    assert caught.value.errno == answer.get("error")


@pytest.mark.parametrize(
    ("cdb", "words"),
    [(WRITE_10, "WRITE .10.*0x2a only on a device opened for writing"), (VENDOR, "0xd8 is not in .*CAP_SYS_RAWIO")],
)
def test_the_kernels_filter_is_named_with_the_opcode(
    drive: Any, transport: SgioTransport, cdb: bytes, words: str
) -> None:
    drive.answer(error=errno.EPERM)
    with pytest.raises(CommandFiltered, match=words):
        transport.execute(Command(cdb))


def test_a_node_of_sg_is_written_to_once_and_read_from_until_there_is_an_answer(
    drive: Any, generic: SgioTransport
) -> None:
    drive.answer(status=CHECK_CONDITION, sense=NOT_READY, interruptions=2)
    drive.answer(data=b"abcd", residual=4)
    reply = generic.execute(Command(WRITE_10, Direction.TO_DEVICE, b"out!"))
    assert (reply.status, reply.sense) == (CHECK_CONDITION, NOT_READY)
    reply = generic.execute(Command(INQUIRY, Direction.FROM_DEVICE, allocation=8))
    assert (bytes(reply.data), reply.residual) == (b"abcd", 4)
    assert drive.cdbs == [WRITE_10, INQUIRY]
    assert [request.written for request in drive.requests] == [1, 1]
    assert bytes(drive.requests[0].data)[:4] == b"out!"


def test_a_node_of_sg_that_is_gone_meanwhile_says_so(drive: Any, generic: SgioTransport) -> None:
    drive.answer(error=errno.ENODEV)
    with pytest.raises(DeviceGone):
        generic.execute(Command(TEST_UNIT_READY))
    assert drive.cdbs == [TEST_UNIT_READY]


@pytest.mark.parametrize("reason", [errno.EBADF, errno.EPERM])
def test_a_command_that_sg_does_not_take_by_write_goes_by_the_ioctl(
    drive: Any, generic: SgioTransport, reason: int
) -> None:
    """Of a node that is open for reading only, or was opened before the process changed its rights."""
    drive.refuse_writes(reason)
    assert generic.execute(Command(TEST_UNIT_READY)).status == GOOD
    assert [request.written for request in drive.requests] == [0]


def test_other_nodes_than_those_of_sg_are_never_written_to(drive: Any, transport: SgioTransport) -> None:
    transport.execute(Command(WRITE_10, Direction.TO_DEVICE, b"out!"))
    assert [request.written for request in drive.requests] == [0]


def test_a_closed_transport_says_so(drive: Any, transport: SgioTransport) -> None:
    transport.close()
    transport.close()
    with pytest.raises(DeviceGone, match="closed"):
        transport.execute(Command(TEST_UNIT_READY))
    with pytest.raises(DeviceGone, match="closed"):
        transport.feed(stream(filled_ring()))
    assert drive.requests == []


def test_close_waits_for_the_running_command(drive: Any, transport: SgioTransport) -> None:
    drive.answer(delay_us=200_000, status=BUSY)
    replies = []
    thread = Thread(target=lambda: replies.append(transport.execute(Command(TEST_UNIT_READY))))
    thread.start()
    while not drive.requests:
        pass
    transport.close()
    thread.join()
    assert replies[0].status == BUSY


def test_a_stream_is_fed_in_units(drive: Any, transport: SgioTransport) -> None:
    assert isinstance(transport, Feeder)
    result = transport.feed(stream(filled_ring()))
    assert (result.status, result.stopped, result.residual, result.counters.blocks) == (GOOD, False, 0, 40)
    assert drive.cdbs == [
        bytes.fromhex("2a 00 000003e8 00 0010 00"),
        bytes.fromhex("2a 00 000003f8 00 0010 00"),
        bytes.fromhex("2a 00 00000408 00 0008 00"),
    ]
    assert [request.data_length for request in drive.requests] == [16 * BLOCK, 16 * BLOCK, 8 * BLOCK]
    assert [request.data[0] for request in drive.requests] == [0, 16, 32]
    assert {request.timeout for request in drive.requests} == {60_000}


def test_no_signal_disturbs_a_command(drive: Any, transport: SgioTransport) -> None:
    transport.execute(Command(TEST_UNIT_READY))
    assert ([request.undisturbed for request in drive.requests], drive.masks) == ([1], 2)
    assert not pthread_sigmask(SIG_BLOCK, ())  # they are let in again


def test_signals_are_kept_out_of_a_whole_stream_at_once(drive: Any, transport: SgioTransport) -> None:
    transport.feed(stream(filled_ring(), watch=1e-9))
    assert [request.undisturbed for request in drive.requests] == [1] * 6  # three of them ask for the drive's buffer
    assert drive.masks == 0
    assert not pthread_sigmask(SIG_BLOCK, ())


def test_write_12_and_negative_addresses_are_patched_in_place(drive: Any, transport: SgioTransport) -> None:
    template = bytes.fromhex("aa 00 00000000 00000000 80 00")
    transport.feed(stream(filled_ring(), template=template, lba=-150, blocks=16, length_place=(6, 32)))
    assert drive.cdbs == [bytes.fromhex("aa 00 ffffff6a 00000010 80 00")]


def test_a_busy_drive_is_asked_again_with_the_same_command(drive: Any, transport: SgioTransport) -> None:
    drive.answer(times=3, status=CHECK_CONDITION, driver_status=8, sense=LONG_WRITE)
    result = transport.feed(stream(filled_ring()))
    assert (result.counters.blocks, result.counters.busy, result.counters.commands) == (40, 3, 3)
    assert result.counters.busy_time >= 0.003
    assert len(set(drive.cdbs[:4])) == 1


def test_an_error_comes_back_with_its_address_and_sense(drive: Any, transport: SgioTransport) -> None:
    drive.answer()
    drive.answer(status=CHECK_CONDITION, sense=MEDIUM_ERROR)
    ring = filled_ring()
    result = transport.feed(stream(ring))
    assert (result.status, result.sense, result.reply_lba) == (CHECK_CONDITION, MEDIUM_ERROR, 1016)
    assert (result.counters.blocks, result.stopped) == (16, False)
    assert ring.take(1)[0] == 16


def test_a_short_transfer_comes_back(drive: Any, transport: SgioTransport) -> None:
    drive.answer(residual=2048)
    result = transport.feed(stream(filled_ring()))
    assert (result.status, result.residual, result.reply_lba, result.counters.blocks) == (GOOD, 2048, 1000, 0)


def test_a_vanished_drive_raises_and_tells_how_far_it_got(drive: Any, transport: SgioTransport) -> None:
    drive.answer()
    drive.answer(error=errno.ENODEV)
    with pytest.raises(DeviceGone, match=r"WRITE \(10\) lba=0x3f8") as caught:
        transport.feed(stream(filled_ring()))
    assert caught.value.counters is not None
    assert caught.value.counters.blocks == 16
    assert transport.feed_counters().blocks == 16


def test_a_ring_is_not_kept_behind_its_stream(transport: SgioTransport) -> None:
    ring = filled_ring()
    kept = weakref.ref(ring)
    transport.feed(stream(ring))
    del ring
    assert kept() is None
    assert transport.feed_counters().blocks == 40


def test_a_failed_source_stops_the_stream(transport: SgioTransport) -> None:
    ring = Ring(8 * UNIT * BLOCK, UNIT * BLOCK)
    ring.fail()
    assert transport.feed(stream(ring)).stopped


def test_close_stops_a_stream_that_waits_for_its_source(drive: Any, transport: SgioTransport) -> None:
    ring = Ring(8 * UNIT * BLOCK, UNIT * BLOCK)
    results: list[FeedResult] = []
    thread = Thread(target=lambda: results.append(transport.feed(stream(ring))))
    thread.start()
    while not ring.counters().empty:
        pass
    transport.close()
    thread.join()
    assert results[0].stopped
    assert ring.cancelled


def test_the_drives_buffer_is_watched(drive: Any, transport: SgioTransport) -> None:
    for _ in range(3):
        drive.answer()
        drive.answer(data=bytes.fromhex("000a 0000 00200000 00080000"))
    result = transport.feed(stream(filled_ring(), watch=AT_ONCE))
    assert drive.cdbs[1::2] == [bytes.fromhex("5c 00 00 00 00 00 00 00 0c 00")] * 3
    assert (result.counters.drive_buffer, result.counters.drive_fill) == (0x200000, 0x180000)


def test_a_buffer_that_is_freer_than_large_is_not_believed(drive: Any, transport: SgioTransport) -> None:
    drive.answer()
    drive.answer(data=bytes.fromhex("000a 0000 00080000 00200000"))
    result = transport.feed(stream(filled_ring(), watch=AT_ONCE))
    assert len(drive.cdbs) == 6
    assert result.counters.drive_buffer == 0


def test_latencies_are_sorted_into_buckets(drive: Any, transport: SgioTransport) -> None:
    drive.answer(delay_us=3000)
    counters = transport.feed(stream(filled_ring(), watch=0)).counters
    assert sum(counters.latencies) == 3
    assert sum(counters.latencies[32:]) >= 1  # a loaded machine may let the others wait as well
    assert 0.003 <= counters.latency(0.99) <= counters.latency_max
    assert counters.latency_total >= counters.latency_max >= 0.003


@pytest.mark.parametrize("changes", [{"unit": 64}, {"unit": 0}, {"unit": 3}])
def test_a_unit_that_does_not_fit_is_refused(drive: Any, transport: SgioTransport, changes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"largest transfer|granule"):
        transport.feed(stream(filled_ring(), **changes))
    assert drive.requests == []


def test_a_preloaded_library_can_play_the_drive(preloadable: Path) -> None:
    program = (
        "from discstack.transport.sgio import SgioTransport\n"
        "from discstack.transport.base import Command\n"
        "print(SgioTransport.open('/dev/null').execute(Command(bytes(6))).status)\n"
    )
    environment = {**os.environ, "LD_PRELOAD": str(preloadable), "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=200, check=False
    )
    assert (run.stdout, run.stderr) == ("0\n", "SG_IO 1 times\n")

r"""Commands through Windows's own DeviceIoControl to a virtual burner behind \\.\CdRom0, which holds a DVD-RAM."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

import discstack
from discstack.mmc.spec.cdb import Direction
from discstack.native import Ring
from discstack.transport.base import (
    CHECK_CONDITION,
    GOOD,
    BackendUnavailable,
    Command,
    DeviceGone,
    Feeder,
    Stream,
)
from discstack.transport.spti import SptiTransport
from discstack.transport.windows.device import FALLBACK_TRANSFER

pytestmark = pytest.mark.skipif("CABLE_FILE" not in os.environ, reason=r"no virtual drive stands behind \\.\CdRom0")
BLOCK, UNIT = 2048, 16
INQUIRY = bytes.fromhex("12 00 00 00 60 00")
UNKNOWN = bytes.fromhex("d8 00 00 00 00 00 00 00 00 00 00 00")


@pytest.fixture
def transport() -> Iterator[SptiTransport]:
    with SptiTransport.open(r"\\.\CdRom0", write=True) as opened:
        while opened.execute(Command(bytes(6))).status:  # it tells that a medium came in, and takes a while to spin up
            time.sleep(0.01)
        yield opened


def test_an_answer_comes_back_with_what_was_not_moved(transport: SptiTransport) -> None:
    reply = transport.execute(Command(INQUIRY, Direction.FROM_DEVICE, allocation=0x60))
    assert (reply.status, reply.sense) == (GOOD, b"")
    assert bytes(reply.data[8:16]) == b"DISCSTAK"
    assert len(reply.data) + reply.residual == 0x60


def test_check_condition_is_a_reply_with_its_sense(transport: SptiTransport) -> None:
    reply = transport.execute(Command(UNKNOWN))
    assert reply.status == CHECK_CONDITION
    assert (reply.sense[0] & 0x7F, reply.sense[2], reply.sense[12], reply.sense[13]) == (0x70, 5, 0x20, 0)


def test_without_an_adapter_descriptor_transfers_are_what_any_adapter_takes(transport: SptiTransport) -> None:
    assert transport.max_transfer == FALLBACK_TRANSFER


def test_a_stream_is_fed_by_the_dll(transport: SptiTransport) -> None:
    assert isinstance(transport, Feeder)
    ring = Ring(8 * UNIT * BLOCK, UNIT * BLOCK)
    for number in range(40):
        ring.reserve(BLOCK)[:] = bytes([number]) * BLOCK
        ring.commit(BLOCK)
    ring.close()
    stream = Stream(
        ring=ring,
        template=bytes.fromhex("2a 00 00 00 00 00 00 00 00 00"),
        lba_place=(2, 32),
        length_place=(7, 16),
        lba=64,
        blocks=40,
        block_size=BLOCK,
        unit=UNIT,
        timeout=60.0,
        nap=0.01,
    )
    result = transport.feed(stream)
    assert (result.status, result.stopped, result.counters.blocks, result.counters.commands) == (GOOD, False, 40, 3)
    read = bytes.fromhex("28 00 00000040 00 0010 00")
    data = transport.execute(Command(read, Direction.FROM_DEVICE, allocation=UNIT * BLOCK)).data
    assert bytes(data) == b"".join(bytes([number]) * BLOCK for number in range(UNIT))


def test_data_that_lies_anywhere_arrives(transport: SptiTransport) -> None:
    data = memoryview(bytearray(UNIT * BLOCK + 1))[1:]
    data[:4], data[-4:] = b"head", b"tail"
    write, read = bytes.fromhex("2a 00 00000080 00 0010 00"), bytes.fromhex("28 00 00000080 00 0010 00")
    assert transport.execute(Command(write, Direction.TO_DEVICE, data)).status == GOOD
    room = memoryview(bytearray(UNIT * BLOCK + 1))[1:]
    assert transport.execute(Command(read, Direction.FROM_DEVICE, room)).residual == 0
    assert room == data


def test_a_drive_that_does_not_exist_is_gone() -> None:
    with pytest.raises(DeviceGone, match="no such device"):
        SptiTransport.open(r"\\.\CdRom9")


def test_a_device_node_of_linux_is_none_here() -> None:
    with pytest.raises(BackendUnavailable, match="on Linux only"):
        discstack.open("/dev/sr0")


def test_a_closed_transport_says_so(transport: SptiTransport) -> None:
    transport.close()
    with pytest.raises(DeviceGone, match="closed"):
        transport.execute(Command(INQUIRY, Direction.FROM_DEVICE, allocation=0x60))

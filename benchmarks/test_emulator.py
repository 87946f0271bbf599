"""What a command costs on the virtual drive: the overhead that every measurement on it carries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from discstack.emulator.open import open_virtual
from discstack.emulator.transport import VirtualTransport
from discstack.mmc.spec.cdb import Direction
from discstack.mmc.spec.commands import READ_DISC_INFORMATION, TEST_UNIT_READY, WRITE_10
from discstack.transport.base import GOOD, Command

UNIT = 32
BLOCK = 2048


@pytest.fixture
def transport() -> Iterator[VirtualTransport]:
    transport = open_virtual("bd-re")
    transport.execute(Command(TEST_UNIT_READY.build()))  # hears of the power-on
    format_list = bytes.fromhex("00800008 00000000 00 000000")
    transport.execute(Command(bytes.fromhex("041100000000"), Direction.TO_DEVICE, format_list, timeout=600))
    yield transport
    transport.close()


def test_command_without_data(benchmark: BenchmarkFixture, transport: VirtualTransport) -> None:
    assert benchmark(transport.execute, Command(TEST_UNIT_READY.build())).status == GOOD


def test_reply_of_34_bytes(benchmark: BenchmarkFixture, transport: VirtualTransport) -> None:
    cdb = READ_DISC_INFORMATION.build(allocation_length=34)
    command = Command(cdb, Direction.FROM_DEVICE, None, 34)
    assert benchmark(transport.execute, command).residual == 0


def test_write_of_64_kib(benchmark: BenchmarkFixture, transport: VirtualTransport) -> None:
    cdb = WRITE_10.build(lba=0, transfer_length=UNIT)
    command = Command(cdb, Direction.TO_DEVICE, bytes(UNIT * BLOCK))
    assert benchmark(transport.execute, command).status == GOOD

"""A host that talks to a virtual drive in CDB bytes written by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from discstack.emulator.open import open_virtual
from discstack.emulator.transport import VirtualTransport
from discstack.mmc.spec.cdb import Direction
from discstack.transport.base import Command, Reply

BLOCK = 2048


class Host:
    """Sends raw commands; `ok` wants GOOD, `refused` returns key/asc/ascq as text."""

    def __init__(self, transport: VirtualTransport) -> None:
        self.transport = transport

    def send(self, cdb: str, data: bytes | None = None, allocation: int = 0) -> Reply:
        direction = Direction.TO_DEVICE if data is not None else Direction.FROM_DEVICE if allocation else Direction.NONE
        return self.transport.execute(Command(bytes.fromhex(cdb), direction, data, allocation, timeout=1e6))

    def ok(self, cdb: str, data: bytes | None = None, allocation: int = 0) -> bytes:
        reply = self.send(cdb, data, allocation)
        assert reply.status == 0, f"{cdb}: {reply.sense.hex(' ')}"
        return bytes(reply.data)

    def refused(self, cdb: str, data: bytes | None = None, allocation: int = 0) -> str:
        reply = self.send(cdb, data, allocation)
        assert reply.status == 2, f"{cdb} was not refused"
        return f"{reply.sense[2] & 15:X}/{reply.sense[12]:02X}/{reply.sense[13]:02X}"

    def drain(self) -> None:
        while self.send("00 00000000 00").status:
            pass

    @staticmethod
    def write_cdb(lba: int, blocks: int) -> str:
        return f"2A 00 {lba & 0xFFFFFFFF:08X} 00 {blocks:04X} 00"

    def write(self, lba: int, blocks: int = 32, fill: int = 0xA5) -> bytes:
        return self.ok(self.write_cdb(lba, blocks), bytes([fill]) * (blocks * BLOCK))

    def write_refused(self, lba: int, blocks: int = 32) -> str:
        return self.refused(self.write_cdb(lba, blocks), bytes(blocks * BLOCK))

    @staticmethod
    def read_cdb(lba: int, blocks: int = 1) -> str:
        return f"28 00 {lba & 0xFFFFFFFF:08X} 00 {blocks:04X} 00"

    def read(self, lba: int, blocks: int = 1) -> bytes:
        return self.ok(self.read_cdb(lba, blocks), allocation=blocks * BLOCK)

    def read_refused(self, lba: int, blocks: int = 1) -> str:
        return self.refused(self.read_cdb(lba, blocks), allocation=blocks * BLOCK)

    def sync(self) -> None:
        self.ok("35 00 00000000 00 0000 00")

    def close(self, function: int, track: int = 0) -> None:
        self.ok(f"5B 00 {function:02X} 00 {track:04X} 00 00 00 00")

    def close_refused(self, function: int, track: int = 0) -> str:
        return self.refused(f"5B 00 {function:02X} 00 {track:04X} 00 00 00 00")

    def disc(self) -> bytes:
        return self.ok("51 00 00 00 00 00 00 0022 00", allocation=34)

    def track(self, number: int = 0xFF) -> bytes:
        return self.ok(f"52 01 {number:08X} 00 0030 00", allocation=48)

    def next_writable(self, number: int = 0xFF) -> int:
        return int.from_bytes(self.track(number)[12:16], "big")

    def capacity(self) -> int:
        return int.from_bytes(self.ok("25" + "00" * 9, allocation=8)[:4], "big")

    def formats(self) -> bytes:
        return self.ok("23 00000000 0000 00FC 00".replace(" ", ""), allocation=252)

    def format(self, blocks: int, kind: int, parameter: int = 0, immed: bool = False) -> None:
        self.ok("04 11 00 00 00 00", self.format_list(blocks, kind, parameter, immed))

    @staticmethod
    def format_list(blocks: int, kind: int, parameter: int = 0, immed: bool = False) -> bytes:
        return (
            bytes([0, 0x80 | immed << 1, 0, 8])
            + blocks.to_bytes(4, "big")
            + bytes([kind])
            + parameter.to_bytes(3, "big")
        )

    def feature_is_current(self, code: int) -> bool:
        reply = self.ok(f"46 02 {code:04X} 00 00 00 0040 00", allocation=64)
        return len(reply) > 8 and bool(reply[10] & 1)

    def select_write_parameters(self, *, multi_session: int = 3, test_write: bool = False) -> None:
        page = bytearray(self.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
        page[2] = page[2] & ~0x10 | test_write << 4
        page[3] = page[3] & 0x3F | multi_session << 6
        self.ok(f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page)


@pytest.fixture
def load() -> Iterator[Callable[..., Host]]:
    """Open virtual drives, their power-on attention already heard."""
    opened: list[VirtualTransport] = []

    def make(medium: str, *, heard: bool = True, **options: Any) -> Host:
        opened.append(open_virtual(medium, **options))
        host = Host(opened[-1])
        if heard:
            host.drain()
        return host

    yield make
    for transport in opened:
        transport.close()

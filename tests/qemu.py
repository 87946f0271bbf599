"""QEMU's emulated CD drives as transports, without a guest.

Its processor stands still, and its hardware is operated from here, by accesses to ports and memory through QEMU's own
test protocol (docs/devel/qtest.rst): nothing is booted, and a drive is there in a tenth of a second.

`AtapiDrive` is an ATAPI drive on a PIIX3 controller (ATA/ATAPI-4 9.8, SFF-8038i), `ScsiDrive` a SCSI drive behind a
virtio host adapter (Virtual I/O Device 1.2, 4.1.4.8, 5.6.6): two device servers that share next to nothing.
"""

from __future__ import annotations

import base64
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from discstack.mmc.spec.cdb import Direction
from discstack.transport.base import (
    CHECK_CONDITION,
    GOOD,
    Command,
    DeviceGone,
    Reply,
    SystemClock,
    TransportError,
    TransportTimeout,
)

PROGRAM: Final = "qemu-system-x86_64"
# What goes with its parent, stands still, has 16 MiB of memory and listens to its standard input
MACHINE: Final = (
    f"setpriv --pdeathsig KILL {PROGRAM} -nodefaults -display none -S -m 16 -qtest stdio -qtest-log none".split()
)
RINGS, DATA = 0x10000, 0x200000  # addresses in the machine's memory
MAX_TRANSFER: Final = 1 << 20

# PCI configuration (PCI 3.0 3.2.2.3.2, 6.2)
CONFIGURATION_ADDRESS, CONFIGURATION_DATA = 0xCF8, 0xCFC
COMMAND, BASE_ADDRESS_0, BASE_ADDRESS_4 = 0x04, 0x10, 0x20
IO_AND_BUS_MASTER: Final = 0x5


class Machine:
    """A machine that stands still, with a drive in it."""

    def __init__(self, image: Path, *device: str) -> None:
        drive = f"if=none,id=disc,media=cdrom,format=raw,readonly=on,file={image}"
        self._process = subprocess.Popen(
            [*MACHINE, "-drive", drive, *device], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, question: str) -> str:
        try:
            self._to.write(f"{question}\n")
            self._to.flush()
        except BrokenPipeError as error:
            raise DeviceGone("QEMU has ended") from error
        answer, _, value = self._from.readline().strip().partition(" ")
        if answer != "OK":
            raise DeviceGone(f"{question}: QEMU says {answer} {value}")
        return value

    def read_port(self, port: int, size: str = "b") -> int:
        return int(self.ask(f"in{size} {port:#x}"), 16)

    def write_port(self, port: int, value: int, size: str = "b") -> None:
        self.ask(f"out{size} {port:#x} {value:#x}")

    def load(self, address: int, length: int) -> bytes:
        return base64.b64decode(self.ask(f"b64read {address:#x} {length:#x}"))

    def store(self, address: int, data: bytes) -> None:
        self.ask(f"b64write {address:#x} {len(data):#x} {base64.b64encode(data).decode()}")

    def configure(self, device: int, function: int, register: int, ports: int) -> None:
        """Give a PCI function its ports and let it reach memory."""
        for place, value in ((register, ports), (COMMAND, IO_AND_BUS_MASTER)):
            self.write_port(CONFIGURATION_ADDRESS, 1 << 31 | device << 11 | function << 8 | place, "l")
            self.write_port(CONFIGURATION_DATA, value, "l")

    def wait(self, condition: Callable[[], bool], timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise TransportTimeout("QEMU's drive does not answer")


class EmulatedDrive:
    """What the two transports have in common."""

    max_transfer = usual_transfer = MAX_TRANSFER
    machine: Machine

    def __init__(self) -> None:
        self.clock = SystemClock()

    def close(self) -> None:
        self.machine.close()


def fill(command: Command, data: bytes) -> memoryview:
    """Put an answer where the command wants it."""
    room = memoryview(command.data if command.data is not None else bytearray(command.allocation)).cast("B")
    room[: len(data)] = data
    return room[: len(data)]


# The first channel's registers (ATA/ATAPI-4 7), and those of its bus master (SFF-8038i 3)
PORTS: Final = 0x1F0
FEATURES, INTERRUPT_REASON, COUNT_LOW, COUNT_HIGH, DEVICE, STATUS = (PORTS + number for number in (1, 2, 4, 5, 6, 7))
PACKET: Final = 0xA0
BUSY, DATA_REQUEST, ERROR = 0x80, 0x08, 0x01
TO_HOST: Final = 0x02
DMA: Final = 0x01
MASTER: Final = 0xC000
MASTER_STATUS, TABLE_ADDRESS = MASTER + 2, MASTER + 4
STOP, TO_MEMORY, TO_MEMORY_START, CLEAR = 0, 8, 9, 6
LARGEST_CHUNK: Final = 0xFFFE
REGION: Final = 1 << 16
END_OF_TABLE: Final = 1 << 31
BY_DMA: Final = frozenset({0x28, 0xA8, 0xBE})  # READ (10), READ (12), READ CD: all else is short
REQUEST_SENSE: Final = bytes((0x03, 0, 0, 0, 18, 0)).ljust(12, b"\0")


class AtapiDrive(EmulatedDrive):
    """ide-cd. There is no sense with a status: it is asked for."""

    def __init__(self, image: Path) -> None:
        super().__init__()
        self.machine = Machine(image, "-device", "ide-cd,drive=disc,bus=ide.0")
        self.machine.configure(1, 1, BASE_ADDRESS_4, MASTER)

    def execute(self, command: Command) -> Reply:
        status, data = self._packet(command.cdb.ljust(12, b"\0"), command.allocation, command.timeout)
        if status & ERROR:
            _, sense = self._packet(REQUEST_SENSE, REQUEST_SENSE[4], command.timeout)
            return Reply(CHECK_CONDITION, sense, residual=command.allocation)
        return Reply(GOOD, data=fill(command, data), residual=command.allocation - len(data))

    def _packet(self, packet: bytes, allocation: int, timeout: float) -> tuple[int, bytes]:
        """Send a packet; return the status that the device ends with, and what it has sent."""
        dma = packet[0] in BY_DMA
        out = self.machine.write_port
        for port, value in (
            (DEVICE, 0xA0),
            (FEATURES, DMA if dma else 0),
            (COUNT_LOW, LARGEST_CHUNK & 0xFF),
            (COUNT_HIGH, LARGEST_CHUNK >> 8),
            (STATUS, PACKET),
        ):
            out(port, value)
        self._settle(timeout)
        for word in struct.unpack("<6H", packet):
            out(PORTS, word, "w")
        return self._fetch(allocation, timeout) if dma else self._listen(allocation, timeout)

    def _settle(self, timeout: float) -> int:
        self.machine.wait(lambda: not self.machine.read_port(STATUS) & BUSY, timeout)
        return self.machine.read_port(STATUS)

    def _listen(self, allocation: int, timeout: float) -> tuple[int, bytes]:
        """Take the answer word by word, as many as the device says."""
        data = bytearray()
        while (status := self._settle(timeout)) & DATA_REQUEST:
            assert self.machine.read_port(INTERRUPT_REASON) & TO_HOST
            count = self.machine.read_port(COUNT_LOW) | self.machine.read_port(COUNT_HIGH) << 8
            chunk = b"".join(struct.pack("<H", self.machine.read_port(PORTS, "w")) for _ in range(-(-count // 2)))
            data += chunk[:count]
        return status, bytes(data[:allocation])

    def _fetch(self, allocation: int, timeout: float) -> tuple[int, bytes]:
        """Let the controller put the answer into memory."""
        out = self.machine.write_port
        places = range(DATA, DATA + allocation, REGION)
        lengths = [min(REGION, DATA + allocation - place) for place in places]
        table = bytearray().join(
            struct.pack("<II", place, length & 0xFFFF) for place, length in zip(places, lengths, strict=True)
        )
        table[-4:] = struct.pack("<I", (lengths[-1] & 0xFFFF) | END_OF_TABLE)
        self.machine.store(RINGS, bytes(table))
        out(TABLE_ADDRESS, RINGS, "l")
        out(MASTER_STATUS, CLEAR)
        out(MASTER, TO_MEMORY)
        out(MASTER, TO_MEMORY_START)
        status = self._settle(timeout)
        out(MASTER, STOP)
        return status, b"" if status & ERROR else self.machine.load(DATA, allocation)


# The legacy interface's ports (4.1.4.8), and a queue in memory (2.7)
ADAPTER: Final = 0xC100
QUEUE_ADDRESS, QUEUE_SIZE, QUEUE_SELECT, QUEUE_NOTIFY, DEVICE_STATUS = (ADAPTER + at for at in (8, 12, 14, 16, 18))
DRIVER_OK: Final = 0x7
PAGE: Final = 4096
REQUESTS: Final = 2  # the number of the first queue for commands
NEXT, WRITABLE = 1, 2
REQUEST, ANSWER = RINGS + 0x8000, RINGS + 0x9000
REQUEST_HEADER: Final = struct.Struct("<8sQBBB32s")
ANSWER_HEADER: Final = struct.Struct("<IIHBB96s")  # sense_len, residual, status_qualifier, status, response, sense
UNIT: Final = bytes((1, 0, 0, 0)).ljust(8, b"\0")  # target 0, unit 0 (5.6.6.1)


class ScsiDrive(EmulatedDrive):
    """scsi-cd behind virtio-scsi."""

    def __init__(self, image: Path) -> None:
        super().__init__()
        adapter = "virtio-scsi-pci,disable-modern=on,disable-legacy=off,addr=2,id=scsi"
        self.machine = Machine(image, "-device", adapter, "-device", "scsi-cd,drive=disc,bus=scsi.0")
        self.machine.configure(2, 0, BASE_ADDRESS_0, ADAPTER)
        self._sent = 0
        self.machine.write_port(DEVICE_STATUS, DRIVER_OK)
        self.machine.write_port(QUEUE_SELECT, REQUESTS, "w")
        self.machine.write_port(QUEUE_ADDRESS, RINGS // PAGE, "l")
        self._size = self.machine.read_port(QUEUE_SIZE, "w")
        self._available = RINGS + 16 * self._size
        self._used = -(-(self._available + 6 + 2 * self._size) // PAGE) * PAGE

    def execute(self, command: Command) -> Reply:
        sent = bytes(command.data or b"") if command.direction is Direction.TO_DEVICE else b""
        header = REQUEST_HEADER.pack(UNIT, self._sent, 0, 0, 0, command.cdb)
        self.machine.store(REQUEST, header)
        if sent:
            self.machine.store(DATA, sent)
        buffers = [(REQUEST, len(header), 0), (ANSWER, ANSWER_HEADER.size, WRITABLE)]
        if sent:
            buffers.insert(1, (DATA, len(sent), 0))
        elif command.allocation:
            buffers.append((DATA, command.allocation, WRITABLE))
        self._submit(buffers, command.timeout)
        answer = self.machine.load(ANSWER, ANSWER_HEADER.size)
        sense_length, residual, _, status, response, sense = ANSWER_HEADER.unpack(answer)
        if response:  # as Linux has it
            raise TransportError(f"DID_ERROR: the host adapter reports an error ({response})")
        moved = command.allocation - residual if command.allocation else 0
        data = self.machine.load(DATA, moved) if moved else b""
        return Reply(status, sense[:sense_length], fill(command, data) if moved else b"", residual)

    def _submit(self, buffers: list[tuple[int, int, int]], timeout: float) -> None:
        """Hand a chain of buffers over, and wait until the device has used it."""
        last = len(buffers) - 1
        chain = b"".join(
            struct.pack("<QIHH", address, length, flags | (NEXT if number < last else 0), number + 1)
            for number, (address, length, flags) in enumerate(buffers)
        )
        self.machine.store(RINGS, chain)
        self.machine.store(self._available + 4 + 2 * (self._sent % self._size), struct.pack("<H", 0))
        self._sent += 1
        done = struct.pack("<H", self._sent & 0xFFFF)
        self.machine.store(self._available + 2, done)
        self.machine.write_port(QUEUE_NOTIFY, REQUESTS, "w")
        self.machine.wait(lambda: self.machine.load(self._used + 2, 2) == done, timeout)

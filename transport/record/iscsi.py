"""Commands and answers as iSCSI PDUs in TCP over IPv4: the form in which Wireshark's SCSI dissector finds them.

No such connection ever was. The PDUs are those of RFC 7143 11: SCSI Command, Data-Out, Data-In, SCSI Response.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from discstack.mmc.spec.cdb import Direction
from discstack.transport.record.entry import Payload, Recorded

HEADER: Final = 48  # bytes of a basic header segment
COMMAND, DATA_OUT, RESPONSE, DATA_IN = 0x01, 0x05, 0x21, 0x25  # opcodes
FINAL, READ, WRITE, SIMPLE, UNDERFLOW = 0x80, 0x40, 0x20, 0x01, 0x02  # flags of byte 1
NO_TAG: Final = 0xFFFFFFFF
LONGEST_DATA: Final = 32 << 10  # bytes in one PDU: it has to fit into an IPv4 packet
HOST, DRIVE = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
HOST_PORT, DRIVE_PORT = 49152, 3260
PACKET_HEADERS: Final = 40  # IPv4 and TCP
PUSH_ACK: Final = 0x18


@dataclass(frozen=True, slots=True)
class Pdu:
    """A PDU; `length` is that of its data segment, of which only `data` may have been kept."""

    header: bytes
    data: bytes = b""
    length: int = 0

    @property
    def to_drive(self) -> bool:
        """Whether the host sends it."""
        return self.header[0] & 0x3F in (COMMAND, DATA_OUT)

    @property
    def size(self) -> int:
        """Its length with padding."""
        return HEADER + -(-self.length // 4) * 4

    @property
    def captured(self) -> bytes:
        """What there is of it, padded where it is whole."""
        whole = self.header + self.data
        return whole.ljust(self.size, b"\0") if len(self.data) == self.length else whole


def requests(entry: Recorded, tag: int) -> Iterator[Pdu]:
    """Return what the host sends for a command."""
    flags = {Direction.NONE: 0, Direction.FROM_DEVICE: READ, Direction.TO_DEVICE: WRITE}[entry.direction]
    fixed = struct.pack(">BB6x8xIII4x", COMMAND, FINAL | SIMPLE | flags, tag, entry.length, tag)
    yield Pdu(fixed + entry.cdb.ljust(16, b"\0"))
    if entry.direction is Direction.TO_DEVICE:
        yield from _data(DATA_OUT, entry.payload, tag)


def answers(entry: Recorded, tag: int) -> Iterator[Pdu]:
    """Return what the drive sends; nothing for a command without an answer."""
    if entry.status is None:
        return
    if entry.direction is Direction.FROM_DEVICE:
        yield from _data(DATA_IN, entry.payload, tag)
    sense = len(entry.sense).to_bytes(2, "big") + entry.sense if entry.sense else b""
    flags = FINAL | (UNDERFLOW if entry.residual else 0)
    head = struct.pack(">BBBBI8xI4xI", RESPONSE, flags, 0, entry.status, len(sense), tag, tag)
    tail = struct.pack(">II8xI", tag + 1, tag + 1, entry.residual)
    yield Pdu(head + tail, sense, len(sense))


def _data(opcode: int, payload: Payload, tag: int) -> Iterator[Pdu]:
    for number, at in enumerate(range(0, payload.size, LONGEST_DATA)):
        length = min(LONGEST_DATA, payload.size - at)
        flags = FINAL if at + length == payload.size else 0
        head = struct.pack(">BBxxI8xII", opcode, flags, length, tag, NO_TAG)
        header = head + struct.pack(">III", tag, tag + 1, tag + 1) + struct.pack(">III", number, at, 0)
        yield Pdu(header, payload.kept[at : at + length], length)


class Connection:
    """Puts PDUs into packets of one TCP connection, and takes them out."""

    def __init__(self) -> None:
        self._next = {True: 1, False: 1}  # sequence numbers, of what the host and of what the drive sends

    def packet(self, pdu: Pdu) -> tuple[bytes, int]:
        """Return a PDU's packet as far as it was kept, and the length that it would have whole."""
        to_drive = pdu.to_drive
        ports = (HOST_PORT, DRIVE_PORT) if to_drive else (DRIVE_PORT, HOST_PORT)
        acknowledged = self._next[not to_drive] & 0xFFFFFFFF
        tcp = struct.pack(
            ">HHIIBBHHH", *ports, self._next[to_drive] & 0xFFFFFFFF, acknowledged, 0x50, PUSH_ACK, 0xFFFF, 0, 0
        )
        self._next[to_drive] += pdu.size
        ends = HOST + DRIVE if to_drive else DRIVE + HOST
        ip = struct.pack(">BBHHHBBH", 0x45, 0, PACKET_HEADERS + pdu.size, 0, 0x4000, 64, 6, 0) + ends
        ip = ip[:10] + _checksum(ip) + ip[12:]
        return ip + tcp + pdu.captured, PACKET_HEADERS + pdu.size


def _checksum(header: bytes) -> bytes:
    total: int = sum(struct.unpack(f">{len(header) // 2}H", header))
    total = (total & 0xFFFF) + (total >> 16)
    return (~(total + (total >> 16)) & 0xFFFF).to_bytes(2, "big")


def read_packet(packet: bytes) -> Pdu:
    """Return the PDU of a packet that `Connection` made; ValueError for any other."""
    header = packet[PACKET_HEADERS : PACKET_HEADERS + HEADER]
    if len(header) < HEADER or packet[0] != 0x45 or {HOST, DRIVE} != {packet[12:16], packet[16:20]}:
        raise ValueError("a packet that is not of a recording")
    length = int.from_bytes(header[5:8], "big")
    return Pdu(header, packet[PACKET_HEADERS + HEADER :][:length], length)


def begin(pdu: Pdu) -> Recorded:
    """Return the command that a SCSI Command PDU begins; its CDB still has all 16 bytes."""
    flags = pdu.header[1]
    direction = Direction.FROM_DEVICE if flags & READ else Direction.TO_DEVICE if flags & WRITE else Direction.NONE
    length = int.from_bytes(pdu.header[20:24], "big")
    return Recorded(start=0.0, duration=0.0, cdb=pdu.header[32:48], direction=direction, length=length)


def add(entry: Recorded, pdu: Pdu) -> Recorded:
    """Return the command with what a further PDU tells of it."""
    opcode = pdu.header[0] & 0x3F
    if opcode in (DATA_OUT, DATA_IN):
        payload = entry.payload
        return replace(entry, payload=Payload(payload.size + pdu.length, payload.kept + pdu.data))
    if opcode != RESPONSE:
        raise ValueError(f"a PDU of opcode {opcode:#04x}")
    residual = int.from_bytes(pdu.header[44:48], "big")
    return replace(entry, status=pdu.header[3], sense=pdu.data[2:], residual=residual)

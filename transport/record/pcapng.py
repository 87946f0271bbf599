"""Recordings for Wireshark: pcapng (draft-ietf-opsawg-pcapng) with iSCSI packets, and remarks on them as comments.

The first command of a file is made up: an INQUIRY that lets Wireshark know what kind of device this is.
"""

from __future__ import annotations

import re
import struct
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import IO, Final

import discstack.mmc.spec.commands  # noqa: F401  (so that `describe` knows the commands)
from discstack.mmc.spec.cdb import Direction, describe
from discstack.transport.base import GOOD
from discstack.transport.record import iscsi
from discstack.transport.record.entry import Payload, Recorded, Recording
from discstack.transport.record.text import RecordingError

SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 0x00000001, 0x00000006  # block types
MAGIC: Final = 0x1A2B3C4D
COMMENT, APPLICATION, RESOLUTION = 1, 4, 9  # options
RAW_IP: Final = 101  # link type
NANOSECONDS: Final = b"\x09"
NS: Final = 1_000_000_000
INTRODUCTION: Final = "made up, so that Wireshark knows an MMC device"
_SIZES: Final = re.compile(r"((?:max|usual)_transfer) (\d+)")
_REMARKS: Final = re.compile(
    r"(?s).*\[CDB of (?P<length>\d+) bytes, time-out (?P<timeout>[\d.]+) s"
    r"(, XXH3 of the data (?P<digest>\w+))?(, no answer after (?P<after>[\d.]+) s: (?P<failure>.*))?\]"
)


class PcapngWriter:
    """Writes a recording to an open binary file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._connection = iscsi.Connection()
        self._tag = 0
        self._began = time.time()  # the packets carry the time of day

    def begin(self, max_transfer: int, usual_transfer: int) -> None:
        """Write what stands before the first command."""
        self._block(SECTION, struct.pack("<IHHq", MAGIC, 1, 0, -1) + _option(APPLICATION, b"discstack") + _END)
        remark = f"commands of discstack, max_transfer {max_transfer}, usual_transfer {usual_transfer}".encode()
        self._block(
            INTERFACE,
            struct.pack("<HHI", RAW_IP, 0, 0) + _option(RESOLUTION, NANOSECONDS) + _option(COMMENT, remark) + _END,
        )
        self._put(_introduction(), INTRODUCTION)

    def write(self, entry: Recorded) -> None:
        """Write a command."""
        self._put(entry, _remarks(entry))

    def remark(self, start: float, words: str) -> None:
        """Leave out what is no command: there is no packet that it could be said of."""

    def _put(self, entry: Recorded, remarks: str) -> None:
        self._tag += 1
        comment = _option(COMMENT, remarks.encode())
        for pdu in iscsi.requests(entry, self._tag):
            self._packet(entry.start, pdu, comment)
            comment = b""
        for pdu in iscsi.answers(entry, self._tag):
            self._packet(entry.start + entry.duration, pdu, b"")
        self._file.flush()

    def _packet(self, at: float, pdu: iscsi.Pdu, options: bytes) -> None:
        packet, whole = self._connection.packet(pdu)
        moment = round((self._began + at) * NS)
        head = struct.pack("<IIIII", 0, moment >> 32, moment & 0xFFFFFFFF, len(packet), whole)
        self._block(PACKET, head + _padded(packet) + (options + _END if options else b""))

    def _block(self, kind: int, body: bytes) -> None:
        length = struct.pack("<I", len(body) + 12)
        self._file.write(struct.pack("<I", kind) + length + body + length)


_END: Final = bytes(4)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _introduction() -> Recorded:
    data = bytes.fromhex("05 80 05 02 1F") + bytes(31)
    cdb = bytes.fromhex("12 00 00 00 24 00")
    return Recorded(
        start=0.0,
        duration=0.0,
        cdb=cdb,
        direction=Direction.FROM_DEVICE,
        length=len(data),
        payload=Payload.of(data),
        status=GOOD,
    )


def _remarks(entry: Recorded) -> str:
    words = [f"CDB of {len(entry.cdb)} bytes", f"time-out {entry.timeout:g} s"]
    if entry.payload.digest:
        words.append(f"XXH3 of the data {entry.payload.digest.hex()}")
    if entry.status is None:
        words.append(f"no answer after {entry.duration:.6f} s: {entry.failure}")
    return f"{describe(entry.cdb)} [{', '.join(words)}]"


def read_pcapng(file: IO[bytes]) -> Recording:
    """Read a recording; raises RecordingError."""
    sizes = dict[str, int]()
    entries: list[Recorded] = []
    try:
        for kind, body in _blocks(file):
            if kind == INTERFACE:
                sizes.update((name, int(size)) for name, size in _SIZES.findall(_comment(body[8:])))
            elif kind == PACKET:
                _take(entries, body)
    except (ValueError, struct.error, IndexError) as error:
        raise RecordingError(f"this is no recording of discstack: {error}") from error
    began = entries[0].start if entries else 0.0
    told = [replace(entry, start=entry.start - began) for entry in entries[1:]]  # the first is made up
    return Recording(told, **sizes)


def _blocks(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    while head := file.read(8):
        kind, length = struct.unpack("<II", head)
        if length < 12:
            raise ValueError("it has no blocks as pcapng has them")
        body = file.read(length - 8)
        if len(body) != length - 8:
            raise ValueError("a block is cut off")
        yield kind, body[:-4]


def _comment(options: bytes) -> str:
    at = 0
    while at + 4 <= len(options):
        code, length = struct.unpack_from("<HH", options, at)
        if code == COMMENT:
            return options[at + 4 : at + 4 + length].decode()
        at += 4 + length + -length % 4
    return ""


def _take(entries: list[Recorded], body: bytes) -> None:
    """Add what a packet tells to the commands so far."""
    _, high, low, captured, _ = struct.unpack_from("<IIIII", body)
    moment = (high << 32 | low) / NS
    pdu = iscsi.read_packet(body[20 : 20 + captured])
    if pdu.header[0] & 0x3F == iscsi.COMMAND:
        comment = _comment(body[20 + captured + -captured % 4 :])
        entries.append(_with_remarks(replace(iscsi.begin(pdu), start=moment), comment))
        return
    entry = iscsi.add(entries[-1], pdu)
    duration = entry.duration if entry.status is None else moment - entry.start
    payload = replace(entry.payload, digest=entries[-1].payload.digest)
    entries[-1] = replace(entry, payload=payload, duration=duration)


def _with_remarks(entry: Recorded, comment: str) -> Recorded:
    match = _REMARKS.fullmatch(comment)
    if match is None:
        return entry
    return replace(
        entry,
        cdb=entry.cdb[: int(match["length"])],
        timeout=float(match["timeout"]),
        payload=Payload(digest=bytes.fromhex(match["digest"] or "")),
        duration=float(match["after"] or 0),
        failure=match["failure"] or "",
    )

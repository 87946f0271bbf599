"""Send commands by the ioctl SG_IO, after <scsi/sg.h>, and print as JSON what came of each: submit.py DEVICE LIST.

LIST is a JSON list of {"cdb": hex, "in": bytes wanted, "out": bytes sent, "timeout": ms}.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import sys
import time
from typing import Any

SG_IO = 0x2285
NONE, TO_DEVICE, FROM_DEVICE = -1, -2, -3
TIMEOUT = 100_000  # milliseconds
TEST_UNIT_READY = bytes(6)
UNIT_ATTENTION = 0x6  # sense key
BUSY = (0x2, 0x04)  # sense key and additional sense code
PATIENCE, POLL = 100.0, 0.01  # seconds


class SgIoHeader(ctypes.Structure):
    """struct sg_io_hdr."""

    _fields_ = [
        ("interface_id", ctypes.c_int),
        ("dxfer_direction", ctypes.c_int),
        ("cmd_len", ctypes.c_ubyte),
        ("mx_sb_len", ctypes.c_ubyte),
        ("iovec_count", ctypes.c_ushort),
        ("dxfer_len", ctypes.c_uint),
        ("dxferp", ctypes.c_void_p),
        ("cmdp", ctypes.c_void_p),
        ("sbp", ctypes.c_void_p),
        ("timeout", ctypes.c_uint),
        ("flags", ctypes.c_uint),
        ("pack_id", ctypes.c_int),
        ("usr_ptr", ctypes.c_void_p),
        ("status", ctypes.c_ubyte),
        ("masked_status", ctypes.c_ubyte),
        ("msg_status", ctypes.c_ubyte),
        ("sb_len_wr", ctypes.c_ubyte),
        ("host_status", ctypes.c_ushort),
        ("driver_status", ctypes.c_ushort),
        ("resid", ctypes.c_int),
        ("duration", ctypes.c_uint),
        ("info", ctypes.c_uint),
    ]


def submit(descriptor: int, cdb: bytes, wanted: int, sent: int, timeout: int) -> dict[str, Any]:
    """Send one command; what is sent counts up in 32-bit words."""
    data = b"".join(number.to_bytes(4, "little") for number in range(sent // 4))
    size, direction = (sent, TO_DEVICE) if sent else (wanted, FROM_DEVICE) if wanted else (0, NONE)
    buffer = ctypes.create_string_buffer(data, size) if size else None
    command, sense = ctypes.create_string_buffer(cdb, len(cdb)), ctypes.create_string_buffer(64)
    header = SgIoHeader(ord("S"), direction, len(cdb), 64, 0, size)
    header.dxferp = ctypes.cast(buffer, ctypes.c_void_p) if buffer else None
    header.cmdp, header.sbp = ctypes.cast(command, ctypes.c_void_p), ctypes.cast(sense, ctypes.c_void_p)
    header.timeout = timeout
    try:
        fcntl.ioctl(descriptor, SG_IO, header)
    except OSError as error:
        return {"error": error.strerror}
    found = {"status": header.status, "host": header.host_status, "resid": header.resid}
    found["sense"] = sense.raw[: header.sb_len_wr].hex()
    if buffer is not None and direction == FROM_DEVICE:
        found["same"] = buffer.raw == b"".join(number.to_bytes(4, "little") for number in range(size // 4))
        found["data"] = buffer.raw[:64].hex()
    return found


def answer(descriptor: int, cdb: bytes, wanted: int) -> bytes:
    """Return what a command answers that must succeed, its first 64 bytes."""
    told = submit(descriptor, cdb, wanted, 0, TIMEOUT)
    if not has_succeeded(told):
        raise OSError(f"{cdb.hex(' ')}: {told}")
    return bytes.fromhex(told["data"])


def wait_until_ready(descriptor: int) -> None:
    """Wait while the drive has something to tell or is busy; the kernel's word for that is no good.

    CDROM_DRIVE_STATUS is CDS_DISC_OK of a drive that is busy with anything but 2/04/01, such as a stop or a close.
    """
    deadline = time.monotonic() + PATIENCE
    while not has_succeeded(told := submit(descriptor, TEST_UNIT_READY, 0, 0, TIMEOUT)):
        sense = bytes.fromhex(told.get("sense", "")).ljust(14, b"\0")
        key, code = sense[2] & 0xF, sense[12]
        if (key != UNIT_ATTENTION and (key, code) != BUSY) or time.monotonic() > deadline:
            raise OSError(f"the drive does not become ready: {told}")
        time.sleep(POLL)


def has_succeeded(told: dict[str, Any]) -> bool:
    """Whether the drive, and all that lies on the way to it, say GOOD."""
    return told.get("status") == told.get("host") == 0


def main(device: str, rows: list[dict[str, Any]]) -> None:
    """Run the list."""
    descriptor = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    try:
        answers = [
            submit(
                descriptor, bytes.fromhex(row["cdb"]), row.get("in", 0), row.get("out", 0), row.get("timeout", TIMEOUT)
            )
            for row in rows
        ]
    finally:
        os.close(descriptor)
    print(json.dumps(answers))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))

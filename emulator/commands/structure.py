"""READ DISC STRUCTURE (MMC-6 6.22)."""

from __future__ import annotations

import struct
from typing import Final

from discstack.emulator.conditions import CANNOT_READ_FORMAT, Refusal, invalid_field
from discstack.emulator.drive import Drive
from discstack.emulator.request import Request

FORMAT_LIST: Final = 0xFF
READABLE: Final = 0x40


def read_disc_structure(drive: Drive, request: Request, *, media_type: int, layer_number: int, format: int) -> bytes:
    """READ DISC STRUCTURE: what the medium has of this media type, or the list of it."""
    structures = {code: data for (kind, code), data in drive.loaded.structures().items() if kind == media_type}
    if not structures:
        raise Refusal(CANNOT_READ_FORMAT)
    if layer_number:
        raise invalid_field(6)
    if format == FORMAT_LIST:
        rows = [struct.pack(">BBH", code, READABLE, len(data) + 4) for code, data in sorted(structures.items())]
        return _with_header(b"".join(rows))
    if format not in structures:
        raise invalid_field(7)
    return _with_header(structures[format])


def _with_header(data: bytes) -> bytes:
    return struct.pack(">HBB", len(data) + 2, 0, 0) + data

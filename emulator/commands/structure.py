"""READ and SEND DISC STRUCTURE (MMC-6 6.22, 6.36)."""

from __future__ import annotations

import struct
from typing import Final

from discstack.emulator.conditions import CANNOT_READ_FORMAT, PARAMETER_LIST_LENGTH, Refusal, invalid_field
from discstack.emulator.drive import Drive
from discstack.emulator.media.structures import ADIP, CONTROL_DATA, DVD, PHYSICAL_FORMAT
from discstack.emulator.request import Request

FORMAT_LIST: Final = 0xFF
READABLE, SENDABLE = 0x40, 0x80
HEADER: Final = 4
OF_EACH_LAYER: Final = {(DVD, code) for code in (PHYSICAL_FORMAT, CONTROL_DATA, ADIP)}


def read_disc_structure(drive: Drive, request: Request, *, media_type: int, layer_number: int, format: int) -> bytes:
    """READ DISC STRUCTURE: what the medium has of this media type, or the list of it."""
    structures = {code: data for (kind, code), data in drive.loaded.structures().items() if kind == media_type}
    if not structures:
        raise Refusal(CANNOT_READ_FORMAT)
    if layer_number and (layer_number >= drive.loaded.kind.layers or (media_type, format) not in OF_EACH_LAYER):
        raise invalid_field(6)
    if format == FORMAT_LIST:
        sent = {code for kind, code in drive.loaded.settable() if kind == media_type}
        rows = [
            struct.pack(">BBH", code, READABLE | SENDABLE * (code in sent), len(data) + 4)
            for code, data in sorted(structures.items())
        ]
        return _with_header(b"".join(rows))
    if format not in structures:
        raise invalid_field(7)
    return _with_header(structures[format])


def send_disc_structure(
    drive: Drive, request: Request, *, media_type: int, format: int, parameter_list_length: int
) -> bytes:
    """SEND DISC STRUCTURE: what the host may decide of this medium."""
    if (media_type, format) not in drive.loaded.settable():
        raise invalid_field(7)
    data = bytes(request.parameters(parameter_list_length))
    if len(data) < HEADER or int.from_bytes(data[:2], "big") != len(data) - 2:
        raise Refusal(PARAMETER_LIST_LENGTH)
    drive.loaded.set_structure(media_type, format, data[HEADER:])
    return b""


def _with_header(data: bytes) -> bytes:
    return struct.pack(">HBB", len(data) + 2, 0, 0) + data

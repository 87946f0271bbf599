"""Masking of what would tell one drive or disc from all others of its kind: their serial numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from discstack.mmc.spec.disc_structure.recording_management import FIELD, fields_of

MASK: Final = ord("X")
PADDING: Final = b"\0 "
INQUIRY, READ_MEDIA_SERIAL_NUMBER, GET_CONFIGURATION, READ_DISC_STRUCTURE = 0x12, 0xAB, 0x46, 0xAD
UNIT_SERIAL_NUMBER, DEVICE_IDENTIFICATION = 0x80, 0x83  # vital product data pages, SPC-4 7.8
VENDOR_SPECIFIC: Final = slice(36, 56)  # of the standard INQUIRY data: drives keep serial numbers there
DRIVE_SERIAL_NUMBER: Final = 0x0108  # feature, MMC-6 5.3.41
# Disc structures of one disc alone: burst cutting area, media identifiers, unique disc identifier, AACS's
OF_ONE_DISC: Final = {0x03, 0x06, 0x0F, 0x80, 0x81, 0x82}
OF_RECORDERS: Final = {0x0C: 4, 0x0D: 8}  # recording management data, and where it begins
UNIQUE_ID: Final = slice(6, 22)  # of its field 0
SERIAL_NUMBERS: Final = tuple(slice(at + 32, at + 48) for at in range(0, 512, 128))  # of field 1

Data = bytes | memoryview


def masked(cdb: bytes, data: Data) -> Data:
    """Return what a drive answered to a command, with every serial number in it overwritten."""
    find = _FINDERS.get(cdb[0]) if cdb else None
    places = find(cdb, bytes(data)) if find is not None and len(data) else []
    if not places:
        return data
    hidden = bytearray(data)
    for place in places:
        hidden[place] = bytes(byte if byte in PADDING else MASK for byte in hidden[place])
    return bytes(hidden)


def _of_inquiry(cdb: bytes, data: bytes) -> list[slice]:
    if not cdb[1] & 1:
        return [VENDOR_SPECIFIC]
    if cdb[2] == UNIT_SERIAL_NUMBER:
        return [slice(4, None)]
    return _designators(data) if cdb[2] == DEVICE_IDENTIFICATION else []


def _designators(data: bytes) -> list[slice]:
    places, at = [], 4
    while at + 4 <= len(data):
        end = at + 4 + data[at + 3]
        places.append(slice(at + 4, end))
        at = end
    return places


def _of_configuration(cdb: bytes, data: bytes) -> list[slice]:
    places, at = [], 8
    while at + 4 <= len(data):
        end = at + 4 + data[at + 3]
        if int.from_bytes(data[at : at + 2], "big") == DRIVE_SERIAL_NUMBER:
            places.append(slice(at + 4, end))
        at = end
    return places


def _behind_header(cdb: bytes, data: bytes) -> list[slice]:
    return [slice(4, None)]


def _of_structure(cdb: bytes, data: bytes) -> list[slice]:
    code = cdb[7] if len(cdb) > 7 else None
    if code in OF_RECORDERS:
        return list(_of_recorders(data, OF_RECORDERS[code]))
    return [slice(4, None)] if code in OF_ONE_DISC else []


def _of_recorders(data: bytes, start: int) -> Iterator[slice]:
    start = len(data) - sum(map(len, fields_of(data[start:])))
    for field, places in ((0, (UNIQUE_ID,)), (1, SERIAL_NUMBERS)):
        for place in places:
            yield slice(start + field * FIELD + place.start, start + field * FIELD + place.stop)


_FINDERS: Final[dict[int, Callable[[bytes, bytes], list[slice]]]] = {
    INQUIRY: _of_inquiry,
    GET_CONFIGURATION: _of_configuration,
    READ_MEDIA_SERIAL_NUMBER: _behind_header,
    READ_DISC_STRUCTURE: _of_structure,
}

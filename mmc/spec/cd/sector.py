"""The forms of a CD's sectors: how they are built, told apart, checked and taken to pieces (ECMA-130 14).

A sector here is its 2352 bytes as a drive hands them out: not scrambled, whatever it is on the disc.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from types import MappingProxyType
from typing import Final

from discstack.mmc.spec.cd.ecc import DATA, ECC, ecc
from discstack.mmc.spec.cd.edc import edc
from discstack.mmc.spec.cd.scrambling import SECTOR as SECTOR_SIZE
from discstack.mmc.spec.msf import Msf

SYNC: Final = b"\0" + b"\xff" * 10 + b"\0"
HEADER_SIZE, SUB_HEADER_SIZE = 4, 8
MODE_BYTE: Final = 15
SUB_MODE_BYTE: Final = 18
FORM_2: Final = 0x20  # bit of the sub-mode
DATA_SUB_HEADER: Final = bytes((0, 0, 0x08, 0))  # file 0, channel 0, data, no coding information
FORM_2_SUB_HEADER: Final = bytes((0, 0, 0x20, 0))


class SectorType(IntEnum):
    """The kinds of sectors, numbered as READ CD does (MMC-6 6.19, expected sector type)."""

    ANY = 0
    AUDIO = 1
    MODE_1 = 2
    MODE_2_FORMLESS = 3
    MODE_2_FORM_1 = 4
    MODE_2_FORM_2 = 5


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the parts of a sector lie: sub-header, user data, and the error detection and correction behind it.

    As READ CD hands them out (MMC-6 6.19, number of bytes returned): the code of form 2, which need not be there,
    belongs to its user data.
    """

    sub_header: slice
    user_data: slice
    check: slice


_NONE: Final = slice(0, 0)
SYNC_PART, HEADER_PART = slice(0, 12), slice(12, 16)
PARTS: Final[Mapping[SectorType, Parts]] = MappingProxyType(
    {
        SectorType.AUDIO: Parts(_NONE, slice(0, 2352), _NONE),
        SectorType.MODE_1: Parts(_NONE, slice(16, 2064), slice(2064, 2352)),
        SectorType.MODE_2_FORMLESS: Parts(_NONE, slice(16, 2352), _NONE),
        SectorType.MODE_2_FORM_1: Parts(slice(16, 24), slice(24, 2072), slice(2072, 2352)),
        SectorType.MODE_2_FORM_2: Parts(slice(16, 24), slice(24, 2352), _NONE),
    }
)


def bcd(value: int) -> int:
    """Return a number below 100 as two decimal digits in a byte; what is no number (A0h, FFh) stays as it is."""
    return value // 10 << 4 | value % 10 if value < 100 else value


def from_bcd(byte: int) -> int:
    """Return the number that two decimal digits in a byte are; what is no number stays as it is."""
    return (byte >> 4) * 10 + (byte & 0x0F) if byte <= 0x99 else byte


def header(lba: int, mode: int) -> bytes:
    """Return the header of a sector: its absolute time in decimal digits, and its mode (ECMA-130 14.2)."""
    return _header(Msf.from_lba(lba), mode)


def _header(time: Msf, mode: int) -> bytes:
    return bytes((bcd(time.minute), bcd(time.second), bcd(time.frame), mode))


def mode_0(lba: int) -> bytes:
    """Return a sector of mode 0: zeros (ECMA-130 14.3)."""
    return SYNC + header(lba, 0) + bytes(2336)


def mode_1(lba: int, data: bytes | memoryview) -> bytes:
    """Return a sector of mode 1 around 2048 bytes of user data (ECMA-130 14.4)."""
    return _mode_1(header(lba, 1), _sized(data, 2048))


def _mode_1(head: bytes, data: bytes) -> bytes:
    body = head + data
    body += edc(SYNC + body) + bytes(8)
    return SYNC + body + ecc(body)


def empty_mode_1(lba: int) -> bytes:
    """Return a sector of mode 1 around zeros.

    The codes are linear, so that one can be put together from sectors that differ in one byte of the header each.
    """
    time = Msf.from_lba(lba)
    parts = _minute(time.minute) ^ _second(time.second) ^ _frame(time.frame)
    return parts.to_bytes(SECTOR_SIZE, "big")


@cache
def _minute(minute: int) -> int:
    return _empty(Msf(minute, 0, 0))


@cache
def _second(second: int) -> int:
    return _empty(Msf(0, second, 0))


@cache
def _frame(frame: int) -> int:
    return _empty(Msf(0, 0, frame))


def _empty(time: Msf) -> int:
    return int.from_bytes(_mode_1(_header(time, 1), bytes(2048)), "big")


def mode_2(lba: int, data: bytes | memoryview) -> bytes:
    """Return a sector of mode 2 around 2336 bytes (ECMA-130 14.5)."""
    return SYNC + header(lba, 2) + _sized(data, 2336)


def mode_2_form_1(lba: int, data: bytes | memoryview, sub_header: bytes = DATA_SUB_HEADER) -> bytes:
    """Return a sector of mode 2 form 1 around 2048 bytes; its header is zero for the parity (CD-ROM XA)."""
    body = _sized(sub_header, 4) * 2 + _sized(data, 2048)
    body += edc(body)
    return SYNC + header(lba, 2) + body + ecc(bytes(HEADER_SIZE) + body)


def mode_2_form_2(lba: int, data: bytes | memoryview, sub_header: bytes = FORM_2_SUB_HEADER) -> bytes:
    """Return a sector of mode 2 form 2 around 2324 bytes (CD-ROM XA)."""
    body = _sized(sub_header, 4) * 2 + _sized(data, 2324)
    return SYNC + header(lba, 2) + body + edc(body)


def empty_mode_2_form_2(lba: int) -> bytes:
    """Return a sector of mode 2 form 2 around zeros; its header is in none of its codes."""
    return SYNC + header(lba, 2) + _empty_form_2()


@cache
def _empty_form_2() -> bytes:
    return mode_2_form_2(0, bytes(2324))[16:]


def _sized(data: bytes | memoryview, size: int) -> bytes:
    if len(data) != size:
        raise ValueError(f"{size} bytes go here, not {len(data)}")
    return bytes(data)


def sector_type(sector: bytes | memoryview) -> SectorType:
    """Tell what a sector is: audio has no sync pattern, the forms of mode 2 repeat their sub-header."""
    if len(sector) != SECTOR_SIZE:
        raise ValueError(f"a sector has {SECTOR_SIZE} bytes, not {len(sector)}")
    if sector[:12] != SYNC or sector[MODE_BYTE] > 2:
        return SectorType.AUDIO
    if sector[MODE_BYTE] < 2:
        return SectorType.MODE_1
    if sector[16:20] != sector[20:24]:
        return SectorType.MODE_2_FORMLESS
    return SectorType.MODE_2_FORM_2 if sector[SUB_MODE_BYTE] & FORM_2 else SectorType.MODE_2_FORM_1


def intact(sector: bytes | memoryview) -> bool:
    """Say whether a sector agrees with its error detection and correction codes; one without any always does.

    Form 2 may do without its code: zeros are right too.
    """
    kind = sector_type(sector)
    if kind is SectorType.MODE_1:
        if not sector[MODE_BYTE]:
            return not any(sector[16:])
        body = bytes(sector[12:2076])
        return sector[2064:2068] == edc(sector[:2064]) and sector[2076:] == ecc(body) and not any(sector[2068:2076])
    if kind is SectorType.MODE_2_FORM_1:
        body = bytes(HEADER_SIZE) + bytes(sector[16:2076])
        return sector[2072:2076] == edc(sector[16:2072]) and sector[2076:] == ecc(body)
    if kind is SectorType.MODE_2_FORM_2:
        return not any(sector[2348:]) or sector[2348:] == edc(sector[16:2348])
    return True


assert len(SYNC) + DATA + ECC == SECTOR_SIZE

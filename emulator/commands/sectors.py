"""READ CD and READ SUB-CHANNEL: sectors in all their parts (MMC-6 6.19, 6.20)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import Final

from discstack.emulator.conditions import ILLEGAL_MODE, Refusal, at, invalid_field
from discstack.emulator.drive import Drive
from discstack.emulator.media.base import Medium
from discstack.emulator.request import Request
from discstack.mmc.spec.cd import sub_channel
from discstack.mmc.spec.cd.sector import HEADER_PART, PARTS, SYNC_PART, SectorType
from discstack.mmc.spec.msf import PREGAP, Msf

CURRENT_POSITION, CATALOGUE_NUMBER, TRACK_ISRC = 1, 2, 3  # READ SUB-CHANNEL parameters
NO_AUDIO_STATUS: Final = 0x15
NO_C2, ERROR_BITS_ONLY, BLOCK_ERROR_BITS = range(3)
SUB_HEADERS, HEADERS = 0b10, 0b01  # bits of the header codes
# Main channel selections (the high five bits of byte 9) that no sector of a kind can answer: parts that do not follow
# each other, and the code without what it protects
_OF_NONE: Final = frozenset({0x08, 0x80, 0x88})
_OF_DATA: Final = _OF_NONE | {0x28, 0x48, 0x68, 0x90, 0x98, 0xA8, 0xC0, 0xC8, 0xD0, 0xD8, 0xE8}
_OF_XA: Final = _OF_DATA | {0x30, 0x38, 0xB0, 0xB8}
ILLEGAL: Final[Mapping[SectorType, frozenset[int]]] = MappingProxyType(
    {
        SectorType.AUDIO: _OF_NONE,
        SectorType.MODE_1: _OF_DATA,
        SectorType.MODE_2_FORMLESS: _OF_DATA,
        SectorType.MODE_2_FORM_1: _OF_XA,
        SectorType.MODE_2_FORM_2: _OF_XA,
    }
)


def read_cd(
    drive: Drive,
    request: Request,
    *,
    expected_sector_type: int,
    lba: int,
    transfer_length: int,
    sync: bool,
    header_codes: int,
    user_data: bool,
    edc_ecc: bool,
    c2_error_information: int,
    sub_channel_selection: int,
) -> bytes:
    """READ CD (MMC-6 6.19)."""
    return _sectors(
        drive,
        len(request.incoming),
        range(lba, lba + transfer_length),
        SectorReader(
            expected_sector_type, sync, header_codes, user_data, edc_ecc, c2_error_information, sub_channel_selection
        ),
    )


def read_cd_msf(
    drive: Drive,
    request: Request,
    *,
    expected_sector_type: int,
    starting_m: int,
    starting_s: int,
    starting_f: int,
    ending_m: int,
    ending_s: int,
    ending_f: int,
    sync: bool,
    header_codes: int,
    user_data: bool,
    edc_ecc: bool,
    c2_error_information: int,
    sub_channel_selection: int,
) -> bytes:
    """READ CD MSF: up to, not including, the ending time (MMC-6 6.20)."""
    start, end = Msf(starting_m, starting_s, starting_f), Msf(ending_m, ending_s, ending_f)
    if not start.valid or not end.valid or start > end:
        raise invalid_field(3)
    reader = SectorReader(
        expected_sector_type, sync, header_codes, user_data, edc_ecc, c2_error_information, sub_channel_selection
    )
    return _sectors(drive, len(request.incoming), range(start.lba, end.lba), reader)


def _sectors(drive: Drive, room: int, addresses: range, reader: SectorReader) -> bytes:
    """Return sectors, as many as the host has room for: a whole disc may have been asked for."""
    medium, pieces, size = drive.loaded, list[bytes](), None
    for lba in addresses:
        if size and len(pieces) * size >= room:
            break
        piece = reader.read(medium, lba)
        if size not in (None, len(piece)):
            raise Refusal(at(ILLEGAL_MODE, lba))
        size = len(piece)
        pieces.append(piece)
    if addresses:
        drive.has_read(addresses.start, len(addresses))
    return b"".join(pieces)


class SectorReader:
    """One choice of sector parts: which, in which order, and which choices make no sense."""

    def __init__(
        self, kind: int, sync: bool, headers: int, user_data: bool, check: bool, c2: int, sub_channels: int
    ) -> None:
        if kind not in set(SectorType):
            raise invalid_field(1)
        if c2 > BLOCK_ERROR_BITS:
            raise invalid_field(9)
        if sub_channels not in SUB_CHANNELS:
            raise invalid_field(10)
        self.kind, self.c2, self.sub_channels = kind, c2, SUB_CHANNELS[sub_channels]
        self.selection = sync << 7 | headers << 5 | user_data << 4 | check << 3
        self.wanted = (sync, bool(headers & HEADERS), bool(headers & SUB_HEADERS), user_data, check)

    def read(self, medium: Medium, lba: int) -> bytes:
        """Return what is wanted of one sector: main channel, error bits, sub-channels."""
        found, main, channels = medium.sector(lba)
        if self.kind not in (SectorType.ANY, found):
            raise Refusal(at(ILLEGAL_MODE, lba))
        return self.parts(found, main) + self.error_bits(medium, lba) + self.sub_channels(medium, lba, channels)

    def error_bits(self, medium: Medium, lba: int) -> bytes:
        """Return what is wanted of the C2 pointers: nothing, a bit for each byte, and before these all bits at once."""
        if self.c2 == NO_C2:
            return b""
        bits = medium.error_bits(lba)
        return bits if self.c2 == ERROR_BITS_ONLY else bytes((reduce(or_, bits), 0)) + bits

    def parts(self, found: SectorType, main: bytes) -> bytes:
        """Return the wanted parts. Of audio it is all or nothing; a sub-header is no part of sectors without a form."""
        if self.selection in ILLEGAL[found]:
            raise invalid_field(9)
        if found is SectorType.AUDIO:
            return main if any(self.wanted) else b""
        parts = PARTS[found]
        slices = (SYNC_PART, HEADER_PART, parts.sub_header, parts.user_data, parts.check)
        return b"".join(main[part] for wanted, part in zip(self.wanted, slices, strict=True) if wanted)


def _formatted_q(medium: Medium, lba: int, channels: bytes) -> bytes:
    return sub_channel.pq(bool(channels[0] & 0x80), channels[12:24])


SUB_CHANNELS: Final[dict[int, Callable[[Medium, int, bytes], bytes]]] = {
    0: lambda medium, lba, channels: b"",
    1: lambda medium, lba, channels: sub_channel.interleave(channels),
    2: _formatted_q,
    4: lambda medium, lba, channels: medium.corrected_packs(lba),
}


def read_sub_channel(
    drive: Drive, request: Request, *, msf: bool, subq: bool, sub_channel_parameter_list: int, track_number: int
) -> bytes:
    """READ SUB-CHANNEL: the position of the head, the catalogue number, or a track's ISRC (MMC-2 6.1.23)."""
    medium = drive.loaded
    if not subq:
        return bytes((0, NO_AUDIO_STATUS, 0, 0))
    if sub_channel_parameter_list == CURRENT_POSITION:
        body = _position(medium, drive.last_read, msf)
    elif sub_channel_parameter_list == CATALOGUE_NUMBER:
        body = bytes((CATALOGUE_NUMBER, 0, 0, 0)) + _code(medium.catalogue(), 13)
    elif sub_channel_parameter_list == TRACK_ISRC:
        body = bytes((TRACK_ISRC, 0x10, track_number, 0)) + _code(medium.isrc(track_number), 12)
    else:
        raise invalid_field(3)
    return bytes((0, NO_AUDIO_STATUS)) + len(body).to_bytes(2, "big") + body


def _code(code: str, size: int) -> bytes:
    """Return a code with the bit before it that says whether there is one."""
    return (bytes((0x80 if code else 0,)) + code.encode("ascii").ljust(size, b"\0")).ljust(16, b"\0")


def _position(medium: Medium, lba: int, msf: bool) -> bytes:
    control, track, index, relative = medium.position(lba)
    absolute = Msf.from_lba(lba).number if msf else lba & 0xFFFFFFFF
    within = Msf.from_lba(relative - PREGAP).number if msf else relative
    head = bytes((CURRENT_POSITION, sub_channel.POSITION << 4 | control, track, index))
    return head + absolute.to_bytes(4, "big") + within.to_bytes(4, "big")

"""Answers that are not true: what drives were seen, or are imagined, to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

MODE_HEADER: Final = 8
WRITE_SPEEDS: Final = 32  # where the write speed descriptors of mode page 2Ah begin
CD_SPEEDS: Final = (1234, 706, 353)  # kB/s, less than 1x on a DVD
NEXT_WRITABLE: Final = slice(12, 16)  # of READ TRACK INFORMATION
UNIT: Final = 32
DATA_MODE: Final = 6  # byte of READ TRACK INFORMATION whose low half tells the data mode
UNKNOWN_DATA_MODE: Final = 0x0F
INCREMENTAL_STREAMING: Final = 0x0021  # a feature
LINK_SIZES: Final = 7  # byte of it that counts its link sizes, which follow
WRONG_LINK_SIZE: Final = 0xFF
FEATURES: Final = 8  # where they begin in GET CONFIGURATION


def wrong_next_writable_address(data: bytes) -> bytes:
    """Tell a next writable address that lies a unit behind the true one."""
    return _put(data, NEXT_WRITABLE, int.from_bytes(data[NEXT_WRITABLE], "big") + UNIT)


def minus_150(data: bytes) -> bytes:
    """Tell -150 where the disc is blank, as a Pioneer BDR-205 and a Lite-On LTR-48125S do."""
    return _put(data, NEXT_WRITABLE, -150) if not any(data[NEXT_WRITABLE]) else data


def wrong_length(data: bytes) -> bytes:
    """Count far more bytes than there are, in the first two."""
    return b"\x7f\xf0" + data[2:]


def one_descriptor(data: bytes) -> bytes:
    """Count one descriptor of performance, however many there are."""
    return (4 + 16).to_bytes(4, "big") + data[4:24] if len(data) >= 24 else data


def no_descriptors(data: bytes) -> bytes:
    """Tell no performance at all, as an LG GCA-4040N does."""
    return (4).to_bytes(4, "big") + data[4:8]


def profile(number: int) -> Callable[[bytes], bytes]:
    """Return what tells another current profile in GET CONFIGURATION."""
    return lambda data: data[:6] + number.to_bytes(2, "big") + data[8:]


def short_mode_header(data: bytes) -> bytes:
    """Count no more than the header of a mode page, as SANYO drives do; the page itself says how long it is."""
    return (MODE_HEADER - 2).to_bytes(2, "big") + data[2:]


def compact_discs_only(data: bytes) -> bytes:
    """Tell of no DVDs in mode page 2Ah, where drives that are older than those have bits that are reserved."""
    reads_and_writes = slice(MODE_HEADER + 2, MODE_HEADER + 4)
    return (
        data[: reads_and_writes.start]
        + bytes(byte & 7 for byte in data[reads_and_writes])
        + data[reads_and_writes.stop :]
    )


def unknown_data_mode(data: bytes) -> bytes:
    """Tell that the data mode of a track is not known, as a Toshiba TS-H542A does."""
    told = bytes(byte | UNKNOWN_DATA_MODE for byte in data[DATA_MODE : DATA_MODE + 1])  # none where that is cut off
    return data[:DATA_MODE] + told + data[DATA_MODE + 1 :]


def wrong_link_size(data: bytes) -> bytes:
    """Tell another preferred link size in feature 0021h, as a Pioneer DVR-104 does."""
    at = FEATURES
    while at + 4 <= len(data):
        size = 4 + data[at + 3]
        place = at + LINK_SIZES + 1
        if int.from_bytes(data[at : at + 2], "big") == INCREMENTAL_STREAMING and place < min(at + size, len(data)):
            return data[:place] + bytes([WRONG_LINK_SIZE]) + data[place + 1 :]
        at += size
    return data


def more_room_than_there_is(data: bytes) -> bytes:
    """Tell twice the length of the buffer as free, in READ BUFFER CAPACITY."""
    return data if len(data) < 12 else data[:8] + (2 * int.from_bytes(data[4:8], "big")).to_bytes(4, "big")


def speeds_of_cds(data: bytes) -> bytes:
    """Tell the write speeds of a CD in mode page 2Ah, whatever the disc, as drives made by NEC do."""
    return _speeds(data, CD_SPEEDS)


def no_speeds(data: bytes) -> bytes:
    """Tell zeros for the write speeds in mode page 2Ah, as Lite-On drives do."""
    return _speeds(data, (0,))


def _speeds(data: bytes, speeds: Sequence[int]) -> bytes:
    """Put other write speed descriptors into a mode page 2Ah, one for one as far as the others go."""
    page = data.find(b"\x2a", MODE_HEADER)
    if page < 0 or len(data) < page + WRITE_SPEEDS:
        return data
    count = min(int.from_bytes(data[page + 30 : page + 32], "big"), (len(data) - page - WRITE_SPEEDS) // 4)
    rows = b"".join(speeds[min(at, len(speeds) - 1)].to_bytes(4, "big") for at in range(count))
    return data[: page + WRITE_SPEEDS] + rows + data[page + WRITE_SPEEDS + len(rows) :]


def zeros(data: bytes) -> bytes:
    """Answer with nothing but zeros."""
    return bytes(len(data))


def _put(data: bytes, place: slice, value: int) -> bytes:
    if len(data) < place.stop:
        return data
    return data[: place.start] + (value & 0xFFFFFFFF).to_bytes(4, "big") + data[place.stop :]

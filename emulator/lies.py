"""Answers that are not true: what drives were seen, or are imagined, to say."""

from __future__ import annotations

from typing import Final

NEXT_WRITABLE: Final = slice(12, 16)  # of READ TRACK INFORMATION
UNIT: Final = 32


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


def zeros(data: bytes) -> bytes:
    """Answer with nothing but zeros."""
    return bytes(len(data))


def _put(data: bytes, place: slice, value: int) -> bytes:
    if len(data) < place.stop:
        return data
    return data[: place.start] + (value & 0xFFFFFFFF).to_bytes(4, "big") + data[place.stop :]

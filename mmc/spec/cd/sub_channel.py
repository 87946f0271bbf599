"""The eight sub-channels P to W: a bit of each in every one of a sector's 96 sub-code bytes (ECMA-130 22).

`Channels` is a sector's sub-channels one after the other, 12 bytes each, as programs keep them; on the disc, and in the
96 bytes that drives call raw, bit 7 of all bytes is P, bit 6 is Q, and so on.
"""

from __future__ import annotations

from binascii import crc_hqx
from typing import Final

from discstack.mmc.spec.cd.sector import bcd, from_bcd
from discstack.mmc.spec.msf import Msf
from discstack.mmc.spec.toc import QEntry

SIZE: Final = 96
CHANNEL_SIZE: Final = 12
P, Q = range(2)
P_SET, P_CLEAR = b"\xff" * CHANNEL_SIZE, bytes(CHANNEL_SIZE)
POSITION, CATALOGUE, RECORDING = 1, 2, 3  # ADR, ECMA-130 22.3.2
LEAD_IN_TRACK, LEAD_OUT_TRACK = 0x00, 0xAA
DATA, COPY, PRE_EMPHASIS, FOUR_CHANNELS = 0x4, 0x2, 0x1, 0x8  # bits of the control field
COPY_FRAMES: Final = 4  # so long the copy bit of a copy stays as it is
PQ_SIZE: Final = 16  # of the form that holds Q as it is and P as one bit (MMC-6 6.19, table of formatted Q)

_BITS: Final = tuple(bytes(0x30 | (byte >> 7 - channel & 1) for byte in range(256)) for channel in range(8))
_DIGITS: Final = tuple(bytes.maketrans(b"01", bytes((0, 0x80 >> channel))) for channel in range(8))


def interleave(channels: bytes | memoryview) -> bytes:
    """Return the 96 raw bytes of sub-channels that lie one after the other; those that are missing are zeros."""
    raw = 0
    for channel in range(len(channels) // CHANNEL_SIZE):
        number = int.from_bytes(channels[channel * CHANNEL_SIZE : (channel + 1) * CHANNEL_SIZE], "big")
        if number:
            raw |= int.from_bytes(f"{number:096b}".encode().translate(_DIGITS[channel]), "big")
    return raw.to_bytes(SIZE, "big")


def deinterleave(raw: bytes | memoryview, count: int = 8) -> bytes:
    """Return the first `count` sub-channels, 12 bytes each, of 96 raw bytes."""
    data = bytes(raw)
    if len(data) != SIZE:
        raise ValueError(f"a sector has {SIZE} bytes of sub-channel, not {len(data)}")
    return b"".join(int(data.translate(_BITS[channel]), 2).to_bytes(CHANNEL_SIZE, "big") for channel in range(count))


def sealed(q: bytes) -> bytes:
    """Return the 12 bytes of a Q block: 10 of contents and their inverted CRC-16 (ECMA-130 22.3.6)."""
    if len(q) != 10:
        raise ValueError(f"a Q block has 10 bytes before its check sum, not {len(q)}")
    return q + (crc_hqx(q, 0) ^ 0xFFFF).to_bytes(2, "big")


def intact(q: bytes | memoryview) -> bool:
    """Say whether the 12 bytes of a Q block have the right check sum."""
    return crc_hqx(bytes(q[:10]), 0) ^ 0xFFFF == int.from_bytes(q[10:12], "big")


def alternating(control: int, lba: int) -> int:
    """Return the control field of a copy: its copy bit is on for four frames, then off for four (9.375 Hz)."""
    return control | COPY if lba // COPY_FRAMES % 2 else control & ~COPY


def q_position(control: int, track: int, index: int, relative: int, absolute: Msf) -> bytes:
    """Return a Q block that tells where the head is; `relative` in frames counts down to 0 in a pre-gap.

    Track AAh is the lead-out.
    """
    second, frame = divmod(relative, 75)
    minute, second = divmod(second, 60)
    place = bytes((bcd(track), bcd(index), bcd(minute % 100), bcd(second), bcd(frame), 0))
    return sealed(bytes((control << 4 | POSITION,)) + place + _time(absolute))


def q_entry(entry: QEntry, running: Msf) -> bytes:
    """Return a Q block of the lead-in that carries an entry of the table of contents."""
    times = _time(running) if entry.adr == POSITION else bytes(map(bcd, (entry.min, entry.sec, entry.frame)))
    pointed = bytes((entry.zero, bcd(entry.pmin), bcd(entry.psec), bcd(entry.pframe)))
    return sealed(bytes((entry.control << 4 | entry.adr, LEAD_IN_TRACK, bcd(entry.point))) + times + pointed)


def q_catalogue(control: int, number: str, frame: int) -> bytes:
    """Return a Q block with the media catalogue number, 13 digits (ECMA-130 22.3.4)."""
    digits = bytes.fromhex(number + "000")
    return sealed(bytes((control << 4 | CATALOGUE,)) + digits + bytes((bcd(frame),)))


def q_recording(control: int, code: str, frame: int) -> bytes:
    """Return a Q block with an ISRC: five characters of 6 bits, then seven digits (IEC 60908 17.5.1.4)."""
    letters = 0
    for character in code[:5]:
        letters = letters << 6 | ord(character) - 0x30
    digits = bytes.fromhex(code[5:12] + "0")
    return sealed(
        bytes((control << 4 | RECORDING,)) + (letters << 2).to_bytes(4, "big") + digits + bytes((bcd(frame),))
    )


def catalogue_of(q: bytes | memoryview) -> str:
    """Return the media catalogue number that a Q block of ADR 2 holds."""
    return bytes(q[1:8]).hex()[:13]


def recording_of(q: bytes | memoryview) -> str:
    """Return the ISRC that a Q block of ADR 3 holds."""
    letters = int.from_bytes(q[1:5], "big") >> 2
    return "".join(chr((letters >> shift & 0x3F) + 0x30) for shift in range(24, -1, -6)) + bytes(q[5:9]).hex()[:7]


def entry_of(q: bytes | memoryview, session: int) -> QEntry:
    """Return the entry of the table of contents that a Q block of a lead-in holds."""
    names = ("min", "sec", "frame", "zero", "pmin", "psec", "pframe")
    values = [byte if name == "zero" else from_bcd(byte) for name, byte in zip(names, q[3:10], strict=True)]
    fields = dict(zip(names, values, strict=True))
    return QEntry(session_number=session, adr=q[0] & 0x0F, control=q[0] >> 4, tno=q[1], point=from_bcd(q[2]), **fields)


def pq(p: bool, q: bytes) -> bytes:
    """Return the 16 bytes in which RAW16 and READ CD carry P and Q."""
    return q + bytes(3) + bytes((p << 7,))


def _time(time: Msf) -> bytes:
    return bytes((bcd(time.minute), bcd(time.second), bcd(time.frame)))

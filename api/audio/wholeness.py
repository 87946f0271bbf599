"""Whether an audio file is whole: what it tells of its length against what is there of it.

libsndfile takes a file that was cut off for a shorter one. Most formats tell how long they are; an MP3 file does where
its encoder counted the frames, which the first of them then has beside the words Xing or Info.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from struct import Struct
from types import MappingProxyType
from typing import BinaryIO, Final

from discstack.audio.errors import AudioFormatError

NO_SIZE: Final = 0x7FFF0000  # from here on it is what a writer that cannot seek leaves there, as 0 is
NO_AIFF_SIZE: Final = 0x7F000000  # so large are the samples that SoX announces there
NO_LONG_SIZE: Final = 1 << 63
# How files begin that tell their size: where it is, behind that of what comes before it, and from where on it is none
SIZES: Final = (
    (re.compile(rb"FORM....AIF[FC]", re.DOTALL), Struct(">4xI"), NO_AIFF_SIZE),
    (re.compile(rb"\.snd"), Struct(">4xII"), NO_SIZE),
    (re.compile(rb"RF64....WAVEds64", re.DOTALL), Struct("<20xQ"), NO_LONG_SIZE),
    (re.compile(rb"riff\x2e\x91\xcf\x11"), Struct("<16xQ"), NO_LONG_SIZE),  # Wave64
)
BEGINNING: Final = 32  # bytes that hold all of that
MPEG_SYNC: Final = re.compile(rb"\xff[\xfa-\xff]")  # what a frame begins with
LARGEST_FRAME: Final = 1441  # bytes
FEW_FRAMES: Final = 8192  # bytes
SLACK: Final = 2 * 1152  # samples; some encoders count the frame that has the number, or miss the last one
FRAME_COUNT: Final = re.compile(rb"(?:Xing|Info)\0\0\0[\x01\x03\x05\x07\x09\x0b\x0d\x0f]")
FURTHEST_COUNT: Final = 64  # bytes from where a frame begins: header, CRC, side information, word, flags
ID3_HEADER, ID3_TAG, APE_FOOTER = 10, 128, 32  # bytes
OGG_PAGE, LARGEST_PAGE = 27, 65307  # bytes: its header, and all that it may be
FIRST_PAGE, LAST_PAGE = 0x02, 0x04  # flags of the first and the last page of a stream (RFC 3533, 6)
PAGE: Final = re.compile(rb"OggS\0([\0-\7])")  # what a page begins with: its flags are last
PAGE_HEAD: Final = 6  # bytes of that
AT_ONCE: Final = 1 << 20  # bytes
NO_LENGTH: Final = (1 << 63) - 1  # samples; libsndfile has it where it does not know


def check_size(path: Path, file: BinaryIO) -> None:
    """Raise AudioFormatError for a file that is shorter than its header says."""
    file.seek(0)
    head = file.read(BEGINNING).ljust(BEGINNING, b"\0")
    whole = file.seek(0, os.SEEK_END)
    for beginning, layout, unknown in SIZES:
        if beginning.match(head):
            *before, size = layout.unpack_from(head)
            told = sum(before) + size
            if 0 < size < unknown and told > whole:
                raise AudioFormatError(str(path), f"it was cut off: {whole} of the {told} bytes that it tells of")


def flaw(file: BinaryIO, kind: str, decoded: int, told: int) -> str:
    """Say what keeps a compressed file from being whole, which libsndfile has just decoded; empty for one that is.

    `kind` is its format, `decoded` and `told` count samples of one channel: those that came, and those announced.
    """
    return FLAWS[kind](file, decoded, told)


def _flaw_of_any(_file: BinaryIO, decoded: int, told: int) -> str:
    return f"only {decoded} of its {told} samples can be decoded" if decoded < told != NO_LENGTH else ""


def _flaw_of_ogg(file: BinaryIO, decoded: int, told: int) -> str:
    if _is_chained(file):
        return (
            "several streams follow each other in it, libsndfile gives only the first: decode it to WAV first (ffmpeg)"
        )
    end = file.seek(0, os.SEEK_END)
    file.seek(max(end - LARGEST_PAGE - ID3_TAG, 0))
    tail = file.read()
    start = tail.rfind(b"OggS")
    header = tail[start : start + OGG_PAGE]
    if start < 0 or len(header) < OGG_PAGE or not header[5] & LAST_PAGE:
        return "it was cut off: the last page is missing"
    sizes = tail[start + OGG_PAGE : start + OGG_PAGE + header[-1]]
    if start + OGG_PAGE + header[-1] + sum(sizes) > len(tail):
        return "it was cut off: a part of the last page is missing"
    return _flaw_of_any(file, decoded, told)


def _is_chained(file: BinaryIO) -> bool:
    """Say whether a stream begins behind another: those that lie side by side all begin before any goes on."""
    file.seek(0)
    goes_on, rest = False, b""
    while block := file.read(AT_ONCE):
        data = rest + block
        for flags in PAGE.findall(data):
            begins = bool(flags[0] & FIRST_PAGE)
            if begins and goes_on:
                return True
            goes_on = not begins
        rest = data[1 - PAGE_HEAD :]
    return False


def _flaw_of_mp3(file: BinaryIO, decoded: int, told: int) -> str:
    """Without a count libsndfile only guesses what it tells: too little, or too much where tags are long."""
    left = _left_out(file)
    if left > FEW_FRAMES:
        what = f"libsndfile takes it for shorter than it is, and would leave out {left} bytes"
        return f"{what}: decode it to WAV first (mpg123, ffmpeg)"
    if decoded < told - SLACK and _counts_frames(file):
        return f"it was cut off: {decoded} of the {told} samples that it tells of can be decoded"
    return ""


def _left_out(file: BinaryIO) -> int:
    """Return how many bytes of MPEG audio come behind what was read: tags and padding are none."""
    here = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(max(end - ID3_TAG, 0))
    if file.read(ID3_TAG).startswith(b"TAG"):
        end -= ID3_TAG
    file.seek(max(end - APE_FOOTER, 0))
    footer = file.read(APE_FOOTER)
    if footer.startswith(b"APETAGEX"):
        end -= int.from_bytes(footer[12:16], "little")  # its length without the header
    file.seek(here)
    rest = file.read(max(end - here, 0))
    return len(rest) if len(rest) <= len(MPEG_SYNC.findall(rest)) * LARGEST_FRAME else 0


def _counts_frames(file: BinaryIO) -> bool:
    """Say whether the first frame, behind a tag of ID3v2, has the number of all of them."""
    file.seek(0)
    tag = file.read(ID3_HEADER)
    length = sum(byte << 7 * place for place, byte in enumerate(tag[:-5:-1]))
    file.seek(len(tag) + length if tag.startswith(b"ID3") else 0)
    return FRAME_COUNT.search(file.read(FURTHEST_COUNT)) is not None


# Of the formats whose length is not known before they are decoded
FLAWS: Final[Mapping[str, Callable[[BinaryIO, int, int], str]]] = MappingProxyType(
    {"FLAC": _flaw_of_any, "OGG": _flaw_of_ogg, "MP3": _flaw_of_mp3}
)

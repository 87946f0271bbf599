"""Audio files that were cut off, and those that only look so."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

import numpy
import pytest
import soundfile

from discstack import AudioFormatError, CueSheet, SourceError
from discstack.audio.samples import audio_piece
from discstack.audio.tracks import program_of_sheet

SAMPLES = 200_000
TELLING = {
    "AIFF": {"subtype": "PCM_24"},
    "AU": {},
    "W64": {},
    "RF64": {},
    "OGG": {},
    "FLAC": {},
    "MP3": {"bitrate_mode": "CONSTANT", "compression_level": 0.5},
    "MP3 of varying bit rate": {"bitrate_mode": "VARIABLE", "compression_level": 0.5},
}


def ogg_check_sum(page: bytes) -> int:
    crc = 0
    for byte in page:
        crc ^= byte << 24
        for _ in range(8):
            crc = crc << 1 ^ (0x104C11DB7 if crc >> 31 else 0)
    return crc


@pytest.fixture(scope="module")
def wholes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A file of each format that tells how long it is."""
    path = tmp_path_factory.mktemp("whole") / "file"
    noise = numpy.random.default_rng(1).normal(0, 0.2, (SAMPLES, 2))
    found = {}
    for name, options in TELLING.items():
        soundfile.write(path, noise, 44100, format=name.split()[0], **options)
        found[name] = path.read_bytes()
    return found


@pytest.fixture
def samples(tmp_path: Path) -> Any:
    def count(data: bytes) -> int:
        (tmp_path / "file").write_bytes(data)
        return audio_piece(tmp_path / "file").size // 4

    return count


@pytest.mark.parametrize("name", TELLING)
def test_a_file_that_was_cut_off_is_refused_and_the_whole_one_is_not(
    wholes: dict[str, bytes], samples: Any, name: str
) -> None:
    whole = wholes[name]
    assert samples(whole) == SAMPLES
    for length in (len(whole) * 19 // 20, len(whole) // 2):
        with pytest.raises(AudioFormatError, match=r"file: (it was cut off: |libsndfile cannot decode all of it)"):
            samples(whole[:length])


def test_an_ogg_file_ends_with_its_last_page_and_tags_may_follow(wholes: dict[str, bytes], samples: Any) -> None:
    whole = wholes["OGG"]
    last = whole.rindex(b"OggS")
    with pytest.raises(AudioFormatError, match="cut off: the last page is missing"):
        samples(whole[:last])
    for length in (last + 20, last + 27, len(whole) - 1):
        with pytest.raises(AudioFormatError, match=r"cut off: (the last|a part of the last) page is missing"):
            samples(whole[:length])
    assert samples(whole + b"TAG" + bytes(125)) == SAMPLES


def test_ogg_streams_one_after_the_other_are_refused(wholes: dict[str, bytes], samples: Any) -> None:
    """libsndfile gives the first of them."""
    whole = wholes["OGG"]
    for chain in (whole + whole, whole + b"TAG" + bytes(125) + whole):
        with pytest.raises(
            AudioFormatError, match=r"file: several streams follow each other .* decode it to WAV first"
        ):
            samples(chain)


def test_the_beginnings_of_ogg_streams_side_by_side_are_no_chain(wholes: dict[str, bytes], samples: Any) -> None:
    """Those of all streams come before any other page (RFC 3533, 4)."""
    whole = wholes["OGG"]
    second = whole.index(b"OggS", 1)
    other = bytearray(struct.pack("<4s2BQ4xI4x2B", b"OggS", 0, 2, 0, 0, 1, 8) + b"fishead\0")
    other[14:18] = b"else"  # its serial number
    other[22:26] = struct.pack("<I", ogg_check_sum(other))
    assert samples(whole[:second] + other + whole[second:]) == SAMPLES


@pytest.mark.parametrize(
    ("name", "at", "size"),
    [
        ("AIFF", 4, bytes(4)),
        ("AIFF", 4, bytes.fromhex("7F00002E")),
        ("AU", 8, b"\xff" * 4),
        ("W64", 16, b"\xff" * 8),
        ("RF64", 20, bytes(8)),
    ],
)
def test_a_file_whose_writer_could_not_seek_reaches_to_its_end(
    wholes: dict[str, bytes], samples: Any, name: str, at: int, size: bytes
) -> None:
    whole = wholes[name]
    unsized = whole[:at] + size + whole[at + len(size) :]
    if name == "AIFF":  # whose writers leave three places empty, or have SoX's size of 7F000000h bytes in them
        told = struct.unpack(">I", size)[0] & 0x7F000000
        for mark, offset, value in ((b"COMM", 10, told // 6), (b"SSND", 4, told and told + 8)):
            place = unsized.index(mark) + offset
            unsized = unsized[:place] + struct.pack(">I", value) + unsized[place + 4 :]
    assert samples(unsized) == SAMPLES


def test_chunks_behind_the_samples_of_an_rf64_file_are_no_samples(wholes: dict[str, bytes], samples: Any) -> None:
    """The 64 bits of the samples' length are in ds64, behind those of the file's (EBU Tech 3306)."""
    whole = wholes["RF64"]
    assert struct.unpack_from("<Q", whole, 28) == (SAMPLES * 4,)
    tagged = whole + b"LIST\4\0\0\0INFO"
    assert samples(tagged) == SAMPLES
    for unknown in (bytes(8), b"\xff" * 8):  # of a writer that could not seek
        assert samples(whole[:28] + unknown + whole[36:]) == SAMPLES
    told = (SAMPLES * 4 + 1000).to_bytes(8, "little")
    with pytest.raises(AudioFormatError, match=f"cut off: {SAMPLES * 4} of the {SAMPLES * 4 + 1000} bytes of samples"):
        samples(whole[:28] + told + whole[36:])


def test_a_flac_file_that_does_not_tell_how_long_it_is_is_refused_in_words(
    wholes: dict[str, bytes], samples: Any
) -> None:
    """What is written into a pipe has 0 for the number of samples, the last 36 bits of 8 bytes (RFC 9639, 8.2)."""
    whole = wholes["FLAC"]
    (word,) = struct.unpack_from(">Q", whole, 18)
    assert word & 0xFFFFFFFFF == SAMPLES
    with pytest.raises(AudioFormatError, match=r"file: it does not tell how long it is.*: decode it to WAV first"):
        samples(whole[:18] + struct.pack(">Q", word - SAMPLES) + whole[26:])


def frames(data: bytes) -> list[int]:
    """Return where the frames of 44.1 kHz of an MP3 file begin."""
    rates = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
    at, found = data.index(b"\xff\xfb"), []
    while at < len(data):
        found.append(at)
        at += 144000 * rates[data[at + 2] >> 4] // 44100 + (data[at + 2] >> 1 & 1)
    return found


def test_an_mp3_with_a_count_that_is_one_too_high_is_whole(wholes: dict[str, bytes], samples: Any) -> None:
    whole = wholes["MP3"]
    assert SAMPLES - 1152 <= samples(whole[: frames(whole)[-1]]) <= SAMPLES
    with pytest.raises(AudioFormatError, match=f"cut off: \\d+ of the {SAMPLES} samples"):
        samples(whole[: frames(whole)[-6]])


def test_the_count_of_an_mp3_is_found_behind_its_tag(wholes: dict[str, bytes], samples: Any) -> None:
    tag = b"ID3\3\0\0" + bytes((0, 0, 300 >> 7, 300 & 0x7F)) + bytes(300)
    whole = tag + wholes["MP3"]
    assert samples(whole) == SAMPLES
    with pytest.raises(AudioFormatError, match="cut off"):
        samples(whole[: len(whole) // 2])


def test_an_mp3_without_a_count_is_as_long_as_it_is_however_long_the_tags(
    wholes: dict[str, bytes], samples: Any
) -> None:
    """libsndfile guesses its length from that of the file."""
    whole = wholes["MP3"]
    bare = whole[frames(whole)[1] :]
    ends = [b"APETAGEX" + struct.pack("<4I8x", 2000, 100_032, 1, flags << 28) for flags in (0xA, 0x8)]
    long_tag = bytes(100_000).join(ends)
    assert samples(bare) == samples(bare + long_tag) == 1152 * (len(frames(whole)) - 1)
    assert samples(bare[: len(bare) // 2]) in range(SAMPLES // 2 - 1152, SAMPLES // 2 + 1152)


@pytest.mark.parametrize("name", ["WAV", "AIFF", "AU"])
def test_a_file_without_samples_is_refused_by_name(tmp_path: Path, name: str) -> None:
    soundfile.write(tmp_path / "file", numpy.zeros((0, 2)), 44100, format=name)
    with pytest.raises(AudioFormatError, match="file: there are no samples in it"):
        audio_piece(tmp_path / "file")


@pytest.mark.linux("named pipes")
@pytest.mark.parametrize("kind", ["WAVE", "BINARY"])
def test_pipes_are_refused_and_not_waited_for(tmp_path: Path, kind: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="pipe: it is no regular file"):
        audio_piece(tmp_path / "pipe")
    sheet = CueSheet.parse(f"FILE pipe {kind}\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n", tmp_path / "a.cue")
    with pytest.raises(SourceError, match="pipe: it is no regular file"):
        program_of_sheet(sheet)

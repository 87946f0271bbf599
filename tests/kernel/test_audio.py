"""cdrdao records an audio disc with CD-TEXT on our drive, through the Linux kernel; other people's readers read it."""

from __future__ import annotations

import math
import shutil
import struct
import wave
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

Attaching = Callable[..., AbstractContextManager[Any]]
SECTOR = 2352
PREGAP = 150
# Driver option 10h: write CD-TEXT
WRITE = "cdrdao write -n --device {device} --driver generic-mmc:0x10 disc.toc"
HEAD = """CD_DA
CATALOG "0724349707924"
CD_TEXT { LANGUAGE_MAP { 0: EN } LANGUAGE 0 { TITLE "An album" PERFORMER "Us" } }
"""
TRACK = """
TRACK AUDIO
ISRC "DEAAA990000{number}"
CD_TEXT {{ LANGUAGE 0 {{ TITLE "Song {number}" PERFORMER "Singer {number}" }} }}
{pregap}
AUDIOFILE "{number}.wav" 0
"""


def tone(path: Path, pitch: float, sectors: int) -> bytes:
    """Write a tone (noise would not do: cd-paranoia finds out the order of bytes from the sound)."""
    count = sectors * SECTOR // 4
    data = b"".join(
        struct.pack("<hh", round(9000 * math.sin(n * pitch)), round(8000 * math.sin(n * pitch * 0.7)))
        for n in range(count)
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(data)
    return data


def test_audio_by_cdrdao_comes_back_by_other_readers(
    kernel: Any, attaching: Attaching, share: Path, brisk: str
) -> None:
    if shutil.which("cdrdao") is None or shutil.which("icedax") is None:
        pytest.skip("cdrdao or icedax is not installed")
    first, second = tone(share / "1.wav", 0.031, 450), tone(share / "2.wav", 0.047, 375)
    tracks = TRACK.format(number=1, pregap="") + TRACK.format(number=2, pregap="PREGAP 0:2:0")
    (share / "disc.toc").write_text(HEAD + tracks)
    with attaching("cd-r") as attachment:
        device = attachment.drives[0].block
        kernel.check(
            f"{brisk} cd {share}; {WRITE.format(device=device)}; sg_start --eject {device}; sg_start --load {device}"
        )
        said = kernel.check(f"cd-info --no-device-info --no-disc-mode --no-cddb {device}")
        titles = kernel.check(f"icedax dev={device} -J -N -Q -v toc,titles 2>&1")
        kernel.check(f"cd {share}; cd-paranoia -d {device} -w 1- all.wav 2>&1")
    assert "Media Catalog Number (MCN): 0724349707924" in said
    for words in ("TITLE: An album", "PERFORMER: Us", "TITLE: Song 2", "PERFORMER: Singer 1"):
        assert words in said
    assert "Track  2: 'Song 2'" in titles
    with wave.open(str(share / "all.wav"), "rb") as file:
        assert file.readframes(file.getnframes()) == first + bytes(PREGAP * SECTOR) + second

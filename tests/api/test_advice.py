"""Wrong uses of the command line: each is refused with its exit code, and told what happened and what to do next."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Discstack = Callable[..., Any]
DISC = "virtual:dvd+r?file=disc.img"


@pytest.fixture
def things(discstack: Discstack, tmp_path: Path) -> Path:
    """What the command lines speak of: a folder, an image of it, what is left of one, a sound, a disc with data."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/file").write_bytes(bytes(300_000))
    with wave.open(str(tmp_path / "one.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(bytes(2352 * 300))
    assert discstack("image", "folder", "-o", "image.iso").code == 0
    (tmp_path / "half.iso").write_bytes((tmp_path / "image.iso").read_bytes()[:560_000])
    (tmp_path / "none.cue").write_text('REM\nFILE "none.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n')
    (tmp_path / "bad.cue").write_text('FILE "image.iso" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n')
    assert discstack("burn", "folder", "-d", DISC, "--verify", "none").code == 0
    assert discstack("audio", "one.wav", "-d", "virtual:cd-r?file=audio.img").code == 0
    return tmp_path


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("read DISC -o copy.iso --start 99999", 5, "nothing to read from sector 99999 on, the last one is"),
        ("read DISC&fault=medium-error:9-20 -o copy.iso", 4, "--skip-bad writes zeros"),
        ("read virtual:cd-r?file=audio.img -o sound.iso", 4, "without sectors of 2048 bytes are read into a FILE.cue"),
        ("verify image.iso --manifest one.wav", 7, "line 1 of the manifest is not a SHA-256"),
        ("emulate dvd+x", 2, "no medium is called 'dvd+x'; there are cd-r"),
        ("verify image.iso", 2, "image.iso is a file: what is in it is compared with a --manifest or with a --tree"),
        ("ls folder", 2, "folder is a folder; what is read is an image file or the disc in a drive"),
        ("extract image.iso -o folder", 1, "nothing is written over: take another folder"),
        ("extract half.iso -o out", 7, "--skip-bad leaves out what cannot be read"),
        ("image to=folder -o new.iso", 7, "--graft-points reads operands as TARGET=SOURCE"),
        ("burn folder -d DISC --erase", 5, "--erase: what is on this DVD+R cannot be erased"),
        ("burn folder -d DISC --erase", 5, "--append keeps that"),
        ("audio one.wav -d virtual:cd-r --isrc XX", 2, "'XX' is no ISRC: 5 letters or digits, then 7 digits"),
        ("audio image.iso -d virtual:cd-r", 7, "libsndfile cannot read it"),
        ("audio none.cue -d virtual:cd-r", 7, "line 2 of none.cue names it"),
        ("audio bad.cue -d virtual:cd-r", 7, "line 1 of bad.cue names it"),
        ("decode sense 70:00:05", 0, "note: sense data has 8 bytes at least, and here are 3"),
        ("bench virtual:dvd+r", 5, "nothing is written unless that is asked for"),
    ],
)
def test_a_refusal_says_what_to_do_next(discstack: Discstack, things: Path, line: str, code: int, said: str) -> None:
    done = discstack(*(word.replace("DISC", DISC) for word in line.split()))
    assert (done.code, done.err.count(said)) == (code, 1), done.err
    assert len(done.err) < 1000
    copy = things / "copy.iso"
    assert not copy.exists() or copy.stat().st_size == 9 * 2048  # all that lies before what cannot be read

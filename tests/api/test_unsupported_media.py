"""Media that the library does not write are told by name, and refused by every command that would change them."""

from __future__ import annotations

import re
import wave
from pathlib import Path
from typing import Any

import pytest

NAMES = {
    0x16: "DVD-R DL (layer jump)",
    0x17: "DVD-RW DL",
    0x18: "DVD-Download",
    0x2A: "DVD+RW DL",
    0x42: "BD-R (random recording)",
    0x50: "HD DVD-ROM",
    0x51: "HD DVD-R",
    0x52: "HD DVD-RAM",
    0x53: "HD DVD-RW",
    0x58: "HD DVD-R DL",
    0x5A: "HD DVD-RW DL",
}
CHANGING = {
    "burn": ("burn", "file", "-d", "DRIVE"),
    "erase": ("erase", "DRIVE"),
    "format": ("format", "DRIVE"),
    "close": ("close", "DRIVE"),
    "repair": ("repair", "DRIVE"),
    "audio": ("audio", "silence.wav", "-d", "DRIVE"),
    "bench": ("bench", "DRIVE", "--write", "--size", "1MB"),
}
CHANGES = {"WRITE (10)", "WRITE (12)", "BLANK", "FORMAT UNIT", "CLOSE TRACK/SESSION", "MODE SELECT (10)"}


@pytest.mark.parametrize("what", CHANGING)
@pytest.mark.parametrize("profile", NAMES)
def test_what_is_not_written_is_refused_by_name(discstack: Any, tmp_path: Path, profile: int, what: str) -> None:
    (tmp_path / "file").write_bytes(b"data")
    with wave.open(str(tmp_path / "silence.wav"), "wb") as file:
        file.setparams((2, 2, 44100, 0, "NONE", ""))
        file.writeframes(bytes(4 * 44100))
    drive = f"virtual:dvd-r-dl?file=disc&fault=profile:{profile:04x}"
    words = [drive if word == "DRIVE" else word for word in CHANGING[what]]
    refused = discstack(*words, "--trace", "trace")
    assert refused.code == 5, refused.err
    assert NAMES[profile] in refused.err
    assert (tmp_path / "disc").stat().st_size == 0
    assert CHANGES.isdisjoint(re.findall(r"[A-Z][A-Z /]+[A-Z](?: \(\d+\))?", (tmp_path / "trace").read_text()))


def test_a_speed_that_no_medium_here_has_leaves_the_output_as_it_was(discstack: Any, tmp_path: Path) -> None:
    (tmp_path / "output").write_bytes(b"what was there")
    drive = "virtual:dvd-r-dl?fault=profile:0016"
    refused = discstack("read", drive, "-o", "output", "--sectors", "1", "--speed", "4x")
    assert refused.code == 5, refused.err
    assert "no speed is known for this medium" in refused.err
    assert (tmp_path / "output").read_bytes() == b"what was there"


@pytest.mark.parametrize("profile", NAMES)
def test_what_is_not_written_is_described(discstack: Any, profile: int) -> None:
    drive = f"virtual:dvd-r-dl?fault=profile:{profile:04x}"
    told = discstack("info", drive, "--json")
    assert told.code == 0
    medium = told.json["medium"]
    assert (medium["name"], medium["state"]) == (NAMES[profile], "unsupported")
    assert "does not write" in medium["reason"]
    assert discstack("info", drive, "--all").code == 0

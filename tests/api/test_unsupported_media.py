"""Media that the library does not write are told by name, and refused by every command that would change them."""

from __future__ import annotations

import re
import wave
from pathlib import Path
from typing import Any

import pytest

from discstack.emulator.open import open_virtual
from discstack.mmc.spec.cdb import Direction
from discstack.transport.base import Command

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


def record_with_jumps(file: Path) -> bytes:
    """Record three pieces of 16 blocks on either layer of a disc of 128, by turns, and close it; return its blocks."""
    drive = open_virtual("dvd-r-dl-lj", capacity=128, file=file)

    def send(cdb: str, data: bytes | None = None, allocation: int = 0) -> bytes:
        way = Direction.TO_DEVICE if data is not None else Direction.FROM_DEVICE if allocation else Direction.NONE
        reply = drive.execute(Command(bytes.fromhex(cdb), way, data, allocation, timeout=1e6))
        assert not reply.status, reply.sense.hex(" ")
        return bytes(reply.data)

    drive.execute(Command(bytes(6), Direction.NONE, None, 0, timeout=1e6))  # hears of the power that came on
    page = bytearray(send("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    page[2:5] = b"\x44\x05\x08"  # layer jump, no next session
    send(f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page)
    send("BF 00 00000000 00 22 000C 00 00", bytes.fromhex("000A 0000 00000000 00000010"))
    blocks = bytearray(128 * 2048)
    for piece, lba in enumerate((0, 112, 16, 96, 32, 80), 1):
        blocks[lba * 2048 : (lba + 16) * 2048] = bytes([piece]) * (16 * 2048)
        send(f"2A 00 {lba:08X} 00 0010 00", bytes([piece]) * (16 * 2048))
    send("35" + "00" * 9)
    send("5B 00 01 00 0001 00 00 00 00")
    send("5B 00 02 00 0000 00 00 00 00")
    drive.close()
    return bytes(blocks)


def test_a_disc_with_layer_jumps_is_read_and_refused_by_name(discstack: Any, tmp_path: Path) -> None:
    blocks = record_with_jumps(tmp_path / "disc")
    drive = "virtual:dvd-r-dl-lj?file=disc&capacity=128"
    medium = discstack("info", drive, "--json").json["medium"]
    assert [(track["start"], track["blocks"]) for track in medium["tracks"]] == [(0, 48), (80, 48)]
    assert discstack("read", drive, "-o", "output").code == 0
    assert (tmp_path / "output").read_bytes() == blocks
    refused = discstack("burn", "output", "--as-file", "-d", drive)
    assert refused.code == 5
    assert "DVD-R DL (layer jump)" in refused.err

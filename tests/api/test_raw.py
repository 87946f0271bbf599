"""Single commands and their bytes on the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import discstack as ds

Discstack = Callable[..., Any]


def test_a_command_brings_its_data(discstack: Discstack) -> None:
    sent = discstack("raw", "virtual:dvd+r", "12 00 00 00 24 00", "--in", "36", "--json")
    assert sent.code == 0, sent.err
    assert sent.json["command"] == "INQUIRY allocation_length=0x24"
    assert bytes.fromhex(sent.json["data"])[8:16] == b"DISCSTAK"


def test_a_unit_attention_is_told_and_the_command_sent_again(discstack: Discstack) -> None:
    sent = discstack("raw", "virtual:dvd+r", "51:00:00:00:00:00:00:00:22:00", "--in", "34")
    assert sent.code == 0, sent.err
    assert "note: UNIT ATTENTION 6/29/00" in sent.err
    assert "received  34 bytes" in sent.out
    assert "000000  00 20 00 01" in sent.out


def test_a_refusal_is_shown_with_its_sense_and_ends_with_4(discstack: Discstack) -> None:
    sent = discstack("raw", "virtual:dvd+r", "0x28 00 00 00 00 00 00 00 01 00", "--in", "2048")
    assert sent.code == 4
    assert "BLANK CHECK 8/00/00" in sent.out


def test_what_is_no_cdb_is_refused_for_any_drive(discstack: Discstack) -> None:
    sent = discstack("raw", "virtual:dvd+r", "28 00 00")
    assert sent.code == 2
    assert "a CDB has 6, 10, 12 or 16 bytes, not 3" in sent.err
    with ds.open("virtual:dvd+r") as recorder, pytest.raises(ValueError, match="16 bytes, not 0"):
        recorder.execute(b"")


@pytest.mark.linux("/dev/zero")
@pytest.mark.parametrize("words", [("--in", "999999999999"), ("--out", "/dev/zero")])
def test_more_than_a_command_moves_is_refused_before_there_is_room_for_it(
    discstack: Discstack, words: tuple[str, str]
) -> None:
    sent = discstack("raw", "virtual:dvd+r", "12 00 00 00 24 00", *words)
    assert sent.code == 1
    assert "bytes in one command; virtual:dvd+r takes at most 1048576" in sent.err


@pytest.mark.parametrize("timeout", ["inf", "nan", "86401"])
def test_a_time_out_that_no_system_can_count_is_refused(discstack: Discstack, timeout: str) -> None:
    sent = discstack("raw", "virtual:dvd+r", "00 00 00 00 00 00", "--timeout", timeout)
    assert sent.code == 1
    assert f"a time-out is more than 0 and up to 86400 seconds, not {timeout}" in sent.err


def test_data_goes_out_of_a_file_and_comes_into_one(discstack: Discstack, tmp_path: Path) -> None:
    (tmp_path / "sector").write_bytes(b"x" * 2048)
    drive = "virtual:dvd+rw?file=disc.img"
    assert discstack("burn", "sector", "-d", drive).code == 0
    write = discstack("raw", drive, "2a 00 00 00 00 20 00 00 01 00", "--out", "sector")
    assert write.code == 0, write.out
    read = discstack("raw", drive, "28 00 00 00 00 20 00 00 01 00", "--in", "2048", "--save", "copy")
    assert read.code == 0, read.out
    assert (tmp_path / "copy").read_bytes() == b"x" * 2048


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("cdb", "2a", "00", "0000", "0010", "00", "0020", "00"), "transfer_length  0x20 (32)"),
        (("sense", "70000200 0000000a 00000000 04040080 4000"), "FORMAT IN PROGRESS"),
        (("sense", "72 03 11 05 00 00 00 00"), "MEDIUM ERROR 3/11/05"),
    ],
)
def test_bytes_are_spelled(discstack: Discstack, words: tuple[str, ...], shown: str) -> None:
    spelled = discstack("decode", *words)
    assert spelled.code == 0
    assert shown in spelled.out

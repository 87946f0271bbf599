"""What the kernel carries to an attached drive and back: lengths, directions, residuals, sense, and the tray."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

Attaching = Callable[..., AbstractContextManager[Any]]
Submit = Callable[..., list[dict[str, Any]]]
LARGE = 1 << 20  # bytes; 256 segments of a page each, which are the most that the kernel hands this drive
SETTLE = {"cdb": "000000000000"}
TRAY_OPEN, DISC_OK = 2, 4  # answers of CDROM_DRIVE_STATUS


@pytest.fixture(scope="module")
def drives(attaching: Attaching) -> Iterator[Any]:
    with attaching("dvd-ram") as attachment:
        yield attachment.drives


@pytest.fixture
def submit(guest_python: Callable[..., str]) -> Submit:
    def run(device: str, *rows: dict[str, Any]) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]] = json.loads(guest_python("submit.py", device, json.dumps(rows)))
        return answers

    return run


def test_commands_of_all_lengths_and_directions(drives: Any, submit: Submit) -> None:
    blocks = LARGE // 2048
    rows = [
        {"cdb": "55100000000000000c00", "out": 12},
        {"cdb": "12000000ff00", "in": 255},
        {"cdb": "4600000000000000ff00", "in": 8},
        {"cdb": "46000000000000fffe00", "in": 65534},
        {"cdb": f"2a000000000000{blocks:04x}00", "out": LARGE},
        {"cdb": f"28000000000000{blocks:04x}00", "in": LARGE},
        {"cdb": f"a800000000000000{blocks:04x}0000", "in": LARGE},
        {"cdb": "28007fffffff00000100", "in": 2048},
        {"cdb": "c1000000000000000000"},
        {"cdb": "88000000000000000000000000010000", "in": 2048},
        {"cdb": f"28000000000000{blocks + 1:04x}00", "in": LARGE + 2048},
    ]
    answers = submit(drives[0].generic, SETTLE, *rows)[1:]
    refused, inquiry, short, long, written, read, read_12, beyond, vendor, read_16, too_long = answers
    assert (refused["status"], refused["sense"][4:6]) == (2, "05"), "a list that counts up makes no mode page"
    assert (inquiry["status"], inquiry["resid"]) == (0, 255 - 36)
    assert bytes.fromhex(inquiry["data"])[8:16] == b"DISCSTAK"
    assert (short["status"], short["resid"]) == (0, 0)
    assert 0 < long["resid"] < 65534
    assert (written["status"], written["resid"]) == (0, 0)
    assert read["same"]
    assert read_12["same"]
    assert (beyond["sense"][4:6], beyond["sense"][24:28]) == ("05", "2100")
    assert (vendor["sense"][4:6], vendor["sense"][24:28]) == ("05", "2000")
    assert (read_16["sense"][4:6], read_16["sense"][24:28]) == ("05", "2000")
    assert too_long == {"error": "Invalid argument"}


def test_what_nobody_waits_for_is_aborted_and_the_drive_goes_on(attaching: Attaching, submit: Submit) -> None:
    write, ready = {"cdb": "2a000000000000000100", "out": 2048, "timeout": 300}, {"cdb": "000000000000"}
    complaint = r"WRITE \(10\) .*: a fault of the virtual drive"
    with attaching("dvd-ram?fault=timeout", complaint=complaint) as attachment:  # it never answers its first WRITE
        node = attachment.drives[0].generic
        aborted, after = submit(node, SETTLE, write, ready)[1:]
        assert aborted["host"] == 3, "DID_TIME_OUT"
        assert after["status"] in (0, 2)
        assert submit(node, ready, ready)[1]["status"] == 0


def test_kernel_moves_the_tray_and_hears_of_the_medium(drives: Any, kernel: Any) -> None:
    words = ("status", "changed", "open", "status", "close", "status", "changed")
    answers = json.loads(kernel.script("tray.py", drives[0].block, *words))
    assert (answers[0], answers[3:]) == (DISC_OK, [TRAY_OPEN, 0, DISC_OK, 1])

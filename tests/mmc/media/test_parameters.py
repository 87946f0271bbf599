"""What is sent with commands, by bytes from the standard's tables: the cookbook tells commands only, not their data."""

from __future__ import annotations

from typing import Any

import pytest

from discstack.mmc.burn import burn
from discstack.mmc.job import VerifyLevel
from discstack.mmc.medium import WriteMode
from discstack.mmc.operations import erase, format_medium
from discstack.mmc.recipe import FormatOptions

MODE_SELECT, FORMAT_UNIT, WRITE = 0x55, 0x04, 0x2A
HEADER = 8  # bytes of the mode parameter header (SPC-4 7.5.5)
AT_ONCE = {"mode": WriteMode.DISC_AT_ONCE}
FIXED, VARIABLE = {"mode": WriteMode.FIXED_PACKETS}, {"mode": WriteMode.VARIABLE_PACKETS}


def sent(tap: Any, opcode: int) -> list[bytes]:
    """Collect the data of one kind of command from now on, up to the first WRITE."""
    found, execute, writing = list[bytes](), tap.execute, False

    def watched(command: Any) -> Any:
        nonlocal writing
        writing |= command.cdb[0] == WRITE
        if command.cdb[0] == opcode and not writing:
            found.append(bytes(command.data))
        return execute(command)

    tap.execute = watched
    return found


# Bytes 2 to 5, 8, and 10 to 15 of page 05h (MMC-6 7.5.4): BUFE, LS_V, test write and write type; multi-session, FP,
# copy and track mode; data block type; link size (the drive's own without LS_V); session format; packet size; pause
@pytest.mark.parametrize(
    ("medium", "options", "page"),
    [
        ("cd-r", {}, "41 C4 08 10, 00, 00000000 0096"),
        ("cd-r", {"close": True}, "41 04 08 10, 00, 00000000 0096"),
        ("cd-r", {"underrun_protection": False}, "01 C4 08 10, 00, 00000000 0096"),
        ("cd-r", {"simulate": True}, "51 C4 08 10, 00, 00000000 0096"),
        ("cd-r", {"xa": True}, "41 C4 0A 10, 20, 00000000 0096"),
        ("cd-r", FIXED, "40 E5 08 10, 00, 00000020 0096"),
        ("cd-r", VARIABLE, "40 C5 08 10, 00, 00000000 0096"),
        ("cd-r", {**FIXED, "xa": True, "close": True}, "40 25 0A 10, 20, 00000020 0096"),
        ("cd-r", AT_ONCE, "42 C4 08 10, 00, 00000000 0096"),
        ("cd-r", {**AT_ONCE, "close": True, "underrun_protection": False}, "02 04 08 10, 00, 00000000 0096"),
        ("cd-r", {**AT_ONCE, "simulate": True}, "52 C4 08 10, 00, 00000000 0096"),
        ("dvd-r", {}, "60 E5 08 10, 00, 00000010 0000"),
        ("dvd-r", {"close": True}, "60 25 08 10, 00, 00000010 0000"),
        ("dvd-r", {"underrun_protection": False, "simulate": True}, "30 E5 08 10, 00, 00000010 0000"),
        ("dvd-r", AT_ONCE, "42 05 08 00, 00, 00000000 0000"),
        ("dvd-rw", {"mode": WriteMode.INCREMENTAL}, "60 C4 08 10, 00, 00000000 0000"),
        ("dvd-rw", AT_ONCE, "42 04 08 00, 00, 00000000 0000"),
    ],
)
def test_write_parameters_say_how_a_disc_is_written(lab: Any, medium: str, options: dict[str, Any], page: str) -> None:
    tap = lab.drive(medium, 32768, speed=4)
    if medium == "dvd-rw":
        lab.run(erase(full=True), tap)  # a new one is written at once only
    pages = sent(tap, MODE_SELECT)
    lab.run(burn(lab.job(320, verify=VerifyLevel.NONE, **options)), tap)
    last = pages[-1][HEADER:]
    assert (last[0] & 0x3F, last[1]) == (0x05, len(last) - 2)
    assert (last[2:6], last[8:9], last[10:16]) == tuple(bytes.fromhex(part) for part in page.split(","))


def test_write_parameters_of_a_cd_that_is_formatted_for_packets(lab: Any) -> None:
    tap = lab.drive("cd-rw", 3900)
    lab.run(format_medium(), tap)
    pages = sent(tap, MODE_SELECT)
    lab.run(burn(lab.job(320, verify=VerifyLevel.NONE, underrun_protection=False)), tap)
    last = pages[-1][HEADER:]
    assert (last[2:6], last[8:9], last[10:14]) == (bytes.fromhex("00 25 08 10"), b"\0", bytes.fromhex("00000020"))


# The parameter list of FORMAT UNIT (MMC-6 6.4): FOV, DCRT and IMMED; the blocks; type and sub-type; what belongs to the
# type: the length of a block, of a packet or ECC block, or the clusters of a spare area
@pytest.mark.parametrize(
    ("medium", "options", "data"),
    [
        ("dvd+rw", {}, "00 02 0008, FFFFFFFF 98 000000"),
        ("dvd-rw", {}, "00 02 0008, 00000000 54 000010"),
        ("dvd-rw", {"full": True}, "00 02 0008, 00231020 00 000800"),
        ("cd-rw", {}, "00 02 0008, 00048160 40 000020"),
        ("dvd-ram", {}, "00 A2 0008, 00222120 00 000800"),
        ("dvd-ram", {"full": True}, "00 82 0008, 00222120 00 000800"),
        ("bd-re", {}, "00 82 0008, 00B47400 C3 003000"),
        ("bd-re", {"full": True}, "00 82 0008, 00B47400 C2 003000"),
        ("bd-re", {"spare_blocks": 0}, "00 82 0008, 00BA7400 C4 000800"),
        ("bd-re", {"spare_blocks": 200_000}, "00 82 0008, 00B766C0 C3 00186A"),
        ("bd-r", {}, "00 82 0008, 00B47400 01 000000"),
        ("bd-r", {"spare_blocks": 131_072}, "00 82 0008, 00B87400 C9 000000"),
        ("bd-r", {"pseudo_overwrite": True}, "00 82 0008, 00B47400 00 000000"),
    ],
)
def test_a_format_is_asked_for_by_size_type_and_what_belongs_to_it(
    lab: Any, medium: str, options: dict[str, Any], data: str
) -> None:
    tap = lab.drive(medium)
    lists = sent(tap, FORMAT_UNIT)
    lab.run(format_medium(FormatOptions(**options)), tap)
    assert [found.hex(" ").upper() for found in lists] == [bytes.fromhex(data.replace(",", "")).hex(" ").upper()]

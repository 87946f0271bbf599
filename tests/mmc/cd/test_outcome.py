"""What a CD may be after a recording, and what it may not, whatever the drive said of its commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from discstack.mmc.cd.burn import burn_program
from discstack.mmc.errors import DiscStateError

SIZE = 20000
READ_TOC, DISC_INFORMATION, FLUSH = 0x43, 0x51, 0x35
ENTRY, POINT, LEAD_OUT = 11, 3, 0xA2  # raw entries (MMC-6 6.25.3.4): their size, where their point stands, of lead-out
EMPTY, APPENDABLE, FINALIZED = 0b00000, 0b00001, 0b01110  # states of disc and last session (MMC-6 6.21.3)


def burn(studio: Any, opcode: int, change: Callable[[bytearray], None], **options: Any) -> Any:
    """Burn two tracks on a drive whose answers to one question are changed once it has flushed its cache."""
    tap = studio.lab.drive("cd-r", SIZE)
    execute, flushed = tap.execute, False

    def altered(command: Any) -> Any:
        nonlocal flushed
        reply = execute(command)
        flushed |= command.cdb[0] == FLUSH
        if command.cdb[0] != opcode or not flushed or (opcode == READ_TOC and command.cdb[2] != 2):
            return reply
        data = bytearray(reply.data)
        change(data)
        return replace(reply, data=bytes(data))

    tap.execute = altered
    tracks = studio.track(400, 1), studio.track(500, 2, copy_permitted=True)
    return studio.lab.run(burn_program(studio.job(*tracks, **options)), tap)


@pytest.mark.parametrize(
    ("point", "at", "change", "what"),
    [
        (2, 10, 0x02, "track 2 starts at 402 in the table of contents, not at 400"),
        (2, 1, 0x02, "track 2 has the control field 0h, not 2h"),
        (2, 1, 0x04, "track 2 has the control field 6h, not 2h"),
        (2, 1, 0x30, "track 2 is not in the table of contents"),  # what it tells is of another kind
        (2, 0, 0x03, "track 2 is not in the table of contents"),  # or of session 2
        (2, POINT, 0x05, "track 2 is not in the table of contents"),
        (1, POINT, 0x05, "track 1 is not in the table of contents"),
        (LEAD_OUT, 10, 0x01, "the lead-out starts at 901 in the table of contents, not at 900"),
        (LEAD_OUT, POINT, 0x01, "the lead-out starts at None in the table of contents, not at 900"),
    ],
)
def test_a_table_of_contents_that_differs_in_anything_is_an_error(
    studio: Any, point: int, at: int, change: int, what: str
) -> None:
    def changed(data: bytearray) -> None:
        for entry in range(4, len(data) - ENTRY + 1, ENTRY):
            if data[entry + POINT] == point:
                data[entry + at] ^= change

    with pytest.raises(DiscStateError, match=what) as caught:
        burn(studio, READ_TOC, changed)
    assert caught.value.medium is not None


def state(value: int) -> Callable[[bytearray], None]:
    def changed(data: bytearray) -> None:
        if len(data) > 4:  # not where only the length was asked for
            data[2] = data[2] & 0xF0 | value
            data[4] -= value == FINALIZED and data[4] > 1  # the empty session that could follow

    return changed


@pytest.mark.parametrize(
    ("value", "options", "what"),
    [
        (APPENDABLE, {"close": True}, "should be finalized now"),
        (0b00101, {"close": False}, "the session did not get closed"),
        (EMPTY, {"close": False}, "should be appendable now"),
        (FINALIZED, {"simulate": True}, "a test changed the disc, which was CD-R, blank"),
    ],
)
def test_a_cd_that_is_not_as_open_as_was_asked_for_is_an_error(
    studio: Any, value: int, options: dict[str, Any], what: str
) -> None:
    with pytest.raises(DiscStateError, match=what):
        burn(studio, DISC_INFORMATION, state(value), **options)


def test_a_cd_that_the_drive_finalized_of_its_own_accord_is_told_of(studio: Any) -> None:
    result = burn(studio, DISC_INFORMATION, state(FINALIZED), close=False)
    assert result.notices == ("the drive finalized the disc: no session can follow",)
    assert burn(studio, DISC_INFORMATION, state(FINALIZED), close=True).notices == ()

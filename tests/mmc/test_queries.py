"""Asking: two-step lengths, and the oddities of drives and bridges."""

from __future__ import annotations

from typing import Any

import pytest

from discstack.mmc import performance, queries
from discstack.mmc.command import optional
from discstack.mmc.errors import NotReady, ResponseError, UnsupportedMedium
from discstack.mmc.identify import identify
from discstack.mmc.inspection import inspect
from discstack.transport.base import CommandFiltered

# Header, then the current/maximum descriptor: 2295104 blocks of 2048 bytes, blank (MMC-6 6.23.3).
FORMATS = bytes.fromhex("000000 08 00230540 01 000800")
PAGE_05 = bytes.fromhex("05 32 41 C4 08 10 00 00 00 00 00000010 0096") + bytes(36)


def test_format_capacities_are_asked_for_by_four_bytes_first(lab: Any) -> None:
    script = lab.script(FORMATS[:4], FORMATS)
    capacities = lab.run(queries.format_capacities(), script)
    assert [cdb.hex() for cdb in script.seen] == ["23000000000000000400", "23000000000000000c00"]
    assert capacities.current.number_of_blocks == 2295104


def test_a_header_that_is_too_short_is_refused(lab: Any) -> None:
    with pytest.raises(ResponseError, match="READ FORMAT CAPACITIES"):
        lab.run(queries.format_capacities(), lab.script(b"\0\0"))


@pytest.mark.parametrize("answers", [(FORMATS[:6], FORMATS), (FORMATS[:6], FORMATS[:5])], ids=["once", "always"])
def test_what_comes_short_of_its_own_length_is_asked_for_once_more(lab: Any, answers: tuple[bytes, bytes]) -> None:
    script = lab.script(FORMATS[:4], *answers)
    if FORMATS in answers:
        assert lab.run(queries.format_capacities(), script).current.number_of_blocks == 2295104
    else:
        with pytest.raises(ResponseError, match="READ FORMAT CAPACITIES"):
            lab.run(queries.format_capacities(), script)
    assert [cdb[7:9].hex() for cdb in script.seen] == ["0004", "000c", "000c"]


def test_features_are_not_lost_to_one_transfer_that_was_cut_off(lab: Any) -> None:
    """A formatted CD-RW (feature 0026h) looked like any other, and was written as one."""
    answer = bytes.fromhex("00000010 0000 000A 0010 03 00 00000000 0026 03 00")
    script = lab.script(answer[:8], answer[:16], answer)
    assert lab.run(queries.current_configuration(), script).is_current(0x26)


def test_a_mode_page_is_asked_for_by_its_length(lab: Any) -> None:
    header = bytes.fromhex("003A 00 00 0000 0000")
    script = lab.script((header + PAGE_05)[:10], header + PAGE_05)
    assert lab.run(queries.mode_page(5), script) == PAGE_05
    assert [cdb[7:9].hex() for cdb in script.seen] == ["000a", "003c"]


def test_the_page_s_own_length_wins_over_a_header_that_counts_less(lab: Any) -> None:
    header = bytes.fromhex("0008 00 00 0000 0000")
    script = lab.script((header + PAGE_05)[:10], header + PAGE_05)
    assert lab.run(queries.mode_page(5), script) == PAGE_05


def test_block_descriptors_are_skipped(lab: Any) -> None:
    header = bytes.fromhex("0042 00 00 0000 0008") + bytes(8)
    script = lab.script((header + PAGE_05)[:10], header + PAGE_05)
    assert lab.run(queries.mode_page(5), script) == PAGE_05


def test_another_page_than_the_one_asked_for_is_refused(lab: Any) -> None:
    header = bytes.fromhex("003A 00 00 0000 0000")
    with pytest.raises(ResponseError):
        lab.run(queries.mode_page(0x2A), lab.script(header + PAGE_05))


@pytest.mark.parametrize(("key", "asc"), [(5, 0x20), (5, 0x24), (2, 0x24)])
def test_what_a_drive_knows_nothing_of_has_no_answer(lab: Any, key: int, asc: int) -> None:
    """Whatever sense key goes with it: tgt says NOT READY."""
    assert lab.run(optional(queries.format_capacities()), lab.script((key, asc, 0))) is None


def test_a_drive_that_is_not_ready_is_no_refusal(lab: Any) -> None:
    with pytest.raises(NotReady):
        lab.run(optional(queries.format_capacities()), lab.script((2, 0x04, 0)))


def test_a_device_without_get_configuration_is_refused_by_its_name(lab: Any) -> None:
    inquiry = bytes.fromhex("05 80 05 02 1F 00 00 00") + b"Linux   scsi_debug      0191"
    with pytest.raises(UnsupportedMedium, match="Linux scsi_debug 0191 does not know GET CONFIGURATION"):
        lab.run(identify(), lab.script(b"", (6, 0x29, 0), b"", (5, 0x20, 0), inquiry))


def test_what_the_systems_filter_keeps_back_is_told_of_among_the_refusals(lab: Any) -> None:
    found = lab.run(inspect({"capacity": queries.read_capacity}), lab.script(CommandFiltered("kept back")))
    assert (found.answers, found.refusals) == ({}, {"capacity": "kept back"})


def rows_of(*rows: str) -> bytes:
    return (4 + 16 * len(rows)).to_bytes(4, "big") + bytes(4) + b"".join(map(bytes.fromhex, rows))


FAST = "00000000 00230540 00005690 00005690"  # 22160 kB/s
SLOW = "00000000 00230540 00005690 00000CFC"  # 3324 kB/s


def test_write_speeds_of_a_drive_that_counts_one_row_when_asked_for_one(lab: Any) -> None:
    script = lab.script(rows_of(FAST), rows_of(FAST, SLOW))
    speeds = lab.run(performance.write_speeds(), script)
    assert [row.write_speed for row in speeds] == [22160, 3324]


def test_rows_of_another_length_are_refused(lab: Any) -> None:
    with pytest.raises(ResponseError, match="16 bytes"):
        lab.run(performance.write_speeds(), lab.script((4 + 15).to_bytes(4, "big") + bytes(20)))


def test_events_are_drained_until_there_is_none_and_never_for_ever(lab: Any) -> None:
    event, none = bytes.fromhex("0006 04 10 02 02 00 00"), bytes.fromhex("0006 04 10 00 02 00 00")
    script = lab.script(event, event, none)
    lab.run(queries.drain_events(), script)
    assert len(script.seen) == 3
    endless = lab.script(event)
    lab.run(queries.drain_events(), endless)
    assert len(endless.seen) == queries.MOST_EVENTS

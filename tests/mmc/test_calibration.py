"""SEND OPC INFORMATION: when it is sent, and which of its failures matter."""

from __future__ import annotations

from typing import Any

import pytest

from discstack.emulator.faults import Fault
from discstack.mmc.burn import burn
from discstack.mmc.errors import CommandError
from discstack.mmc.job import Calibration
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import CHECK_CONDITION, Reply

SEND_OPC_INFORMATION = 0x54


def calibrations(tap: Any) -> int:
    return sum(cdb[0] == SEND_OPC_INFORMATION for cdb in tap.seen)


@pytest.mark.parametrize(("medium", "times"), [("cd-r", 1), ("dvd+r", 1), ("bd-r", 1), ("dvd+rw", 0), ("bd-re", 0)])
def test_media_that_are_written_once_are_calibrated(lab: Any, medium: str, times: int) -> None:
    tap = lab.drive(medium, 32768)
    lab.run(burn(lab.job(40)), tap)
    assert calibrations(tap) == times


@pytest.mark.parametrize("options", [{"simulate": True}, {"calibration": Calibration.NEVER}])
def test_a_test_is_never_calibrated_nor_who_does_not_want_it(lab: Any, options: dict[str, Any]) -> None:
    tap = lab.drive("cd-r", 32768)
    lab.run(burn(lab.job(40, **options)), tap)
    assert calibrations(tap) == 0


@pytest.mark.parametrize(
    "sense",
    [(0, 0, 0), (3, 0x0C, 0), (5, 0x20, 0), (5, 0x24, 0), (5, 0x2C, 0), (5, 0x30, 2), (7, 0x27, 0), (9, 0x80, 0)],
)
def test_a_drive_that_will_not_calibrate_writes_all_the_same_and_it_is_told(
    lab: Any, sense: tuple[int, int, int]
) -> None:
    tap = lab.drive("dvd+r", 4096, faults=[Fault(opcode=SEND_OPC_INFORMATION, sense=Sense(*sense))])
    result = lab.run(burn(lab.job(40)), tap)
    assert result.verified == 40
    assert [notice for notice in result.notices if notice.startswith("not calibrated: SEND OPC INFORMATION")]


FATAL = [
    *(Sense(3, 0x73, 2), Sense(3, 0x73, 3), Sense(5, 0x73, 0), Sense(4, 0x44), Sense(6, 0x28), Sense(6, 0x29)),
    *(Sense(0xB), Sense(2, 0x3A, 1), Sense(3, 0x0C, deferred=True)),
]


@pytest.mark.parametrize("sense", FATAL, ids=str)
def test_calibration_that_failed_or_a_drive_that_is_not_what_it_was_ends_the_burn(lab: Any, sense: Sense) -> None:
    tap, rehearsal = lab.drive("dvd+r", 4096), lab.drive("dvd+r", 4096)
    lab.run(burn(lab.job(40)), rehearsal)
    number = 1 + next(at for at, cdb in enumerate(rehearsal.seen) if cdb[0] == SEND_OPC_INFORMATION)
    tap.strikes = {number: lambda command, execute: Reply(CHECK_CONDITION, sense.build())}
    with pytest.raises(CommandError) as caught:
        lab.run(burn(lab.job(40)), tap)
    assert caught.value.sense == sense
    assert not [cdb for cdb in tap.seen if cdb[0] == 0x2A]


def test_an_area_that_is_almost_full_is_a_recovered_error(lab: Any) -> None:
    tap = lab.drive("dvd+r", 4096, faults=[Fault(opcode=SEND_OPC_INFORMATION, sense=Sense(1, 0x73, 1))])
    diary = lab.diary()
    assert lab.run(burn(lab.job(40)), tap, observer=diary).verified == 40
    assert [error.sense.triple for error in diary.recoveries] == [(1, 0x73, 1)]

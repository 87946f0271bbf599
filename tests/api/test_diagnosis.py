"""`diagnose` and `discstack doctor`: what is examined, and when the exit code is 0."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from discstack.diagnosis import diagnose
from discstack.transport.diagnosis import Check, Verdict
from discstack.transport.system import DriveEntry

DRIVE = DriveEntry(
    address="/dev/sr0", identifier="one", generic="/dev/sg0", vendor="ACME", model="BURNER", revision="1"
)
OTHER = DriveEntry(address="/dev/sr1", identifier="two")


@dataclass
class System:
    """A machine with drives, all of whose checks end alike."""

    listed: tuple[DriveEntry, ...]
    verdict: Verdict = Verdict.GOOD

    def drives(self) -> tuple[DriveEntry, ...]:
        return self.listed

    def examine(self, drive: DriveEntry | None) -> tuple[Check, ...]:
        if drive is None:
            return (Check("drivers", Verdict.GOOD, "there", "needed"),)
        return (Check("nodes", self.verdict, drive.address, "needed", "make them"),)


@pytest.mark.parametrize(
    ("verdict", "sound"),
    [(Verdict.GOOD, True), (Verdict.NOTE, True), (Verdict.UNSEEN, True), (Verdict.WRONG, False)],
)
def test_only_what_is_wrong_makes_a_machine_unsound(verdict: Verdict, sound: bool) -> None:
    system: Any = System((DRIVE, OTHER), verdict)
    found = diagnose(system=system)
    assert found.sound is sound
    assert [drive.drive for drive in found.drives] == [DRIVE, OTHER]
    assert [check.name for check in found.machine] == ["drivers", "drives"]


def test_one_drive_is_examined_by_any_of_its_names() -> None:
    system: Any = System((DRIVE, OTHER))
    assert [drive.drive for drive in diagnose("/dev/sg0", system=system).drives] == [DRIVE]


@pytest.mark.parametrize(("listed", "address"), [((), None), ((DRIVE,), "/dev/sr7")])
def test_a_drive_that_is_not_there_is_wrong(listed: tuple[DriveEntry, ...], address: str | None) -> None:
    system: Any = System(listed)
    found = diagnose(address, system=system)
    assert not found.sound
    assert found.machine[-1].verdict is Verdict.WRONG
    assert address is None or address in found.machine[-1].found


def test_the_command_line_prints_every_check_with_what_to_do(
    discstack: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discstack.disc_master.this_system", lambda: System((DRIVE,), Verdict.WRONG))
    outcome = discstack("doctor", "/dev/sr0")
    assert outcome.code == 1
    assert outcome.out == (
        "this machine\n"
        "  good    drivers: there\n"
        "          why: needed\n"
        "  good    drives: /dev/sr0\n"
        "          why: the system lists a drive when its adapter's driver has found it\n"
        "/dev/sr0: ACME BURNER 1\n"
        "  wrong   nodes: /dev/sr0\n"
        "          why: needed\n"
        "          do: make them\n"
        "something is wrong: see above\n"
    )


def test_a_virtual_drive_is_no_patient(discstack: Callable[..., Any]) -> None:
    outcome = discstack("doctor", "virtual:cd-r")
    assert outcome.code == 2
    assert "virtual:cd-r is no drive of this machine" in outcome.err


def test_the_command_line_prints_json(discstack: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("discstack.disc_master.this_system", lambda: System((DRIVE,)))
    outcome = discstack("doctor", "--json")
    assert outcome.code == 0
    assert outcome.json["sound"] is True
    (examined,) = outcome.json["drives"]
    assert examined["drive"]["address"] == "/dev/sr0"
    assert examined["checks"] == [
        {"name": "nodes", "verdict": "good", "found": "/dev/sr0", "why": "needed", "advice": "make them"}
    ]


@pytest.mark.linux("what is examined of it")
def test_a_real_machine_can_be_examined() -> None:
    """Whatever there is on this one, nothing fails on the way."""
    found = {check.name for check in diagnose().machine}
    assert found >= {"drivers", "udev", "container", "rights", "memory", "priority", "C code", "automounters", "drives"}


@pytest.mark.linux("device nodes")
def test_a_drive_that_cannot_be_opened_is_one_for_the_doctor(discstack: Callable[..., Any]) -> None:
    outcome = discstack("info", "/dev/sr4711")
    assert outcome.code == 3
    assert "there is no such device\n  discstack doctor /dev/sr4711 looks for" in outcome.err

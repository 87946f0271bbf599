"""Linux as a system of drives, on trees that stand in for a machine: what is heard, and what must be asked."""

from __future__ import annotations

import pytest

from discstack.transport.linux import machine as module
from discstack.transport.linux.machine import LinuxSystem
from discstack.transport.linux.uevents import Silence
from discstack.transport.system import DriveEntry

from .machine import Machine

CONTAINED = "         0     100000      65536\n"
EVERYBODY = "         0          0 4294967295\n"


@pytest.fixture
def system(machine: Machine) -> LinuxSystem:
    machine.drive("2:0:0:0", block="sr0", generic="sg0")
    return LinuxSystem(machine.roots)


@pytest.fixture
def drive(system: LinuxSystem) -> DriveEntry:
    (drive,) = system.drives()
    return drive


class Listening(Silence):
    """Stands for what listens to the kernel; this machine may have no netlink."""


@pytest.fixture(autouse=True)
def kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KernelUevents", Listening)


def source(system: LinuxSystem) -> object:
    made = system._uevents()
    made.close()
    return type(made)


@pytest.mark.parametrize(
    ("polling", "users", "told"),
    [("2000", EVERYBODY, True), ("0", EVERYBODY, False), ("2000", CONTAINED, False), ("", EVERYBODY, False)],
)
def test_media_are_told_where_the_kernel_asks_and_is_heard(
    machine: Machine, system: LinuxSystem, drive: DriveEntry, polling: str, users: str, told: bool
) -> None:
    machine.write("sys/block/sr0/events_poll_msecs", "-1\n")
    machine.write("sys/module/block/parameters/events_dfl_poll_msecs", polling)
    machine.write("proc/self/uid_map", users)
    assert system.tells_media(drive) is told


@pytest.mark.parametrize(("users", "expected"), [(EVERYBODY, Listening), (CONTAINED, Silence)])
def test_the_kernel_is_listened_to_where_it_is_heard(
    machine: Machine, system: LinuxSystem, users: str, expected: object
) -> None:
    machine.write("proc/self/uid_map", users)
    assert source(system) is expected


def test_a_sandbox_without_netlink_is_silent_and_tells_nothing(
    machine: Machine, system: LinuxSystem, drive: DriveEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> None:
        raise PermissionError

    machine.write("sys/block/sr0/events_poll_msecs", "2000\n")
    monkeypatch.setattr(module, "KernelUevents", refused)
    assert source(system) is Silence
    assert not system.tells_media(drive)


def test_udev_is_not_listened_to_where_it_is_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = object()
    monkeypatch.setattr(module.Udev, "of_this_machine", lambda: asked)
    for heard, expected in ((True, asked), (False, None)):
        monkeypatch.setattr(module, "hears_udev", lambda roots, heard=heard: heard)
        assert LinuxSystem.of_this_machine().udev is expected


def test_the_kernels_number_of_the_disc_counts_changes(
    machine: Machine, system: LinuxSystem, drive: DriveEntry
) -> None:
    assert system.changes(drive) is None  # Linux before 5.15
    machine.write("sys/block/sr0/diskseq", "12\n")
    assert system.changes(drive) == 12
    assert system.changes(DriveEntry(address="/dev/sg0", identifier="x", generic="/dev/sg0")) is None

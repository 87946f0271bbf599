"""The drives of a Windows that is played."""

from __future__ import annotations

import math
import time
from threading import Thread, Timer
from typing import Any

import pytest

from discstack.disc_master import DiscMaster
from discstack.transport.base import BackendUnavailable
from discstack.transport.diagnosis import Verdict
from discstack.transport.system import DriveEntry
from discstack.transport.windows.calls import Windows
from discstack.transport.windows.machine import WindowsSystem

PATH = r"\\?\usbstor#cdrom&ven_acme#1&2&0#{53f56308-b6bf-11d0-94f2-00a0c91efb8b}"
INSTANCE = r"USBSTOR\CDROM&VEN_ACME\1&2&0"
DRIVE = (PATH, INSTANCE, "ACME BD-RE WH16 USB Device")


@pytest.fixture
def system(windows: Windows, setupapi: Any) -> WindowsSystem:
    setupapi.drives = [DRIVE]
    return WindowsSystem(windows)


@pytest.fixture
def drive(system: WindowsSystem) -> DriveEntry:
    (entry,) = system.drives()
    return entry


def test_a_drive_has_its_letter_its_number_and_its_path(system: WindowsSystem, kernel32: Any) -> None:
    assert system.drives() == (
        DriveEntry(
            address="D:",
            identifier=INSTANCE,
            names=(r"\\.\CdRom0", PATH),
            vendor="ACME",
            model="BD-RE WH16",
            revision="1.02",
            bus="USB",
        ),
    )
    assert {access for _, access in kernel32.opened} == {0}
    assert kernel32.requests == []
    assert "\\\\.\\C:" not in [path for path, _ in kernel32.opened]


def test_a_drive_of_which_the_system_knows_nothing_is_listed_by_its_path(system: WindowsSystem, kernel32: Any) -> None:
    kernel32.device_type, kernel32.descriptor = None, False
    (drive,) = system.drives()
    assert (drive.address, drive.names, drive.model) == (PATH, (), "ACME BD-RE WH16 USB Device")


@pytest.mark.parametrize("cut", [0, 8, 24, 36])
def test_a_descriptor_that_is_cut_off_tells_what_is_there(system: WindowsSystem, kernel32: Any, cut: int) -> None:
    kernel32.cut = cut
    (drive,) = system.drives()
    assert (drive.vendor, drive.model, drive.serial) == ("", "ACME BD-RE WH16 USB Device", "")


def test_texts_that_lie_nowhere_are_none(system: WindowsSystem, kernel32: Any) -> None:
    """Some drivers say -1 where they have no serial number."""
    kernel32.description[24:28] = b"\xff" * 4
    (drive,) = system.drives()
    assert (drive.model, drive.serial) == ("BD-RE WH16", "")


def test_a_drive_without_a_letter_has_its_number(system: WindowsSystem, kernel32: Any) -> None:
    kernel32.GetLogicalDrives = lambda: 0b100
    (drive,) = system.drives()
    assert (drive.address, drive.names) == (r"\\.\CdRom0", (PATH,))


def test_a_drive_that_cannot_be_opened_is_listed_all_the_same(system: WindowsSystem, kernel32: Any) -> None:
    kernel32.open_error = 5
    (drive,) = system.drives()
    assert drive.address == PATH
    assert not system.may_open(drive)
    assert [check.verdict for check in system.examine(drive)] == [Verdict.WRONG]


def test_a_machine_may_have_no_drives(windows: Windows) -> None:
    system = WindowsSystem(windows)
    assert (system.drives(), system.examine(None)) == ((), ())


def test_why_drives_are_not_listed_is_told(windows: Windows, setupapi: Any) -> None:
    setupapi.refuses = 1450
    with pytest.raises(BackendUnavailable, match="Windows error 1450") as caught:
        WindowsSystem(windows).drives()
    assert caught.value.errno == 1450


def test_a_drive_is_found_by_each_of_its_names(system: WindowsSystem) -> None:
    master = DiscMaster(system)
    assert {master.find(name) for name in ("D:", r"\\.\CdRom0", PATH, INSTANCE)} == set(master)


def test_who_has_a_drive_exclusively_uses_it(system: WindowsSystem, drive: DriveEntry, kernel32: Any) -> None:
    assert system.usage(drive).holders == ()
    kernel32.exclusive_owner, kernel32.owner_name = "other", b"Other Burner"
    assert str(system.usage(drive)) == "Other Burner"
    checks = {check.name: check for check in system.examine(drive)}
    assert checks["exclusive access"].verdict is Verdict.WRONG
    assert "Other Burner" in checks["exclusive access"].found
    assert system.glance(drive) is None


def test_a_free_drive_may_be_glanced_at(system: WindowsSystem, drive: DriveEntry) -> None:
    transport = system.glance(drive)
    assert transport is not None
    transport.close()
    assert {check.verdict for check in system.examine(drive)} == {Verdict.GOOD}


def test_limits_that_are_only_supposed_are_noted(system: WindowsSystem, drive: DriveEntry, kernel32: Any) -> None:
    kernel32.descriptor = False
    assert system.examine(drive)[-1].verdict is Verdict.NOTE


def test_a_watch_sees_drives_come_and_go(system: WindowsSystem, setupapi: Any) -> None:
    second = (PATH.replace("1&2", "3&4"), INSTANCE.replace("1&2", "3&4"), "another")
    with DiscMaster(system).watch(interval=0.01) as watch:
        setupapi.drives = [DRIVE, second]
        happened = iter(watch)
        assert next(happened).drive.identifier == second[1]
        setupapi.drives = [second]
        assert [type(event).__name__ for event in (next(happened),)] == ["DriveRemoved"]


def test_a_watch_may_wait_for_longer_than_the_system_can_count(system: WindowsSystem) -> None:
    signals = system.signals()
    Timer(0.05, signals.wake).start()
    assert signals.wait(math.inf) == ()


def test_a_watch_can_be_woken(system: WindowsSystem) -> None:
    signals = system.signals()
    waiter = Thread(target=signals.wait, args=(60.0,))
    start = time.monotonic()
    waiter.start()
    signals.wake()
    waiter.join()
    assert time.monotonic() - start < 30

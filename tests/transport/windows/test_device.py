"""Opening, locking and limits, with a Windows that is played."""

from __future__ import annotations

from typing import Any

import pytest

from discstack.mmc.spec.cdb import Direction
from discstack.transport import spti
from discstack.transport.base import (
    AccessDenied,
    BackendUnavailable,
    Command,
    DeviceBusy,
    DeviceGone,
    TransportError,
    TransportTimeout,
)
from discstack.transport.spti import SptiTransport
from discstack.transport.windows import device as device_module
from discstack.transport.windows.calls import NO_ACCESS, READ_WRITE, Device, Windows, this_windows
from discstack.transport.windows.device import (
    BUS_TYPE_USB,
    FALLBACK_TRANSFER,
    AdapterLimits,
    adapter_limits,
    device_number,
    device_path,
    exclusive_holder,
)


@pytest.mark.parametrize(
    ("name", "path"),
    [("D:", r"\\.\D:"), ("e:", r"\\.\E:"), ("D:\\", r"\\.\D:"), (r"\\.\CdRom0", r"\\.\CdRom0")],
)
def test_a_drive_has_letters_and_device_names(kernel32: Any, windows: Windows, name: str, path: str) -> None:
    assert device_path(name) == path
    SptiTransport.open(name, windows=windows).close()
    assert kernel32.opened == [(path, READ_WRITE)]


def test_looking_locks_nothing(kernel32: Any, windows: Windows) -> None:
    SptiTransport.open("D:", windows=windows).close()
    assert kernel32.calls == ["close"]
    assert kernel32.volume


def test_what_changes_the_disc_has_it_alone(kernel32: Any, windows: Windows) -> None:
    with SptiTransport.open("D:", write=True, windows=windows) as transport:
        assert transport.execute(Command(bytes(6))).status == 0
        assert kernel32.owner_name == b"discstack"
        with SptiTransport.open("D:", windows=windows) as other, pytest.raises(DeviceBusy, match="discstack"):
            other.execute(Command(bytes(6)))
    assert kernel32.calls == [
        "lock volume",
        "dismount",
        "lock device",
        "close",
        "unlock device",
        "unlock volume",
        "close",
    ]
    assert kernel32.exclusive_owner is None


def test_without_a_medium_there_is_no_volume_to_lock(kernel32: Any, windows: Windows) -> None:
    kernel32.volume = False
    SptiTransport.open("D:", write=True, windows=windows).close()
    assert "dismount" not in kernel32.calls
    assert "lock device" in kernel32.calls


def test_a_driver_without_exclusive_access_leaves_the_volumes_lock(kernel32: Any, windows: Windows) -> None:
    kernel32.exclusive_access = False
    with SptiTransport.open("D:", write=True, windows=windows):
        assert kernel32.locked


def test_files_that_are_open_for_a_moment_are_waited_for(
    kernel32: Any, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spti, "BUSY_PATIENCE", 200.0)  # this machine may take its time
    kernel32.others_open = 5
    SptiTransport.open("D:", write=True, windows=windows).close()
    assert kernel32.calls.count("lock volume") == 6


def test_files_that_stay_open_make_a_drive_busy(
    kernel32: Any, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spti, "BUSY_PATIENCE", 0.05)
    kernel32.others_open = 1 << 30
    with pytest.raises(DeviceBusy, match="D:: held by programs that have files of the disc open") as caught:
        SptiTransport.open("D:", write=True, windows=windows)
    assert caught.value.errno == 5
    assert kernel32.volume


def test_who_has_a_drive_exclusively_is_named(kernel32: Any, windows: Windows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spti, "BUSY_PATIENCE", 0.0)
    kernel32.volume, kernel32.exclusive_owner, kernel32.owner_name = False, "other", b"Other Burner 2.1"
    with pytest.raises(DeviceBusy, match=r"D:: held by Other Burner 2\.1"):
        SptiTransport.open("D:", write=True, windows=windows)


def test_a_volume_that_can_be_neither_locked_nor_ignored_makes_a_drive_busy(
    kernel32: Any, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spti, "BUSY_PATIENCE", 0.0)
    monkeypatch.setattr(device_module, "_told", lambda device, order: False)
    with pytest.raises(DeviceBusy, match="a file system that is mounted"):
        SptiTransport.open("D:", write=True, windows=windows)
    assert "dismount" not in kernel32.calls


def test_what_is_no_optical_drive_is_left_alone(kernel32: Any, windows: Windows) -> None:
    kernel32.peripheral_type = 0
    with pytest.raises(BackendUnavailable, match="C:: this is no CD, DVD or BD drive"):
        SptiTransport.open("C:", write=True, windows=windows)
    assert kernel32.calls == ["close"]


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (2, DeviceGone, "no such device"),
        (3, DeviceGone, "no such device"),
        (5, AccessDenied, "administrator"),
        (20, DeviceGone, "no such device"),
        (21, TransportError, "not ready"),
        (55, DeviceGone, "gone"),
        (123, DeviceGone, "no such device"),
        (433, DeviceGone, "gone"),
        (1167, DeviceGone, "gone"),
        (1617, DeviceGone, "gone"),
        (1234, TransportError, "Windows error 1234"),
    ],
)
def test_why_a_drive_cannot_be_opened_is_told(
    kernel32: Any, windows: Windows, error: int, kind: type[TransportError], words: str
) -> None:
    kernel32.open_error = error
    with pytest.raises(TransportError, match=f"D:: .*{words}") as caught:
        SptiTransport.open("D:", windows=windows)
    assert (type(caught.value), caught.value.errno) == (kind, error)


def test_a_drive_that_others_have_for_themselves_is_busy(
    kernel32: Any, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spti, "BUSY_PATIENCE", 0.0)
    kernel32.open_error = 32
    with pytest.raises(DeviceBusy, match="held by another program"):
        SptiTransport.open("D:", windows=windows)


def test_a_drive_that_others_have_for_a_moment_is_tried_again(
    kernel32: Any, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spti, "BUSY_PATIENCE", 200.0)  # this machine may take its time
    kernel32.held = 5
    SptiTransport.open("D:", windows=windows).close()
    assert len(kernel32.opened) == 6


@pytest.mark.parametrize(
    ("length", "pages", "mask", "expected"),
    [
        (128 << 10, 33, 0, (128 << 10, 0)),
        (128 << 10, 17, 3, (64 << 10, 3)),
        (64 << 20, 0xFFFFFFFF, 511, (1 << 20, 511)),
        (0xFFFFFFFF, 0, 0, (1 << 20, 0)),
        (0, 0, 0, (FALLBACK_TRANSFER, 0)),
        (100_000, 0, 0x1000, (96 << 10, 0x1FFF)),
    ],
)
def test_limits_are_the_adapters(
    kernel32: Any, windows: Windows, length: int, pages: int, mask: int, expected: tuple[int, int]
) -> None:
    kernel32.max_transfer, kernel32.pages, kernel32.alignment_mask = length, pages, mask
    device = Device(windows, r"\\.\D:", NO_ACCESS)
    limits = adapter_limits(device)
    device.close()
    assert (limits.max_transfer, limits.alignment_mask) == expected


@pytest.mark.parametrize(("bus", "usual"), [(0x0B, 128 << 10), (0x07, 64 << 10)], ids=["SATA", "USB"])
def test_a_usb_bridge_is_not_trusted_with_all_that_it_says_it_takes(
    kernel32: Any, windows: Windows, bus: int, usual: int
) -> None:
    kernel32.bus_type = bus
    with SptiTransport.open("D:", windows=windows) as transport:
        assert (transport.max_transfer, transport.usual_transfer) == (128 << 10, usual)


def test_without_a_descriptor_any_adapter_takes_what_is_sent(kernel32: Any, windows: Windows) -> None:
    kernel32.descriptor, kernel32.max_transfer, kernel32.alignment_mask = False, 64 << 10, 511
    with SptiTransport.open("D:", windows=windows) as transport:
        assert transport.max_transfer == FALLBACK_TRANSFER
        data = memoryview(bytearray(FALLBACK_TRANSFER + 1))[1:]
        assert transport.execute(Command(bytes(10), Direction.TO_DEVICE, data)).status == 0


@pytest.mark.parametrize("cut", [0, 4, 12, 19])
def test_a_descriptor_that_is_cut_off_tells_no_limits(kernel32: Any, windows: Windows, cut: int) -> None:
    """An alignment that nobody told is not one of any address."""
    kernel32.cut = cut
    device = Device(windows, r"\\.\D:", NO_ACCESS)
    assert adapter_limits(device) == AdapterLimits()
    device.close()


def test_a_descriptor_without_the_bus_tells_its_limits(kernel32: Any, windows: Windows) -> None:
    kernel32.cut, kernel32.alignment_mask, kernel32.bus_type = 20, 3, BUS_TYPE_USB
    device = Device(windows, r"\\.\D:", NO_ACCESS)
    assert adapter_limits(device) == AdapterLimits(128 << 10, 3, usb=False)
    device.close()


@pytest.mark.parametrize("cut", [0, 4, 8])
def test_a_number_that_is_cut_off_is_none(kernel32: Any, windows: Windows, cut: int) -> None:
    device = Device(windows, r"\\.\D:", NO_ACCESS)
    assert device_number(device) == 0
    kernel32.cut = cut
    assert device_number(device) is None
    device.close()


def test_a_holder_whose_name_is_cut_off_is_somebody(kernel32: Any, windows: Windows) -> None:
    kernel32.exclusive_owner, kernel32.owner_name = "other", b"Other Burner 2.1"
    device = Device(windows, r"\\.\D:", NO_ACCESS)
    found = []
    for cut in (None, 6, 1, 0):
        kernel32.cut = cut
        found.append(exclusive_holder(device))
    device.close()
    assert found == ["Other Burner 2.1", "Other", "somebody", None]


@pytest.mark.parametrize(
    ("order", "error", "kind", "words"),
    [
        ("FSCTL_LOCK_VOLUME", 32, DeviceBusy, "programs that have files of the disc open"),
        ("FSCTL_LOCK_VOLUME", 1117, DeviceBusy, "a file system that is mounted"),
        ("FSCTL_DISMOUNT_VOLUME", 5, DeviceBusy, "programs that have files of the disc open"),
        ("FSCTL_DISMOUNT_VOLUME", 1117, DeviceBusy, "a file system that is mounted"),
        ("IOCTL_CDROM_EXCLUSIVE_ACCESS", 5, DeviceBusy, "programs that have files of the disc open"),
        ("IOCTL_CDROM_EXCLUSIVE_ACCESS", 170, DeviceBusy, "programs that have files of the disc open"),
        ("IOCTL_CDROM_EXCLUSIVE_ACCESS", 21, TransportError, "not ready"),
        ("IOCTL_CDROM_EXCLUSIVE_ACCESS", 121, TransportTimeout, "no answer in time"),
        ("IOCTL_CDROM_EXCLUSIVE_ACCESS", 1117, TransportError, "host adapter"),
        ("IOCTL_CDROM_EXCLUSIVE_ACCESS", 1167, DeviceGone, "gone"),
        ("IOCTL_CDROM_EXCLUSIVE_ACCESS", 1234, TransportError, "Windows error 1234"),
        ("IOCTL_SCSI_PASS_THROUGH_DIRECT", 5, AccessDenied, "administrator"),
        ("IOCTL_SCSI_PASS_THROUGH_DIRECT", 121, TransportTimeout, "no answer in time"),
        ("IOCTL_SCSI_PASS_THROUGH_DIRECT", 1117, TransportError, "host adapter"),
    ],
)
def test_why_a_drive_is_not_to_be_had_is_told(
    kernel32: Any,
    windows: Windows,
    monkeypatch: pytest.MonkeyPatch,
    order: str,
    error: int,
    kind: type[TransportError],
    words: str,
) -> None:
    monkeypatch.setattr(spti, "BUSY_PATIENCE", 0.0)
    kernel32.failing[order] = error
    with pytest.raises(TransportError, match=f"D:: .*{words}") as caught:
        SptiTransport.open("D:", write=True, windows=windows)
    assert type(caught.value) is kind
    assert kernel32.exclusive_owner is None


def test_a_drive_that_cannot_be_let_go_is_closed(kernel32: Any, windows: Windows) -> None:
    with SptiTransport.open("D:", write=True, windows=windows):
        kernel32.failing = {"IOCTL_CDROM_EXCLUSIVE_ACCESS": 1167, "FSCTL_UNLOCK_VOLUME": 1167}
    assert kernel32.calls[-1] == "close"


def test_nobody_has_a_drive_exclusively(kernel32: Any, windows: Windows) -> None:
    device = Device(windows, r"\\.\D:", NO_ACCESS)
    assert exclusive_holder(device) is None
    kernel32.exclusive_access = False
    assert exclusive_holder(device) is None
    device.close()


@pytest.mark.linux("a system that is no Windows")
def test_elsewhere_there_is_no_windows() -> None:
    with pytest.raises(BackendUnavailable, match="this is linux"):
        this_windows()

"""What a drive of a Windows machine is examined for."""

from __future__ import annotations

from typing import Final

from discstack.transport.base import AccessDenied
from discstack.transport.diagnosis import Check, Verdict
from discstack.transport.system import DriveEntry
from discstack.transport.windows.calls import READ_WRITE, CallFailed, Device, Windows
from discstack.transport.windows.device import AdapterLimits, adapter_limits, device_path, exclusive_holder
from discstack.transport.windows.errors import open_error

ACCESS_WHY: Final = "Windows passes commands on only from who may read and write the drive"
HOLDER_WHY: Final = "while a program has a drive exclusively, Windows refuses the commands of all others"
LIMITS_WHY: Final = "a command may move no more than the host adapter takes"


def check_drive(windows: Windows, drive: DriveEntry) -> tuple[Check, ...]:
    """Look at a drive; nothing is sent to it."""
    try:
        device = Device(windows, device_path(drive.address), READ_WRITE)
    except CallFailed as failed:
        error = open_error(drive.address, failed.number)
        advice = "try it as an administrator" if isinstance(error, AccessDenied) else "plug it in again, or restart"
        return (Check("access", Verdict.WRONG, str(error), ACCESS_WHY, advice),)
    try:
        return (
            Check("access", Verdict.GOOD, "it can be opened to read and write", ACCESS_WHY),
            _holder(exclusive_holder(device)),
            _limits(adapter_limits(device)),
        )
    finally:
        device.close()


def _holder(name: str | None) -> Check:
    if name is None:
        return Check("exclusive access", Verdict.GOOD, "nobody has it exclusively", HOLDER_WHY)
    return Check("exclusive access", Verdict.WRONG, f"{name} has it exclusively", HOLDER_WHY, f"end {name}")


def _limits(limits: AdapterLimits) -> Check:
    found = f"{limits.max_transfer >> 10} KiB a command"
    if limits == AdapterLimits():
        return Check("transfers", Verdict.NOTE, f"{found}, as the driver tells no limits", LIMITS_WHY)
    return Check("transfers", Verdict.GOOD, found, LIMITS_WHY)

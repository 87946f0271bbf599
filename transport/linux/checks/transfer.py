"""Checks of the way to a drive: how much one command may move, and how fast the bus is."""

from __future__ import annotations

from typing import Final

from discstack.transport.diagnosis import Check, Verdict
from discstack.transport.linux.checks.examined import Examined
from discstack.transport.linux.roots import read_number
from discstack.transport.linux_device import largest_transfer

SMALL: Final = 64 << 10  # bytes; burners send that much with one WRITE
SLOW_USB: Final = 12  # Mbit/s, of USB 1.1: not enough for a DVD at 1x


def transfer(examined: Examined) -> Check:
    """Work out the largest transfer from the limits of the request queue."""
    why = "each WRITE costs a turn to the drive: below 64 KiB a command the fastest speeds are out of reach"
    folder = examined.drive.block_folder
    if folder is None:
        return Check("transfer", Verdict.UNSEEN, "without a block device the kernel does not tell", why)
    queue = folder / "queue"
    most = largest_transfer(queue)
    told, hardware = read_number(queue / "max_sectors_kb"), read_number(queue / "max_hw_sectors_kb")
    reserved = read_number(examined.machine.roots.sys / "module/sg/parameters/def_reserved_size")
    found = f"{most >> 10} KiB a command (max_sectors_kb {told}, max_hw_sectors_kb {hardware}"
    found += f"; sg reserves {reserved >> 10} KiB)" if reserved else ")"
    if most >= SMALL:
        return Check("transfer", Verdict.GOOD, found, why)
    if told and hardware and told < hardware:
        advice = f"as root: echo {min(hardware, 512)} >/sys/block/{folder.name}/queue/max_sectors_kb"
        return Check("transfer", Verdict.WRONG, found, why, advice)
    return Check("transfer", Verdict.NOTE, found, why, "another adapter or bridge")


def bus(examined: Examined) -> Check:
    """Tell how the drive is connected."""
    entry = examined.drive.entry
    why = "a bus that is slower than the disc makes the drive stop and start"
    speed = next((read_number(p / "speed") for p in examined.drive.device.parents if (p / "idVendor").is_file()), None)
    found = f"{entry.bus}{f' at {speed} Mbit/s' if speed else ''}, by {entry.adapter or 'an unknown driver'}"
    if speed and speed <= SLOW_USB:
        return Check("bus", Verdict.WRONG, found, why, "another port or cable: USB 1.1 does not carry a DVD at 1x")
    return Check("bus", Verdict.GOOD, found, why)

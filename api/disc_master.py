"""The drives of this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from discstack.recorder import Recorder

SYSFS: Final = Path("/sys")
CD_DVD_DEVICE: Final = "5"  # peripheral device type, SPC-4 6.4.2


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveEntry:
    """A drive as the system lists it, without asking the drive itself; `address` opens it. For any thread."""

    address: str
    generic: str | None
    vendor: str
    model: str
    revision: str


class DiscMaster:
    """The drives of this machine: iterate, count, or pick one. Each look asks the system anew; any thread may."""

    def __init__(self, sysfs: Path = SYSFS) -> None:
        self._devices = sysfs / "class" / "scsi_device"

    def __iter__(self) -> Iterator[DriveEntry]:
        return iter(self.drives())

    def __len__(self) -> int:
        return len(self.drives())

    def __getitem__(self, index: int) -> DriveEntry:
        return self.drives()[index]

    @property
    def is_supported_environment(self) -> bool:
        """Whether there is a drive here that this process may open."""
        return any(Path(drive.address).exists() and _readable(drive.address) for drive in self)

    def drives(self) -> tuple[DriveEntry, ...]:
        """Return the CD, DVD and BD drives in the order of their names; none where the system has no such list."""
        if sys.platform != "linux" or not self._devices.is_dir():
            return ()
        devices = [
            entry / "device" for entry in self._devices.iterdir() if _read(entry / "device/type") == CD_DVD_DEVICE
        ]
        entries = [entry for entry in map(_entry, devices) if entry is not None]
        return tuple(sorted(entries, key=lambda entry: (len(entry.address), entry.address)))

    def open(self, index: int = 0) -> Recorder:
        """Open a drive of the list."""
        from discstack.recorder import Recorder

        return Recorder(self[index].address)


def _entry(device: Path) -> DriveEntry | None:
    block, generic = _node(device / "block"), _node(device / "scsi_generic")
    address = block or generic  # without the sr driver there is only the generic node
    if address is None:
        return None
    vendor, model, revision = (_read(device / name) for name in ("vendor", "model", "rev"))
    return DriveEntry(address=address, generic=generic, vendor=vendor, model=model, revision=revision)


def _node(folder: Path) -> str | None:
    names = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    return f"/dev/{names[0]}" if names else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        return ""


def _readable(path: str) -> bool:
    import os

    return os.access(path, os.R_OK)

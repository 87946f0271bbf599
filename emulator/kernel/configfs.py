"""A device of the kernel's target subsystem and its way to a SCSI host of this machine, both set up through configfs.

    target/core/user_N/discstack-TOKEN                   the device; its commands come to us through /dev/uioN
    target/loopback/naa.5001405dTOKEN/tpgt_1/lun/lun_0   the SCSI host that has it as its unit

The host's name is of the form NAA 5h, with the company identifier under which the kernel's target and its tools make up
names: NAA 3h, which everybody may assign locally (SPC-4 7.8.6.6), makes targetcli give up. Tokens make a device ours.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from discstack.transport.base import BackendUnavailable

T = TypeVar("T")
TARGET: Final = Path("/sys/kernel/config/target")
PREFIX: Final = "discstack-"
NAME: Final = re.compile(rf"{PREFIX}([0-9a-f]{{8}})")
WORLD_WIDE_NAME: Final = "naa.5001405d"
INITIATOR_NAME: Final = "naa.5001405e"
BLOCK: Final = 2048
NOMINAL_SIZE: Final = BLOCK << 22  # the kernel wants one; the capacity that counts is what READ CAPACITY answers
RING: Final = "cmd_ring_size_mb=1"  # instead of 8: it takes real memory; kernels that do not know it ignore it
PATIENCE: Final = 60.0  # seconds for nodes to appear, on a machine that is busy with other things
INTERVAL: Final = 0.01
# Reservations and port groups are the drive's business, not the kernel's
ATTRIBUTES: Final = {"cmd_time_out": "0", "pgr_support": "0", "alua_support": "0", "tmr_notification": "1"}


@contextmanager
def exclusively() -> Iterator[None]:
    """Keep other processes from setting up and cleaning up at the same time."""
    import fcntl  # not on Windows, where all modules can be imported

    descriptor = os.open(TARGET, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class TargetDevice:
    """One device of ours; `adapter` is the N of user_N."""

    adapter: int
    token: str

    @property
    def name(self) -> str:
        """The device's name."""
        return PREFIX + self.token

    @property
    def core(self) -> Path:
        """The folder of the device."""
        return TARGET / f"core/user_{self.adapter}" / self.name

    @property
    def host(self) -> Path:
        """The folder of the SCSI host."""
        return TARGET / "loopback" / f"{WORLD_WIDE_NAME}{self.token}"

    @property
    def unit(self) -> Path:
        """The folder of the unit on that host."""
        return self.host / "tpgt_1/lun/lun_0"

    @classmethod
    def create(cls) -> TargetDevice:
        """Make a device that serves nobody yet."""
        device = cls(_free_adapter(), secrets.token_hex(4))
        try:
            device.core.mkdir()
            (device.core / "control").write_text(
                f"dev_config=discstack/{device.token},dev_size={NOMINAL_SIZE},hw_block_size={BLOCK},{RING}"
            )
            device._configure()
            (device.core / "enable").write_text("1")
        except BaseException:
            device.remove()
            raise
        return device

    def _configure(self) -> None:
        for name, value in ATTRIBUTES.items():
            # An old kernel has not all of them, and answers then what the drive would
            with contextlib.suppress(FileNotFoundError, PermissionError):
                (self.core / "attrib" / name).write_text(value)

    def channel(self) -> Path:
        """Return the sysfs folder of the device's /dev/uioN."""
        prefix = f"tcm-user/{self.adapter}/{self.name}/"
        return wait_for(lambda: _uio(prefix), f"a UIO device called {prefix}*")

    def connect(self) -> Path:
        """Let the kernel find the unit, which asks it questions at once; return the sysfs folder of the SCSI device."""
        (self.host / "tpgt_1").mkdir(parents=True)
        (self.host / "tpgt_1/nexus").write_text(f"{INITIATOR_NAME}{self.token}")
        self.unit.mkdir()
        (self.unit / "device").symlink_to(self.core)
        address = (self.host / "tpgt_1/address").read_text().strip()
        return Path("/sys/bus/scsi/devices") / f"{address}:0"

    def disconnect(self) -> None:
        """Take the SCSI host away; what is there of it. Other fabrics that export the device lose the unit."""
        for link in TARGET.glob("*/*/*/lun/lun_*/*"):
            if link.is_symlink() and link.resolve() == self.core:
                link.unlink()
        if self.unit.is_dir():
            for entry in self.unit.iterdir():
                if entry.is_symlink():
                    entry.unlink()
            self.unit.rmdir()
        group = self.host / "tpgt_1"
        if group.is_dir():
            with contextlib.suppress(OSError):  # there may be none
                (group / "nexus").write_text("NULL")
            group.rmdir()
        if self.host.is_dir():
            self.host.rmdir()

    def give_up(self) -> None:
        """End what the kernel still waits for, for a device that nobody serves any more."""
        for action in ("block_dev", "reset_ring"):
            (self.core / "action" / action).write_text("1")

    def remove(self) -> None:
        """Take the device away."""
        for folder in (self.core, self.core.parent):
            if folder.is_dir():
                folder.rmdir()

    def is_served(self) -> bool:
        """Whether a process holds the device: the kernel lets only one open it."""
        channel = _uio(f"tcm-user/{self.adapter}/{self.name}/")
        if channel is None:
            return False
        try:
            os.close(os.open(node_of(channel), os.O_RDWR | os.O_CLOEXEC))
        except OSError:
            return True
        return False


def devices() -> tuple[TargetDevice, ...]:
    """Return all devices that carry our names, whichever process made them."""
    return tuple(
        TargetDevice(int(folder.parent.name.removeprefix("user_")), match[1])
        for folder in sorted((TARGET / "core").glob(f"user_*/{PREFIX}*"))
        if (match := NAME.fullmatch(folder.name))
    )


def remove_abandoned() -> tuple[TargetDevice, ...]:
    """Take away our devices whose process is gone; return them. To be called `exclusively`."""
    abandoned = tuple(device for device in devices() if not device.is_served())
    for device in abandoned:
        if (device.core / "action").is_dir() and _uio(f"tcm-user/{device.adapter}/{device.name}/"):
            device.give_up()
        device.disconnect()
        device.remove()
    return abandoned


def node_of(entry: Path) -> str:
    """Return the device node of a sysfs entry."""
    return f"/dev/{entry.name}"


def wait_for(look: Callable[[], T | None], what: str) -> T:
    """Return what appears within some seconds."""
    deadline = time.monotonic() + PATIENCE
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise BackendUnavailable(f"the kernel does not show {what}")
        time.sleep(INTERVAL)
    return found


def _free_adapter() -> int:
    number = 0
    while True:
        try:
            (TARGET / f"core/user_{number}").mkdir()
        except FileExistsError:
            number += 1
        else:
            return number


def _uio(prefix: str) -> Path | None:
    for entry in Path("/sys/class/uio").glob("uio*"):
        with contextlib.suppress(OSError):  # gone meanwhile
            if (entry / "name").read_text().startswith(prefix):
                return entry
    return None

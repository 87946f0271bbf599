"""The drives of a Linux machine: the units of the SCSI layer, their nodes, and the names that lead to these."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from discstack.transport.linux.roots import Roots, entries, read_text
from discstack.transport.system import DriveEntry

CD_DVD_DEVICE: Final = "5"  # peripheral device type, SPC-4 6.4.2
# What a host adapter's driver calls itself: how its drives are connected
BUSES: Final[Mapping[str, str]] = {
    "usb-storage": "USB",
    "uas": "USB",
    "sbp2": "FireWire",
    "iscsi_tcp": "iSCSI",
    "ib_iser": "iSCSI",
    "tcm_loopback": "loopback",
    "scsi_debug": "simulated",
    "vhba": "virtual",
    "virtio_scsi": "virtio",
    "Virtio SCSI HBA": "virtio",
    "storvsc": "Hyper-V",
    "storvsc_host_t": "Hyper-V",
}
ATA_PORT: Final = re.compile(r"ata\d+")
# Folders of /dev whose links lead to drives, lasting names first
LINK_FOLDERS: Final = ("disk/by-id", "disk/by-path", "")
LINK_NAMES: Final = re.compile(r"(cdrom|cdrw|cdwriter|dvd|dvdrw|dvdwriter|bd|bdrw|optical|scd)\d*")
UNIT_SERIAL_NUMBER: Final = "vpd_pg80"  # vital product data page 80h, SPC-4 7.8.18

# Gives what udev has found out about a device in sysfs
Lookup = Callable[[Path], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class LinuxDrive:
    """A drive with its place in sysfs, which is the folder of the SCSI device."""

    entry: DriveEntry
    device: Path

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes of both drivers, as far as they are there."""
        return tuple(node for node in (self.entry.block, self.entry.generic) if node)

    @property
    def block_folder(self) -> Path | None:
        """The block device in sysfs."""
        return self.device / "block" / Path(self.entry.block).name if self.entry.block else None


def list_drives(roots: Roots, lookup: Lookup) -> tuple[LinuxDrive, ...]:
    """Return the drives in the order of their nodes."""
    links = _links(roots.dev)
    found = [
        drive
        for unit in entries(roots.sys / "class/scsi_device")
        if read_text(unit / "device/type") == CD_DVD_DEVICE
        and (drive := _drive(roots, (unit / "device").resolve(), links, lookup))
    ]
    return tuple(sorted(found, key=lambda drive: (len(drive.entry.address), drive.entry.address)))


def _drive(roots: Roots, device: Path, links: Mapping[str, tuple[str, ...]], lookup: Lookup) -> LinuxDrive | None:
    block, generic = _node(roots, device / "block"), _node(roots, device / "scsi_generic")
    address = block or generic  # without the sr driver there is only the generic node
    if address is None:
        return None
    known = lookup(device / "block" / Path(block).name) if block else {}
    adapter = _adapter(roots, device)
    vendor, model, revision = (read_text(device / name) for name in ("vendor", "model", "rev"))
    serial = _unit_serial(device) or known.get("ID_SERIAL_SHORT") or _bridge_serial(device)
    names = tuple(name for node in (block, generic) if node for name in links.get(node, ()))
    entry = DriveEntry(
        address=address,
        identifier=str(device.relative_to(roots.sys.resolve())),
        block=block,
        generic=generic,
        names=names,
        vendor=vendor,
        model=model,
        revision=revision,
        serial=serial,
        bus=_bus(device, adapter),
        adapter=adapter,
    )
    return LinuxDrive(entry, device)


def _node(roots: Roots, folder: Path) -> str | None:
    names = entries(folder)
    return str(roots.dev / names[0].name) if names else None


def _links(dev: Path) -> dict[str, tuple[str, ...]]:
    """Return for each node the links of /dev that lead to it."""
    found: dict[str, tuple[str, ...]] = {}
    for link in _candidates(dev):
        if link.is_symlink():
            node = str(link.resolve())
            found[node] = (*found.get(node, ()), str(link))
    return found


def _candidates(dev: Path) -> Iterator[Path]:
    for folder in LINK_FOLDERS:
        yield from (link for link in entries(dev / folder) if folder or LINK_NAMES.fullmatch(link.name))


def _unit_serial(device: Path) -> str:
    """Return the serial number that the drive itself told when it was found: with udev and without the same."""
    try:
        page = (device / UNIT_SERIAL_NUMBER).read_bytes()
    except OSError:
        return ""
    return page[4 : 4 + int.from_bytes(page[2:4], "big")].decode("ascii", "replace").strip("\0 ")


def _bridge_serial(device: Path) -> str:
    return next((read_text(parent / "serial") for parent in _usb_devices(device)), "")


def on_usb(device: Path) -> bool:
    """Say whether a place in the tree of devices lies behind a USB device."""
    return next(_usb_devices(device), None) is not None


def _usb_devices(device: Path) -> Iterator[Path]:
    return (parent for parent in device.parents if (parent / "idVendor").is_file())


def _adapter(roots: Roots, device: Path) -> str:
    host = device.name.partition(":")[0]
    return read_text(roots.sys / f"class/scsi_host/host{host}/proc_name")


def _bus(device: Path, adapter: str) -> str:
    if adapter in BUSES:
        return BUSES[adapter]
    if on_usb(device):
        return "USB"
    return "ATA" if any(ATA_PORT.fullmatch(parent.name) for parent in device.parents) else "SCSI"

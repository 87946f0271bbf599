"""The list of drives, from trees that stand in for sysfs and /dev."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from discstack.transport.linux.drives import list_drives
from discstack.transport.system import DriveEntry

from .machine import PCI, Machine


def listed(machine: Machine, **known: str) -> list[DriveEntry]:
    def lookup(device: Path) -> Mapping[str, str]:
        return known

    return [drive.entry for drive in list_drives(machine.roots, lookup)]


def test_only_optical_drives_are_listed_in_order(machine: Machine) -> None:
    machine.drive("0:0:0:0", kind="0", block="sda", generic="sg0")
    machine.drive("9:0:0:0", block="sr10", generic="sg3")
    machine.drive("2:0:0:0", block="sr2", generic="sg1")
    machine.drive("3:0:0:0", generic="sg2")
    dev = machine.roots.dev
    assert [(drive.address, drive.block, drive.generic) for drive in listed(machine)] == [
        (f"{dev}/sg2", None, f"{dev}/sg2"),
        (f"{dev}/sr2", f"{dev}/sr2", f"{dev}/sg1"),
        (f"{dev}/sr10", f"{dev}/sr10", f"{dev}/sg3"),
    ]


def test_a_drive_has_the_names_that_it_was_found_with(machine: Machine) -> None:
    machine.drive("2:0:0:0", block="sr0")
    (drive,) = listed(machine)
    assert (drive.vendor, drive.model, drive.revision) == ("ACME", "BURNER 9000", "1.0")
    assert drive.identifier == f"{PCI}/ata1/host2/target2:0:0/2:0:0:0"


def test_a_machine_without_scsi_has_no_drives(machine: Machine) -> None:
    assert listed(machine) == []


def test_lasting_names_come_first_and_other_links_are_left_out(machine: Machine) -> None:
    machine.drive("2:0:0:0", block="sr0", generic="sg1")
    dev = machine.roots.dev
    for link, target in {
        "cdrom": "sr0",
        "dvdrw1": "sg1",
        "root": "sr0",
        "disk/by-path/pci-0000:00:1f.2-ata-1": "../../sr0",
        "disk/by-id/ata-ACME_BURNER_9000_K9": "../../sr0",
        "disk/by-id/ata-OTHER": "../../sr1",
        "disk/by-label/HOLIDAY": "../../sr0",
    }.items():
        machine.link(f"dev/{link}", Path(target))
    (drive,) = listed(machine)
    assert [str(Path(name).relative_to(dev)) for name in drive.names] == [
        "disk/by-id/ata-ACME_BURNER_9000_K9",
        "disk/by-path/pci-0000:00:1f.2-ata-1",
        "cdrom",
        "dvdrw1",
    ]


@pytest.mark.parametrize(
    ("adapter", "place", "bus"),
    [
        ("ahci", f"{PCI}/ata1", "ATA"),
        ("uas", f"{PCI}/usb2/2-1/2-1:1.0", "USB"),
        ("iscsi_tcp", "devices/platform", "iSCSI"),
        ("tcm_loopback", "devices/tcm_loop_0/tcm_loop_adapter_0", "loopback"),
        ("megaraid_sas", PCI, "SCSI"),
    ],
)
def test_how_a_drive_is_connected_is_told_by_its_adapter_and_its_place(
    machine: Machine, adapter: str, place: str, bus: str
) -> None:
    machine.drive("0:0:0:0", block="sr0", adapter=adapter, place=place)
    (drive,) = listed(machine)
    assert (drive.bus, drive.adapter) == (bus, adapter)


def test_a_bridge_of_an_unknown_driver_is_still_usb(machine: Machine) -> None:
    machine.drive("0:0:0:0", block="sr0", adapter="ums-vendor", place=f"{PCI}/usb2/2-1/2-1:1.0")
    machine.write(f"sys/{PCI}/usb2/2-1/idVendor", "13fd\n")
    (drive,) = listed(machine)
    assert drive.bus == "USB"


def test_the_serial_number_is_that_of_the_unit_else_udevs_else_that_of_its_bridge(machine: Machine) -> None:
    device = machine.drive("0:0:0:0", block="sr0", place=f"{PCI}/usb2/2-1/2-1:1.0", adapter="usb-storage")
    assert listed(machine)[0].serial == ""
    machine.write(f"sys/{PCI}/usb2/2-1/idVendor", "13fd\n")
    machine.write(f"sys/{PCI}/usb2/2-1/serial", "BRIDGE7\n")
    assert listed(machine)[0].serial == "BRIDGE7"
    assert listed(machine, ID_SERIAL_SHORT="UDEV1")[0].serial == "UDEV1"
    (device / "vpd_pg80").write_bytes(bytes.fromhex("05 80 00 08") + b"  UNIT42")
    assert listed(machine)[0].serial == "UNIT42"
    assert listed(machine, ID_SERIAL_SHORT="ACMEBURNER_UNIT42")[0].serial == "UNIT42"


def test_a_broken_page_of_serial_numbers_is_none(machine: Machine) -> None:
    device = machine.drive("0:0:0:0", block="sr0")
    (device / "vpd_pg80").write_bytes(b"\x05")
    assert listed(machine)[0].serial == ""

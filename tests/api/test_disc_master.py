from pathlib import Path

import pytest

from discstack.disc_master import DiscMaster


def device(sysfs: Path, name: str, *, kind: str, block: str | None, generic: str | None) -> None:
    folder = sysfs / "class/scsi_device" / name / "device"
    folder.mkdir(parents=True)
    for attribute, value in {"type": kind, "vendor": "ACME    ", "model": "BURNER 9000", "rev": "1.0"}.items():
        (folder / attribute).write_text(value + "\n")
    for group, node in (("block", block), ("scsi_generic", generic)):
        if node:
            (folder / group / node).mkdir(parents=True)


def test_only_optical_drives_are_listed_in_order(tmp_path: Path) -> None:
    device(tmp_path, "0:0:0:0", kind="0", block="sda", generic="sg0")
    device(tmp_path, "9:0:0:0", kind="5", block="sr10", generic="sg3")
    device(tmp_path, "2:0:0:0", kind="5", block="sr2", generic="sg1")
    device(tmp_path, "3:0:0:0", kind="5", block=None, generic="sg2")
    master = DiscMaster(tmp_path)
    assert [(drive.address, drive.generic) for drive in master] == [
        ("/dev/sg2", "/dev/sg2"),
        ("/dev/sr2", "/dev/sg1"),
        ("/dev/sr10", "/dev/sg3"),
    ]
    assert len(master) == 3
    assert (master[1].vendor, master[1].model, master[1].revision) == ("ACME", "BURNER 9000", "1.0")


def test_a_machine_without_scsi_has_no_drives(tmp_path: Path) -> None:
    master = DiscMaster(tmp_path)
    assert list(master) == []
    assert not master.is_supported_environment
    with pytest.raises(IndexError):
        master.open()

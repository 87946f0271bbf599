"""A machine in a folder: the trees in which Linux tells of devices and processes, as far as a test needs them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from discstack.transport.linux.roots import Roots

PCI = "devices/pci0000:00/0000:00:1f.2"
SR_MAJOR, SG_MAJOR = 11, 21


class Machine:
    """Builds one; `roots` is what the code under test is given."""

    def __init__(self, folder: Path) -> None:
        self.roots = Roots(*(folder / name for name in ("sys", "proc", "dev", "run", "etc")))
        for root in (self.roots.sys, self.roots.proc, self.roots.dev, self.roots.run, self.roots.etc):
            root.mkdir()
        self.write("proc/self/mountinfo", "")

    def write(self, path: str, text: str | bytes) -> Path:
        """Write a file; `path` starts with the name of a root."""
        root, _, rest = path.partition("/")
        file: Path = getattr(self.roots, root) / rest
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def link(self, path: str, target: Path) -> None:
        """Make a symbolic link."""
        root, _, rest = path.partition("/")
        file: Path = getattr(self.roots, root) / rest
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to(target)

    def drive(
        self,
        address: str,
        *,
        block: str | None = None,
        generic: str | None = None,
        kind: str = "5",
        place: str = f"{PCI}/ata1",
        adapter: str = "ahci",
        **attributes: str,
    ) -> Path:
        """Add a SCSI device H:C:T:L with its nodes, and return its folder in sysfs."""
        host = address.partition(":")[0]
        device = self.roots.sys / place / f"host{host}" / f"target{address.rpartition(':')[0]}" / address
        device.mkdir(parents=True)
        values = {"type": kind, "vendor": "ACME    ", "model": "BURNER 9000", "rev": "1.0 ", **attributes}
        for name, value in values.items():
            (device / name).write_text(f"{value}\n")
        self.link(f"sys/class/scsi_device/{address}/device", device)
        self.write(f"sys/class/scsi_host/host{host}/proc_name", f"{adapter}\n")
        for folder, name in (("block", block), ("scsi_generic", generic)):
            if name:
                (device / folder / name).mkdir(parents=True)
        if block:
            self.link(f"sys/block/{block}", device / "block" / block)
        return device

    def nodes(self, block: str, generic: str) -> None:
        """Make device nodes with numbers that no driver has; takes root."""
        for name, kind, major in ((block, stat.S_IFBLK, SR_MAJOR), (generic, stat.S_IFCHR, SG_MAJOR)):
            os.mknod(self.roots.dev / name, kind | 0o660, os.makedev(major, int(name[2:])))

    def process(self, number: int, name: str, *opened: str) -> None:
        """Add a process that has files of /dev open."""
        self.write(f"proc/{number}/comm", f"{name}\n")
        (self.roots.proc / f"{number}/fd").mkdir()
        for index, node in enumerate(opened):
            self.link(f"proc/{number}/fd/{index}", self.roots.dev / node)

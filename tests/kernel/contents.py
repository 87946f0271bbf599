"""Folders that are burnt, and what the guest's kernel finds on the disc."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any


def fill(folder: Path, mark: int = 0) -> Path:
    """Make a folder of three files that hold a mark."""
    folder.mkdir()
    for number in range(3):
        (folder / f"file{number}").write_bytes(bytes([mark + number]) * 300_001)
    return folder


def mounted(kernel: Any, node: str) -> str:
    """Return the digests of the files that the kernel finds on a disc."""
    found: str = kernel.check(f"mount -o ro {node} /mnt; cd /mnt; sha256sum *; cd /; umount /mnt")
    return found


def digests(folder: Path) -> str:
    """Return the digests of a folder's files in the same form."""
    return subprocess.check_output("sha256sum *", shell=True, cwd=folder, text=True)

"""Our own burner writes through the Linux drivers sr and sg; the kernel finds the files afterwards."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

Attaching = Callable[..., AbstractContextManager[Any]]


@pytest.mark.parametrize("node", ["block", "generic"])
def test_whole_job_through_the_kernel(kernel: Any, attaching: Attaching, share: Path, node: str) -> None:
    (share / "files").mkdir()
    for number in range(3):
        (share / "files" / f"file{number}").write_bytes(bytes([number]) * 300_001)
    with attaching("dvd+r") as attachment:
        drive = attachment.drives[0]
        burn = f"{sys.executable} -m discstack burn {share}/files -d {getattr(drive, node)} --verify full --eject"
        kernel.check(burn, timeout=120)
        kernel.check(f"sg_start --load {drive.block}")
        seen = kernel.check(f"mount -o ro {drive.block} /mnt; cd /mnt; sha256sum *; cd /; umount /mnt")
    assert seen == subprocess.check_output("sha256sum *", shell=True, cwd=share / "files", text=True)

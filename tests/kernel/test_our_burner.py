"""Our own burner writes through the Linux drivers sr and sg; the kernel finds the files afterwards."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from .contents import digests, fill, mounted

OURS = f"{sys.executable} -m discstack"
Attaching = Callable[..., AbstractContextManager[Any]]


def test_kernel_sees_a_write_once_disc_after_the_tray_was_moved(kernel: Any, attaching: Attaching, share: Path) -> None:
    files = fill(share / "files", 1)
    with attaching("dvd+r") as attachment:
        node = attachment.drives[0].block
        said = kernel.check(f"{OURS} burn {files} -d {node} --verify none 2>&1", timeout=120)
        assert "note: the system still sees the first 1 of the disc's sectors" in said
        said = kernel.check(f"{OURS} burn {files} -d {node} --append --verify full --reload 2>&1", timeout=120)
        assert "note: the system" not in said
        assert mounted(kernel, node) == digests(files)


def test_kernel_sees_what_is_written_over_without_an_eject(kernel: Any, attaching: Attaching, share: Path) -> None:
    """Through /dev/sgN, of which the block device /dev/srN knows nothing."""
    with attaching("dvd-ram") as attachment:
        drive = attachment.drives[0]
        for mark in (1, 2):
            files = fill(share / str(mark), mark)
            said = kernel.check(f"{OURS} burn {files} -d {drive.generic} --erase --verify full 2>&1", timeout=120)
            assert "note: the system" not in said
            assert mounted(kernel, drive.block) == digests(files)

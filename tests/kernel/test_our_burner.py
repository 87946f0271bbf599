"""Our own burner writes through the Linux drivers sr and sg; the kernel finds the files afterwards."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from .contents import digests, fill, mounted

Attaching = Callable[..., AbstractContextManager[Any]]


def burn(kernel: Any, files: Path, node: str, *options: str) -> str:
    """Burn in the guest, and give what is said."""
    result = kernel.discstack("burn", files, "-d", node, *options)
    assert result.status == 0, result.output
    said: str = result.output
    return said


def test_kernel_sees_a_write_once_disc_after_the_tray_was_moved(kernel: Any, attaching: Attaching, share: Path) -> None:
    files = fill(share / "files", 1)
    with attaching("dvd+r") as attachment:
        node = attachment.drives[0].block
        said = burn(kernel, files, node, "--verify", "none")
        assert "note: the system still sees the first 1 of the disc's sectors" in said
        said = burn(kernel, files, node, "--append", "--verify", "full", "--reload")
        assert "note: the system" not in said
        assert mounted(kernel, node) == digests(files)


def test_kernel_sees_what_is_written_over_without_an_eject(kernel: Any, attaching: Attaching, share: Path) -> None:
    """Through /dev/sgN, of which the block device /dev/srN knows nothing."""
    with attaching("dvd-ram") as attachment:
        drive = attachment.drives[0]
        for mark in (1, 2):
            files = fill(share / str(mark), mark)
            said = burn(kernel, files, drive.generic, "--erase", "--verify", "full")
            assert "note: the system" not in said
            assert mounted(kernel, drive.block) == digests(files)

"""Other people's burners write on our drive, through the Linux kernel; the kernel reads the discs back."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from .burners import CELLS, RELOAD, Cell

# READ DISC INFORMATION, its bytes as numbers
STATE = "sg_raw -b -r 34 $D 51 00 00 00 00 00 00 00 22 00 2>/dev/null | od -An -v -tu1"
Attaching = Callable[..., AbstractContextManager[Any]]


@pytest.fixture(scope="module")
def sources(kernel_share: Path) -> Path:
    """The folders that are burnt, and an image of the first."""
    folder = kernel_share / "sources"
    for name, count in (("first", 4), ("second", 1)):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            (folder / name / f"{name}{number}").write_bytes(os.urandom(100_000 + number))
    image = folder / "first.iso"
    subprocess.run(
        ["genisoimage", "-quiet", "-R", "-J", "-udf", "-V", "FIRST", "-o", image, folder / "first"], check=True
    )
    return folder


@pytest.fixture(scope="module")
def drives(attaching: Attaching) -> Iterator[dict[str, Any]]:
    """A drive with a blank disc for each cell, all attached at once."""
    with attaching(*(cell.medium for cell in CELLS)) as attachment:
        yield {cell.name: drive for cell, drive in zip(CELLS, attachment.drives, strict=True)}


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_burner(cell: Cell, drives: dict[str, Any], sources: Path, share: Path, kernel: Any, brisk: str) -> None:
    if shutil.which(cell.program) is None:
        pytest.skip(f"{cell.program} is not installed")
    device = drives[cell.name].block
    names = f"cd {share}; D={device} I={sources}/first.iso T={sources}/first S={sources}/second; set -e; "
    result = kernel.run(f"{brisk} {names} {cell.commands}", timeout=40)
    if cell.refusal:
        assert result.status != 0
        assert cell.refusal in result.output
    else:
        assert result.status == 0, result.output[-3000:]
    assert disc_state(kernel.check(f"{brisk} {names} {RELOAD}; {STATE}")) == (cell.status, cell.sessions)
    if not cell.refusal and cell.status:
        seen = kernel.check(names + "mount -o ro -t iso9660 $D /mnt; cd /mnt; sha256sum *; cd /; umount /mnt")
        wanted = "first second" if cell.second else "first"
        expected = subprocess.check_output(
            f"for n in {wanted}; do cd {sources}/$n; sha256sum *; done", shell=True, text=True
        )
        assert sorted(seen.splitlines()) == sorted(expected.splitlines())


def disc_state(bytes_of_disc_information: str) -> tuple[int, int]:
    """Return the disc status and the number of complete sessions."""
    data = [int(word) for word in bytes_of_disc_information.split()]
    status, last = data[2] & 3, data[2] >> 2 & 3
    return status, data[4] - (last != 3)

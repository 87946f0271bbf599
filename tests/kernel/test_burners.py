"""Other people's burners write on our drive, through the Linux kernel; the kernel reads the discs back."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from .burners import CELLS, Cell

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
def test_burner(
    cell: Cell,
    drives: dict[str, Any],
    sources: Path,
    share: Path,
    kernel: Any,
    brisk: str,
    guest_python: Callable[..., str],
) -> None:
    if shutil.which(cell.program) is None:
        pytest.skip(f"{cell.program} is not installed")
    device = drives[cell.name].block
    names = f"cd {share}; D={device} I={sources}/first.iso T={sources}/first S={sources}/second; set -e"
    result = kernel.run(f"{brisk} {names}; {cell.commands}")
    if cell.refusal:
        assert result.status != 0
        assert cell.refusal in result.output
    else:
        assert result.status == 0, result.output[-3000:]
        assert cell.says in result.output
    seen = json.loads(guest_python("disc.py", device, *cell.mounts))
    assert (seen["status"], seen["sessions"]) == (cell.status, cell.sessions)
    wanted = digests(sources / "first") | (digests(sources / "second") if cell.second else {})
    assert seen["files"] == dict.fromkeys(cell.mounts, wanted)


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}

"""Discs are changed in attached drives: the kernel hears of it, and no disc is pulled from under a mount."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import discstack

from .contents import digests, fill, mounted

Attaching = Callable[..., AbstractContextManager[Any]]
NO_DISC, TRAY_OPEN, DISC_OK = 1, 2, 4


def burn(address: str, folder: Path) -> None:
    """Burn a folder on this side, which is quicker."""
    with discstack.open(address) as recorder:
        image = discstack.FileSystemImage()
        image.root.add_tree(folder)
        discstack.DataWriter(recorder, verify=discstack.VerifyLevel.NONE).write(image.create_result())


def test_kernel_and_programs_hear_of_another_disc(kernel: Any, attaching: Attaching, share: Path) -> None:
    first, second = (fill(share / str(mark), mark) for mark in (1, 2))
    discs = {name: f"dvd+r?file={share}/{name}.img" for name in ("first", "second")}
    for name, folder in (("first", first), ("second", second)):
        burn(f"virtual:{discs[name]}", folder)
    with attaching(discs["first"]) as attachment:
        drive = attachment.drives[0]

        def change(*medium: str) -> Any:
            return kernel.discstack("change", drive.generic, *medium, folder=share)

        def state() -> list[int]:
            told: list[int] = json.loads(kernel.script("tray.py", drive.block, "status", "changed"))
            return told

        assert mounted(kernel, drive.block) == digests(first)
        state()
        kernel.check(f"mount -o ro {drive.block} /mnt")
        assert "the tray of the virtual drive is locked" in change("dvd+r?file=second.img").output
        kernel.check("umount /mnt")
        assert change("dvd+r?file=second.img").status == 0
        assert state() == [DISC_OK, 1]
        assert mounted(kernel, drive.block) == digests(second)
        assert change().status == 0
        assert state() == [NO_DISC, 1]
        kernel.check(f"sg_start --eject {drive.block}")
        assert state()[0] == TRAY_OPEN
        assert "holds a dvd+r, not a cd-rw" in change("cd-rw?file=first.img").output
        assert state()[0] == TRAY_OPEN
        assert change("bd-re").status == 0
        assert "Current profile: BD-RE" in kernel.check(f"sg_get_config {drive.block}")
        assert "realtime= is the drive's" in change("cd-r?realtime=3").output
    assert "is no drive that a running" in kernel.discstack("change", drive.block, "cd-r").output

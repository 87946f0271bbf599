"""Discs are changed in attached drives: the kernel hears of it, and no disc is pulled from under a mount."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import discstack

from .contents import digests, fill, mounted

Attaching = Callable[..., AbstractContextManager[Any]]
NO_DISC, TRAY_OPEN, DISC_OK = 1, 2, 4
CHECK_CONDITION = 2  # what the kernel's ioctl answers when the drive refuses to move its tray
# Burns a folder, and waits for a file when it begins to write
BURN = """
import pathlib, signal, sys, time, discstack
node, folder, go = sys.argv[1:]
def wait(event):
    if isinstance(event, discstack.PhaseStarted) and event.phase is discstack.Phase.WRITING:
        print("writing", flush=True)
        while not pathlib.Path(go).exists():
            time.sleep(0.01)
with discstack.open(node) as recorder:
    image = discstack.FileSystemImage()
    image.root.add_tree(folder)
    discstack.DataWriter(recorder).write(image.create_result(), on_event=wait)
print("burnt", flush=True)
signal.pause()
"""


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


def test_no_disc_leaves_a_drive_that_burns(kernel: Any, attaching: Attaching, share: Path, background: Any) -> None:
    files = fill(share / "files")
    with attaching("dvd+r") as attachment:
        drive = attachment.drives[0]
        script = shlex.join([sys.executable, "-c", BURN, drive.block, str(files), str(share / "go")])
        with background(script) as burner:
            burner.until(lambda lines: lines == ["writing"])
            assert json.loads(kernel.script("tray.py", drive.block, "open", "status")) == [CHECK_CONDITION, DISC_OK]
            assert "Medium removal prevented" in kernel.run(f"sg_start -v --eject {drive.block} 2>&1").output
            assert "the tray of the virtual drive is locked" in kernel.discstack("change", drive.block, "cd-r").output
            (share / "go").touch()
            burner.until(lambda lines: lines == ["writing", "burnt"])
        kernel.check(
            f"sg_start --eject {drive.block}; sg_start --load {drive.block}; sg_turs -n 9 {drive.block} || true"
        )
        assert mounted(kernel, drive.block) == digests(files)

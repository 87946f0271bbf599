"""An attached drive is lent over iSCSI, as docs/attaching.md tells it; the guest is both machines."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from .contents import digests, fill, mounted

Attaching = Callable[..., AbstractContextManager[Any]]
LEND = Path(__file__).parent / "guest/lend.sh"


def test_a_lent_drive_burns_and_leaves_with_its_owner(
    kernel: Any, attaching: Attaching, share: Path, brisk: str
) -> None:
    if missing := [name for name in ("iscsid", "iscsiadm", "growisofs") if shutil.which(name) is None]:
        pytest.skip(f"{missing[0]} is not installed")
    files = fill(share / "files")
    with attaching("dvd+r") as attachment:
        if shutil.which("targetcli"):
            bus = "mkdir -p /run/dbus; dbus-daemon --system --fork; mkdir -p /etc/target/pr /etc/target/alua"
            shown = kernel.check(f"{bus}; targetcli ls / 2>/dev/null; kill $(</run/dbus/pid)")
            assert f"[user/{Path(attachment.targets[0]).name} (None)]" in shown
        block, _ = kernel.check(f"cd {share}; bash {LEND} lend {attachment.targets[0]} || cat log").split()
        kernel.check(f"{brisk} growisofs -Z {block} -R -J -quiet {files} 2>&1")
        assert mounted(kernel, block) == digests(files)
        assert "Current profile: DVD+R" in kernel.check(f"sg_get_config {attachment.drives[0].generic}")
    assert kernel.check("ls /sys/kernel/config/target/core").split() == ["alua"]
    kernel.check(f"cd {share}; bash {LEND} stop || cat log")

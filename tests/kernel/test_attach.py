"""Virtual drives are device nodes of a stock Linux kernel: they come, go, and leave nothing behind."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

Attaching = Callable[..., AbstractContextManager[Any]]

OURS = "find /sys/kernel/config/target -name '*discstack*' -o -name 'naa.5001405d*' -o -name 'user_*'"
# until the kernel has handed out a command that is not done
ON_ITS_WAY = "cd /sys/class/scsi_generic/{}/device; until [ $(<iorequest_cnt) != $(<iodone_cnt) ]; do sleep 0.05; done"


def test_drives_come_as_nodes_and_go(kernel: Any, attaching: Attaching) -> None:
    with attaching("cd-rw", "dvd+r") as attachment:
        first, second = attachment.drives
        assert kernel.check(f"cat /sys/block/{first.name}/device/model").strip() == "VIRTUAL BURNER"
        assert "Peripheral device type: cd/dvd" in kernel.check(f"sg_inq {first.generic}")
        assert "Current profile: DVD+R" in kernel.check(f"sg_get_config {second.generic}")
        assert "Current profile: CD-RW" in kernel.check(f"sg_get_config {first.block}")
    assert kernel.check(f"ls /dev | grep -E '^s[rg][0-9]'; {OURS}; true") == ""


def test_next_one_cleans_up_after_one_that_was_killed_with_a_command_on_its_way(
    kernel: Any, attaching: Attaching, share: Path
) -> None:
    with attaching("bd-re") as alive:
        with attaching("cd-r?realtime=0.025") as killed:  # calibrating takes it 200 seconds
            node = killed.drives[0].generic
            calibrate = f"sg_raw -t 400 {node} 54 01 00 00 00 00 00 00 00 00"
            kernel.check(f"sg_turs -n 3 {node} || true; setsid {calibrate} >{share}/said 2>&1 & echo $! >{share}/pid")
            kernel.check(ON_ITS_WAY.format(Path(node).name))
            killed.end("KILL")
        assert kernel.run(f"test -e {killed.drives[0].block}").status == 0
        with attaching("cd-r") as third:
            found = kernel.check(OURS + " | grep -c /discstack").strip()
            assert found == "2"
            for drive in (*alive.drives, *third.drives):
                kernel.check(f"sg_inq {drive.generic}")
    assert kernel.check(OURS) == ""
    kernel.check(f"while kill -0 $(<{share}/pid); do sleep 0.05; done 2>/dev/null")
    assert "error" in (share / "said").read_text().lower() or "failed" in (share / "said").read_text().lower()


def test_who_is_not_root_is_told(kernel: Any) -> None:
    nobody = ("setpriv", "--reuid", "65534", "--clear-groups")
    result = kernel.run(*nobody, sys.executable, "-m", "discstack", "emulate", "cd-r", "--attach")
    assert result.status == 3
    assert "takes root" in result.output

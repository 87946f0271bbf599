"""What a machine needs so that a drive can be attached to its kernel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from discstack.transport.base import AccessDenied, BackendUnavailable

CONFIGFS: Final = Path("/sys/kernel/config")
MODULES: Final = ("target_core_user", "tcm_loop", "sr_mod", "sg")
WHERE: Final = (
    "the kernels of distributions have them as modules: Debian's linux-image-amd64 (its cloud kernel lacks them), "
    "Ubuntu's linux-modules-extra; for a container its host must load them"
)


def prepare() -> None:
    """Load the modules and mount configfs where that is not done yet; raise what says what is missing."""
    if sys.platform != "linux":
        raise BackendUnavailable("drives can be attached to Linux kernels only")
    if os.geteuid() != 0:
        raise AccessDenied("attaching a drive to the kernel takes root (configfs, /dev/uioN): run it with sudo")
    missing = {name: words for name in MODULES if (words := _load(name)) is not None}
    if missing:
        words = "; ".join(f"{name} ({why})" for name, why in missing.items())
        raise BackendUnavailable(f"the kernel {os.uname().release} lacks {words}; {WHERE}")
    if not (CONFIGFS / "target").is_dir():
        _mount()
    for folder in ("core", "loopback"):
        (CONFIGFS / "target" / folder).mkdir(exist_ok=True)


def _load(module: str) -> str | None:
    """Load a module; return why that cannot be."""
    if (Path("/sys/module") / module).is_dir():
        return None
    program = shutil.which("modprobe", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if program is None:
        return "and there is no modprobe to load it: install kmod"
    done = subprocess.run([program, module], capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stderr.strip() or f"modprobe ends with {done.returncode}"


def _mount() -> None:
    if not CONFIGFS.is_dir():
        raise BackendUnavailable(f"the kernel {os.uname().release} has no configfs: {CONFIGFS} is missing")
    done = subprocess.run(
        ["mount", "-t", "configfs", "configfs", str(CONFIGFS)], capture_output=True, text=True, check=False
    )
    if not (CONFIGFS / "target").is_dir():
        raise BackendUnavailable(f"configfs shows no target subsystem at {CONFIGFS}: {done.stderr.strip()}")

"""Where the trees lie in which Linux tells of devices and processes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Roots:
    """The trees of one machine; all that asks the system takes them from here, so that a folder can stand in."""

    sys: Path = Path("/sys")
    proc: Path = Path("/proc")
    dev: Path = Path("/dev")
    run: Path = Path("/run")
    etc: Path = Path("/etc")


def read_text(path: Path) -> str:
    """Return what an attribute or a small file says, without spaces around it; nothing where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:  # not there, gone meanwhile, or not for us
        return ""


def read_number(path: Path) -> int | None:
    """Return the number in an attribute, None where there is none."""
    try:
        return int(read_text(path))
    except ValueError:
        return None


def entries(folder: Path) -> tuple[Path, ...]:
    """Return what is in a folder, by name; nothing where it cannot be read."""
    try:
        return tuple(sorted(Path(entry.path) for entry in os.scandir(folder)))
    except OSError:
        return ()

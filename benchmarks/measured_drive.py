"""Builds benchmarks/drive and runs programs on it: a drive that counts, in front of them by LD_PRELOAD."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
NATIVE: Final = HERE.parent / "native" / "src"
DEVICE: Final = "/dev/sr9"
CORE: Final = ("drive.c", "disc.c", "xxh64.c")
FLAGS: Final = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", f"-I{NATIVE}")


def build_library(folder: Path, *, preload: bool = True) -> Path:
    """Build what is preloaded, or the drive alone, whose `drive_submit` a feeder can be given."""
    sources = [*CORE, "preload.c"] if preload else CORE
    return _build(folder / "drive.so", sources, "-shared", "-fPIC")


def build_loop(folder: Path) -> Path:
    """Build the bare loop."""
    return _build(folder / "loop", ["loop.c"])


def build_commands(folder: Path) -> Path:
    """Build the bare loop over any command."""
    return _build(folder / "commands", ["commands.c"])


def build_pauses(folder: Path) -> Path:
    """Build what measures the machine's own pauses."""
    return _build(folder / "pauses", ["pauses.c"])


def _build(target: Path, sources: object, *flags: str) -> Path:
    paths = [str(HERE / "drive" / name) for name in sources]
    subprocess.run(["cc", *FLAGS, *flags, "-o", str(target), *paths, "-ldl", "-lpthread"], check=True)
    return target


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveSetup:
    """What drive a program finds at DEVICE. `rate` in bytes per second, 0 for infinitely fast; sizes in bytes.

    `busy` answers 2/04/08 instead of letting a WRITE wait. `zeros` answers READs of any address. `max_transfer` is the
    most that the system lets one command carry, None where it does not tell.
    """

    library: Path
    medium: str = "bd-r"
    rate: float = 0
    buffer: int = 4 << 20
    busy: bool = False
    hash: bool = False
    zeros: bool = False
    max_transfer: int | None = None

    def environment(self, folder: Path) -> Mapping[str, str]:
        """Return a program's environment; what was counted will be in `folder`."""
        words = {
            "LD_PRELOAD": str(self.library),
            "DRIVE_DEVICE": DEVICE,
            "DRIVE_MEDIUM": self.medium,
            "DRIVE_RATE": str(self.rate),
            "DRIVE_BUFFER": str(self.buffer),
            "DRIVE_BUSY": str(int(self.busy)),
            "DRIVE_HASH": str(int(self.hash)),
            "DRIVE_ZEROS": str(int(self.zeros)),
            "DRIVE_REPORT": str(folder / "report.json"),
        }
        if self.max_transfer is not None:
            queue = folder / "queue"
            queue.mkdir(exist_ok=True)
            (queue / "max_sectors_kb").write_text(f"{self.max_transfer >> 10}\n", encoding="ascii")
            words["DRIVE_QUEUE"] = str(queue)
        (folder / "report.json").unlink(missing_ok=True)
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, **words}  # a program that is installed has its bytecode already


def report_in(folder: Path) -> dict[str, Any]:
    """Return what the drive counted; FileNotFoundError if nothing was written to it."""
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


class DriveInProcess:
    """A drive for a feeder of this process: `submit` and `context` are what it is given."""

    def __init__(self, library: Path, *, rate: float = 0, buffer: int = 4 << 20, busy: bool = False) -> None:
        self._drive = ctypes.CDLL(str(library))
        self._drive.drive_new.restype = ctypes.c_void_p
        new = self._drive.drive_new(1, ctypes.c_double(rate), ctypes.c_double(buffer), busy, False)
        if not new:
            raise MemoryError("no memory for a drive")
        self.context: int = new
        self.submit: int = ctypes.cast(self._drive.drive_submit, ctypes.c_void_p).value or 0

    def report(self, folder: Path) -> dict[str, Any]:
        """Return what it counted; `folder` is for the report."""
        libc = ctypes.CDLL(None)
        libc.fopen.restype = ctypes.c_void_p
        file = libc.fopen(os.fsencode(folder / "report.json"), b"w")
        if not file:
            raise OSError(f"{folder} cannot be written to")
        self._drive.drive_report(ctypes.c_void_p(self.context), ctypes.c_void_p(file))
        libc.fclose(ctypes.c_void_p(file))
        return report_in(folder)

"""Libraries of our C code for tests, with a system that is played."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

SRC = Path(__file__).parent.parent.parent / "native" / "src"


def build(target: Path, sources: Iterable[Path], *options: str) -> Path:
    """Compile a library of our C code."""
    flags = ["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-I{SRC}"]
    subprocess.run(["cc", *flags, *options, "-o", target, *sources], check=True)
    return target

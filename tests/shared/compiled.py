"""Libraries of our C code for tests, with a system that is played."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Iterable
from pathlib import Path

SRC = Path(__file__).parent.parent.parent / "native" / "src"


def build(target: Path, sources: Iterable[Path], *options: str) -> Path:
    """Compile a library of our C code."""
    flags = ["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-I{SRC}"]
    subprocess.run(["cc", *flags, *options, "-o", target, *sources], check=True)
    return target


def digest_of(library: ctypes.CDLL, algorithm: str, size: int, pieces: Iterable[bytes]) -> bytes:
    """Return what a sum of our C code, such as sha256, makes of data that comes in pieces."""
    start, add, end = (library[f"{algorithm}_{step}"] for step in ("start", "add", "end"))
    sum, digest = ctypes.create_string_buffer(512), ctypes.create_string_buffer(size)
    start(sum)
    for piece in pieces:
        add(sum, piece, ctypes.c_size_t(len(piece)))
    end(sum, digest)
    return digest.raw

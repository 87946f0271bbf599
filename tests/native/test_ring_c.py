"""The C code by itself, with two threads, under AddressSanitizer and ThreadSanitizer."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SRC = HERE.parent.parent / "native" / "src"
SOURCES = [
    HERE / "ring_test.c",
    *(
        SRC / name
        for name in ("ring.c", "histogram.c", "feeder.c", "pace.c", "sense.c", "os_linux.c", "priority_linux.c")
    ),
]
SECONDS = "2"


@pytest.mark.parametrize("sanitizer", ["address,undefined", "thread"])
def test_ring_and_feeder_are_clean_under_two_threads(sanitizer: str, tmp_path: Path) -> None:
    program = tmp_path / "ring_test"
    options = ["-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", f"-fsanitize={sanitizer}"]
    subprocess.run(
        ["cc", *options, "-fno-sanitize-recover=all", f"-I{SRC}", "-o", program, *SOURCES, "-lpthread"], check=True
    )
    run = subprocess.run([program, SECONDS], capture_output=True, text=True, timeout=60, check=False)
    if "unexpected memory mapping" in run.stderr:  # ThreadSanitizer and the addresses of some newer kernels
        fixed = ["setarch", platform.machine(), "-R", program, SECONDS]
        run = subprocess.run(fixed, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stdout + run.stderr

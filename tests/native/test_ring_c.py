"""The C code by itself: with two threads under AddressSanitizer and ThreadSanitizer, and with one on a played clock."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SRC = HERE.parent.parent / "native" / "src"
PLAIN = [SRC / name for name in ("ring.c", "histogram.c", "feeder.c", "pace.c", "sense.c")]
SOURCES = [HERE / "ring_test.c", *PLAIN, SRC / "os_linux.c", SRC / "priority_linux.c"]
SECONDS = "2"


@pytest.mark.parametrize("sanitizer", ["address,undefined", "thread"])
def test_ring_and_feeder_are_clean_under_two_threads(sanitizer: str, tmp_path: Path) -> None:
    program = tmp_path / "ring_test"
    options = ["-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", f"-fsanitize={sanitizer}"]
    subprocess.run(
        ["cc", *options, "-fno-sanitize-recover=all", f"-I{SRC}", "-o", program, *SOURCES, "-lpthread"], check=True
    )
    run = subprocess.run([program, SECONDS], capture_output=True, text=True, timeout=200, check=False)
    if "unexpected memory mapping" in run.stderr:  # ThreadSanitizer and the addresses of some newer kernels
        fixed = ["setarch", platform.machine(), "-R", program, SECONDS]
        run = subprocess.run(fixed, capture_output=True, text=True, timeout=200, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_ring_and_feeder_tell_the_time_right_on_a_played_clock(tmp_path: Path) -> None:
    program = tmp_path / "clock_test"
    options = ["-std=c11", "-g", "-Wall", "-Wextra", "-Werror", f"-I{SRC}", "-o", program]
    subprocess.run(["cc", *options, HERE / "clock_test.c", *PLAIN], check=True)
    run = subprocess.run([program], capture_output=True, text=True, timeout=200, check=False)
    assert run.returncode == 0, run.stdout + run.stderr

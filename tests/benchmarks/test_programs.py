"""The benchmarks that are programs start, away from pytest and what that adds to where modules are found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize("name", ["peers", "commands", "burners", "lab"])
def test_a_benchmark_that_is_a_program_starts_and_tells_what_it_takes(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, BENCHMARKS / f"{name}.py", "--help"],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout
    assert "--json" in done.stdout or "--repeats" in done.stdout

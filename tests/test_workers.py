"""How the suite is shared out between processes (`tests/shared/workers.py`)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("xdist", reason="pytest-xdist is not installed: the suite is run by one process")
from workers import LONGEST, TOGETHER

ROOT = Path(__file__).parent.parent
PLAIN = ("-n", "2", "-v", "-p", "workers", "-p", "no:cacheprovider", "--import-mode=importlib")
TESTS = "import pytest\n\n@pytest.mark.parametrize('number', range(20))\ndef test(number):\n    pass\n"


@pytest.mark.parametrize("name", LONGEST)
def test_what_is_begun_first_is_there(name: str) -> None:
    assert (ROOT / name).exists()


def words_of_the_makefile() -> list[str]:
    words = re.search("^SHARED := (.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert words
    return words[1].split()


def test_a_folder_that_shares_a_machine_and_any_file_are_the_work_of_one_process(tmp_path: Path) -> None:
    folder = tmp_path / TOGETHER[0]
    for path in (tmp_path / "tests/test_early.py", folder / "test_one.py", folder / "test_two.py"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TESTS)
    (tmp_path / "pytest.ini").touch()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent / "shared")}
    command = [sys.executable, "-m", "pytest", *words_of_the_makefile(), *PLAIN, "tests"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    ran = re.findall(r"\[(gw\d)\].*PASSED (\S+)::", done.stdout)
    assert len(ran) == 60
    one, two, early = ({worker for worker, file in ran if name in file} for name in ("_one", "_two", "_early"))
    assert one == two
    assert len(one) == len(early) == 1
    assert one != early

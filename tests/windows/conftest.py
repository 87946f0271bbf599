"""Windows for the tests: Wine with Windows's own Python, in which the wheel for Windows is installed.

What lies in `guest` runs there. Where there can be no such machine, tests are skipped with the reason. If
DISCSTACK_WINDOWS says `required`, only what cannot be downloaded is a reason.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .machine import Wine

if sys.platform == "win32":
    collect_ignore_glob = ["test_*.py"]
else:
    from .machine import ROOT, NoDownload, NoWindows, Wine

    collect_ignore = ["guest"]

# one process for both; the second tells what is missing
INSTALL = """
import sys
from pip._internal.cli.main import main
install = ["install", "--quiet", "--no-index", "--no-deps", "--force-reinstall", "--no-compile", sys.argv[1]]
sys.exit(main([*install, "--no-warn-script-location"]) or main(["check"]))
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel for Windows, built here."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        folder,
    ]
    environment = {**os.environ, "DISCSTACK_TARGET": "win_amd64"}
    subprocess.run([*build, str(ROOT)], check=True, env=environment, capture_output=True)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="session")
def machine() -> Wine:
    """Wine with Windows's own Python."""
    try:
        return Wine()
    except NoDownload as error:
        pytest.skip(str(error))
    except NoWindows as error:
        (pytest.fail if os.environ.get("DISCSTACK_WINDOWS") == "required" else pytest.skip)(f"no Windows: {error}")


@pytest.fixture(scope="session")
def windows(machine: Wine, wheel: Path) -> Wine:
    """The same, with discstack installed from its wheel by Windows's own pip, which checks what it needs."""
    done = machine.python("-c", INSTALL, wheel)
    assert done.status == 0, done.output
    return machine

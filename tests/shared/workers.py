"""How the suite is shared out where several processes run it (`make test WORKERS=2`): file by file, the longest first.

What a file's tests share is made once, and so is what those of a folder in TOGETHER share.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

TOGETHER = ("tests/windows/", "tests/kernel/")  # a machine that is started once
# What takes longest is begun first, so that no worker is left alone with it in the end
LONGEST = (
    *TOGETHER,
    *("tests/mmc/media/test_faults.py", "tests/mmc/cd/test_faults.py", "tests/mmc/media/test_fault_matrix.py"),
    *("tests/api/test_burn.py", "tests/mmc/cd/test_cookbook.py", "tests/fs/boot/test_booting.py"),
)


class ByFile(LoadFileScheduling):
    """Gives a worker a file or a folder of TOGETHER at a time."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile | None:
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    return next((turn for turn, name in enumerate(LONGEST) if item.nodeid.startswith(name)), len(LONGEST))

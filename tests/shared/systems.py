"""Systems other than Linux run these tests too; what is about Linux is skipped there and says why."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

LINUX = sys.platform == "linux"
# Who asks for one of these deals with files, names, locks, programs or a console, in which systems differ
OF_THE_SYSTEM = frozenset({"tmp_path", "tmp_path_factory", "capsys", "capfd"})


class Elsewhere(pytest.Module):
    """A module that is not imported on this system."""

    reason = ""

    def collect(self) -> Any:
        pytest.skip(self.reason, allow_module_level=True)


def linux_only(reason: str) -> Callable[..., pytest.Module | None]:
    """Return a `pytest_pycollect_makemodule` for the conftest.py of a folder that is about Linux."""

    def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
        if LINUX:
            return None
        module = Elsewhere.from_parent(parent, path=module_path)
        module.reason = f"about Linux: {reason}"
        return module

    return pytest_pycollect_makemodule


def mark(items: Sequence[pytest.Item]) -> None:
    """Mark tests that deal with the system, and leave those out that need Linux on others."""
    for item in items:
        if OF_THE_SYSTEM.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("system")
        needs = item.get_closest_marker("linux")
        if needs and not LINUX:
            item.add_marker(pytest.mark.skip(reason=f"needs Linux: {needs.args[0]}"))

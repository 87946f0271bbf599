"""Systems other than Linux run these tests too; what is about Linux is skipped there and says why."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from discstack.native import files

LINUX = sys.platform == "linux"
# Who asks for one of these deals with files, names, locks, programs or a console, in which systems differ
OF_THE_SYSTEM = frozenset({"tmp_path", "tmp_path_factory", "capsys", "capfd"})
# ERROR_INTERNAL_ERROR: of some thousand processes that Wine starts, one dies before it is ready
DIED_AT_BIRTH = 1359

# how small files are read: one by one, or many in a call
BATCH_READERS = [
    pytest.param(None, id="Python"),
    pytest.param(files, id="native", marks=pytest.mark.linux("native code that reads files")),
]


def needs_linux(what: str) -> None:
    """For fixtures: leave out who asks for what other systems have not."""
    if not LINUX:
        pytest.skip(f"needs Linux: {what}")


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


def start_programs_with_care() -> None:
    """Let tests that start programs of Linux be left out where they begin to; start again what died at birth."""

    class Started(subprocess.Popen[Any]):
        def __init__(self, words: Any, *others: Any, **options: Any) -> None:
            program = os.fspath(words if isinstance(words, str | os.PathLike) else words[0])
            if shutil.which(program) is None:
                pytest.skip(f"needs Linux: {program}")
            try:
                super().__init__(words, *others, **options)
            except OSError as error:
                if getattr(error, "winerror", None) != DIED_AT_BIRTH:
                    raise
                super().__init__(words, *others, **options)

    if not LINUX:
        subprocess.Popen = Started  # type: ignore[misc]


def first_of_each(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return of each test with parameters only the first that is not left out."""
    chosen = dict[str, pytest.Item]()
    for item in items:
        if not any(item.iter_markers("skip")):
            chosen.setdefault(item.nodeid.partition("[")[0], item)
    return list(chosen.values())


def mark(items: Sequence[pytest.Item]) -> None:
    """Mark tests that deal with the system, and leave those out that need Linux on others."""
    for item in items:
        if "native" in item.path.parts or OF_THE_SYSTEM.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("system")
        needs = item.get_closest_marker("linux")
        if needs and not LINUX:
            item.add_marker(pytest.mark.skip(reason=f"needs Linux: {needs.args[0]}"))

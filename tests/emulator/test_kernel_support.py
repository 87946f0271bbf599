"""What a machine lacks for attaching is said; `tests/kernel` has a machine that lacks nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from discstack.emulator.kernel import support
from discstack.transport.base import AccessDenied, BackendUnavailable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is about Linux")


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine of root's whose modules are all loaded by a `modprobe` that does nothing, and without configfs."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(support, "MODULES", ("no_module_at_all",))
    monkeypatch.setattr(support, "CONFIGFS", tmp_path / "config")
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path / "modprobe", "exit 0")
    program(tmp_path / "mount", "exit 0")
    return tmp_path


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_who_is_not_root_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(AccessDenied, match="takes root"):
        support.prepare()


def test_a_module_that_is_not_there_is_named_with_what_modprobe_says_and_where_to_get_it(bare_machine: Path) -> None:
    program(bare_machine / "modprobe", "echo modprobe: FATAL: Module $1 not found >&2; exit 1")
    with pytest.raises(BackendUnavailable) as caught:
        support.prepare()
    assert f"the kernel {os.uname().release} lacks no_module_at_all (modprobe: FATAL:" in str(caught.value)
    assert "linux-modules-extra" in str(caught.value)


def test_a_machine_without_modprobe_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support.shutil, "which", lambda name, path: None)
    with pytest.raises(BackendUnavailable, match="no modprobe to load it: install kmod"):
        support.prepare()


def test_a_kernel_without_configfs_is_told_of() -> None:
    with pytest.raises(BackendUnavailable, match="has no configfs"):
        support.prepare()


def test_a_configfs_without_targets_is_told_of_with_what_mount_says(bare_machine: Path) -> None:
    (bare_machine / "config").mkdir()
    program(bare_machine / "mount", "echo mount: permission denied >&2; exit 32")
    with pytest.raises(BackendUnavailable, match=r"no target subsystem at .*: mount: permission denied"):
        support.prepare()


def test_what_is_there_is_enough(bare_machine: Path) -> None:
    (bare_machine / "config/target").mkdir(parents=True)
    support.prepare()
    assert {entry.name for entry in (bare_machine / "config/target").iterdir()} == {"core", "loopback"}

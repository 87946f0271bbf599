"""Windows that is played: its `kernel32` is a Python object that answers what a test scripts, and remembers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from compiled import SRC, build

from discstack.native.library import DLL
from discstack.transport import spti as spti_module
from discstack.transport.windows import declarations
from discstack.transport.windows.calls import Windows

from .kernel32 import FakeKernel32, FakeSetupApi


@pytest.fixture(scope="session")
def spti(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Our C code for SPTI, built for this system: what it asks of Windows it asks through the fake's functions."""
    if sys.platform == "win32":
        return declarations.ffi.dlopen(str(DLL))
    library = build(tmp_path_factory.mktemp("spti") / "spti.so", (SRC / "spti.c", SRC / "os_linux.c"))
    return declarations.ffi.dlopen(str(library))


@pytest.fixture
def kernel32(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKernel32]:
    """A drive with a medium that nobody else uses; whatever is opened must be closed again."""
    monkeypatch.setattr(spti_module, "BUSY_INTERVAL", 0.001)
    fake = FakeKernel32()
    yield fake
    assert not fake.access


@pytest.fixture
def setupapi(kernel32: FakeKernel32) -> Iterator[FakeSetupApi]:
    """Lists no drive yet; whatever list is asked for must be given back."""
    fake = FakeSetupApi(kernel32)
    yield fake
    assert not fake.open_sets


@pytest.fixture
def windows(kernel32: FakeKernel32, setupapi: FakeSetupApi, spti: Any) -> Windows:
    """The system of that drive."""
    return Windows(kernel32, setupapi, spti)

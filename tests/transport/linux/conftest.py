"""Linux that is played: a drive behind SG_IO by a C library, and the folders of a machine.

The drive answers what a test scripts, and remembers what it was asked.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from compiled import SRC, build
from systems import linux_only

from .machine import Machine

pytest_pycollect_makemodule = linux_only("its drives and nodes")
SG_IO = (Path(__file__).parent / "fake_ioctl.c", SRC / "sgio.c")  # together with the played ioctl

if sys.platform == "linux":
    from discstack.transport import sgio
    from discstack.transport._sgio import ffi
    from discstack.transport.sgio import SgioTransport


class Answer(ctypes.Structure):
    """`struct fake_answer`."""

    _fields_ = (
        ("error", ctypes.c_int),
        ("status", ctypes.c_uint),
        ("host_status", ctypes.c_uint),
        ("driver_status", ctypes.c_uint),
        ("residual", ctypes.c_int),
        ("sense_length", ctypes.c_uint),
        ("sense", ctypes.c_ubyte * 64),
        ("data_length", ctypes.c_uint),
        ("data", ctypes.c_ubyte * 64),
        ("delay_us", ctypes.c_uint),
        ("interruptions", ctypes.c_uint),
    )


class Request(ctypes.Structure):
    """`struct fake_request`."""

    _fields_ = (
        ("fd", ctypes.c_int),
        ("cdb_length", ctypes.c_uint),
        ("sense_room", ctypes.c_uint),
        ("data_length", ctypes.c_uint),
        ("timeout", ctypes.c_uint),
        ("undisturbed", ctypes.c_uint),
        ("direction", ctypes.c_int),
        ("written", ctypes.c_uint),
        ("cdb", ctypes.c_ubyte * 16),
        ("data", ctypes.c_ubyte * 16),
    )


class Drive:
    """The played drive."""

    def __init__(self, library: Path) -> None:
        self._library = ctypes.CDLL(str(library))
        self._answers = (Answer * 4096).in_dll(self._library, "fake_answers")
        self._answer_count = ctypes.c_uint.in_dll(self._library, "fake_answer_count")
        self._requests = (Request * 4096).in_dll(self._library, "fake_requests")
        self._request_count = ctypes.c_uint.in_dll(self._library, "fake_request_count")
        self._masks = ctypes.c_uint.in_dll(self._library, "fake_masks")
        self._write_error = ctypes.c_int.in_dll(self._library, "fake_write_error")
        address = ctypes.cast(self._library.sgio_submit, ctypes.c_void_p).value
        self.submit = ffi.cast("submit_function", address)

    def answer(self, *, times: int = 1, sense: bytes = b"", data: bytes = b"", **fields: int) -> None:
        """Append an answer to the script, behind which everything is GOOD."""
        answer = Answer(sense_length=len(sense), data_length=len(data), **fields)
        answer.sense[: len(sense)] = sense
        answer.data[: len(data)] = data
        for _ in range(times):
            self._answers[self._answer_count.value] = answer
            self._answer_count.value += 1

    def refuse_writes(self, error: int) -> None:
        """Let the sg driver take no command by write, for this reason (errno)."""
        self._write_error.value = error

    def reset(self) -> None:
        """Forget the script and what was asked."""
        self._answer_count.value = self._request_count.value = self._masks.value = self._write_error.value = 0

    @property
    def requests(self) -> list[Any]:
        """What was asked so far."""
        return list(self._requests[: self._request_count.value])

    @property
    def masks(self) -> int:
        """How often it was set for a command which signals are kept out."""
        return self._masks.value

    @property
    def cdbs(self) -> list[bytes]:
        """The commands so far."""
        return [bytes(request.cdb)[: request.cdb_length] for request in self.requests]


@pytest.fixture(scope="session")
def preloadable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library for LD_PRELOAD."""
    return build(tmp_path_factory.mktemp("preload") / "fake.so", SG_IO, "-DPRELOADED")


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Drive:
    """The library, loaded once."""
    return Drive(build(tmp_path_factory.mktemp("played") / "fake.so", SG_IO))


@pytest.fixture
def drive(played: Drive, monkeypatch: pytest.MonkeyPatch) -> Iterator[Drive]:
    """A drive that has been asked nothing."""
    monkeypatch.setattr(sgio, "_submit", played.submit)
    played.reset()
    yield played
    played.reset()


@pytest.fixture
def transport(drive: Drive) -> Iterator[SgioTransport]:
    """A transport to the played drive."""
    with SgioTransport.open("/dev/null") as opened:
        yield opened


@pytest.fixture
def generic(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> Iterator[SgioTransport]:
    """A transport to the played drive by a node of the sg driver."""
    monkeypatch.setattr(sgio, "is_generic", lambda _: True)
    with SgioTransport.open("/dev/null") as opened:
        yield opened


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)

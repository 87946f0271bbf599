"""A folder worth burning, and the command line as a user calls it."""

import io
import json
import os
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from discstack.cli import main


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the last commands of failing drives with the test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "discstack"


Discstack = Callable[..., Outcome]


@pytest.fixture
def discstack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Discstack:
    """Run `discstack WORDS...` in the test's folder; in this process, which saves starting a Python for each."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Outcome:
        out, err = captured(), captured()
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main(list(words))
        return Outcome(int(ended.value.code or 0), text_of(out), text_of(err))

    return call


def captured() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n", write_through=True)


def text_of(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of awkward sizes and names in nested folders; about 2.5 MB, the same bytes each time."""
    root = tmp_path / "folder"
    (root / "deep/er/and/deeper").mkdir(parents=True)
    (root / "empty folder").mkdir()
    contents = {
        "empty": b"",
        "one byte": b"1",
        "sector.bin": bytes(range(256)) * 8,
        "sector and one.bin": bytes(range(256)) * 8 + b"!",
        "Ünïcödé + 名前.txt": b"text\n" * 100,
        "deep/er/and/deeper/a rather long name that no short view can hold as it stands.data": b"x" * 5000,
        "big.bin": b"".join(number.to_bytes(4, "big") for number in range(600_000)),
    }
    for name, data in contents.items():
        (root / name).write_bytes(data)
        os.utime(root / name, (1_700_000_000, 1_700_000_000))
    return root

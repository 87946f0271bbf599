"""What the tests of the reader share: media, and a plain form of trees to compare."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from discstack.fs.nodes import File, Special, Symlink
from discstack.fs.tree import Directory

Plain = dict[str, object]


class BytesMedium:
    """Bytes as a medium; what is not a whole sector at the end is filled up with zeros. Counts what is read of it."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data) + bytes(-len(data) % 2048)
        self.sectors = len(self.data) // 2048
        self.read = 0

    def read_at(self, lba: int, buffer: bytearray | memoryview) -> None:
        assert lba >= 0
        assert lba * 2048 + len(buffer) <= len(self.data)
        assert len(buffer) % 2048 == 0
        self.read += len(buffer)
        buffer[:] = self.data[lba * 2048 : lba * 2048 + len(buffer)]


@pytest.fixture
def medium() -> Callable[[bytes | Path], BytesMedium]:
    """Makes a medium of bytes or of an image file."""
    return lambda data: BytesMedium(data if isinstance(data, bytes) else data.read_bytes())


def data_of(file: File) -> bytes:
    """Read a file."""
    data = bytearray(file.size)
    file.source.read_whole(memoryview(data))
    return bytes(data)


@pytest.fixture
def plain() -> Callable[[Directory], Plain]:
    """Gives the paths of a tree: None for a directory, bytes for a file, and a text for all else."""

    def describe(node: object) -> object:
        if isinstance(node, File):
            return data_of(node)
        if isinstance(node, Symlink):
            return f"-> {node.target.decode()}"
        if isinstance(node, Special):
            return f"{node.kind.name} {node.device}"
        return None

    return lambda root: {node.path[1:]: describe(node) for node in root.walk()}


@pytest.fixture
def sources() -> Callable[[Path], Plain]:
    """Gives the same of a folder."""

    def describe(path: Path) -> object:
        if path.is_symlink():
            return f"-> {os.readlink(path)}"
        if path.is_file():
            return path.read_bytes()
        return None if path.is_dir() else "FIFO None"

    return lambda top: {path.relative_to(top).as_posix(): describe(path) for path in sorted(top.rglob("*"))}


@pytest.fixture(scope="session")
def by_hand() -> Any:
    """The functions of volumes.py, which make small volumes byte by byte."""
    spec = spec_from_file_location("volumes", Path(__file__).with_name("volumes.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

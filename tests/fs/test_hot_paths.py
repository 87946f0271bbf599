"""Declared structures are for what an image has once: what it has for every file is packed without them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from discstack.fs.attributes import Attributes
from discstack.fs.bridge import build_image
from discstack.fs.tree import Directory
from discstack.fs.udf.structure import Structure


def test_an_image_is_made_without_construct(tmp_path: Path) -> None:
    script = (
        "import sys; from discstack import FileSystemImage\n"
        "image = FileSystemImage(); image.root.add_tree(sys.argv[1]); image.create_result().write_to(sys.argv[2])\n"
        "assert 'construct' not in sys.modules"
    )
    (tmp_path / "source").mkdir()
    (tmp_path / "source/file").write_bytes(b"data")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", script, tmp_path / "source", tmp_path / "image"], env=environment, check=True)


def packed(monkeypatch: pytest.MonkeyPatch, files: int) -> Counter[str]:
    """Return how many structures of each kind an image with some files packs; all files are of one kind."""
    counts, pack = Counter[str](), Structure.pack

    def counting(self: Any) -> bytes:
        counts[type(self).__name__] += 1
        return pack(self)

    root = Directory()
    for number in range(files):
        root.create_file(f"file {number:05}", b"data", attributes=Attributes(0o644, 1000, 100), mtime_ns=number * 10**9)
    with monkeypatch.context() as patch:
        patch.setattr(Structure, "pack", counting)
        build_image(root).write_to(os.devnull)
    return counts


def test_no_declared_structure_is_packed_for_each_file(monkeypatch: pytest.MonkeyPatch) -> None:
    packed(monkeypatch, 1)  # what is remembered between images
    few, many = packed(monkeypatch, 10), packed(monkeypatch, 500)
    assert few == many
    assert few["PrimaryVolumeDescriptor"] > 0

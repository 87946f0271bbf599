"""Declared structures are for what an image has once: what it has for every file is packed without them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from discstack.fs.attributes import Attributes, Times
from discstack.fs.bridge import build_image
from discstack.fs.options import ImageOptions
from discstack.fs.snapshot import _Settler, take_snapshot
from discstack.fs.tree import Directory
from discstack.fs.udf.structure import Structure
from discstack.fs.view import View


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


@pytest.mark.parametrize("options", [{}, {"rationalize": True}, {"views": {View.UDF}}], ids=str)
def test_what_is_plain_is_recorded_like_what_may_not_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: dict[str, Any]
) -> None:
    root = Directory()
    for folder in (root, root.create_directory("folder", mtime_ns=5 * 10**9)):
        for number in range(20):
            name = f"{number:03} " + "\u00e9" * 3 * number
            folder.create_file(name, bytes(100 * number), mtime_ns=number, attributes=Attributes(0o640, number % 3))
    assert all(directory.plain for directory in take_snapshot(root).directories)
    build_image(root, ImageOptions(**options)).write_to(tmp_path / "plain")
    monkeypatch.setattr(_Settler, "_plain_items", lambda *_: None)
    assert not any(directory.plain for directory in take_snapshot(root).directories)
    build_image(root, ImageOptions(**options)).write_to(tmp_path / "other")
    assert (tmp_path / "plain").read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.parametrize(
    "unusual",
    [
        lambda root: root.create_hard_link("b", root["a"]),
        lambda root: root.create_symlink("b", "a"),
        lambda root: setattr(root["a"], "times", Times(1, 1)),
        lambda root: setattr(root["below"], "times", Times(1, 1)),
        lambda root: setattr(root["a"], "mtime_ns", None),
        lambda root: root.create_file("b", lambda: BytesIO(), size=1 << 30),
    ],
    ids=["hard link", "symbolic link", "times", "times of a directory", "no time", "giant"],
)
def test_a_directory_with_something_unusual_is_not_plain(unusual: Callable[[Directory], object]) -> None:
    root = Directory()
    root.create_file("a", b"data", mtime_ns=5)
    root.create_directory("below", mtime_ns=5)
    assert take_snapshot(root).root.plain
    unusual(root)
    assert not take_snapshot(root).root.plain

"""Volumes made by mkudffs and filled by the Linux kernel: all that the kernel says is there our reader finds.

When something was added to them, the kernel finds it all again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from discstack.file_system_image import FileSystemImage
from discstack.fs.attributes import Kind
from discstack.fs.nodes import File, Special, Symlink
from discstack.fs.reading.volume import read_volume
from discstack.fs.tree import Directory
from discstack.fs.view import View

SIZE = 24 << 20
# What mkudffs is told; sparable partitions come with the media CD-RW and DVD-RW
FORMATS = {
    "UDF 1.02": "--media-type=hd --udfrev=0x0102",
    "UDF 1.50": "--media-type=hd --udfrev=0x0150",
    "UDF 2.01": "--media-type=hd --udfrev=0x0201",
    "strategy 4096": "--media-type=hd --udfrev=0x0102 --strategy=4096",
    "short allocation descriptors": "--media-type=hd --ad=short",
    "long allocation descriptors": "--media-type=hd --ad=long",
    "CD-RW with spared packets": "--media-type=cdrw --udfrev=0x0201",
    "DVD-RW with spared packets": "--media-type=dvdrw --udfrev=0x0150",
    "DVD-RAM": "--media-type=dvdram --udfrev=0x0200",
}
KINDS = {Kind.FIFO: "fifo", Kind.SOCKET: "socket", Kind.CHARACTER_DEVICE: "character device"}


class FileMedium:
    """An image file as a medium."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        self.sectors = len(self.data) // 2048

    def read_at(self, lba: int, buffer: bytearray | memoryview) -> None:
        buffer[:] = self.data[lba * 2048 : lba * 2048 + len(buffer)]


@pytest.mark.parametrize("options", FORMATS.values(), ids=FORMATS)
def test_reader_finds_all_that_the_kernel_wrote_and_adds_to_it(
    options: str, share: Path, guest_python: Callable[..., str]
) -> None:
    if shutil.which("mkudffs") is None:
        pytest.skip("mkudffs is not installed")
    image = share / "udf.img"
    with image.open("wb") as file:
        file.truncate(SIZE)
    subprocess.run(["mkudffs", "-b", "2048", *options.split(), image], check=True, capture_output=True, timeout=200)
    wanted = json.loads(guest_python("fill.py", image))
    volume = read_volume(FileMedium(image))
    found = survey(volume.root)
    assert volume.notes == ()
    assert {path: essence(entry) for path, entry in found.items()} == {
        path: essence(entry) for path, entry in wanted.items() if not path.startswith("lost+found")
    }
    links = Counter(node.link for node in volume.root.walk() if isinstance(node, File) and node.link is not None)
    assert [*links.values()] == [2]
    grown = FileSystemImage(views=frozenset({View.UDF}), udf_specials=True, udf_permissions=True)
    grown.import_file_system(image)
    grown.root.create_file("added", b"added" * 999, mtime_ns=10**18)
    assert grown.create_result().issues == ()
    grown.create_result().write_parts(image)
    seen = json.loads(guest_python("look.py", image, "udf", "ro,utf8"))["tree"]
    added = seen.pop("added")
    assert (added["size"], added["digest"]) == (4995, hashlib.sha256(b"added" * 999).hexdigest())
    assert {path: essence(entry) for path, entry in seen.items() if not path.startswith("lost+found")} == {
        path: essence(entry) for path, entry in found.items()
    }


def essence(entry: dict[str, Any]) -> dict[str, Any]:
    """Return what a UDF volume keeps of an entry, and the reader gives."""
    kept = ("kind", "mode", "uid", "gid", "size", "digest", "target", "device")
    return {name: entry[name] for name in kept if name in entry} | {"mtime": entry["mtime"] // 1000}


def survey(top: Directory) -> dict[str, dict[str, Any]]:
    """Describe a tree as the guest's survey does."""
    nodes = {".": top} | {node.path[1:]: node for node in top.walk() if not node.path.startswith("/lost+found")}
    found = {}
    for path, node in nodes.items():
        assert node.attributes is not None
        mode, uid, gid, hidden = node.attributes
        assert not hidden
        entry: dict[str, Any] = {"kind": "directory", "mode": mode, "uid": uid, "gid": gid, "mtime": node.mtime_ns}
        if isinstance(node, File):
            data = bytearray(node.size)
            node.source.read_whole(memoryview(data))
            entry |= {"kind": "file", "size": node.size, "digest": hashlib.sha256(data).hexdigest()}
        elif isinstance(node, Symlink):
            entry |= {"kind": "link", "target": node.target.decode()}
        elif isinstance(node, Special):
            entry["kind"] = KINDS[node.kind]
            if node.device:
                entry["device"] = os.makedev(*node.device)
        found[path] = entry
    return found

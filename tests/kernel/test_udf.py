"""The Linux kernel's udf mounts every revision, with and without ISO 9660, and sees all that the sources are."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from discstack.fs.bridge import build_image
from discstack.fs.options import BRIDGE, ImageOptions
from discstack.fs.tree import Directory
from discstack.fs.udf.revisions import REVISIONS
from discstack.fs.view import View

Survey = dict[str, dict[str, Any]]
SECOND = 10**9
NOBODY = 65534  # what the kernel shows for an owner that is not specified
VIEWS = {"bridge": BRIDGE, "alone": frozenset({View.UDF})}
Kind = tuple[int, bool, str, bool]  # revision, with a table, views, with all that the sources are
VOLUMES = [(number, vat) for number in REVISIONS for vat in (False, True) if not vat or number > 0x0102]
EVERYTHING: list[Kind] = [(number, vat, views, True) for number, vat in VOLUMES for views in VIEWS]
DEFAULTS: list[Kind] = [(number, number == 0x0150, "bridge", False) for number in (0x0102, 0x0150, 0x0250)]
KINDS = {
    f"{kind[0]:04x} {kind[2]}{' with a table' * kind[1]}{'' if kind[3] else ' by default'}": kind
    for kind in EVERYTHING + DEFAULTS
}


def kinds(*, exact: bool) -> pytest.MarkDecorator:
    chosen = {name: kind for name, kind in KINDS.items() if kind[3] == exact}
    return pytest.mark.parametrize("kind", chosen.values(), ids=chosen)


@pytest.fixture(scope="module")
def sources(folder: Path) -> Survey:
    """What the guest would see in the folder itself."""
    script = Path(__file__).parent / "guest/survey.py"
    done = subprocess.run([sys.executable, script, folder], capture_output=True, check=True, timeout=200)
    found: Survey = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one of everything; device nodes only where the machine lets us make them."""
    top = tmp_path_factory.mktemp("everything")
    (top / "каталог" / "sub").mkdir(parents=True)
    (top / "many").mkdir()
    (top / "empty directory").mkdir(mode=0o700)
    for number in range(300):
        (top / "many" / f"file number {number:03}").write_bytes(b"%d" % number)
    for size in (0, 1, 1815, 1816, 1817, 1832, 1833, 2048, 2049, 300_000):
        (top / f"{size} bytes").write_bytes((b"%d " % size * size)[:size])
    names = ["ü" * 127, "я" * 127, "\N{GRINNING FACE} astral", "caf\u00e9", "plain.txt", "x" * 254]
    for name in names:
        (top / "каталог" / name).write_text(name)
    os.link(top / "каталог" / "plain.txt", top / "a further name")
    os.link(top / "каталог" / "plain.txt", top / "each name has an id")
    links = {"relative": "каталог/plain.txt", "absolute": "/usr/./share", "upwards": "../..", "root": "/", "dot": "."}
    links |= {"long": "/".join(f"component {number:04}" for number in range(100))}
    for name, target in links.items():
        (top / name).symlink_to(target)
    os.mkfifo(top / "fifo", 0o640)
    here = Path.cwd()
    os.chdir(top)  # the path of a socket may have 108 bytes
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")
    os.chdir(here)
    if os.geteuid() == 0:
        os.mknod(top / "block", 0o660 | 0o060000, os.makedev(8, 17))
        os.mknod(top / "character", 0o666 | 0o020000, os.makedev(240, 300))
        os.chown(top / "1 bytes", 1234, 5678)
        os.chown(top / "relative", 1234, 5678, follow_symlinks=False)
    for number, path in enumerate(sorted(top.rglob("*"))):
        os.utime(path, ns=(0, (1_600_000_000 + 61 * number) * SECOND + 123_456_000), follow_symlinks=False)
    for mode, name in ((0o4755, "1 bytes"), (0o600, "0 bytes"), (0o2711, "2048 bytes"), (0o1777, "many")):
        (top / name).chmod(mode)
    return top


@pytest.fixture(scope="module")
def seen(folder: Path, guest_python: Callable[..., str], kernel_share: Path) -> Callable[[Kind], Survey]:
    """Gives what the kernel shows of the image of a kind."""
    root = Directory()
    root.add_tree(folder)
    path = kernel_share / "udf.img"

    def give(kind: Kind) -> Survey:
        revision, vat, views, exact = kind
        options = {"udf_revision": revision, "udf_vat": vat, "udf_specials": exact, "udf_permissions": exact}
        build_image(root, ImageOptions(views=VIEWS[views], multiple=16, **options)).write_to(path)
        try:
            found = json.loads(guest_python("look.py", path, "udf", "ro,utf8"))
        finally:
            path.unlink()
        usual = "UDF-fs: INFO Mounting volume"
        assert [line for line in found["messages"] if not line.startswith(usual)] == []
        tree: Survey = found["tree"]
        return tree

    return give


def essence(entries: Survey) -> Survey:
    """Leave out the numbers of inodes, and what is below a microsecond."""
    return {path: entry | {"inode": 0, "mtime": entry["mtime"] // 1000} for path, entry in entries.items()}


@kinds(exact=True)
def test_kernel_sees_everything_that_was_asked_for(kind: Kind, sources: Survey, seen: Callable[[Kind], Survey]) -> None:
    found = seen(kind)
    names = ("a further name", "each name has an id", "каталог/plain.txt")
    assert len({found[name]["inode"] for name in names}) == 1
    assert essence(found) == essence(sources)


@kinds(exact=False)
def test_by_default_all_may_read_and_nobody_owns(kind: Kind, sources: Survey, seen: Callable[[Kind], Survey]) -> None:
    found = seen(kind)
    kept = {path: entry for path, entry in sources.items() if entry["kind"] in ("file", "directory")}
    assert found.keys() == kept.keys()
    for path, entry in found.items():
        source = kept[path]
        runs = source["kind"] == "directory" or source["mode"] & 0o111
        assert (entry["mode"], entry["uid"], entry["gid"]) == (0o555 if runs else 0o444, NOBODY, NOBODY)
        assert (entry["kind"], entry.get("digest")) == (source["kind"], source.get("digest"))

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
VOLUMES = [(number, vat) for number in REVISIONS for vat in (False, True) if not vat or number > 0x0102]
NAMES = [f"{number:04x}{' with a table' if vat else ''}" for number, vat in VOLUMES]
volumes = pytest.mark.parametrize(("revision", "vat"), VOLUMES, ids=NAMES)


def survey(folder: Path) -> Survey:
    """Look at a folder of this machine with the guest's eyes."""
    script = Path(__file__).parent / "guest/survey.py"
    done = subprocess.run([sys.executable, script, folder], capture_output=True, check=True, timeout=60)
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
    names = ["ü" * 127, "я" * 84, "\N{GRINNING FACE} astral", "caf\u00e9", "plain.txt", "x" * 254]
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


@pytest.fixture
def look(share: Path, guest_python: Callable[..., str]) -> Callable[..., Survey]:
    """Gives what the kernel shows of the image of a folder; it may not complain."""

    def mounted(top: Path, **options: Any) -> Survey:
        root, path = Directory(), share / "image"
        root.add_tree(top)
        build_image(root, ImageOptions(multiple=16, **options)).write_to(path)
        seen = json.loads(guest_python("look.py", path, "udf", "ro,utf8"))
        words = ("UDF-fs: INFO Mounting volume", "loop")
        assert [line for line in seen["messages"] if not line.startswith(words)] == []
        found: Survey = seen["tree"]
        return found

    return mounted


def essence(entries: Survey) -> Survey:
    """Leave out the numbers of inodes, and what is below a microsecond."""
    for entry in entries.values():
        del entry["inode"]
        entry["mtime"] = entry["mtime"] // 1000 * 1000
    return entries


@pytest.mark.parametrize("views", VIEWS.values(), ids=VIEWS)
@volumes
def test_kernel_sees_everything_that_was_asked_for(
    revision: int, vat: bool, views: frozenset[View], folder: Path, look: Callable[..., Survey]
) -> None:
    seen = look(folder, views=views, udf_revision=revision, udf_vat=vat, udf_specials=True, udf_permissions=True)
    names = ("a further name", "each name has an id", "каталог/plain.txt")
    assert len({seen[name]["inode"] for name in names}) == 1
    assert essence(seen) == essence(survey(folder))


@volumes
def test_by_default_all_may_read_and_nobody_owns(
    revision: int, vat: bool, folder: Path, look: Callable[..., Survey]
) -> None:
    seen = look(folder, udf_revision=revision, udf_vat=vat)
    kept = {path: entry for path, entry in survey(folder).items() if entry["kind"] in ("file", "directory")}
    assert seen.keys() == kept.keys()
    for path, entry in seen.items():
        source = kept[path]
        runs = source["kind"] == "directory" or source["mode"] & 0o111
        assert (entry["mode"], entry["uid"], entry["gid"]) == (0o555 if runs else 0o444, NOBODY, NOBODY)
        assert (entry["kind"], entry.get("digest")) == (source["kind"], source.get("digest"))

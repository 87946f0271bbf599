"""Sessions and grown volumes in the Linux kernel: isofs and udf, told where the last session starts."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import discstack

# What isofs and udf are told about where a session starts
MOUNTS = {"iso9660": "sbsector={start}", "udf": "session={start}"}


@pytest.mark.parametrize("kind", ["iso9660", "udf"])
def test_kernel_reads_scattered_files_of_a_volume_that_it_filled_and_that_grew(
    kind: str, share: Path, guest_python: Callable[..., str]
) -> None:
    """What the kernel wrote into a volume of mkudffs's is all there when ISO 9660 and UDF are added by address."""
    if shutil.which("mkudffs") is None:
        pytest.skip("mkudffs is not installed")
    path = share / "udf.img"
    with path.open("wb") as file:
        file.truncate(24 << 20)
    subprocess.run(["mkudffs", "-b", "2048", "--media-type=hd", path], check=True, capture_output=True, timeout=200)
    wanted = json.loads(guest_python("fill.py", path))
    image = discstack.FileSystemImage(udf_specials=True, udf_permissions=True)
    volume = image.import_file_system(path)
    scattered = volume.root["deep/turn one"]
    assert isinstance(scattered, discstack.File)
    assert len(scattered.source.extents) > 5  # type: ignore[attr-defined]
    image.root.create_file("new", b"new")
    planned = image.create_result()
    assert sum(map(len, planned.parts)) < 1500
    planned.write_to(share / "grown.img")
    seen = json.loads(guest_python("look.py", share / "grown.img", kind, "ro,iocharset=utf8"))["tree"]
    kept = ("kind", "mode", "uid", "gid", "size", "digest", "target", "device")
    want, found = (
        {path: {name: entry[name] for name in kept if name in entry} for path, entry in tree.items()}
        for tree in (wanted, seen)
    )
    assert found.pop("new")["size"] == 3
    want, found = ({path: entry for path, entry in tree.items() if len(path) < 200} for tree in (want, found))
    assert found == want


def burnt(medium: str, path: Path) -> tuple[int, dict[str, bytes]]:
    """Burn three sessions, in each of which one file is new and one of the session before is gone."""
    wanted = dict[str, bytes]()
    start = 0
    with discstack.open(f"virtual:{medium}?file={path}&capacity=60000") as recorder:
        for number in (1, 2, 3):
            image = discstack.FileSystemImage()
            if number > 1:
                image.import_file_system(recorder)
                image.root.remove(f"only {number - 1}")
                del wanted[f"only {number - 1}"]
            image.choose_defaults(recorder)
            new = {f"only {number}": b"%d" % number, f"kept {number}": bytes([number]) * 50_000 * number}
            for name, data in new.items():
                image.root.create_file(name, data)
            wanted |= new
            planned = image.create_result()
            discstack.DataWriter(recorder).write(planned)
            start = planned.start
    return start, wanted


@pytest.mark.parametrize("medium", ["cd-r", "dvd+r", "bd-r", "dvd+rw", "bd-re"])
def test_kernel_mounts_the_last_session(medium: str, share: Path, guest_python: Callable[..., str]) -> None:
    start, wanted = burnt(medium, share / "disc")
    for kind, options in MOUNTS.items():
        words = f"ro,{options.format(start=start)}" if start else "ro"
        seen = json.loads(guest_python("look.py", share / "disc", kind, words))["tree"]
        found = {path: entry["digest"] for path, entry in seen.items() if entry["kind"] == "file"}
        assert found == {path: hashlib.sha256(data).hexdigest() for path, data in wanted.items()}


@pytest.mark.parametrize("mode", [discstack.WriteMode.FIXED_PACKETS, discstack.WriteMode.VARIABLE_PACKETS])
def test_kernel_finds_the_last_table_in_a_track_of_packets(
    mode: discstack.WriteMode, share: Path, guest_python: Callable[..., str]
) -> None:
    """Three volumes with a virtual allocation table, each of which goes on in the track of the one before."""
    wanted = dict[str, bytes]()
    with discstack.open(f"virtual:cd-r?file={share / 'disc'}&capacity=30000") as recorder:
        for number in (1, 2, 3):
            image = discstack.FileSystemImage(udf_revision=0x0150, udf_vat=True)
            if number > 1:
                image.import_file_system(recorder)
            image.choose_defaults(recorder, mode=mode)
            wanted[f"file {number}"] = bytes([number]) * 50_000
            image.root.create_file(f"file {number}", wanted[f"file {number}"])
            writer = discstack.DataWriter(recorder, mode=mode, leave_open=number < 3)
            writer.write(image.create_result())
    seen = json.loads(guest_python("look.py", share / "disc", "udf", "ro"))["tree"]
    found = {path: entry["digest"] for path, entry in seen.items() if entry["kind"] == "file"}
    assert found == {path: hashlib.sha256(data).hexdigest() for path, data in wanted.items()}

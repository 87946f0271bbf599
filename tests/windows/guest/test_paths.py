r"""Paths, names and the command line as Windows has them."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

import discstack
from discstack.cli import main
from discstack.fs.errors import SourceError
from discstack.fs.extraction import extract_tree
from discstack.fs.tree import Directory
from discstack.transport.base import DeviceBusy

Command = Callable[..., Any]
NAMES = ("plain.txt", "two words.txt", "Ümläut.txt", "報告書.txt", "\N{GRINNING FACE}.txt", "x" * 100)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    top = tmp_path / "top"
    for name in NAMES:
        path = top / "sub" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() * 1000)
    (top / "large.bin").write_bytes(bytes(range(251)) * 10_000)
    return top


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs the command line in the test's folder, in this process, and gives its JSON."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str | Path) -> Any:
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with redirect_stdout(out), pytest.raises(SystemExit) as ended:
            main([*map(str, words), "--json"])
        assert not ended.value.code
        out.seek(0)
        return json.loads(out.read())

    return run


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("folder_as", [str, Path.as_posix, lambda path: str(path) + "\\"], ids=["\\", "/", "\\ behind"])
def test_a_folder_comes_back_from_an_image_whole(
    command: Command, folder: Path, tmp_path: Path, folder_as: Any
) -> None:
    command("image", folder_as(folder), "-o", tmp_path / "image.iso")
    command("extract", tmp_path / "image.iso", "-o", tmp_path / "out")
    assert contents(tmp_path / "out") == contents(folder)


def test_a_graft_point_has_a_path_of_windows(command: Command, folder: Path, tmp_path: Path) -> None:
    sub = folder / "sub"
    command("image", "--graft-points", f"data/here={sub}", "-x", "two*", "-o", "image.iso")
    command("extract", "image.iso", "-o", "out")
    expected = {f"data/here/{name}": data for name, data in contents(sub).items() if not name.startswith("two")}
    assert contents(tmp_path / "out") == expected


def test_a_disc_file_of_windows_is_burnt_and_verified(command: Command, folder: Path, tmp_path: Path) -> None:
    disc = f"virtual:dvd+r?file={tmp_path / 'disc.img'}"
    assert command("burn", folder, "-d", disc, "--verify", "full")["verified"]
    command("extract", disc, "-o", tmp_path / "out")
    assert contents(tmp_path / "out") == contents(folder)


def test_a_disc_is_in_one_drive_at_a_time(tmp_path: Path) -> None:
    address = f"virtual:bd-re?file={tmp_path / 'disc.img'}"
    with discstack.open(address), pytest.raises(DeviceBusy, match="another virtual drive"):
        discstack.open(address)
    discstack.open(address).close()


def test_a_file_that_changed_is_named(folder: Path) -> None:
    image = discstack.FileSystemImage()
    image.root.add_tree(folder)
    result = image.create_result()
    os.utime(folder / "large.bin", (0, 1))
    with pytest.raises(SourceError, match="written to"):
        result.read_at(0, memoryview(bytearray(result.sectors * 2048)))


def test_names_that_windows_has_not_are_left_out_by_name(tmp_path: Path) -> None:
    root = Directory()
    for name in ("kept", "KEPT", "kept:stream", "NUL", "..\\evil", "end."):
        root.create_file(name, name.encode())
    done = extract_tree(root, tmp_path / "out")
    assert contents(tmp_path) == {"out/kept": b"kept"} or contents(tmp_path) == {"out/KEPT": b"KEPT"}
    assert (done.files, len(done.skipped)) == (1, 5)


def test_nothing_can_be_attached_to_windows(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["emulate", "dvd+r", "--attach"])
    assert ended.value.code
    assert "Linux kernels only" in capsys.readouterr().err

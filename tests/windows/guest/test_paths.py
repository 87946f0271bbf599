r"""Paths, names and the command line as Windows has them."""

from __future__ import annotations

import io
import json
import os
import signal
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

import discstack
from discstack.cli import main
from discstack.cli.output import Display
from discstack.events import Event, Writing
from discstack.fs.errors import SourceError
from discstack.fs.extraction import extract_tree
from discstack.fs.tree import Directory
from discstack.fs.windows_names import extended
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


def test_globs_with_slashes_leave_out_paths_of_windows(command: Command, folder: Path, tmp_path: Path) -> None:
    command("image", folder, "-x", "*/sub/two*", "-x", folder / "large.bin", "-o", "image.iso")
    command("extract", "image.iso", "-o", "out")
    expected = {name: data for name, data in contents(folder).items() if "two" not in name and "large" not in name}
    assert contents(tmp_path / "out") == expected


def test_files_stay_apart_where_links_are_followed(command: Command, folder: Path, tmp_path: Path) -> None:
    """What Windows lists of a folder has no inodes: all files of it would be names of one."""
    command("image", folder, "--follow-links", "-o", "image.iso")
    command("extract", "image.iso", "-o", "out")
    assert contents(tmp_path / "out") == contents(folder)


def test_hard_links_share_their_data(folder: Path) -> None:
    os.link(folder / "large.bin", folder / "sub" / "again")
    root = Directory()
    root.add_tree(folder)
    assert root["large.bin"].link == root["sub/again"].link is not None
    assert root["sub/plain.txt"].link is None


def test_paths_may_be_longer_than_windows_usually_takes(command: Command, tmp_path: Path) -> None:
    names = [letter * 100 for letter in "abcd"]
    top = extended(str(tmp_path / "top"))
    deepest = Path(extended(str(tmp_path.joinpath("top", *names))))
    deepest.mkdir(parents=True)
    (deepest / "file").write_bytes(b"deep down")
    command("image", top, "-o", "image.iso")
    command("extract", "image.iso", "-o", "out")
    found = Path(extended(str(tmp_path.joinpath("out", *names, "file"))))
    assert found.read_bytes() == b"deep down"


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGBREAK, signal.SIGTERM])
def test_what_ends_a_program_ends_a_burn_cleanly(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ending: int
) -> None:
    """SIGBREAK is Ctrl-Break, and the console that is closed."""
    once = [ending]

    def show(display: Display, event: Event) -> None:
        if isinstance(event, Writing) and once:
            signal.raise_signal(once.pop())

    monkeypatch.setattr(Display, "__call__", show)
    disc = f"virtual:dvd+r?file={tmp_path / 'disc.img'}"
    with pytest.raises(SystemExit) as ended:
        main(["burn", str(folder), "-d", disc])
    assert ended.value.code == 128 + ending
    said = capsys.readouterr().err
    assert "cancelled while " in said
    assert "the disc is now: DVD+R, appendable" in said


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

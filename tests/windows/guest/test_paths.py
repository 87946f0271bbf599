r"""Paths, names and the command line as Windows has them."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import wave
from collections.abc import Callable, Iterator
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
from discstack.fs.nodes import File
from discstack.fs.tree import Directory
from discstack.fs.windows_names import extended
from discstack.transport.base import DeviceBusy

Command = Callable[..., Any]
HOOKED: list[Callable[..., Any]] = []
OPENING = frozenset({"open", "os.scandir", "os.listdir", "os.mkdir", "os.remove", "os.rename", "os.utime", "os.chmod"})
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


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Windows's limits of length, which Wine does not keep: nothing is there that a long path leads to."""
    for name in ("stat", "lstat"):  # of these no hook is told
        look = getattr(os, name)
        monkeypatch.setattr(os, name, lambda path, *words, look=look, **more: look(within(path), *words, **more))
    monkeypatch.setattr(os.path, "realpath", lambda path, **_: os.path.abspath(path))  # Wine's cannot have long ones
    HOOKED.append(within)
    yield
    HOOKED.clear()


def within(path: Any, most: int = 259) -> Any:
    """Give back a path, unless Windows's functions would not take it."""
    if isinstance(path, str | os.PathLike):
        text = os.fspath(path)
        if not text.startswith("\\\\?\\") and len(os.path.abspath(text)) > most:
            raise FileNotFoundError(2, "too long for Windows", text)
    return path


def hook(event: str, words: tuple[Any, ...]) -> None:
    if HOOKED and event in OPENING:
        HOOKED[0](words[0], 247 if event in ("os.mkdir", "os.scandir") else 259)


sys.addaudithook(hook)


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """A folder whose path is longer than Windows usually takes."""
    folder = tmp_path.joinpath(*(letter * 100 for letter in "abcd"))
    Path(extended(str(folder))).mkdir(parents=True)
    return folder


def test_the_limits_are_kept(limits: None, deep: Path) -> None:
    for look in (os.stat, open, os.listdir, os.mkdir):
        with pytest.raises(FileNotFoundError, match="too long"):
            look(deep)  # type: ignore[operator]  # functions of all sorts
    assert os.stat(extended(str(deep)))


def test_sources_and_outputs_may_have_long_paths(limits: None, deep: Path, folder: Path, command: Command) -> None:
    Path(extended(str(deep / "file"))).write_bytes(b"deep down")
    top, image, sums = deep.parents[3], deep / "image.iso", deep / "sums"
    command("image", "--graft-points", f"data={top}", f"here={deep / 'file'}", "-o", image, "--manifest", sums)
    assert command("ls", image, "/here")
    assert command("verify", image, "--manifest", sums)
    command("extract", image, "-o", deep / "out")
    assert Path(extended(str(deep / "out/here"))).read_bytes() == b"deep down"
    inside = deep.relative_to(top)
    assert Path(extended(str(deep.joinpath("out", "data", inside, "file")))).read_bytes() == b"deep down"
    command("image", folder, "-M", image, "-o", image)
    assert {node["path"] for node in command("ls", image)["entries"]} >= {"/here", "/sub"}


def test_all_that_a_burn_reads_and_writes_may_have_long_paths(
    limits: None, deep: Path, folder: Path, command: Command
) -> None:
    image, disc = deep / "image.iso", f"virtual:dvd+r?file={deep / 'disc.img'}"
    command("image", folder, "-o", image)
    beside = ("--trace", deep / "burn.pcapng", "--curve", deep / "curve.json")
    assert command("burn", image, "-d", disc, "--verify", "full", *beside)["verified"]
    command("read", disc, "-o", deep / "copy.iso")
    assert command("verify", disc, deep / "copy.iso", "--trace", deep / "trace.txt")
    assert command("verify", f"replay:{deep / 'trace.txt'}", deep / "copy.iso")
    with pytest.raises(SystemExit):  # it has no --json
        main(["graph", str(deep / "curve.json"), "-o", str(deep / "curve.html")])
    assert Path(extended(str(deep / "curve.html"))).stat().st_size


def test_a_cd_and_its_cue_sheet_may_have_long_paths(limits: None, deep: Path, command: Command) -> None:
    with wave.open(extended(str(deep / "song.wav")), "wb") as song:
        song.setparams((2, 2, 44100, 0, "NONE", ""))
        song.writeframes(bytes(588 * 4 * 400))
    first, second = (f"virtual:cd-r?file={deep / name}" for name in ("first", "second"))
    command("audio", deep / "song.wav", "-d", first)
    command("read", first, "-o", deep / "disc.cue")
    command("audio", deep / "disc.cue", "-d", second)
    assert command("info", second)["medium"]


def test_a_short_path_in_a_long_folder_is_a_long_one(limits: None, tmp_path: Path, command: Command) -> None:
    here = tmp_path / ("h" * (240 - len(str(tmp_path))))
    here.mkdir()
    os.chdir(here)
    Path("file").write_bytes(b"data")
    try:
        command("image", "file", "-o", "an image with a name.iso")
        command("extract", "an image with a name.iso", "-o", "a folder with a name")
        assert Path(extended("a folder with a name")).joinpath("file").read_bytes() == b"data"
    finally:
        os.chdir(tmp_path)


def test_names_that_windows_takes_for_others_are_read_as_they_are(tmp_path: Path, command: Command) -> None:
    """A folder may hold them: other systems, and other programs, make them."""
    names = ("end", "end.", "end ", "nul.txt", "aux")
    top = Path(f"\\\\?\\{tmp_path}\\top")
    top.mkdir()
    for name in names:
        Path(f"{top}\\{name}").write_bytes(name.encode())
    Path(f"{top}\\sub.").mkdir()
    Path(f"{top}\\sub.\\com1").write_bytes(b"com1")
    command("image", tmp_path / "top", "-o", "image.iso", "--follow-links")
    root = discstack.read_volume(tmp_path / "image.iso").root
    found = {file.path: file.open().read() for file in root.walk() if isinstance(file, File)}
    assert found == {f"/{name}": name.encode() for name in names} | {"/sub./com1": b"com1"}


@pytest.mark.parametrize("name", ["aux", "C:con.iso", "nul.iso", "folder\\nul"])
def test_nothing_is_written_to_a_device_by_mistake(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("-o", name), ("-o", "NUL", "--manifest", name)):
        with pytest.raises(SystemExit) as ended:
            main(["image", str(folder), *words])
        assert ended.value.code not in (None, 0)
        said = capsys.readouterr().err
        assert f"{name}" in said
        assert "for Windows that is the name of a device" in said


def test_what_is_written_to_nul_is_meant_to_be_lost(folder: Path, command: Command) -> None:
    assert command("image", folder, "-o", "NUL")["sectors"]


def test_a_path_may_be_relative_to_the_folder_of_a_drive(folder: Path, command: Command, tmp_path: Path) -> None:
    drive = tmp_path.drive
    command("image", f"{drive}top", "-o", f"{drive}image.iso")
    command("extract", f"{drive}image.iso", "-o", f"{drive}out")
    assert contents(tmp_path / "out") == contents(folder)


def test_links_lead_along_paths_of_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(Path, "symlink_to", lambda path, target, **_: made.append(target))
    root = Directory()
    root.create_directory("a").create_symlink("link", b"b/c")
    extract_tree(root, tmp_path)
    assert made == ["b\\c"]


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

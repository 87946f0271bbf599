"""Where images and copies go: files that cannot be written, disks that are full, readers that go away."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import discstack as package
from discstack.cli import COMMANDS, main

Discstack = Callable[..., Any]


def fails_at(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let some sectors of an image be written and then fail."""
    calls = []

    def write_all(target: int, view: memoryview, position: int) -> None:
        calls.append(position)
        if len(calls) > 1:
            raise error
        os.pwrite(target, view, position)

    def write(target: int, part: memoryview) -> None:  # on systems that write in order
        calls.append(0)
        if len(calls) > 1:
            raise error
        os.write(target, part)

    monkeypatch.setattr("discstack.fs.output.write_all", write_all)
    monkeypatch.setattr("discstack.fs.passing._write", write)


@pytest.mark.parametrize("output", ["missing/folder/x.iso", "folder"])
def test_an_output_that_cannot_be_opened_is_named(discstack: Discstack, folder: Path, output: str) -> None:
    made = discstack("image", "folder", "-o", output)
    assert made.code == 1
    assert made.err.splitlines()[-1].startswith(f"discstack: {output}: ")


def test_a_full_disk_is_named_and_leaves_no_half_image(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fails_at(monkeypatch, OSError(28, "No space left on device"))
    with pytest.raises(SystemExit) as ended:
        main(["image", str(folder), "-o", str(tmp_path / "x.iso")])
    assert ended.value.code == 1
    error = capsys.readouterr().err
    assert f"{tmp_path / 'x.iso'}: No space left on device" in error
    assert "is removed" in error
    assert not (tmp_path / "x.iso").exists()


NAMES = ("caf\xe9.txt", "\u5831\u544a.txt", "\N{GRINNING FACE}.txt")


@pytest.mark.parametrize("encoding", ["cp1252", "cp1252:surrogateescape"])  # the second one is Python's own on Windows
def test_names_that_the_terminal_has_no_characters_for_are_spelled(
    discstack: Discstack, tmp_path: Path, encoding: str
) -> None:
    """In a code page of Windows, or a locale that is not UTF-8's."""
    (tmp_path / "top").mkdir()
    for name in NAMES:
        (tmp_path / "top" / name).write_text("data", encoding="ascii")
    discstack("image", "top", "-o", "x.iso")
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    words = [sys.executable, "-m", "discstack", "ls", tmp_path / "x.iso"]
    listed = subprocess.run(words, capture_output=True, env=environment, timeout=200, check=True)
    assert listed.stdout.split() == [b"/caf\xe9.txt", rb"/\u5831\u544a.txt", rb"/\U0001f600.txt"]
    told = subprocess.run([*words, "--json"], capture_output=True, env=environment, timeout=200, check=True)
    assert [entry["path"] for entry in json.loads(told.stdout)["entries"]] == [f"/{name}" for name in NAMES]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("info", "nowhere"), "'nowhere' is no drive"),
        (("info", "virtual:dvd+r", "--nonsense"), "No such option"),
        (("erase", "virtual:dvd+rw", "--at", "x"), "Invalid value for '--at'"),
        (("nonsense",), "No such command 'nonsense'"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_a_document_too(
    discstack: Discstack, words: tuple[str, ...], message: str
) -> None:
    refused = discstack(*words, "--json")
    assert refused.code == 2
    assert refused.json["error"]["type"] == "UsageError"
    assert message in refused.json["error"]["message"]
    assert message in refused.err


def test_an_interrupted_image_is_removed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fails_at(monkeypatch, KeyboardInterrupt())
    with pytest.raises(SystemExit) as ended:
        main(["image", str(folder), "-o", str(tmp_path / "x.iso"), "--json"])
    assert ended.value.code == 130
    assert "interrupted" in capsys.readouterr().err
    assert not (tmp_path / "x.iso").exists()


def test_a_source_that_changes_meanwhile_leaves_no_half_image(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_at(monkeypatch, package.SourceError("big.bin", "it grew"))
    with pytest.raises(SystemExit) as ended:
        main(["image", str(folder), "-o", str(tmp_path / "x.iso")])
    assert ended.value.code == 7
    assert not (tmp_path / "x.iso").exists()


def test_what_could_be_read_of_a_bad_disc_is_kept(discstack: Discstack, folder: Path, tmp_path: Path) -> None:
    drive = "virtual:dvd+r?file=disc.img"
    assert discstack("burn", "folder", "-d", drive).code == 0
    read = discstack("read", drive, "-o", "copy", "--sectors", "5000")
    assert read.code == 4
    assert "what was read before it is whole" in read.err
    copy = (tmp_path / "copy").read_bytes()
    assert copy == (tmp_path / "disc.img").read_bytes()[: len(copy)]
    assert copy


def test_a_disc_is_not_read_into_the_file_that_keeps_it(discstack: Discstack, folder: Path, tmp_path: Path) -> None:
    drive = "virtual:dvd+r?file=disc.img"
    assert discstack("burn", "folder", "-d", drive).code == 0
    before = (tmp_path / "disc.img").read_bytes()
    (tmp_path / "link").hardlink_to(tmp_path / "disc.img")
    for output in (str(tmp_path / "disc.img"), "link", "disc.img.json"):
        refused = discstack("read", drive, "-o", output)
        assert (refused.code, "is the disc that is read" in refused.err) == (2, True)
        assert (tmp_path / "disc.img").read_bytes() == before
        assert discstack("info", drive).code == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_standard_output_on_a_full_disk_is_named(folder: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "discstack", "image", "folder", "-o", "-"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(words, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "discstack: standard output: No space left on device"


@pytest.mark.skipif(os.name == "nt", reason="there is no shell that closes it")
@pytest.mark.parametrize("command", ["image folder -o -", "image folder --print-size", "decode cdb 000000000000"])
def test_nothing_for_a_standard_output_that_is_closed_is_lost(folder: Path, tmp_path: Path, command: str) -> None:
    words = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "discstack", *command.split()]
    done = subprocess.run(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "discstack: standard output: it is closed")


SENDS = """
import os, sys
from discstack.cli import main
sendfile, sent = os.sendfile, []
os.sendfile = lambda *words: sent.append(sendfile(*words)) or sent[-1]
try:
    main(["image", "large", "-o", "-"])
finally:
    print(sum(sent), file=sys.stderr)
"""


@pytest.mark.skipif(not hasattr(os, "sendfile"), reason="there is no sendfile")
@pytest.mark.parametrize("unbuffered", [(), ("-u",)], ids=["buffered", "unbuffered"])
def test_the_kernel_moves_large_files_to_a_pipe_however_python_buffers(
    unbuffered: tuple[str, ...], tmp_path: Path
) -> None:
    """As it is told by PYTHONUNBUFFERED in many a container."""
    (tmp_path / "large").mkdir()
    (tmp_path / "large" / "file").write_bytes(os.urandom(8 << 20))
    done = subprocess.run([sys.executable, *unbuffered, "-c", SENDS], cwd=tmp_path, capture_output=True, check=True)
    assert int(done.stderr.split()[-1]) >= 6 << 20
    assert (tmp_path / "large" / "file").read_bytes() in done.stdout


def test_a_reader_that_goes_away_ends_the_image_quietly(folder: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "discstack", "image", "folder", "-o", "-"]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        error = process.stderr.read()
    assert process.returncode == 1
    assert "Traceback" not in error
    assert "Broken pipe" not in error


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_starts_by_itself_and_tells_its_options(command: str) -> None:
    words = [sys.executable, "-m", "discstack", command, "--help"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"Usage: discstack {command} ")
    assert done.stderr == ""


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full")
@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["raw", "virtual:dvd+r", "12 00 00 00 24 00", "--in", "36", "--save", "/dev/full"], "/dev/full"),
        (["bench", "virtual:dvd+r", "--write", "--size", "1MiB", "--csv", "/dev/full"], "/dev/full"),
        (["bench", "virtual:dvd+r", "--write", "--size", "1MiB", "--graph", "full.html"], "full.html"),
    ],
)
def test_what_finds_no_room_is_named_below_the_result(
    discstack: Discstack, tmp_path: Path, words: list[str], name: str
) -> None:
    (tmp_path / "full.html").symlink_to("/dev/full")
    done = discstack(*words)
    assert done.code == 1
    assert done.out
    assert done.err.splitlines()[-1] == f"discstack: {name}: No space left on device"


@pytest.mark.parametrize(
    "words",
    [
        ("info", "virtual:bd-r", "--json", "--trace", "-"),
        ("read", "virtual:bd-r", "--output", "-", "--trace", "-"),
        ("read", "virtual:bd-r", "--output", "-", "--json"),
        ("image", "folder", "--output", "-", "--json"),
        ("image", "folder", "--output", "-", "--manifest", "-"),
        ("image", "folder", "--output", "x.iso", "--manifest", "-", "--json"),
        ("burn", "folder", "-d", "virtual:bd-r", "--manifest", "-", "--json"),
        ("burn", "folder", "-d", "virtual:bd-r", "--manifest", "-", "--trace", "-"),
    ],
)
def test_standard_output_takes_one_thing_only(discstack: Discstack, folder: Path, words: tuple[str, ...]) -> None:
    refused = discstack(*words)
    assert refused.code == 2
    assert "cannot all go to standard output" in refused.err
    assert "{" not in refused.out.replace('{"error": {', "")

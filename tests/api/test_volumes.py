"""Files read back from discs and images, through the API and the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import discstack
from discstack.cli import main

CONTENTS = {"a.txt": b"a", "sub/b.bin": b"b" * 5000, "sub/empty": b""}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in CONTENTS.items():
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "folder"


@pytest.fixture
def image(folder: Path, tmp_path: Path) -> Path:
    composed = discstack.FileSystemImage(volume_id="FILES")
    composed.root.add_tree(folder)
    composed.create_result().write_to(tmp_path / "image.iso")
    return tmp_path / "image.iso"


def contents(root: discstack.Directory) -> dict[str, bytes]:
    found = {}
    for node in root.walk():
        if isinstance(node, discstack.File):
            with node.open() as file:
                found[node.path[1:]] = file.read()
    return found


def test_image_file_is_read(image: Path) -> None:
    volume = discstack.read_volume(image)
    assert (volume.volume_id, volume.view, volume.notes) == ("FILES", discstack.VolumeView.UDF, ())
    assert contents(volume.root) == CONTENTS


@pytest.mark.parametrize("start", [100, 1 << 40])
def test_where_no_session_starts_none_is_read(image: Path, start: int) -> None:
    """UDF's last anchor lies behind any sector of the image, and leads to the volume from there too."""
    with pytest.raises(discstack.VolumeError, match=f"{re.escape(str(image))}: no .* at sector {start}"):
        discstack.read_volume(image, start=start)


@pytest.mark.parametrize("medium", ["cd-r", "cd-rw", "dvd+r", "dvd+rw", "bd-r", "bd-re"])
def test_disc_is_read(medium: str, folder: Path, tmp_path: Path) -> None:
    with discstack.open(f"virtual:{medium}?file={tmp_path / 'disc'}") as recorder:
        with pytest.raises(discstack.MediaError, match="nothing to read"):
            discstack.read_volume(recorder)
        composed = discstack.FileSystemImage()
        composed.choose_defaults(recorder)
        composed.root.add_tree(folder)
        discstack.DataWriter(recorder).write(composed.create_result())
        volume = discstack.read_volume(recorder)
        assert contents(volume.root) == CONTENTS
        assert volume.notes == ()


def test_file_of_a_read_volume_can_go_into_another_image(image: Path) -> None:
    composed = discstack.FileSystemImage()
    found = discstack.read_volume(image).root["sub/b.bin"]
    assert isinstance(found, discstack.File)
    composed.root.create_file("copy", found.source)
    assert contents(discstack.read_volume(composed.create_result()).root) == {"copy": CONTENTS["sub/b.bin"]}


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    said = capsys.readouterr()
    code = stopped.value.code
    assert isinstance(code, int)
    return code, said.out, said.err


def test_ls_lists_paths(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "ls", image) == (0, "/a.txt\n/sub/\n/sub/b.bin\n/sub/empty\n", "")
    code, listed, _ = run(capsys, "ls", "-l", image, "sub/b.bin")
    assert code == 0
    assert listed.startswith("-r")
    assert listed.endswith("/sub/b.bin\n")
    assert " 5000 " in listed


def test_ls_tells_everything_as_json(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, listed, _ = run(capsys, "ls", "--json", "--view", "joliet", image)
    found: dict[str, Any] = json.loads(listed)
    assert code == 0
    assert (found["view"], found["volume_id"], found["notes"]) == ("Joliet", "FILES", [])
    entry = next(entry for entry in found["entries"] if entry["path"] == "/sub/b.bin")
    assert entry["size"] == 5000
    assert [extent["length"] for extent in entry["extents"]] == [5000]


@pytest.mark.linux("control characters in names")
def test_what_a_disc_says_does_not_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    composed = discstack.FileSystemImage(digests=True)
    composed.root.create_directory("\x1b[2J").create_file("\x1b]0;title\x07", b"data")
    composed.root.create_symlink("link", b"/\x1b[31m")
    result = composed.create_result()
    assert not [issue for issue in map(str, result.issues) if "\x1b" in issue]
    result.write_to(tmp_path / "odd.iso")
    (tmp_path / "list").write_text("0" * 64 + "  nothing\n")
    for words, code in (
        (("ls", "-l"), 0),
        (("extract", "-o", tmp_path / "out"), 1),  # the link leads out
        (("extract", "-o", tmp_path / "out"), 1),  # all is there already
        (("verify", "--manifest", tmp_path / "list"), 6),
    ):
        found, out, err = run(capsys, words[0], tmp_path / "odd.iso", *words[1:])
        assert found == code
        assert "\\x1b" in out + err
        assert "\x1b" not in out + err


def test_extract_writes_the_files(image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, said = run(capsys, "extract", image, "-o", tmp_path / "out")
    assert code == 0
    assert "3 files, 5.0 kB" in said
    assert {name: (tmp_path / "out" / name).read_bytes() for name in CONTENTS} == CONTENTS
    code, _, said = run(capsys, "extract", image, "-o", tmp_path / "out")
    assert code == 1
    assert "File exists" in said


def test_extract_tells_what_it_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    image = tmp_path / "short.iso"
    composed = discstack.FileSystemImage()
    composed.root.add_tree(folder)
    result = composed.create_result()
    result.write_to(image)
    lba = next(span.lba for span in result.files_in(0, result.sectors) if span.label == "/sub/b.bin")
    with image.open("r+b") as file:
        file.truncate(lba * 2048)
    code, _, said = run(capsys, "extract", image, "-o", tmp_path / "out", "--skip-bad")
    assert code == 4
    assert "/sub/b.bin: not extracted" in said
    code, _, said = run(capsys, "extract", image, "-o", tmp_path / "other")
    assert code == 7


def test_what_is_no_volume_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], image: Path) -> None:
    (tmp_path / "noise").write_bytes(b"noise" * 100_000)
    code, _, said = run(capsys, "ls", tmp_path / "noise")
    assert (code, said) == (7, f"discstack: {tmp_path / 'noise'}: no file system that can be read at sector 0\n")
    (tmp_path / "empty").touch()
    code, _, said = run(capsys, "ls", tmp_path / "empty")
    assert (code, said) == (7, f"discstack: {tmp_path / 'empty'} is empty: there is no image in it\n")
    assert run(capsys, "ls", "virtual:cd-r")[0] == 5
    code, _, said = run(capsys, "ls", "imgae.iso")
    assert code == 2
    assert "there is no such file, and 'imgae.iso' is no drive" in said
    code, _, said = run(capsys, "extract", tmp_path / "imgae.iso", "-o", tmp_path / "out")
    assert code == 2
    assert "there is no " in said
    assert "device" not in said
    assert run(capsys, "ls", image, "no such path")[0] == 2
    code, _, said = run(capsys, "ls", "--view", "enhanced", image)
    assert code == 7
    assert "there is no ISO 9660:1999 that can be read at sector 0, but UDF" in said


def test_a_comparison_can_be_cancelled_before_and_while_it_runs(image: Path, folder: Path) -> None:
    tree = discstack.Directory()
    tree.add_tree(folder)
    verifier = discstack.FileVerifier(discstack.read_volume(image))
    verifier.cancel()
    with pytest.raises(discstack.Cancelled, match="before it began"):
        verifier.against_tree(tree)
    with pytest.raises(discstack.Cancelled, match="cancelled after"):
        verifier.against_tree(tree, on_event=lambda _: verifier.cancel())
    assert verifier.against_tree(tree).verified

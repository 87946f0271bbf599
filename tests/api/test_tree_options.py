"""The options of `discstack image` and `burn` about which files there are and where their data lies."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from systems import needs_linux

from discstack import ImageFile, read_volume
from discstack.cli import tree_options
from discstack.cli.image import image as image_command
from discstack.cli.tree_options import Clock

Discstack = Callable[..., Any]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    top = tmp_path / "tree"
    for name in ("keep.txt", "drop.bak", "sub/same", "sub/deep/same", "a=b"):
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"same" if path.name == "same" else name.encode())
    return top


@pytest.fixture
def linked(tree: Path) -> Path:
    needs_linux("symbolic links")
    os.symlink("keep.txt", tree / "link")
    return tree


def test_operands_are_grafted_and_globs_leave_out(discstack: Discstack, tree: Path) -> None:
    Path("globs").write_text("*.bak\ntree/sub/deep\n")
    words = ("--graft-points", "data/=tree", r"new\=name=tree/a\=b", "--exclude-list", "globs", "-x", "keep*")
    made = discstack("image", *words, "-o", "x.iso")
    assert made.code == 0, made.err
    extracted = discstack("extract", "x.iso", "-o", "out")
    assert extracted.code == 0, extracted.err
    files = sorted(path.relative_to("out").as_posix() for path in Path("out").rglob("*") if not path.is_dir())
    assert files == ["data/a=b", "data/sub/same", "new=name"]


def test_links_are_followed_equal_data_is_stored_once_and_sorted(discstack: Discstack, linked: Path) -> None:
    Path("weights").write_text("tree/sub 5\nkeep.txt 9\n")
    words = ("-f", "--duplicates-once", "--sort", "weights", "--pad", "--alignment", "16")
    made = discstack("image", "tree", *words, "-o", "x.iso")
    assert made.code == 0, made.err
    data = Path("x.iso").read_bytes()
    places = [data.index(text.ljust(2048, b"\0")) for text in (b"keep.txt", b"same", b"a=b", b"drop.bak")]
    assert places == sorted(places)
    assert not any(place % (16 * 2048) for place in places)
    assert data.count(b"same".ljust(2048, b"\0")) == 1
    assert ImageFile("x.iso").sectors > 150
    assert discstack("extract", "x.iso", "-o", "out").code == 0
    assert (Path("out/link").read_text(), Path("out/link").is_symlink()) == ("keep.txt", False)


@pytest.mark.parametrize("command", ["image", "burn"])
def test_a_manifest_checks_what_was_extracted(discstack: Discstack, tree: Path, command: str) -> None:
    disc = "virtual:dvd+r?file=x.iso" if command == "burn" else "x.iso"
    made = discstack(command, "tree", "-d" if command == "burn" else "-o", disc, "--manifest", "sums")
    assert made.code == 0, made.err
    assert discstack("extract", disc, "-o", "out").code == 0
    words = ["sha256sum", "--strict", "-c", Path("sums").absolute()]
    checked = subprocess.run(words, cwd="out", capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.count(": OK") == 5


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("gone/sums", "cannot be written"),
        ("tree", "cannot be written"),
        ("disc", "is the output"),
        ("tree/keep.txt", "is one of the sources"),
    ],
)
def test_a_manifest_that_cannot_be_or_would_destroy_something_is_refused_before_anything_is_written(
    discstack: Discstack, tree: Path, name: str, why: str
) -> None:
    refused = discstack("image", "tree", "-o", "disc", "--manifest", name)
    assert refused.code == 2
    assert why in refused.err
    assert not (tree.parent / "disc").exists()
    if name != "disc":
        refused = discstack("burn", "tree", "-d", "virtual:dvd+r?file=virtual", "--manifest", name)
        assert (refused.code, why in refused.err) == (2, True)
        assert "blank" in discstack("info", "virtual:dvd+r?file=virtual").out


def test_a_manifest_of_a_ready_made_image_is_refused(discstack: Discstack, tree: Path) -> None:
    assert discstack("image", "tree", "-o", "x.iso").code == 0
    refused = discstack("burn", "x.iso", "-d", "virtual:dvd+r", "--manifest", "sums")
    assert refused.code == 2
    assert "--manifest needs files or folders" in refused.err


def test_what_is_no_time_and_no_weight_is_refused(discstack: Discstack, tree: Path) -> None:
    refused = discstack("image", "tree", "-o", "x.iso", "--clock", "tomorrow")
    assert refused.code == 2
    assert "'tomorrow' is neither" in refused.err
    Path("weights").write_text("no weight\n")
    refused = discstack("image", "tree", "-o", "x.iso", "--sort", "weights")
    assert refused.code == 7
    assert "line 1 of the sort file" in refused.err


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("-1", -(10**9)),
        ("1970-01-01T00:00:00.25", 250_000_000),
        ("1969-12-31T23:59:59.5", -500_000_000),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999_000),
        ("2026-11-26T12:00:00+01:00", 1_795_690_800 * 10**9),
    ],
)
def test_a_clock_is_exact_to_the_microsecond(text: str, nanoseconds: int) -> None:
    assert Clock().convert(text, None, None) == nanoseconds


def test_an_output_that_is_one_of_the_sources_is_refused_and_stays(discstack: Discstack, tree: Path) -> None:
    made = discstack("image", "tree", "-o", "tree/x.iso")
    assert made.code == 0, made.err
    before = (tree / "x.iso").read_bytes()
    refused = discstack("image", "tree", "-o", "tree/x.iso")
    assert refused.code == 7
    assert "is one of the sources" in refused.err
    assert (tree / "x.iso").read_bytes() == before
    assert discstack("image", "tree", "-x", "x.iso", "-o", "tree/x.iso").code == 0


@pytest.mark.parametrize("medium", ["", "virtual:dvd+r?file="])
def test_files_are_verified_by_manifest_and_by_their_sources(discstack: Discstack, tree: Path, medium: str) -> None:
    disc = f"{medium}x.iso"
    words = ("burn", "tree", "-d", disc) if medium else ("image", "tree", "-o", disc)
    assert discstack(*words, "--manifest", "sums", "-x", "*.bak").code == 0
    for how in (("--manifest", "sums"), ("--tree", "tree", "-x", "*.bak")):
        right = discstack("verify", disc, *how)
        assert right.code == 0, right.err
        assert "holds what it should: 4 files" in right.out
    (tree / "sub/same").write_bytes(b"else")
    other = discstack("verify", disc, "--tree", "tree")
    assert other.code == 6
    assert "/drop.bak: missing" in other.err
    assert "/sub/same: differs: its data is another one from byte 0 on" in other.err
    sums = Path("sums").read_text()
    Path("sums").write_text(sums.replace("keep.txt", "lost.txt"))
    told = discstack("verify", disc, "--manifest", "sums", "--json")
    assert told.code == 6
    assert told.json["differences"] == [{"path": "/lost.txt", "mismatch": "missing", "detail": ""}]
    assert told.json["extra"][0]["path"] == "/keep.txt"


def test_links_are_not_compared_and_told_of(discstack: Discstack, linked: Path) -> None:
    assert discstack("image", "tree", "-o", "x.iso").code == 0
    os.unlink(linked / "link")
    compared = discstack("verify", "x.iso", "--tree", "tree")
    assert "not to be compared: 1, such as /link" in compared.out + compared.err


def test_a_bit_that_is_wrong_in_an_image_is_traced_to_its_file(discstack: Discstack, tree: Path) -> None:
    assert discstack("image", "tree", "-o", "x.iso", "--manifest", "sums").code == 0
    data = bytearray(Path("x.iso").read_bytes())
    data[data.index(b"keep.txt".ljust(2048, b"\0"))] ^= 1
    Path("x.iso").write_bytes(data)
    for how in (("--manifest", "sums"), ("--tree", "tree")):
        found = discstack("verify", "x.iso", *how)
        assert found.code == 6
        named = [line for line in found.err.splitlines() if line.startswith("/")]
        assert len(named) == 1
        assert named[0].startswith("/keep.txt: differs")


def test_words_of_verify_that_make_no_sense_together_are_refused(discstack: Discstack, tree: Path) -> None:
    assert discstack("image", "tree", "-o", "x.iso", "--manifest", "sums").code == 0
    for words in (
        ("--manifest", "sums", "--tree", "tree"),
        ("x.iso", "--tree", "tree"),
        ("-x", "*"),
        ("--view", "udf"),
    ):
        assert discstack("verify", "x.iso", *words).code == 2


def test_names_are_hidden_by_lists_of_globs_too(discstack: Discstack, tree: Path) -> None:
    for name, glob in (("iso", "drop*"), ("joliet", "keep*"), ("marked", "a=b")):
        Path(name).write_text(f"{glob}\nno such name\n")
    words = ("-hide-list", "iso", "-hide-joliet-list", "joliet", "-hidden-list", "marked", "-output", "x.iso")
    assert discstack("image", "tree", "-exclude", "sub", *words).code == 0
    shown = {view: discstack("ls", "x.iso", "--view", view).out.split() for view in ("rock-ridge", "joliet", "udf")}
    assert shown == {
        "rock-ridge": ["/a=b", "/keep.txt"],
        "joliet": ["/a=b", "/drop.bak"],
        "udf": ["/a=b", "/drop.bak", "/keep.txt"],
    }
    nodes = {node.name: node.hidden for node in read_volume("x.iso").root.children()}
    assert nodes == {"a=b": True, "drop.bak": False, "keep.txt": False}


def test_what_is_longer_than_any_list_of_names_is_refused(
    discstack: Discstack, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree_options, "LONGEST_LIST", 8)
    Path("list").write_text("*.bak\n*\n")
    Path("long").write_text("*.bak\n**\n")
    for option in ("-exclude-list", "-sort", "-hide-list", "-hide-joliet-list", "-hidden-list"):
        refused = discstack("image", "tree", option, "long", "-o", "x.iso")
        assert refused.code == 2
        assert "no more than 8 characters" in refused.err
    assert discstack("image", "tree", "-exclude-list", "list", "-o", "x.iso").code == 0
    assert discstack("ls", "x.iso").out == ""


@pytest.mark.parametrize("words", [("image", "", "-o", "x.iso"), ("image", "--graft-points", "a=", "-o", "x.iso")])
def test_an_operand_without_a_name_is_refused_by_saying_so(
    discstack: Discstack, tmp_path: Path, words: tuple[str, ...]
) -> None:
    refused = discstack(*words)
    assert refused.code != 0
    assert "an empty path leads nowhere" in refused.err
    assert str(tmp_path) not in refused.err


def test_lists_of_names_are_in_the_encoding_of_names() -> None:
    """Python would take another one for text on Windows."""
    lists = [option.type for option in image_command.params if isinstance(option.type, click.File)]
    texts = [(file.encoding, file.errors) for file in lists if "b" not in file.mode]
    assert len(texts) >= 5
    assert set(texts) == {(sys.getfilesystemencoding(), "surrogateescape")}


def test_the_size_is_printed_and_nothing_written(discstack: Discstack, tree: Path) -> None:
    sized = discstack("image", "-print-size", "-o", "x.iso", "tree")
    assert sized.code == 0, sized.err
    assert not Path("x.iso").exists()
    assert discstack("image", "-o", "x.iso", "tree").code == 0
    assert int(sized.out) * 2048 == Path("x.iso").stat().st_size
    assert discstack("image", "--print-size", "--json", "tree").json["sectors"] == int(sized.out)
    session = discstack("image", "--print-size", "-M", "x.iso", "-C", f"0,{int(sized.out) + 6912}", "tree")
    assert 0 < int(session.out) < int(sized.out) + 6912
    for refused in (("tree",), ("--print-size", "--manifest", "sums", "tree")):
        assert discstack("image", *refused).code == 2

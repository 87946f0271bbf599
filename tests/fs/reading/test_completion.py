"""The tree of UDF with what Rock Ridge alone knows: names that UDF had to spell otherwise, links, attributes, times."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from discstack.fs.attributes import Attributes, Kind, Times
from discstack.fs.bridge import build_image
from discstack.fs.nodes import File
from discstack.fs.options import ImageOptions, RockRidge
from discstack.fs.reading.completion import complete
from discstack.fs.reading.notes import Notes, Oddity
from discstack.fs.reading.view import VolumeView
from discstack.fs.reading.volume import read_volume
from discstack.fs.tree import Directory
from discstack.image_file import ImageFile

SECOND = 10**9
ODD = "no text \udce9"
LONG = "é\u0301" * 100  # 200 characters of 16 bits, and UDF has 127


def a_tree() -> Directory:
    root = Directory()
    first = root.create_file("plain", b"plain", attributes=Attributes(0o604, 5, 6))
    root.create_hard_link(ODD, first)
    root.create_file(LONG, b"long" * 999, attributes=Attributes(0o640, 7, 8))
    root.create_file(f"empty {ODD}", b"", attributes=Attributes(0o600, 9, 9))
    below = root.create_directory(f"folder {ODD}", attributes=Attributes(0o750, 1, 2))
    below.create_file("below", b"below")
    below.create_symlink("link", "below")
    return root


@pytest.mark.parametrize("revision", [0x0102, 0x0250])
def test_names_that_udf_cannot_hold_are_those_of_rock_ridge(revision: int) -> None:
    volume = read_volume(build_image(a_tree(), ImageOptions(udf_revision=revision)))
    assert volume.view is VolumeView.UDF
    wanted = a_tree()
    assert {node.path: node.attributes for node in volume.root.walk() if node.attributes != (0o644, 0, 0, False)} == {
        node.path: node.attributes or node.usual for node in wanted.walk() if node.attributes or node.name == "link"
    }
    assert [node.path for node in volume.root.walk()] == [node.path for node in wanted.walk()]
    one, other = volume.root["plain"], volume.root[ODD]
    assert isinstance(one, File)
    assert isinstance(other, File)
    assert one.link is not None
    assert one.link == other.link
    assert [str(note) for note in volume.notes] == [
        "/: name changed: 4 names are others in UDF; those of Rock Ridge taken",
        "/: incomplete: links and special files that only Rock Ridge has: 1; taken from there",
    ]


@pytest.mark.linux("genisoimage")
def test_names_that_another_writer_mangled_are_found_by_their_data(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    name = "ж" * 120  # 16 bits each; genisoimage leaves room for 127
    for number, each in enumerate((name + "a.text", "plain")):
        (tree / each[:127]).write_bytes(b"%d" % number * 3000)
    image = tmp_path / "image.iso"
    words = ["genisoimage", "-quiet", "-R", "-udf", "-input-charset", "utf-8", "-o", image, tree]
    subprocess.run(words, check=True, capture_output=True)
    volume = read_volume(ImageFile(image))
    assert {node.name for node in volume.root.children()} == {path.name for path in tree.iterdir()}


@pytest.mark.linux("genisoimage")
def test_directories_and_empty_files_that_another_writer_mangled_are_found_too(tmp_path: Path) -> None:
    """genisoimage puts an underscore where Joliet has no such character, also in UDF, and another letter for a byte."""
    tree, image = tmp_path / "tree", tmp_path / "image.iso"
    top = os.fsencode(tree)
    for name in (b"back\\slash/sub|folder", b"folder?", b"lat\xe9"):
        os.makedirs(top + b"/" + name)
    for name in (b"a:b", b"tab\t", b"more\xfe:", b"plain"):
        Path(os.fsdecode(top + b"/" + name)).touch()
    for name in (b"folder?/child*", b"back\\slash/sub|folder/below"):
        Path(os.fsdecode(top + b"/" + name)).write_bytes(name * 1000)
    words = ["genisoimage", "-quiet", "-R", "-udf", "-input-charset", "iso-8859-1", "-o", image, tree]
    subprocess.run(words, check=True, capture_output=True)
    medium = ImageFile(image)
    spelled = {node.path for node in read_volume(medium, view=VolumeView.UDF).root.walk()}
    assert {"/a_b", "/tab_", "/folder_/child_", "/lat\xe9"} <= spelled
    volume = read_volume(medium)
    assert volume.view is VolumeView.UDF
    assert {os.fsencode(node.path[1:]) for node in volume.root.walk()} == {
        os.fsencode(path.relative_to(tree)) for path in tree.rglob("*")
    }
    assert [note.oddity for note in volume.notes] == [Oddity.NAME]


def test_names_that_could_each_be_another_s_are_left_alone() -> None:
    udf, rock_ridge, notes = Directory(), Directory(), Notes()
    for spelled, meant in (("a_1", "a:1"), ("a-1", "a?1")):
        udf.create_file(spelled, b"")
        rock_ridge.create_file(meant, b"")
    udf.create_directory("same_")
    rock_ridge.create_file("same:", b"")
    complete(udf, rock_ridge, notes)
    assert {node.name for node in udf.children()} == {"a_1", "a-1", "same_"}
    assert [str(note) for note in notes.all()] == [
        "/: incomplete: names that only Rock Ridge has: 3, such as /a:1; left out"
    ]


@pytest.mark.parametrize("long_times", [False, True])
def test_times_of_creation_are_read(long_times: bool) -> None:
    root = Directory()
    times = Times(3 * SECOND, 4 * SECOND, 2 * SECOND)
    root.create_file("file", b"data", mtime_ns=5 * SECOND).times = times
    options = ImageOptions(rock_ridge=RockRidge(long_times=long_times), clock=9 * SECOND)
    found = read_volume(build_image(root, options), view=VolumeView.ROCK_RIDGE).root["file"]
    assert found.times == times


def test_what_is_added_keeps_names_that_udf_spells_otherwise() -> None:
    """The next image has the names again, in Rock Ridge as they were."""
    first = build_image(a_tree(), ImageOptions())
    again = build_image(read_volume(first).root, ImageOptions())
    trees = [read_volume(image, view=VolumeView.ROCK_RIDGE).root for image in (first, again)]
    one, other = ([(node.path, node.attributes) for node in tree.walk()] for tree in trees)
    assert one == other


def test_links_and_special_files_that_udf_has_under_other_names_are_not_there_twice() -> None:
    root = Directory()
    root.create_symlink(ODD, "target", attributes=Attributes(0o777, 3, 4))
    root.create_special(f"pipe {ODD}", Kind.FIFO, attributes=Attributes(0o620, 5, 6))
    image = build_image(root, ImageOptions(udf_specials=True))
    found = read_volume(image).root
    assert {node.name: node.attributes for node in found.children()} == {
        node.name: node.attributes for node in root.children()
    }


def test_what_is_of_another_kind_in_rock_ridge_is_told() -> None:
    udf, rock_ridge, notes = Directory(), Directory(), Notes()
    udf.create_file("file or link", b"data")
    udf.create_directory("folder or file")
    rock_ridge.create_symlink("file or link", "elsewhere")
    rock_ridge.create_file("folder or file", b"data")
    complete(udf, rock_ridge, notes)
    assert [(note.oddity, note.where) for note in notes.all()] == [
        (Oddity.INCONSISTENT, "/file or link"),
        (Oddity.INCONSISTENT, "/folder or file"),
    ]

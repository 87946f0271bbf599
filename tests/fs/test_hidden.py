"""Names that are marked as not to be shown (the Existence bit of ECMA-119 and 167), and names that a view lacks."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from discstack.fs.attributes import Attributes, Kind
from discstack.fs.bridge import build_image
from discstack.fs.image import Image
from discstack.fs.options import ImageOptions, RockRidge
from discstack.fs.reading.view import VolumeView
from discstack.fs.reading.volume import read_volume
from discstack.fs.tree import Directory
from discstack.fs.view import View

Tool = Callable[..., str]
FLAGS = 25  # byte of a directory record, ECMA-119 9.1


def a_tree() -> Directory:
    root = Directory()
    for name in (".profile", "plain", "long name " * 20):
        root.create_file(name, name.encode())
    root.create_symlink("link", "plain")
    folder = root.create_directory("a folder")
    folder.create_file("marked", b"m")
    folder.create_file("shown", b"s")
    root.create_special("pipe", Kind.FIFO)
    return root


FORMS: dict[str, dict[str, object]] = {
    "bridge": {},
    "without Rock Ridge": {"rock_ridge": None},
    "level 4": {"iso_level": 4},
    "metadata partition": {"udf_revision": 0x0250},
    "UDF": {"views": frozenset({View.UDF}), "udf_specials": True},
    "rationalized": {"rationalize": True},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_view_marks_what_is_hidden_and_our_reader_knows(form: dict[str, object]) -> None:
    root = a_tree()
    for name in ("plain", "a folder", "link"):
        root[name].hidden = True
    root["a folder/marked"].hidden = True
    root["a folder/shown"].attributes = Attributes(0o600, 5, 6)
    image = build_image(root, ImageOptions(**form))  # type: ignore[arg-type]
    wanted = {"plain", "a folder", "a folder/marked", "link"}
    volume = read_volume(image)
    for view in (None, *volume.views):
        tree = read_volume(image, view=view).root
        spelled = {"plain": "PLAIN", "a folder": "A_FOLDER", "a folder/marked": "A_FOLDER/MARKED", "link": "LINK"}
        iso = view is VolumeView.ISO9660 and form.get("iso_level") != 4
        names = {spelled[name] if iso else name for name in wanted}
        there = {name for name in names if name in tree}
        assert {node.path[1:] for node in tree.walk() if node.hidden} == there
        assert there >= names - {"link", "LINK"}


def test_globs_mark_too_and_a_mark_changes_nothing_else() -> None:
    plain, marked = (build_image(a_tree(), ImageOptions(marked_hidden=globs)) for globs in ((), (".p*", "a folder/m*")))
    tree = read_volume(marked).root
    assert {node.path for node in tree.walk() if node.hidden} == {"/.profile", "/a folder/marked"}
    assert marked.sectors == plain.sectors
    assert {node.path: node.attributes for node in read_volume(plain).root.walk()} == {
        node.path: node.attributes and node.attributes._replace(hidden=False) for node in tree.walk()
    }


def test_the_bit_is_that_of_the_standard() -> None:
    root = Directory()
    root.create_file("F", b"f").hidden = True
    root.create_directory("D").hidden = True
    image = build_image(root, ImageOptions(views=frozenset({View.ISO9660}), rock_ridge=None))
    records = [record for record in _records(image) if record[32] > 1 or record[33:34] > b"\1"]
    assert {record[33 : 33 + record[32]]: record[FLAGS] for record in records} == {b"F.;1": 0x01, b"D": 0x03}


def _records(image: Image) -> list[bytes]:
    buffer = bytearray(2048)
    image.read_at(16, buffer)
    image.read_at(int.from_bytes(buffer[158:162], "little"), buffer)
    found, at = [], 0
    while buffer[at]:
        found.append(bytes(buffer[at : at + buffer[at]]))
        at += buffer[at]
    return found


def test_isoinfo_and_7z_see_what_is_marked(tmp_path: Path, tool: Tool) -> None:
    root = a_tree()
    root["plain"].hidden = True
    path = tmp_path / "image.iso"
    build_image(root, ImageOptions()).write_to(path)
    listing = tool("isoinfo", "-l", "-i", path)
    flags = {name: flags for flags, name in re.findall(r"\[\s*\d+ (\d\d)\]\s+(\S+)", listing)}
    assert (flags["PLAIN.;1"], flags["A_FOLDER"]) == ("01", "02")
    tool("7z", "t", path)


@pytest.mark.parametrize("version", ["1.10", "1.12"])
def test_links_to_names_that_are_left_out_are_not_counted(version: str, tmp_path: Path, tool: Tool) -> None:
    root = Directory()
    file = root.create_file("one", b"data")
    for name in ("two", "secret a", "secret b"):
        root.create_hard_link(name, file)
    for name in ("secret folder", "folder"):
        root.create_directory(name).create_directory("below")
    options = ImageOptions(hidden={View.ISO9660: ["secret*"]}, rock_ridge=RockRidge(version=version))
    path = tmp_path / "image.iso"
    build_image(root, options).write_to(path)
    listing = tool("isoinfo", "-R", "-l", "-i", path)
    links = {name: int(count) for count, name in re.findall(r"^\S{10}\s+(\d+) .*\]\s+(\S+)\s*$", listing, re.MULTILINE)}
    assert (links["one"], links["two"], links["folder"], links["below"]) == (2, 2, 3, 2)

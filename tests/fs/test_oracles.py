"""Awkward trees in every form of Rock Ridge, ISO 9660 and Joliet, read by other people's programs.

What a program is known to get wrong is said by its name, and the rest is compared all the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from discstack.fs.boot.options import BootImage, BootOptions
from discstack.fs.bridge import build_image
from discstack.fs.image import Image
from discstack.fs.options import ImageOptions, RockRidge
from discstack.fs.reading.view import VolumeView
from discstack.fs.reading.volume import read_volume
from discstack.fs.tree import Directory
from discstack.fs.view import View

Survey = dict[str, dict[str, Any]]
Look = Callable[[Path], Survey]
Tool = Callable[..., str]
pytestmark = pytest.mark.linux("names that Windows has not, and other people's readers")
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0

ROCK_RIDGE: dict[str, dict[str, Any]] = {
    "level 1": {"iso_level": 1},
    "level 2": {"iso_level": 2},
    "level 3": {},
    "level 4": {"iso_level": 4},
    "1.10": {"rock_ridge": RockRidge(version="1.10")},
    "relocated": {"rock_ridge": RockRidge(relocation=True)},
    "relocated 1.10": {"rock_ridge": RockRidge(version="1.10", relocation=True), "iso_level": 1},
    "long times": {"rock_ridge": RockRidge(long_times=True)},
    "rationalized": {"rationalize": True},
    "bridge": {"views": frozenset(View)},
}
# Without Rock Ridge: what is seen, and how
PLAIN: dict[str, dict[str, Any]] = {
    "iso level 1": {"iso_level": 1},
    "iso level 2": {"iso_level": 2},
    "iso level 3": {},
    "iso level 4": {"iso_level": 4},
}
JOLIET: dict[str, dict[str, Any]] = {
    "joliet": {},
    "joliet 103": {"joliet_long": True},
    "joliet level 1": {"joliet_level": 1},
    "joliet level 2": {"joliet_level": 2},
}
# libisofs refuses links from 1024 bytes on, which makes xorriso refuse the whole image
READABLE = ("names", "odd names", "longest names", "attributes", "hard links", "special files", "links")
READABLE += ("slashed links", "times", "late times", "far times", "deep", "wide")
EVERYTHING = (*READABLE, "name of byte 1", "long links")


@pytest.fixture(scope="module")
def imaged(awkward: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Gives folder, planned image and image file of some parts of the awkward tree, each made once."""
    made: dict[str, tuple[Path, Image, Path]] = {}

    def image(parts: tuple[str, ...], **options: Any) -> tuple[Path, Image, Path]:
        key = repr((parts, options))
        if key not in made:
            root, folder = Directory(), awkward(*parts)
            root.add_tree(folder)
            planned = build_image(root, ImageOptions(**{"views": frozenset({View.ISO9660}), **options}))
            path = tmp_path_factory.mktemp("image") / "image.iso"
            planned.write_to(path)
            made[key] = folder, planned, path
        return made[key]

    return image


def fields(survey: Survey, *names: str) -> Survey:
    """Leave of every entry but the top what is named, and of a directory's time nothing: extraction changes it."""
    return {
        path: {name: entry[name] for name in names if name in entry} for path, entry in survey.items() if path != "."
    }


def hard_links(survey: Survey) -> list[list[str]]:
    groups: dict[int, list[str]] = {}
    for path, entry in survey.items():
        if entry["kind"] != "directory":
            groups.setdefault(entry["inode"], []).append(path)
    return sorted(sorted(group) for group in groups.values() if len(group) > 1)


def attributes(survey: Survey, form: dict[str, Any]) -> Survey:
    """Give what the image is to tell of owners and permissions."""
    if not form.get("rationalize"):
        return survey
    changed = {}
    for path, entry in survey.items():
        execute = 0o111 if entry["kind"] == "directory" or entry["mode"] & 0o111 else 0
        changed[path] = entry | {"mode": 0o777 if entry["kind"] == "link" else 0o444 | execute, "uid": 0, "gid": 0}
    return changed


OWNED = ("uid", "gid") if ROOT else ()


@pytest.mark.parametrize("form", ROCK_RIDGE.values(), ids=ROCK_RIDGE)
def test_bsdtar_sees_rock_ridge(form: dict[str, Any], imaged: Any, survey: Look, tool: Tool, tmp_path: Path) -> None:
    folder, image, path = imaged(EVERYTHING, **form)
    tool("bsdtar", "-x", "-p", "-f", path, "-C", tmp_path)
    source, found = attributes(survey(folder), form), survey(tmp_path)
    rock_ridge = form.get("rock_ridge", RockRidge())
    for name, entry in source.items():
        if entry["kind"] == "socket":  # libarchive makes files of them
            entry["kind"] = "file"
            found[name] = {key: value for key, value in found[name].items() if key not in ("size", "digest")}
        if rock_ridge.long_times or Path(name).parent.name == "far times":  # libarchive takes January for month 1
            found[name].pop("mtime")
            entry.pop("mtime")
    names = ("kind", "size", "digest", "mode", "target", "device", "mtime", *OWNED)
    assert fields(found, *names) == fields(source, *names)
    # libarchive finds links of empty files by chance alone
    assert [group for group in hard_links(found) if "hard links/empty" not in group] == [
        ["hard links/full", "hard links/full again", "hard links/sub/full"]
    ]
    assert [issue for issue in image.issues if issue.view is View.ISO9660] == []


@pytest.mark.parametrize("form", ROCK_RIDGE.values(), ids=ROCK_RIDGE)
def test_xorriso_sees_rock_ridge(form: dict[str, Any], imaged: Any, survey: Look, tool: Tool, tmp_path: Path) -> None:
    folder, _, path = imaged(READABLE, **form)
    target = tmp_path / "out"
    options = ("-osirrox", "on:auto_chmod_off", "-hardlinks", "on")
    tool("xorriso", *options, "-indev", path, "-extract", "/", target)
    source, found = attributes(survey(folder), form), survey(target)
    for name, entry in list(source.items()):
        if entry["kind"] in ("socket", "character device", "block device"):  # it does not extract them
            del source[name]
        elif entry["kind"] == "link":
            del entry["mtime"], found[name]["mtime"]  # it does not set a link's
            entry["target"] = re.sub("/+", "/", entry["target"])  # libisofs loses slashes in a row
    names = ("kind", "size", "digest", "mode", "target", "mtime", *OWNED)
    assert fields(found, *names) == fields(source, *names)
    if form.get("rock_ridge", RockRidge()).version == "1.12":
        assert hard_links(found) == hard_links(source)


ISOINFO = ("attributes", "hard links", "special files", "times", "late times", "deep", "wide")


@pytest.mark.parametrize("form", [name for name in ROCK_RIDGE if "relocated" not in name])
def test_isoinfo_sees_rock_ridge(form: str, imaged: Any, survey: Look, tool: Tool) -> None:
    folder, _, path = imaged(ISOINFO, **ROCK_RIDGE[form])
    source = attributes(survey(folder), ROCK_RIDGE[form])
    assert set(tool("isoinfo", "-R", "-f", "-i", path).splitlines()) == {f"/{name}" for name in source if name != "."}
    listing = tool("isoinfo", "-R", "-l", "-i", path)
    found = re.findall(r"^-(\S{9})\s+(\d+) .*\[\s*\d+ 00\]\s+((?:full|empty|s|p).*?) $", listing, re.MULTILINE)
    expected = [
        (letters(entry["mode"]), str(entry["links"]), Path(name).name)
        for name, entry in source.items()
        if entry["kind"] == "file" and Path(name).name.startswith(("full", "empty", "s", "p"))
    ]
    assert sorted(found) == sorted(expected)


def letters(mode: int) -> str:
    """Spell permissions as isoinfo does, which shows no set-user-id and its like."""
    return "".join(letter if mode & 1 << 8 - bit else "-" for bit, letter in enumerate("rwxrwxrwx"))


GRUB = ("names", "longest names", "deep", "wide")


@pytest.mark.parametrize("form", [name for name in ROCK_RIDGE if name != "bridge" and "relocated" not in name])
def test_grub_sees_rock_ridge(form: str, imaged: Any, tool: Tool) -> None:
    folder, _, path = imaged(GRUB, **ROCK_RIDGE[form])
    for part in ("longest names", "wide"):
        listed = tool("grub-fstest", path, "ls", f"(loop0)/{part}/").strip()
        names = re.split(" (?=file|25)", listed)
        assert sorted(names) == sorted(os.listdir(folder / part))
    names = ["names/README", "names/readme", f"longest names/{'255'.ljust(255, 'x')}", f"names/{'129'.ljust(129, 'n')}"]
    for name in names:
        assert tool("grub-fstest", path, "cat", f"(loop0)/{name}") == (folder / name).read_text()
    bottom = "deep/a/" + "/".join(f"level {level}" for level in range(17)) + "/bottom"
    assert tool("grub-fstest", path, "cat", f"(loop0)/{bottom}") == "a"


SEVEN_ZIP = ("attributes", "hard links", "times", "deep", "wide")  # it does not follow CE, and mends names


@pytest.mark.parametrize("form", [name for name in ROCK_RIDGE if "relocated" not in name])
def test_7z_sees_rock_ridge(form: str, imaged: Any, survey: Look, tool: Tool, tmp_path: Path) -> None:
    folder, _, path = imaged(SEVEN_ZIP, **ROCK_RIDGE[form])
    tool("7z", "x", "-tiso", f"-o{tmp_path}", path)
    assert fields(survey(tmp_path), "kind", "size", "digest") == fields(survey(folder), "kind", "size", "digest")


WITHOUT = ("names", "odd names", "name of byte 1", "longest names", "hard links", "times", "deep", "wide")


@pytest.mark.parametrize("program", ["bsdtar", "xorriso", "7z"])
@pytest.mark.parametrize("form", PLAIN)
def test_plain_iso_9660_has_all_files_under_the_names_that_are_reported(
    form: str, program: str, imaged: Any, survey: Look, as_reported: Any, tool: Tool, tmp_path: Path
) -> None:
    parts = WITHOUT if form != "iso level 4" else ("names", "hard links", "deep", "wide")
    folder, image, path = imaged(parts, rock_ridge=None, **PLAIN[form])
    extract(program, "ecma119", path, tmp_path / "out", tool)
    found = fields(survey(tmp_path / "out"), "kind", "size", "digest")
    expected = as_reported(fields(survey(folder), "kind", "size", "digest"), image, View.ISO9660)
    if form == "iso level 4" and program == "xorriso":  # libisofs takes these names for ASCII
        expected = {path: entry for path, entry in expected.items() if path.isascii()}
        found = {path: entry for path, entry in found.items() if path in expected}
    if form != "iso level 4":
        expected = {path.upper(): entry for path, entry in expected.items()}
        found = {path.upper(): entry for path, entry in found.items()}
    assert found == expected


@pytest.mark.parametrize("program", ["bsdtar", "xorriso", "7z"])
@pytest.mark.parametrize("form", JOLIET)
def test_joliet_has_all_files_under_the_names_that_are_reported(
    form: str, program: str, imaged: Any, survey: Look, as_reported: Any, tool: Tool, tmp_path: Path
) -> None:
    views = frozenset({View.ISO9660, View.JOLIET})
    folder, image, path = imaged(WITHOUT, rock_ridge=None, views=views, **JOLIET[form])
    extract(program, "norock", path, tmp_path / "out", tool)
    found = fields(survey(tmp_path / "out"), "kind", "size", "digest")
    expected = as_reported(fields(survey(folder), "kind", "size", "digest"), image, View.JOLIET)
    if form == "joliet 103" and program == "bsdtar":  # libarchive cuts a name with its version after 103 characters
        name = f"names/{'102'.ljust(102, 'n')}"
        expected[f"{name};"] = expected.pop(name)
    assert found == expected


def extract(program: str, read_fs: str, path: Path, target: Path, tool: Tool) -> None:
    target.mkdir()
    commands = {
        "bsdtar": ["bsdtar", "-x", "-f", path, "-C", target],
        "xorriso": ["xorriso", "-read_fs", read_fs, "-osirrox", "on", "-indev", path, "-extract", "/", target],
        "7z": ["7z", "x", "-tiso", f"-o{target}", path],
    }
    tool(*commands[program])


def test_bsdtar_takes_the_smallest_image_for_one(tmp_path: Path, tool: Tool) -> None:
    """libarchive looks at 24 sectors, and takes nothing shorter for ISO 9660."""
    root = Directory()
    root.create_file("a", b"a")
    path = tmp_path / "image.iso"
    build_image(root, ImageOptions(views=frozenset({View.ISO9660}), rock_ridge=None)).write_to(path)
    assert tool("bsdtar", "-t", "-f", path).split() == [".", "A"]


SEEN: dict[str, dict[str, Any]] = {
    "nothing hidden": {},
    "the last file": {"hidden": {View.UDF: ["z"]}},
    "every file": {"hidden": {View.UDF: ["?"]}},
    "2.50": {"hidden": {View.UDF: ["z"]}, "udf_revision": 0x0250},
    "boot image": {"hidden": {View.UDF: ["?"]}, "boot": BootOptions(images=(BootImage(content=b"B" * 9000),))},
}


@pytest.mark.parametrize("form", SEEN)
def test_7z_takes_udf_for_whole_that_lacks_some_of_the_data(form: str, tmp_path: Path, tool: Tool) -> None:
    root = Directory()
    for name in "amz":
        root.create_file(name, name.encode() * 5000)
    path = tmp_path / "image.iso"
    build_image(root, ImageOptions(**SEEN[form])).write_to(path)
    for kind in ("-tudf", "-tiso"):
        assert "WARNING" not in tool("7z", "t", kind, path)
    tool("udfinfo", path)
    assert tool("bsdtar", "-x", "-O", "-f", path, "a", "m", "z") == "".join(name * 5000 for name in "amz")


def test_7z_takes_udf_for_whole_that_has_no_data_but_a_boot_image(tmp_path: Path, tool: Tool) -> None:
    path = tmp_path / "image.iso"
    build_image(Directory(), ImageOptions(boot=SEEN["boot image"]["boot"])).write_to(path)
    assert "WARNING" not in tool("7z", "t", "-tudf", path)


@pytest.mark.parametrize("program", ["bsdtar", "7z"])
def test_level_4_has_no_names_of_which_readers_drop_something(program: str, tmp_path: Path, tool: Tool) -> None:
    root = Directory()
    root.create_directory("a").create_file("below", b"b")
    names = ("a;1", "a.", "b", "b;1", "b.;1", "c;2", "......", "x" * 220 + ".;1")
    for name in names:
        root.create_file(name, name.encode())
    image = build_image(root, ImageOptions(views=frozenset({View.ISO9660}), rock_ridge=None, iso_level=4))
    image.write_to(tmp_path / "image.iso")
    extract(program, "ecma119", tmp_path / "image.iso", tmp_path / "out", tool)
    found = {path.name: path.read_text() for path in (tmp_path / "out").iterdir() if path.is_file()}
    renamed = {issue.path[1:]: issue.detail for issue in image.issues if issue.view is View.ISO9660}
    assert found == {renamed.get(name, name): name for name in names}
    assert set(names) - set(renamed) == {"b", "c;2"}
    for view in (VolumeView.ISO9660, VolumeView.ENHANCED):
        tree = read_volume(image, view=view).root
        assert {node.name for node in tree.children()} == {*found, "a"}

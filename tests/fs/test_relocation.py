"""Directories that lie too deep, moved for Rock Ridge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from discstack.fs.bridge import build_image
from discstack.fs.errors import LayoutError
from discstack.fs.image import Image
from discstack.fs.options import ImageOptions, RockRidge
from discstack.fs.tree import Directory
from discstack.fs.view import View

ISO_ONLY = frozenset({View.ISO9660})


def deep(*paths: str) -> Directory:
    root = Directory()
    for path in paths:
        folder = root
        for name in path.split("/"):
            found = folder.find(name)
            folder = found if isinstance(found, Directory) else folder.create_directory(name)
        folder.create_file("file", path.encode())
    return root


def image_of(root: Directory, **options: Any) -> Image:
    return build_image(root, ImageOptions(views=ISO_ONLY, rock_ridge=RockRidge(relocation=True), **options))


def path(levels: int, prefix: str = "d") -> str:
    return "/".join(f"{prefix}{level}" for level in range(2, levels + 1))


def area(record: bytes) -> dict[bytes, bytes]:
    entries, found = record[33 + (record[32] | 1) :], {}
    while len(entries) >= 4:
        found[entries[:2]] = entries[: entries[2]]
        entries = entries[entries[2] :]
    return found


class Folders:
    """The records of every directory, by the path that a reader without Rock Ridge sees."""

    def __init__(self, volume: Any) -> None:
        self.volume = volume
        self.records: dict[str, list[bytes]] = {}
        self._read("", int.from_bytes(volume.volume[158:162], "little"))

    def _read(self, prefix: str, lba: int) -> None:
        size = int.from_bytes(self.volume.sector(lba)[10:14], "little")
        self.records[prefix] = list(self.volume.records(self.volume.sector(lba, size // 2048)))
        for record in self.records[prefix][2:]:
            if record[25] & 2:
                self._read(f"{prefix}/{self.volume.name(record)}", int.from_bytes(record[2:6], "little"))

    def record(self, folder: str, name: str) -> bytes:
        return next(record for record in self.records[folder] if self.volume.name(record) == name)


def test_nothing_is_moved_where_nothing_is_too_deep(reader: type[Any]) -> None:
    assert "RR_MOVED" not in reader(image_of(deep(path(8)))).entries()


def test_directory_at_the_ninth_level_is_moved_and_leads_both_ways(reader: type[Any]) -> None:
    folders = Folders(reader(image_of(deep(path(10)))))
    above = "/" + path(8).upper()
    left, home = folders.record(above, "D9.;1"), folders.record("", "RR_MOVED")
    moved = folders.record("/RR_MOVED", "D9")
    assert not left[25] & 2
    assert left[10:14] == bytes(4)
    assert area(left)[b"CL"][4:8] == moved[2:6]
    assert area(left)[b"NM"][5:] == b"d9"
    assert area(moved)[b"RE"] == area(home)[b"RE"] == b"RE\4\1"
    assert area(folders.records["/RR_MOVED/D9"][1])[b"PL"][4:8] == folders.records[above][0][2:6]
    assert max(name.count("/") for name in folders.records) < 8
    assert folders.record("/RR_MOVED/D9/D10", "FILE.;1")


def test_moved_directories_with_the_same_name_and_deeper_ones_are_told_apart(reader: type[Any]) -> None:
    root = deep(*(f"{branch}/{path(24)}" for branch in "ab"))
    for level in (1, 3, 4):
        folders = Folders(reader(image_of(root, iso_level=level)))
        assert len(folders.records["/RR_MOVED" if level < 4 else "/rr_moved"]) == 2 + 2 * 3
        assert max(name.count("/") for name in folders.records) < 8


def test_path_tables_are_in_order(reader: type[Any]) -> None:
    table = reader(image_of(deep(path(24)))).path_table(msb=False)
    levels = [0]
    for _, _, parent in table[1:]:
        levels.append(levels[parent - 1] + 1)
    keys = [(level, parent, identifier) for level, (identifier, _, parent) in zip(levels, table, strict=True)]
    assert keys == sorted(keys)


def test_directory_of_the_trees_own_with_that_name_is_left_alone(reader: type[Any]) -> None:
    entries = reader(image_of(deep(path(9), "rr_moved"))).entries()
    assert {"RR_MOVED/FILE.;1", "_RR_MOVED/D9/FILE.;1"} <= entries.keys()
    with pytest.raises(LayoutError, match="is free in the root"):
        image_of(deep(path(9), "rr_moved", ".rr_moved"))


@pytest.mark.parametrize("program", ["bsdtar", "xorriso"])
def test_readers_see_the_tree_as_it_was(program: str, tmp_path: Path, tool: Any, contents_of: Any) -> None:
    root = deep(*(f"{branch}/{path(20)}" for branch in "abc"), path(30, "e"), path(9, "f"), path(16, "long" * 40))
    image, target = tmp_path / "image.iso", tmp_path / "out"
    image_of(root).write_to(image)
    target.mkdir()
    commands = {
        "bsdtar": ["bsdtar", "-x", "-f", image, "-C", target],
        "xorriso": ["xorriso", "-osirrox", "on", "-indev", image, "-extract", "/", target],
    }
    tool(*commands[program])
    files = {node.path[1:]: node for node in root.walk() if not isinstance(node, Directory)}
    found = contents_of(target)
    assert {name for name, data in found.items() if data is not None} == set(files)
    assert found["f2/f3/f4/f5/f6/f7/f8/f9/file"] == path(9, "f").encode()

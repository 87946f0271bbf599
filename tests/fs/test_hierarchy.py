"""Images read by the tests' own reader of ECMA-119, which checks the records on its way."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from discstack.fs.bridge import build_image
from discstack.fs.ecma119 import MAX_SECTION
from discstack.fs.image import Image
from discstack.fs.naming import marks_for
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory
from discstack.fs.view import View

BOTH = frozenset({View.ISO9660, View.JOLIET})
SVD = 17


def test_joliet_has_the_names_of_the_tree(
    odd_tree: Path, image_of: Callable[..., Image], reader: type[Any], contents_of: Callable[..., Any]
) -> None:
    expected = {f"{path};1" if data is not None else path: data for path, data in contents_of(odd_tree).items()}
    for name in [name for name in expected if len(name) > 66]:
        expected[name[:50] + f"~{marks_for([name[:-2]], 8)[0].decode()}.text;1"] = expected.pop(name)
    assert reader(image_of(odd_tree), SVD).entries() == expected


def test_iso_has_the_same_files_under_its_own_names(
    odd_tree: Path, image_of: Callable[..., Image], reader: type[Any], contents_of: Callable[..., Any]
) -> None:
    entries = reader(image_of(odd_tree)).entries()
    assert sorted(map(repr, entries.values())) == sorted(map(repr, contents_of(odd_tree).values()))
    assert entries["D1/D2/D3/D4/D5/D6/D7/D8/D9/D10/DEEP.TXT;1"] == b"deep\n"
    assert entries["README.TXT;1"] == b"upper\n"
    assert entries["EMPTY_DIRECTORY"] is None


@pytest.mark.parametrize("descriptor", [16, SVD])
def test_path_tables_agree_with_the_directories(
    odd_tree: Path, image_of: Callable[..., Image], reader: type[Any], descriptor: int
) -> None:
    volume = reader(image_of(odd_tree), descriptor)
    table = volume.path_table(msb=False)
    assert volume.path_table(msb=True) == table
    assert table[0][0] == b"\0"
    assert table[0][2] == 1
    levels, paths = [0], [""]
    for identifier, lba, parent in table[1:]:
        levels.append(levels[parent - 1] + 1)
        paths.append(f"{paths[parent - 1]}/{identifier.decode('utf-16-be' if descriptor == SVD else 'ascii')}")
        assert volume.sector(lba)[2:6] == lba.to_bytes(4, "little")
    keys = [(level, parent, identifier) for level, (identifier, _, parent) in zip(levels, table, strict=True)]
    assert keys == sorted(keys)
    assert sorted(paths[1:]) == sorted("/" + path for path, data in volume.entries().items() if data is None)


def test_parent_record_names_the_parent(odd_tree: Path, image_of: Callable[..., Image], reader: type[Any]) -> None:
    volume = reader(image_of(odd_tree), SVD)
    table = volume.path_table(msb=False)
    for _, lba, parent in table:
        second = list(volume.records(volume.sector(lba)))[1]
        assert int.from_bytes(second[2:6], "little") == table[parent - 1][1]


def test_records_of_a_directory_are_in_the_order_of_the_standard(reader: type[Any]) -> None:
    root = Directory()
    for name in ("AB", "A.B", "A.B1", "A", "A1.B", "A_", "B.A", "A.Z"):
        root.create_file(name, b"")
    names = list(reader(build_image(root, ImageOptions(views=BOTH))).entries())
    assert names == [f"{n};1" for n in ("A.", "A.B", "A.B1", "A.Z", "A1.B", "AB.", "A_.", "B.A")]


@pytest.mark.parametrize("names", [["a#b/", "a.c"], [".b/", ".bb"], ["x.y/", "x.yz", "x"], ["a b/", "a.b", "a/", "a-"]])
def test_joliet_orders_files_and_directories_together(names: list[str], reader: type[Any]) -> None:
    """By file name, then extension; a directory has no extension, and spaces fill the shorter one up, ECMA-119 9.3."""
    root = Directory()
    for name in names:
        if name.endswith("/"):
            root.create_directory(name[:-1])
        else:
            root.create_file(name, b"")
    found = list(reader(build_image(root, ImageOptions(views=BOTH)), SVD).entries())

    def padded(name: str) -> tuple[str, str]:
        stem, _, extension = name.removesuffix(";1").partition(".") if name.endswith(";1") else (name, "", "")
        return stem.ljust(64), extension.ljust(64)

    assert found == sorted(found, key=padded)


def test_directory_of_many_sectors_says_its_size(
    tmp_path: Path, image_of: Callable[..., Image], reader: type[Any]
) -> None:
    for number in range(300):
        (tmp_path / f"{number:04}{'x' * (number % 25)}").touch()
    volume = reader(image_of(tmp_path))
    lba, size = (int.from_bytes(volume.volume[156 + a : 156 + a + 4], "little") for a in (2, 10))
    directory = volume.sector(lba, size // 2048)
    assert size > 2048 * 5
    assert len(list(volume.records(directory))) == 302
    assert any(directory[-2048:])


def test_exactly_full_sector_needs_no_other(reader: type[Any]) -> None:
    root = Directory()
    for number in range(45):  # 68 + 45 * 44 = 2048
        root.create_file(f"{number:07}", b"")
    options = ImageOptions(views=frozenset({View.ISO9660}), rock_ridge=None)
    volume = reader(build_image(root, options))
    assert int.from_bytes(volume.volume[166:170], "little") == 2048
    root.create_file("x", b"")
    volume = reader(build_image(root, options))
    assert int.from_bytes(volume.volume[166:170], "little") == 4096


def test_time_of_a_file_is_its_modification_time(reader: type[Any]) -> None:
    root = Directory(mtime_ns=0)
    root.create_file("a", b"", mtime_ns=1_234_567_890 * 10**9 + 999_999_999)
    volume = reader(build_image(root, ImageOptions(views=BOTH)))
    record = list(volume.records(volume.sector(int.from_bytes(volume.volume[158:162], "little"))))[2]
    assert record[18:25] == bytes((109, 2, 13, 23, 31, 30, 0))


SIZES = [MAX_SECTION, 2**32 - 1, 2**32, 2**32 + 1, 2 * MAX_SECTION, 9 * 2**30 + 5]


@pytest.mark.parametrize("size", SIZES)
def test_sections_of_a_long_file_cover_it_once(tmp_path: Path, reader: type[Any], size: int) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(size)
    root = Directory()
    root.add_file(path)
    image = build_image(root)
    for descriptor in (16, SVD):
        volume = reader(image, descriptor)
        lba = int.from_bytes(volume.volume[158:162], "little")
        records = list(volume.records(volume.sector(lba)))[2:]
        lengths = [int.from_bytes(record[10:14], "little") for record in records]
        starts = [int.from_bytes(record[2:6], "little") for record in records]
        assert sum(lengths) == size
        assert all(length % 2048 == 0 for length in lengths[:-1])
        assert starts == [starts[0] + sum(lengths[:i]) // 2048 for i in range(len(lengths))]
        assert [record[25] for record in records] == [0x80] * (len(records) - 1) + [0]
        assert len({volume.name(record) for record in records}) == 1


def test_far_end_of_a_long_file_is_read_at_random(tmp_path: Path) -> None:
    size, mark = 5 * 2**30 + 100, b"the very end of a long file"
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(size - len(mark))
        file.seek(0, os.SEEK_END)
        file.write(mark)
    root = Directory()
    root.add_file(path)
    image = build_image(root)
    lba = next(span.lba for span in image.files_in(0, image.sectors) if span.is_file)
    buffer = bytearray(4096)
    image.read_at(lba + size // 2048 - 1, buffer)
    assert buffer[2048:2148].endswith(mark)
    assert not any(buffer[2148:])


names = st.text(min_size=1, max_size=80).filter(
    lambda name: (
        not {"/", "\0"} & set(name) and name not in (".", "..") and not any(0xD800 <= ord(c) < 0xDC80 for c in name)
    )
)
files = st.binary(max_size=5000)
trees = st.recursive(files, lambda below: st.dictionaries(names, below, max_size=6), max_leaves=20)


def plant(tree: object, root: Directory) -> None:
    for name, content in tree.items():  # type: ignore[attr-defined]
        if isinstance(content, bytes):
            root.create_file(name, content)
        else:
            plant(content, root.create_directory(name))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(tree=st.dictionaries(names, trees, max_size=8))
def test_any_tree_is_read_back_from_both_hierarchies(tree: dict[str, object], reader: type[Any]) -> None:
    root = Directory()
    plant(tree, root)
    image = build_image(root)
    target = io.BytesIO()
    image.write_to(target)
    data = bytearray(image.size)
    image.read_at(0, data)
    assert data == target.getvalue()
    for descriptor in (16, SVD):
        assert shape(as_tree(reader(image, descriptor).entries())) == shape(tree)


def as_tree(entries: dict[str, bytes | None]) -> dict[str, object]:
    tree: dict[str, Any] = {}
    for path, content in entries.items():
        *above, name = path.split("/")
        place = tree
        for part in above:
            place = place[part]
        assert name not in place
        place[name] = {} if content is None else content
    return tree


def shape(tree: object) -> object:
    """What a tree is apart from its names."""
    if isinstance(tree, bytes):
        return tree
    return sorted((shape(content) for content in tree.values()), key=repr)  # type: ignore[attr-defined]

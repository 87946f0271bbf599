"""Folders that are looked into ahead, many in one call, make the same tree as those that Python looks into."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from systems import needs_linux

from discstack.fs.bridge import build_image
from discstack.fs.errors import SourceError
from discstack.fs.folders import AHEAD, TOGETHER, FolderReader, Folders, entries_of, facts_of
from discstack.fs.nodes import BaseNode, File, Special, Symlink
from discstack.fs.options import ImageOptions
from discstack.fs.sources import PathSource
from discstack.fs.tree import Directory
from discstack.native import files
from discstack.native import folders as native

MANY = TOGETHER * (AHEAD + 1) + 5


@pytest.fixture
def source(tmp_path: Path) -> Path:
    needs_linux("symbolic links, FIFOs and names that are no text")
    top = tmp_path / "source"
    for number in range(MANY):
        folder = top / f"folder {number}"
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(bytes(number))
        os.utime(folder / "file", ns=(5, number * 10**9 - 7))
    deep = top.joinpath(*(f"level {level}" for level in range(40)))
    deep.mkdir(parents=True)
    (deep / "caf\u00e9").write_bytes(b"deep")
    (Path(os.fsdecode(os.fsencode(deep) + b"/\xff"))).write_bytes(b"no text")
    os.link(deep / "caf\u00e9", top / "another name")
    (top / "link").symlink_to("level 0")
    (top / "circle").symlink_to(".")
    (top / "nowhere").symlink_to("there is no such thing")
    os.mkfifo(top / "pipe", 0o600)
    (top / "folder 3" / "secret.bak").write_bytes(b"left out")
    return top


def described(node: BaseNode) -> tuple[object, ...]:
    facts: tuple[object, ...] = type(node), node.path, node.mtime_ns, node.attributes, node.times
    if isinstance(node, File):
        assert isinstance(node.source, PathSource)
        return *facts, node.link, node.source.label, node.source.size, node.source.mtime_ns, node.source.inode
    if isinstance(node, Symlink):
        return *facts, node.link, node.target
    return (*facts, node.link, node.kind, node.device) if isinstance(node, Special) else facts


def tree(source: Path, reader: FolderReader | None, **options: object) -> list[tuple[object, ...]]:
    root = Directory(folders=reader)
    root.add_tree(source, **options)  # type: ignore[arg-type]
    return [described(root), *map(described, root.walk())]


@pytest.mark.parametrize(
    "options", [{}, {"all_times": True}, {"exclude": ["*.bak", "*/level 5"]}, {"follow_links": True}], ids=str
)
def test_both_ways_make_the_same_tree(source: Path, options: dict[str, object]) -> None:
    tree(source, None, **options)  # what was read of links and folders shows in their times
    expected = tree(source, None, **options)
    assert len(expected) > MANY
    assert tree(source, native, **options) == expected


def test_a_junction_of_windows_is_a_link() -> None:
    """What `os.lstat` says there of a folder that is another one; taken for a folder it could hold itself."""
    fields = {"st_mode": 0o40777, "st_reparse_tag": 0xA0000003, "st_mtime_ns": 0, "st_atime_ns": 0, "st_ctime_ns": 0}
    others = dict.fromkeys(("st_nlink", "st_uid", "st_gid", "st_dev", "st_ino", "st_size"), 1)
    assert facts_of(SimpleNamespace(**fields, **others))[0] == 0o120777  # type: ignore[arg-type]
    assert facts_of(SimpleNamespace(**fields | {"st_reparse_tag": 0}, **others))[0] == 0o40777  # type: ignore[arg-type]


def test_files_without_an_inode_are_not_names_of_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows tells none of what it lets nobody open."""
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    entries = entries_of(str(tmp_path))
    without = [(name, (*facts[:4], 0, 0, *facts[6:])) for name, facts in entries]
    monkeypatch.setattr("discstack.fs.folders.entries_of", lambda path: iter(without))
    root = Directory()
    root.add_tree(tmp_path, follow_links=True)
    assert [root[name].link for name in ("a", "b")] == [None, None]


FAR = 10_413_792_000 * 10**9 + 5  # in the year 2300; 64 bits hold nanoseconds up to 2262


def test_a_time_that_64_bits_do_not_hold_is_no_other_time(source: Path, tmp_path: Path) -> None:
    far = source / "folder 4" / "file"
    os.utime(far, ns=(FAR, FAR))
    assert far.stat().st_mtime_ns == FAR
    assert tree(source, native) == tree(source, None)
    root = Directory(folders=native)
    root.add_tree(source / "folder 4")
    assert root["file"].mtime_ns == FAR
    written = []
    for batches in (None, files):
        image = build_image(root, ImageOptions(), batches)
        image.write_to(tmp_path / "image")
        written.append((tmp_path / "image").read_bytes())
    assert written[0] == written[1]


class Failing:
    """Gives up at some folders, as if they could not be read."""

    def look_into(self, paths: bytes, count: int, /) -> tuple[bytes, bytes, list[int]]:
        names = paths.split(b"\0")[:count]
        readable = next((place for place, path in enumerate(names) if path.endswith(b"7")), count)
        return native.look_into(paths, readable)


def test_what_one_call_gives_up_at_is_looked_at_by_itself(source: Path) -> None:
    assert tree(source, Failing()) == tree(source, None)


def gone_through(reader: FolderReader | None, *paths: Path) -> list[list[str]]:
    with Folders[None](reader) as folders:
        for path in paths:
            folders.add(str(path), None)
        return [[name for name, _ in found] for _, _, found in folders]


@pytest.mark.parametrize("reader", [None, native], ids=["Python", "native"])
def test_a_folder_that_goes_away_is_an_error_that_names_it(source: Path, reader: FolderReader | None) -> None:
    with pytest.raises(FileNotFoundError, match="gone"):
        gone_through(reader, source, source / "gone")
    with pytest.raises(SourceError, match="gone"):
        Directory(folders=reader).add_tree(source / "gone")


class Broken:
    def look_into(self, paths: bytes, count: int, /) -> tuple[bytes, bytes, list[int]]:
        raise MemoryError


def test_an_error_of_the_reader_is_raised_where_its_answer_is_waited_for(source: Path) -> None:
    with pytest.raises(MemoryError):
        Directory(folders=Broken()).add_tree(source)


@pytest.mark.linux("native code that looks into folders")
def test_a_path_that_the_system_cannot_have_is_an_error_too() -> None:
    with pytest.raises(UnicodeEncodeError):
        gone_through(native, Path("/\ud800"))


def test_who_stops_early_leaves_no_thread_behind(source: Path) -> None:
    def first(folders: Folders[int]) -> Iterator[int]:
        for _, context, found in folders:
            list(found)
            yield context

    with Folders[int](native) as folders:
        for number in range(MANY):
            folders.add(str(source), number)
        assert next(first(folders)) in range(MANY)
    assert folders._threads
    assert not any(thread.is_alive() for thread in folders._threads)

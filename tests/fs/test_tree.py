from __future__ import annotations

import io
import os
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from discstack.fs.attributes import Attributes, Device, Kind, Overrides, Times
from discstack.fs.errors import LayoutError, SourceError, printable
from discstack.fs.nodes import File, Special, Symlink
from discstack.fs.scan import times_of
from discstack.fs.snapshot import take_snapshot
from discstack.fs.tree import Directory
from discstack.fs.view import Change, View


def paths(root: Directory) -> list[str]:
    return [node.path for node in root.walk()]


def test_what_is_no_content_is_refused_by_its_kind() -> None:
    root = Directory()
    with pytest.raises(TypeError, match="made of bytes, a path, or a function that opens its data, not of BytesIO"):
        root.create_file("stream", io.BytesIO(b"data"), size=4)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the size of 'stream' must be given"):
        root.create_file("stream", lambda: io.BytesIO(b"data"))
    assert len(root) == 0


def test_tree_takes_the_contents_of_a_folder(odd_tree: Path) -> None:
    root = Directory()
    root.add_tree(odd_tree)
    expected = ["/" + path.relative_to(odd_tree).as_posix() for path in odd_tree.rglob("*")]
    assert sorted(paths(root)) == sorted(expected)
    assert root.mtime_ns == 1_700_000_000 * 10**9


def test_children_come_sorted_by_name() -> None:
    root = Directory()
    for name in ("b", "a", "C"):
        root.create_file(name, b"")
    assert [node.name for node in root] == ["C", "a", "b"]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "nul\0"])
def test_impossible_name_is_refused(name: str) -> None:
    with pytest.raises(LayoutError, match="cannot be the name"):
        Directory().create_directory(name)
    root = Directory()
    root.create_file("good", b"")
    with pytest.raises(LayoutError, match="cannot be the name"):
        root.rename("good", name)


def test_second_node_of_a_name_is_refused() -> None:
    root = Directory()
    root.create_directory("a").create_file("x", b"")
    with pytest.raises(LayoutError, match="/a/x is in the tree already"):
        root["a"].create_file("x", b"")  # type: ignore[union-attr]


def test_nodes_are_found_by_path() -> None:
    root = Directory()
    file = root.create_directory("a").create_directory("b").create_file("c", b"data")
    assert root["a/b/c"] is file
    assert root["/a/b"] is file.parent
    assert "a/b/c/d" not in root
    assert root.find("nowhere") is None
    with pytest.raises(KeyError):
        root["nowhere"]


def test_removed_node_is_gone() -> None:
    root = Directory()
    root.create_directory("a").create_file("x", b"")
    removed = root.remove("a")
    assert "a" not in root
    assert removed.path == "/"
    with pytest.raises(LayoutError, match="root"):
        root.remove("/")


def test_renamed_node_is_found_under_its_new_name() -> None:
    root = Directory()
    file = root.create_file("old", b"data")
    root.create_file("other", b"")
    root.rename("old", "new")
    assert root["new"] is file
    with pytest.raises(LayoutError, match="already"):
        root.rename("new", "other")


def test_two_folders_are_merged(tmp_path: Path) -> None:
    for folder, name in (("one", "a"), ("two", "b")):
        (tmp_path / folder / "shared").mkdir(parents=True)
        (tmp_path / folder / "shared" / name).write_text(name)
    root = Directory()
    root.add_tree(tmp_path / "one")
    root.add_tree(tmp_path / "two")
    assert paths(root) == ["/shared", "/shared/a", "/shared/b"]
    assert all(root[path].path == f"/{path}" for path in ("shared/a", "shared/b"))


def test_folder_that_clashes_adds_nothing(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_text("new")
    (tmp_path / "another").write_text("new")
    root = Directory()
    root.create_directory("deep").create_file("file", b"old")
    with pytest.raises(LayoutError, match="/deep/file is in the tree already"):
        root.add_tree(tmp_path)
    assert paths(root) == ["/deep", "/deep/file"]


@pytest.mark.linux("symbolic links and FIFOs")
def test_links_and_special_files_are_taken_as_such(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("x")
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "dangling").symlink_to("/nowhere")
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
    root = Directory()
    root.add_tree(tmp_path)
    assert paths(root) == ["/dangling", "/fifo", "/link", "/socket", "/target"]
    link, fifo = root["dangling"], root["fifo"]
    assert isinstance(link, Symlink)
    assert link.target == b"/nowhere"
    assert isinstance(fifo, Special)
    assert (fifo.kind, fifo.device) == (Kind.FIFO, None)


def test_views_without_links_report_them() -> None:
    root = Directory()
    root.create_symlink("link", "target")
    root.create_special("null", Kind.CHARACTER_DEVICE, device=Device(1, 3))
    issues = list(take_snapshot(root).without_specials(View.JOLIET))
    assert [(i.path, i.change, i.view) for i in issues] == [
        (f"/{name}", Change.SKIPPED, View.JOLIET) for name in ("link", "null")
    ]
    assert "a symbolic link, which this view cannot hold" in str(issues[0])
    assert "a character device" in str(issues[1])


@pytest.mark.linux("symbolic links")
def test_link_to_a_folder_outside_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("x")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "outside", target_is_directory=True)
    root = Directory()
    root.add_tree(tmp_path / "tree")
    assert paths(root) == ["/link"]
    assert isinstance(root["link"], Symlink)


@pytest.mark.linux("permissions")
def test_permissions_and_owners_are_those_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "one").touch(mode=0o600)
    (tmp_path / "two").touch(mode=0o600)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub").chmod(0o2750)
    root = Directory()
    root.add_tree(tmp_path)
    status = (tmp_path / "one").stat()
    assert root["one"].attributes == Attributes(0o600, status.st_uid, status.st_gid)
    assert root["one"].attributes is root["two"].attributes
    assert root["sub"].attributes is not None
    assert root["sub"].attributes.mode == 0o2750
    assert root.attributes is not None


def test_attributes_that_nobody_gave_are_roots() -> None:
    root = Directory()
    root.create_file("file", b"")
    root.create_symlink("link", b"target")
    snapshot = take_snapshot(root)
    assert snapshot.root.attributes == Attributes(0o755, 0, 0)
    assert snapshot.root.files[0].attributes == Attributes(0o644, 0, 0)
    assert snapshot.root.specials[0].attributes == Attributes(0o777, 0, 0)


def test_rationalized_attributes_are_of_use_anywhere() -> None:
    root = Directory(attributes=Attributes(0o700, 1000, 1000))
    for name, mode in (("plain", 0o600), ("program", 0o4710)):
        root.create_file(name, b"", attributes=Attributes(mode, 1000, 1000))
    snapshot = take_snapshot(root, rationalize=True)
    assert snapshot.root.attributes == Attributes(0o555, 0, 0)
    assert [file.attributes for file in snapshot.root.files] == [Attributes(0o444), Attributes(0o555)]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"file_mode": 0o40644}, "permission bits go from 0 to 0o7777, without a file's type, not 0o40644"),
        ({"directory_mode": -1}, "permission bits go from 0 to 0o7777, without a file's type, not -0o1"),
        ({"uid": -1}, "numbers of users and groups go from 0 to 4294967295, not -1"),
        ({"gid": 1 << 32}, "numbers of users and groups go from 0 to 4294967295, not 4294967296"),
    ],
)
def test_attributes_that_posix_cannot_have_override_nothing(given: dict[str, int], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Overrides(**given)
    Overrides(uid=0, gid=(1 << 32) - 1, file_mode=0, directory_mode=0o7777)


@pytest.mark.parametrize("place", ["file", "directory", "link", "root"])
@pytest.mark.parametrize(
    ("attributes", "complaint"),
    [
        (Attributes(0o100755), "permission bits go from 0 to 0o7777, without a file's type, not 0o100755"),
        (Attributes(0o644, -1), "numbers of users and groups go from 0 to 4294967295, not -1"),
        (Attributes(0o644, 0, 1 << 32), "numbers of users and groups go from 0 to 4294967295, not 4294967296"),
    ],
)
def test_attributes_that_no_view_holds_are_refused_by_the_name_of_what_has_them(
    place: str, attributes: Attributes, complaint: str
) -> None:
    root = Directory()
    root.create_file("file", b"")
    root.create_directory("directory")
    root.create_symlink("link", "file")
    (root if place == "root" else root[place]).attributes = attributes
    with pytest.raises(LayoutError, match=f"/{place.removesuffix('root')}: {complaint}"):
        take_snapshot(root)


@pytest.mark.parametrize("device", [Device(-1, 0), Device(0, 1 << 32)])
def test_device_numbers_have_32_bits(device: Device) -> None:
    root = Directory()
    with pytest.raises(ValueError, match="node: numbers of devices go from 0 to 4294967295"):
        root.create_special("node", Kind.BLOCK_DEVICE, device=device)
    root.create_special("node", Kind.BLOCK_DEVICE, device=Device(0, (1 << 32) - 1))


def test_hard_links_are_counted_within_the_image(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_text("x")
    for name in ("in/b", "outside"):
        (tmp_path / name).hardlink_to(tmp_path / "in" / "a")
    root = Directory()
    root.add_tree(tmp_path / "in")
    first, second = take_snapshot(root).root.files
    assert first.links == second.links == 2
    assert first.link is second.link
    root.add_file(tmp_path / "outside")
    assert [file.links for file in take_snapshot(root).files] == [3, 3, 3]
    root.remove("a")
    assert [file.links for file in take_snapshot(root).files] == [2, 2]


def test_hard_links_can_be_made_to_anything_but_directories() -> None:
    root = Directory()
    file = root.create_file("file", b"data")
    link = root.create_symlink("link", "file")
    fifo = root.create_special("fifo", Kind.FIFO)
    root.create_hard_link("file 2", file)
    root.create_hard_link("link 2", link)
    root.create_hard_link("fifo 2", fifo)
    snapshot = take_snapshot(root)
    assert [(item.name, item.links) for item in snapshot.root.specials] == [
        (name, 2) for name in ("fifo", "fifo 2", "link", "link 2")
    ]
    assert [file.links for file in snapshot.files] == [2, 2]


@pytest.mark.linux("a time of changed attributes")
def test_only_the_time_of_the_last_change_counts_unless_asked(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.utime(tmp_path / "file", ns=(7 * 10**9, 5 * 10**9))
    os.utime(tmp_path, ns=(7 * 10**9, 5 * 10**9))
    root, asked = Directory(), Directory()
    root.add_tree(tmp_path)
    asked.add_tree(tmp_path, all_times=True)
    assert take_snapshot(root).clock == 5 * 10**9
    assert root["file"].times is None
    asked.graft("alone", tmp_path / "file", all_times=True)
    asked.graft("below/", tmp_path / "file", all_times=True)
    expected = Times(7 * 10**9, (tmp_path / "file").stat().st_ctime_ns)
    assert [file.times for file in take_snapshot(asked).files] == [expected] * 3


def test_link_without_a_target_is_refused() -> None:
    with pytest.raises(LayoutError, match="cannot be the target"):
        Directory().create_symlink("link", "")


def test_device_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="device number"):
        Directory().create_special("device", Kind.BLOCK_DEVICE)
    with pytest.raises(ValueError, match="device number"):
        Directory().create_special("fifo", Kind.FIFO, device=Device(1, 1))
    with pytest.raises(ValueError, match="create_symlink"):
        Directory().create_special("link", Kind.SYMBOLIC_LINK)


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"missing: (No such file|File not found|The system cannot find)") as caught:
        Directory().add_tree(tmp_path / "missing")
    assert caught.value.path == str(tmp_path / "missing")


def test_file_in_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SourceError, match=r"file: (Not a directory|Invalid name|The directory name is invalid)"):
        Directory().add_tree(tmp_path / "file")


def test_single_file_keeps_its_name_and_time(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text("data")
    os.utime(path, ns=(0, 1_500_000_000_123_456_700))
    root = Directory()
    assert root.add_file(path).mtime_ns == 1_500_000_000_123_456_700
    assert root.add_file(path, "two.txt").size == 4
    assert paths(root) == ["/one.txt", "/two.txt"]


def test_relative_source_survives_a_change_of_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("data")
    monkeypatch.chdir(tmp_path)
    root = Directory()
    file = root.add_file("file")
    monkeypatch.chdir("/")
    buffer = bytearray(4)
    file.source.read_whole(memoryview(buffer))
    assert buffer == b"data"


def test_an_empty_path_is_not_taken_for_the_folder_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    for add in (
        Directory().add_tree,
        lambda path: Directory().add_file(path, "name"),
        lambda path: Directory().graft("/", path),
    ):
        with pytest.raises(SourceError, match="an empty path leads nowhere"):
            add("")


@pytest.mark.linux("a device that is a file")
def test_device_is_no_source() -> None:
    with pytest.raises(SourceError, match="no regular file"):
        Directory().add_file("/dev/null")


def test_reader_without_a_size_is_refused() -> None:
    with pytest.raises(ValueError, match="size of 'x' must be given"):
        Directory().create_file("x", io.BytesIO)


def test_very_deep_tree_needs_no_recursion() -> None:
    root = node = Directory()
    for _ in range(3000):
        node = node.create_directory("d")
    node.create_file("f", b"")
    assert len(paths(root)) == 3001
    assert len(take_snapshot(root).directories) == 3001


def test_snapshot_has_parents_before_children_and_sorted_files(odd_tree: Path) -> None:
    root = Directory()
    root.add_tree(odd_tree)
    snapshot = take_snapshot(root)
    assert all(item.parent.number < item.number for item in snapshot.directories[1:])
    assert [item.number for item in snapshot.directories] == list(range(len(snapshot.directories)))
    assert sorted(file.path for file in snapshot.files) == sorted(n.path for n in root.walk() if isinstance(n, File))


def test_clock_is_the_newest_time_of_the_tree() -> None:
    root = Directory(mtime_ns=5)
    root.create_directory("a", mtime_ns=7).create_file("x", b"", mtime_ns=9)
    root.create_file("timeless", b"")
    snapshot = take_snapshot(root)
    assert snapshot.clock == 9
    assert [file.mtime_ns for file in snapshot.files] == [9, 9]
    assert snapshot.issues == []


def test_clock_of_a_tree_without_times_is_1970() -> None:
    assert take_snapshot(Directory()).clock == 0


def test_source_date_epoch_is_the_clock_and_later_times_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000")
    root = Directory(mtime_ns=1)
    root.create_file("early", b"", mtime_ns=2)
    root.create_file("late", b"", mtime_ns=2000 * 10**9)
    snapshot = take_snapshot(root)
    assert snapshot.clock == 1000 * 10**9
    assert [file.mtime_ns for file in snapshot.files] == [2, 1000 * 10**9]
    assert [(i.path, i.change) for i in snapshot.issues] == [("/late", Change.TIME_CLAMPED)]
    assert "1970-01-01 00:33:20 UTC is later than 1970-01-01 00:16:40 UTC" in str(snapshot.issues[0])


@pytest.mark.parametrize("text", ["yesterday", "", "1.5"])
def test_nonsense_in_source_date_epoch_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing at all too, as by gcc, dpkg-deb and xorriso: a build that lost its date would not be reproducible."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    with pytest.raises(LayoutError, match=f"SOURCE_DATE_EPOCH is '{text}'"):
        take_snapshot(Directory())


def test_names_in_messages_are_printable() -> None:
    assert printable("Köln\udcff\n") == "Köln\\xff\\n"


@pytest.mark.linux("a time of changed attributes")
def test_time_of_creation_is_taken_where_the_system_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    status = SimpleNamespace(st_atime_ns=1, st_mtime_ns=2, st_ctime_ns=3)
    assert times_of(status) == Times(1, 3, None)
    assert times_of(SimpleNamespace(**vars(status), st_birthtime=4.5)) == Times(1, 3, 4_500_000_000)
    with monkeypatch.context() as patched:
        patched.setattr("os.name", "nt")
        windows = times_of(status)
    assert windows == Times(1, 2, 3)


def test_one_glob_for_a_list_of_them_is_refused_and_leaves_not_everything_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a")
    root = Directory()
    with pytest.raises(TypeError, match=r"globs come as a list: \['\*.raw'\]"):
        root.add_tree(tmp_path, exclude="*.raw")
    root.add_tree(tmp_path, exclude=["*.raw"])
    assert [node.name for node in root] == ["a.txt"]

"""Trees written out into folders: all of them, and nothing outside."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path, PurePosixPath

import pytest

from discstack.fs.attributes import Attributes, Device, Kind
from discstack.fs.errors import SourceError
from discstack.fs.extraction import ExtractOptions, extract_tree, stays_inside
from discstack.fs.sources import FactorySource
from discstack.fs.tree import Directory

SECOND = 10**9


@pytest.fixture
def tree() -> Directory:
    root = Directory()
    below = root.create_directory("below", mtime_ns=5 * SECOND, attributes=Attributes(0o555))
    file = below.create_file("file", b"data" * 1000, mtime_ns=7 * SECOND, attributes=Attributes(0o4750))
    root.create_hard_link("second name", file)
    root.create_file("empty", b"")
    root.create_symlink("link", b"below/./file")
    return root


@pytest.mark.linux("symbolic links and permissions")
def test_files_links_times_and_permissions_come_out(tree: Directory, tmp_path: Path) -> None:
    done = extract_tree(tree, tmp_path / "out")
    file = tmp_path / "out/below/file"
    assert file.read_bytes() == b"data" * 1000
    assert (done.files, done.bytes, done.skipped) == (2, 4000, ())
    assert file.stat().st_mode & 0o7777 == 0o750
    assert file.stat().st_mtime_ns == 7 * SECOND
    assert (tmp_path / "out/below").stat().st_mtime_ns == 5 * SECOND
    assert (tmp_path / "out/below").stat().st_mode & 0o7777 == 0o755
    assert (tmp_path / "out/second name").samefile(file)
    assert os.readlink(tmp_path / "out/link") == "below/./file"


@pytest.mark.parametrize("code", [errno.EPERM, errno.EMLINK], ids=["vfat", "ext4 behind 65,000 names"])
def test_further_name_is_a_copy_where_no_link_can_be_made(
    tree: Directory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def link(first: Path, path: Path) -> None:
        raise OSError(code, os.strerror(code), first, None, path)

    monkeypatch.setattr(os, "link", link)
    done = extract_tree(tree, tmp_path / "out")
    assert (tmp_path / "out/second name").read_bytes() == (tmp_path / "out/below/file").read_bytes() == b"data" * 1000
    assert (done.files, done.skipped) == (3, ())


@pytest.mark.linux("what it says of symbolic links on a FAT")
def test_links_are_left_out_where_none_can_be_made(
    tree: Directory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def symlink(target: str, path: Path, target_is_directory: bool = False) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), target, None, path)

    monkeypatch.setattr(os, "symlink", symlink)
    done = extract_tree(tree, tmp_path / "out")
    assert [str(each) for each in done.skipped] == [
        "/link: not extracted: no symbolic link can be made here; it leads to below/./file"
    ]
    assert (tmp_path / "out/below").stat().st_mtime_ns == 5 * SECOND


def test_name_of_a_hard_link_that_is_taken_ends_the_extraction(tree: Directory, tmp_path: Path) -> None:
    taken = tmp_path / "out/below/file"  # the later name of both
    taken.parent.mkdir(parents=True)
    taken.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        extract_tree(tree, tmp_path / "out")
    assert taken.read_bytes() == b"mine"


def test_one_file_comes_out_alone(tree: Directory, tmp_path: Path) -> None:
    extract_tree(tree["below/file"], tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("target", "inside", "stays"),
    [
        (b"name", "", True),
        (b"a/b/./c", "", True),
        (b"../name", "a", True),
        (b"../../name", "a/b", True),
        (b"..", "", False),
        (b"../..", "a", False),
        (b"a/..", "", False),  # what "a" is cannot be known
        (b"a/../../x", "b", False),
        (b"/etc/passwd", "", False),
        (b"C:\\x", "", False),
        (b"..\\x", "", False),
    ],
)
def test_links_that_may_lead_out_are_known(target: bytes, inside: str, stays: bool) -> None:
    assert stays_inside(target, PurePosixPath(inside)) is stays


@pytest.mark.linux("symbolic links and FIFOs")
def test_links_that_lead_out_and_special_files_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    root = Directory()
    root.create_symlink("out", b"../../etc")
    root.create_special("fifo", Kind.FIFO)
    done = extract_tree(root, tmp_path / "one")
    assert {skipped.path for skipped in done.skipped} == {"/out", "/fifo"}
    assert [*(tmp_path / "one").iterdir()] == []
    options = ExtractOptions(outside_links=True, special_files=True)
    assert extract_tree(root, tmp_path / "two", options).skipped == ()
    assert os.readlink(tmp_path / "two/out") == "../../etc"
    assert (tmp_path / "two/fifo").is_fifo()


@pytest.mark.linux("symbolic links")
@pytest.mark.parametrize("target", [b"l" * 300, b"file/below", b"itself"], ids=["too long", "below a file", "circle"])
def test_links_are_made_wherever_they_lead(tmp_path: Path, target: bytes) -> None:
    root = Directory()
    root.create_file("file", b"data")
    root.create_symlink("itself", target)
    extract_tree(root, tmp_path)
    assert os.readlink(os.fsencode(tmp_path / "itself")) == target


@pytest.mark.linux("what names may be")
def test_names_that_the_system_cannot_have_are_left_out_and_the_rest_comes_out(tmp_path: Path) -> None:
    root = Directory()
    for name in ("first", "\u3042" * 86, "half \ud800", "last"):
        root.create_file(name, b"data")
    root.create_directory("\xfc" * 128).create_file("below", b"data")
    root.create_symlink("endless", b"l" * 5000)
    done = extract_tree(root, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "last"]
    assert {skipped.path[1:] for skipped in done.skipped} == {"\u3042" * 86, "half \ud800", "\xfc" * 128, "endless"}
    assert "258 bytes" in " ".join(skipped.reason for skipped in done.skipped)


@pytest.mark.linux("device nodes")
def test_a_device_node_that_may_not_be_made_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, mode: int, device: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", path)

    monkeypatch.setattr(os, "mknod", refuse)
    root = Directory()
    root.create_special("null", Kind.CHARACTER_DEVICE, device=Device(1, 3))
    root.create_file("zero", b"data")
    done = extract_tree(root, tmp_path, ExtractOptions(special_files=True))
    assert [skipped.path for skipped in done.skipped] == ["/null"]
    assert (tmp_path / "zero").read_bytes() == b"data"


@pytest.mark.linux("symbolic links")
def test_nothing_is_written_through_a_link_that_is_there(tree: Directory, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/below").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        extract_tree(tree, tmp_path / "out")
    assert [*(tmp_path / "elsewhere").iterdir()] == []


@pytest.mark.linux("symbolic links")
def test_nothing_is_written_over(tree: Directory, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/empty").symlink_to(tmp_path / "new")
    with pytest.raises(FileExistsError):
        extract_tree(tree, tmp_path / "out")
    assert not (tmp_path / "new").exists()


def test_files_that_are_there_already_are_left_as_they_are(tree: Directory, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/empty").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        extract_tree(tree, tmp_path / "out")
    assert (tmp_path / "out/empty").read_bytes() == b"old"


def test_file_that_cannot_be_read_ends_it_or_is_left_out(tmp_path: Path) -> None:
    def fail() -> None:
        raise OSError(5, "Input/output error")

    root = Directory()
    root.create_file("bad", FactorySource(fail, 10, "bad"))  # type: ignore[arg-type]
    root.create_file("good", b"good")
    with pytest.raises(SourceError):
        extract_tree(root, tmp_path / "one")
    assert not (tmp_path / "one/bad").exists()
    done = extract_tree(root, tmp_path / "two", ExtractOptions(skip_bad=True))
    assert [skipped.path for skipped in done.skipped] == ["/bad"]
    assert (tmp_path / "two/good").read_bytes() == b"good"


def test_file_of_a_tree_opens_as_a_file(tree: Directory) -> None:
    file = tree["below/file"]
    with file.open() as opened:  # type: ignore[union-attr]
        assert opened.read(6) == b"datada"
        assert opened.seek(-2, os.SEEK_END) == 3998
        assert opened.read() == b"ta"
        assert opened.read() == b""
        opened.seek(5000)
        assert opened.read() == b""
        with pytest.raises(ValueError, match="before the start"):
            opened.seek(-1)


@pytest.mark.linux("a limit of what a file may have")
def test_no_half_file_is_left_where_there_is_no_room(tmp_path: Path) -> None:
    import resource

    root = Directory()
    root.create_file("first", b"whole")
    root.create_file("second", bytes(3 << 20))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    try:
        with pytest.raises(OSError, match="second"):
            extract_tree(root, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["first"]


def test_no_half_file_is_left_by_an_interruption(tmp_path: Path) -> None:
    class Interrupted(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() >= 1 << 20:
                raise KeyboardInterrupt
            return super().read(size)

    root = Directory()
    root.create_file("file", FactorySource(lambda: Interrupted(bytes(3 << 20)), 3 << 20, "file"))
    with pytest.raises(KeyboardInterrupt):
        extract_tree(root, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())

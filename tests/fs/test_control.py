"""What goes into an image, where its data lies, and which view shows it."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from systems import BATCH_READERS

from discstack.file_system_image import BATCHES
from discstack.fs.batch import BatchReader
from discstack.fs.bridge import build_image
from discstack.fs.errors import LayoutError, SourceError
from discstack.fs.graft_points import split_graft_point
from discstack.fs.image import Image
from discstack.fs.nodes import Symlink
from discstack.fs.options import ImageOptions
from discstack.fs.reading.volume import read_volume
from discstack.fs.tree import Directory
from discstack.fs.view import View
from discstack.fs.weights import Weight, parse_weights

MIB = 1 << 20


def make(top: Path, *names: str, data: bytes = b"data") -> Path:
    for name in names:
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return top


def paths(root: Directory) -> list[str]:
    return [node.path for node in root.walk() if not isinstance(node, Directory)]


def image_of(root: Directory, **options: object) -> Image:
    return build_image(root, ImageOptions(**options), BATCHES)  # type: ignore[arg-type]


def data_order(image: Image) -> list[str]:
    spans = {span.label: span for span in image.files_in(0, image.sectors) if span.is_file}
    return list(spans)


# grafting


@pytest.mark.parametrize(
    ("operand", "expected"),
    [
        ("target=source", ("target", "source")),
        ("a/b/=c/d", ("a/b/", "c/d")),
        ("plain", (None, "plain")),
        (r"not\=a target", (None, "not=a target")),
        (r"a\=b=c=d", ("a=b", "c=d")),
        (r"back\\=slash", ("back\\", "slash")),
        (r"other\n=escapes\t", (r"other\n", r"escapes\t")),
        pytest.param(r"a=b\=c\\", ("a", "b=c\\"), marks=pytest.mark.linux("backslashes in names")),
        ("=source", ("", "source")),
    ],
)
def test_graft_points_are_read_as_mkisofs_reads_them(operand: str, expected: tuple[str | None, str]) -> None:
    assert split_graft_point(operand) == expected


def test_files_and_folders_are_grafted_where_they_should_go(tmp_path: Path) -> None:
    make(tmp_path, "folder/one", "folder/below/two", "file")
    root = Directory()
    root.graft("/", tmp_path / "folder")
    root.graft("new/place", tmp_path / "folder")
    root.graft("new/name", tmp_path / "file")
    root.graft("/in/", tmp_path / "file")
    root.graft("new/place/below", tmp_path / "file")
    assert paths(root) == [
        "/below/two",
        "/in/file",
        "/new/name",
        "/new/place/below/file",
        "/new/place/below/two",
        "/new/place/one",
        "/one",
    ]


def test_a_graft_below_a_file_or_over_a_name_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "file")
    root = Directory()
    root.graft("name", tmp_path / "file")
    with pytest.raises(LayoutError, match="/name is no directory"):
        root.graft("name/below", tmp_path / "file")
    with pytest.raises(LayoutError, match="/name is in the tree already"):
        root.graft("name", tmp_path / "file")


# exclusion


@pytest.mark.parametrize(
    ("glob", "left"),
    [
        ("*.o", ["/b/c.txt", "/b/d/c.txt"]),
        ("c.???", ["/a.o", "/b/e.o"]),
        ("[ab]*", []),
        ("d", ["/a.o", "/b/c.txt", "/b/e.o"]),
        ("d/", ["/a.o", "/b/c.txt", "/b/e.o"]),
        ("*/d/*", ["/a.o", "/b/c.txt", "/b/e.o"]),
        ("top/b", ["/a.o"]),
        ("./top/b/", ["/a.o"]),
        ("b/e.o", ["/a.o", "/b/c.txt", "/b/d/c.txt", "/b/e.o"]),
        ("*.O", ["/a.o", "/b/c.txt", "/b/d/c.txt", "/b/e.o"]),
        ("", ["/a.o", "/b/c.txt", "/b/d/c.txt", "/b/e.o"]),
    ],
)
@pytest.mark.parametrize("operand", ["top", "top/"])
def test_globs_exclude_names_and_paths(
    glob: str, left: list[str], operand: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "top", "a.o", "b/c.txt", "b/e.o", "b/d/c.txt")
    monkeypatch.chdir(tmp_path)
    root = Directory()
    root.add_tree(operand, exclude=[glob])
    assert paths(root) == left


def test_an_absolute_glob_excludes_from_a_tree_given_by_a_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "top", "a", "b/c")
    monkeypatch.chdir(tmp_path)
    root = Directory()
    root.add_tree("top", exclude=[f"{tmp_path}/top/b"])
    assert paths(root) == ["/a"]


# links


@pytest.mark.linux("symbolic links")
def test_links_are_followed_on_request_but_not_in_circles(tmp_path: Path) -> None:
    make(tmp_path, "top/file", "top/folder/inner", "elsewhere/far", data=b"12345")
    os.symlink("file", tmp_path / "top/to file")
    os.symlink("../elsewhere", tmp_path / "top/to folder")
    os.symlink("nothing", tmp_path / "top/broken")
    os.symlink("..", tmp_path / "top/folder/circle")
    root = Directory()
    root.add_tree(tmp_path / "top", follow_links=True)
    assert paths(root) == ["/broken", "/file", "/folder/circle", "/folder/inner", "/to file", "/to folder/far"]
    links = [node.path for node in root.walk() if isinstance(node, Symlink)]
    assert links == ["/broken", "/folder/circle"]
    image = image_of(root)
    assert image.file_at(image.sectors - 2).label == "/to folder/far"
    assert "/to file" not in data_order(image)  # it shares the data of /file


# the order of data


def test_weights_put_data_first_and_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "top", "a", "b", "boot/loader", "boot/menu", "late/x", "late/but early")
    monkeypatch.chdir(tmp_path)
    root = Directory()
    root.add_tree("top")
    lines = ["top/boot 10\n", "top/boot/menu\t20\n", "late -5\n", "*/but early 30\n", "\n", "b +1"]
    assert data_order(image_of(root)) == ["/a", "/b", "/boot/loader", "/boot/menu", "/late/but early", "/late/x"]
    order = ["/late/but early", "/boot/menu", "/boot/loader", "/b", "/a", "/late/x"]
    assert data_order(image_of(root, weights=parse_weights(lines))) == order


def test_the_last_of_several_weights_counts_and_bytes_weigh_too() -> None:
    root = Directory()
    root.create_file("a", b"a")
    root.create_file("b", b"b")
    assert data_order(image_of(root, weights=(Weight("a", -9), Weight("?", 1), Weight("b", 2)))) == ["/b", "/a"]


def test_a_line_without_a_weight_is_refused() -> None:
    with pytest.raises(LayoutError, match=r"line 2 of the sort file .* 'b ten'"):
        parse_weights(["a 1", "b ten"])


# duplicates


def test_equal_files_are_stored_once_on_request(tmp_path: Path) -> None:
    make(tmp_path, "a", "sub/b", "c", data=b"same" * 1000)
    make(tmp_path, "d", data=b"SAME" * 1000)
    root = Directory()
    root.add_tree(tmp_path)
    root.create_file("e", b"same" * 1000)
    plain, once = image_of(root), image_of(root, duplicates_once=True)
    assert data_order(plain) == ["/a", "/c", "/d", "/e", "/sub/b"]
    assert data_order(once) == ["/a", "/d"]
    assert plain.sectors - once.sectors == 6


def test_an_equal_file_that_changed_is_an_error_although_its_data_is_not_read(tmp_path: Path) -> None:
    make(tmp_path / "top", "a", "b")
    root = Directory()
    root.add_tree(tmp_path / "top")
    image = image_of(root, duplicates_once=True)
    (tmp_path / "top/b").write_bytes(b"else")
    for way in (image.check_sources, image.stream, lambda: image.write_to(tmp_path / "out")):
        with pytest.raises(SourceError, match=r"top.b: it was written to"):
            way()


def test_readers_find_the_data_of_equal_files(tmp_path: Path, tool: Callable[..., str]) -> None:
    make(tmp_path / "top", "a", "sub/b", "c", data=b"same" * 1000)
    root = Directory()
    root.add_tree(tmp_path / "top")
    image_of(root, duplicates_once=True).write_to(tmp_path / "x.iso")
    for name in ("a", "sub/b", "c"):
        assert tool("7z", "e", "-so", tmp_path / "x.iso", name) == "same" * 1000
    tool("xorriso", "-indev", tmp_path / "x.iso", "-osirrox", "on", "-extract", "/", tmp_path / "got")
    assert {path.read_bytes() for path in (tmp_path / "got").rglob("*") if path.is_file()} == {b"same" * 1000}


# views that do not show everything


def test_a_view_does_not_show_what_is_hidden_in_it(tmp_path: Path, tool: Callable[..., str]) -> None:
    make(tmp_path / "top", "everywhere", "secret", "folder/a", "folder/b", "private/c")
    root = Directory()
    root.add_tree(tmp_path / "top")
    hidden = {View.ISO9660: ["secret"], View.JOLIET: ["private", "/folder/a"], View.UDF: ["secret", "folder"]}
    image = image_of(root, hidden=hidden)
    image.write_to(tmp_path / "x.iso")
    listed = tool("isoinfo", "-f", "-i", tmp_path / "x.iso").upper()
    assert "SECRET" not in listed
    assert "/PRIVATE/C" in listed
    joliet = tool("isoinfo", "-J", "-f", "-i", tmp_path / "x.iso").replace(";1", "").split()
    assert joliet == ["/everywhere", "/folder", "/secret", "/folder/b"]
    udf = tool("7z", "l", "-ba", "-slt", "-tudf", tmp_path / "x.iso")
    assert [line[7:] for line in udf.splitlines() if line.startswith("Path = ")] == [
        "private",
        "private/c",
        "everywhere",
    ]
    assert data_order(image) == ["/everywhere", "/secret", "/folder/a", "/folder/b", "/private/c"]


@pytest.mark.parametrize("glob", ["/folder/a", "folder/a", "./folder/a", "fold*/a"])
def test_a_path_is_hidden_with_a_slash_before_it_or_without(glob: str) -> None:
    root = Directory()
    folder = root.create_directory("folder")
    folder.create_file("a", b"hidden")
    folder.create_directory("folder").create_file("a", b"shown")
    image = image_of(root, views=frozenset({View.UDF}), hidden={View.UDF: [glob]})
    found = read_volume(image).root
    assert paths(found) == ([] if "*" in glob else ["/folder/folder/a"])


# digests


@pytest.fixture(params=BATCH_READERS)
def batches(request: pytest.FixtureRequest) -> BatchReader | None:
    chosen: BatchReader | None = request.param
    return chosen


@pytest.mark.parametrize("chunk", [2048, 3 * MIB, 0])
def test_digests_are_those_of_the_sources(chunk: int, batches: BatchReader | None, tmp_path: Path) -> None:
    top = tmp_path / "top"
    for number, size in enumerate((0, 1, 2048, 5000, 700_000, MIB - 1, 2 * MIB + 5)):
        make(top, f"f{number}", data=bytes([65 + number]) * size)
    os.link(top / "f3", top / "linked")
    root = Directory()
    root.add_tree(top)
    image = build_image(root, ImageOptions(digests=True), batches)
    with pytest.raises(ValueError, match="was not read yet"):
        image.manifest()
    if chunk:
        with image.stream() as stream:
            buffer = bytearray(chunk)
            while stream.readinto(buffer):
                pass
    else:
        image.write_to(tmp_path / "out")
    expected = {f"/{path.name}": sha256(path.read_bytes()).digest() for path in top.iterdir()}
    assert dict(image.digests()) == expected


def test_digests_are_right_in_whatever_order_the_parts_of_an_image_are_read(tmp_path: Path) -> None:
    contents = {f"f{number}": bytes([65 + number]) * 9 for number in range(9)} | {"large": bytes(range(256)) * 4096}
    for name, data in contents.items():
        make(tmp_path / "top", name, data=data)
    root = Directory()
    root.add_tree(tmp_path / "top")
    image = image_of(root, digests=True)
    middle = next(span.lba for span in image.files_in(0, image.sectors) if span.label == "/f4")
    for part in (range(middle, image.sectors), range(middle)):
        with image.stream(part) as stream:
            while stream.readinto(bytearray(3 * 2048)):
                pass
    assert dict(image.digests()) == {f"/{name}": sha256(data).digest() for name, data in contents.items()}


@pytest.mark.linux("names that Windows has not, and sha256sum")
def test_sha256sum_takes_the_manifest_of_an_extracted_image(tmp_path: Path, tool: Callable[..., str]) -> None:
    top = make(tmp_path / "top", "plain", "sub/with space", "sub/back\\slash", "new\nline")
    root = Directory()
    root.add_tree(top)
    image = image_of(root, digests=True, views=frozenset({View.ISO9660, View.UDF}))
    image.write_to(tmp_path / "x.iso")
    (tmp_path / "manifest").write_bytes(image.manifest())
    checked = tool("sha256sum", "--strict", "-c", tmp_path / "manifest", cwd=top)
    assert checked.count(": OK") == 4
    (top / "plain").write_bytes(b"tada")
    with pytest.raises(AssertionError, match="plain: FAILED"):
        tool("sha256sum", "-c", tmp_path / "manifest", cwd=top)

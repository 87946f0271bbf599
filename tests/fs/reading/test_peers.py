"""Images made by other people's programs, and by ours, read back: every view shows the sources."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pycdlib
import pytest
from systems import needs_linux

from discstack.fs.attributes import Attributes
from discstack.fs.bridge import build_image
from discstack.fs.image import Image
from discstack.fs.nodes import File
from discstack.fs.options import ImageOptions, RockRidge
from discstack.fs.reading.view import VolumeView
from discstack.fs.reading.volume import Volume, read_volume
from discstack.fs.tree import Directory

Tool = Callable[..., str]
UDF, ROCK_RIDGE, JOLIET = VolumeView.UDF, VolumeView.ROCK_RIDGE, VolumeView.JOLIET
ENHANCED, ISO9660 = VolumeView.ENHANCED, VolumeView.ISO9660
SECOND = 10**9


@pytest.fixture
def linked_tree(odd_tree: Path) -> Path:
    """The odd tree with what only Rock Ridge and UDF can hold."""
    needs_linux("links, FIFOs and permissions")
    (odd_tree / "\N{GRINNING FACE} beyond the BMP.txt").unlink()  # genisoimage cannot spell it
    (odd_tree / "link").symlink_to("../some/where else")
    (odd_tree / "sizes" / "absolute").symlink_to("/usr/./lib/../share")
    (odd_tree / "long link").symlink_to("/".join(["a component of the target"] * 12))
    os.mkfifo(odd_tree / "fifo")
    os.link(odd_tree / "sizes" / "2049", odd_tree / "second name of 2049")
    (odd_tree / "README.TXT").chmod(0o640)
    for path in [*sorted(odd_tree.rglob("*")), odd_tree]:
        if not path.is_symlink():
            os.utime(path, (0, 1_650_000_000))
    return odd_tree


def made_by(tool: Tool, program: str, tree: Path, image: Path) -> None:
    """Let a program make an image with all views that it has."""
    if program == "xorriso":
        options = ["-J", "-joliet-long", "-R", "-o", str(image)]
        tool("xorriso", "-as", "mkisofs", "-quiet", "-iso-level", "3", *options, str(tree))
    else:
        tool("genisoimage", "-quiet", "-allow-limited-size", "-J", "-joliet-long", "-R", "-udf", "-o", image, tree)


@pytest.fixture(params=["xorriso", "genisoimage"])
def image(request: pytest.FixtureRequest, tool: Tool, linked_tree: Path, tmp_path: Path) -> Path:
    path = tmp_path / "peer.iso"
    made_by(tool, request.param, linked_tree, path)
    return path


def test_rock_ridge_of_others_shows_the_sources(
    image: Path, linked_tree: Path, medium: Any, plain: Any, sources: Any
) -> None:
    volume = read_volume(medium(image), view=ROCK_RIDGE)
    assert volume.notes == ()
    assert plain(volume.root) == sources(linked_tree)
    for node in volume.root.walk():
        status = os.lstat(linked_tree / node.path[1:])
        assert node.attributes is not None
        assert node.attributes == (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, False)
        assert node.mtime_ns == status.st_mtime_ns // SECOND * SECOND
    links = Counter(node.link for node in volume.root.walk() if isinstance(node, File) and node.link is not None)
    assert [*links.values()] == [2]


def test_joliet_of_others_shows_the_sources(image: Path, linked_tree: Path, medium: Any, plain: Any) -> None:
    volume = read_volume(medium(image), view=JOLIET)
    shown, wanted = plain(volume.root), dict(regular(linked_tree))
    assert volume.notes == ()
    assert {path: shown.get(path, "missing") for path in wanted} == wanted


def test_iso_9660_of_others_shows_what_isoinfo_lists(image: Path, medium: Any, tool: Tool) -> None:
    volume = read_volume(medium(image), view=ISO9660)
    listed = {line.removesuffix(";1").removesuffix(".") for line in tool("isoinfo", "-f", "-i", image).splitlines()}
    assert volume.notes == ()
    assert {node.path for node in volume.root.walk()} == listed


def test_udf_of_genisoimage_is_completed_from_rock_ridge(
    tool: Tool, linked_tree: Path, tmp_path: Path, medium: Any, plain: Any, sources: Any
) -> None:
    made_by(tool, "genisoimage", linked_tree, tmp_path / "peer.iso")
    volume = read_volume(medium(tmp_path / "peer.iso"))
    assert volume.view is UDF
    assert volume.views == (UDF, ROCK_RIDGE, JOLIET, ISO9660)
    assert plain(volume.root) == sources(linked_tree)
    readme = volume.root["README.TXT"]
    assert readme.attributes is not None
    assert readme.attributes.mode == 0o640


def regular(top: Path) -> Iterator[tuple[str, bytes | None]]:
    """Yield the directories and regular files of a folder."""
    for path in sorted(top.rglob("*")):
        if not path.is_symlink() and (path.is_file() or path.is_dir()):
            yield path.relative_to(top).as_posix(), path.read_bytes() if path.is_file() else None


@pytest.fixture
def from_pycdlib() -> bytes:
    """An image with Rock Ridge, Joliet and UDF 2.60 by pycdlib."""
    iso = pycdlib.PyCdlib()
    iso.new(interchange_level=3, joliet=3, rock_ridge="1.09", udf="2.60")
    iso.add_directory("/DIR", rr_name="a directory", joliet_path="/a directory", udf_path="/a directory")
    for number, data in enumerate((b"", b"x", b"two sectors" * 200, bytes(3 << 20))):
        name = f"file number {number}.dat"
        paths = {"joliet_path": f"/a directory/{name}", "udf_path": f"/a directory/{name}"}
        iso.add_fp(BytesIO(data), len(data), f"/DIR/FILE{number}.DAT;1", rr_name=name, **paths)
    iso.add_symlink("/LINK.;1", rr_symlink_name="link", rr_path="a directory/../x")
    written = BytesIO()
    iso.write_fp(written)
    iso.close()
    return written.getvalue()


@pytest.mark.parametrize("view", [UDF, ROCK_RIDGE, JOLIET])
def test_image_of_pycdlib_shows_its_files(view: VolumeView, from_pycdlib: bytes, medium: Any, plain: Any) -> None:
    volume = read_volume(medium(from_pycdlib), view=view)
    shown = plain(volume.root)
    if view is ROCK_RIDGE:
        assert shown.pop("link") == "-> a directory/../x"
    assert shown == {
        "a directory": None,
        "a directory/file number 0.dat": b"",
        "a directory/file number 1.dat": b"x",
        "a directory/file number 2.dat": b"two sectors" * 200,
        "a directory/file number 3.dat": bytes(3 << 20),
    }


def test_enhanced_descriptor_of_genisoimage_is_read(tool: Tool, odd_tree: Path, tmp_path: Path, medium: Any) -> None:
    tool("genisoimage", "-quiet", "-iso-level", "4", "-o", tmp_path / "peer.iso", odd_tree)
    volume = read_volume(medium(tmp_path / "peer.iso"), view=ENHANCED)
    assert volume.views == (ENHANCED, ISO9660)
    assert "a name that is so long that no Joliet of 64 characters can ever hold it, part one.text" in volume.root


def test_an_empty_directory_with_the_name_of_one_for_relocation_is_kept(plain: Any) -> None:
    root = Directory()
    root.create_directory("rr_moved")
    assert plain(read_volume(build_image(root), view=ROCK_RIDGE).root) == {"rr_moved": None}


def test_names_of_iso_9660_1999_have_no_version_that_could_be_taken_off() -> None:
    root, names = Directory(), ["a;2", "b.c;12", ";3", "plain.txt"]
    for name in names:
        root.create_file(name, name.encode())
    image = build_image(root, ImageOptions(iso_level=4, rock_ridge=None))
    volume = read_volume(image, view=ENHANCED)
    assert volume.notes == ()
    assert sorted(node.name for node in volume.root) == sorted(names)


def test_relocated_directories_return_to_their_places(
    tool: Tool, odd_tree: Path, tmp_path: Path, medium: Any, plain: Any
) -> None:
    """Both the image with relocated directories and the one without show the sources."""
    for deep in ((), ("-D",)):
        tool("genisoimage", "-quiet", "-R", *deep, "-o", tmp_path / "peer.iso", odd_tree)
        volume = read_volume(medium(tmp_path / "peer.iso"))
        assert volume.view is ROCK_RIDGE
        assert plain(volume.root) == dict(regular(odd_tree))


@pytest.mark.parametrize("view", list(VolumeView))
def test_our_own_image_shows_the_sources_in_each_of_its_views(
    view: VolumeView, odd_tree: Path, image_of: Callable[..., Image], plain: Any
) -> None:
    image = image_of(odd_tree, iso_level=4 if view is ENHANCED else 3)
    volume = read_volume(image, view=view)
    assert volume.notes == ()
    renamed = {issue.path for issue in image.issues if issue.view is not None and issue.view.value == view.value}
    shown = plain(volume.root)
    if view in (UDF, ROCK_RIDGE, JOLIET):
        wanted = {path: data for path, data in regular(odd_tree) if f"/{path}" not in renamed}
        assert {path: shown.get(path, "missing") for path in wanted} == wanted
    assert Counter(map(bytes, filter(None, shown.values()))) == Counter(data for _, data in regular(odd_tree) if data)


def test_files_that_share_their_data_are_not_taken_for_names_of_one() -> None:
    """RRIP 1.10 has no serial numbers: names of one file have the same data, attributes and time."""
    root = Directory()
    for name, mode in (("a", 0o600), ("b", 0o755)):
        root.create_hard_link(f"{name}2", root.create_file(name, b"same", mtime_ns=0, attributes=Attributes(mode)))
    options = {"rock_ridge": RockRidge(version="1.10"), "duplicates_once": True}
    found = read_volume(build_image(root, ImageOptions(**options)), view=ROCK_RIDGE).root  # type: ignore[arg-type]
    links = {name: found[name].link for name in ("a", "a2", "b", "b2")}  # type: ignore[union-attr]
    assert links["a"] == links["a2"] != links["b"] == links["b2"]


def test_session_of_another_programs_disc_is_found(
    tool: Tool, odd_tree: Path, tmp_path: Path, medium: Any, plain: Any, sources: Any
) -> None:
    """A second session of xorriso's, added to an image as it would be to a disc."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    (first / "old").write_bytes(b"old" * 1000)
    (second / "new").write_bytes(b"new" * 1000)
    disc = tmp_path / "disc.iso"
    tool("genisoimage", "-quiet", "-R", "-J", "-o", disc, first)
    size = disc.stat().st_size // 2048
    start = -(-size // 16) * 16 + 512
    tool("genisoimage", "-quiet", "-R", "-J", "-C", f"0,{start}", "-M", disc, "-o", tmp_path / "next", second)
    with disc.open("r+b") as file:
        file.seek(start * 2048)
        file.write((tmp_path / "next").read_bytes())
    volume = read_volume(medium(disc))
    assert volume.start == start
    assert plain(volume.root) == {"new": b"new" * 1000, "old": b"old" * 1000}
    assert plain(read_volume(medium(disc), start=0).root) == {"old": b"old" * 1000}
    assert isinstance(volume, Volume)
    assert isinstance(volume.root, Directory)

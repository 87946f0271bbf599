from __future__ import annotations

import io
import os
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from discstack.fs.bridge import build_image
from discstack.fs.errors import CapacityError, LayoutError
from discstack.fs.image import Image
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory
from discstack.fs.view import Change, Issue, View

Build = Callable[..., Image]
ISO_ONLY = frozenset({View.ISO9660})


def whole(image: Image) -> bytes:
    target = io.BytesIO()
    assert image.write_to(target) == image.size
    return target.getvalue()


@pytest.mark.parametrize("views", [{View.ISO9660}, {View.ISO9660, View.JOLIET}, {View.UDF}, set(View)])
@pytest.mark.parametrize("chunk", [2048, 5 * 2048, 1 << 22])
def test_stream_and_random_reads_agree(odd_tree: Path, image_of: Build, views: set[View], chunk: int) -> None:
    image = image_of(odd_tree, views=frozenset(views))
    data, buffer = b"", bytearray(chunk)
    with image.stream() as stream:
        assert stream.sectors == image.sectors
        while count := stream.readinto(buffer):
            data += buffer[:count]
    assert len(data) == image.size
    generator = random.Random(1)
    for _ in range(60):
        lba = generator.randrange(image.sectors)
        part = bytearray(2048 * generator.randint(1, min(40, image.sectors - lba)))
        image.read_at(lba, part)
        assert part == data[lba * 2048 : lba * 2048 + len(part)]


def test_regions_do_not_overlap_and_the_last_one_ends_the_image(odd_tree: Path, image_of: Build) -> None:
    image = image_of(odd_tree)
    assert all(a.end <= b.lba for a, b in pairwise(image.regions))
    assert image.regions[-1].end == image.sectors


def test_every_block_of_a_file_is_known_by_its_path(odd_tree: Path, image_of: Build) -> None:
    image = image_of(odd_tree)
    data = whole(image)
    spans = list(image.files_in(0, image.sectors))
    assert [span.lba for span in spans] == [0, *(span.lba + span.sectors for span in spans)][:-1]
    found = {span.label: data[span.lba * 2048 :][: span.sectors * 2048] for span in spans if span.is_file}
    files = {f"/{p.relative_to(odd_tree).as_posix()}": p.read_bytes() for p in odd_tree.rglob("*") if p.is_file()}
    for path, content in files.items():
        assert found.get(path, b"").rstrip(b"\0") == content.rstrip(b"\0")
    assert found.keys() == {path for path, content in files.items() if content}


def test_an_empty_part_writes_nothing(odd_tree: Path, image_of: Build) -> None:
    target = io.BytesIO()
    assert image_of(odd_tree).write_to(target, part=range(20, 20)) == 0
    assert target.getvalue() == b""


def test_structures_are_known_by_name(odd_tree: Path, image_of: Build) -> None:
    image = image_of(odd_tree)
    assert image.file_at(16).label == "ISO 9660 primary volume descriptor"
    labels = {span.label for span in image.files_in(0, image.sectors)}
    assert {"ISO 9660 directory /d1/d2", "Joliet directory /", "system area", "unused"} <= labels


def test_reads_outside_of_the_image_are_refused(image_of: Build, tmp_path: Path) -> None:
    image = image_of(tmp_path)
    for lba, size in ((-1, 2048), (image.sectors, 2048), (0, 100)):
        with pytest.raises(ValueError, match="no sectors of an image"):
            image.read_at(lba, bytearray(size))
    with pytest.raises(ValueError, match="not all in an image"):
        next(image.files_in(image.sectors, 1))
    with pytest.raises(ValueError, match="holds no sector"):
        image.stream().readinto(bytearray(2047))


def test_order_of_additions_does_not_matter() -> None:
    names = [f"name number {i:03} that is too long for any level" for i in range(40)]
    images = list[bytes]()
    for order in (names, names[::-1]):
        root = Directory()
        for name in order:
            root.create_file(name, name.encode())
        images.append(whole(build_image(root)))
    assert images[0] == images[1]


def test_later_changes_of_the_tree_do_not_matter() -> None:
    root = Directory()
    root.create_file("a", b"data")
    image = build_image(root)
    before = whole(image)
    root.create_file("b", b"more")
    root.remove("a")
    assert whole(image) == before


@pytest.mark.parametrize("alignment", [1, 32])
def test_an_image_without_file_data_is_some_whole_write_units_long(alignment: int) -> None:
    root = Directory()
    for number in range(6):
        root.create_directory(f"d{number}")
        options = ImageOptions(views=frozenset({View.ISO9660}), alignment=alignment, multiple=32)
        image = build_image(root, options)
        assert image.sectors % 32 == 0
        assert len(whole(image)) == image.size


def test_image_that_is_too_large_tells_by_how_much() -> None:
    root = Directory()
    root.create_file("a", bytes(100_000))
    needed = build_image(root).sectors
    build_image(root, ImageOptions(max_sectors=needed))
    with pytest.raises(
        CapacityError, match=rf"needs {needed} sectors and only {needed - 3} .* 3 sectors \(6144 bytes\)"
    ):
        build_image(root, ImageOptions(max_sectors=needed - 3))


def test_image_that_no_view_can_count_is_refused() -> None:
    root = Directory()
    for name in "ab":
        root.create_file(name, io.BytesIO, size=2**42)
    with pytest.raises(LayoutError, match=r"no view counts more|UDF counts"):
        build_image(root)


def test_hard_links_share_their_sectors(tmp_path: Path, image_of: Build, reader: type[Any]) -> None:
    (tmp_path / "first").write_bytes(b"x" * 5000)
    os.link(tmp_path / "first", tmp_path / "second")
    (tmp_path / "third").write_bytes(b"y" * 5000)
    image = image_of(tmp_path, views=ISO_ONLY)
    assert next(r for r in image.regions if r.label == "file data").sectors == 6
    assert reader(image).entries() == {"FIRST.;1": b"x" * 5000, "SECOND.;1": b"x" * 5000, "THIRD.;1": b"y" * 5000}


def test_alignment_padding_and_multiple_are_kept() -> None:
    root = Directory()
    for number in range(5):
        root.create_file(str(number), bytes(number * 1500 + 1))
    image = build_image(root, ImageOptions(alignment=16, padding=150, multiple=32))
    spans = list(image.files_in(0, image.sectors))
    assert all(span.lba % 16 == 0 for span in spans if span.is_file)
    assert image.sectors % 32 == 0
    assert next(span.sectors for span in spans if span.label == "padding") >= 150
    assert spans[-1].label == "UDF anchor"
    assert len(whole(image)) == image.size


@pytest.mark.parametrize("views", [frozenset({View.ISO9660}), frozenset(View)], ids=["iso", "bridge"])
def test_files_from_1_mib_on_start_where_file_systems_can_share_their_blocks(views: frozenset[View]) -> None:
    """On any file system, so that the bytes are the same: at a multiple of 4096 bytes."""
    root = Directory()
    for number in range(6):
        root.create_file(f"{number} large", bytes((1 << 20) + 2048 * number + 1))
        root.create_file(f"{number} small", bytes(2048))
    image = build_image(root, ImageOptions(views=views))
    spans = [span for span in image.files_in(0, image.sectors) if span.is_file]
    assert all(span.lba % 2 == 0 for span in spans if span.label.endswith("large"))
    assert any(span.lba % 2 for span in spans if span.label.endswith("small"))


@pytest.mark.parametrize("options", [{"alignment": 0}, {"multiple": 0}, {"padding": -1}])
def test_nonsense_in_the_options_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="count sectors"):
        build_image(Directory(), ImageOptions(**options))


def test_views_that_make_no_image_are_refused() -> None:
    with pytest.raises(LayoutError, match="at least one view"):
        build_image(Directory(), ImageOptions(views=frozenset()))
    with pytest.raises(LayoutError, match="Joliet is an addition to ISO 9660"):
        build_image(Directory(), ImageOptions(views=frozenset({View.JOLIET, View.UDF})))


@pytest.mark.parametrize(
    "options",
    [
        {"views": {View.ISO9660, "UDF"}},
        {"hidden": {"UDF": ["*.sh"]}},
        {"volume_ids": {"UDF": "NAME"}},
    ],
)
def test_a_view_by_its_name_is_refused_and_not_passed_by(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"a view is one of View.ISO9660, .*, not 'UDF'"):
        build_image(Directory(), ImageOptions(**options))


@pytest.mark.parametrize("options", [{"hidden": {View.UDF: "*.sh"}}, {"marked_hidden": "*.sh"}])
def test_one_glob_for_a_list_of_them_is_refused_and_hides_not_everything(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"globs come as a list: \['\*.sh'\]"):
        build_image(Directory(), ImageOptions(**options))


def test_changed_names_are_reported_but_not_mere_case() -> None:
    root = Directory()
    root.create_file("readme.txt", b"")
    root.create_file("a b?", b"")
    image = build_image(root, ImageOptions(views=frozenset({View.ISO9660, View.JOLIET}), rock_ridge=None))
    assert image.issues == (
        Issue("/a b?", Change.RENAMED, "A_B_", View.ISO9660),
        Issue("/a b?", Change.RENAMED, "a b_", View.JOLIET),
    )
    assert str(image.issues[0]) == "/a b?: renamed in ISO 9660: A_B_"


def test_times_that_a_view_cannot_hold_are_reported() -> None:
    root = Directory(mtime_ns=0)
    root.create_file("ancient", b"", mtime_ns=-60_000_000_000 * 10**9)
    root.create_file("old", b"", mtime_ns=-3_000_000_000 * 10**9)
    image = build_image(root, ImageOptions(views=ISO_ONLY, rock_ridge=None))
    assert [str(issue) for issue in image.issues] == [
        "/ancient: time clamped in ISO 9660: 0068-09-03 13:20:00 UTC becomes 1900-01-01 00:00:00 UTC",
        "/old: time clamped in ISO 9660: 1874-12-07 18:40:00 UTC becomes 1900-01-01 00:00:00 UTC",
    ]


def test_volume_id_is_fitted_and_reported() -> None:
    options = ImageOptions(volume_id="My holiday photos", views=frozenset({View.ISO9660, View.JOLIET}))
    image = build_image(Directory(), options)
    sectors = bytearray(4096)
    image.read_at(16, sectors)
    assert sectors[40:72] == b"MY_HOLIDAY_PHOTOS".ljust(32)
    assert sectors[2048 + 40 : 2048 + 72].decode("utf-16-be") == "My holiday photo"
    assert [str(issue) for issue in image.issues] == [
        "/: volume id changed in ISO 9660: MY_HOLIDAY_PHOTOS",
        "/: volume id changed in Joliet: My holiday photo",
    ]


def test_volume_id_given_for_a_view_is_taken_as_it_stands_or_refused() -> None:
    options = ImageOptions(volume_ids={View.ISO9660: "cidata-1"}, views=ISO_ONLY)
    image = build_image(Directory(), options)
    sector = bytearray(2048)
    image.read_at(16, sector)
    assert sector[40:72] == b"cidata-1".ljust(32)
    assert image.issues == ()
    for view, text in ((View.ISO9660, "x" * 33), (View.ISO9660, "ü"), (View.JOLIET, "y" * 17), (View.JOLIET, "a*b")):
        with pytest.raises(LayoutError, match=f"cannot be the {view.value} volume id"):
            build_image(Directory(), replace(options, views=frozenset(View), volume_ids={view: text}))


def test_ids_of_people_and_programs_are_recorded() -> None:
    options = ImageOptions(
        views=frozenset({View.ISO9660, View.JOLIET}),
        system_id="SYSTEM",
        volume_set_id="SET_1",
        publisher_id="Someone, Ltd.",
        preparer_id="PREPARER",
        application_id="APPLICATION",
    )
    sectors = bytearray(4096)
    build_image(Directory(), options).read_at(16, sectors)
    places = {8: ("SYSTEM", 32), 190: ("SET_1", 128), 318: ("Someone, Ltd.", 128), 446: ("PREPARER", 128)}
    for place, (text, size) in (places | {574: ("APPLICATION", 128)}).items():
        assert sectors[place : place + size] == text.upper().encode().ljust(size)
        assert sectors[2048 + place : 2048 + place + size].decode("utf-16-be") == text.ljust(size // 2)
    assert sectors[2048 + 702 : 2048 + 739] == b"\0 " * 18 + b"\0"


def test_id_that_is_too_long_is_refused() -> None:
    with pytest.raises(LayoutError, match=r"publisher id .* is longer than the 128 characters"):
        build_image(Directory(), ImageOptions(publisher_id="x" * 129))


def test_level_that_holds_no_long_files_refuses_one_by_name() -> None:
    root = Directory()
    root.create_file("movie", io.BytesIO, size=2**32)
    with pytest.raises(LayoutError, match=r"/movie has 4294967296 bytes, and ISO 9660 level 2 .* level 3 holds it"):
        build_image(root, ImageOptions(iso_level=2))
    with pytest.raises(LayoutError, match="level 9 is not supported"):
        build_image(root, ImageOptions(iso_level=9))


def test_level_1_has_short_names(reader: type[Any]) -> None:
    root = Directory()
    root.create_file("readme.text", b"x")
    root.create_file("fits.txt", b"y")
    names = list(reader(build_image(root, ImageOptions(iso_level=1, views=ISO_ONLY))).entries())
    assert names[0] == "FITS.TXT;1"
    stem, _, extension = names[1].removesuffix(";1").partition(".")
    assert (len(stem), extension) == (8, "TEX")


def test_too_many_directories_with_directories_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("discstack.fs.hierarchy.MAX_PARENT", 3)
    root = Directory()
    for name in "abcd":
        root.create_directory(name)
    build_image(root)
    root["c"].create_directory("below")  # type: ignore[union-attr]
    with pytest.raises(LayoutError, match="/c is directory number 4 and holds directories"):
        build_image(root)


def test_image_is_written_to_a_path(odd_tree: Path, tmp_path: Path, image_of: Build) -> None:
    image = image_of(odd_tree)
    assert image.write_to(tmp_path / "out.iso") == image.size
    assert (tmp_path / "out.iso").read_bytes() == whole(image)

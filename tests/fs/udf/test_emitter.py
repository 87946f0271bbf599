"""The whole view, alone on a volume: held against the standards by the reader of conftest.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.fs.bridge import build_image
from discstack.fs.errors import LayoutError
from discstack.fs.options import ImageOptions
from discstack.fs.plan import SECTOR, Plan, sectors_for
from discstack.fs.snapshot import DirectoryItem, FileItem, Snapshot, take_snapshot
from discstack.fs.tree import Directory
from discstack.fs.udf.emitter import UdfEmitter
from discstack.fs.view import Change, Emitter, Issue, View

CLOCK = 1_000_000_000_000_000_000  # 2001-09-09 01:46:40 UTC
STAMP = bytes.fromhex("0010 d107 09 09 01 2e 28 00 00 00")
GIB = 1 << 30


class Volume:
    """A planned volume with the UDF view alone; file data is not emitted."""

    def __init__(self, root: Directory, **options: Any) -> None:
        self.snapshot: Snapshot = take_snapshot(root, CLOCK)
        self.emitter: Emitter = UdfEmitter(self.snapshot, ImageOptions(views=frozenset({View.UDF}), **options))
        self.plan = Plan()
        self.emitter.place_descriptors(self.plan)
        self.emitter.place_metadata(self.plan)
        shared: dict[int, int] = {}
        for item in self.snapshot.files:
            if item.size:
                key = id(item.source) if item.source.shared else id(item)
                if key not in shared:
                    shared[key] = self.plan.append(sectors_for(item.size), item.path, bytes).lba
                item.lba = shared[key]
        self.emitter.place_tail(self.plan)
        self.sectors = self.plan.sectors

    def read(self, lba: int, count: int) -> bytes:
        data = bytearray(count * SECTOR)
        done = 0
        for owner, first, sectors in self.plan.owners(lba, count):
            if owner is not None:
                owner.fill(first, memoryview(data)[done : done + sectors * SECTOR])
            done += sectors * SECTOR
        return bytes(data)


class Sparse:
    """A source of any size that nobody reads."""

    def __init__(self, size: int, *, shared: bool = False) -> None:
        self.size, self.shared, self.mtime_ns = size, shared, CLOCK

    def open(self) -> Any:
        raise AssertionError("not to be read")

    def read_whole(self, buffer: memoryview) -> None:
        raise AssertionError("not to be read")


@pytest.fixture
def parse(reader: Callable[..., Any]) -> Callable[[Volume], Any]:
    return lambda volume: reader(volume.read, volume.sectors)


def some_tree() -> Directory:
    root = Directory()
    root.create_file("empty", b"")
    root.create_file("one", b"x", mtime_ns=CLOCK - 5_000_000_000)
    below = root.create_directory("фото").create_directory("deep")
    below.create_file("\U0001f4bf.bin", bytes(5000))
    root.create_directory("void")
    return root


def test_image_holds_against_the_standards(parse: Callable[[Volume], Any]) -> None:
    volume = Volume(some_tree())
    paths = parse(volume).paths
    assert set(paths) == {"/", "/empty", "/one", "/фото", "/фото/deep", "/фото/deep/\U0001f4bf.bin", "/void"}
    assert {path for path, entry in paths.items() if entry.is_directory} == {"/", "/фото", "/фото/deep", "/void"}
    assert paths["/empty"].extents == []
    assert paths["/фото"].modified == STAMP
    assert paths["/one"].modified == bytes.fromhex("0010 d107 09 09 01 2e 23 00 00 00")
    assert paths["/one"].mode == 0o555
    for item in volume.snapshot.files:
        if item.size:
            assert paths[item.path].extents == [(item.size, item.lba - 257)]


def test_volume_of_nothing_is_a_volume(parse: Callable[[Volume], Any]) -> None:
    found = parse(Volume(Directory()))
    assert set(found.paths) == {"/"}
    assert found.next_unique_id == 16


def test_fixed_sequences_start_error_correction_blocks_of_their_own() -> None:
    volume = Volume(Directory())
    starts = [volume.plan.regions[i].lba for i in range(5)]
    assert starts == [16, 32, 64, 96, 256]


def test_equal_trees_and_options_give_equal_bytes() -> None:
    first, second = Volume(some_tree()), Volume(some_tree())
    assert first.read(0, first.sectors) == second.read(0, second.sectors)


def test_random_reads_agree_with_the_whole() -> None:
    volume = Volume(some_tree())
    whole = volume.read(0, volume.sectors)
    for lba in reversed(range(volume.sectors)):
        assert volume.read(lba, 1) == whole[lba * SECTOR : (lba + 1) * SECTOR]


NAMES = st.text(alphabet=st.characters(exclude_characters="/\0"), min_size=1, max_size=40).filter(
    lambda name: name not in (".", "..")
)
TREES = st.recursive(
    st.integers(0, 10_000),
    lambda children: st.dictionaries(NAMES, children, max_size=6),
    max_leaves=25,
)


def fill(directory: Directory, tree: dict[str, Any]) -> Directory:
    for name, content in tree.items():
        if isinstance(content, dict):
            fill(directory.create_directory(name), content)
        else:
            directory.create_file(name, Sparse(content))
    return directory


@given(st.dictionaries(NAMES, TREES, max_size=6))
def test_any_tree_is_found_again(reader: Callable[..., Any], tree: dict[str, Any]) -> None:
    volume = Volume(fill(Directory(), tree))
    paths = reader(volume.read, volume.sectors).paths
    assert len(paths) == len(volume.snapshot.directories) + sum(1 for _ in volume.snapshot.files)
    renamed = {issue.path for issue in volume.emitter.issues() if issue.change is Change.RENAMED}
    items: list[DirectoryItem | FileItem] = [*volume.snapshot.directories, *volume.snapshot.files]
    kept = {i.path for i in items if not any(i.path == r or i.path.startswith(r + "/") for r in renamed)}
    assert kept <= set(paths)
    assert sorted(e.size for e in paths.values() if not e.is_directory) == sorted(f.size for f in volume.snapshot.files)


def test_directory_of_many_names_has_every_tag_within_one_block(parse: Callable[[Volume], Any]) -> None:
    root = Directory()
    for number in range(700):
        root.create_file(f"{'n' * (number % 50)}{number}", b"")
    assert len(parse(Volume(root)).paths) == 701


@pytest.mark.parametrize("size", [GIB - 2048, GIB - 1, GIB, GIB + 1, 4 * GIB, 4 * GIB + 1, 300 * GIB, 3 << 40])
def test_large_file_is_covered_by_extents(parse: Callable[[Volume], Any], size: int) -> None:
    root = Directory()
    root.create_file("large", Sparse(size))
    volume = Volume(root)
    entry = parse(volume).paths["/large"]
    assert entry.size == size
    (item,) = volume.snapshot.files
    assert entry.extents[0][1] == item.lba - 257
    for (length, block), (_, following) in zip(entry.extents, entry.extents[1:], strict=False):
        assert block + length // 2048 == following


def test_bridge_shares_the_data_of_a_large_file_and_ends_with_an_anchor(reader: Callable[..., Any]) -> None:
    root = Directory()
    root.create_file("large", Sparse(5 * GIB + 1))
    image = build_image(root, ImageOptions(clock=CLOCK, padding=150, multiple=32))

    def read(lba: int, count: int) -> bytes:
        buffer = bytearray(count * SECTOR)
        image.read_at(lba, buffer)
        return bytes(buffer)

    assert image.sectors % 32 == 0
    found = reader(read, image.sectors)
    (span,) = [span for span in image.files_in(0, image.sectors) if span.is_file]
    assert found.paths["/large"].extents[0][1] == span.lba - 257
    assert found.start + found.length == image.sectors - 1


def test_several_huge_files_have_their_own_allocation_extents(parse: Callable[[Volume], Any]) -> None:
    root = Directory()
    sizes = [600 * GIB, 5, 0, 236 * GIB, 234 * (GIB - 2048)]
    for number, size in enumerate(sizes):
        root.create_file(str(number), Sparse(size))
    paths = parse(Volume(root)).paths
    assert [paths[f"/{number}"].size for number in range(len(sizes))] == sizes


def test_hard_links_share_one_entry(parse: Callable[[Volume], Any]) -> None:
    root, source = Directory(), Sparse(3000, shared=True)
    root.create_file("a", source)
    root.create_directory("d").create_file("b", source)
    root.create_file("c", source, mtime_ns=5)
    paths = parse(Volume(root)).paths
    assert paths["/a"] == paths["/d/b"]
    assert paths["/a"].links == 2
    assert paths["/c"].links == 1
    assert paths["/c"].extents == paths["/a"].extents


def test_more_links_than_can_be_counted_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("discstack.fs.udf.directory.MAX_LINKS", 4)
    root = Directory()
    many = root.create_directory("many")
    for number in range(3):
        many.create_directory(str(number))
    Volume(root)
    many.create_directory("one too many")
    with pytest.raises(LayoutError, match=r"/many: 5 links lead here .* UDF counts to 4"):
        Volume(root)


def test_changed_names_and_times_are_reported() -> None:
    root = Directory()
    root.create_file("x" * 255, b"")
    root.create_file("old", b"", mtime_ns=-(1 << 70))
    issues = list(Volume(root).emitter.issues())
    assert [(issue.path[:4], issue.change, issue.view) for issue in issues] == [
        ("/xxx", Change.RENAMED, View.UDF),
        ("/old", Change.TIME_CLAMPED, View.UDF),
    ]


def test_volume_id_of_126_characters_is_kept_and_its_start_is_the_short_one(parse: Callable[[Volume], Any]) -> None:
    volume = Volume(Directory(), volume_id="v" * 126)
    found = parse(volume)
    assert found.logical[84:212] == b"\x08" + b"v" * 126 + b"\x7f"
    assert found.primary[24:56] == b"\x08" + b"v" * 30 + b"\x1f"
    assert list(volume.emitter.issues()) == []


def test_volume_id_that_does_not_fit_is_shortened_and_reported() -> None:
    volume = Volume(Directory(), volume_id="v" * 127)
    assert list(volume.emitter.issues()) == [Issue("/", Change.VOLUME_ID, "v" * 126, View.UDF)]


@pytest.mark.parametrize("label", ["v" * 127, "я" * 64, "a\ufeffb"])
def test_volume_id_given_for_udf_that_does_not_fit_is_refused(label: str) -> None:
    with pytest.raises(LayoutError, match="UDF volume id"):
        Volume(Directory(), volume_ids={View.UDF: label})


def test_volume_set_id_starts_with_the_time_and_a_digest(parse: Callable[[Volume], Any]) -> None:
    volume = Volume(Directory(), volume_set_id="Set")
    unique = b"3b9aca00" + volume.snapshot.digest[:4].hex().encode()
    assert parse(volume).primary[72:200] == b"\x08" + unique + b"Set" + bytes(107) + b"\x14"

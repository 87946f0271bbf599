"""The whole view, alone on a volume, of every revision: held against the standards by the verifier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.fs.attributes import Attributes, Device, Kind, Times
from discstack.fs.bridge import build_image
from discstack.fs.errors import LayoutError
from discstack.fs.options import BRIDGE, ImageOptions
from discstack.fs.plan import SECTOR
from discstack.fs.snapshot import take_snapshot
from discstack.fs.tree import Directory
from discstack.fs.udf.revisions import REVISIONS
from discstack.fs.view import Change, Issue, View

CLOCK = 1_000_000_000_000_000_000  # 2001-09-09 01:46:40 UTC
STAMP = bytes.fromhex("0010 d107 09 09 01 2e 28 00 00 00")
GIB = 1 << 30
VOLUMES = [(number, vat) for number in REVISIONS for vat in (False, True) if not vat or number > 0x0102]
NAMES_OF_VOLUMES = [f"{number:04x}{' with a table' if vat else ''}" for number, vat in VOLUMES]
volumes = pytest.mark.parametrize(("revision", "vat"), VOLUMES, ids=NAMES_OF_VOLUMES)
Parse = Callable[["Volume"], Any]


class Volume:
    """A planned volume, with the UDF view alone unless the options say otherwise."""

    def __init__(self, root: Directory, **options: Any) -> None:
        self.image = build_image(root, ImageOptions(clock=CLOCK, **{"views": frozenset({View.UDF}), **options}))
        self.sectors, self.issues = self.image.sectors, self.image.issues

    def read(self, lba: int, count: int) -> bytes:
        data = bytearray(count * SECTOR)
        self.image.read_at(lba, data)
        return bytes(data)

    def lba(self, path: str) -> int:
        return next(span.lba for span in self.image.files_in(0, self.sectors) if span.is_file and span.label == path)


class Sparse:
    """A source of any number of zeros."""

    def __init__(self, size: int) -> None:
        self.size, self.shared, self.mtime_ns = size, False, CLOCK

    def open(self) -> Any:
        return self

    def read_at(self, _: int, buffer: memoryview) -> None:
        buffer[:] = bytes(len(buffer))

    def read_whole(self, buffer: memoryview) -> None:
        buffer[:] = bytes(len(buffer))

    def finish(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def parse(reader: Callable[..., Any]) -> Parse:
    return lambda volume: reader(volume.read, volume.sectors)


def some_tree() -> Directory:
    root = Directory()
    root.create_file("empty", b"")
    root.create_file("one", b"x", mtime_ns=CLOCK - 5_000_000_000)
    below = root.create_directory("фото").create_directory("deep")
    below.create_file("\U0001f4bf.bin", bytes(5000))
    root.create_directory("void")
    return root


@volumes
@pytest.mark.parametrize("views", [BRIDGE, frozenset({View.UDF})], ids=["bridge", "alone"])
def test_image_holds_against_the_standards(parse: Parse, revision: int, vat: bool, views: frozenset[View]) -> None:
    volume = Volume(some_tree(), udf_revision=revision, udf_vat=vat, views=views)
    found = parse(volume)
    paths = found.paths
    assert set(paths) == {"/", "/empty", "/one", "/фото", "/фото/deep", "/фото/deep/\U0001f4bf.bin", "/void"}
    assert {path for path, entry in paths.items() if entry.is_directory} == {"/", "/фото", "/фото/deep", "/void"}
    assert paths["/empty"].extents == []
    assert paths["/фото"].modified == STAMP
    assert paths["/one"].modified == bytes.fromhex("0010 d107 09 09 01 2e 23 00 00 00")
    assert (paths["/one"].mode, paths["/void"].mode) == (0o444, 0o555)
    assert (paths["/one"].uid, paths["/one"].gid) == (0xFFFFFFFF, 0xFFFFFFFF)
    assert found.content(paths["/one"]) == b"x"
    big = "/фото/deep/\U0001f4bf.bin"
    assert paths[big].extents == [(5000, 0, volume.lba(big) - found.start)]
    assert found.revision == revision
    assert (found.table is not None) == vat
    assert bool(found.metadata) == (revision >= 0x0250 and not vat)


def test_volume_of_nothing_is_a_volume(parse: Parse) -> None:
    found = parse(Volume(Directory()))
    assert set(found.paths) == {"/"}
    assert found.next_unique_id == 16


def test_revision_that_there_is_not_is_refused() -> None:
    with pytest.raises(LayoutError, match=r"no UDF revision 0x0103; take one of 1.02 \(0x0102\), 1.50"):
        Volume(Directory(), udf_revision=0x0103)


def test_revision_without_a_virtual_allocation_table_is_refused() -> None:
    with pytest.raises(LayoutError, match=r"UDF 1.02 has no virtual allocation table; take 1.50 or a later revision"):
        Volume(Directory(), udf_vat=True)


def test_virtual_allocation_table_without_udf_is_refused() -> None:
    with pytest.raises(LayoutError, match="is UDF's; take that view too"):
        build_image(Directory(), ImageOptions(views=frozenset({View.ISO9660}), udf_revision=0x0201, udf_vat=True))


def test_fixed_sequences_start_error_correction_blocks_of_their_own() -> None:
    starts = [region.lba for region in Volume(Directory()).image.regions][:6]
    assert starts[:1] + starts[-4:] == [0, 32, 64, 96, 256]


@volumes
def test_equal_trees_and_options_give_equal_bytes(revision: int, vat: bool) -> None:
    first, second = (Volume(some_tree(), udf_revision=revision, udf_vat=vat) for _ in range(2))
    assert first.read(0, first.sectors) == second.read(0, second.sectors)


@volumes
def test_random_reads_agree_with_the_whole(revision: int, vat: bool) -> None:
    volume = Volume(some_tree(), udf_revision=revision, udf_vat=vat)
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


@given(st.dictionaries(NAMES, TREES, max_size=6), st.sampled_from(VOLUMES), st.booleans())
def test_any_tree_is_found_again(
    reader: Callable[..., Any], tree: dict[str, Any], kind: tuple[int, bool], alone: bool
) -> None:
    root = fill(Directory(), tree)
    views = frozenset({View.UDF}) if alone else BRIDGE
    volume = Volume(root, udf_revision=kind[0], udf_vat=kind[1], views=views)
    paths = reader(volume.read, volume.sectors).paths
    nodes = ["/", *(node.path for node in root.walk())]
    assert len(paths) == len(nodes)
    issues = [issue for issue in volume.issues if issue.view is View.UDF]
    renamed = {issue.path for issue in issues if issue.change is Change.RENAMED}
    kept = {path for path in nodes if not any(path == r or path.startswith(r + "/") for r in renamed)}
    assert kept <= set(paths)
    sizes = sorted(node.size for node in root.walk() if hasattr(node, "size"))
    assert sorted(entry.size for entry in paths.values() if not entry.is_directory) == sizes


@volumes
def test_directory_of_many_names_has_every_tag_within_one_block(parse: Parse, revision: int, vat: bool) -> None:
    root = Directory()
    for number in range(700):
        root.create_file(f"{'n' * (number % 50)}{number}", b"")
    found = parse(Volume(root, udf_revision=revision, udf_vat=vat))
    assert len(found.paths) == 701
    assert found.paths["/"].embedded is None


def directory_of(size: int) -> Directory:
    """Make a directory of so many bytes: 40 for its parent, names of 200 and one of what is left."""
    root = Directory()
    for number in range((size - 40 - 40) // 200):
        root.create_file(f"{number:0161d}", b"")
    left = (size - 40) % 200 or 200
    if left < 44:
        raise ValueError(size)
    root.create_file("x" * (left - 39), b"")
    return root


@pytest.mark.parametrize(("revision", "room"), [(0x0102, 2048 - 176 - 56), (0x0201, 2048 - 216), (0x0250, 2048 - 216)])
def test_directory_is_embedded_where_it_fits(parse: Parse, revision: int, room: int) -> None:
    fits = parse(Volume(directory_of(room), udf_revision=revision, views=BRIDGE)).paths["/"]
    assert (fits.size, len(fits.embedded or b"")) == (room, room)
    too_large = parse(Volume(directory_of(room + 4), udf_revision=revision, views=BRIDGE)).paths["/"]
    assert (too_large.size, too_large.embedded) == (room + 4, None)


@pytest.mark.parametrize(("revision", "room"), [(0x0102, 2048 - 176 - 56), (0x0150, 1816), (0x0201, 2048 - 216)])
def test_small_files_are_embedded_where_udf_is_alone(parse: Parse, revision: int, room: int) -> None:
    root = Directory()
    contents = {size: bytes([size % 251]) * size for size in (0, 1, room - 1, room, room + 1)}
    for size, content in contents.items():
        root.create_file(str(size), content)
    volume = Volume(root, udf_revision=revision)
    found = parse(volume)
    assert {size: found.content(found.paths[f"/{size}"]) for size in contents} == contents
    embedded = {size for size in contents if found.paths[f"/{size}"].embedded}
    assert embedded == {1, room - 1, room}
    for size in embedded:
        assert volume.image.file_at(volume.lba(f"/{size}")).label == f"/{size}"
    bridge = parse(Volume(root, udf_revision=revision, views=BRIDGE))
    assert not any(bridge.paths[f"/{size}"].embedded for size in contents)


@volumes
def test_no_source_is_read_twice(revision: int, vat: bool) -> None:
    read = list[int]()

    class Counted(Sparse):
        def read_whole(self, buffer: memoryview) -> None:
            read.append(self.size)
            super().read_whole(buffer)

    root = Directory()
    for size in (1, 100, 2000):
        root.create_file(str(size), Counted(size))
    volume = Volume(root, udf_revision=revision, udf_vat=vat)
    volume.read(0, volume.sectors)
    assert sorted(read) == [1, 100, 2000]


def test_files_with_digests_and_hidden_files_are_not_embedded(parse: Parse) -> None:
    root = Directory()
    root.create_file("small", b"small")
    root.create_file("hidden", b"hidden")
    volume = Volume(root, digests=True)
    volume.read(0, volume.sectors)
    assert parse(volume).paths["/small"].embedded is None
    hiding = Volume(root, hidden={View.UDF: ("hidden",)})
    found = parse(hiding)
    assert set(found.paths) == {"/", "/small"}
    assert found.paths["/small"].embedded is None
    assert hiding.read(hiding.lba("/hidden"), 1)[:6] == b"hidden"


def test_embedded_files_are_checked_before_the_first_byte(tmp_path: Any) -> None:
    (tmp_path / "small").write_bytes(b"small")
    root = Directory()
    root.add_file(tmp_path / "small")
    volume = Volume(root)
    (tmp_path / "small").unlink()
    with pytest.raises(Exception, match="small"):
        volume.image.check_sources()


@volumes
@pytest.mark.parametrize("size", [GIB - 2048, GIB - 1, GIB, 4 * GIB + 1, 300 * GIB, 3 << 40])
def test_large_file_is_covered_by_extents(parse: Parse, size: int, revision: int, vat: bool) -> None:
    root = Directory()
    root.create_file("large", Sparse(size))
    volume = Volume(root, udf_revision=revision, udf_vat=vat)
    found = parse(volume)
    entry = found.paths["/large"]
    assert entry.size == size
    assert entry.extents[0][2] == volume.lba("/large") - found.start
    for (length, partition, block), (_, _, following) in zip(entry.extents, entry.extents[1:], strict=False):
        assert (partition, block + length // 2048) == (0, following)


def test_bridge_shares_the_data_of_a_large_file_and_ends_with_an_anchor(parse: Parse) -> None:
    root = Directory()
    root.create_file("large", Sparse(5 * GIB + 1))
    volume = Volume(root, views=BRIDGE, padding=150, multiple=32)
    assert volume.sectors % 32 == 0
    found = parse(volume)
    (span,) = [span for span in volume.image.files_in(0, volume.sectors) if span.is_file]
    assert found.paths["/large"].extents[0][2] == span.lba - 257
    assert found.start + found.length == volume.sectors - 1


@volumes
def test_several_huge_files_have_their_own_allocation_extents(parse: Parse, revision: int, vat: bool) -> None:
    root = Directory()
    sizes = [600 * GIB, 5, 0, 236 * GIB, 227 * (GIB - 2048), 234 * (GIB - 2048), 114 * (GIB - 2048)]
    for number, size in enumerate(sizes):
        root.create_file(str(number), Sparse(size))
    paths = parse(Volume(root, udf_revision=revision, udf_vat=vat)).paths
    assert [paths[f"/{number}"].size for number in range(len(sizes))] == sizes


def test_metadata_file_and_directories_of_several_extents(parse: Parse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("discstack.fs.udf.metadata.METADATA_EXTENT", 96 * SECTOR)
    monkeypatch.setattr("discstack.fs.udf.allocation.MAX_EXTENT", 3 * SECTOR)
    root = Directory()
    for number in range(700):
        root.create_file(f"{'n' * (number % 50)}{number}", bytes(number * 30))
    for revision in (0x0250, 0x0260):
        found = parse(Volume(root, udf_revision=revision, views=BRIDGE))
        assert len(found.metadata) > 4
        assert len(found.paths["/"].extents) > 4
        assert found.content(found.paths["/nn552"]) == bytes(552 * 30)


def test_metadata_that_no_file_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("discstack.fs.udf.metadata.METADATA_EXTENT", 0)
    with pytest.raises(LayoutError, match="take 32 blocks, and one metadata file has 0: leave something out"):
        Volume(Directory(), udf_revision=0x0250)


@volumes
def test_hard_links_share_one_entry(parse: Parse, revision: int, vat: bool) -> None:
    root = Directory()
    first = root.create_file("a", Sparse(3000))
    root.create_hard_link("b", first)
    below = root.create_directory("d")
    below.create_hard_link("a", first)
    below.create_file("c", Sparse(3000))
    found = parse(Volume(root, udf_revision=revision, udf_vat=vat))
    paths = found.paths
    assert paths["/a"] is paths["/b"] is paths["/d/a"]
    assert (paths["/a"].links, paths["/d/c"].links) == (3, 1)
    assert found.counts == (4, 2)
    ids = [unique_id for _, unique_id in paths["/a"].names]
    assert len(set(ids)) == (1 if revision < 0x0200 else 3)


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


def tree_of_specials() -> Directory:
    root = Directory()
    root.create_symlink("link", "../фото/./x", attributes=Attributes(0o777, 5, 6))
    root.create_symlink("absolute", "/etc//passwd/")
    root.create_symlink("root", "/")
    root.create_symlink("long", "/".join(["a" * 100] * 19))
    root.create_special("fifo", Kind.FIFO)
    root.create_special("socket", Kind.SOCKET)
    root.create_special("disk", Kind.BLOCK_DEVICE, device=Device(8, 17))
    root.create_special("terminal", Kind.CHARACTER_DEVICE, device=Device(240, 70000))
    root.create_file("exact", b"", attributes=Attributes(0o6751, 1000, 2000))
    return root


@volumes
def test_links_and_special_files_are_there_on_request(parse: Parse, revision: int, vat: bool) -> None:
    root = tree_of_specials()
    volume = Volume(root, udf_revision=revision, udf_vat=vat, udf_specials=True, udf_permissions=True)
    found = parse(volume)
    paths = found.paths
    assert {path: entry.kind for path, entry in paths.items() if path.count("/") == 1 and len(path) > 1} == {
        "/link": "link",
        "/absolute": "link",
        "/root": "link",
        "/long": "link",
        "/fifo": "fifo",
        "/socket": "socket",
        "/disk": "block device",
        "/terminal": "character device",
        "/exact": "file",
    }
    targets = {path: found.target(paths[path]) for path in ("/link", "/absolute", "/root")}
    assert targets == {"/link": "../фото/./x", "/absolute": "/etc/passwd/.", "/root": "/"}
    assert found.target(paths["/long"]) == "/".join(["a" * 100] * 19)
    assert paths["/long"].embedded is None
    assert (found.device(paths["/disk"]), found.device(paths["/terminal"])) == ((8, 17), (240, 70000))
    assert (paths["/exact"].mode, paths["/exact"].uid, paths["/exact"].gid) == (0o6751, 1000, 2000)
    assert (paths["/link"].uid, paths["/link"].gid) == (5, 6)
    assert volume.issues == ()


def test_links_and_special_files_are_left_out_and_reported_without_request(parse: Parse) -> None:
    volume = Volume(tree_of_specials())
    assert set(parse(volume).paths) == {"/", "/exact"}
    issues = {issue.path: issue for issue in volume.issues}
    assert len(issues) == 8
    assert {(issue.change, issue.view) for issue in issues.values()} == {(Change.SKIPPED, View.UDF)}
    why = "a symbolic link, which UDF holds only on request, as 7-Zip refuses a volume that has one"
    assert issues["/link"].detail == why


def test_link_that_udf_cannot_spell_is_left_out_and_reported(parse: Parse) -> None:
    root = Directory()
    root.create_symlink("bytes", b"caf\xe9")
    root.create_symlink("wide", "я" * 128)
    root.create_symlink("long", "/".join(["a" * 100] * 20))
    root.create_symlink("good", "good")
    volume = Volume(root, udf_specials=True)
    assert set(parse(volume).paths) == {"/", "/good"}
    assert [(issue.path, issue.change) for issue in volume.issues] == [
        ("/bytes", Change.SKIPPED),
        ("/long", Change.SKIPPED),
        ("/wide", Change.SKIPPED),
    ]


@volumes
def test_times_that_the_tree_has_are_recorded(parse: Parse, revision: int, vat: bool) -> None:
    root = Directory()
    seconds = [CLOCK - number * 10**9 for number in range(4)]
    file = root.create_file("born", bytes(1700), mtime_ns=seconds[1])
    file.times = Times(seconds[0], seconds[2], seconds[3])
    unborn = root.create_file("unborn", b"", mtime_ns=seconds[1])
    unborn.times = Times(seconds[0], seconds[2])
    below = root.create_directory("directory", mtime_ns=seconds[1])
    below.times = Times(seconds[0], seconds[2], seconds[3])
    found = parse(Volume(root, udf_revision=revision, udf_vat=vat))
    stamps = [bytes.fromhex(f"0010 d107 09 09 01 2e {second:02x} 00 00 00") for second in (40, 39, 38, 37)]
    for path in ("/born", "/directory"):
        entry = found.paths[path]
        assert (entry.times[0], entry.modified, entry.times[-1]) == (stamps[0], stamps[1], stamps[2])
        assert found.created(entry) == stamps[3]
    assert found.created(found.paths["/unborn"]) == (None if revision < 0x0200 else stamps[1])
    assert found.content(found.paths["/born"]) == bytes(1700)


def test_virtual_allocation_table_that_is_larger_than_a_block_is_found(parse: Parse) -> None:
    root = Directory()
    for number in range(1000):
        root.create_file(str(number), b"")
    for revision in (0x0150, 0x0201):
        found = parse(Volume(root, udf_revision=revision, udf_vat=True, multiple=32))
        assert found.sectors % 32 == 0
        assert len(found.table) == 1003


def test_changed_names_and_times_are_reported() -> None:
    root = Directory()
    root.create_file("x" * 255, b"")
    root.create_file("old", b"", mtime_ns=-(1 << 70))
    assert [(issue.path[:4], issue.change, issue.view) for issue in Volume(root).issues] == [
        ("/xxx", Change.RENAMED, View.UDF),
        ("/old", Change.TIME_CLAMPED, View.UDF),
    ]


def test_last_nanosecond_that_udf_has_is_no_changed_time() -> None:
    root, last = Directory(), 253_402_300_800 * 10**9 - 1
    root.create_file("last", b"", mtime_ns=last)
    assert build_image(root, ImageOptions(views=frozenset({View.UDF}), clock=last)).issues == ()
    late = build_image(Directory(), ImageOptions(views=frozenset({View.UDF}), clock=last + 1))
    assert [(issue.path, issue.change) for issue in late.issues] == [("/", Change.TIME_CLAMPED)]


def test_volume_id_of_126_characters_is_kept_and_its_start_is_the_short_one(parse: Parse) -> None:
    volume = Volume(Directory(), volume_id="v" * 126)
    found = parse(volume)
    assert found.logical[84:212] == b"\x08" + b"v" * 126 + b"\x7f"
    assert found.primary[24:56] == b"\x08" + b"v" * 30 + b"\x1f"
    assert volume.issues == ()


def test_volume_id_that_does_not_fit_is_shortened_and_reported() -> None:
    volume = Volume(Directory(), volume_id="v" * 127)
    assert volume.issues == (Issue("/", Change.VOLUME_ID, "v" * 126, View.UDF),)


@pytest.mark.parametrize("label", ["v" * 127, "я" * 64, "a\ufeffb"])
def test_volume_id_given_for_udf_that_does_not_fit_is_refused(label: str) -> None:
    with pytest.raises(LayoutError, match="UDF volume id"):
        Volume(Directory(), volume_ids={View.UDF: label})


def test_volume_set_id_starts_with_the_time_and_a_digest(parse: Parse) -> None:
    volume = Volume(Directory(), volume_set_id="Set")
    unique = b"3b9aca00" + take_snapshot(Directory(), CLOCK).digest[:4].hex().encode()
    assert parse(volume).primary[72:200] == b"\x08" + unique + b"Set" + bytes(107) + b"\x14"

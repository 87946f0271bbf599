"""Rock Ridge within the directories, read by the tests' own reader from the records' bytes."""

from __future__ import annotations

import io
import stat
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from discstack.fs.attributes import Attributes, Device, Kind, Times
from discstack.fs.bridge import build_image
from discstack.fs.dates import recording_date
from discstack.fs.errors import LayoutError
from discstack.fs.image import Image
from discstack.fs.nodes import Special
from discstack.fs.options import ImageOptions, RockRidge
from discstack.fs.reading.volume import read_volume
from discstack.fs.rock_ridge import SystemUse, name_bytes
from discstack.fs.rrip import RRIP_1991A
from discstack.fs.snapshot import take_snapshot
from discstack.fs.tree import Directory
from discstack.fs.view import View

SECOND = 10**9
ISO_ONLY = frozenset({View.ISO9660})
OLD = RockRidge(version="1.10")


def image_of(root: Directory, **options: Any) -> Image:
    return build_image(root, ImageOptions(views=ISO_ONLY, **options))


class RockRidgeReader:
    """Reads the system use entries of every record, going after CE, from the tables of SUSP and RRIP alone."""

    def __init__(self, volume: Any) -> None:
        self.volume = volume

    def directory(self, lba: int) -> list[bytes]:
        size = int.from_bytes(self.volume.sector(lba)[10:14], "little")
        return list(self.volume.records(self.volume.sector(lba, size // 2048)))

    def root(self) -> list[bytes]:
        return self.directory(int.from_bytes(self.volume.volume[158:162], "little"))

    def entries(self, record: bytes) -> list[bytes]:
        return list(self._entries(record[33 + (record[32] | 1) :]))

    def _entries(self, area: bytes) -> Iterator[bytes]:
        lead = b""
        while len(area) >= 4:
            entry, area = area[: area[2]], area[area[2] :]
            assert entry[3] == 1
            if entry[:2] == b"CE":
                assert not lead
                lead = entry
            else:
                yield entry
        if lead:
            block, offset, length = (int.from_bytes(lead[at : at + 4], "little") for at in (4, 12, 20))
            assert offset + length <= 2048
            yield from self._entries(self.volume.sector(block)[offset : offset + length])

    def name(self, record: bytes) -> bytes:
        return b"".join(entry[5:] for entry in self.entries(record) if entry[:2] == b"NM")

    def files(self, records: list[bytes]) -> dict[bytes, dict[bytes, bytes]]:
        """Give for each name its entries but NM, by their signatures."""
        found = {}
        for record in records[2:]:
            entries = {entry[:2]: entry for entry in self.entries(record) if entry[:2] != b"NM"}
            found[self.name(record)] = entries
        return found


@pytest.fixture
def rock(reader: type[Any]) -> Any:
    return lambda image: RockRidgeReader(reader(image))


def px(entry: bytes) -> tuple[int, ...]:
    numbers = tuple(int.from_bytes(entry[at : at + 4], "little") for at in range(4, len(entry), 8))
    assert numbers == tuple(int.from_bytes(entry[at : at + 4], "big") for at in range(8, len(entry), 8))
    return numbers


def test_first_record_of_the_root_starts_with_sp_and_leads_to_er(rock: Any) -> None:
    volume = rock(image_of(Directory()))
    entries = volume.entries(volume.root()[0])
    assert [entry[:2] for entry in entries] == [b"SP", b"PX", b"TF", b"ER"]
    assert b"IEEE_P1282" in entries[-1]
    assert [entry[:2] for entry in volume.entries(volume.root()[1])] == [b"PX", b"TF"]


def test_1_10_names_itself_and_says_which_entries_there_are(rock: Any) -> None:
    root = Directory()
    root.create_file("file", b"")
    root.create_symlink("link", "target")
    volume = rock(image_of(root, rock_ridge=OLD))
    first, _, file, link = volume.root()
    entries = volume.entries(first)
    assert [entry[:2] for entry in entries] == [b"SP", b"RR", b"PX", b"TF", b"ER"]
    assert entries[-1] == RRIP_1991A
    assert volume.entries(file)[0] == b"RR\5\1\x89"
    assert volume.entries(link)[0] == b"RR\5\1\x8d"
    assert len(volume.entries(file)[1]) == 36


def test_other_versions_are_refused() -> None:
    with pytest.raises(LayoutError, match=r"1\.09"):
        image_of(Directory(), rock_ridge=RockRidge(version="1.09"))


def test_attributes_are_those_of_the_tree(rock: Any) -> None:
    root = Directory(attributes=Attributes(0o1777, 3, 4))
    root.create_file("file", b"x", attributes=Attributes(0o4751, 1000, 2000))
    root.create_directory("directory", attributes=Attributes(0o700)).create_directory("below")
    volume = rock(image_of(root))
    own, above, *_ = records = volume.root()
    files = volume.files(records)
    assert px(volume.entries(own)[1])[:4] == (stat.S_IFDIR | 0o1777, 3, 3, 4)
    assert px(volume.entries(above)[0])[:4] == (stat.S_IFDIR | 0o1777, 3, 3, 4)
    assert px(files[b"file"][b"PX"])[:4] == (stat.S_IFREG | 0o4751, 1, 1000, 2000)
    assert px(files[b"directory"][b"PX"])[:4] == (stat.S_IFDIR | 0o700, 3, 0, 0)


def test_rationalized_attributes_are_of_use_on_any_machine(rock: Any) -> None:
    root = Directory()
    root.create_file("secret", b"x", attributes=Attributes(0o600, 1000, 2000))
    root.create_file("program", b"x", attributes=Attributes(0o4700, 1000, 2000))
    root.create_directory("private", attributes=Attributes(0o700, 1000, 2000))
    volume = rock(image_of(root, rationalize=True))
    files = volume.files(volume.root())
    assert px(files[b"secret"][b"PX"])[:4] == (stat.S_IFREG | 0o444, 1, 0, 0)
    assert px(files[b"program"][b"PX"])[:4] == (stat.S_IFREG | 0o555, 1, 0, 0)
    assert px(files[b"private"][b"PX"])[:4] == (stat.S_IFDIR | 0o555, 2, 0, 0)


def test_serial_numbers_count_in_image_order_and_hard_links_share_one(rock: Any) -> None:
    root = Directory()
    first = root.create_file("a", b"data")
    root.create_file("b", b"other")
    below = root.create_directory("c")
    below.create_hard_link("again", first)
    below.create_file("new", b"")
    volume = rock(image_of(root))
    records = volume.root()
    files = volume.files(records)
    assert px(volume.entries(records[0])[1])[4] == 1
    assert [px(files[name][b"PX"])[4] for name in (b"a", b"b", b"c")] == [2, 3, 4]
    assert px(files[b"a"][b"PX"])[1] == 2
    inner = volume.directory(int.from_bytes(records[4][2:6], "little"))
    assert [px(volume.entries(record)[0])[4] for record in inner] == [4, 1, 2, 6]
    assert volume.files(inner)[b"again"][b"PX"] == files[b"a"][b"PX"]


def test_names_that_are_hidden_are_no_links(rock: Any) -> None:
    root = Directory()
    first = root.create_file("a", b"data")
    for name in ("b", "hidden"):
        root.create_hard_link(name, first)
    volume = rock(image_of(root, hidden={View.ISO9660: ("hidden",)}))
    files = volume.files(volume.root())
    assert {name: px(entries[b"PX"])[1] for name, entries in files.items()} == {b"a": 2, b"b": 2}


def test_special_files_and_links_are_recorded_without_data(rock: Any) -> None:
    root = Directory()
    root.create_special("fifo", Kind.FIFO)
    root.create_special("socket", Kind.SOCKET)
    root.create_special("null", Kind.CHARACTER_DEVICE, device=Device(1, 3), attributes=Attributes(0o666))
    root.create_special("sda1", Kind.BLOCK_DEVICE, device=Device(8, 1))
    root.create_symlink("link", "to/there")
    volume = rock(image_of(root))
    files = volume.files(volume.root())
    kinds = {name: stat.S_IFMT(px(entries[b"PX"])[0]) for name, entries in files.items()}
    expected = {"fifo": stat.S_IFIFO, "socket": stat.S_IFSOCK, "null": stat.S_IFCHR, "sda1": stat.S_IFBLK}
    assert kinds == {name.encode(): kind for name, kind in expected.items()} | {b"link": stat.S_IFLNK}
    assert {name for name, entries in files.items() if b"PN" in entries} == {b"null", b"sda1"}
    assert files[b"link"][b"SL"] == bytes.fromhex("53 4c 10 01 00 00 02 74 6f 00 05 74 68 65 72 65")
    assert all(record[10:14] == bytes(4) for record in volume.root()[2:])


def test_times_of_access_and_of_attributes_are_recorded_where_the_tree_has_them(rock: Any) -> None:
    root = Directory(mtime_ns=0)
    root.create_file("file", b"", mtime_ns=10 * SECOND).times = Times(30 * SECOND, 20 * SECOND)
    volume = rock(image_of(root))
    tf = volume.files(volume.root())[b"file"][b"TF"]
    assert tf[4] == 0x0E
    assert [tf[at + 5] for at in (5, 12, 19)] == [10, 30, 20]


def test_long_times_have_hundredths_of_a_second(rock: Any) -> None:
    root = Directory(mtime_ns=0)
    root.create_file("file", b"", mtime_ns=1_234_567_890_120_000_000)
    volume = rock(image_of(root, rock_ridge=RockRidge(long_times=True)))
    assert volume.files(volume.root())[b"file"][b"TF"][4:] == b"\x822009021323313012\0"


@pytest.mark.parametrize("length", [*range(120, 135), 155, 160, 188, 249, 250, 251, 255, 500, 501, 2100, 5000])
def test_name_of_any_length_is_kept(rock: Any, length: int) -> None:
    root = Directory()
    names = [("n" * length)[: length - 1] + letter for letter in "abcdefghij"]
    for name in names:
        root.create_file(name, b"")
    root.create_directory("d" * length)
    image = image_of(root)
    volume = rock(image)
    assert sorted(volume.files(volume.root())) == sorted(name.encode() for name in [*names, "d" * length])
    assert image.issues == ()


@pytest.mark.parametrize(
    ("name", "recorded"),
    [("Grüße", "Grüße".encode()), ("caf\udce9", b"caf\xe9"), ("half \ud83d", b"half \xed\xa0\xbd")],
)
def test_names_are_utf_8_or_the_bytes_that_they_were(name: str, recorded: bytes) -> None:
    assert name_bytes(name) == recorded


def test_nothing_that_rock_ridge_keeps_is_reported() -> None:
    root = Directory(mtime_ns=0)
    root.create_file("a name of more than thirty characters * with others", b"")
    root.create_symlink("link", "target")
    root.create_file("old", b"", mtime_ns=-3_000_000_000 * SECOND)
    assert image_of(root).issues == ()
    issues = [str(issue) for issue in image_of(root, rock_ridge=None).issues]
    assert len(issues) == 3
    assert "/link: skipped in ISO 9660: a symbolic link, which this view cannot hold" in issues


def test_time_that_not_even_the_long_form_holds_is_reported() -> None:
    root = Directory(mtime_ns=0)
    root.create_file("ancient", b"", mtime_ns=-70_000_000_000 * SECOND)
    (issue,) = image_of(root).issues
    assert str(issue).startswith("/ancient: time clamped in ISO 9660: ")


def test_sections_of_a_long_file_all_carry_the_same_area(rock: Any) -> None:
    root = Directory()
    root.create_file("n" * 200, io.BytesIO, size=9 << 30)
    volume = rock(image_of(root))
    areas = {bytes(record[33 + (record[32] | 1) :]) for record in volume.root()[2:]}
    assert len(volume.root()) == 5
    assert len(areas) == 1


names = st.text(min_size=1, max_size=300).filter(lambda name: not set("/\0") & set(name) and name not in (".", ".."))
attributes = st.builds(Attributes, st.integers(0, 0o7777), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
times = st.integers(-5 * 10**18, 10**19)


@example(leaves={"a": (Attributes(0o644), 0)}, version="1.10", directory=True)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    leaves=st.dictionaries(names, st.tuples(attributes, times), max_size=8),
    version=st.sampled_from(["1.10", "1.12"]),
    directory=st.booleans(),
)
def test_areas_made_together_are_those_made_entry_by_entry(
    leaves: dict[str, tuple[Attributes, int]], version: str, directory: bool
) -> None:
    root = Directory()
    for name, (which, time) in leaves.items():
        if directory:
            root.create_directory(name, mtime_ns=time, attributes=which)
        else:
            root.create_file(name, b"", mtime_ns=time, attributes=which)
    snapshot = take_snapshot(root, clock=10**19)
    items = [*snapshot.root.files, *snapshot.root.directories]
    use = SystemUse(RockRidge(version=version), snapshot.span)
    sizes, serials = use.sizes(items), range(7, 7 + len(items))
    assert snapshot.root.plain
    assert use.sizes(items, plain=True) == sizes
    dates = [recording_date(each.mtime_ns) for each in items]
    rows = [row for row, size in zip(zip(items, serials, dates, strict=True), sizes, strict=True) if size]
    made = iter(use.areas(rows))
    for each, size, serial in zip(items, sizes, serials, strict=True):
        if size:
            area = next(made)
            assert area == b"".join(use.entries(each, serial))
            assert len(area) == size
        else:
            assert len(name_bytes(each.name)) > 250 or len(use.entries(each, serial)[-2]) != 12


targets = st.lists(st.sampled_from([b"", b".", b"..", b"a", b"bc", b"x" * 120, b"y" * 250]), min_size=1).map(b"/".join)
contents = st.one_of(st.binary(max_size=3000), targets.filter(bool).map(lambda target: ("link", target)))
trees = st.recursive(contents, lambda below: st.dictionaries(names, below, max_size=5), max_leaves=15)


def plant(tree: Any, folder: Directory) -> None:
    for name, content in tree.items():
        if isinstance(content, dict):
            plant(content, folder.create_directory(name))
        elif isinstance(content, tuple):
            folder.create_symlink(name, content[1])
        else:
            folder.create_file(name, content)


def read_tree(volume: RockRidgeReader, records: list[bytes]) -> dict[bytes, Any]:
    """Read what is below a directory by Rock Ridge alone, going after CL and passing by RE."""
    found: dict[bytes, Any] = {}
    for record in records[2:]:
        entries: dict[bytes, list[bytes]] = {}
        for entry in volume.entries(record):
            entries.setdefault(entry[:2], []).append(entry)
        name, lba = volume.name(record), int.from_bytes(record[2:6], "little")
        assert name not in found
        if b"RE" in entries:
            continue
        if b"SL" in entries:
            found[name] = ("link", joined(entries[b"SL"]))
        elif b"CL" in entries:
            found[name] = read_tree(volume, volume.directory(int.from_bytes(entries[b"CL"][0][4:8], "little")))
        elif record[25] & 2:
            found[name] = read_tree(volume, volume.directory(lba))
        else:
            size = int.from_bytes(record[10:14], "little")
            found[name] = volume.volume.sector(lba, -(-size // 2048))[:size]
    return found


def joined(entries: list[bytes]) -> bytes:
    """Join the components of SL: a slash follows each that does not go on, but for the root and the last."""
    texts, target, slash = {0x02: b".", 0x04: b"..", 0x08: b"/"}, b"", b""
    for entry in entries:
        position = 5
        while position < len(entry):
            flags, length = entry[position], entry[position + 1]
            target += slash + texts.get(flags, entry[position + 2 : position + 2 + length])
            slash = b"" if flags in (0x01, 0x08) else b"/"
            position += 2 + length
    return target


def encoded(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    return {name_bytes(name): encoded(content) for name, content in tree.items()}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    tree=st.dictionaries(names, trees, max_size=6),
    depth=st.integers(0, 20),
    level=st.integers(1, 4),
    rock_ridge=st.builds(RockRidge, version=st.sampled_from(["1.10", "1.12"]), relocation=st.booleans()),
)
def test_any_tree_is_read_back_by_rock_ridge(
    tree: dict[str, Any], depth: int, level: int, rock_ridge: RockRidge, rock: Any
) -> None:
    for _ in range(depth):
        tree = {"below": tree}
    root = Directory()
    plant(tree, root)
    volume = rock(image_of(root, iso_level=level, rock_ridge=rock_ridge))
    assert read_tree(volume, volume.root()) == encoded(tree)


def test_a_device_of_major_0_with_a_large_minor_number_is_reported() -> None:
    """PN has no form for it that Linux reads: without a high half it takes the low one apart."""
    root = Directory()
    for name, device in {"large": Device(0, 300), "small": Device(0, 255), "usual": Device(8, 300)}.items():
        root.create_special(name, Kind.BLOCK_DEVICE, device=device)
    image = build_image(root, ImageOptions(views=frozenset({View.ISO9660})))
    (issue,) = image.issues
    assert str(issue) == "/large: device number changed in ISO 9660: 0, 300 is read as 1, 44"
    found = read_volume(image).root["large"]
    assert isinstance(found, Special)
    assert found.device == Device(1, 44)

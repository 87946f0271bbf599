"""Volumes that lie, loop and break off: something is read, what is odd is told, and work and memory stay bounded."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from struct import pack
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discstack.fs.errors import SourceError, VolumeError
from discstack.fs.image import Image
from discstack.fs.nodes import File
from discstack.fs.reading.notes import MOST_NOTES, Notes, Oddity
from discstack.fs.reading.sessions import last_session
from discstack.fs.reading.view import VolumeView
from discstack.fs.reading.volume import Volume, read_volume

SECTOR = 2048
# How often a medium may be read over: chunks are read whole, and each of the five views looks for itself
MOST_READ = 40
LINK = b"PX\x24\x01" + b"".join(pack("<I", value) + pack(">I", value) for value in (0o120777, 1, 0, 0))


def oddities(volume: Volume) -> set[Oddity]:
    return {note.oddity for note in volume.notes}


def used(image: bytes) -> list[int]:
    """Return the sectors that hold anything."""
    return [lba for lba in range(16, len(image) // SECTOR) if any(image[lba * SECTOR : (lba + 1) * SECTOR])]


def look(medium: Any) -> None:
    """Read all that there is of a medium, whatever it is; only our own errors may come out, and not much be read."""
    for view in VolumeView:
        try:
            volume = read_volume(medium, view=view)
        except VolumeError:
            continue
        assert len(volume.notes) <= MOST_NOTES + 1
        for node in volume.root.walk():
            if isinstance(node, File) and node.size < len(medium.data):
                try:
                    node.source.read_whole(memoryview(bytearray(node.size)))
                except SourceError:
                    continue


@pytest.fixture(params=["ours", "genisoimage"])
def sound(request: pytest.FixtureRequest, odd_tree: Path, image_of: Any, tool: Any, tmp_path: Path) -> bytes:
    """An image with all views, by our writer and by another."""
    for file in (*(odd_tree / "many").iterdir(), *(odd_tree / "sizes").iterdir()):
        if not file.name.endswith(("11.dat", "2049")):
            file.unlink()
    for path in odd_tree.glob("[a-z]*"):
        if path.is_file():
            path.unlink()
    (odd_tree / "\N{GRINNING FACE} beyond the BMP.txt").unlink()
    if request.param == "ours":
        image: Image = image_of(odd_tree)
        buffer = bytearray(image.size)
        image.read_at(0, buffer)
        return bytes(buffer)
    (odd_tree / "link").symlink_to("/".join(["part"] * 40))
    options = ("-quiet", "-R", "-J", "-joliet-long", "-udf", "-pad", "-o")
    tool("genisoimage", *options, tmp_path / "peer.iso", odd_tree)
    return (tmp_path / "peer.iso").read_bytes()


def test_image_cut_at_any_sector_is_read_as_far_as_it_goes(sound: bytes, medium: Any) -> None:
    for sectors in range(len(sound) // SECTOR):
        cut = medium(sound[: sectors * SECTOR] or bytes(SECTOR))
        look(cut)
        assert cut.read < MOST_READ * (len(sound) + 64 * SECTOR)


def test_image_of_which_any_sector_is_blank_or_another_is_read(sound: bytes, medium: Any) -> None:
    contents = (bytes(SECTOR), b"\xff" * SECTOR, sound[20 * SECTOR : 21 * SECTOR])
    for number, lba in enumerate(used(sound)):
        look(medium(sound[: lba * SECTOR] + contents[number % 3] + sound[(lba + 1) * SECTOR :]))


def test_sectors_that_cannot_be_read_are_told(sound: bytes, medium: Any) -> None:
    class Scratched:
        def __init__(self, whole: Any, bad: int) -> None:
            self.data, self.sectors, self._whole, self._bad = whole.data, whole.sectors, whole, bad

        def read_at(self, lba: int, buffer: bytearray | memoryview) -> None:
            if lba <= self._bad < lba + len(buffer) // SECTOR:
                raise SourceError("disc", f"sector {self._bad} cannot be read")
            self._whole.read_at(lba, buffer)

    whole = medium(sound)
    for bad in used(sound):
        look(Scratched(whole, bad))
    root = int.from_bytes(sound[16 * SECTOR + 158 : 16 * SECTOR + 162], "little")
    volume = read_volume(Scratched(whole, root), view=VolumeView.ISO9660)
    assert oddities(volume) == {Oddity.UNREADABLE}


@settings(max_examples=60)
@given(changes=st.lists(st.tuples(st.integers(0, 1 << 20), st.binary(min_size=1, max_size=8)), min_size=1, max_size=20))
def test_image_with_any_bytes_changed_is_read(changes: list[tuple[int, bytes]], changed: Callable[..., Any]) -> None:
    look(changed(changes))


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Gives an image of ours with some bytes of its structures changed."""
    from discstack.fs.bridge import build_image
    from discstack.fs.tree import Directory

    root = Directory()
    for number in range(8):
        below = root.create_directory(f"directory {number}")
        for name in ("a", "b", "a longer name with umläuts.text"):
            below.create_file(name, b"%d" % number)
    image = build_image(root)
    data = bytearray(image.size)
    image.read_at(0, data)
    sectors = used(bytes(data))

    class Medium:
        def __init__(self, changes: list[tuple[int, bytes]]) -> None:
            self.data, self.sectors = bytearray(data), image.sectors
            for where, new in changes:
                sector, at = divmod(where % (len(sectors) * 512), 512)  # the front of a sector says the most
                start = sectors[sector] * SECTOR + at
                self.data[start : start + len(new)] = new

        def read_at(self, lba: int, buffer: bytearray | memoryview) -> None:
            buffer[:] = self.data[lba * SECTOR : lba * SECTOR + len(buffer)]

    return Medium


def test_directory_that_holds_its_parent_ends(by_hand: Any, medium: Any, plain: Any) -> None:
    below = by_hand.dots(21, 20) + by_hand.record(b"UP", 20, SECTOR, 2) + by_hand.record(b"SELF", 21, SECTOR, 2)
    root = by_hand.dots(20, 20) + by_hand.record(b"DOWN", 21, SECTOR, 2)
    volume = read_volume(medium(by_hand.iso({20: root, 21: below})))
    assert plain(volume.root) == {"DOWN": None, "DOWN/SELF": None, "DOWN/UP": None}
    assert [note.oddity for note in volume.notes] == [Oddity.LOOP, Oddity.LOOP]


def test_directory_of_4_gib_is_read_to_the_end_of_the_medium(by_hand: Any, medium: Any) -> None:
    image = medium(by_hand.iso({20: by_hand.dots(20, 20)}, root_size=0xFFFFF800))
    assert oddities(read_volume(image)) == {Oddity.OUT_OF_BOUNDS}
    assert image.read < MOST_READ * len(image.data)


def test_directories_that_lie_over_each_other_are_read_within_the_budget(by_hand: Any, medium: Any) -> None:
    """Each of many directories starts a sector behind the one before and goes on to the end of the medium."""
    count = 1500
    names = [by_hand.record(b"D%04d" % number, 30 + number, (count - 30 - number) * SECTOR, 2) for number in range(48)]
    sectors = {20: by_hand.dots(20, 20) + b"".join(names)}
    sectors |= {30 + number: by_hand.dots(30 + number, 20) + b"".join(names[:40]) for number in range(count - 40)}
    image = medium(by_hand.iso(sectors, count))
    volume = read_volume(image)
    assert Oddity.TOO_MUCH in oddities(volume)
    assert image.read < 5 * len(image.data)
    assert sum(1 for _ in volume.root.walk()) < 2 * len(image.data) // 34


def test_chain_of_directories_is_followed_as_deep_as_a_path_may_be(by_hand: Any, medium: Any) -> None:
    count = 3000
    name = b"N" * 30
    chain = {
        20 + number: by_hand.dots(20 + number, 20) + by_hand.record(name, 21 + number, SECTOR, 2)
        for number in range(count - 30)
    }
    volume = read_volume(medium(by_hand.iso(chain, count)))
    assert Oddity.TOO_MUCH in oddities(volume)
    assert 1000 < sum(1 for _ in volume.root.walk()) < 1100


def test_many_files_of_one_name_all_stay(by_hand: Any, medium: Any) -> None:
    records = [by_hand.record(b"SAME.TXT;1", 40, 5)] * 40
    versions = [by_hand.record(b"V.TXT;%d" % number, 40, 5) for number in (2, 1)]
    root = by_hand.dots(20, 20) + b"".join([*versions, *records])
    volume = read_volume(medium(by_hand.iso({20: root})))
    names = [node.name for node in volume.root]
    assert {"SAME.TXT", "SAME.TXT;1", "SAME.TXT~2", "V.TXT", "V.TXT;1"} <= set(names)
    assert len(names) == len(set(names)) == 42
    assert oddities(volume) == {Oddity.DUPLICATE}


@pytest.mark.parametrize(
    ("record", "oddity"),
    [
        pytest.param(b"\x10" + bytes(40), Oddity.MALFORMED, id="too short for a record"),
        pytest.param(b"\xff" + bytes(40), Oddity.MALFORMED, id="an identifier of no length"),
    ],
)
def test_malformed_record_is_told(record: bytes, oddity: Oddity, by_hand: Any, medium: Any) -> None:
    volume = read_volume(medium(by_hand.iso({20: by_hand.dots(20, 20) + record})))
    assert oddities(volume) == {oddity}


def test_names_that_no_tree_can_have_are_changed(by_hand: Any, medium: Any) -> None:
    records = [by_hand.record(name, 40, 0) for name in (b"A/B;1", b"..", b"N\0L", b"\xff\xfe")]
    volume = read_volume(medium(by_hand.iso({20: by_hand.dots(20, 20) + b"".join(records)})))
    assert {node.name for node in volume.root} == {"A_B", "_", "N_L", "\udcff\udcfe"}
    assert oddities(volume) == {Oddity.NAME}


def test_byte_orders_that_differ_are_told_and_the_little_one_counts(by_hand: Any, medium: Any, plain: Any) -> None:
    record = bytearray(by_hand.record(b"FILE.;1", 40, 3))
    record[6:10] = bytes(4)
    volume = read_volume(medium(by_hand.iso({20: by_hand.dots(20, 20) + record, 40: b"abc"})))
    assert plain(volume.root) == {"FILE": b"abc"}
    assert oddities(volume) == {Oddity.INCONSISTENT}


def test_extents_of_a_file_that_never_ends_are_taken_as_they_are(by_hand: Any, medium: Any, plain: Any) -> None:
    first = by_hand.record(b"PART.;1", 40, SECTOR, 0x80)
    root = by_hand.dots(20, 20) + first + by_hand.record(b"REST.;1", 42, 1) + by_hand.record(b"Z.;1", 43, SECTOR, 0x80)
    volume = read_volume(medium(by_hand.iso({20: root, 40: b"p" * SECTOR, 42: b"r", 43: b"z" * SECTOR})))
    assert plain(volume.root) == {"PART": b"p" * SECTOR, "REST": b"r", "Z": b"z" * SECTOR}
    assert oddities(volume) == {Oddity.MALFORMED}


def test_file_beyond_the_medium_is_told_and_cannot_be_read(by_hand: Any, medium: Any) -> None:
    volume = read_volume(medium(by_hand.iso({20: by_hand.dots(20, 20) + by_hand.record(b"F.;1", 63, 5000)})))
    assert oddities(volume) == {Oddity.OUT_OF_BOUNDS}
    file = volume.root["F"]
    assert isinstance(file, File)
    with pytest.raises(SourceError, match="outside of the 64 sectors"):
        file.source.open()


def rock_ridge(by_hand: Any, use: bytes, more: dict[int, bytes] | None = None, count: int = 64) -> bytes:
    root = by_hand.dots(20, 20, by_hand.SP) + by_hand.record(b"F.;1", 40, 1, 0, use)
    image: bytes = by_hand.iso({20: root, **(more or {})}, count)
    return image


def test_continuation_areas_that_lead_in_a_circle_end(by_hand: Any, medium: Any) -> None:
    area = by_hand.field(b"NM", b"\1part") + by_hand.continued(31, 100, 200)
    back = bytes(100) + by_hand.field(b"NM", b"\0rest") + by_hand.continued(30, 0, 200)
    image = rock_ridge(by_hand, by_hand.continued(30, 0, 200), {30: area, 31: back})
    volume = read_volume(medium(image))
    assert volume.view is VolumeView.ROCK_RIDGE
    assert [node.name for node in volume.root] == ["partrest"]
    assert oddities(volume) == {Oddity.LOOP}


@pytest.mark.parametrize(
    ("use", "oddity"),
    [
        pytest.param(("CE", 1 << 31, 0, 200), Oddity.OUT_OF_BOUNDS, id="continuation outside"),
        pytest.param(("CE", 30, 0, 0xFFFFFFFF), Oddity.OUT_OF_BOUNDS, id="continuation of 4 GiB"),
        pytest.param(b"NM\x02\x01name", Oddity.MALFORMED, id="field shorter than its head"),
        pytest.param(b"NM\xf0\x01\0name", Oddity.MALFORMED, id="field longer than its area"),
        pytest.param(b"PX\x08\x01abcd", Oddity.MALFORMED, id="short PX"),
        pytest.param(b"PN\x05\x01a", Oddity.MALFORMED, id="short PN"),
        pytest.param(b"TF\x06\x01\x0f\0", Oddity.MALFORMED, id="short TF"),
        pytest.param(b"CL\x0c\x01" + bytes((9, 9, 9, 0)) * 2, Oddity.MALFORMED, id="child outside"),
        pytest.param(LINK + b"SL\x0a\x01\0\0\3a\0b", Oddity.MALFORMED, id="a link with a zero in it"),
        pytest.param(b"ZF\x10\x01pz" + bytes(10), Oddity.COMPRESSED, id="zisofs"),
    ],
)
def test_odd_system_use_fields_are_told(use: Any, oddity: Oddity, by_hand: Any, medium: Any) -> None:
    area = by_hand.continued(*use[1:]) if isinstance(use, tuple) else use
    volume = read_volume(medium(rock_ridge(by_hand, area)))
    assert oddities(volume) == {oddity}
    assert len(volume.root) == 1


def test_continuation_area_as_long_as_the_medium_is_not_read(by_hand: Any, medium: Any) -> None:
    image = medium(rock_ridge(by_hand, by_hand.continued(30, 0, 2 << 20), count=1200))
    volume = read_volume(image)
    assert oddities(volume) == {Oddity.TOO_MUCH}
    assert len(volume.root) == 1
    assert image.read < 1 << 20


def test_continuation_areas_that_lead_to_and_fro_are_given_up(by_hand: Any, medium: Any) -> None:
    """Each of 200,000 areas of 28 bytes lies far from the one before, so that every one costs another read."""
    count, rounds = 3000, 70
    used = count - 50
    sectors = {lba: bytearray(SECTOR) for lba in range(50, count)}
    places = [(50 + number * 37 % used, 28 * turn) for turn in range(rounds) for number in range(used)]
    for (lba, offset), (following, at) in pairwise(places):
        sectors[lba][offset : offset + 28] = by_hand.continued(following, at, 28)
    filled = {lba: bytes(content) for lba, content in sectors.items()}
    image = medium(rock_ridge(by_hand, by_hand.continued(*places[0], 28), filled, count))
    volume = read_volume(image)
    assert Oddity.TOO_MUCH in oddities(volume)
    assert image.read < 2 * (20 * len(image.data) + (64 << 20))


def test_child_link_to_the_root_ends(by_hand: Any, medium: Any) -> None:
    volume = read_volume(medium(rock_ridge(by_hand, by_hand.field(b"CL", by_hand.both(20)))))
    assert oddities(volume) == {Oddity.LOOP}


def udf_tree(by_hand: Any, entries: dict[int, bytes], names: bytes) -> bytes:
    """A UDF volume whose root holds names in block 2."""
    root = by_hand.file_entry(1, 4, len(names), pack("<II", len(names), 2))
    image: bytes = by_hand.udf({1: root, 2: names, **entries})
    return image


def test_sound_udf_volume_made_by_hand_is_read(by_hand: Any, medium: Any, plain: Any) -> None:
    names = by_hand.identifier("", 1, 0x0A) + by_hand.identifier("file", 3) + by_hand.identifier("gone", 9, 4)
    image = udf_tree(by_hand, {3: by_hand.file_entry(3, 5, 5, pack("<II", 5, 4)), 4: b"hello"}, names)
    volume = read_volume(medium(image))
    assert volume.view is VolumeView.UDF
    assert volume.volume_id == "UDF"
    assert plain(volume.root) == {"file": b"hello"}
    assert volume.notes == ()


def test_udf_directories_that_lead_in_a_circle_end(by_hand: Any, medium: Any) -> None:
    names = by_hand.identifier("down", 3, 2) + by_hand.identifier("self", 1, 2)
    below = by_hand.identifier("up", 1, 2) + by_hand.identifier("down", 3, 2)
    entry = by_hand.file_entry(3, 4, len(below), pack("<II", len(below), 4))
    volume = read_volume(medium(udf_tree(by_hand, {3: entry, 4: below}, names)))
    assert [node.path for node in volume.root.walk()] == ["/down"]
    assert oddities(volume) == {Oddity.LOOP}


def test_allocation_extents_that_lead_in_a_circle_end(by_hand: Any, medium: Any) -> None:
    chained = pack("<IIII", SECTOR, 6, 3 << 30 | SECTOR, 5)
    extent = by_hand.tagged(258, 5, pack("<II", 0, 16)) + chained
    entry = by_hand.file_entry(3, 5, 1 << 40, pack("<II", 3 << 30 | SECTOR, 5))
    volume = read_volume(medium(udf_tree(by_hand, {3: entry, 5: extent}, by_hand.identifier("f", 3))))
    file = volume.root["f"]
    assert isinstance(file, File)
    assert file.size == SECTOR
    assert oddities(volume) == {Oddity.LOOP, Oddity.INCONSISTENT}


def test_indirect_entries_that_lead_in_a_circle_end(by_hand: Any, medium: Any) -> None:
    there = by_hand.tagged(259, 3, bytes(20) + pack("<IIH6s", SECTOR, 4, 0, b""))
    back = by_hand.tagged(259, 4, bytes(20) + pack("<IIH6s", SECTOR, 3, 0, b""))
    volume = read_volume(medium(udf_tree(by_hand, {3: there, 4: back}, by_hand.identifier("f", 3))))
    assert len(volume.root) == 0
    assert oddities(volume) == {Oddity.LOOP, Oddity.MALFORMED}


def test_wrong_crc_is_told_and_a_wrong_checksum_too(by_hand: Any, medium: Any, plain: Any) -> None:
    good = by_hand.file_entry(3, 5, 5, pack("<II", 5, 4))
    for at, wrong in ((8, "its CRC"), (4, "the checksum of its tag")):
        bad = bytearray(good)
        bad[at] ^= 1
        if at == 8:  # the checksum covers the CRC
            bad[4] = (sum(bad[:16]) - bad[4]) & 0xFF
        volume = read_volume(medium(udf_tree(by_hand, {3: bytes(bad), 4: b"hello"}, by_hand.identifier("f", 3))))
        assert plain(volume.root) == {"f": b"hello"}
        assert [note.oddity for note in volume.notes] == [Oddity.CHECKSUM]
        assert wrong in volume.notes[0].detail


def test_entry_with_both_sums_wrong_is_left_out(by_hand: Any, medium: Any) -> None:
    bad = bytearray(by_hand.file_entry(3, 5, 5, pack("<II", 5, 4)))
    bad[100] ^= 1
    bad[4] ^= 1
    volume = read_volume(medium(udf_tree(by_hand, {3: bytes(bad)}, by_hand.identifier("f", 3))))
    assert len(volume.root) == 0
    assert oddities(volume) == {Oddity.MALFORMED}


@pytest.mark.parametrize("lengths", [(0, 0xFFFFFFFF), (0xFFFFFFFF, 8), (0xFFFFFFFF, 0xFFFFFFFF)])
def test_lengths_beyond_the_entry_are_cut(lengths: tuple[int, int], by_hand: Any, medium: Any) -> None:
    whole = by_hand.file_entry(3, 5, 1 << 63, pack("<II", 5, 4))
    body = whole[16:168] + pack("<II", *lengths) + whole[176:]
    entry = by_hand.tagged(261, 3, body)
    volume = read_volume(medium(udf_tree(by_hand, {3: entry}, by_hand.identifier("f", 3))))
    assert {Oddity.INCONSISTENT} <= oddities(volume)
    file = volume.root["f"]
    assert isinstance(file, File)
    assert file.size < len(SECTOR * b"x") * 320


def test_partition_maps_without_number_end(by_hand: Any, medium: Any) -> None:
    image = by_hand.udf({1: by_hand.file_entry(1, 4, 0, b"")}, map_count=0xFFFFFFFF)
    assert len(read_volume(medium(image)).root) == 0


def test_volume_descriptor_pointers_that_lead_in_a_circle_end(by_hand: Any, medium: Any) -> None:
    image = bytearray(by_hand.udf({}))
    pointer = by_hand.tagged(3, 32, pack("<III", 1, 16 * SECTOR, 32).ljust(496, b"\0"))
    image[32 * SECTOR : 32 * SECTOR + len(pointer)] = pointer
    with pytest.raises(VolumeError, match="no file system"):
        read_volume(medium(bytes(image)))


def test_volume_that_says_it_has_no_length_is_the_last_session(by_hand: Any, medium: Any) -> None:
    image = bytearray(by_hand.iso({20: by_hand.dots(20, 20)}))
    image[16 * SECTOR + 80 : 16 * SECTOR + 88] = bytes(8)
    assert last_session(medium(bytes(image)), Notes()) == 0


def test_nothing_at_all_is_no_volume(medium: Any) -> None:
    for count in (1, 16, 17, 300):
        with pytest.raises(VolumeError, match="no file system that can be read"):
            read_volume(medium(bytes(count * SECTOR)))
    assert last_session(medium(bytes(SECTOR)), Notes()) == 0


@pytest.mark.parametrize("size", [512, 1024, 4096])
def test_blocks_of_another_size_than_a_disc_s_are_told(size: int, by_hand: Any, medium: Any) -> None:
    anchor = pack("<HHBBHHHI", 2, 2, 0, 0, 0, 0, 0, 256)  # tag 2 at block 256, ECMA-167 3/10.2
    with pytest.raises(VolumeError, match=f"blocks of {size} bytes; only 2048 can be read"):
        read_volume(medium(by_hand.disc({256 * size // SECTOR: anchor}, 600)))

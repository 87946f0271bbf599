"""Partitions that are not simply blocks in order, in volumes made by hand from UDF 2.60's tables."""

from __future__ import annotations

from struct import pack
from typing import Any

import pytest

from discstack.fs.errors import VolumeError
from discstack.fs.reading.notes import Oddity
from discstack.fs.reading.volume import read_volume

SECTOR, PARTITION, COUNT = 2048, 257, 340
PHYSICAL = pack("<BBHH", 1, 6, 1, 0)


def entity(name: bytes) -> bytes:
    """An entity identifier, ECMA-167 1/7.4."""
    return b"\0" + name.ljust(23, b"\0") + bytes(8)


def map_of(name: bytes, more: bytes) -> bytes:
    """A type 2 partition map, UDF 2.2.8 to 2.2.10."""
    return (pack("<BBH", 2, 64, 0) + entity(name) + pack("<HH", 1, 0) + more).ljust(64, b"\0")


def tree(by_hand: Any) -> dict[int, bytes]:
    """The blocks of a file set with one file: its file set descriptor points to block 1 of partition 1."""
    names = by_hand.identifier("file", 3)
    file_set = bytes(384) + pack("<IIH6s", SECTOR, 1, 1, bytes(6)) + bytes(96)
    names = names[:28] + pack("<H", 1) + names[30:]  # the partition of its entry
    names = by_hand.tagged(257, 0, names[16:])
    return {
        0: by_hand.tagged(256, 0, file_set),
        1: by_hand.file_entry(1, 4, len(names), pack("<II", len(names), 2)),
        2: names,
        3: by_hand.file_entry(3, 5, 5, pack("<IIH6s", 5, 60, 0, bytes(6)), form=1),
    }


def volume(by_hand: Any, blocks: dict[int, bytes], entry: bytes) -> bytes:
    """A volume with the file set in partition 1."""
    image = bytearray(by_hand.udf({60: b"hello", **blocks}, COUNT, PHYSICAL + entry, 2))
    logical = image[33 * SECTOR : 34 * SECTOR]
    length = int.from_bytes(logical[10:12], "little")
    body = bytearray(logical[16 : 16 + length])
    body[248 - 16 + 8 : 248 - 16 + 10] = pack("<H", 1)
    logical = by_hand.tagged(6, 33, bytes(body))
    image[33 * SECTOR : 33 * SECTOR + len(logical)] = logical
    return bytes(image)


@pytest.mark.parametrize("revision", ["1.50", "2.00"])
def test_virtual_partition_leads_every_block_on(revision: str, by_hand: Any, medium: Any, plain: Any) -> None:
    place = {0: 20, 1: 15, 2: 30, 3: 11}
    entries = pack("<6I", *(place.get(block, 0xFFFFFFFF) for block in range(6)))
    if revision == "1.50":
        table, kind = entries + entity(b"*UDF Virtual Alloc Tbl") + pack("<I", 0xFFFFFFFF), 0
    else:
        table, kind = pack("<HH", 152, 0).ljust(152, b"\0") + entries, 248
    last = COUNT - PARTITION - 1
    vat = by_hand.file_entry(last, kind, len(table), pack("<II", len(table), last - 1))
    blocks = {place[block]: data for block, data in tree(by_hand).items()}
    image = volume(by_hand, {**blocks, last - 1: table, last: vat}, map_of(b"*UDF Virtual Partition", b""))
    found = read_volume(medium(image))
    assert plain(found.root) == {"file": b"hello"}
    assert found.notes == ()
    # run-out sectors behind the table, as a drive leaves them
    assert plain(read_volume(medium(image + bytes(150 * SECTOR))).root) == {"file": b"hello"}
    with pytest.raises(Exception, match="no file system"):
        read_volume(medium(image[: -2 * SECTOR]))


def test_virtual_allocation_table_longer_than_the_medium_is_left_out(by_hand: Any, medium: Any) -> None:
    last, size = COUNT - PARTITION - 1, 1 << 20
    vat = by_hand.file_entry(last, 248, size, pack("<II", 1 << 30 | size, 0))  # of zeros that are not recorded
    image = volume(by_hand, {**tree(by_hand), last: vat}, map_of(b"*UDF Virtual Partition", b""))
    with pytest.raises(VolumeError, match=f"{size} bytes, more than one entry for each sector"):
        read_volume(medium(image))


@pytest.mark.parametrize("damaged", [False, True])
def test_metadata_partition_lies_in_its_file_or_in_the_mirror(
    damaged: bool, by_hand: Any, medium: Any, plain: Any
) -> None:
    content = tree(by_hand)
    # blocks 0 and 1 of the metadata partition are at 20, the others at 40; the mirror's are at 50
    pieces = pack("<IIII", 2 * SECTOR, 20, 2 * SECTOR, 40)
    blocks = {
        5: by_hand.file_entry(5, 250, 4 * SECTOR, pieces),
        6: by_hand.file_entry(6, 251, 4 * SECTOR, pack("<II", 4 * SECTOR, 50)),
        20: content[0],
        21: content[1],
        40: content[2],
        41: content[3],
        50: content[0],
        51: content[1],
        52: content[2],
        53: content[3],
    }
    if damaged:
        del blocks[5]
    entry = map_of(b"*UDF Metadata Partition", pack("<IIIIHB", 5, 6, 0xFFFFFFFF, 32, 1, 1))
    found = read_volume(medium(volume(by_hand, blocks, entry)))
    assert plain(found.root) == {"file": b"hello"}
    assert {note.oddity for note in found.notes} == ({Oddity.MALFORMED} if damaged else set())


def test_spared_packets_are_read_where_they_lie(by_hand: Any, medium: Any, plain: Any) -> None:
    """A file of 100 blocks of which two packets of 16 were moved."""
    names = by_hand.identifier("file", 3)
    table = entity(b"*UDF Sparing Table") + pack("<HHI", 3, 0, 1) + pack("<6I", 48, 40, 80, 130, 0xFFFFFFFF, 150)
    data = {block: b"%d" % block for block in range(10, 110)}
    blocks = {
        1: by_hand.file_entry(1, 4, len(names), pack("<II", len(names), 2)),
        2: names,
        3: by_hand.file_entry(3, 5, 100 * SECTOR, pack("<II", 100 * SECTOR, 10)),
        **{block: text for block, text in data.items() if not (48 <= block < 64 or 80 <= block < 96)},
    }
    entry = map_of(b"*UDF Sparable Partition", pack("<HBBIII", 16, 2, 0, SECTOR, 18, 19))
    image = bytearray(by_hand.udf(blocks, 400, entry))
    image[18 * SECTOR : 18 * SECTOR + 16 + len(table)] = by_hand.tagged(0, 18, table)
    for packet, lba in ((48, 40), (80, 130)):
        for number in range(16):
            at = (lba + number) * SECTOR
            image[at : at + SECTOR] = data[packet + number].ljust(SECTOR, b"\0")
    found = read_volume(medium(bytes(image)))
    assert found.notes == ()
    assert plain(found.root) == {"file": b"".join(data[block].ljust(SECTOR, b"\0") for block in range(10, 110))}

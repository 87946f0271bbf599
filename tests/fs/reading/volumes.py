"""Small volumes made by hand from the standards' tables, for the tests to break."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Mapping
from struct import pack

SECTOR = 2048
DIRECTORY = 0x02
ISO_ROOT = 20
PARTITION, FILE_SET, ROOT = 257, 0, 1  # a sector, and two blocks behind it


def disc(sectors: Mapping[int, bytes], count: int) -> bytes:
    """Return `count` sectors with what is given in them."""
    data = bytearray(count * SECTOR)
    for lba, content in sectors.items():
        data[lba * SECTOR : lba * SECTOR + len(content)] = content
    return bytes(data)


def both(value: int) -> bytes:
    return pack("<I", value) + pack(">I", value)


def record(identifier: bytes, lba: int, size: int, flags: int = 0, system_use: bytes = b"") -> bytes:
    """A directory record, ECMA-119 9.1."""
    body = both(lba) + both(size) + bytes((120, 1, 2, 3, 4, 5, 0, flags, 0, 0)) + pack("<H", 1) + pack(">H", 1)
    body += bytes((len(identifier),)) + identifier + bytes(1 - len(identifier) % 2) + system_use
    return bytes((len(body) + 2, 0)) + body


def descriptor(root: bytes, sectors: int) -> bytes:
    """A primary volume descriptor, ECMA-119 8.4."""
    fields = b"\1CD001\1\0" + b" " * 32 + b"VOLUME".ljust(32) + bytes(8) + both(sectors) + bytes(32)
    fields += (pack("<H", 1) + pack(">H", 1)) * 2 + pack("<H", SECTOR) + pack(">H", SECTOR)
    return fields.ljust(156, b"\0") + root


def iso(directories: Mapping[int, bytes], count: int = 64, root_size: int = SECTOR) -> bytes:
    """An image of ISO 9660 with directories of records at some sectors; the root's is at ISO_ROOT."""
    sectors = {16: descriptor(record(b"\0", ISO_ROOT, root_size, DIRECTORY), count), 17: b"\xffCD001\1"}
    return disc({**sectors, **directories}, count)


def dots(lba: int, parent: int, system_use: bytes = b"") -> bytes:
    """The first two records of a directory of one sector."""
    own = record(b"\0", lba, SECTOR, DIRECTORY, system_use)
    return own + record(b"\1", parent, SECTOR, DIRECTORY)


def field(signature: bytes, data: bytes) -> bytes:
    """A System Use field, SUSP 4."""
    return signature + bytes((len(data) + 4, 1)) + data


SP = field(b"SP", b"\xbe\xef\0")


def continued(lba: int, offset: int, length: int) -> bytes:
    return field(b"CE", both(lba) + both(offset) + both(length))


def tagged(identifier: int, location: int, body: bytes) -> bytes:
    """A descriptor behind its tag, ECMA-167 3/7.2."""
    rest = pack("<HHHI", 0, crc_hqx(body, 0), len(body), location)
    checksum = sum(pack("<HHBB", identifier, 2, 0, 0) + rest) & 0xFF
    return pack("<HHBB", identifier, 2, checksum, 0) + rest + body


def file_entry(block: int, kind: int, size: int, descriptors: bytes, form: int = 0, links: int = 1) -> bytes:
    """A File Entry, ECMA-167 4/14.9."""
    icb = pack("<IHHHBB6sH", 0, 4, 0, 1, 0, kind, bytes(6), form)
    stamp = pack("<HhBBBBBBBB", 0x1000, 2020, 1, 2, 3, 4, 5, 0, 0, 0)
    body = icb + pack("<IIIHBBIQQ", 0, 0, 0x7FFF, links, 0, 0, 0, size, 0) + stamp * 3
    body += pack("<I16s32sQII", 1, bytes(16), bytes(32), 0, 0, len(descriptors)) + descriptors
    return tagged(261, block, body)


def identifier(name: str, block: int, characteristics: int = 0) -> bytes:
    """A File Identifier Descriptor, ECMA-167 4/14.4."""
    raw = b"\x08" + name.encode("latin-1") if name else b""
    body = pack("<HBBIIH6sH", 1, characteristics, len(raw), SECTOR, block, 0, bytes(6), 0) + raw
    return tagged(257, 0, body + bytes(-(16 + len(body)) % 4))


def udf(blocks: Mapping[int, bytes], count: int = 320, maps: bytes | None = None, map_count: int = 1) -> bytes:
    """An image of UDF with what is given in the blocks of its one partition; block ROOT is the root's entry."""
    partition_map = pack("<BBHH", 1, 6, 1, 0) if maps is None else maps
    logical = pack("<I64s128sI32s", 1, b"\0OSTA Compressed Unicode", b"\x08UDF".ljust(127, b"\0") + b"\4", SECTOR, b"")
    logical += pack("<IIH6sII", SECTOR, FILE_SET, 0, bytes(6), len(partition_map), map_count) + bytes(32 + 128 + 8)
    descriptors = {
        32: tagged(5, 32, pack("<IHH32s128sIII", 0, 0, 0, b"", b"", 1, PARTITION, count - PARTITION).ljust(496, b"\0")),
        33: tagged(6, 33, logical + partition_map),
        34: tagged(8, 34, bytes(496)),
        256: tagged(2, 256, pack("<IIII", 16 * SECTOR, 32, 0, 0).ljust(496, b"\0")),
    }
    file_set = bytes(384) + pack("<IIH6s", SECTOR, ROOT, 0, bytes(6)) + bytes(96)
    content = {FILE_SET: tagged(256, FILE_SET, file_set), **blocks}
    return disc({**descriptors, **{PARTITION + block: data for block, data in content.items()}}, count)

"""An independent account of ECMA-167's tag and tables, and a small reader that holds a whole image against them."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from struct import unpack_from

import pytest

Laid = Callable[[int, Mapping[int, bytes]], bytes]
Tagged = Callable[[int, int, bytes], bytes]


def crc_of(data: bytes) -> int:
    """ECMA-167 3/7.2.6: x^16 + x^12 + x^5 + 1, most significant bit first, starting at 0."""
    register = 0
    for byte in data:
        for bit in range(7, -1, -1):
            top = register >> 15 ^ byte >> bit & 1
            register = (register << 1 & 0xFFFF) ^ (0x1021 if top else 0)
    return register


def lay(size: int, fields: Mapping[int, bytes]) -> bytes:
    """Put each field at its byte position; all the rest is #00."""
    image = bytearray(size)
    for position, value in fields.items():
        image[position : position + len(value)] = value
    assert len(image) == size
    return bytes(image)


def put_tag(identifier: int, location: int, image: bytes) -> bytes:
    """Fill the first 16 bytes of a descriptor with its tag."""
    body = image[16:]
    tag = bytearray(16)
    tag[0:2] = identifier.to_bytes(2, "little")
    tag[2] = 2
    tag[8:10] = crc_of(body).to_bytes(2, "little")
    tag[10:12] = len(body).to_bytes(2, "little")
    tag[12:16] = location.to_bytes(4, "little")
    tag[4] = sum(tag) % 256
    return bytes(tag) + body


@pytest.fixture(scope="session")
def crc() -> Callable[[bytes], int]:
    return crc_of


@pytest.fixture(scope="session")
def laid() -> Laid:
    return lay


@pytest.fixture(scope="session")
def tagged() -> Tagged:
    return put_tag


@dataclass(frozen=True)
class Entry:
    """What a File Entry says."""

    block: int
    is_directory: bool
    size: int
    links: int
    unique_id: int
    modified: bytes
    extents: list[tuple[int, int]]
    mode: int


class Reader:
    """A small UDF 1.02 reader that trusts nothing: every tag, CRC, length and count is held against the standards."""

    def __init__(self, read: Callable[[int, int], bytes], sectors: int) -> None:
        self.read = read
        self.sectors = sectors
        self.anchor = self.descriptor(256, 2)
        assert self.descriptor(sectors - 1, 2)[16:] == self.anchor[16:]
        self.check_recognition()
        main = self.sequence(*unpack_from("<LL", self.anchor, 16))
        reserve = self.sequence(*unpack_from("<LL", self.anchor, 24))
        assert [d[:2] + d[16:] for d in main] == [d[:2] + d[16:] for d in reserve]
        assert [d[0] for d in main] == [1, 4, 5, 6, 7, 8]
        assert [unpack_from("<L", d, 16)[0] for d in main[:-1]] == [0, 1, 2, 3, 4]
        self.primary, self.lv_info, partition, self.logical, _, _ = main
        self.start, self.length = unpack_from("<LL", partition, 188)
        assert self.start + self.length <= sectors
        integrity_length, integrity = unpack_from("<LL", self.logical, 432)
        assert integrity_length >= 8192
        self.integrity = self.descriptor(integrity, 9)
        assert unpack_from("<L", self.integrity, 28)[0] == 1, "closed"
        assert self.descriptor(integrity + 1, 8)
        assert unpack_from("<LL", self.integrity, 80) == (0, self.length)
        self.next_unique_id = unpack_from("<Q", self.integrity, 40)[0]
        file_set_length, file_set = unpack_from("<LL", self.logical, 248)
        assert file_set_length == 4096
        self.file_set = self.descriptor(self.start + file_set, 256, file_set)
        assert self.descriptor(self.start + file_set + 1, 8, file_set + 1)
        self.paths: dict[str, Entry] = {}
        self.walk()

    def check_recognition(self) -> None:
        sector = 16
        while (identifier := self.read(sector, 1)[1:6]) == b"CD001":
            sector += 1
        assert [self.read(sector + i, 1)[:7] for i in range(3)] == [
            b"\x00" + name + b"\x01" for name in (b"BEA01", b"NSR02", b"TEA01")
        ], identifier
        assert not any(self.read(sector + 3, 1)), "the sequence ends with a sector of zeros"

    def descriptor(self, sector: int, identifier: int, location: int | None = None) -> bytes:
        return check_tag(self.read(sector, 1), identifier, sector if location is None else location)

    def sequence(self, length: int, start: int) -> list[bytes]:
        assert length >= 16 * 2048
        found = []
        for sector in range(start, start + length // 2048):
            data = self.read(sector, 1)
            found.append(check_tag(data, data[0], sector))
            if data[0] == 8:
                return found
        raise AssertionError("no terminating descriptor")

    def walk(self) -> None:
        root = unpack_from("<L", self.file_set, 404)[0]
        names: dict[int, int] = {}
        self.paths["/"] = self.entry(root)
        waiting = [("", root, root)]
        while waiting:
            path, block, parent = waiting.pop()
            for index, (flags, name, icb, unique_id) in enumerate(self.identifiers(self.entry(block))):
                names[icb] = names.get(icb, 0) + 1
                assert self.entry(icb).unique_id == unique_id
                if index == 0:
                    assert (flags, name, icb) == (0x0A, "", parent)
                    continue
                assert name
                entry = self.entry(icb)
                assert entry.is_directory == bool(flags & 2)
                assert f"{path}/{name}" not in self.paths
                self.paths[f"{path}/{name}"] = entry
                if entry.is_directory:
                    waiting.append((f"{path}/{name}", icb, block))
        entries = {entry.block: entry for entry in self.paths.values()}
        assert {block: entry.links for block, entry in entries.items()} == names
        ids = [entry.unique_id for entry in entries.values()]
        assert len(set(ids)) == len(ids)
        assert self.paths["/"].unique_id == 0
        assert all(unique_id == 0 or 16 <= unique_id < self.next_unique_id for unique_id in ids)
        directories = sum(entry.is_directory for entry in self.paths.values())
        assert unpack_from("<LL", self.integrity, 120) == (len(self.paths) - directories, directories)

    def entry(self, block: int) -> Entry:
        raw = self.descriptor(self.start + block, 261, block)
        file_type, flags = raw[27], unpack_from("<H", raw, 34)[0]
        assert file_type in (4, 5)
        assert flags & 7 == 0
        permissions, links = unpack_from("<LH", raw, 44)
        size, blocks = unpack_from("<QQ", raw, 56)
        assert raw[72:84] == raw[84:96] == raw[96:108]
        unique_id, attributes, ads_length = unpack_from("<QLL", raw, 160)
        assert attributes == 0
        extents = list(self.follow(raw[176 : 176 + ads_length]))
        assert sum(length for length, _ in extents) == size
        assert all(length % 2048 == 0 for length, _ in extents[:-1])
        assert sum(-(-length // 2048) for length, _ in extents) == blocks
        assert all(at + -(-length // 2048) <= self.length for length, at in extents)
        mode = permissions & 7 | (permissions >> 5 & 7) << 3 | (permissions >> 10 & 7) << 6
        return Entry(block, file_type == 4, size, links, unique_id, raw[84:96], extents, mode)

    def follow(self, ads: bytes) -> Iterator[tuple[int, int]]:
        for at in range(0, len(ads), 8):
            length, block = unpack_from("<LL", ads, at)
            if length >> 30 == 3:
                extent = self.read(self.start + block, 1)
                check_tag(extent, 258, block)
                yield from self.follow(extent[24 : 24 + unpack_from("<L", extent, 20)[0]])
                return
            assert length >> 30 == 0
            yield length, block

    def content(self, entry: Entry) -> bytes:
        return b"".join(self.read(self.start + block, -(-length // 2048))[:length] for length, block in entry.extents)

    def identifiers(self, directory: Entry) -> Iterator[tuple[int, str, int, int]]:
        data, at = self.content(directory), 0
        base = directory.extents[0][1]
        while at < len(data):
            assert at % 2048 <= 2048 - 16, "a tag lies across a block boundary"
            size, use = data[at + 19], unpack_from("<H", data, at + 36)[0]
            length = 38 + use + size + 3 & ~3
            raw = check_tag(data[at : at + length], 257, base + at // 2048)
            assert len(raw) == length
            icb_length, icb = unpack_from("<LL", raw, 20)
            assert icb_length == 2048
            name = raw[38 + use : 38 + use + size]
            codec = {b"\x08": "latin-1", b"\x10": "utf-16-be", b"": "ascii"}[name[:1]]
            yield raw[18], name[1:].decode(codec), icb, unpack_from("<L", raw, 32)[0]
            at += length


def check_tag(data: bytes, identifier: int, location: int) -> bytes:
    """Hold a tag against the bytes behind it; return the descriptor as far as its CRC goes, or all of it."""
    found, version = unpack_from("<HH", data)
    crc, length, where = unpack_from("<HHL", data, 8)
    assert (found, version, where) == (identifier, 2, location)
    assert data[4] == (sum(data[:4]) + sum(data[5:16])) % 256
    assert crc == crc_hqx(data[16 : 16 + length], 0)
    return data


@pytest.fixture(scope="session")
def reader() -> type[Reader]:
    return Reader

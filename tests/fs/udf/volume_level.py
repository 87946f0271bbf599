"""The volume level of the verifier of UDF volumes, and what all of it needs: addresses, tags, texts and times."""

from __future__ import annotations

import struct
from binascii import crc_hqx
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from struct import unpack_from

BLOCK = 2048
NOT_KNOWN = 0xFFFFFFFF
CHARSPEC = b"\0OSTA Compressed Unicode".ljust(64, b"\0")
REVISIONS = {  # of the domain: (of tags, standard, oldest that reads it)
    0x0102: (2, b"NSR02", 0x0102),
    0x0150: (2, b"NSR02", 0x0150),
    0x0200: (3, b"NSR03", 0x0200),
    0x0201: (3, b"NSR03", 0x0201),
    0x0250: (3, b"NSR03", 0x0250),
    0x0260: (3, b"NSR03", 0x0250),
}
DIRECTORY, REGULAR, SYMLINK = 4, 5, 12
DEVICES = {6: "block device", 7: "character device"}
KINDS = {DIRECTORY: "directory", REGULAR: "file", 9: "fifo", 10: "socket", SYMLINK: "link", **DEVICES}
VAT, METADATA, MIRROR = 248, 250, 251
SHORT, LONG, EMBEDDED = 0, 1, 3


@dataclass
class Entry:
    """What a File Entry or Extended File Entry says."""

    place: tuple[int, int]  # partition and block of the entry
    file_type: int
    flags: int
    uid: int
    gid: int
    permissions: int
    links: int
    size: int
    times: list[bytes]
    unique_id: int
    attributes: dict[int, bytes]
    extents: list[tuple[int, int, int]]  # length, partition, block
    embedded: bytes | None
    names: list[tuple[str, int]] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return KINDS[self.file_type]

    @property
    def is_directory(self) -> bool:
        return self.file_type == DIRECTORY

    @property
    def mode(self) -> int:
        p = self.permissions
        special = (self.flags >> 6 & 1) << 11 | (self.flags >> 7 & 1) << 10 | (self.flags >> 8 & 1) << 9
        return special | p & 7 | (p >> 5 & 7) << 3 | (p >> 10 & 7) << 6

    @property
    def modified(self) -> bytes:
        return self.times[1]


class VolumeLevel:
    """Verifies all up to the file set. Entries of files, which some of that has too, are the business of a subclass."""

    def __init__(self, read: Callable[[int, int], bytes], sectors: int) -> None:
        self.read, self.sectors = read, sectors
        self.used: dict[int, str] = {}
        self.version = 3 if self.recognition() == b"NSR03" else 2
        self.anchors()
        self.volume_descriptors()
        self.partition_maps()
        self.integrity_descriptor()
        self.file_set_descriptor()

    def entry(self, partition: int, block: int) -> Entry:
        raise NotImplementedError

    def content(self, entry: Entry) -> bytes:
        if entry.embedded is not None:
            return entry.embedded
        parts = []
        for length, partition, block in entry.extents:
            parts.append(self.read(self.sector(partition, block), -(-length // BLOCK))[:length])
        return b"".join(parts)

    def recognition(self) -> bytes:
        sector = 16
        while (first := self.read(sector, 1))[1:6] in (b"CD001", b"BOOT2"):
            sector += 1
        assert first == b"\0BEA01\1" + bytes(2041), first[:8]
        standard = self.read(sector + 1, 1)
        assert standard[1:6] in (b"NSR02", b"NSR03")
        assert standard == b"\0" + standard[1:6] + b"\1" + bytes(2041)
        assert self.read(sector + 2, 1) == b"\0TEA01\1" + bytes(2041)
        assert not any(self.read(sector + 3, 1)), "the sequence ends with a sector of zeros"
        return standard[1:6]

    def anchors(self) -> None:
        found = {}
        for sector in (256, self.sectors - 257, self.sectors - 1):
            data = self.read(sector, 1)
            if unpack_from("<H", data)[0] == 2 and unpack_from("<L", data, 12)[0] == sector:
                found[sector] = self.tag(data, 2, sector, 512)
        assert len(found) >= 2, f"anchors only at {list(found)}"
        assert 256 in found
        assert len({anchor[16:] for anchor in found.values()}) == 1
        self.anchor = found[256]
        assert not any(self.anchor[32:])
        self.anchor_sectors = list(found)

    def volume_descriptors(self) -> None:
        main = self.sequence(*unpack_from("<LL", self.anchor, 16))
        reserve = self.sequence(*unpack_from("<LL", self.anchor, 24))
        assert [d[:2] + d[16:] for d in main] == [d[:2] + d[16:] for d in reserve], "main and reserve sequences differ"
        assert [d[0] for d in main] == [1, 4, 5, 6, 7, 8]
        assert [unpack_from("<L", d, 16)[0] for d in main[:-1]] == [0, 1, 2, 3, 4]
        self.primary, self.lv_info, self.partition, self.logical, unallocated, terminator = main
        assert unpack_from("<L", unallocated, 20)[0] == 0
        assert not any(terminator[16:512])
        self.domain(self.logical, 216)
        self.check_primary()
        self.check_lv_info()
        assert self.logical[20:84] == CHARSPEC
        assert unpack_from("<L", self.logical, 212)[0] == BLOCK
        self.dstring(self.logical[84:212])
        self.implementation(self.logical, 272)
        self.check_partition()

    def check_primary(self) -> None:
        p = self.primary
        self.dstring(p[24:56])
        assert unpack_from("<LHHHH", p, 20)[:1] + unpack_from("<HHHHLL", p, 56) == (0, 1, 1, 2, 3, 1, 1)
        volume_set = self.dstring(p[72:200])
        assert all(c in "0123456789abcdef" for c in volume_set[:16]), "a unique volume set identifier starts with hex"
        assert len(volume_set) > 16
        assert p[200:264] == p[264:328] == CHARSPEC
        assert not any(p[328:376]), "abstract, copyright, application identifier"
        self.recorded = self.time(p[376:388])
        self.implementation(p, 388)
        assert not any(p[420:488])
        assert p[488:490] == b"\1\0"
        assert not any(p[490:512])

    def check_lv_info(self) -> None:
        d = self.lv_info
        self.udf_id(d[20:52], b"*UDF LV Info")
        assert d[52:116] == CHARSPEC
        assert d[116:244] == self.logical[84:212]
        assert not any(d[244:352]), "LV info 1 to 3"
        self.implementation(d, 352)

    def check_partition(self) -> None:
        p = self.partition
        flags, number = unpack_from("<HH", p, 20)
        assert (flags, number) == (1, 0)
        assert p[24:56] == b"\0+" + REVISIONS[self.revision][1] + bytes(25)
        assert not any(p[56:184]), "no space tables"
        self.access, self.start, self.length = unpack_from("<LLL", p, 184)
        assert self.start + self.length <= self.sectors
        assert self.start > 256
        self.implementation(p, 196)
        assert not any(p[228:512])

    def partition_maps(self) -> None:
        length, count = unpack_from("<LL", self.logical, 264)
        table = self.logical[440 : 440 + length]
        assert table[:6] == b"\1\6\1\0\0\0", "partition 0 is the one of this volume"
        self.metadata: list[tuple[int, int]] = []  # extents: length, block
        self.table: list[int] | None = None
        self.partitions = count
        if count == 1:
            assert length == 6
            assert self.revision < 0x0250, "read-only volumes of 2.50 have a metadata partition"
            assert self.access == 1
            return
        assert (count, length) == (2, 70)
        kind, size = table[6], table[7]
        assert (kind, size, table[8:10]) == (2, 64, b"\0\0")
        assert table[42:46] == b"\1\0\0\0", "volume sequence number and partition number"
        identifier = table[10:42]
        if identifier[1:24].rstrip(b"\0") == b"*UDF Virtual Partition":
            self.udf_id(identifier, b"*UDF Virtual Partition")
            assert not any(table[46:])
            assert self.access == 2, "a virtual partition lies over one that is written once"
            self.virtual_partition()
        else:
            self.udf_id(identifier, b"*UDF Metadata Partition")
            assert self.revision >= 0x0250
            assert self.access == 1
            self.metadata_partition(table)

    def metadata_partition(self, table: bytes) -> None:
        main, mirror, bitmap, unit, alignment, flags = unpack_from("<LLLLHB", table, 46)
        assert not any(table[65:70])
        assert bitmap == NOT_KNOWN, "a read-only partition needs no bitmap"
        assert unit % 32 == 0, "allocation units are some error correction blocks"
        assert flags == 1, "the mirror has blocks of its own"
        assert self.start % alignment == 0
        copies, all_extents = [], []
        for location, file_type in ((main, METADATA), (mirror, MIRROR)):
            entry = self.entry(0, location)
            assert (entry.file_type, entry.flags & 7) == (file_type, SHORT)
            assert (entry.links, entry.unique_id) == (0, 0)
            assert entry.size % (unit * BLOCK) == 0
            extents = [(size, block) for size, partition, block in entry.extents]
            for size, block in extents:
                assert size % (unit * BLOCK) == 0
                assert block % alignment == 0
            copies.append(b"".join(self.read(self.start + at, size // BLOCK) for size, at in extents))
            all_extents.append(extents)
            self.claim(0, location, 1, "metadata file entry")
            for size, block in extents:
                self.claim(0, block, size // BLOCK, f"metadata file {file_type}")
        assert copies[0] == copies[1], "the metadata file and its mirror differ"
        assert abs(main - mirror) > 32
        self.metadata = all_extents[0]
        self.metadata_blocks = len(copies[0]) // BLOCK

    def virtual_partition(self) -> None:
        block = self.sectors - 1 - self.start
        entry = self.entry(0, block)
        assert (entry.links, entry.unique_id) == (0, 0)
        assert self.start + self.length == self.sectors, "the table's entry is the last block of partition and image"
        self.claim(0, block, 1, "entry of the virtual allocation table")
        data = self.content(entry)
        for size, partition, at in entry.extents:
            self.claim(partition, at, -(-size // BLOCK), "virtual allocation table")
        files_and_directories = unpack_from("<LL", self.vat_facts(entry, data))
        self.vat_counts = files_and_directories
        first, last = (152, len(data)) if self.version == 3 else (0, len(data) - 36)
        self.table = [entry for (entry,) in struct.iter_unpack("<L", data[first:last])]
        assert self.sectors - 257 in self.anchor_sectors

    def vat_facts(self, entry: Entry, data: bytes) -> bytes:
        """Check what stands around the entries of a table; give the bytes from its numbers of files on."""
        if self.version == 3:
            assert entry.file_type == VAT
            header, use = unpack_from("<HH", data)
            assert (header, use) == (152, 0)
            assert data[4:132] == self.logical[84:212]
            assert unpack_from("<L", data, 132)[0] == NOT_KNOWN, "no earlier table"
            read, write, most = unpack_from("<HHH", data, 144)
            assert (read, write <= most, most) == (REVISIONS[self.revision][2], True, self.revision)
            assert data[150:152] == b"\0\0"
            return data[136:144]
        assert entry.file_type == 0
        self.udf_id(data[-36:-4], b"*UDF Virtual Alloc Tbl")
        assert data[-4:] == b"\xff" * 4
        attribute = entry.attributes[2048]
        size = unpack_from("<L", attribute, 12)[0]
        self.udf_id(attribute[16:48], b"*UDF VAT LVExtension")
        use = attribute[48 : 48 + size]
        assert size == 146
        assert unpack_from("<HQ", use) == (sum(attribute[:48]) & 0xFFFF, entry.unique_id)
        assert use[18:146] == self.logical[84:212]
        return use[10:18]

    def integrity_descriptor(self) -> None:
        length, sector = unpack_from("<LL", self.logical, 432)
        assert length >= 8192
        partitions = self.partitions
        d = self.tag(self.read(sector, 1), 9, sector, 80 + 8 * partitions + 46)
        self.terminator(self.read(sector + 1, 1), sector + 1)
        assert sector + 2 <= 256
        self.written = self.time(d[16:28])
        assert unpack_from("<L", d, 28)[0] == (1 if self.table is None else 0), "closed, but open with a table"
        assert not any(d[32:40]), "no next extent"
        self.next_unique_id = unpack_from("<Q", d, 40)[0]
        assert not any(d[48:72])
        assert unpack_from("<LL", d, 72) == (partitions, 46)
        free = unpack_from(f"<{partitions}L", d, 80)
        sizes = unpack_from(f"<{partitions}L", d, 80 + 4 * partitions)
        if partitions == 1:
            assert (free, sizes) == ((0,), (self.length,))
        elif self.table is not None:
            assert (free, sizes) == ((0, NOT_KNOWN), (self.length, NOT_KNOWN))
        else:
            assert (free, sizes) == ((0, 0), (self.length, self.metadata_blocks))
        use = d[80 + 8 * partitions :]
        self.implementation(use, 0)
        self.counts = unpack_from("<LL", use, 32)
        read, write, most = unpack_from("<HHH", use, 40)
        assert (read, most) == (REVISIONS[self.revision][2], self.revision)
        assert read <= write <= most
        self.integrity = d

    def file_set_descriptor(self) -> None:
        length, block, partition, _, use = unpack_from("<LLHHL", self.logical, 248)
        assert (length, use) == (4096, 0)
        assert partition == self.partitions - 1
        fsd = self.tag(self.block(partition, block), 256, block, 512)
        self.terminator(self.block(partition, block + 1), block + 1)
        self.claim(partition, block, 2, "file set")
        self.time(fsd[16:28])
        assert unpack_from("<HHLLLL", fsd, 28) == (3, 3, 1, 1, 0, 0)
        assert fsd[48:112] == fsd[240:304] == CHARSPEC
        assert fsd[112:240] == self.logical[84:212]
        self.dstring(fsd[304:336])
        assert not any(fsd[336:400])
        self.domain(fsd, 416)
        assert not any(fsd[448:512]), "no next extent, no system stream directory"
        self.file_set = fsd

    def sector(self, partition: int, block: int) -> int:
        """Give the sector of a block of a partition."""
        if partition == 0:
            assert block < self.length
            return self.start + block
        assert partition == 1 < self.partitions
        if self.table is not None:
            return self.sector(0, self.table[block])
        for size, at in self.metadata:
            if block < size // BLOCK:
                return self.start + at + block
            block -= size // BLOCK
        raise AssertionError("a block behind the metadata file")

    def block(self, partition: int, block: int) -> bytes:
        return self.read(self.sector(partition, block), 1)

    def claim(self, partition: int, block: int, count: int, what: str) -> None:
        """Note that something owns some blocks; what a metadata file holds owns them once more."""
        for number in range(block, block + count):
            sector = self.sector(partition, number)
            owner = self.used.get(sector)
            assert owner is None or (partition == 1 and owner.startswith("metadata file ")), (sector, owner, what)
            self.used[sector] = what

    def sequence(self, length: int, start: int) -> list[bytes]:
        assert length >= 16 * BLOCK
        sizes = {1: 512, 4: 512, 5: 512, 7: 24, 8: 512}
        found = []
        for sector in range(start, start + length // BLOCK):
            data = self.read(sector, 1)
            size = sizes.get(data[0]) or 440 + unpack_from("<L", data, 264)[0]
            found.append(self.tag(data, data[0], sector, size))
            assert not any(data[size:])
            if data[0] == 8:
                return found
        raise AssertionError("no terminating descriptor")

    def terminator(self, data: bytes, location: int) -> None:
        assert not any(self.tag(data, 8, location, 512)[16:])
        assert not any(data[512:])

    def tag(self, data: bytes, identifier: int, location: int, size: int) -> bytes:
        """Hold a tag against the `size` bytes of its descriptor, and return these."""
        found, version, checksum, reserved, serial, crc, length, where = unpack_from("<HHBBHHHL", data)
        assert (found, version, reserved, serial, where) == (identifier, self.version, 0, 0, location)
        assert checksum == (sum(data[:4]) + sum(data[5:16])) % 256
        assert length == size - 16, "the CRC is that of the whole descriptor"
        assert len(data) >= size
        assert crc == crc_hqx(data[16:size], 0)
        return data[:size]

    def domain(self, data: bytes, at: int) -> None:
        revision = unpack_from("<H", data, at + 24)[0]
        assert data[at : at + 32] == b"\0*OSTA UDF Compliant".ljust(24, b"\0") + data[at + 24 : at + 26] + bytes(6)
        assert REVISIONS[revision][0] == self.version
        assert revision == getattr(self, "revision", revision)
        self.revision = revision

    def udf_id(self, regid: bytes, identifier: bytes) -> None:
        suffix = self.revision.to_bytes(2, "little") + bytes(6)
        assert regid == b"\0" + identifier.ljust(23, b"\0") + suffix

    def implementation(self, data: bytes, at: int) -> None:
        assert data[at] == 0
        assert data[at + 1 : at + 2] == b"*"
        assert not any(data[at + 24 : at + 32]), "no system is named, and no version"
        name = data[at + 1 : at + 24].rstrip(b"\0")
        assert name.isascii()
        assert b"\0" not in name

    def dstring(self, data: bytes) -> str:
        used = data[-1]
        assert used < len(data)
        assert used != 1
        assert not any(data[used:-1])
        return self.text(data[:used])

    @staticmethod
    def text(data: bytes) -> str:
        if not data:
            return ""
        assert len(data) > 1
        if data[0] == 8:
            return data[1:].decode("latin-1")
        assert data[0] == 16
        text = data[1:].decode("utf-16-be")
        assert not set("\ufeff\ufffe") & set(text)
        assert any(c > "\xff" for c in text), "16 bits are not needed"
        return text

    @staticmethod
    def time(data: bytes) -> datetime:
        zone, year, month, day, hour, minute, second, centi, hundreds, micro = unpack_from("<HhBBBBBBBB", data)
        assert zone == 0x1000, "type 1, offset 0"
        assert max(centi, hundreds, micro) < 100
        return datetime(year, month, day, hour, minute, second, centi * 10000 + hundreds * 100 + micro)

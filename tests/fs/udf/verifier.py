"""A verifier of UDF volumes that trusts nothing and knows nothing of the writer.

Written from ECMA-167 and OSTA UDF 1.02 to 2.60: every tag, CRC, length, count, pointer, identifier and time of a volume
is held against them, and no two things may claim the same block. What it found is left in `paths`.
"""

from __future__ import annotations

import struct
from binascii import crc_hqx
from bisect import bisect_left
from collections.abc import Callable, Iterator
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


class Volume:
    """A whole volume, verified while it is constructed."""

    def __init__(self, read: Callable[[int, int], bytes], sectors: int) -> None:
        self.read, self.sectors = read, sectors
        self.used: dict[int, str] = {}
        self.version = 3 if self.recognition() == b"NSR03" else 2
        self.anchors()
        self.volume_descriptors()
        self.partition_maps()
        self.integrity_descriptor()
        self.file_set_descriptor()
        self.paths: dict[str, Entry] = {}
        self.entries: dict[tuple[int, int], Entry] = {}
        self.walk()
        self.check_ids()
        self.check_counts()
        self.check_data()

    # -- the volume ----------------------------------------------------------------------------------------------------

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

    # -- files and directories -----------------------------------------------------------------------------------------

    def walk(self) -> None:
        length, block, partition, flags, use = unpack_from("<LLHHL", self.file_set, 400)
        assert (length, flags, use) == (BLOCK, 0, 0)
        assert partition == self.partitions - 1
        root = self.paths["/"] = self.known(partition, block)
        waiting = [("", root, root)]
        while waiting:
            path, directory, parent = waiting.pop()
            seen: set[str] = set()
            for index, (flags, name, place, unique_id) in enumerate(self.identifiers(directory)):
                entry = self.known(*place)
                if index == 0:
                    assert (flags, name, entry) == (0x0A, "", parent), "the first names the parent"
                    assert unique_id == parent.unique_id & 0xFFFFFFFF
                    entry.names.append((f"{path}/..", unique_id))
                    continue
                assert flags in (0, 2)
                assert name
                assert name not in seen, f"{path}/{name} is there twice"
                seen.add(name)
                assert entry.is_directory == bool(flags & 2)
                assert not (entry.is_directory and f"{path}/{name}" in self.paths)
                self.paths[f"{path}/{name}"] = entry
                entry.names.append((f"{path}/{name}", unique_id))
                if entry.is_directory:
                    waiting.append((f"{path}/{name}", entry, directory))

    def known(self, partition: int, block: int) -> Entry:
        if (partition, block) not in self.entries:
            assert partition == self.partitions - 1, "entries lie in the last partition"
            entry = self.entries[partition, block] = self.entry(partition, block)
            assert entry.file_type in KINDS
            self.claim(partition, block, 1, "file entry")
        return self.entries[partition, block]

    def entry(self, partition: int, block: int) -> Entry:
        raw = self.block(partition, block)
        extended = self.version == 3
        base = 216 if extended else 176
        attributes_length, tail_length = unpack_from("<LL", raw, base - 8)
        length = base + attributes_length + tail_length
        assert length <= BLOCK
        raw = self.tag(raw, 266 if extended else 261, block, length)
        prior, strategy, parameter, most, reserved, file_type = unpack_from("<LHHHBB", raw, 16)
        assert (prior, strategy, parameter, most, reserved) == (0, 4, 0, 1, 0)
        assert not any(raw[28:34]), "no parent ICB"
        flags = unpack_from("<H", raw, 34)[0]
        assert flags & 0xFE18 == 0, "not sorted, relocatable, not contiguous, not transformed, no stream"
        uid, gid, permissions, links = unpack_from("<LLLH", raw, 36)
        assert permissions >> 15 == 0
        assert not any(raw[50:56]), "no record format"
        size = unpack_from("<Q", raw, 56)[0]
        at = 64
        if extended:
            assert unpack_from("<Q", raw, at)[0] == size, "the object's size is that of its only stream"
            at += 8
        recorded = unpack_from("<Q", raw, at)[0]
        times = [raw[at + 8 + 12 * i : at + 20 + 12 * i] for i in range(4 if extended else 3)]
        at += 8 + 12 * len(times)
        for time in times:
            assert self.time(time) <= getattr(self, "written", datetime.max), "later than the integrity descriptor"
        assert unpack_from("<L", raw, at)[0] == 1, "checkpoint"
        assert not any(raw[at + 4 : base - 48]), "no ICBs of attributes or streams"
        self.implementation(raw, base - 48)
        unique_id = unpack_from("<Q", raw, base - 16)[0]
        attributes = self.attributes(raw[base : base + attributes_length], block)
        tail = raw[base + attributes_length : length]
        extents, embedded = [], None
        if flags & 7 == EMBEDDED:
            embedded = tail
            assert (len(tail), recorded) == (size, 0)
        else:
            assert flags & 7 in (SHORT, LONG)
            extents = list(self.follow(tail, flags & 7, partition))
            assert sum(length for length, *_ in extents) == size
            assert all(length % BLOCK == 0 for length, *_ in extents[:-1])
            assert sum(-(-length // BLOCK) for length, *_ in extents) == recorded
        return Entry(
            *((partition, block), file_type, flags, uid, gid, permissions, links, size, times, unique_id, attributes),
            *(extents, embedded),
        )

    def attributes(self, space: bytes, block: int) -> dict[int, bytes]:
        """Check a space of extended attributes; give each by its type."""
        if not space:
            return {}
        assert len(space) % 4 == 0
        self.tag(space[:24], 262, block, 24)
        implementation, application = unpack_from("<LL", space, 16)
        absent = NOT_KNOWN if self.version == 3 else len(space)
        assert application == absent
        found, at = {}, 24
        while at < len(space):
            kind, subtype, reserved = unpack_from("<LB3s", space, at)
            length = unpack_from("<L", space, at + 8)[0]
            assert (subtype, reserved) == (1, b"\0\0\0")
            assert length % 4 == 0
            assert at + length <= len(space)
            assert kind not in found
            if kind == 2048:
                assert at == implementation
            found[kind] = space[at : at + length]
            at += length
        assert at == len(space)
        assert implementation == absent or 2048 in found
        return found

    def follow(self, ads: bytes, form: int, own: int) -> Iterator[tuple[int, int, int]]:
        size = 16 if form == LONG else 8
        assert len(ads) % size == 0
        for at in range(0, len(ads), size):
            length, block = unpack_from("<LL", ads, at)
            partition = own
            if form == LONG:
                partition, use = unpack_from("<H6s", ads, at + 8)
                assert use == bytes(6)
            kind, length = length >> 30, length & 0x3FFFFFFF
            if kind == 3:
                assert at + size == len(ads)
                assert length == BLOCK
                extent = self.tag(self.block(partition, block), 258, block, 24)
                self.claim(partition, block, 1, "allocation extent")
                previous, more = unpack_from("<LL", extent, 16)
                assert previous == 0
                assert 24 + more <= BLOCK
                yield from self.follow(self.block(partition, block)[24 : 24 + more], form, own)
                return
            assert kind == 0
            assert length, "an extent of nothing"
            yield length, partition, block

    def identifiers(self, directory: Entry) -> Iterator[tuple[int, str, tuple[int, int], int]]:
        data, at = self.content(directory), 0
        base = directory.place[1] if directory.embedded is not None else directory.extents[0][2]
        if directory.embedded is None:
            assert directory.extents[0][1] == (1 if self.metadata else 0), "where directories lie"
        assert unpack_from("<LH", data, 24)[1] == self.partitions - 1
        while at < len(data):
            assert at % BLOCK <= BLOCK - 16, "a tag lies across a block boundary"
            size, use = data[at + 19], unpack_from("<H", data, at + 36)[0]
            length = 38 + use + size + 3 & ~3
            raw = self.tag(data[at : at + length], 257, base + at // BLOCK, length)
            assert unpack_from("<H", raw, 16)[0] == 1, "file version number"
            icb_length, icb, partition, flags, unique_id = unpack_from("<LLHHL", raw, 20)
            assert (icb_length, flags) == (BLOCK, 0)
            assert use in (0, 32)
            if use:
                self.implementation(raw, 38)
            assert not any(raw[38 + use + size :])
            yield raw[18], self.text(raw[38 + use : 38 + use + size]), (partition, icb), unique_id
            at += length
        assert at == len(data) == directory.size

    # -- what must agree -----------------------------------------------------------------------------------------------

    def check_ids(self) -> None:
        root = self.paths["/"]
        ids = [entry.unique_id for entry in self.entries.values()]
        assert len(set(ids)) == len(ids)
        assert root.unique_id == 0
        assert all(16 <= entry.unique_id < self.next_unique_id for entry in self.entries.values() if entry is not root)
        used: set[int] = set()
        for entry in self.entries.values():
            names = [unique_id for path, unique_id in entry.names if not path.endswith("/..")]
            if self.version == 2:
                assert set(names) <= {entry.unique_id}
                continue
            assert entry is root or entry.unique_id in names, "the first name has the id of the entry"
            assert len(set(names)) == len(names)
            assert not used & set(names), "each name has an id of its own"
            used |= set(names)
            assert all(16 <= unique_id < self.next_unique_id for unique_id in names)

    def check_counts(self) -> None:
        for entry in self.entries.values():
            assert entry.links == len(entry.names), entry.names
        directories = sum(entry.is_directory for entry in self.paths.values())
        assert self.counts == (len(self.paths) - directories, directories)
        if self.table is not None:
            assert self.vat_counts == self.counts
            places = {block for _, block in self.entries}
            assert places | {0, 1} == set(range(len(self.table))), "each virtual block is used"
            assert len(set(self.table)) == len(self.table)

    def check_data(self) -> None:
        """No two things own a block; files may share all of an extent."""
        extents: dict[int, int] = {}
        for entry in self.entries.values():
            for length, partition, block in entry.extents:
                if not entry.is_directory:
                    assert partition == 0, "data lies in partition 0"
                sector, blocks = self.sector(partition, block), -(-length // BLOCK)
                self.sector(partition, block + blocks - 1)
                if entry.is_directory:
                    self.claim(partition, block, blocks, "directory")
                    continue
                assert extents.setdefault(sector, blocks) == blocks
        end = 0
        claimed = sorted(self.used)
        for sector, blocks in sorted(extents.items()):
            assert sector >= end
            end = sector + blocks
            assert end <= self.start + self.length
            assert bisect_left(claimed, sector) == bisect_left(claimed, end), f"data from sector {sector} on"
        assert all((entry.file_type in DEVICES) == (12 in entry.attributes) for entry in self.entries.values())

    def device(self, entry: Entry) -> tuple[int, int]:
        """Give what a device node stands for."""
        attribute = entry.attributes[12]
        assert unpack_from("<L", attribute, 12)[0] == 32
        self.implementation(attribute, 24)
        major, minor = unpack_from("<LL", attribute, 16)
        return major, minor

    def created(self, entry: Entry) -> bytes | None:
        """Give when something was created, if anything says so."""
        if self.version == 3:
            return entry.times[2]
        attribute = entry.attributes.get(5)
        if attribute is None:
            return None
        assert unpack_from("<LLL", attribute, 8) == (32, 12, 1)
        self.time(attribute[20:32])
        return attribute[20:32]

    def target(self, entry: Entry) -> str:
        """Give what a symbolic link points to."""
        data, at, parts = self.content(entry), 0, []
        while at < len(data):
            kind, size, version = unpack_from("<BBH", data, at)
            identifier = data[at + 4 : at + 4 + size]
            assert version == 0
            assert (kind == 5) == bool(size)
            parts.append({2: "", 3: "..", 4: ".", 5: self.text(identifier)}[kind])
            assert kind != 2 or at == 0
            at += 4 + size
        assert at == len(data)
        return "/" if parts == [""] else "/".join(parts)

    # -- small things --------------------------------------------------------------------------------------------------

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

    def content(self, entry: Entry) -> bytes:
        if entry.embedded is not None:
            return entry.embedded
        parts = []
        for length, partition, block in entry.extents:
            parts.append(self.read(self.sector(partition, block), -(-length // BLOCK))[:length])
        return b"".join(parts)

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

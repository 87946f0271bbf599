"""A verifier of UDF volumes that trusts nothing and knows nothing of the writer.

Written from ECMA-167 and OSTA UDF 1.02 to 2.60: every tag, CRC, length, count, pointer, identifier and time of a volume
is held against them, and no two things may claim the same block. What it found is left in `paths`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import datetime
from struct import unpack_from

from udf_volume_level import BLOCK, DEVICES, EMBEDDED, KINDS, LONG, NOT_KNOWN, SHORT, Entry, VolumeLevel


class Volume(VolumeLevel):
    """A whole volume, verified while it is constructed."""

    def __init__(self, read: Callable[[int, int], bytes], sectors: int) -> None:
        super().__init__(read, sectors)
        self.paths: dict[str, Entry] = {}
        self.entries: dict[tuple[int, int], Entry] = {}
        self.walk()
        self.check_ids()
        self.check_counts()
        self.check_data()

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

"""Rock Ridge in the directories of ISO 9660: the system use areas of their records.

Nearly all records are alike, so those of a directory are made together: the attributes, which many files share, are
looked up, and only serial number, time and name differ. What is not alike is made entry by entry; a test holds both
ways to the same bytes.
"""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Sequence
from struct import Struct
from typing import Final, TypeAlias

from discstack.fs.attributes import Attributes
from discstack.fs.dates import DATE_SIZE, EARLIEST, LATEST
from discstack.fs.errors import LayoutError
from discstack.fs.items import DirectoryItem, FileItem, HardLinks, ScatteredItem, SpecialItem
from discstack.fs.options import RRIP_1_10, RRIP_1_12, RockRidge
from discstack.fs.relocation import MovedDirectory
from discstack.fs.rrip import (
    IEEE_P1282,
    MAX_NAME,
    MODIFY,
    NAME_HEAD,
    RRIP_1991A,
    alternate_name,
    device_number,
    posix_attributes,
    present,
    symbolic_link,
    time_stamps,
)
from discstack.fs.susp import SHARING_PROTOCOL

AnyItem: TypeAlias = FileItem | SpecialItem | DirectoryItem | MovedDirectory
VERSIONS: Final = (RRIP_1_10, RRIP_1_12)
_TYPES: Final[dict[type, int]] = {
    FileItem: stat.S_IFREG,
    ScatteredItem: stat.S_IFREG,
    DirectoryItem: stat.S_IFDIR,
}
_LSB: Final = Struct("<I").pack
_MSB: Final = Struct(">I").pack
_MODIFY_HEAD: Final = b"TF" + bytes((12, 1, MODIFY))
_NAME_HEADS: Final = [b"NM" + bytes((NAME_HEAD + length, 1, 0)) for length in range(MAX_NAME + 1)]
_SERIAL_SIZE: Final = 8


def name_bytes(name: str) -> bytes:
    """Return a name in UTF-8; what was no text when it was read is again the bytes that it was."""
    try:
        return name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # halves of surrogate pairs, which Windows allows in names
        return name.encode("utf-8", "surrogatepass")


def names_bytes(names: Sequence[str]) -> list[bytes]:
    """Return for each name what `name_bytes` does; no name has a slash, so all are encoded at once."""
    if not names:
        return []
    try:
        return "/".join(names).encode().split(b"/")
    except UnicodeEncodeError:
        return [name_bytes(name) for name in names]


class SystemUse:
    """Makes the system use areas of a hierarchy's records.

    A serial number stands for a file in PX of RRIP 1.12: all names of one file have the same. `names` counts those that
    the hierarchy has of each, and is filled by it. `span` are the earliest and the latest of all times.
    """

    def __init__(self, rock_ridge: RockRidge, span: tuple[int, int]) -> None:
        if rock_ridge.version not in VERSIONS:
            raise LayoutError(f"Rock Ridge {rock_ridge.version} is not supported; take one of {[*VERSIONS]}")
        self._old = rock_ridge.version == RRIP_1_10
        self._long_form = rock_ridge.long_times
        self._short_form = not self._long_form and span[0] >= EARLIEST and span[1] <= LATEST
        self.names = Counter[HardLinks]()
        self._heads = dict[tuple[Attributes, int, int], bytes]()
        # PX, TF and NM without a name, and RR before them
        serial = None if self._old else 0
        alike = [posix_attributes(0, 1, 0, 0, serial), time_stamps(0, None, long_form=False), _NAME_HEADS[0]]
        self._alike = sum(map(len, self._with_presence(alike)))
        number = 0 if self._old else _SERIAL_SIZE
        head = self._alike - number - len(_MODIFY_HEAD) - DATE_SIZE - NAME_HEAD
        self._pack = Struct(f"{head}s{number}s{len(_MODIFY_HEAD)}s{DATE_SIZE}s{NAME_HEAD}s").pack

    def sizes(self, items: Sequence[AnyItem], *, plain: bool = False) -> list[int]:
        """Return the length of the area of each item's record, 0 for those that `areas` does not make.

        `plain` says that the items are all that a plain directory holds.
        """
        if self._long_form:
            return [0] * len(items)
        alike, lengths = self._alike, [*map(len, names_bytes([item.name for item in items]))]
        if plain and self._short_form and max(lengths, default=0) <= MAX_NAME:
            return [alike + length for length in lengths]
        return [
            alike + length
            if length <= MAX_NAME
            and type(item) in _TYPES
            and item.times is None
            and EARLIEST <= item.mtime_ns <= LATEST
            else 0
            for item, length in zip(items, lengths, strict=True)
        ]

    def areas(self, records: Sequence[tuple[AnyItem, int, bytes]]) -> list[bytes]:
        """Return the areas of records that all have a size: each an item, its serial number and its recording date."""
        areas, pack, head_of, lsb, msb = list[bytes](), self._pack, self._head, _LSB, _MSB
        attributes, plain, number = None, b"", b""
        names = names_bytes([item.name for item, _, _ in records])
        for (item, serial, date), name in zip(records, names, strict=True):
            if not isinstance(item, FileItem) or item.link is not None:
                head = head_of((item.attributes, _TYPES[type(item)], self._links(item)))
            elif item.attributes is attributes:  # as for the last file with one name
                head = plain
            else:
                attributes = item.attributes
                head = plain = head_of((attributes, stat.S_IFREG, 1))
            if not self._old:
                number = lsb(serial) + msb(serial)
            areas.append(pack(head, number, _MODIFY_HEAD, date, _NAME_HEADS[len(name)]) + name)
        return areas

    def entries(self, item: AnyItem, serial: int, extra: Sequence[bytes] = ()) -> list[bytes]:
        """Return the entries for the record of an item in its directory, with some others.

        Those stand before the name, however long: libarchive does not heed CL and RE in a continuation area.
        """
        entries = [*self._common(item, serial), *extra, *alternate_name(name_bytes(item.name))]
        if isinstance(item, SpecialItem):
            if item.device is not None:
                entries.append(device_number(item.device))
            if item.target:
                entries += symbolic_link(item.target)
        return self._with_presence(entries)

    def own_entries(self, directory: DirectoryItem, serial: int, extra: Sequence[bytes] = ()) -> list[bytes]:
        """Return the entries for a record of a directory that has no name: its first, or the second of one below."""
        return self._with_presence([*self._common(directory, serial), *extra])

    def root_entries(self, root: DirectoryItem, serial: int) -> list[bytes]:
        """Return the entries for the first record of the root, which tell that Rock Ridge is in use, SUSP 5.3, 5.5."""
        return [SHARING_PROTOCOL, *self.own_entries(root, serial), RRIP_1991A if self._old else IEEE_P1282]

    def _common(self, item: AnyItem, serial: int) -> list[bytes]:
        attributes = item.attributes
        kind = item.kind if isinstance(item, SpecialItem) else _TYPES.get(type(item), stat.S_IFDIR)
        number = None if self._old else serial
        return [
            posix_attributes(kind | attributes.mode, self._links(item), attributes.uid, attributes.gid, number),
            time_stamps(item.mtime_ns, item.times, long_form=self._long_form),
        ]

    def _links(self, item: AnyItem) -> int:
        """Return how many names lead to an item; each directory in a directory leads to that one too."""
        if isinstance(item, MovedDirectory):
            item = item.directory
        if isinstance(item, DirectoryItem):
            return 2 + len(item.directories)
        return 1 if item.link is None else self.names[item.link]

    def _with_presence(self, entries: list[bytes]) -> list[bytes]:
        return [present(entries), *entries] if self._old else entries

    def _head(self, key: tuple[Attributes, int, int]) -> bytes:
        """Return what comes before the serial number in all areas of the same attributes, kind and links."""
        if (known := self._heads.get(key)) is not None:
            return known
        attributes, kind, links = key
        serial = None if self._old else 0
        px = posix_attributes(kind | attributes.mode, links, attributes.uid, attributes.gid, serial)
        head = present([px, _MODIFY_HEAD, _NAME_HEADS[0]]) + px if self._old else px[:-_SERIAL_SIZE]
        self._heads[key] = head
        return head

"""The revisions of OSTA UDF: all that differs between them is in one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from discstack.fs.errors import LayoutError
from discstack.fs.udf.structure import EntityId, entity_id

BRIDGE_REVISION: Final = 0x0102


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What an image of one revision looks like.

    `number` is in binary coded decimal, `standard` the standard identifier of ECMA-167 3/9.1, `tag_version` that of
    every tag (ECMA-167 3/7.2.2). From the 3rd edition on there are Extended File Entries, which have the time of
    creation in them, and each name has a unique id of its own, so that a further name of a file does not have the
    file's (3.2.1.1). `no_attribute` is how the header of extended attributes says that there are none of a kind
    (3.3.4.1): None stands for the length of the attributes. `minimum_read` and `minimum_write` are the oldest revisions
    that a system must know to read and to change all that we write (2.2.6.4).
    """

    number: int
    minimum_read: int
    minimum_write: int
    standard: str = "NSR03"
    tag_version: int = 3
    extended_entries: bool = True
    names_have_ids: bool = True
    no_attribute: int | None = 0xFFFFFFFF
    vat: bool = True
    vat_header: bool = True
    metadata_partition: bool = False

    @property
    def text(self) -> str:
        """The number as people write it."""
        return f"{self.number >> 8:x}.{self.number & 0xFF:02x}"

    @property
    def suffix(self) -> bytes:
        """What the suffixes of domain and UDF identifiers start with (UDF 1.02 2.1.5.3)."""
        return self.number.to_bytes(2, "little")

    @property
    def domain(self) -> EntityId:
        """The domain identifier of the logical volume and the file set."""
        return entity_id("*OSTA UDF Compliant", self.suffix)

    def udf_id(self, name: str) -> EntityId:
        """Return an identifier that UDF defines (UDF 1.02 6.1)."""
        return entity_id(name, self.suffix)


_1_02: Final = Revision(
    number=BRIDGE_REVISION,
    standard="NSR02",
    tag_version=2,
    extended_entries=False,
    names_have_ids=False,
    no_attribute=None,
    vat=False,
    vat_header=False,
    minimum_read=0x0102,
    minimum_write=0x0102,
)
_2_00: Final = Revision(number=0x0200, minimum_read=0x0200, minimum_write=0x0200)
_2_50: Final = replace(_2_00, number=0x0250, minimum_read=0x0250, minimum_write=0x0250, metadata_partition=True)
REVISIONS: Final[Mapping[int, Revision]] = {
    revision.number: revision
    for revision in (
        _1_02,
        replace(_1_02, number=0x0150, minimum_read=0x0150, minimum_write=0x0150, vat=True),
        _2_00,
        replace(_2_00, number=0x0201, minimum_read=0x0201, minimum_write=0x0201),
        _2_50,
        # What 2.60 added is the pseudo-overwrite partition; a volume without one has the form of 2.50
        replace(_2_50, number=0x0260),
    )
}


UDF_REVISIONS: Final = tuple(REVISIONS)  # as numbers: 0x0102 and so on


def revision_of(number: int) -> Revision:
    """Return the revision of that number, 0x0250 for 2.50; LayoutError for one that there is not."""
    revision = REVISIONS.get(number)
    if revision is None:
        known = ", ".join(f"{each.text} (0x{each.number:04x})" for each in REVISIONS.values())
        raise LayoutError(f"there is no UDF revision 0x{number:04x}; take one of {known}")
    return revision

"""The boot catalogue of El Torito: a validation entry, the initial entry, and sections of further entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from discstack.fs.boot.el_torito import (
    CATALOG_SECTORS,
    ENTRY_SIZE,
    SECTION_ID_SIZE,
    VALIDATION_ID_SIZE,
    SectionHeader,
    ValidationEntry,
)
from discstack.fs.boot.hidden import encoded
from discstack.fs.boot.images import PlannedImage
from discstack.fs.errors import LayoutError
from discstack.fs.plan import SECTOR

Section = tuple[int, bytes, list[PlannedImage]]


class Catalog:
    """The catalogue of some boot images; what follows the first forms sections of one platform and id string each."""

    def __init__(self, images: Sequence[PlannedImage]) -> None:
        first, *others = images
        self._first = first
        self._identifier = encoded(first.choice.manufacturer, VALIDATION_ID_SIZE, "the manufacturer")
        self._sections = list(_sections(others))
        if self.size > CATALOG_SECTORS * SECTOR:
            most = CATALOG_SECTORS * SECTOR // ENTRY_SIZE
            raise LayoutError(f"the boot catalogue would have {self.size // ENTRY_SIZE} records, and {most} are read")

    @property
    def size(self) -> int:
        """Length in bytes."""
        sections = (1 + sum(image.entry().records for image in images) for *_, images in self._sections)
        return ENTRY_SIZE * (2 + sum(sections))

    def __bytes__(self) -> bytes:
        first = self._first
        records = [bytes(ValidationEntry(first.choice.platform, self._identifier)), bytes(first.entry())]
        for number, (platform, identifier, images) in enumerate(self._sections, 1):
            last = number == len(self._sections)
            records.append(bytes(SectionHeader(platform, len(images), identifier, last)))
            records += (bytes(image.entry()) for image in images)
        return b"".join(records)


def _sections(images: Sequence[PlannedImage]) -> Iterator[Section]:
    for (platform, manufacturer), group in groupby(images, lambda i: (i.choice.platform, i.choice.manufacturer)):
        yield platform, encoded(manufacturer, SECTION_ID_SIZE, "the manufacturer"), list(group)

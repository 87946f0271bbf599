"""The boot catalogue of El Torito: a validation entry, the initial entry, and sections of further entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from discstack.fs.boot.el_torito import (
    ENTRY_SIZE,
    SECTION_ID_SIZE,
    VALIDATION_ID_SIZE,
    SectionHeader,
    ValidationEntry,
)
from discstack.fs.boot.hidden import encoded
from discstack.fs.boot.images import PlannedImage

Section = tuple[int, bytes, list[PlannedImage]]


class Catalog:
    """The catalogue of some boot images; what follows the first forms sections of one platform and id string each."""

    def __init__(self, images: Sequence[PlannedImage]) -> None:
        first, *others = images
        self._first = first
        self._identifier = encoded(first.choice.manufacturer, VALIDATION_ID_SIZE, "the manufacturer")
        self._sections = list(_sections(others))

    @property
    def size(self) -> int:
        """Length in bytes."""
        return ENTRY_SIZE * (2 + sum(1 + len(images) for *_, images in self._sections))

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

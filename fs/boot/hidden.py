"""Data that is in the image, but in none of its views, and where it comes from."""

from __future__ import annotations

import os
from collections.abc import Iterator

from discstack.fs.boot.options import Content
from discstack.fs.errors import LayoutError
from discstack.fs.plan import SECTOR, SYSTEM_AREA, Emit, Region, sectors_for
from discstack.fs.sources import BytesSource, Source, source_of


class HiddenData(Region):
    """The data of a source, filled up with zeros to whole sectors."""

    __slots__ = ("source",)

    def __init__(self, source: Source, label: str) -> None:
        super().__init__(sectors_for(source.size), label, bytes)
        self.source = source

    def fill(self, first: int, buffer: memoryview) -> None:
        """Put the data from sector `first` of the region on into `buffer`."""
        offset = first * SECTOR
        count = min(len(buffer), self.source.size - offset)
        reader = self.source.open()
        try:
            reader.read_at(offset, buffer[:count])
            reader.finish()
        finally:
            reader.close()
        buffer[count:] = bytes(len(buffer) - count)

    def sources(self) -> Iterator[Source]:
        """Yield the source."""
        yield self.source


class SystemArea(Region):
    """The first sectors, with a boot sector perhaps; its source was read already, but is one of the image's, too."""

    __slots__ = ("_sector",)

    def __init__(self, label: str, emit: Emit, sector: Source | None) -> None:
        super().__init__(SYSTEM_AREA, label, emit)
        self._sector = sector

    def sources(self) -> Iterator[Source]:
        """Yield that of the boot sector."""
        if self._sector is not None:
            yield self._sector


def source_for(content: Content, label: str) -> Source:
    """Return the source of what was given; SourceError for a file that cannot be used."""
    if isinstance(content, bytes | bytearray):
        return BytesSource(bytes(content), label)
    if isinstance(content, str | os.PathLike):
        return source_of(content)[0]
    return content


def read_start(source: Source, size: int) -> bytes:
    """Return the first `size` bytes of a source, or all if it has less."""
    data = bytearray(min(size, source.size))
    reader = source.open()
    try:
        reader.read_at(0, memoryview(data))
    finally:
        reader.close()
    return bytes(data)


def encoded(text: str, size: int, what: str) -> bytes:
    """Return a text of ASCII that has at most `size` bytes."""
    if not text.isascii() or len(text) > size:
        raise LayoutError(f"{what} {text!r} is not of at most {size} ASCII characters")
    return text.encode("ascii")

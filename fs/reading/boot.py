"""The boot catalogue of El Torito out of bytes that may be anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from struct import Struct
from typing import Final

from discstack.fs.boot.el_torito import (
    CATALOG_SECTORS,
    ENTRY_SIZE,
    IDENTIFIER,
    SECTION_ID_SIZE,
    VALIDATION_ID_SIZE,
    BootEntry,
    Emulation,
)
from discstack.fs.ecma119 import STANDARD_IDENTIFIER
from discstack.fs.plan import SYSTEM_AREA
from discstack.fs.reading.blocks import Blocks
from discstack.fs.reading.notes import Notes, Oddity

WHERE: Final = "boot catalogue"
_BOOT_RECORD: Final = b"\0" + STANDARD_IDENTIFIER + b"\1" + IDENTIFIER
_CATALOG: Final = slice(71, 75)  # of the boot record, figure 7
_VALID: Final = 1  # header id of the validation entry, figure 2
_KEY: Final = b"\x55\xaa"
_BOOTABLE: Final = 0x88  # figure 3
_MORE: Final = 0x90  # header ids of sections, figure 4
_LAST: Final = 0x91
_EXTENSION: Final = 0x44  # goes on with the selection criteria of the entry before it, figure 6
_MEDIA_TYPE: Final = 0x0F
_DRIVERS: Final = 0xC0
_ENTRY: Final = Struct("<BBHBBHI20s")


@dataclass(frozen=True, slots=True)
class FoundBootImage:
    """One entry of a catalogue, with the platform and the id string of its section."""

    platform: int
    manufacturer: str
    entry: BootEntry


@dataclass(frozen=True, slots=True)
class FoundCatalog:
    """The boot catalogue at sector `lba`, and what it leads to; the first image is the default."""

    lba: int
    images: tuple[FoundBootImage, ...]


def is_bootable(blocks: Blocks, start: int) -> bool:
    """Tell whether a session has a boot record of El Torito, which is its second descriptor (El Torito 2.0)."""
    data = blocks.sector(start + SYSTEM_AREA + 1)
    return data is not None and data.startswith(_BOOT_RECORD)


def find_catalog(blocks: Blocks, start: int) -> FoundCatalog | None:
    """Return the boot catalogue of a session; None without one that leads anywhere, which is noted."""
    record = blocks.sector(start + SYSTEM_AREA + 1)
    if record is None or not record.startswith(_BOOT_RECORD):
        return None
    lba = int.from_bytes(record[_CATALOG], "little")
    data = b"".join(blocks.span(lba, min(CATALOG_SECTORS, max(blocks.sectors - lba, 0)) * len(record), WHERE))
    records = [data[at : at + ENTRY_SIZE] for at in range(0, len(data), ENTRY_SIZE)]
    if len(records) < 2 or records[0][0] != _VALID or records[0][-2:] != _KEY:
        blocks.notes.add(Oddity.MALFORMED, WHERE, f"no validation entry at sector {lba}; left out")
        return None
    words = (int.from_bytes(records[0][at : at + 2], "little") for at in range(0, ENTRY_SIZE, 2))
    if sum(words) & 0xFFFF:
        blocks.notes.add(Oddity.CHECKSUM, WHERE, f"the validation entry at sector {lba}; taken all the same")
    images = list[FoundBootImage]()
    for image in _images(records, blocks.notes):
        if image.entry.lba < blocks.sectors:
            images.append(image)
        else:
            blocks.notes.add(Oddity.OUT_OF_BOUNDS, WHERE, f"a boot image at sector {image.entry.lba}; left out")
    return FoundCatalog(lba, tuple(images)) if images else None


def _images(records: list[bytes], notes: Notes) -> Iterator[FoundBootImage]:
    """Yield the images of the initial entry and of all sections."""
    validation, initial, *others = records
    yield from _image(initial, [], validation[1], validation[4 : 4 + VALIDATION_ID_SIZE], notes)
    at = 0
    while at < len(others) and others[at][0] in (_MORE, _LAST):
        header = others[at]
        identifier, left = header[4 : 4 + SECTION_ID_SIZE], int.from_bytes(header[2:4], "little")
        at += 1
        while left and at < len(others):
            entry, extensions = others[at], list(takewhile(_extends, others[at + 1 :]))
            yield from _image(entry, extensions, header[1], identifier, notes)
            at += 1 + len(extensions)
            left -= 1
        if header[0] == _LAST:
            return


def _extends(record: bytes) -> bool:
    return record[0] == _EXTENSION


def _image(
    record: bytes, extensions: list[bytes], platform: int, identifier: bytes, notes: Notes
) -> Iterator[FoundBootImage]:
    indicator, media, segment, system_type, _, blocks, lba, criteria = _ENTRY.unpack(record)
    if not lba:  # an entry that is not used
        return
    if media & _MEDIA_TYPE not in set(Emulation) or _extends(record):
        notes.add(Oddity.MALFORMED, WHERE, f"an entry with boot media type {media:02X}h; left out")
        return
    manufacturer = identifier.rstrip(b"\0 ").decode("ascii", "replace").replace("\ufffd", "?")
    if not identifier.isascii():
        notes.add(Oddity.MALFORMED, WHERE, f"an id string that is no ASCII; taken for {manufacturer!r}")
    more = b"".join(extension[2:] for extension in extensions)
    entry = BootEntry(
        bootable=indicator == _BOOTABLE,
        emulation=Emulation(media & _MEDIA_TYPE),
        load_segment=segment,
        system_type=system_type,
        blocks=blocks,
        lba=lba,
        criteria=criteria + more if more else criteria.rstrip(b"\0"),
        drivers=media & _DRIVERS,
    )
    yield FoundBootImage(platform, manufacturer, entry)

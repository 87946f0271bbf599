"""The verifier itself: a volume in which anything is changed is refused."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Callable
from io import BytesIO
from random import Random
from struct import pack_into, unpack_from
from typing import Any

import pytest

from discstack.fs.attributes import Device, Kind, Times
from discstack.fs.bridge import build_image
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory
from discstack.fs.view import View

CLOCK = 1_000_000_000_000_000_000
KINDS = [(0x0102, False), (0x0150, True), (0x0201, True), (0x0250, False)]
DESCRIPTORS = {1, 2, 4, 5, 6, 7, 8, 9, 256, 257, 258, 261, 262, 266}


def volume(revision: int, vat: bool) -> bytearray:
    root = Directory()
    below = root.create_directory("фото")
    file = below.create_file("file", bytes(5000))
    root.create_hard_link("link", file)
    root.create_file("small", b"small", mtime_ns=CLOCK - 10**9).times = Times(CLOCK, CLOCK, CLOCK)
    root.create_special("disk", Kind.BLOCK_DEVICE, device=Device(8, 1))
    options = {"udf_revision": revision, "udf_vat": vat, "udf_specials": True, "views": frozenset({View.UDF})}
    whole = BytesIO()
    build_image(root, ImageOptions(clock=CLOCK, **options)).write_to(whole)
    return bytearray(whole.getvalue())


def verify(reader: Callable[..., Any], data: bytes) -> Any:
    found = reader(lambda lba, count: bytes(data[lba * 2048 : (lba + count) * 2048]), len(data) // 2048)
    for entry in found.paths.values():
        found.created(entry)
        if entry.kind.endswith("device"):
            found.device(entry)
    return found


def descriptors(data: bytes) -> list[int]:
    """Where a descriptor starts each sector of the volume, by its tag."""
    found = []
    for sector in range(32, len(data) // 2048):
        identifier, _, checksum = unpack_from("<HHB", data, sector * 2048)
        tag = data[sector * 2048 : sector * 2048 + 16]
        if identifier in DESCRIPTORS and checksum == (sum(tag) - checksum) % 256:
            found.append(sector)
    return found


def mend(data: bytearray, at: int) -> None:
    """Give a descriptor a tag that fits what it says now."""
    length = unpack_from("<H", data, at + 10)[0]
    pack_into("<H", data, at + 8, crc_hqx(bytes(data[at + 16 : at + 16 + length]), 0))
    data[at + 4] = (sum(data[at : at + 4]) + sum(data[at + 5 : at + 16])) % 256


@pytest.mark.parametrize(("revision", "vat"), KINDS)
def test_any_byte_of_a_descriptor_that_is_changed_is_found(
    reader: Callable[..., Any], revision: int, vat: bool
) -> None:
    whole, random = volume(revision, vat), Random(7)
    verify(reader, whole)
    for sector in descriptors(whole):
        length = 16 + unpack_from("<H", whole, sector * 2048 + 10)[0]
        for _ in range(4):
            data = bytearray(whole)
            data[sector * 2048 + random.randrange(length)] ^= 1 << random.randrange(8)
            with pytest.raises((AssertionError, KeyError, ValueError, IndexError)):
                verify(reader, data)


# Fields whose values the standards leave open, by tag: what they may become is no error
FREE = {
    1: {*range(24, 56), *range(72, 200), *range(376, 420)},  # names, time, implementation
    4: {*range(116, 244), *range(352, 384)},
    5: {*range(196, 228)},
    6: {*range(84, 212), *range(272, 304)},
    9: {*range(16, 28), *range(40, 48)},
    256: {*range(16, 28), *range(112, 240), *range(304, 336)},
    # owners, permissions, times, implementation
    261: {*range(34, 48), *range(72, 108), *range(128, 160)},
    266: {*range(34, 48), *range(80, 128), *range(168, 200)},
}


@pytest.mark.parametrize(("revision", "vat"), KINDS)
def test_fields_that_the_standards_fix_are_checked_behind_a_tag_that_fits(
    reader: Callable[..., Any], revision: int, vat: bool
) -> None:
    whole, random = volume(revision, vat), Random(8)
    missed = []
    for sector in descriptors(whole):
        start = sector * 2048
        identifier, length = whole[start] | whole[start + 1] << 8, unpack_from("<H", whole, start + 10)[0]
        size = {261: 176, 266: 216}.get(identifier, 16 + length)
        free = FREE.get(identifier, set())
        if identifier == 9:
            use = 80 + 8 * unpack_from("<L", whole, start + 72)[0]
            free = free | {*range(use, use + 32)}
        fixed = [at for at in range(16, size) if at not in free]
        for at in random.sample(fixed, min(12, len(fixed))):
            data = bytearray(whole)
            data[start + at] ^= 1 << random.randrange(8)
            mend(data, start)
            try:
                verify(reader, data)
            except (AssertionError, KeyError, ValueError, IndexError):
                continue
            missed.append((identifier, at))
    assert missed == [], sorted(set(missed))

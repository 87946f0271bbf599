"""Directory records and system use entries, declared after the standards' tables, hold what is packed against them."""

from __future__ import annotations

from typing import Any

import pytest
from construct import (
    Byte,
    Bytes,
    Const,
    Construct,
    GreedyBytes,
    GreedyRange,
    Int16ub,
    Int16ul,
    Int32ub,
    Int32ul,
    Prefixed,
    Struct,
    Switch,
    this,
)

from discstack.fs.attributes import Attributes, Device, Kind
from discstack.fs.bridge import build_image
from discstack.fs.options import ImageOptions, RockRidge
from discstack.fs.tree import Directory
from discstack.fs.view import View


def both(low: Construct, high: Construct) -> Struct:
    """A number in both byte orders, ECMA-119 7.2.3 and 7.3.3."""
    return Struct("lsb" / low, "msb" / high)


BOTH_16, BOTH_32 = both(Int16ul, Int16ub), both(Int32ul, Int32ub)
RECORD = Struct(  # ECMA-119 9.1, without its first byte
    "extended_attribute_record_length" / Const(0, Byte),
    "location_of_extent" / BOTH_32,
    "data_length" / BOTH_32,
    "recording_date_and_time" / Bytes(7),
    "file_flags" / Byte,
    "file_unit_size" / Const(0, Byte),
    "interleave_gap_size" / Const(0, Byte),
    "volume_sequence_number" / BOTH_16,
    "file_identifier" / Prefixed(Byte, GreedyBytes),
    "padding_field" / Bytes(lambda context: len(context.file_identifier) % 2 == 0),
    "system_use" / GreedyBytes,
)
NUMBERS = GreedyRange(BOTH_32)
ENTRY = Struct(  # SUSP 4, RRIP 4.1
    "signature" / Bytes(2),
    "data"
    / Prefixed(
        Byte,
        Struct(
            "version" / Const(1, Byte),
            "fields"
            / Switch(
                this._.signature,
                {
                    b"PX": NUMBERS,
                    b"PN": NUMBERS,
                    b"CE": NUMBERS,
                    b"CL": NUMBERS,
                    b"PL": NUMBERS,
                    b"NM": Struct("flags" / Byte, "name_content" / GreedyBytes),
                    b"SL": Struct("flags" / Byte, "components" / GreedyBytes),
                    b"TF": Struct("flags" / Byte, "time_stamps" / GreedyBytes),
                },
                default=GreedyBytes,
            ),
        ),
        includelength=False,
    ),
)


def entry_of(raw: bytes) -> tuple[Any, bytes]:
    """Parse an entry and build it again; its length counts signature and length too, so both are adapted."""
    inner = raw[:2] + bytes((raw[2] - 3,)) + raw[3:]
    parsed = ENTRY.parse(inner)
    built = ENTRY.build(parsed)
    return parsed, built[:2] + bytes((built[2] + 3,)) + built[3:]


def tree() -> Directory:
    root = Directory(mtime_ns=10**18)
    folder = root
    for level in range(10):
        folder = folder.create_directory(f"level {level}", attributes=Attributes(0o711, 1, 2))
        first = folder.create_file("n" * (level * 20 + 1), b"data", mtime_ns=level * 10**17)
        folder.create_hard_link("again", first)
        folder.create_symlink("link", "../" * level + "target")
        folder.create_special("device", Kind.BLOCK_DEVICE, device=Device(8, level))
    return root


@pytest.mark.parametrize("rock_ridge", [None, RockRidge(), RockRidge(version="1.10"), RockRidge(relocation=True)])
@pytest.mark.parametrize("level", [1, 3, 4])
def test_every_record_and_entry_is_what_its_definition_makes_of_it(
    level: int, rock_ridge: RockRidge | None, reader: type[Any]
) -> None:
    options = ImageOptions(views=frozenset({View.ISO9660}), iso_level=level, rock_ridge=rock_ridge)
    volume = reader(build_image(tree(), options))
    signatures = set()
    for _, lba, _ in volume.path_table(msb=False):
        size = int.from_bytes(volume.sector(lba)[10:14], "little")
        for raw in volume.records(volume.sector(lba, size // 2048)):
            record = RECORD.parse(raw[1:])
            assert bytes((raw[0],)) + RECORD.build(record) == raw
            for number in (record.location_of_extent, record.data_length, record.volume_sequence_number):
                assert number.lsb == number.msb
            area = record.system_use
            while len(area) >= 4:
                parsed, built = entry_of(area[: area[2]])
                assert built == area[: area[2]]
                if parsed.signature in (b"PX", b"PN", b"CE", b"CL", b"PL"):
                    assert all(number.lsb == number.msb for number in parsed.data.fields)
                signatures.add(parsed.signature)
                area = area[area[2] :]
            assert not any(area)
    expected = set() if rock_ridge is None else {b"SP", b"PX", b"TF", b"NM", b"SL", b"PN", b"CE"}
    assert signatures >= expected
    assert (b"RR" in signatures) == (rock_ridge is not None and rock_ridge.version == "1.10")
    assert ({b"CL", b"PL", b"RE"} <= signatures) == (rock_ridge is not None and rock_ridge.relocation)

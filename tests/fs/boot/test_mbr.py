"""Bytes written by hand from the tables of UEFI 2.10 5.2."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from discstack.fs.boot.mbr import (
    LARGE,
    SMALL,
    Geometry,
    MbrPartition,
    geometry_for,
    master_boot_record,
    move_protection,
    protective_partition,
)

MIB = 2048  # blocks


def test_record_has_code_signature_table_and_mark() -> None:
    whole = MbrPartition(0x17, 0, 40 * MIB, active=True)
    efi = MbrPartition(0xEF, 3 * MIB + 32 + 1, 100)
    record = master_boot_record(b"\xeb\xfe", 0x11223344, 40 * MIB, [whole, efi])
    assert (
        record
        == bytes.fromhex(
            "eb fe" + "00" * 438 + "44 33 22 11 00 00"
            "80 00 01 00 17 3f 20 27 00 00 00 00 00 40 01 00"  # 0/0/1 to 39/63/32
            "00 01 02 03 ef 04 05 03 21 18 00 00 64 00 00 00"  # 3/1/2 to 3/4/5
             + "00" * 32 + "55 aa"
        )
    )


def test_protective_partition_covers_all_but_the_first_block() -> None:
    record = master_boot_record(b"", 0, 40 * MIB, [protective_partition(40 * MIB)])
    assert record[:446] == bytes(446)
    assert record[446:462].hex(" ") == "00 00 02 00 ee 3f 20 27 01 00 00 00 ff 3f 01 00"


def test_protective_partition_of_a_disk_that_is_too_large() -> None:
    blocks = 1 << 33
    entry = master_boot_record(b"", 0, blocks, [protective_partition(blocks)])[446:462]
    assert entry.hex(" ") == "00 00 02 00 ee ff ff ff 01 00 00 00 ff ff ff ff"


def test_geometry_has_cylinders_of_1_mib_up_to_1_gib() -> None:
    assert geometry_for(1024 * MIB) == SMALL == Geometry(64, 32)
    assert geometry_for(1024 * MIB + 1) == LARGE == Geometry(255, 63)


@given(st.sampled_from([SMALL, LARGE]), st.integers(0, 2**32))
@example(SMALL, 1024 * MIB - 1)
@example(SMALL, 1024 * MIB)
def test_cylinder_head_and_sector_give_the_block_again(geometry: Geometry, block: int) -> None:
    head, mixed, low = geometry.chs(block)
    cylinder, sector = (mixed & 0xC0) << 2 | low, mixed & 0x3F
    if block < 1024 * geometry.heads * geometry.sectors:
        assert (cylinder * geometry.heads + head) * geometry.sectors + sector - 1 == block
    else:
        assert (cylinder, head, sector) == (1023, 254, 63)


@pytest.mark.parametrize(
    ("kind", "blocks", "before", "now", "told"),
    [
        (0xEE, 40 * MIB - 1, 40 * MIB, 50 * MIB, 50 * MIB - 1),
        (0xEE, 0xFFFFFFFF, 1 << 33, 1 << 34, 0xFFFFFFFF),
        (0xEE, 40 * MIB - 2, 40 * MIB, 50 * MIB, 40 * MIB - 2),  # it protected less than all of the disk
        (0x83, 40 * MIB - 1, 40 * MIB, 50 * MIB, 40 * MIB - 1),  # it protects nothing
    ],
)
def test_what_protected_a_disk_to_its_end_does_so_when_the_disk_has_grown(
    kind: int, blocks: int, before: int, now: int, told: int
) -> None:
    record = bytearray(master_boot_record(b"", 0, before, [MbrPartition(kind, 1, blocks)]))
    move_protection(record, before, now)
    assert record[446 + 4] == kind
    assert record[446 + 8 : 446 + 16].hex() == (1).to_bytes(4, "little").hex() + told.to_bytes(4, "little").hex()
    assert not any(record[462:510])

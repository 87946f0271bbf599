"""Bytes written by hand from tables 5-5 and 5-6 of UEFI 2.10."""

from __future__ import annotations

from binascii import crc32
from uuid import UUID

from discstack.fs.boot.gpt import GptHeader, GptPartition, partition_array
from discstack.fs.boot.options import PartitionType

DISK = UUID("00112233-4455-6677-8899-aabbccddeeff")
UNIQUE = UUID("01020304-0506-0708-090a-0b0c0d0e0f10")


def test_partition_entry() -> None:
    entry = bytes(GptPartition(PartitionType.EFI_SYSTEM.value, UNIQUE, 0x0102030405060708, 0x1112131415161718, "EFI"))
    assert entry == bytes.fromhex(
        "28 73 2a c1 1f f8 d2 11 ba 4b 00 a0 c9 3e c9 3b"  # the first three fields of a GUID are little endian
        "04 03 02 01 06 05 08 07 09 0a 0b 0c 0d 0e 0f 10"
        "08 07 06 05 04 03 02 01  18 17 16 15 14 13 12 11"
        "00 00 00 00 00 00 00 00"
        "45 00 46 00 49 00" + "00" * 66
    )


def test_array_has_128_entries_of_128_bytes() -> None:
    entry = GptPartition(PartitionType.EFI_SYSTEM.value, UNIQUE, 1, 2, "EFI")
    array = partition_array({1: entry, 2: entry})
    assert len(array) == 16384
    assert array[:256] == bytes(entry) * 2
    assert not any(array[256:])


def test_header() -> None:
    array = partition_array({})
    header = bytes(
        GptHeader(
            my_lba=1,
            alternate_lba=0x1122,
            first_usable_lba=64,
            last_usable_lba=0x1100,
            disk=DISK,
            array_lba=2,
            array=array,
        )
    )
    without = bytes.fromhex(
        "45 46 49 20 50 41 52 54  00 00 01 00  5c 00 00 00  00 00 00 00  00 00 00 00"
        "01 00 00 00 00 00 00 00  22 11 00 00 00 00 00 00  40 00 00 00 00 00 00 00  00 11 00 00 00 00 00 00"
        "33 22 11 00 55 44 77 66 88 99 aa bb cc dd ee ff"
        "02 00 00 00 00 00 00 00  80 00 00 00  80 00 00 00  86 d2 54 ab"
    )
    assert len(without) == 92
    # ab54d286 is the CRC-32 of 16 KiB of zeros, as gzip has it at its end
    assert header == without[:16] + crc32(without).to_bytes(4, "little") + without[20:] + bytes(512 - 92)

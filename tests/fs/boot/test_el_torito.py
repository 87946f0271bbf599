"""Bytes written by hand from the figures of El Torito."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from discstack.fs.boot.el_torito import (
    BootEntry,
    BootPlatform,
    BootRecordVolumeDescriptor,
    Emulation,
    SectionHeader,
    ValidationEntry,
)


def test_boot_record_names_the_system_and_the_catalogue() -> None:
    expected = bytes.fromhex(
        "00 43 44 30 30 31 01"  # boot record indicator, ISO 9660 identifier, version
        "45 4c 20 54 4f 52 49 54 4f 20 53 50 45 43 49 46 49 43 41 54 49 4f 4e 00 00 00 00 00 00 00 00 00"
        + "00" * 32  # unused
        + "44 33 22 11"  # absolute pointer to the first sector of the boot catalogue, at 47h
    )
    assert bytes(BootRecordVolumeDescriptor(0x11223344)) == expected + bytes(2048 - len(expected))


def test_validation_entry_sums_up_to_zero() -> None:
    entry = bytes(ValidationEntry(BootPlatform.EFI, b"AB"))
    assert entry.hex(" ") == "01 ef 00 00 41 42 " + "00 " * 22 + "69 24 55 aa"
    # the words: ef01 + 4241 + aa55 = 1db97, and 10000 - db97 = 2469
    assert bytes(ValidationEntry(BootPlatform.X86, b"")).hex(" ") == "01 " + "00 " * 27 + "aa 55 55 aa"


@given(st.integers(0, 255), st.binary(max_size=24))
def test_words_of_any_validation_entry_sum_up_to_zero(platform: int, identifier: bytes) -> None:
    entry = bytes(ValidationEntry(platform, identifier))
    assert len(entry) == 32
    assert sum(struct.unpack("<16H", entry)) & 0xFFFF == 0


def test_initial_entry() -> None:
    entry = BootEntry(
        bootable=True, emulation=Emulation.NONE, load_segment=0x1234, system_type=0, blocks=4, lba=0x01020304
    )
    assert bytes(entry).hex(" ") == "88 00 34 12 00 00 04 00 04 03 02 01 " + "00 " * 19 + "00"


def test_entry_of_an_emulated_hard_disk_that_is_not_bootable() -> None:
    entry = BootEntry(
        bootable=False, emulation=Emulation.HARD_DISK, load_segment=0, system_type=0x83, blocks=1, lba=0x20
    )
    assert bytes(entry).hex(" ") == "00 04 00 00 83 00 01 00 20 00 00 00 " + "00 " * 19 + "00"


def test_section_header_tells_whether_another_follows() -> None:
    assert bytes(SectionHeader(BootPlatform.MAC, 2, b"Z", last=False)).hex(" ") == "90 02 02 00 5a " + "00 " * 26 + "00"
    assert bytes(SectionHeader(BootPlatform.EFI, 0x0102, b"", last=True)).hex(" ") == "91 ef 02 01 " + "00 " * 27 + "00"


def test_entry_of_a_section_has_selection_criteria() -> None:
    entry = BootEntry(
        bootable=True,
        emulation=Emulation.FLOPPY_1440,
        load_segment=0,
        system_type=0,
        blocks=1,
        lba=0x30,
        criteria=b"\x01\xaa\xbb",
    )
    assert entry.records == 1
    assert bytes(entry).hex(" ") == "88 02 00 00 00 00 01 00 30 00 00 00 01 aa bb " + "00 " * 16 + "00"


def test_criteria_of_more_than_20_bytes_go_on_in_extensions() -> None:
    entry = BootEntry(
        bootable=True,
        emulation=Emulation.NONE,
        load_segment=0,
        system_type=0,
        blocks=4,
        lba=0x30,
        criteria=b"\x01" + b"a" * 19 + b"b" * 30 + b"cc",
        drivers=0x40,
    )
    assert entry.records == 3
    assert bytes(entry).hex(" ") == " ".join(
        [
            "88 60 00 00 00 00 04 00 30 00 00 00 01" + " 61" * 19,  # bit 5: an extension follows; bit 6: ATAPI driver
            "44 20" + " 62" * 30,  # another one follows
            "44 00 63 63" + " 00" * 28,
        ]
    )

"""Bytes written by hand from the tables of ECMA-119."""

from __future__ import annotations

from discstack.fs.dates import EARLIEST, LATEST, recording_date, volume_date
from discstack.fs.ecma119 import (
    DIRECTORY,
    MULTI_EXTENT,
    SET_TERMINATOR,
    VolumeDescriptor,
    both_byte_16,
    both_byte_32,
    directory_record,
    directory_record_size,
    path_table_record,
    path_table_record_size,
)

SECOND = 10**9
MOMENT = 1_234_567_890 * SECOND + 120_000_000  # 2009-02-13 23:31:30.12 UTC
DATE = bytes.fromhex("6d 02 0d 17 1f 1e 00")


def test_numbers_are_recorded_in_both_byte_orders() -> None:
    assert both_byte_16(0x0102).hex(" ") == "02 01 01 02"
    assert both_byte_32(0x01020304).hex(" ") == "04 03 02 01 01 02 03 04"


def test_recording_date_has_seven_bytes() -> None:
    assert recording_date(MOMENT) == DATE


def test_recording_date_before_1970_is_kept() -> None:
    assert recording_date(-1).hex(" ") == "45 0c 1f 17 3b 3b 00"


def test_recording_date_beyond_its_years_is_the_nearest() -> None:
    assert recording_date(EARLIEST - 1) == bytes.fromhex("00 01 01 00 00 00 00")
    assert recording_date(LATEST + 1) == bytes.fromhex("ff 0c 1f 17 3b 3b 00")


def test_volume_date_has_seventeen_bytes() -> None:
    assert volume_date(MOMENT) == b"2009021323313012\0"


def test_directory_record_of_a_file() -> None:
    record = directory_record(b"A.B;1", 0x11223344, 0x00000801, DATE)
    assert record == bytes.fromhex(
        "26 00"  # length of directory record, extended attribute record length
        "44 33 22 11 11 22 33 44"  # location of extent
        "01 08 00 00 00 00 08 01"  # data length
        "6d 02 0d 17 1f 1e 00"  # recording date and time
        "00 00 00"  # file flags, file unit size, interleave gap size
        "01 00 00 01"  # volume sequence number
        "05"  # length of file identifier
        "41 2e 42 3b 31"
    )
    assert directory_record_size(b"A.B;1") == len(record)


def test_directory_record_with_an_identifier_of_even_length_is_padded() -> None:
    record = directory_record(b"DIRS", 20, 2048, DATE, DIRECTORY)
    assert len(record) == record[0] == 38 == directory_record_size(b"DIRS")
    assert record[25] == 0x02
    assert record[33:] == b"DIRS\0"


def test_flag_of_a_section_that_is_not_the_last() -> None:
    assert directory_record(b"A", 20, 2048, DATE, MULTI_EXTENT)[25] == 0x80


def test_path_table_record_in_both_byte_orders() -> None:
    assert path_table_record(b"ABC", 0x01020304, 5, msb=False).hex(" ") == "03 00 04 03 02 01 05 00 41 42 43 00"
    assert path_table_record(b"ABC", 0x01020304, 5, msb=True).hex(" ") == "03 00 01 02 03 04 00 05 41 42 43 00"
    assert path_table_record_size(b"ABC") == 12
    assert path_table_record_size(b"ABCD") == 12 == len(path_table_record(b"ABCD", 0, 1, msb=True))


def test_terminator() -> None:
    assert bytes.fromhex("ff 43 44 30 30 31 01") + bytes(2041) == SET_TERMINATOR


def descriptor(type_: int, escape_sequences: bytes, **others: int) -> bytes:
    return bytes(
        VolumeDescriptor(
            type=type_,
            system_identifier=b"S" * 32,
            volume_identifier=b"V" * 32,
            volume_space_size=0x01020304,
            escape_sequences=escape_sequences,
            path_table_size=10,
            type_l_path_table=0x15,
            type_m_path_table=0x16,
            root_directory_record=directory_record(b"\0", 0x17, 2048, DATE, DIRECTORY),
            volume_set_identifier=b"s" * 128,
            publisher_identifier=b"p" * 128,
            data_preparer_identifier=b"d" * 128,
            application_identifier=b"a" * 128,
            copyright_file_identifier=b"c" * 37,
            abstract_file_identifier=b"t" * 37,
            bibliographic_file_identifier=b"b" * 37,
            creation_date=volume_date(MOMENT),
            modification_date=volume_date(MOMENT),
            expiration_date=b"0" * 16 + b"\0",
            effective_date=b"0" * 16 + b"\0",
            **others,
        )
    )


def test_primary_volume_descriptor() -> None:
    pvd = descriptor(1, b"")
    expected = {  # byte positions less one of ECMA-119 table 4
        0: "01 43 44 30 30 31 01 00",
        8: "53 " * 32,
        40: "56 " * 32,
        72: "00 " * 8,
        80: "04 03 02 01 01 02 03 04",
        88: "00 " * 32,
        120: "01 00 00 01",
        124: "01 00 00 01",
        128: "00 08 08 00",
        132: "0a 00 00 00 00 00 00 0a",
        140: "15 00 00 00",
        144: "00 00 00 00",
        148: "00 00 00 16",
        152: "00 00 00 00",
        156: "22 00 17 00 00 00 00 00 00 17 00 08 00 00 00 00 08 00 6d 02 0d 17 1f 1e 00 02 00 00 01 00 00 01 01 00",
        190: "73 " * 128,
        318: "70 " * 128,
        446: "64 " * 128,
        574: "61 " * 128,
        702: "63 " * 37,
        739: "74 " * 37,
        776: "62 " * 37,
        813: "32 30 30 39 30 32 31 33 32 33 33 31 33 30 31 32 00",
        830: "32 30 30 39 30 32 31 33 32 33 33 31 33 30 31 32 00",
        847: "30 " * 16 + "00",
        864: "30 " * 16 + "00",
        881: "01 00",
        883: "00 " * (2048 - 883),
    }
    position = 0
    for start, text in expected.items():
        field = bytes.fromhex(text)
        assert start == position
        assert pvd[start : start + len(field)] == field, start
        position += len(field)
    assert len(pvd) == position == 2048


def test_enhanced_volume_descriptor_has_version_2_twice() -> None:
    enhanced = descriptor(2, b"", version=2, file_structure_version=2)
    assert enhanced[:8] == bytes.fromhex("02 43 44 30 30 31 02 00")
    assert enhanced[881] == 2


def test_volume_of_a_set() -> None:
    volume = descriptor(1, b"", volume_set_size=0x0102, volume_sequence_number=3)
    assert volume[120:128] == bytes.fromhex("02 01 01 02 03 00 00 03")
    assert directory_record(b"A", 20, 2048, DATE, volume=both_byte_16(3))[28:32] == bytes.fromhex("03 00 00 03")


def test_joliet_descriptor_names_level_3_by_its_escape_sequence() -> None:
    svd = descriptor(2, b"%/E")
    assert svd[0] == 2
    assert svd[88:120] == bytes.fromhex("25 2f 45") + bytes(29)

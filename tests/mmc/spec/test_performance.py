"""GET PERFORMANCE, SET STREAMING, MECHANISM STATUS, LOG SENSE and cue sheets, byte by byte."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.mmc.spec.cue_sheet import CueSheetEntry, build_cue_sheet, parse_cue_sheet
from discstack.mmc.spec.layout import Structure, StructureError
from discstack.mmc.spec.log_pages import LogPage, LogParameter, SupportedLogPages
from discstack.mmc.spec.mechanism import ChangerState, MechanismState, MechanismStatus, SlotTable
from discstack.mmc.spec.msf import Msf
from discstack.mmc.spec.performance import (
    DbiCacheZone,
    DbiCacheZoneData,
    DbiData,
    DefectiveBlockInformation,
    DefectStatus,
    DefectStatusData,
    ExceptionsData,
    NominalPerformance,
    NominalPerformanceData,
    Performance,
    PerformanceDescriptor,
    PerformanceException,
    UnusableArea,
    UnusableAreaData,
    WriteRotationControl,
    WriteSpeedData,
    WriteSpeedDescriptor,
)

NOMINAL = NominalPerformance(start_lba=1, start_performance=0x1612, end_lba=0x0023053F, end_performance=0x2C24)
SPEED = WriteSpeedDescriptor(
    wrc=WriteRotationControl.CAV, exact=True, end_lba=0x0023053F, read_speed=0x5690, write_speed=0x1B94
)
LOG_PARAMETER = LogParameter(
    parameter_code=0x0102, du=True, etc=True, tmc=2, format_and_linking=3, value=b"\x0a\x0b\x0c"
)

ROWS: list[tuple[str, Structure]] = [
    ("00000001 00001612 0023053f 00002c24", NOMINAL),
    ("00010203 0405", PerformanceException(lba=0x10203, time=0x405)),
    ("00010203 00000405", UnusableArea(lba=0x10203, number_of_unusable_physical_blocks=0x405)),
    (
        "00000010 0000ffff 10 05 f0" + "00" * 2036 + "0f",
        DefectStatus(
            start_lba=16,
            end_lba=0xFFFF,
            blocking_factor=16,
            first_bit_offset=5,
            defect_statuses=b"\xf0" + bytes(2036) + b"\x0f",
        ),
    ),
    ("0a 000000 0023053f 00005690 00001b94", SPEED),
    (
        "05 000000 00000001 00000002 00000003",
        WriteSpeedDescriptor(rdd=True, mrw=True, end_lba=1, read_speed=2, write_speed=3),
    ),
    (
        "00010203 0405 17 00",
        DefectiveBlockInformation(start_lba=0x10203, number_of_defective_blocks=0x405, dbif=True, error_level=7),
    ),
    ("00010203 00000000", DbiCacheZone(start_lba=0x10203)),
    ("00000004 02 000000", Performance(write=True)),
    (
        "00000014 02 000000 00000001 00001612 0023053f 00002c24",
        NominalPerformanceData(write=True, descriptors=(NOMINAL,)),
    ),
    ("0000000a 01 000000 00010203 0405", ExceptionsData(descriptors=(PerformanceException(lba=0x10203, time=0x405),))),
    (
        "0000000c 00 000000 00010203 00000405",
        UnusableAreaData(descriptors=(UnusableArea(lba=0x10203, number_of_unusable_physical_blocks=0x405),)),
    ),
    (
        "00000804 00 000000 00000010 0000ffff 10 00" + "00" * 2038,
        DefectStatusData(descriptors=(DefectStatus(start_lba=16, end_lba=0xFFFF),)),
    ),
    ("00000014 00 000000 0a 000000 0023053f 00005690 00001b94", WriteSpeedData(descriptors=(SPEED,))),
    (
        "0000000c 00 000000 00010203 0405 00 00",
        DbiData(descriptors=(DefectiveBlockInformation(start_lba=0x10203, number_of_defective_blocks=0x405),)),
    ),
    ("0000000c 00 000000 00010203 00000000", DbiCacheZoneData(descriptors=(DbiCacheZone(start_lba=0x10203),))),
    (
        "0b 000000 00000001 0023053f 00005690 000003e8 00001b94 000007d0",
        PerformanceDescriptor(
            wrc=WriteRotationControl.CAV,
            exact=True,
            ra=True,
            start_lba=1,
            end_lba=0x0023053F,
            read_size=0x5690,
            read_time=1000,
            write_size=0x1B94,
            write_time=2000,
        ),
    ),
    ("04 000000" + "00000000" * 6, PerformanceDescriptor(rdd=True, read_time=0, write_time=0)),
    ("81 02 0000", SlotTable(disc_present=True, change=True, cwp_v=True)),
    ("00 01 0000", SlotTable(cwp=True)),
    (
        "c5 72 010203 21 0004 80000000",
        MechanismStatus(
            fault=True,
            changer_state=ChangerState.UNLOAD_IN_PROGRESS,
            current_slot_low=5,
            mechanism_state=MechanismState.ACTIVE_WITH_HOST,
            door_open=True,
            current_slot_high=2,
            current_lba=0x010203,
            number_of_slots_available=33,
            slots=(SlotTable(disc_present=True),),
        ),
    ),
    ("0102 9b 03 0a0b0c", LOG_PARAMETER),
    ("0003 20 01 07", LogParameter(parameter_code=3, tsd=True, value=b"\7")),
    (
        "c3 05 000c 0102 9b 03 0a0b0c 0003 20 01 07",
        LogPage(
            ds=True,
            spf=True,
            page_code=3,
            subpage_code=5,
            parameters=(LOG_PARAMETER, LogParameter(parameter_code=3, tsd=True, value=b"\7")),
        ),
    ),
    ("00 00 0003 00 03 0d", SupportedLogPages(supported_page_list=(0x00, 0x03, 0x0D))),
    (
        "41 01 01 14 80 00 02 4a",
        CueSheetEntry(ctl=4, adr=1, tno=1, index=1, data_form=0x14, scms=0x80, min=0, sec=2, frame=74),
    ),
]


@pytest.mark.parametrize(("text", "structure"), ROWS, ids=[type(row[1]).__name__ for row in ROWS])
def test_structure_is_the_bytes_of_its_table(text: str, structure: Structure) -> None:
    assert type(structure).parse(bytes.fromhex(text)) == structure
    assert structure.build() == bytes.fromhex(text)


@given(st.sampled_from(ROWS), st.data())
def test_any_bytes_are_read_or_refused(
    reads_or_refuses: Callable[[type[Structure], bytes], None], row: tuple[str, Structure], data: st.DataObject
) -> None:
    good = bytes.fromhex(row[0])
    reads_or_refuses(type(row[1]), good[: data.draw(st.integers(0, len(good)))] + data.draw(st.binary(max_size=60)))


def test_part_of_a_speed_descriptor_is_left_out() -> None:
    reply = WriteSpeedData(descriptors=(SPEED, SPEED)).build()
    assert WriteSpeedData.parse(reply[:-1]).descriptors == (SPEED,)
    assert WriteSpeedData.parse(b"\0\0\0\x14" + reply[4:]).descriptors == (SPEED,)


def test_single_descriptor_that_is_too_short_is_refused() -> None:
    for text, structure in ROWS:
        if isinstance(structure, (NominalPerformance, WriteSpeedDescriptor, PerformanceDescriptor, CueSheetEntry)):
            with pytest.raises(StructureError):
                type(structure).parse(bytes.fromhex(text)[:-1])


def test_streaming_speeds_are_sizes_by_times() -> None:
    descriptor = PerformanceDescriptor(read_size=8000, read_time=500, write_size=3000, write_time=2000)
    assert (descriptor.read_speed, descriptor.write_speed) == (16000, 1500)
    assert PerformanceDescriptor(read_time=0, write_time=0).read_speed == 0
    assert PerformanceDescriptor(read_time=0, write_time=0).write_speed == 0


def test_seek_times_are_tenths_of_milliseconds() -> None:
    assert PerformanceException(lba=0, time=15).seconds == 0.0015


def test_slot_number_has_its_high_bits_apart() -> None:
    assert MechanismStatus(current_slot_high=2, current_slot_low=5).current_slot == 69


def test_log_parameters_are_found_by_code() -> None:
    page = LogPage(page_code=3, parameters=(LOG_PARAMETER,))
    assert page.parameter(0x0102) == LOG_PARAMETER
    assert page.parameter(0x0103) is None
    assert LOG_PARAMETER.number == 0x0A0B0C


def test_log_parameter_that_is_cut_off_is_left_out() -> None:
    page = LogPage(page_code=3, parameters=(LOG_PARAMETER, LOG_PARAMETER)).build()
    assert LogPage.parse(page[:-1]).parameters == (LOG_PARAMETER,)


def test_another_log_page_is_no_list_of_pages() -> None:
    with pytest.raises(StructureError, match="page_code is 0x3"):
        SupportedLogPages.parse(bytes.fromhex("03 00 0000"))


def test_cue_sheet_is_its_entries() -> None:
    sheet = bytes.fromhex("01 00 00 01 00 00 00 00  01 aa 01 01 00 4a 3b 10")
    entries = parse_cue_sheet(sheet)
    assert [entry.tno for entry in entries] == [0, 0xAA]
    assert entries[1].time == Msf(74, 59, 16)
    assert build_cue_sheet(entries) == sheet
    with pytest.raises(StructureError, match="multiple of 8"):
        parse_cue_sheet(sheet[:-1])

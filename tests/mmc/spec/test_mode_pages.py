"""Mode pages and mode parameter lists, byte by byte (MMC-6 7, SPC-4 7.5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.mmc.spec.layout import Structure, StructureError
from discstack.mmc.spec.mode_page_values import (
    DataBlockType,
    LoadingMechanismType,
    MultiSession,
    RotationControl,
    SessionFormat,
    WriteType,
)
from discstack.mmc.spec.mode_pages import (
    MODE_PAGES,
    CachingPage,
    CapabilitiesPage,
    InformationalExceptionsPage,
    ModePage,
    PowerConditionPage,
    RawModePage,
    RawModeSubpage,
    ReadWriteErrorRecoveryPage,
    TimeoutAndProtectPage,
    WriteParametersPage,
    WriteSpeedPerformance,
    parse_mode_page,
)
from discstack.mmc.spec.mode_parameters import ModeParameters6, ModeParameters10

RECOVERY = ReadWriteErrorRecoveryPage(
    awre=True,
    tb=True,
    per=True,
    dcr=True,
    read_retry_count=32,
    emcdr=2,
    write_retry_count=3,
    error_reporting_window_size=0x010203,
)

ROWS: list[tuple[str, ModePage]] = [
    ("01 0a a5 20 000000 02 03 010203", RECOVERY),
    ("81 0a 52 00 000000 00 00 000000", ReadWriteErrorRecoveryPage(ps=True, arre=True, rc=True, dte=True)),
    (
        "85 32 51 e4 0a 10 00 21 20 00 00010203 0096 80313233343536373839303132330000"
        "80 4142434445463132333435 3600 0000 f1f2f3f4",
        WriteParametersPage(
            ps=True,
            bufe=True,
            test_write=True,
            write_type=WriteType.TRACK_AT_ONCE,
            multi_session=MultiSession.NEXT_SESSION_ALLOWED,
            fp=True,
            track_mode=4,
            data_block_type=DataBlockType.MODE_2_XA_FORM_1,
            link_size=16,
            host_application_code=0x21,
            session_format=SessionFormat.CD_ROM_XA,
            packet_size=0x00010203,
            audio_pause_length=150,
            media_catalog_number=b"\x801234567890123\0\0",
            international_standard_recording_code=b"\x80ABCDEF123456\0\0\0",
            sub_header=b"\xf1\xf2\xf3\xf4",
        ),
    ),
    (
        "05 36 22 50 08" + "00" * 47 + "a1a2a3a4",
        WriteParametersPage(
            ls_v=True,
            write_type=WriteType.SESSION_AT_ONCE,
            multi_session=MultiSession.FINAL_WITH_B0_POINTER,
            copy=True,
            data_block_type=DataBlockType.MODE_1,
            rest=b"\xa1\xa2\xa3\xa4",
        ),
    ),
    ("08 0a 04 000000000000000000", CachingPage(wce=True)),
    ("08 0a 01 010203040506070809", CachingPage(rcd=True, rest=bytes(range(1, 10)))),
    ("1a 0a 00 02 00000258 00000e10", PowerConditionPage(idle=True, idle_timer=600, standby_timer=3600)),
    ("1a 0a 00 01 00000000 00000001", PowerConditionPage(standby=True, standby_timer=1)),
    (
        "1c 0a a9 06 00000102 00000304",
        InformationalExceptionsPage(
            perf=True, ebf=True, dexcpt=True, logerr=True, mrie=6, interval_timer=0x102, report_count=0x304
        ),
    ),
    ("1c 0a 16 00 00000000 00000000", InformationalExceptionsPage(ewasc=True, test=True, ebackerr=True)),
    (
        "1d 0a 0000 0a 00 0005 001e 0102",
        TimeoutAndProtectPage(
            g3enable=True,
            disp=True,
            group_1_minimum_timeout=5,
            group_2_minimum_timeout=30,
            group_3_minimum_timeout=0x0102,
        ),
    ),
    ("1d 0b 0000 05 00 0000 0000 0000 a1", TimeoutAndProtectPage(tmoe=True, swpp=True, rest=b"\xa1")),
    (
        "2a 26 2a 15 aa aa 2a 2a 2113 0100 0800 1b90 00 24 1612 0b09 0001 000000 01 05840002 00 00 1612 00 01 0b09",
        CapabilitiesPage(
            dvd_ram_read=True,
            dvd_rom_read=True,
            cd_rw_read=True,
            dvd_r_write=True,
            test_write=True,
            cd_r_write=True,
            buf=True,
            mode_2_form_2=True,
            digital_port_2=True,
            composite=True,
            read_bar_code=True,
            isrc=True,
            rw_deinterleaved=True,
            cd_da_stream_is_accurate=True,
            loading_mechanism_type=LoadingMechanismType.TRAY,
            eject=True,
            lock_state=True,
            rw_in_lead_in=True,
            sss=True,
            separate_channel_mute_supported=True,
            maximum_read_speed=0x2113,
            number_of_volume_levels_supported=256,
            buffer_size_supported=2048,
            obsolete_current_read_speed=0x1B90,
            length=2,
            rck=True,
            maximum_write_speed=0x1612,
            obsolete_current_write_speed=0x0B09,
            copy_management_revision_supported=1,
            rotation_control_selected=1,
            current_write_speed_selected=0x0584,
            write_speeds=(
                WriteSpeedPerformance(write_speed_supported=0x1612),
                WriteSpeedPerformance(rotation_control=RotationControl.CAV, write_speed_supported=0x0B09),
            ),
        ),
    ),
    (
        "2a 1e 15 22 55 55 85 15" + "0000" * 4 + "00 1a" + "0000" * 3 + "000000 00 0000 0000",
        CapabilitiesPage(
            dvd_r_read=True,
            method_2=True,
            cd_r_read=True,
            dvd_ram_write=True,
            cd_rw_write=True,
            multi_session=True,
            mode_2_form_1=True,
            digital_port_1=True,
            audio_play=True,
            upc=True,
            c2_pointers_supported=True,
            rw_supported=True,
            cd_da_commands_supported=True,
            loading_mechanism_type=LoadingMechanismType.CHANGER_INDIVIDUAL,
            prevent_jumper=True,
            lock=True,
            side_change_capable=True,
            changer_supports_disc_present=True,
            separate_volume_levels=True,
            length=1,
            lsbf=True,
            bckf=True,
        ),
    ),
    ("8e 03 010203", RawModePage(ps=True, page_code=0x0E, rest=b"\1\2\3")),
    ("5a 01 0003 0a0b0c", RawModeSubpage(page_code=0x1A, subpage_code=1, rest=b"\x0a\x0b\x0c")),
]


@pytest.mark.parametrize(("text", "page"), ROWS, ids=[type(row[1]).__name__ for row in ROWS])
def test_mode_page_is_the_bytes_of_its_table(text: str, page: ModePage) -> None:
    assert parse_mode_page(bytes.fromhex(text)) == page
    assert page.build() == bytes.fromhex(text)


def test_every_page_has_a_row_above() -> None:
    assert {type(page) for _, page in ROWS} == {*MODE_PAGES.values(), RawModePage, RawModeSubpage}
    assert WriteParametersPage.code == 0x05


def test_write_speed_descriptor_is_4_bytes() -> None:
    descriptor = WriteSpeedPerformance(rotation_control=RotationControl.CAV, write_speed_supported=0x1234)
    assert descriptor.build() == bytes.fromhex("00 01 1234")
    assert WriteSpeedPerformance.parse(bytes.fromhex("00 01 1234")) == descriptor


@given(st.sampled_from(ROWS), st.data())
def test_any_bytes_are_a_page_or_refused(
    reads_or_refuses: Callable[[type[Structure], bytes], None], row: tuple[str, ModePage], data: st.DataObject
) -> None:
    good = bytes.fromhex(row[0])
    reads_or_refuses(type(row[1]), good[: data.draw(st.integers(0, len(good)))] + data.draw(st.binary(max_size=60)))


@given(st.sampled_from([ModeParameters6, ModeParameters10]), st.binary(max_size=120))
def test_any_bytes_are_a_list_or_refused(kind: type[ModeParameters6], data: bytes) -> None:
    try:
        parameters = kind.parse(data)
    except StructureError:
        return
    assert parameters.build_select()[: kind.layout.slots["mode_data_length"].width // 8].strip(b"\0") == b""


def test_short_page_of_an_older_drive_has_no_speeds() -> None:
    page = CapabilitiesPage.parse(bytes.fromhex("2a 14 3f 07 71 63 29 23 1b90 0100 0200 1b90 00 00 0b09 0584"))
    assert (page.cd_r_write, page.maximum_write_speed, page.write_speeds) == (True, 0x0B09, ())
    assert page.current_write_speed == 0x0584
    assert replace(page, current_write_speed_selected=1234).current_write_speed == 1234


def test_count_of_speeds_beyond_the_page_is_not_believed() -> None:
    page = CapabilitiesPage.parse(bytes.fromhex("2a 22" + "00" * 28 + "ffff 0000 1612"))
    assert [speed.write_speed_supported for speed in page.write_speeds] == [0x1612]


def test_timers_are_tenths_of_seconds() -> None:
    page = PowerConditionPage(idle=True, idle_timer=25, standby_timer=50)
    assert (page.idle_seconds, page.standby_seconds) == (2.5, None)
    assert PowerConditionPage(standby=True, standby_timer=50).standby_seconds == 5.0


def test_list_of_10_has_header_block_descriptors_and_pages() -> None:
    data = bytes.fromhex("0022 71 80 01 00 0008  0011223344556677  81 0a a520 000000 02 03 010203  08 06 04 0000000000")
    parameters = ModeParameters10.parse(data)
    assert (parameters.medium_type, parameters.device_specific_parameter, parameters.longlba) == (0x71, 0x80, True)
    assert parameters.block_descriptors == bytes.fromhex("0011223344556677")
    assert parameters.pages == (replace(RECOVERY, ps=True), CachingPage(wce=True, rest=bytes(5)))
    assert parameters.page(0x08) == CachingPage(wce=True, rest=bytes(5))
    assert parameters.page(0x2A) is None
    assert parameters.build() == data


def test_list_of_6_has_a_header_of_4_bytes() -> None:
    data = bytes.fromhex("0d 05 80 00  08 08 01 00000000000000")
    parameters = ModeParameters6(
        medium_type=5, device_specific_parameter=0x80, pages=(CachingPage(rcd=True, rest=bytes(7)),)
    )
    assert ModeParameters6.parse(data) == parameters
    assert parameters.build() == data


def test_list_for_mode_select_has_no_length_and_no_saved_bits() -> None:
    parameters = ModeParameters10(pages=(replace(RECOVERY, ps=True),))
    assert parameters.build_select() == bytes.fromhex("0000 00 00 00 00 0000  01 0a a520 000000 02 03 010203")


def test_page_longer_than_the_lists_count_is_taken_whole() -> None:
    data = bytes.fromhex("000c 00 00 00 00 0000  01 0a a520 000000 02 03 010203")
    assert ModeParameters10.parse(data).pages == (RECOVERY,)


def test_bytes_behind_the_counted_pages_are_no_page() -> None:
    data = bytes.fromhex("0012 00 00 00 00 0000  01 0a a520 000000 02 03 010203  08 00 00 00")
    assert ModeParameters10.parse(data).pages == (RECOVERY,)


def test_list_cut_off_in_a_page_keeps_what_came() -> None:
    data = bytes.fromhex("0012 00 00 00 00 0000  01 0a a520")
    (page,) = ModeParameters10.parse(data).pages
    assert page == ReadWriteErrorRecoveryPage(awre=True, tb=True, per=True, dcr=True, read_retry_count=32)


def test_list_shorter_than_its_header_is_refused() -> None:
    with pytest.raises(StructureError):
        ModeParameters10.parse(bytes(7))
    with pytest.raises(StructureError):
        ModeParameters6.parse(bytes(3))


def test_block_descriptors_longer_than_the_list_leave_no_pages() -> None:
    assert ModeParameters10.parse(bytes.fromhex("0008 00 00 00 00 ffff 0102")).pages == ()

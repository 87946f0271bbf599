"""READ DISC INFORMATION and READ TRACK INFORMATION, byte by byte (MMC-6 6.21 and 6.26)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.mmc.spec.disc_information import (
    NO_ADDRESS,
    BackgroundFormat,
    DiscInformation,
    DiscStatus,
    DiscType,
    LastSessionState,
    OpcTable,
    PowResourcesInformation,
    TrackResourcesInformation,
)
from discstack.mmc.spec.layout import Structure, StructureError
from discstack.mmc.spec.msf import Msf
from discstack.mmc.spec.track_information import DataMode, LayerJumpRecordingStatus, TrackInformation

ROWS: list[tuple[str, Structure]] = [
    ("03e8 010203040506", OpcTable(speed=1000, opc_values=bytes.fromhex("010203040506"))),
    (
        # 48 bytes follow; erasable, last session incomplete, disc incomplete; first track 1, sessions 0102h,
        # tracks 0203h to 0304h; DID_V URU dbit, background format running; XA
        "0030 15 01 02 03 04 a6 20 01 02 03 11121314 00612f10 004f3b4a 2122232425262728 31"
        "02 0123 414243444546 4567 515253545556",
        DiscInformation(
            erasable=True,
            state_of_last_session=LastSessionState.INCOMPLETE,
            disc_status=DiscStatus.INCOMPLETE,
            number_of_first_track=1,
            number_of_sessions=0x0102,
            first_track_number_in_last_session=0x0203,
            last_track_number_in_last_session=0x0304,
            did_v=True,
            uru=True,
            dbit=True,
            bg_format_status=BackgroundFormat.RUNNING,
            disc_type=DiscType.CD_ROM_XA_OR_DDCD,
            disc_identification=0x11121314,
            last_session_lead_in_start_address=0x00612F10,
            last_possible_lead_out_start_address=0x004F3B4A,
            disc_bar_code=bytes.fromhex("2122232425262728"),
            disc_application_code=0x31,
            opc_tables=(
                OpcTable(speed=0x0123, opc_values=b"ABCDEF"),
                OpcTable(speed=0x4567, opc_values=b"QRSTUV"),
            ),
        ),
    ),
    (
        "0020 0e 01 01 01 01 50 ff 00 00 00 00000000 ffffffff ffffffff 0000000000000000 00 00",
        DiscInformation(
            state_of_last_session=LastSessionState.COMPLETE,
            disc_status=DiscStatus.FINALIZED,
            dbc_v=True,
            dac_v=True,
            disc_type=DiscType.UNDEFINED,
        ),
    ),
    (
        "000a 20 00 0063 0005 0007 0002",
        TrackResourcesInformation(
            maximum_possible_number_of_tracks=99,
            number_of_assigned_tracks=5,
            maximum_possible_number_of_appendable_tracks=7,
            current_number_of_appendable_tracks=2,
        ),
    ),
    (
        "000e 40 00 01020304 05060708 090a0b0c",
        PowResourcesInformation(
            remaining_pow_replacements=0x01020304,
            remaining_pow_reallocation_map_entries=0x05060708,
            number_of_remaining_pow_updates=0x090A0B0C,
        ),
    ),
    (
        "002e 02 03 00 b4 e1 01 fffffb1e ffffff6a 00010203 00000010 00020304 00030405 01 02 0000"
        "00040506 00050607 00060708",
        TrackInformation(
            logical_track_number=0x0102,
            session_number=0x0203,
            ljrs=LayerJumpRecordingStatus.MANUAL,
            damage=True,
            copy=True,
            track_mode=4,
            rt=True,
            blank=True,
            packet_inc=True,
            data_mode=DataMode.MODE_1,
            nwa_v=True,
            logical_track_start_address=-1250,
            next_writable_address=-150,
            free_blocks=0x00010203,
            fixed_packet_size_blocking_factor=16,
            logical_track_size=0x00020304,
            last_recorded_address=0x00030405,
            read_compatibility_lba=0x00040506,
            next_layer_jump_address=0x00050607,
            last_layer_jump_address=0x00060708,
        ),
    ),
    (
        "002e 01 01 00 01 1f 02" + "00000000" * 5 + "00000064 00 00 0000" + "00000000" * 3,
        TrackInformation(
            logical_track_number=1,
            track_mode=1,
            fp=True,
            data_mode=DataMode.NO_DATA,
            lra_v=True,
            last_recorded_address=100,
        ),
    ),
]


@pytest.mark.parametrize(("text", "structure"), ROWS, ids=[type(row[1]).__name__ for row in ROWS])
def test_information_is_the_bytes_of_its_table(text: str, structure: Structure) -> None:
    assert type(structure).parse(bytes.fromhex(text)) == structure
    assert structure.build() == bytes.fromhex(text)


@given(st.sampled_from(ROWS), st.data())
def test_any_bytes_are_read_or_refused(
    reads_or_refuses: Callable[[type[Structure], bytes], None], row: tuple[str, Structure], data: st.DataObject
) -> None:
    good = bytes.fromhex(row[0])
    reads_or_refuses(type(row[1]), good[: data.draw(st.integers(0, len(good)))] + data.draw(st.binary(max_size=60)))


def test_opc_tables_beyond_the_reply_are_not_made_up() -> None:
    reply = DiscInformation(opc_tables=(OpcTable(speed=1), OpcTable(speed=2))).build()
    assert DiscInformation.parse(reply[:-1]).opc_tables == (OpcTable(speed=1),)
    assert DiscInformation.parse(b"\x00\x28" + reply[2:]).opc_tables == (OpcTable(speed=1),)


def test_number_of_opc_tables_smaller_than_the_reply_holds() -> None:
    reply = bytearray(DiscInformation(opc_tables=(OpcTable(speed=1), OpcTable(speed=2))).build())
    reply[33] = 1
    assert DiscInformation.parse(reply).opc_tables == (OpcTable(speed=1),)


def test_disc_information_of_8_bytes_is_read_and_of_7_is_refused() -> None:
    reply = bytes.fromhex("0020 11 01 01 02 03 02")
    information = DiscInformation.parse(reply)
    assert (information.erasable, information.disc_status) == (True, DiscStatus.INCOMPLETE)
    assert (information.number_of_sessions, information.bg_format_status) == (1, BackgroundFormat.RUNNING)
    with pytest.raises(StructureError, match="shorter than 8 bytes"):
        DiscInformation.parse(reply[:7])


def test_disc_information_that_counts_nothing_is_refused() -> None:
    with pytest.raises(StructureError):
        DiscInformation.parse(bytes(34))


def test_disc_information_of_another_data_type_is_refused() -> None:
    with pytest.raises(StructureError, match="data_type is 0x1"):
        DiscInformation.parse(bytes.fromhex("000a 20 00 0063 0005 0007 0002"))


def test_times_of_a_cd_are_read_from_the_addresses() -> None:
    information = DiscInformation(
        last_session_lead_in_start_address=0x00612F10, last_possible_lead_out_start_address=0x004F3B4A
    )
    assert information.last_session_lead_in_start_time == Msf(97, 47, 16)
    assert information.last_possible_lead_out_start_time == Msf(79, 59, 74)
    assert DiscInformation(last_session_lead_in_start_address=NO_ADDRESS).last_session_lead_in_start_time is None


@pytest.mark.parametrize("size", [28, 32, 36, 40, 44, 48])
def test_track_information_of_older_drives_is_read(size: int) -> None:
    full = TrackInformation(
        logical_track_number=0x0107,
        session_number=2,
        logical_track_start_address=5,
        logical_track_size=6,
        last_layer_jump_address=9,
    ).build()
    track = TrackInformation.parse(full[:size])
    assert (track.logical_track_number, track.session_number) == (0x0107 if size > 32 else 7, 2)
    assert (track.end, track.last_layer_jump_address) == (11, 9 if size == 48 else 0)


def test_track_information_without_a_size_is_refused() -> None:
    with pytest.raises(StructureError, match="shorter than 28 bytes"):
        TrackInformation.parse(TrackInformation(logical_track_number=1).build()[:27])


def test_addresses_that_are_not_valid_are_none() -> None:
    track = TrackInformation(logical_track_number=1, track_mode=5, next_writable_address=7, last_recorded_address=8)
    assert (track.valid_next_writable_address, track.valid_last_recorded_address, track.is_data) == (None, None, True)
    valid = TrackInformation(
        logical_track_number=1, nwa_v=True, lra_v=True, next_writable_address=7, last_recorded_address=8
    )
    assert (valid.valid_next_writable_address, valid.valid_last_recorded_address, valid.is_data) == (7, 8, False)

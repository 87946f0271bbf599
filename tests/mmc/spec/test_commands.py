"""Every command against its T10 byte table, written out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discstack.mmc.spec import commands as c
from discstack.mmc.spec.cdb import CDB, REGISTRY, Direction, describe, lookup

# The command, its fields, and its bytes as the standard's table has them. What is not named is zero.
HAND_WRITTEN: list[tuple[CDB, dict[str, Any], str]] = [
    # primary
    (c.TEST_UNIT_READY, {"control": 0xC4}, "00 00 00 00 00 c4"),
    (c.REQUEST_SENSE, {"desc": True, "allocation_length": 0xFC}, "03 01 00 00 fc 00"),
    (c.INQUIRY, {"evpd": True, "page_code": 0x83, "allocation_length": 0x0124}, "12 01 83 01 24 00"),
    (c.INQUIRY, {"cmddt": True, "page_code": 0x2A, "allocation_length": 0x10}, "12 02 2a 00 10 00"),
    (c.MODE_SELECT_6, {"pf": True, "sp": True, "parameter_list_length": 0x1C}, "15 11 00 00 1c 00"),
    (
        c.MODE_SENSE_6,
        {"dbd": True, "page_control": 2, "page_code": 0x2A, "subpage_code": 5, "allocation_length": 0xC0},
        "1a 08 aa 05 c0 00",
    ),
    (
        c.MODE_SELECT_10,
        {"pf": True, "rtd": True, "sp": True, "parameter_list_length": 0x0123},
        "55 13 00 00 00 00 00 01 23 00",
    ),
    (
        c.MODE_SENSE_10,
        {
            "llbaa": True,
            "dbd": True,
            "page_control": 1,
            "page_code": 5,
            "subpage_code": 7,
            "allocation_length": 0x0234,
        },
        "5a 18 45 07 00 00 00 02 34 00",
    ),
    (
        c.LOG_SELECT,
        {
            "pcr": True,
            "sp": True,
            "page_control": 1,
            "page_code": 0x0D,
            "subpage_code": 2,
            "parameter_list_length": 0x1234,
        },
        "4c 03 4d 02 00 00 00 12 34 00",
    ),
    (
        c.LOG_SENSE,
        {
            "ppc": True,
            "sp": True,
            "page_control": 3,
            "page_code": 0x19,
            "subpage_code": 0x20,
            "parameter_pointer": 0x0102,
            "allocation_length": 0x0304,
        },
        "4d 03 d9 20 00 01 02 03 04 00",
    ),
    (
        c.RECEIVE_DIAGNOSTIC_RESULTS,
        {"pcv": True, "page_code": 0x3F, "allocation_length": 0x1122},
        "1c 01 3f 11 22 00",
    ),
    (
        c.SEND_DIAGNOSTIC,
        {"self_test_code": 2, "pf": True, "devoffl": True, "parameter_list_length": 0x0506},
        "1d 52 00 05 06 00",
    ),
    (c.SEND_DIAGNOSTIC, {"selftest": True, "unitoffl": True}, "1d 05 00 00 00 00"),
    (
        c.WRITE_BUFFER,
        {
            "mode_specific": 1,
            "mode": 5,
            "buffer_id": 0x11,
            "buffer_offset": 0x223344,
            "parameter_list_length": 0x556677,
        },
        "3b 25 11 22 33 44 55 66 77 00",
    ),
    (
        c.READ_BUFFER,
        {"mode_specific": 4, "mode": 2, "buffer_id": 1, "buffer_offset": 0x020304, "allocation_length": 0x050607},
        "3c 82 01 02 03 04 05 06 07 00",
    ),
    (c.REPORT_LUNS, {"select_report": 2, "allocation_length": 0x01020304}, "a0 00 02 00 00 00 01 02 03 04 00 00"),
    (
        c.REPORT_SUPPORTED_OPERATION_CODES,
        {
            "rctd": True,
            "reporting_options": 2,
            "requested_operation_code": 0xAB,
            "requested_service_action": 0x0102,
            "allocation_length": 0x03040506,
        },
        "a3 0c 82 ab 01 02 03 04 05 06 00 00",
    ),
    (c.RESERVE_6, {}, "16 00 00 00 00 00"),
    (c.RELEASE_6, {}, "17 00 00 00 00 00"),
    (
        c.RESERVE_10,
        {"third_party": True, "long_id": True, "third_party_device_id": 0x42, "parameter_list_length": 0x0108},
        "56 12 00 42 00 00 00 01 08 00",
    ),
    (
        c.RELEASE_10,
        {"third_party": True, "long_id": True, "third_party_device_id": 0x43, "parameter_list_length": 0x0109},
        "57 12 00 43 00 00 00 01 09 00",
    ),
    (c.PERSISTENT_RESERVE_IN, {"service_action": 1, "allocation_length": 0x0123}, "5e 01 00 00 00 00 00 01 23 00"),
    (
        c.PERSISTENT_RESERVE_OUT,
        {"service_action": 6, "scope": 1, "type": 5, "parameter_list_length": 0x01020304},
        "5f 06 15 00 00 01 02 03 04 00",
    ),
    # information
    (
        c.GET_CONFIGURATION,
        {"rt": 2, "starting_feature_number": 0x0107, "allocation_length": 0x0208},
        "46 02 01 07 00 00 00 02 08 00",
    ),
    (
        c.GET_EVENT_STATUS_NOTIFICATION,
        {"polled": True, "notification_class_request": 0x10, "allocation_length": 0x0108},
        "4a 01 00 00 10 00 00 01 08 00",
    ),
    (
        c.GET_PERFORMANCE,
        {
            "tolerance": 2,
            "write": True,
            "except_": 1,
            "starting_lba": 0x01020304,
            "maximum_number_of_descriptors": 0x0506,
            "type": 3,
        },
        "ac 15 01 02 03 04 00 00 05 06 03 00",
    ),
    (c.MECHANISM_STATUS, {"allocation_length": 0x0102}, "bd 00 00 00 00 00 00 00 01 02 00 00"),
    (c.READ_CAPACITY, {"lba": 0x01020304, "pmi": True}, "25 00 01 02 03 04 00 00 01 00"),
    (c.READ_DISC_INFORMATION, {"data_type": 2, "allocation_length": 0x0122}, "51 02 00 00 00 00 00 01 22 00"),
    (
        c.READ_DISC_STRUCTURE,
        {
            "media_type": 1,
            "address": 0x00030001,
            "layer_number": 1,
            "format": 0x0E,
            "allocation_length": 0x0804,
            "agid": 3,
        },
        "ad 01 00 03 00 01 01 0e 08 04 c0 00",
    ),
    (c.READ_FORMAT_CAPACITIES, {"allocation_length": 0x01FC}, "23 00 00 00 00 00 00 01 fc 00"),
    (c.READ_MEDIA_SERIAL_NUMBER, {"allocation_length": 0x01020304}, "ab 01 00 00 00 00 01 02 03 04 00 00"),
    (
        c.READ_TOC_PMA_ATIP,
        {"msf": True, "format": 5, "track_session_number": 0xAA, "allocation_length": 0x0324},
        "43 02 05 00 00 00 aa 03 24 00",
    ),
    (
        c.READ_TRACK_INFORMATION,
        {"open": True, "address_number_type": 1, "address": 0xFF, "allocation_length": 0x0130},
        "52 05 00 00 00 ff 00 01 30 00",
    ),
    (
        c.READ_SUB_CHANNEL,
        {"msf": True, "subq": True, "sub_channel_parameter_list": 3, "track_number": 7, "allocation_length": 0x0118},
        "42 02 40 03 00 00 07 01 18 00",
    ),
    (c.READ_HEADER, {"msf": True, "lba": -150, "allocation_length": 0x0108}, "44 02 ff ff ff 6a 00 01 08 00"),
    # read
    (c.READ_6, {"lba": 0x1A2B3C, "transfer_length": 0x10}, "08 1a 2b 3c 10 00"),
    (
        c.READ_10,
        {"dpo": True, "fua": True, "lba": 0x12345678, "transfer_length": 0x9ABC},
        "28 18 12 34 56 78 00 9a bc 00",
    ),
    (
        c.READ_12,
        {"dpo": True, "fua": True, "lba": 0x01020304, "transfer_length": 0x05060708, "streaming": True},
        "a8 18 01 02 03 04 05 06 07 08 80 00",
    ),
    (
        c.READ_CD,
        {
            "expected_sector_type": 4,
            "dap": True,
            "lba": -150,
            "transfer_length": 0x010203,
            "sync": True,
            "header_codes": 3,
            "user_data": True,
            "edc_ecc": True,
            "c2_error_information": 1,
            "sub_channel_selection": 2,
        },
        "be 12 ff ff ff 6a 01 02 03 fa 02 00",
    ),
    (
        c.READ_CD_MSF,
        {
            "expected_sector_type": 1,
            "starting_m": 0,
            "starting_s": 2,
            "starting_f": 16,
            "ending_m": 74,
            "ending_s": 59,
            "ending_f": 73,
            "user_data": True,
            "c2_error_information": 2,
            "sub_channel_selection": 1,
        },
        "b9 04 00 00 02 10 4a 3b 49 14 01 00",
    ),
    (
        c.READ_CD_MSF,
        {"dap": True, "sync": True, "header_codes": 1, "edc_ecc": True},
        "b9 02 00 00 00 00 00 00 00 a8 00 00",
    ),
    (c.SEEK_10, {"lba": 0x00010203}, "2b 00 00 01 02 03 00 00 00 00"),
    (
        c.SET_READ_AHEAD,
        {"trigger_lba": 0x01020304, "read_ahead_lba": 0x05060708},
        "a7 00 01 02 03 04 05 06 07 08 00 00",
    ),
    (
        c.VERIFY_10,
        {"dpo": True, "bytchk": True, "lba": 0x11223344, "verification_length": 0x5566},
        "2f 12 11 22 33 44 00 55 66 00",
    ),
    # write
    (c.WRITE_6, {"lba": 0x1FFFFE, "transfer_length": 1}, "0a 1f ff fe 01 00"),
    (
        c.WRITE_10,
        {"dpo": True, "fua": True, "tsr": True, "lba": -150, "transfer_length": 0x0120},
        "2a 1c ff ff ff 6a 00 01 20 00",
    ),
    (
        c.WRITE_12,
        {"dpo": True, "tsr": True, "lba": 0x01020304, "transfer_length": 0x05060708, "streaming": True},
        "aa 14 01 02 03 04 05 06 07 08 80 00",
    ),
    (c.WRITE_12, {"fua": True, "lba": -1}, "aa 08 ff ff ff ff 00 00 00 00 00 00"),
    (
        c.WRITE_AND_VERIFY_10,
        {"dpo": True, "bytchk": True, "lba": 0x00000100, "transfer_length": 0x0210},
        "2e 12 00 00 01 00 00 02 10 00",
    ),
    (
        c.SYNCHRONIZE_CACHE_10,
        {"immed": True, "lba": 0x01020304, "number_of_blocks": 0x0506},
        "35 02 01 02 03 04 00 05 06 00",
    ),
    (c.READ_BUFFER_CAPACITY, {"block": True, "allocation_length": 0x010C}, "5c 01 00 00 00 00 00 01 0c 00"),
    (
        c.CLOSE_TRACK_SESSION,
        {"immed": True, "close_function": 6, "logical_track_number": 0x0102},
        "5b 01 06 00 01 02 00 00 00 00",
    ),
    (c.REPAIR_TRACK, {"immed": True, "logical_track_number": 0x0103}, "58 01 00 00 01 03 00 00 00 00"),
    (
        c.RESERVE_TRACK,
        {"rmz": True, "arsv": True, "logical_track_reservation_parameter": 0x01ABCDEF},
        "53 03 00 00 00 01 ab cd ef 00",
    ),
    (
        c.SEND_OPC_INFORMATION,
        {"do_opc": True, "exclude_1": True, "parameter_list_length": 0x0108},
        "54 01 02 00 00 00 00 01 08 00",
    ),
    (c.SEND_OPC_INFORMATION, {"exclude_0": True}, "54 00 01 00 00 00 00 00 00 00"),
    (c.SEND_CUE_SHEET, {"parameter_list_length": 0x010203}, "5d 00 00 00 00 00 01 02 03 00"),
    (
        c.SEND_DISC_STRUCTURE,
        {"media_type": 1, "format": 0x20, "parameter_list_length": 0x010C},
        "bf 01 00 00 00 00 00 20 01 0c 00 00",
    ),
    (
        c.SET_CD_SPEED,
        {"rotational_control": 1, "logical_unit_read_speed": 0xFFFF, "logical_unit_write_speed": 0x1B90},
        "bb 01 ff ff 1b 90 00 00 00 00 00 00",
    ),
    (c.SET_STREAMING, {"type": 5, "parameter_list_length": 0x011C}, "b6 00 00 00 00 00 00 00 05 01 1c 00"),
    # medium
    (
        c.BLANK,
        {"immed": True, "blanking_type": 5, "start_address": 0x00010203},
        "a1 15 00 01 02 03 00 00 00 00 00 00",
    ),
    (c.FORMAT_UNIT, {"fmt_data": True, "cmp_list": True, "format_code": 1}, "04 19 00 00 00 00"),
    (
        c.FORMAT_UNIT,
        {"fmtpinfo": 2, "longlist": True, "format_code": 4, "vendor_specific": 0x12, "interleave": 0x3456},
        "04 a4 12 34 56 00",
    ),
    (
        c.LOAD_UNLOAD_MEDIUM,
        {"immed": True, "lo_unlo": True, "slot": 4},
        "a6 01 00 00 02 00 00 00 04 00 00 00",
    ),
    (c.LOAD_UNLOAD_MEDIUM, {"start": True}, "a6 00 00 00 01 00 00 00 00 00 00 00"),
    (c.PREVENT_ALLOW_MEDIUM_REMOVAL, {"prevent": True}, "1e 00 00 00 01 00"),
    (c.PREVENT_ALLOW_MEDIUM_REMOVAL, {"persistent": True}, "1e 00 00 00 02 00"),
    (
        c.START_STOP_UNIT,
        {"immed": True, "format_layer_number": 1, "power_conditions": 3, "fl": True, "start": True},
        "1b 01 00 01 35 00",
    ),
    (c.START_STOP_UNIT, {"loej": True}, "1b 00 00 00 02 00"),
    # audio
    (c.PLAY_AUDIO_10, {"starting_lba": -1, "play_length": 0x0506}, "45 00 ff ff ff ff 00 05 06 00"),
    (
        c.PLAY_AUDIO_12,
        {"starting_lba": 0x01020304, "play_length": 0x05060708},
        "a5 00 01 02 03 04 05 06 07 08 00 00",
    ),
    (
        c.PLAY_AUDIO_MSF,
        {"starting_m": 1, "starting_s": 2, "starting_f": 3, "ending_m": 4, "ending_s": 5, "ending_f": 6},
        "47 00 00 01 02 03 04 05 06 00",
    ),
    (
        c.PLAY_AUDIO_TRACK_INDEX,
        {"starting_track": 1, "starting_index": 2, "ending_track": 3, "ending_index": 4},
        "48 00 00 00 01 02 00 03 04 00",
    ),
    (c.PAUSE_RESUME, {"resume": True}, "4b 00 00 00 00 00 00 00 01 00"),
    (c.STOP_PLAY_SCAN, {}, "4e 00 00 00 00 00 00 00 00 00"),
    (
        c.SCAN,
        {"direct": True, "scan_starting_address": 0x01020304, "type": 2},
        "ba 10 01 02 03 04 00 00 00 80 00 00",
    ),
    # security
    (
        c.REPORT_KEY,
        {
            "lba": 0x01020304,
            "block_count": 5,
            "key_class": 2,
            "allocation_length": 0x0607,
            "agid": 1,
            "key_format": 8,
        },
        "a4 00 01 02 03 04 05 02 06 07 48 00",
    ),
    (
        c.SEND_KEY,
        {"key_class": 0x21, "parameter_list_length": 0x0110, "agid": 2, "key_format": 0x3F},
        "a3 00 00 00 00 00 00 21 01 10 bf 00",
    ),
    (
        c.SECURITY_PROTOCOL_IN,
        {
            "security_protocol": 1,
            "security_protocol_specific": 0x0203,
            "inc_512": True,
            "allocation_length": 0x04050607,
        },
        "a2 01 02 03 80 00 04 05 06 07 00 00",
    ),
    (
        c.SECURITY_PROTOCOL_OUT,
        {
            "security_protocol": 0xEE,
            "security_protocol_specific": 0x0203,
            "inc_512": True,
            "parameter_list_length": 0x04050607,
        },
        "b5 ee 02 03 80 00 04 05 06 07 00 00",
    ),
]
DECLARED = list(REGISTRY.values())
each_command = pytest.mark.parametrize("cdb", DECLARED, ids=lambda cdb: cdb.name)
each_line = pytest.mark.parametrize(
    ("cdb", "values", "line"), HAND_WRITTEN, ids=[line[:5] for _, _, line in HAND_WRITTEN]
)


def fields(cdb: CDB) -> st.SearchStrategy[dict[str, Any]]:
    """Any values for all fields of a command that have more than one."""
    slots = cdb.layout.slots.values()
    return st.fixed_dictionaries(
        {
            slot.name: st.booleans() if slot.decode is bool else st.integers(slot.low, slot.high)
            for slot in slots
            if slot.low < slot.high
        }
    )


@each_line
def test_fields_build_the_bytes_of_the_standard(cdb: CDB, values: dict[str, Any], line: str) -> None:
    assert cdb.build(**values) == bytes.fromhex(line)


@each_line
def test_bytes_of_the_standard_parse_to_the_fields(cdb: CDB, values: dict[str, Any], line: str) -> None:
    parsed = cdb.parse(bytes.fromhex(line))
    constants = {name: slot.default for name, slot in cdb.layout.slots.items() if slot.low == slot.high}
    assert parsed == dict.fromkeys(parsed, 0) | constants | values


@each_line
def test_bytes_of_the_standard_are_recognised(cdb: CDB, values: dict[str, Any], line: str) -> None:
    assert lookup(bytes.fromhex(line)) is cdb


@each_command
def test_every_command_has_its_line(cdb: CDB) -> None:
    lines = [values for known, values, _ in HAND_WRITTEN if known is cdb]
    assert lines, f"{cdb.name} has no line of bytes written by hand"
    tried = {name for values in lines for name in values} | {"control"}
    assert tried >= {slot.name for slot in cdb.layout.slots.values() if slot.low < slot.high}


@each_command
@settings(max_examples=15)
@given(data=st.data())
def test_parse_inverts_build(cdb: CDB, data: st.DataObject) -> None:
    values = data.draw(fields(cdb))
    parsed = cdb.parse(cdb.build(**values))
    assert {name: parsed[name] for name in values} == values


@each_command
@settings(max_examples=15)
@given(data=st.data())
def test_compiled_offsets_do_what_construct_does(cdb: CDB, data: st.DataObject) -> None:
    values = data.draw(fields(cdb))
    built = cdb.build(**values)
    assert built == cdb.layout.construct.build(values)
    by_construct = {name: value for name, value in cdb.layout.construct.parse(built).items() if name != "_io"}
    assert cdb.parse(built) == by_construct


@each_command
@settings(max_examples=15)
@given(data=st.data())
def test_patcher_writes_what_the_builder_writes(cdb: CDB, data: st.DataObject) -> None:
    values, patched = data.draw(fields(cdb)), data.draw(fields(cdb))
    aligned = [name for name in values if byte_aligned(cdb, name)]
    buffer = bytearray(cdb.build(**values))
    cdb.patcher(*aligned)(buffer, *(patched[name] for name in aligned))
    assert buffer == cdb.build(**values | {name: patched[name] for name in aligned})


def byte_aligned(cdb: CDB, name: str) -> bool:
    slot = cdb.layout.slots[name]
    return slot.offset % 8 == 0 and slot.width in (8, 16, 32)


@each_command
def test_data_phase_and_its_length_agree(cdb: CDB) -> None:
    has_out, has_in = "parameter_list_length" in cdb.field_names, "allocation_length" in cdb.field_names
    assert not has_out or cdb.direction is Direction.TO_DEVICE
    assert not has_in or cdb.direction is Direction.FROM_DEVICE


@each_command
def test_command_is_exported_by_the_package(cdb: CDB) -> None:
    assert cdb in [getattr(c, name) for name in c.__all__]


@each_command
def test_command_cites_its_clause(cdb: CDB) -> None:
    standard, _, clause = cdb.clause.partition(" ")
    assert standard in {"MMC-6", "MMC-2", "SPC-3", "SPC-2", "SBC-2", "SCSI-2"}
    assert clause[0].isdigit()


@pytest.mark.parametrize(
    ("cdb", "seconds"),
    [
        (c.WRITE_10, 180),  # the first of a DVD-R disc-at-once records the lead-in
        (c.WRITE_12, 180),
        (c.SYNCHRONIZE_CACHE_10, 900),  # writes the lead-out of a disc-at-once
        (c.CLOSE_TRACK_SESSION, 480),
        (c.BLANK, 9600),
        (c.FORMAT_UNIT, 11000),
        (c.START_STOP_UNIT, 300),
        (c.SEND_DISC_STRUCTURE, 180),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_timeout_outlasts_the_slowest_drive_seen(cdb: CDB, seconds: float) -> None:
    assert cdb.timeout >= seconds


def test_trace_names_fields_that_are_not_zero() -> None:
    cdb = c.WRITE_10.build(lba=16, transfer_length=32)
    assert describe(cdb) == "WRITE (10) lba=0x10 transfer_length=0x20"


def test_trace_shows_addresses_in_the_lead_in_as_negative() -> None:
    assert describe(c.READ_CD.build(lba=-150, user_data=True)) == "READ CD lba=-0x96 user_data=0x1"


def test_service_actions_of_one_opcode_are_told_apart() -> None:
    assert lookup(bytes.fromhex("a3 00 00 00 00 00 00 00 00 10 01 00")) is c.SEND_KEY
    assert lookup(bytes.fromhex("a3 0c 00 00 00 00 00 00 00 10 00 00")) is c.REPORT_SUPPORTED_OPERATION_CODES
    assert lookup(bytes.fromhex("a3 05 00 00 00 00 00 00 00 10 00 00")) is None

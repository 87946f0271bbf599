"""READ DISC STRUCTURE, byte by byte (MMC-6 6.22)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.mmc.spec.disc_structure import (
    BY_FORMAT,
    AacsDataKeys,
    AacsIdentifier,
    BcaRecord,
    BdDefinition,
    BdDiscInformation,
    BdSpareAreaInformation,
    BurstCuttingArea,
    CalibrationRecord,
    CartridgeStatus,
    ControlBlockList,
    CopyrightInformation,
    CopyrightManagementInformation,
    CopyrightProtectionSystem,
    DiscControlBlock,
    DiscInformationUnit,
    DiscKey,
    DiscStructure,
    DiscStructureList,
    DiskCategory,
    DvdRamDefinition,
    EncryptedExtent,
    EncryptedExtents,
    FormatLayers,
    HdDvdRMediumStatus,
    JumpIntervalSize,
    LayerBoundaryInformation,
    ManagementSummary,
    ManualLayerJumpAddress,
    ManufacturingInformation,
    MediaKeyBlock,
    MediaType,
    MediumStatus,
    MinusBook,
    PhysicalFormatInformation,
    PlusBook,
    PreRecordedInformation,
    RamBook,
    RecordedStatus,
    RecordingManagementData,
    RecordingType,
    RemappingAddress,
    RZone,
    SessionInformation,
    ShiftedMiddleAreaStartAddress,
    SpareAreaInformation,
    SpecifiedManagementData,
    StructureListEntry,
    UniqueDiscIdentifier,
    WriteInhibit,
    WriteProtectionStatus,
    ZoneHead,
    parse_disc_structure,
)
from discstack.mmc.spec.layout import Structure, StructureError

DVD_PLUS_R_DL = PhysicalFormatInformation(
    disk_category=DiskCategory.DVD_PLUS_R_DL,
    part_version=1,
    disc_size=1,
    maximum_rate=15,
    number_of_layers=1,
    track_path=True,
    layer_type=2,
    linear_density=3,
    track_density=4,
    starting_physical_sector_number_of_data_area=0x030000,
    end_physical_sector_number_of_data_area=0xFCFFFF,
    end_physical_sector_number_in_layer_0=0x22D7FF,
    bca=True,
    data=b"\x00\x01MKM" + bytes(5) + b"003" + bytes(2),
)
UNIT = DiscInformationUnit(
    format=2,
    units_per_block=17,
    layer=5,
    legacy=0x13,
    sequence=0x14,
    continuation=True,
    length=0x62,
    disc_type_identifier="BDR",
    disc_size=1,
    disc_class=2,
    disc_version=3,
    number_of_layers=4,
    layer_type=2,
    dvd_layer=1,
    cd_layer=2,
    channel_bit_length=3,
    push_pull_polarity=0x21,
    recorded_mark_polarity=0x22,
    bca=9,
    maximum_transfer_rate=0x24,
    last_user_data_address=0x31323334,
    first_address_unit_number=0x41424344,
    last_address_unit_number=0x51525354,
    format_dependent=bytes(range(68)),
    disc_manufacturer_id="VERBAT",
    media_type_id="IMe",
    time_stamp=0x6162,
    product_revision_number=0x63,
)
UNIT_BYTES = (
    "4449 02 8d 13 14 e2 00 424452 63 42 63 21 22 09 24 0000 31323334 41424344 51525354"
    + bytes(range(68)).hex()
    + "564552424154 494d65 6162 63"
)

ROWS: list[tuple[int, int, str, DiscStructure]] = [
    (MediaType.DVD, 0x02, "0006 0000 01020304", DiscKey(data=b"\x01\x02\x03\x04")),
    (MediaType.DVD, 0x05, "0006 0000 a9 000000", CopyrightManagementInformation(cpm=True, cgms=2, cps_mod=9)),
    (MediaType.DVD, 0x05, "0006 0000 40 000000", CopyrightManagementInformation(cp_sec=True)),
    (MediaType.DVD, 0x07, "0006 00 03 0a0b0c0d", MediaKeyBlock(total_packs=3, data=b"\x0a\x0b\x0c\x0d")),
    (MediaType.DVD, 0x0B, "0006 0000 10 000000", RecordingType(real_time_data=True)),
    (
        MediaType.DVD,
        0x0D,
        "0008 0000 00022a10 0102",
        SpecifiedManagementData(last_recorded_rma_sector_number=0x22A10, data=b"\x01\x02"),
    ),
    (
        MediaType.DVD,
        0x19,
        "0006 0000 01 12 0134",
        HdDvdRMediumStatus(
            extended_test_zone=True,
            number_of_remaining_rmds_in_rdz=0x12,
            number_of_remaining_rmds_in_current_rmz=0x134,
        ),
    ),
    (
        MediaType.BD,
        0x80,
        "0022 0000" + "a1" * 16 + "b2" * 16,
        AacsIdentifier(identifier=b"\xa1" * 16, message_authentication_code=b"\xb2" * 16),
    ),
    (
        MediaType.BD,
        0x84,
        "0022 0000" + "c3" * 16 + "d4" * 16,
        AacsDataKeys(read_data_key=b"\xc3" * 16, write_data_key=b"\xd4" * 16),
    ),
    (
        MediaType.BD,
        0x85,
        "0012 00 10 0000000000000000 00000120 00000040",
        EncryptedExtents(maximum_number_of_lba_extents=16, extents=(EncryptedExtent(start_lba=0x120, lba_count=0x40),)),
    ),
    (
        MediaType.BD,
        0x90,
        "0008 0000 02 11 0040 0010",
        FormatLayers(
            number_of_recognized_format_layers=2,
            default_format_layer=1,
            online_format_layer=1,
            format_layers=(0x40, 0x10),
        ),
    ),
    (
        MediaType.DVD,
        0x00,
        "0022 0000 e1 1f 32 34 00 030000 00 fcffff 00 22d7ff 80 0001 4d4b4d0000000000 303033 0000",
        DVD_PLUS_R_DL,
    ),
    (
        MediaType.DVD,
        0x01,
        "0006 0000 01 fd 0000",
        CopyrightInformation(
            copyright_protection_system_type=CopyrightProtectionSystem.CSS_CPPM, region_management_information=0xFD
        ),
    ),
    (MediaType.DVD, 0x04, "0005 0000 414243", ManufacturingInformation(data=b"ABC")),
    (
        MediaType.DVD,
        0x09,
        "0006 0000 8a 10 00 03",
        MediumStatus(
            cartridge=True,
            mswi=True,
            pwp=True,
            disc_type_identification=0x10,
            dvd_ram_specific_write_inhibit_information=3,
        ),
    ),
    (MediaType.DVD, 0x09, "0006 0000 44 00 00 00", MediumStatus(out=True, cwp=True)),
    (
        MediaType.DVD,
        0x0A,
        "000e 0000 00000102 00000304 00000506",
        SpareAreaInformation(
            number_of_unused_primary_spare_blocks=0x102,
            number_of_unused_supplementary_spare_blocks=0x304,
            number_of_allocated_supplementary_spare_blocks=0x506,
        ),
    ),
    (
        MediaType.DVD,
        0x0E,
        "002a 0000 01 41 c1 26053f 53 00  02 32 12 0a0b0c0d 00"
        "03 545947303300 00  04 414243444546 00  05 474849000000 00",
        PreRecordedInformation(
            disc_application_code=0x41,
            disc_physical_code=0xC1,
            last_address_of_data_recordable_area=0x26053F,
            part_version=5,
            extension_code=3,
            opc_suggested_code=0x32,
            wavelength_code=0x12,
            write_strategy_code=b"\x0a\x0b\x0c\x0d",
            manufacturer_id_1=b"TYG03\0",
            manufacturer_id_2=b"ABCDEF",
            manufacturer_id_3=b"GHI\0\0\0",
        ),
    ),
    (
        MediaType.DVD,
        0x0F,
        "0014 0000 0000 1234 32303037 3131 3036 3133 3234 3335",
        UniqueDiscIdentifier(
            random_number=0x1234, year="2007", month="11", day="06", hour="13", minute="24", second="35"
        ),
    ),
    (
        MediaType.DVD,
        0x20,
        "000a 0000 80 000000 001fd800",
        LayerBoundaryInformation(init_status=True, capacity_of_l0=0x1FD800),
    ),
    (
        MediaType.DVD,
        0x21,
        "000a 0000 80 000000 001fd800",
        ShiftedMiddleAreaStartAddress(init_status=True, shifted_middle_area_start_address=0x1FD800),
    ),
    (MediaType.DVD, 0x22, "000a 0000 00000000 00001230", JumpIntervalSize(jump_interval_size=0x1230)),
    (MediaType.DVD, 0x23, "000a 0000 00000000 0000122f", ManualLayerJumpAddress(manual_layer_jump_address=0x122F)),
    (MediaType.DVD, 0x24, "000a 0000 00000000 00004560", RemappingAddress(remapping_address=0x4560)),
    (
        MediaType.DVD,
        0x30,
        "002e 0000 57444300 0000000f" + b"MAKER".hex() + "00" * 27 + "a1a2a3a4",
        DiscControlBlock(
            content_descriptor=0x57444300,
            unknown_content_descriptor_actions=15,
            vendor_id=b"MAKER".ljust(32, b"\0"),
            data=b"\xa1\xa2\xa3\xa4",
        ),
    ),
    (MediaType.DVD, 0xC0, "0006 0000 0a 000000", WriteProtectionStatus(mswi=True, pwp=True)),
    (MediaType.BD, 0xC0, "0006 0000 05 000000", WriteProtectionStatus(cwp=True, swpp=True)),
    (
        MediaType.DVD,
        0xFF,
        "000a 0000 00 40 0804  20 c0 000c",
        DiscStructureList(
            entries=(
                StructureListEntry(format_code=0x00, rds=True, structure_length=0x804),
                StructureListEntry(format_code=0x20, sds=True, rds=True, structure_length=12),
            )
        ),
    ),
    (MediaType.BD, 0x00, "0074 0000" + UNIT_BYTES + "0102", BdDiscInformation(units=(UNIT,), data=b"\1\2")),
    (MediaType.BD, 0x09, "0006 0000 c4 000000", CartridgeStatus(cartridge=True, out=True, cwp=True)),
    (
        MediaType.BD,
        0x0A,
        "000e 0000 00000000 00000102 00000304",
        BdSpareAreaInformation(number_of_free_spare_blocks=0x102, number_of_allocated_spare_blocks=0x304),
    ),
    (
        MediaType.DVD,
        0x08,
        "0060 0000 0a0a 00 83 00000102 0001 0023" + "00" * 68 + "00 031000 00 0341ff 00 034200 a5a6",
        DvdRamDefinition(
            in_process=True,
            user_certification=True,
            disk_manufacturer_certification=True,
            dds_pdl_update_counter=0x102,
            number_of_zones=35,
            first_sector_of_primary_spare_area=0x31000,
            last_sector_of_primary_spare_area=0x341FF,
            first_logical_sector=0x34200,
            data=b"\xa5\xa6",
        ),
    ),
    (
        MediaType.BD,
        0x08,
        "0064 0000 4453 01 00 00000102" + "00" * 8 + "000db000 00000000 000dc000 00000000 00100000 00b473ff"
        "00001000 00002000 00000304 01 00 02 00 00000003 00000000" + "03" * 32 + "a5a6",
        BdDefinition(
            dds_format=1,
            dds_update_count=0x102,
            first_sector_of_drive_area=0xDB000,
            first_sector_of_defect_list=0xDC000,
            first_sector_of_user_data_area=0x100000,
            last_logical_sector=0xB473FF,
            size_of_inner_spare_area_0=0x1000,
            size_of_outer_spare_area=0x2000,
            size_of_inner_spare_area_1=0x304,
            spare_area_full_flags=1,
            disc_type_specific_1=2,
            disc_type_specific_2=3,
            status_of_certification=b"\3" * 32,
            data=b"\xa5\xa6",
        ),
    ),
    (MediaType.BD, 0x77, "0004 0000 a5a6", DiscStructure(data=b"\xa5\xa6")),
]


@pytest.mark.parametrize(
    ("media_type", "code", "text", "structure"), ROWS, ids=[f"{type(row[3]).__name__}" for row in ROWS]
)
def test_disc_structure_is_the_bytes_of_its_table(
    media_type: int, code: int, text: str, structure: DiscStructure
) -> None:
    assert parse_disc_structure(media_type, code, bytes.fromhex(text)) == structure
    assert structure.build() == bytes.fromhex(text)


def test_every_structure_with_fields_has_a_row_above() -> None:
    with_fields = {kind for kind in BY_FORMAT.values() if "layout" in vars(kind)}
    assert with_fields <= {type(row[3]) for row in ROWS}


@pytest.mark.parametrize(("media_type", "code"), sorted(BY_FORMAT))
def test_every_format_refuses_less_than_a_header(media_type: int, code: int) -> None:
    with pytest.raises(StructureError):
        parse_disc_structure(media_type, code, bytes(3))


@given(st.sampled_from(ROWS), st.data())
def test_any_bytes_are_read_or_refused(
    reads_or_refuses: Callable[[type[Structure], bytes], None],
    row: tuple[int, int, str, DiscStructure],
    data: st.DataObject,
) -> None:
    good = bytes.fromhex(row[2])
    reads_or_refuses(type(row[3]), good[: data.draw(st.integers(0, len(good)))] + data.draw(st.binary(max_size=60)))


def test_unit_and_list_entry_are_structures_of_their_own() -> None:
    assert DiscInformationUnit.parse(bytes.fromhex(UNIT_BYTES)) == UNIT
    assert StructureListEntry.parse(bytes.fromhex("20 c0 000c")).build() == bytes.fromhex("20 c0 000c")


def test_media_id_of_a_dvd_plus_is_maker_and_type() -> None:
    assert DVD_PLUS_R_DL.media_id == "MKM/003"
    assert replace(DVD_PLUS_R_DL, disk_category=DiskCategory.DVD_RAM).media_id is None


def book_of(category: DiskCategory, data: bytes) -> object:
    """Return the book of a disc by what follows byte 16."""
    return PhysicalFormatInformation(disk_category=category, data=data).book


def test_a_book_of_dvd_plus_tells_maker_and_velocities() -> None:
    data = bytes.fromhex("01 02") + b"RICOHJPN" + b"R01" + bytes.fromhex("03 38 2c 46")
    assert book_of(DiskCategory.DVD_PLUS_R, data) == PlusBook(
        disk_application_code=1,
        extended_information_indicators=2,
        disk_manufacturer_id="RICOHJPN",
        media_type_id="R01",
        product_revision_number=3,
        bytes_in_use=0x38,
        reference_recording_velocity=0x2C,
        maximum_recording_velocity=0x46,
    )


def test_a_book_of_dvd_minus_tells_where_the_borders_are() -> None:
    # a DVD-R of github.com/aaru-dps/Aaru issue 588: border-out at E6130h, next border-in at EF4D0h
    book = book_of(DiskCategory.DVD_R, bytes(15) + bytes.fromhex("000e6130 000ef4d0"))
    assert book == MinusBook(
        start_sector_number_of_current_border_out=0xE6130, start_sector_number_of_next_border_in=0xEF4D0
    )


def test_a_book_of_dvd_ram_tells_the_maker() -> None:
    data = bytes(15) + b"\x10" + bytes(516) + b"MATSUSHITA".ljust(48) + b"M01J3002".ljust(16)
    assert book_of(DiskCategory.DVD_RAM, data) == RamBook(
        disc_type_identification=0x10,
        disk_manufacturer="MATSUSHITA",
        disk_manufacturers_supplementary_information="M01J3002",
    )


@pytest.mark.parametrize("category", [DiskCategory.DVD_PLUS_R, DiskCategory.DVD_R, DiskCategory.DVD_RAM])
def test_a_book_that_is_cut_off_is_none(category: DiskCategory) -> None:
    assert book_of(category, bytes(13)) is None


def test_the_zones_of_a_dvd_ram_begin_at_these_addresses() -> None:
    data = bytes(164) + bytes.fromhex("00000000 000098c0 00013a40")
    assert DvdRamDefinition(number_of_zones=35, data=data).zone_starts == (0, 0x98C0, 0x13A40)
    assert DvdRamDefinition(number_of_groups=24, number_of_zones=35, data=data).zone_starts == ()
    assert DvdRamDefinition(number_of_zones=35).zone_starts == ()


def test_layers_of_a_dvd_are_counted_from_1() -> None:
    assert DVD_PLUS_R_DL.layers == 2
    assert DVD_PLUS_R_DL.layer_0_blocks == 0x22D7FF - 0x030000 + 1
    assert PhysicalFormatInformation().layer_0_blocks is None


def test_media_id_of_a_dvd_minus_is_in_fields_3_and_4() -> None:
    pits = PreRecordedInformation(manufacturer_id_1=b"TYG03\0", manufacturer_id_2=bytes(6))
    assert pits.media_id == "TYG03"
    assert replace(pits, field_id_4=0).media_id is None


def test_media_id_of_a_bd_is_in_its_first_unit() -> None:
    assert BdDiscInformation(units=(UNIT,)).media_id == "VERBAT/IMe"
    assert BdDiscInformation().media_id is None


def test_units_end_where_their_mark_ends() -> None:
    information = BdDiscInformation.parse(bytes.fromhex("00e2 0000" + UNIT_BYTES) + bytes(112))
    assert (information.units, information.data) == ((UNIT,), bytes(112))


def test_regions_are_the_bits_that_are_not_set() -> None:
    assert CopyrightInformation(region_management_information=0xFD).regions == (2,)
    assert CopyrightInformation().regions == tuple(range(1, 9))


def test_medium_is_protected_by_any_means() -> None:
    assert WriteProtectionStatus(cwp=True).protected
    assert not WriteProtectionStatus().protected


def test_a_burst_cutting_area_is_records_of_what_they_count() -> None:
    # as CPRM has it: the media identifier, then what the media key block is checked by
    area = BurstCuttingArea(data=bytes.fromhex("0001 02 08 1122334455667788  0002 01 04 a1a2a3a4 00000000"))
    assert area.records == (
        (BcaRecord(bca_record_id=1, version_number=2, data_length=8), bytes.fromhex("1122334455667788")),
        (BcaRecord(bca_record_id=2, version_number=1, data_length=4), bytes.fromhex("a1a2a3a4")),
    )


@pytest.mark.parametrize("text", ["", "00" * 12, "0001 02 40 11223344 55667788", "0001 02 00 11223344"])
def test_a_burst_cutting_area_of_another_form_has_no_records(text: str) -> None:
    assert BurstCuttingArea(data=bytes.fromhex(text)).records == ()


FIELD_0 = (
    "0001 02 000000 abcd 32303234 3131 3236 3132 3334 3536"
    "01 41 c1 26053f 53 00  02 32 12 0a0b0c0d 00  03 545947303300 00  04 414243444546 00  05 000000000000 00"
)
FIELD_1 = (
    b"PIONEER".ljust(32).hex()
    + b"SN0815".ljust(16).hex()
    + b"DVR-111D".ljust(16).hex()
    + "01020304 11121314 2122232425262728 0001fe50"
    + "5a" * 24
    + "00" * 20
)
FIELD_3 = "000e6130 000f0000"
FIELD_4 = "0003 0001 0000" + "00" * 10 + "00030000 00035fff  00036000 00000000"


def management_data(*, linked: bool = False) -> bytes:
    fields = [FIELD_0, FIELD_1, "", FIELD_3, FIELD_4, "00040000 0004ffff"]
    return bytes(2048 * linked) + b"".join(bytes.fromhex(text).ljust(2048, b"\0") for text in fields)


@pytest.mark.parametrize("linked", [False, True])
def test_recording_management_data_tells_who_recorded_what(linked: bool) -> None:
    found = RecordingManagementData(data=management_data(linked=linked))
    summary = ManagementSummary(
        rmd_format=1,
        disc_status=RecordedStatus.INCREMENTAL,
        random_number=0xABCD,
        year="2024",
        month="11",
        day="26",
        hour="12",
        minute="34",
        second="56",
        pre_pit_information=bytes.fromhex(FIELD_0)[22:].ljust(64, b"\0"),
    )
    assert found.summary == summary
    assert summary.media_id == "TYG03\0ABCDEF"
    (recorder,) = found.calibrations
    names = (recorder.drive_manufacturer, recorder.serial_number, recorder.model_number)
    assert names == ("PIONEER", "SN0815", "DVR-111D")
    assert recorder == CalibrationRecord.parse(bytes.fromhex(FIELD_1))
    assert recorder.build() == bytes.fromhex(FIELD_1)
    assert (recorder.power_calibration_address, recorder.running_opc) == (0x1FE50, b"\x5a" * 24)
    assert found.border_outs == (0xE6130, 0xF0000)
    assert found.zone_head == ZoneHead(invisible_rzone_number=3, first_open_rzone_number=1)
    assert found.rzones == (
        RZone(start_sector_number=0x30000, last_recorded_sector_number=0x35FFF),
        RZone(start_sector_number=0x36000),
        RZone(start_sector_number=0x40000, last_recorded_sector_number=0x4FFFF),
    )


@pytest.mark.parametrize("data", [b"", bytes(2048), bytes(40), management_data()[:30]])
def test_recording_management_data_that_is_not_there_tells_nothing(data: bytes) -> None:
    found = RecordingManagementData(data=data)
    told = (found.summary, found.calibrations, found.border_outs, found.zone_head, found.rzones)
    assert told == (None, (), (), None, ())


def test_management_data_of_restricted_overwrite_has_no_zones() -> None:
    found = RecordingManagementData(data=b"\0\2" + management_data()[2:])
    assert found.summary is not None
    assert found.summary.rmd_format == 2
    assert (len(found.calibrations), found.border_outs, found.rzones) == (1, (), ())


@pytest.mark.parametrize(
    ("descriptor", "text", "contents", "listed"),
    [
        (
            0x57444300,
            "00000007 000000 82" + "00" * 16 + "70" * 32,
            WriteInhibit(
                update_count=7, update_requires_password=True, write_protect_status=2, update_password=b"p" * 32
            ),
            (),
        ),
        (
            0x53444300,
            "0002" + "00" * 22 + "69" * 32 + "00" * 32,
            SessionInformation(session_number=2, disc_id=b"i" * 32),
            (),
        ),
        (
            0xFFFFFFFF,
            "00 02 00 01 46444300 57444300 57444300",
            ControlBlockList(readable_dcbs=2, writable_dcbs=1),
            (0x46444300, 0x57444300, 0x57444300),
        ),
        (0x46444300, "00", None, ()),
        (0x57444300, "00", None, ()),
    ],
)
def test_a_disc_control_block_is_what_its_descriptor_says(
    descriptor: int, text: str, contents: Structure | None, listed: tuple[int, ...]
) -> None:
    block = DiscControlBlock(content_descriptor=descriptor, data=bytes.fromhex(text))
    assert (block.contents, block.listed) == (contents, listed)
    if contents is not None:
        assert contents.build() + b"".join(n.to_bytes(4, "big") for n in listed) == bytes.fromhex(text)

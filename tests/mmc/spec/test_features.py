"""The feature descriptors of MMC-6 5.3 and the reply of GET CONFIGURATION, byte by byte."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.mmc.spec.features import (
    FEATURES,
    Aacs,
    BdCps,
    BdRead,
    BdRPow,
    BdWrite,
    CdAudioExternalPlay,
    CdMastering,
    CdRead,
    CdRwCavWrite,
    CdRwMediaWriteSupport,
    CdTrackAtOnce,
    Configuration,
    Core,
    DcbEntry,
    DdcdRead,
    DdcdRWrite,
    DdcdRwWrite,
    DiscControlBlocks,
    DriveSerialNumber,
    DvdCprm,
    DvdCss,
    DvdCssManagedRecording,
    DvdPlusR,
    DvdPlusRDl,
    DvdPlusRw,
    DvdPlusRwDl,
    DvdRead,
    DvdRRwWrite,
    EmbeddedChanger,
    EnhancedDefectReporting,
    Feature,
    FeatureCode,
    FirmwareInformation,
    Formattable,
    HardwareDefectManagement,
    HdDvdRead,
    HdDvdRwFragmentRecording,
    HdDvdWrite,
    HybridDisc,
    IncrementalStreamingWritable,
    LayerJumpRecording,
    LjRigidRestrictedOverwrite,
    LoadingMechanism,
    MediaSerialNumber,
    MicrocodeUpgrade,
    Morphing,
    Mrw,
    MultiRead,
    Ossc,
    PhysicalInterface,
    PowerManagement,
    ProfileDescriptor,
    ProfileList,
    RandomReadable,
    RandomWritable,
    RawFeature,
    RealTimeStreaming,
    RemovableMedium,
    RestrictedOverwrite,
    RigidRestrictedOverwrite,
    SectorErasable,
    SecurDisc,
    Smart,
    StopLongOperation,
    Timeout,
    Tsr,
    Vcps,
    WriteOnce,
    WriteProtect,
)
from discstack.mmc.spec.layout import StructureError
from discstack.mmc.spec.profiles import TITLES, Profile

DVD_PLUS_R = ProfileDescriptor(profile_number=Profile.DVD_PLUS_R, current_p=True)
CD_R = ProfileDescriptor(profile_number=Profile.CD_R)

# Header byte 2: version << 2 | persistent << 1 | current.
DESCRIPTORS: list[tuple[str, Feature]] = [
    ("0000 03 08  001b 01 00  0009 00 00", ProfileList(profiles=(DVD_PLUS_R, CD_R))),
    (
        "0001 0b 08  00000008 03 000000",
        Core(version=2, physical_interface_standard=PhysicalInterface.USB, inq2=True, dbe=True),
    ),
    ("0002 07 04  02 000000", Morphing(version=1, oc_event=True)),
    ("0002 07 04  01 000000", Morphing(version=1, async_=True)),
    (
        "0003 0b 04  39 000000",
        RemovableMedium(version=2, loading_mechanism_type=LoadingMechanism.TRAY, load=True, eject=True, lock=True),
    ),
    (
        "0003 0b 04  86 000000",
        RemovableMedium(
            version=2, loading_mechanism_type=LoadingMechanism.CHANGER_INDIVIDUAL, prvnt_jmpr=True, dbml=True
        ),
    ),
    ("0004 08 04  0a 000000", WriteProtect(version=2, dwp=True, spwp=True)),
    ("0004 08 04  05 000000", WriteProtect(version=2, wdcb=True, sswpp=True)),
    ("0010 01 08  00000800 0010 01 00", RandomReadable(current=True, logical_block_size=2048, blocking=16, pp=True)),
    ("001d 02 00", MultiRead(persistent=True)),
    ("001e 09 04  81 000000", CdRead(version=2, current=True, dap=True, cd_text=True)),
    ("001e 09 04  02 000000", CdRead(version=2, current=True, c2_flags=True)),
    ("001f 08 04  01 00 02 00", DvdRead(version=2, multi_110=True, dual_rw=True)),
    ("001f 08 04  00 00 01 00", DvdRead(version=2, dual_r=True)),
    (
        "0020 05 0c  00b4739f 00000800 0020 01 00",
        RandomWritable(version=1, current=True, last_lba=0x00B4739F, logical_block_size=2048, blocking=32, pp=True),
    ),
    (
        "0021 0d 08  0100 05 02 10 07 0000",
        IncrementalStreamingWritable(
            version=3, current=True, data_block_types_supported=0x0100, trio=True, buf=True, link_sizes=(16, 7)
        ),
    ),
    ("0021 0c 04  3f00 02 00", IncrementalStreamingWritable(version=3, data_block_types_supported=0x3F00, arsv=True)),
    ("0022 01 00", SectorErasable(current=True)),
    ("0023 05 08  0a 80 0000 00 000000", Formattable(version=1, current=True, renosa=True, qcert=True, frf=True)),
    ("0023 05 08  05 00 0000 01 000000", Formattable(version=1, current=True, expand=True, cert=True, rrm=True)),
    ("0024 05 04  80 000000", HardwareDefectManagement(version=1, current=True, ssa=True)),
    ("0025 01 08  00000800 0001 01 00", WriteOnce(current=True, logical_block_size=2048, blocking=1, pp=True)),
    ("0026 01 00", RestrictedOverwrite(current=True)),
    ("0027 01 04  00000000", CdRwCavWrite(current=True)),
    ("0028 05 04  05 000000", Mrw(version=1, current=True, dvd_plus_write=True, write=True)),
    ("0028 05 04  02 000000", Mrw(version=1, current=True, dvd_plus_read=True)),
    (
        "0029 00 04  01 05 0400",
        EnhancedDefectReporting(drt_dm=True, number_of_dbi_cache_zones=5, number_of_entries=1024),
    ),
    ("002a 01 04  01 02 0000", DvdPlusRw(current=True, write=True, quick_start=True)),
    ("002a 01 04  00 01 0000", DvdPlusRw(current=True, close_only=True)),
    ("002b 01 04  01 000000", DvdPlusR(current=True, write=True)),
    ("002c 01 04  09 000000", RigidRestrictedOverwrite(current=True, dsdg=True, blank=True)),
    ("002c 01 04  06 000000", RigidRestrictedOverwrite(current=True, dsdr=True, intermediate=True)),
    (
        "002d 09 04  46 00 3f03",
        CdTrackAtOnce(version=2, current=True, buf=True, test_write=True, cd_rw=True, data_type_supported=0x3F03),
    ),
    ("002d 09 04  19 00 0000", CdTrackAtOnce(version=2, current=True, rw_raw=True, rw_pack=True, rw_sub_code=True)),
    (
        "002e 05 04  65 000c00",
        CdMastering(
            version=1, current=True, buf=True, sao=True, test_write=True, rw=True, maximum_cue_sheet_length=3072
        ),
    ),
    (
        "002e 05 04  1a 010203",
        CdMastering(version=1, current=True, raw_ms=True, raw=True, cd_rw=True, maximum_cue_sheet_length=0x010203),
    ),
    ("002f 09 04  42 000000", DvdRRwWrite(version=2, current=True, buf=True, dvd_rw_sl=True)),
    ("002f 09 04  0c 000000", DvdRRwWrite(version=2, current=True, rdl=True, test_write=True)),
    ("0030 00 00", DdcdRead()),
    ("0031 00 04  04 000000", DdcdRWrite(test_write=True)),
    ("0032 00 04  02 000000", DdcdRwWrite(intermediate=True)),
    ("0032 00 04  01 000000", DdcdRwWrite(blank=True)),
    ("0033 01 08  000000 01 10 000000", LayerJumpRecording(current=True, link_sizes=(16,))),
    ("0034 01 04  01 0000 20", LjRigidRestrictedOverwrite(current=True, cljb=True, buffer_block_size=32)),
    ("0035 01 00", StopLongOperation(current=True)),
    ("0037 00 04  00 8d 0000", CdRwMediaWriteSupport(cd_rw_media_sub_type_support=0x8D)),
    ("0038 01 04  00000000", BdRPow(current=True)),
    ("003a 01 04  01 02 0000", DvdPlusRwDl(current=True, write=True, quick_start=True)),
    ("003a 01 04  00 01 0000", DvdPlusRwDl(current=True, close_only=True)),
    ("003b 01 04  01 000000", DvdPlusRDl(current=True, write=True)),
    (
        "0040 05 1c  01 000000  0001 0002 0003 0004  0011 0012 0013 0014  0021 0022 0023 0024",
        BdRead(
            version=1,
            current=True,
            bca=True,
            class_0_bd_re=1,
            class_1_bd_re=2,
            class_2_bd_re=3,
            class_3_bd_re=4,
            class_0_bd_r=0x11,
            class_1_bd_r=0x12,
            class_2_bd_r=0x13,
            class_3_bd_r=0x14,
            class_0_bd_rom=0x21,
            class_1_bd_rom=0x22,
            class_2_bd_rom=0x23,
            class_3_bd_rom=0x24,
        ),
    ),
    (
        "0041 05 14  01 000000  0001 0002 0003 0004  0011 0012 0013 0014",
        BdWrite(
            version=1,
            current=True,
            svnr=True,
            class_0_bd_re=1,
            class_1_bd_re=2,
            class_2_bd_re=3,
            class_3_bd_re=4,
            class_0_bd_r=0x11,
            class_1_bd_r=0x12,
            class_2_bd_r=0x13,
            class_3_bd_r=0x14,
        ),
    ),
    ("0042 01 00", Tsr(current=True)),
    ("0050 01 04  01 00 00 00", HdDvdRead(current=True, hd_dvd_r=True)),
    ("0050 01 04  00 00 01 00", HdDvdRead(current=True, hd_dvd_ram=True)),
    ("0051 01 04  01 00 00 00", HdDvdWrite(current=True, hd_dvd_r=True)),
    ("0051 01 04  00 00 01 00", HdDvdWrite(current=True, hd_dvd_ram=True)),
    ("0052 01 04  01 000000", HdDvdRwFragmentRecording(current=True, bgp=True)),
    ("0080 01 04  01 000000", HybridDisc(current=True, ri=True)),
    ("0100 03 00", PowerManagement()),
    ("0101 02 04  01 000000", Smart(persistent=True, pp=True)),
    ("0102 02 04  14 0000 1f", EmbeddedChanger(persistent=True, scc=True, sdp=True, highest_slot_number=31)),
    ("0103 01 04  06 00 0100", CdAudioExternalPlay(current=True, scan=True, scm=True, number_of_volume_levels=256)),
    ("0103 01 04  01 00 0000", CdAudioExternalPlay(current=True, sv=True)),
    ("0104 06 04  01 000000", MicrocodeUpgrade(version=1, persistent=True, m5=True)),
    ("0105 07 04  01 00 0203", Timeout(version=1, group_3=True, unit_length=0x0203)),
    ("0106 01 04  000000 01", DvdCss(current=True, css_version=1)),
    ("0107 15 04  1a 000000", RealTimeStreaming(version=5, current=True, rbcb=True, scs=True, wspd=True)),
    ("0107 15 04  05 000000", RealTimeStreaming(version=5, current=True, mp2a=True, sw=True)),
    ("0108 03 0c  4b5242434d5730303132 2020", DriveSerialNumber(serial_number="KRBCMW0012")),
    ("0109 01 00", MediaSerialNumber(current=True)),
    (
        "010a 00 08  46445000 53445001",
        DiscControlBlocks(entries=(DcbEntry(content_descriptor=0x46445000), DcbEntry(content_descriptor=0x53445001))),
    ),
    ("010b 01 04  000000 01", DvdCprm(current=True, cprm_version=1)),
    (
        "010c 03 10  3230 3037 3131 3036 3133 3234 3335 0000",
        FirmwareInformation(century="20", year="07", month="11", day="06", hour="13", minute="24", second="35"),
    ),
    (
        "010d 09 04  15 04 03 02",
        Aacs(
            version=2,
            current=True,
            rdc=True,
            wbe=True,
            bng=True,
            block_count_for_binding_nonce=4,
            number_of_agids=3,
            aacs_version=2,
        ),
    ),
    ("010d 09 04  0a 00 00 01", Aacs(version=2, current=True, rmc=True, bec=True, aacs_version=1)),
    (
        "010e 01 04  a5 000000",
        DvdCssManagedRecording(current=True, maximum_number_of_scrambled_extent_information_entries=0xA5),
    ),
    ("0110 01 04  00000000", Vcps(current=True)),
    ("0113 01 04  00000000", SecurDisc(current=True)),
    ("0120 01 04  00 21 03 00", BdCps(current=True, major_version=2, minor_version=1, max_open_sacs=3)),
    ("0142 01 08  81 02 0010 001b 0000", Ossc(current=True, psau=True, me=True, profile_numbers=(0x10, 0x1B))),
    ("0142 01 04  40 00 0000", Ossc(current=True, lospb=True)),
    ("ff17 29 03  0a0b0c", RawFeature(feature_code=0xFF17, version=10, current=True, data=b"\x0a\x0b\x0c")),
]


@pytest.mark.parametrize(("text", "feature"), DESCRIPTORS, ids=[type(row[1]).__name__ for row in DESCRIPTORS])
def test_feature_descriptor_is_the_bytes_of_its_table(text: str, feature: Feature) -> None:
    assert type(feature).parse(bytes.fromhex(text)) == feature
    assert feature.build() == bytes.fromhex(text)


def test_every_feature_has_a_row_above() -> None:
    assert {type(feature) for _, feature in DESCRIPTORS} == {*FEATURES.values(), RawFeature}
    assert set(FEATURES) == set(FeatureCode)


def test_another_features_descriptor_is_refused() -> None:
    with pytest.raises(StructureError, match="feature_code is 0x2b"):
        DvdPlusRw.parse(bytes.fromhex("002b 01 04 01000000"))


def test_older_version_of_a_feature_lacks_its_newer_fields() -> None:
    core = Core.parse(bytes.fromhex("0001 03 04 00000002 03 ffffff"))
    assert (core.version, core.physical_interface_standard, core.dbe) == (0, PhysicalInterface.ATAPI, False)


CONFIGURATION = bytes.fromhex(
    "0000 0022 0000 001b"  # 34 bytes follow, profile 1Bh
    "0000 03 08  001b 01 00  0008 00 00"
    "002b 01 04  01 000000"
    "ff00 00 02  aabb"
    "0026 00 00"
)


def test_configuration_is_a_header_and_descriptors() -> None:
    configuration = Configuration.parse(CONFIGURATION)
    assert configuration.current_profile is Profile.DVD_PLUS_R
    assert configuration.profiles == (Profile.DVD_PLUS_R, Profile.CD_ROM)
    assert configuration.feature(FeatureCode.DVD_PLUS_R) == DvdPlusR(current=True, write=True)
    assert configuration.get(RestrictedOverwrite) == RestrictedOverwrite()
    assert configuration.feature(0xFF00) == RawFeature(feature_code=0xFF00, data=b"\xaa\xbb")
    assert configuration.get(BdWrite) is None
    assert configuration.is_current(FeatureCode.DVD_PLUS_R)
    assert not configuration.is_current(FeatureCode.RESTRICTED_OVERWRITE)
    assert not configuration.is_current(FeatureCode.BD_WRITE)
    assert configuration.build() == CONFIGURATION


def test_configuration_cut_off_keeps_the_whole_descriptors() -> None:
    assert len(Configuration.parse(CONFIGURATION[:27]).features) == 1
    assert len(Configuration.parse(CONFIGURATION[:28]).features) == 2


def test_bytes_behind_the_counted_ones_are_no_features() -> None:
    counted = b"\0\0\0\x18" + CONFIGURATION[4:]
    assert [feature.feature_code for feature in Configuration.parse(counted).features] == [0x0000, 0x002B]


def test_header_alone_is_a_configuration() -> None:
    configuration = Configuration.parse(bytes.fromhex("00000004 0000 0043"))
    assert (configuration.current_profile, configuration.features, configuration.profiles) == (Profile.BD_RE, (), ())


def test_unknown_profile_stays_a_number() -> None:
    assert Configuration.parse(bytes.fromhex("00000004 0000 0666")).current_profile == 0x0666
    assert Profile.of(0x0666) is Profile.NON_CONFORMING
    assert Profile.of(0x2B) is Profile.DVD_PLUS_R_DL


def test_every_profile_has_a_title() -> None:
    assert set(TITLES) == set(Profile)
    assert Profile.DVD_PLUS_R.title == "DVD+R"


def test_firmware_date_is_a_time_where_it_is_one() -> None:
    feature = FirmwareInformation(century="20", year="07", month="11", day="06", hour="13", minute="24", second="35")
    assert feature.created == datetime(2007, 11, 6, 13, 24, 35)
    assert FirmwareInformation(century="20", year="07", month="13").created is None


@given(st.binary(max_size=80))
def test_any_bytes_are_a_configuration_or_an_error(data: bytes) -> None:
    try:
        configuration = Configuration.parse(data)
    except StructureError:
        return
    if "\ufffd" in str(configuration):
        return
    assert Configuration.parse(configuration.build()) == configuration


@given(st.sampled_from(sorted(FEATURES)), st.binary(max_size=70), st.data())
def test_any_descriptor_body_is_read_and_built_again(code: int, body: bytes, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, 255))
    feature = FEATURES[code].parse(code.to_bytes(2, "big") + bytes([5, length]) + body)
    if "\ufffd" not in str(feature):  # text that is not ASCII is shown, but cannot be built
        assert FEATURES[code].parse(feature.build()) == feature

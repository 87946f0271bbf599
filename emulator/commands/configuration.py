"""GET CONFIGURATION: the features of the drive, and which of them are current with this medium (MMC-6 5.3, 6.5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from discstack.emulator.commands.recording import LONGEST_CUE_SHEET
from discstack.emulator.conditions import invalid_field
from discstack.emulator.drive import Drive
from discstack.emulator.media.families import PROFILES
from discstack.emulator.request import Request
from discstack.mmc.spec import features as f
from discstack.mmc.spec.capacities import CapacityType
from discstack.mmc.spec.profiles import Profile

ALL, CURRENT, ONE = range(3)  # requested type
CD: Final = frozenset({Profile.CD_R, Profile.CD_RW})
DVD_MINUS: Final = frozenset({Profile.DVD_R_SEQUENTIAL, Profile.DVD_R_DL_SEQUENTIAL, Profile.DVD_RW_SEQUENTIAL})
RESTRICTED: Final = frozenset({Profile.DVD_RW_RESTRICTED_OVERWRITE})
DVD: Final = (
    frozenset({Profile.DVD_PLUS_R, Profile.DVD_PLUS_R_DL, Profile.DVD_PLUS_RW})
    | DVD_MINUS
    | RESTRICTED
    | frozenset({Profile.DVD_RAM, Profile.DVD_R_DL_LAYER_JUMP})
)
JUMPING: Final = frozenset({Profile.DVD_R_DL_LAYER_JUMP})
RAM: Final = frozenset({Profile.DVD_RAM})
BD: Final = frozenset({Profile.BD_R_SRM, Profile.BD_RE})
REWRITABLE: Final = frozenset({Profile.DVD_PLUS_RW, Profile.BD_RE}) | RAM
READ_ONLY: Final = (Profile.CD_ROM, Profile.DVD_ROM, Profile.BD_ROM)
MODE_1: Final = 1 << 8  # data block type 8 as a bit
XA_FORM_1: Final = 1 << 10
TRACK_BLOCKS: Final = 0x3F01  # data block types 0 and 8 to 13 as bits
EVERY_SUB_TYPE: Final = 0xFF
BD_VERSIONS: Final = 0x0007  # versions 0 to 2
LARGE_VERSIONS: Final = 0x0004  # discs of three and four layers are class 1, version 2


@dataclass(frozen=True, slots=True)
class Row:
    """A feature of the drive, and when it is current; without that it is persistent."""

    describe: Callable[[Drive], f.Feature]
    current: Callable[[Drive], bool] | None = None

    def build(self, drive: Drive) -> f.Feature:
        """Return the feature as of now."""
        feature = self.describe(drive)
        return feature if self.current is None else replace(feature, current=self.current(drive))


def with_profile(profiles: frozenset[Profile]) -> Callable[[Drive], bool]:
    """Return the test whether the medium is one of these."""
    return lambda drive: drive.profile in profiles


def _profile_list(drive: Drive) -> f.Feature:
    profiles = sorted({*PROFILES, *READ_ONLY}, reverse=True)
    return f.ProfileList(
        profiles=tuple(f.ProfileDescriptor(profile_number=p, current_p=p == drive.profile) for p in profiles)
    )


def _blocking(drive: Drive) -> int:
    return drive.loaded.kind.write_unit if drive.profile else 1


def _random_writable(drive: Drive) -> f.Feature:
    blocks = drive.loaded.blocks() if drive.profile in REWRITABLE else 0
    return f.RandomWritable(last_lba=max(blocks - 1, 0), blocking=_blocking(drive), pp=True)


def _rigid_restricted_overwrite(drive: Drive) -> f.Feature:
    formats = drive.loaded.format_capacities() if drive.profile in RESTRICTED else None
    opened = formats is not None and formats.current.descriptor_type == CapacityType.NO_MEDIUM_OR_UNKNOWN
    return f.RigidRestrictedOverwrite(intermediate=opened, blank=drive.profile in RESTRICTED)


def _firmware(drive: Drive) -> f.Feature:
    return f.FirmwareInformation(century="20", year="25", month="01", day="01", hour="00", minute="00", second="00")


ROWS: Final = (
    Row(_profile_list),
    Row(lambda drive: f.Core(physical_interface_standard=f.PhysicalInterface.SCSI, dbe=True)),
    Row(lambda drive: f.Morphing(oc_event=True)),
    Row(
        lambda drive: f.RemovableMedium(
            loading_mechanism_type=f.LoadingMechanism.TRAY, load=True, eject=True, lock=True
        )
    ),
    Row(lambda drive: f.RandomReadable(blocking=_blocking(drive), pp=True), with_profile(CD | DVD | BD)),
    Row(lambda drive: f.MultiRead(), with_profile(CD)),
    Row(lambda drive: f.CdRead(c2_flags=True, cd_text=True), with_profile(CD)),
    Row(lambda drive: f.DvdRead(dual_r=True), with_profile(DVD)),
    Row(_random_writable, with_profile(REWRITABLE)),
    Row(
        lambda drive: f.IncrementalStreamingWritable(
            data_block_types_supported=MODE_1 | (XA_FORM_1 if drive.profile in CD else 0), buf=True, link_sizes=(7, 16)
        ),
        lambda drive: drive.profile in CD | DVD_MINUS and drive.loaded.incremental,
    ),
    Row(
        lambda drive: f.Formattable(renosa=True, expand=True, qcert=True, cert=True),
        with_profile(frozenset({Profile.DVD_PLUS_RW, Profile.DVD_RW_SEQUENTIAL}) | RESTRICTED | RAM | BD),
    ),
    Row(lambda drive: f.HardwareDefectManagement(ssa=True), with_profile(RAM | BD)),
    Row(lambda drive: f.DvdPlusRw(write=True), with_profile(frozenset({Profile.DVD_PLUS_RW}))),
    Row(lambda drive: f.DvdPlusR(write=True), with_profile(frozenset({Profile.DVD_PLUS_R}))),
    Row(lambda drive: f.RestrictedOverwrite(), lambda drive: bool(drive.profile) and drive.loaded.restricted_overwrite),
    Row(lambda drive: f.Mrw(write=True), lambda drive: bool(drive.profile) and drive.loaded.mount_rainier),
    Row(_rigid_restricted_overwrite, with_profile(RESTRICTED)),
    Row(
        lambda drive: f.CdTrackAtOnce(buf=True, test_write=True, cd_rw=True, data_type_supported=TRACK_BLOCKS),
        with_profile(CD),
    ),
    Row(
        lambda drive: f.CdMastering(
            buf=True,
            sao=True,
            raw_ms=True,
            raw=True,
            test_write=True,
            cd_rw=True,
            rw=True,
            maximum_cue_sheet_length=LONGEST_CUE_SHEET,
        ),
        with_profile(CD),
    ),
    Row(
        lambda drive: f.DvdRRwWrite(buf=True, rdl=True, test_write=True, dvd_rw_sl=True),
        with_profile(DVD_MINUS | RESTRICTED | JUMPING),
    ),
    Row(lambda drive: f.LayerJumpRecording(link_sizes=(16,)), with_profile(JUMPING)),
    Row(
        lambda drive: f.CdRwMediaWriteSupport(cd_rw_media_sub_type_support=EVERY_SUB_TYPE),
        with_profile(frozenset({Profile.CD_RW})),
    ),
    Row(lambda drive: f.BdRPow(), lambda drive: bool(drive.profile) and drive.loaded.pseudo_overwrite),
    Row(lambda drive: f.DvdPlusRDl(write=True), with_profile(frozenset({Profile.DVD_PLUS_R_DL}))),
    Row(
        lambda drive: f.BdRead(
            class_0_bd_re=BD_VERSIONS,
            class_1_bd_re=LARGE_VERSIONS,
            class_0_bd_r=BD_VERSIONS,
            class_1_bd_r=LARGE_VERSIONS,
            class_0_bd_rom=BD_VERSIONS,
        ),
        with_profile(BD),
    ),
    Row(
        lambda drive: f.BdWrite(
            class_0_bd_re=BD_VERSIONS,
            class_1_bd_re=LARGE_VERSIONS,
            class_0_bd_r=BD_VERSIONS,
            class_1_bd_r=LARGE_VERSIONS,
        ),
        with_profile(BD),
    ),
    Row(lambda drive: f.PowerManagement()),
    Row(lambda drive: f.Timeout()),
    Row(
        lambda drive: f.RealTimeStreaming(rbcb=True, scs=True, mp2a=True, wspd=True, sw=True),
        with_profile(CD | DVD | BD),
    ),
    Row(lambda drive: f.DriveSerialNumber(serial_number=drive.settings.serial)),
    Row(_firmware),
)


def get_configuration(drive: Drive, request: Request, *, rt: int, starting_feature_number: int) -> bytes:
    """GET CONFIGURATION."""
    wanted: dict[int, Callable[[f.Feature], bool]] = {
        ALL: lambda feature: feature.feature_code >= starting_feature_number,
        CURRENT: lambda feature: feature.feature_code >= starting_feature_number and feature.current,
        ONE: lambda feature: feature.feature_code == starting_feature_number,
    }
    if rt not in wanted:
        raise invalid_field(1)
    rows = ROWS if rt != CURRENT else [row for row in ROWS if row.current is None or row.current(drive)]
    features = tuple(feature for feature in (row.build(drive) for row in rows) if wanted[rt](feature))
    return f.Configuration(current_profile=drive.profile, features=features).build()

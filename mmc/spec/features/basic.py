"""Features of every drive: profiles, core, removable medium, write protection (0000h to 0004h)."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from discstack.mmc.spec.features.base import Feature, FeatureCode, descriptor
from discstack.mmc.spec.layout import Layout, Structure, bits, enumerated, flag, reserved
from discstack.mmc.spec.profiles import Profile
from discstack.mmc.spec.value import declared


class PhysicalInterface(IntEnum):
    """How the drive is connected (MMC-6 5.3.2)."""

    UNSPECIFIED = 0
    SCSI = 1
    ATAPI = 2
    IEEE_1394_1995 = 3
    IEEE_1394A = 4
    FIBRE_CHANNEL = 5
    IEEE_1394B = 6
    SERIAL_ATAPI = 7
    USB = 8
    VENDOR_UNIQUE = 0xFFFF


class LoadingMechanism(IntEnum):
    """How a disc gets into the drive (MMC-6 5.3.4)."""

    CADDY_OR_SLOT = 0
    TRAY = 1
    POP_UP = 2
    CHANGER_INDIVIDUAL = 4
    CHANGER_MAGAZINE = 5


@declared
class ProfileDescriptor(Structure):
    """One profile that the drive knows."""

    layout: ClassVar[Layout] = Layout(
        "profile descriptor",
        *("profile_number" / enumerated(16, Profile), reserved(7), "current_p" / flag(), reserved(8)),
        clause="MMC-6 5.3.1",
    )
    profile_number: int
    current_p: bool = False


@declared
class ProfileList(Feature):
    """The profiles that the drive knows, the preferred one first."""

    layout: ClassVar[Layout] = descriptor("profile list", clause="MMC-6 5.3.1")
    repeated: ClassVar[tuple[str, type[Structure]]] = ("profiles", ProfileDescriptor)
    feature_code: int = FeatureCode.PROFILE_LIST
    persistent: bool = True
    current: bool = True
    profiles: tuple[ProfileDescriptor, ...] = ()


@declared
class Core(Feature):
    """What every MMC drive can do."""

    layout: ClassVar[Layout] = descriptor(
        "core",
        "physical_interface_standard" / enumerated(32, PhysicalInterface),
        *(reserved(6), "inq2" / flag(), "dbe" / flag(), reserved(24)),
        clause="MMC-6 5.3.2",
    )
    feature_code: int = FeatureCode.CORE
    version: int = 2
    persistent: bool = True
    current: bool = True
    physical_interface_standard: int = PhysicalInterface.UNSPECIFIED
    inq2: bool = False
    dbe: bool = False


@declared
class Morphing(Feature):
    """The drive tells of changes in what it can do."""

    layout: ClassVar[Layout] = descriptor(
        "morphing",
        *(reserved(6), "oc_event" / flag(), "async_" / flag(), reserved(24)),
        clause="MMC-6 5.3.3",
    )
    feature_code: int = FeatureCode.MORPHING
    version: int = 1
    persistent: bool = True
    current: bool = True
    oc_event: bool = False
    async_: bool = False


@declared
class RemovableMedium(Feature):
    """The medium can be taken out; how, and whether that can be prevented.

    `prvnt_jmpr` is true where the drive starts up with the medium removable.
    """

    layout: ClassVar[Layout] = descriptor(
        "removable medium",
        *("loading_mechanism_type" / enumerated(3, LoadingMechanism), "load" / flag(), "eject" / flag()),
        *("prvnt_jmpr" / flag(), "dbml" / flag(), "lock" / flag(), reserved(24)),
        clause="MMC-6 5.3.4",
    )
    feature_code: int = FeatureCode.REMOVABLE_MEDIUM
    version: int = 2
    persistent: bool = True
    current: bool = True
    loading_mechanism_type: int = LoadingMechanism.CADDY_OR_SLOT
    load: bool = False
    eject: bool = False
    prvnt_jmpr: bool = False
    dbml: bool = False
    lock: bool = False


@declared
class WriteProtect(Feature):
    """Write protection can be reported and changed."""

    layout: ClassVar[Layout] = descriptor(
        "write protect",
        *(reserved(4), "dwp" / flag(), "wdcb" / flag(), "spwp" / flag(), "sswpp" / flag(), reserved(24)),
        clause="MMC-6 5.3.5",
    )
    feature_code: int = FeatureCode.WRITE_PROTECT
    version: int = 2
    dwp: bool = False
    wdcb: bool = False
    spwp: bool = False
    sswpp: bool = False


@declared
class HybridDisc(Feature):
    """The drive can handle discs with several formats on one side; `ri` means that a reset keeps the format."""

    layout: ClassVar[Layout] = descriptor(
        "hybrid disc", *(reserved(7), "ri" / flag(), reserved(24)), clause="MMC-6 5.3.39"
    )
    feature_code: int = FeatureCode.HYBRID_DISC
    ri: bool = False


@declared
class EnhancedDefectReporting(Feature):
    """Defects found while writing are kept and reported instead of stopping the write."""

    layout: ClassVar[Layout] = descriptor(
        "enhanced defect reporting",
        *(reserved(7), "drt_dm" / flag(), "number_of_dbi_cache_zones" / bits(8), "number_of_entries" / bits(16)),
        clause="MMC-6 5.3.19",
    )
    feature_code: int = FeatureCode.ENHANCED_DEFECT_REPORTING
    drt_dm: bool = False
    number_of_dbi_cache_zones: int = 0
    number_of_entries: int = 0

"""The profiles of MMC: what kind of medium a drive sees or can handle."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Profile(IntEnum):
    """A profile number (MMC-6 5.4, obsolete ones from MMC-3)."""

    NONE = 0x0000
    NON_REMOVABLE_DISK = 0x0001
    REMOVABLE_DISK = 0x0002
    MO_ERASABLE = 0x0003
    OPTICAL_WRITE_ONCE = 0x0004
    AS_MO = 0x0005
    CD_ROM = 0x0008
    CD_R = 0x0009
    CD_RW = 0x000A
    DVD_ROM = 0x0010
    DVD_R_SEQUENTIAL = 0x0011
    DVD_RAM = 0x0012
    DVD_RW_RESTRICTED_OVERWRITE = 0x0013
    DVD_RW_SEQUENTIAL = 0x0014
    DVD_R_DL_SEQUENTIAL = 0x0015
    DVD_R_DL_LAYER_JUMP = 0x0016
    DVD_RW_DL = 0x0017
    DVD_DOWNLOAD = 0x0018
    DVD_PLUS_RW = 0x001A
    DVD_PLUS_R = 0x001B
    DDCD_ROM = 0x0020
    DDCD_R = 0x0021
    DDCD_RW = 0x0022
    DVD_PLUS_RW_DL = 0x002A
    DVD_PLUS_R_DL = 0x002B
    BD_ROM = 0x0040
    BD_R_SRM = 0x0041
    BD_R_RRM = 0x0042
    BD_RE = 0x0043
    HD_DVD_ROM = 0x0050
    HD_DVD_R = 0x0051
    HD_DVD_RAM = 0x0052
    HD_DVD_RW = 0x0053
    HD_DVD_R_DL = 0x0058
    HD_DVD_RW_DL = 0x005A
    NON_CONFORMING = 0xFFFF

    @property
    def title(self) -> str:
        """The name for people, such as "DVD+R"."""
        return TITLES[self]

    @classmethod
    def of(cls, number: int) -> Profile:
        """Return the profile of a number; one that is reserved or vendor-specific conforms to no profile."""
        return cls(number) if number in cls._value2member_map_ else cls.NON_CONFORMING


TITLES: Final[dict[Profile, str]] = {
    Profile.NONE: "no medium or none that is known",
    Profile.NON_REMOVABLE_DISK: "non-removable disk",
    Profile.REMOVABLE_DISK: "removable disk",
    Profile.MO_ERASABLE: "magneto-optical, erasable",
    Profile.OPTICAL_WRITE_ONCE: "optical, write once",
    Profile.AS_MO: "AS-MO",
    Profile.CD_ROM: "CD-ROM",
    Profile.CD_R: "CD-R",
    Profile.CD_RW: "CD-RW",
    Profile.DVD_ROM: "DVD-ROM",
    Profile.DVD_R_SEQUENTIAL: "DVD-R",
    Profile.DVD_RAM: "DVD-RAM",
    Profile.DVD_RW_RESTRICTED_OVERWRITE: "DVD-RW (restricted overwrite)",
    Profile.DVD_RW_SEQUENTIAL: "DVD-RW (sequential)",
    Profile.DVD_R_DL_SEQUENTIAL: "DVD-R DL",
    Profile.DVD_R_DL_LAYER_JUMP: "DVD-R DL (layer jump)",
    Profile.DVD_RW_DL: "DVD-RW DL",
    Profile.DVD_DOWNLOAD: "DVD-Download",
    Profile.DVD_PLUS_RW: "DVD+RW",
    Profile.DVD_PLUS_R: "DVD+R",
    Profile.DDCD_ROM: "DDCD-ROM",
    Profile.DDCD_R: "DDCD-R",
    Profile.DDCD_RW: "DDCD-RW",
    Profile.DVD_PLUS_RW_DL: "DVD+RW DL",
    Profile.DVD_PLUS_R_DL: "DVD+R DL",
    Profile.BD_ROM: "BD-ROM",
    Profile.BD_R_SRM: "BD-R",
    Profile.BD_R_RRM: "BD-R (random recording)",
    Profile.BD_RE: "BD-RE",
    Profile.HD_DVD_ROM: "HD DVD-ROM",
    Profile.HD_DVD_R: "HD DVD-R",
    Profile.HD_DVD_RAM: "HD DVD-RAM",
    Profile.HD_DVD_RW: "HD DVD-RW",
    Profile.HD_DVD_R_DL: "HD DVD-R DL",
    Profile.HD_DVD_RW_DL: "HD DVD-RW DL",
    Profile.NON_CONFORMING: "conforming to no profile",
}

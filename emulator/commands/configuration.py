"""GET CONFIGURATION: the features of the drive, and which of them are current with this medium (MMC-6 5.3, 6.5)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from discstack.emulator.conditions import invalid_field
from discstack.emulator.drive import Drive
from discstack.emulator.media.families import PROFILES
from discstack.emulator.request import Request

ALL, CURRENT, ONE = range(3)  # requested type
CD_PROFILES: Final = frozenset({0x0008, 0x0009, 0x000A})
DVD_PROFILES: Final = frozenset({0x0010, 0x0011, 0x0012, 0x0013, 0x0014, 0x0015, 0x001A, 0x001B, 0x002B})
BD_PROFILES: Final = frozenset({0x0040, 0x0041, 0x0042, 0x0043})
REWRITABLE: Final = frozenset({0x0012, 0x001A, 0x0043})
READ_ONLY_PROFILES: Final = (0x0008, 0x0010, 0x0040)
ANY_MEDIUM: Final = CD_PROFILES | DVD_PROFILES | BD_PROFILES
ALWAYS: Final = None
FIRMWARE_DATE: Final = b"20250101000000\0\0"

Data = Callable[[Drive], bytes]


@dataclass(frozen=True, slots=True)
class Feature:
    """A row of the feature table; `profiles` are those that make it current, `ALWAYS` if it is persistent."""

    code: int
    version: int
    profiles: frozenset[int] | None
    data: Data
    when: Callable[[Drive], bool] = lambda drive: False  # what else makes it current

    def is_current(self, drive: Drive) -> bool:
        """Whether the feature is current now."""
        return self.when(drive) or self.profiles is ALWAYS or drive.profile in self.profiles

    def build(self, drive: Drive) -> bytes:
        """Return the feature descriptor."""
        data = self.data(drive)
        flags = self.version << 2 | (self.profiles is ALWAYS) << 1 | self.is_current(drive)
        return struct.pack(">HBB", self.code, flags, len(data)) + data


def fixed(data: str) -> Data:
    """Return feature data that never changes."""
    value = bytes.fromhex(data)
    return lambda drive: value


def _profile_list(drive: Drive) -> bytes:
    profiles = sorted({*PROFILES, *READ_ONLY_PROFILES}, reverse=True)
    return b"".join(struct.pack(">HBB", p, p == drive.profile, 0) for p in profiles)


def _blocking(drive: Drive) -> int:
    return drive.loaded.kind.write_unit if drive.profile else 1


def _random_writable(drive: Drive) -> bytes:
    last = drive.loaded.blocks() - 1 if drive.profile in REWRITABLE else 0
    return struct.pack(">IIHBB", max(last, 0), 2048, _blocking(drive), 1, 0)


def _pseudo_overwrite(drive: Drive) -> bool:
    return drive.profile == 0x0041 and drive.loaded.pseudo_overwrite


def _serial(drive: Drive) -> bytes:
    serial = drive.settings.serial.encode("ascii")
    return serial.ljust(-(-len(serial) // 4) * 4)


FEATURES: Final = (
    Feature(0x0000, 0, ALWAYS, _profile_list),
    Feature(0x0001, 2, ALWAYS, fixed("00000001 01 000000")),  # Core: SCSI family, device busy events
    Feature(0x0002, 1, ALWAYS, fixed("02 000000")),  # Morphing: operational change events
    Feature(0x0003, 2, ALWAYS, fixed("39 000000")),  # Removable Medium: tray, load, eject, lock
    Feature(0x0010, 0, ANY_MEDIUM, lambda drive: struct.pack(">IHBB", 2048, _blocking(drive), 1, 0)),
    Feature(0x001D, 0, CD_PROFILES, fixed("")),  # Multi-Read
    Feature(0x001E, 2, CD_PROFILES, fixed("00 000000")),  # CD Read: no C2, no CD-Text
    Feature(0x001F, 1, DVD_PROFILES, fixed("00 00 00 00")),  # DVD Read
    Feature(0x0020, 1, REWRITABLE, _random_writable),
    Feature(0x0021, 1, frozenset({0x0009, 0x000A}), fixed("0100 00 01 07 000000")),  # Incremental Streaming Writable
    Feature(0x0023, 1, frozenset({0x001A, 0x0041, 0x0043}), fixed("0F 000000 00 000000")),  # Formattable
    Feature(0x0024, 1, frozenset({0x0041, 0x0043}), fixed("80 000000")),  # Hardware Defect Management: SSA
    Feature(0x002A, 1, frozenset({0x001A}), fixed("01 000000")),  # DVD+RW: write
    Feature(0x002B, 0, frozenset({0x001B}), fixed("01 000000")),  # DVD+R: write
    Feature(0x002D, 2, frozenset({0x0009, 0x000A}), fixed("46 00 0100")),  # CD Track at Once: BUF, test, CD-RW
    Feature(0x0037, 0, frozenset({0x000A}), fixed("00 FF 0000")),  # CD-RW Media Write Support: all sub-types
    Feature(0x0038, 0, frozenset(), fixed("00000000"), when=_pseudo_overwrite),
    Feature(0x0040, 0, BD_PROFILES, fixed("00000000" + "0007 0007 0000 0000" * 3 + "00000000")),  # BD Read
    Feature(0x0041, 0, frozenset({0x0041, 0x0043}), fixed("00000000" + "0007 0000 0000 0000" + "0007 0000 0000 0000")),
    Feature(0x0100, 0, ALWAYS, fixed("")),  # Power Management
    Feature(0x0105, 1, ALWAYS, fixed("00 00 0000")),  # Timeout
    Feature(0x0107, 4, ANY_MEDIUM, fixed("1F 000000")),  # Real-Time Streaming: RBCB, SCS, MP2A, WSPD, SW
    Feature(0x0108, 0, ALWAYS, _serial),
    Feature(0x010C, 0, ALWAYS, lambda drive: FIRMWARE_DATE),
)


def get_configuration(drive: Drive, request: Request, *, rt: int, starting_feature_number: int) -> bytes:
    """GET CONFIGURATION."""
    choices: dict[int, Callable[[Feature], bool]] = {
        ALL: lambda feature: feature.code >= starting_feature_number,
        CURRENT: lambda feature: feature.code >= starting_feature_number and feature.is_current(drive),
        ONE: lambda feature: feature.code == starting_feature_number,
    }
    if rt not in choices:
        raise invalid_field(1)
    body = b"".join(feature.build(drive) for feature in FEATURES if choices[rt](feature))
    return struct.pack(">IHH", len(body) + 4, 0, drive.profile) + body

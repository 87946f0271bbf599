"""The values that fields of mode pages take."""

from __future__ import annotations

from enum import IntEnum


class WriteType(IntEnum):
    """How a track is written (MMC-6 7.5.4.10)."""

    PACKET_INCREMENTAL = 0
    TRACK_AT_ONCE = 1
    SESSION_AT_ONCE = 2
    RAW = 3
    LAYER_JUMP = 4


class MultiSession(IntEnum):
    """What closing a session leaves room for."""

    FINAL = 0
    FINAL_WITH_B0_POINTER = 1
    NEXT_SESSION_ALLOWED = 3


class DataBlockType(IntEnum):
    """What a block that the host sends is made of."""

    RAW = 0
    RAW_PQ = 1
    RAW_RW_PACKED = 2
    RAW_RW_RAW = 3
    MODE_1 = 8
    MODE_2 = 9
    MODE_2_XA_FORM_1 = 10
    MODE_2_XA_FORM_1_SUB_HEADER = 11
    MODE_2_XA_FORM_2 = 12
    MODE_2_XA_MIXED = 13


class SessionFormat(IntEnum):
    """The disc type that a CD session is marked with."""

    CD_DA_OR_CD_ROM = 0x00
    CD_I = 0x10
    CD_ROM_XA = 0x20


class RotationControl(IntEnum):
    """How the disc turns while it is written."""

    CLV = 0
    CAV = 1


class LoadingMechanismType(IntEnum):
    """How a disc gets into the drive (MMC-3 6.3.11)."""

    CADDY = 0
    TRAY = 1
    POP_UP = 2
    CHANGER_INDIVIDUAL = 4
    CHANGER_CARTRIDGE = 5

"""The answers that are not GOOD: sense data by name, and the exception that carries one to the dispatcher."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from discstack.mmc.spec.sense import FieldPointer, Sense


class Refusal(Exception):
    """A command ends with CHECK CONDITION."""

    def __init__(self, condition: Sense) -> None:
        super().__init__(condition)
        self.condition = condition


NO_SENSE: Final = Sense(0x0, 0x00)
BECOMING_READY: Final = Sense(0x2, 0x04, 0x01)
LONG_WRITE: Final = Sense(0x2, 0x04, 0x08)
NO_MEDIUM_TRAY_CLOSED: Final = Sense(0x2, 0x3A, 0x01)
NO_MEDIUM_TRAY_OPEN: Final = Sense(0x2, 0x3A, 0x02)
UNRECOVERED_READ: Final = Sense(0x3, 0x11, 0x05)
WRITE_ERROR: Final = Sense(0x3, 0x0C)
LOSS_OF_STREAMING: Final = Sense(0x3, 0x0C, 0x09)
CALIBRATION_AREA_ALMOST_FULL: Final = Sense(0x1, 0x73, 0x01)
CALIBRATION_AREA_FULL: Final = Sense(0x3, 0x73, 0x02)
NO_SPARE_LEFT: Final = Sense(0x3, 0x32)
PARAMETER_LIST_LENGTH: Final = Sense(0x5, 0x1A)
INVALID_OPCODE: Final = Sense(0x5, 0x20)
OUT_OF_RANGE: Final = Sense(0x5, 0x21)
INVALID_ADDRESS_FOR_WRITE: Final = Sense(0x5, 0x21, 0x02)
WRITE_CROSSING_LAYER_JUMP: Final = Sense(0x5, 0x21, 0x03)
INVALID_FIELD_IN_CDB: Final = Sense(0x5, 0x24)
NO_TABLE_OF_CONTENTS: Final = INVALID_FIELD_IN_CDB  # as blank and open discs are answered for by real drives
INVALID_FIELD_IN_PARAMETERS: Final = Sense(0x5, 0x26)
SEQUENCE_ERROR: Final = Sense(0x5, 0x2C)
CANNOT_READ_FORMAT: Final = Sense(0x5, 0x30, 0x02)
CANNOT_WRITE_MEDIUM: Final = Sense(0x5, 0x30, 0x05)
CANNOT_FORMAT_MEDIUM: Final = Sense(0x5, 0x30, 0x06)
CANNOT_BLANK_MEDIUM: Final = Sense(0x5, 0x30, 0x00)
SAVING_NOT_SUPPORTED: Final = Sense(0x5, 0x39)
REMOVAL_PREVENTED: Final = Sense(0x5, 0x53, 0x02)
ILLEGAL_MODE: Final = Sense(0x5, 0x64)
SESSION_FIXATION: Final = Sense(0x5, 0x72)
INCOMPLETE_TRACK: Final = Sense(0x5, 0x72, 0x03)
NO_MORE_RESERVATIONS: Final = Sense(0x5, 0x72, 0x05)
MEDIUM_CHANGED: Final = Sense(0x6, 0x28)
POWER_ON: Final = Sense(0x6, 0x29)
BLANK_CHECK: Final = Sense(0x8, 0x00)
DATA_PHASE_ERROR: Final = Sense(0xB, 0x4B)


def at(condition: Sense, lba: int) -> Sense:
    """Return the same with the block address that it happened at."""
    return replace(condition, information=lba)


def invalid_field(byte: int) -> Refusal:
    """Return the refusal of a field of the CDB that begins in `byte`."""
    return Refusal(replace(INVALID_FIELD_IN_CDB, field_pointer=FieldPointer(byte)))


def invalid_parameter(byte: int) -> Refusal:
    """Return the refusal of a field of the parameter list that begins in `byte`."""
    return Refusal(replace(INVALID_FIELD_IN_PARAMETERS, field_pointer=FieldPointer(byte, in_cdb=False)))

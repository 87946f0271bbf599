"""The answers that are not GOOD: sense data by name, and the exception that carries one to the dispatcher."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

FIXED_LENGTH: Final = 18  # SPC-4 4.5.3


@dataclass(frozen=True, slots=True)
class Condition:
    """Sense data in the making: key and additional codes, and what goes with them.

    `field` is the wrong byte of the CDB, or of the parameter list with `in_parameters`; `progress` runs from 0 to 1.
    """

    key: int
    asc: int
    ascq: int = 0
    information: int | None = None
    field: int | None = None
    in_parameters: bool = False
    progress: float | None = None
    deferred: bool = False

    def build(self) -> bytes:
        """Return fixed format sense data (SPC-4 4.5.3)."""
        data = bytearray(FIXED_LENGTH)
        data[0] = 0x71 if self.deferred else 0x70
        data[2], data[7], data[12], data[13] = self.key, FIXED_LENGTH - 8, self.asc, self.ascq
        if self.information is not None:
            data[0] |= 0x80
            data[3:7] = (self.information & 0xFFFFFFFF).to_bytes(4, "big")
        if self.field is not None:
            data[15] = 0x80 | (0 if self.in_parameters else 0x40)
            data[16:18] = self.field.to_bytes(2, "big")
        elif self.progress is not None:
            data[15] = 0x80
            data[16:18] = min(0xFFFF, int(self.progress * 0x10000)).to_bytes(2, "big")
        return bytes(data)

    def at(self, lba: int) -> Condition:
        """Return the same with the block address that it happened at."""
        return replace(self, information=lba)


class Refusal(Exception):
    """A command ends with CHECK CONDITION."""

    def __init__(self, condition: Condition) -> None:
        super().__init__(condition)
        self.condition = condition


NO_SENSE: Final = Condition(0x0, 0x00)
BECOMING_READY: Final = Condition(0x2, 0x04, 0x01)
LONG_WRITE: Final = Condition(0x2, 0x04, 0x08)
NO_MEDIUM_TRAY_CLOSED: Final = Condition(0x2, 0x3A, 0x01)
NO_MEDIUM_TRAY_OPEN: Final = Condition(0x2, 0x3A, 0x02)
UNRECOVERED_READ: Final = Condition(0x3, 0x11, 0x05)
WRITE_ERROR: Final = Condition(0x3, 0x0C)
NO_TABLE_OF_CONTENTS: Final = Condition(0x3, 0x57)
PARAMETER_LIST_LENGTH: Final = Condition(0x5, 0x1A)
INVALID_OPCODE: Final = Condition(0x5, 0x20)
OUT_OF_RANGE: Final = Condition(0x5, 0x21)
INVALID_ADDRESS_FOR_WRITE: Final = Condition(0x5, 0x21, 0x02)
INVALID_FIELD_IN_CDB: Final = Condition(0x5, 0x24)
INVALID_FIELD_IN_PARAMETERS: Final = Condition(0x5, 0x26)
SEQUENCE_ERROR: Final = Condition(0x5, 0x2C)
CANNOT_READ_FORMAT: Final = Condition(0x5, 0x30, 0x02)
CANNOT_WRITE_MEDIUM: Final = Condition(0x5, 0x30, 0x05)
CANNOT_FORMAT_MEDIUM: Final = Condition(0x5, 0x30, 0x06)
CANNOT_BLANK_MEDIUM: Final = Condition(0x5, 0x30, 0x00)
SAVING_NOT_SUPPORTED: Final = Condition(0x5, 0x39)
REMOVAL_PREVENTED: Final = Condition(0x5, 0x53, 0x02)
SESSION_FIXATION: Final = Condition(0x5, 0x72)
INCOMPLETE_TRACK: Final = Condition(0x5, 0x72, 0x03)
NO_MORE_RESERVATIONS: Final = Condition(0x5, 0x72, 0x05)
MEDIUM_CHANGED: Final = Condition(0x6, 0x28)
POWER_ON: Final = Condition(0x6, 0x29)
PARAMETERS_CHANGED: Final = Condition(0x6, 0x2A, 0x01)
BLANK_CHECK: Final = Condition(0x8, 0x00)
DATA_PHASE_ERROR: Final = Condition(0xB, 0x4B)


def invalid_field(byte: int) -> Refusal:
    """Return the refusal of a field of the CDB that begins in `byte`."""
    return Refusal(replace(INVALID_FIELD_IN_CDB, field=byte))


def invalid_parameter(byte: int) -> Refusal:
    """Return the refusal of a field of the parameter list that begins in `byte`."""
    return Refusal(replace(INVALID_FIELD_IN_PARAMETERS, field=byte, in_parameters=True))

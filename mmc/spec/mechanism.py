"""The reply of MECHANISM STATUS (MMC-6 6.10)."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from discstack.mmc.spec.counted import Counted
from discstack.mmc.spec.layout import Layout, Structure, bits, enumerated, flag, reserved
from discstack.mmc.spec.value import declared


class ChangerState(IntEnum):
    """What the changer does."""

    READY = 0
    LOAD_IN_PROGRESS = 1
    UNLOAD_IN_PROGRESS = 2
    INITIALIZING = 3


class MechanismState(IntEnum):
    """What the optical head does."""

    IDLE = 0
    PLAYING = 1
    SCANNING = 2
    ACTIVE_WITH_HOST = 3
    NO_STATE_INFORMATION = 7


@declared
class SlotTable(Structure):
    """One slot of a changer."""

    layout: ClassVar[Layout] = Layout(
        "slot table",
        *("disc_present" / flag(), reserved(6), "change" / flag(), reserved(6), "cwp_v" / flag(), "cwp" / flag()),
        reserved(16),
        clause="MMC-6 6.10.3",
    )
    disc_present: bool = False
    change: bool = False
    cwp_v: bool = False
    cwp: bool = False


@declared
class MechanismStatus(Counted):
    """Whether door or tray is open, and what changer and slots hold."""

    layout: ClassVar[Layout] = Layout(
        "mechanism status",
        *("fault" / flag(), "changer_state" / enumerated(2, ChangerState), "current_slot_low" / bits(5)),
        *("mechanism_state" / enumerated(3, MechanismState), "door_open" / flag(), reserved(1)),
        *("current_slot_high" / bits(3), "current_lba" / bits(24), reserved(2), "number_of_slots_available" / bits(6)),
        "length_of_slot_tables" / bits(16),
        clause="MMC-6 6.10.3",
    )
    length_field: ClassVar[str] = "length_of_slot_tables"
    repeated: ClassVar[tuple[str, type[Structure]]] = ("slots", SlotTable)
    required: ClassVar[int] = 8

    fault: bool = False
    changer_state: int = ChangerState.READY
    current_slot_low: int = 0
    mechanism_state: int = MechanismState.IDLE
    door_open: bool = False
    current_slot_high: int = 0
    current_lba: int = 0
    number_of_slots_available: int = 0
    slots: tuple[SlotTable, ...] = ()

    @property
    def current_slot(self) -> int:
        """The slot that is loaded."""
        return self.current_slot_high << 5 | self.current_slot_low

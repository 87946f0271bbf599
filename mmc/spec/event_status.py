"""The reply of GET EVENT STATUS NOTIFICATION: a header and at most one event (MMC-6 6.6)."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar, Final

from discstack.mmc.spec.counted import Bytes, Counted
from discstack.mmc.spec.layout import Layout, Structure, bits, enumerated, flag, reserved
from discstack.mmc.spec.value import declared

EVENT_SIZE: Final = 4


class NotificationClass(IntEnum):
    """What an event is about; bit n of a request or of the supported classes stands for class n."""

    NONE = 0
    OPERATIONAL_CHANGE = 1
    POWER_MANAGEMENT = 2
    EXTERNAL_REQUEST = 3
    MEDIA = 4
    MULTI_HOST = 5
    DEVICE_BUSY = 6


class OperationalEvent(IntEnum):
    """What happened to the drive's abilities."""

    NO_CHANGE = 0
    CHANGE_REQUESTED = 1
    CHANGE_OCCURRED = 2


class OperationalChange(IntEnum):
    """Which of the drive's abilities changed."""

    NONE = 0
    FEATURE_CHANGE = 1
    FEATURE_ADDED = 2
    UNIT_RESET = 3
    FIRMWARE_CHANGED = 4
    INQUIRY_CHANGED = 5


class PowerEvent(IntEnum):
    """What came of a change of the power state."""

    NO_CHANGE = 0
    CHANGE_SUCCEEDED = 1
    CHANGE_FAILED = 2


class PowerStatus(IntEnum):
    """The power states of a drive."""

    ACTIVE = 1
    IDLE = 2
    STANDBY = 3
    SLEEP = 4


class ExternalEvent(IntEnum):
    """What somebody did at the drive."""

    NO_CHANGE = 0
    KEY_DOWN = 1
    KEY_UP = 2
    EXTERNAL_REQUEST = 3


class MediaEvent(IntEnum):
    """What happened to the medium."""

    NO_CHANGE = 0
    EJECT_REQUEST = 1
    NEW_MEDIA = 2
    MEDIA_REMOVAL = 3
    MEDIA_CHANGED = 4
    BG_FORMAT_COMPLETED = 5
    BG_FORMAT_RESTARTED = 6


class MultiHostEvent(IntEnum):
    """What another host did."""

    NO_CHANGE = 0
    CONTROL_REQUEST = 1
    CONTROL_GRANT = 2
    CONTROL_RELEASE = 3


class DeviceBusyEvent(IntEnum):
    """Whether the drive's being busy changed."""

    NO_CHANGE = 0
    CHANGE = 1


class DeviceStatus(IntEnum):
    """Whether the drive takes commands; another host may prevent it."""

    READY = 0
    TEMPORARY_BUSY = 1
    EXTENDED_BUSY = 2


@declared
class OperationalChangeEvent(Structure):
    """The drive can do more, less or other things than before."""

    layout: ClassVar[Layout] = Layout(
        "operational change event",
        *(reserved(4), "event_code" / enumerated(4, OperationalEvent), "persistent_prevented" / flag(), reserved(3)),
        *("operational_status" / enumerated(4, DeviceStatus), "operational_change" / enumerated(16, OperationalChange)),
        clause="MMC-6 6.6.3",
    )
    event_code: int = OperationalEvent.NO_CHANGE
    persistent_prevented: bool = False
    operational_status: int = DeviceStatus.READY
    operational_change: int = OperationalChange.NONE


@declared
class PowerManagementEvent(Structure):
    """The power state, and whether a change of it worked."""

    layout: ClassVar[Layout] = Layout(
        "power management event",
        *(reserved(4), "event_code" / enumerated(4, PowerEvent), "power_status" / enumerated(8, PowerStatus)),
        reserved(16),
        clause="MMC-6 6.6.3",
    )
    event_code: int = PowerEvent.NO_CHANGE
    power_status: int = PowerStatus.ACTIVE


@declared
class ExternalRequestEvent(Structure):
    """A key was pressed at the drive."""

    layout: ClassVar[Layout] = Layout(
        "external request event",
        *(reserved(4), "event_code" / enumerated(4, ExternalEvent), "persistent_prevented" / flag(), reserved(3)),
        *("external_request_status" / bits(4), "external_request" / bits(16)),
        clause="MMC-6 6.6.3",
    )
    event_code: int = ExternalEvent.NO_CHANGE
    persistent_prevented: bool = False
    external_request_status: int = 0
    external_request: int = 0


@declared
class MediaStatusEvent(Structure):
    """What happened to the medium, and whether one is there."""

    layout: ClassVar[Layout] = Layout(
        "media event",
        *(reserved(4), "event_code" / enumerated(4, MediaEvent)),
        *(reserved(6), "media_present" / flag(), "door_or_tray_open" / flag(), "start_slot" / bits(8)),
        "end_slot" / bits(8),
        clause="MMC-6 6.6.3",
    )
    event_code: int = MediaEvent.NO_CHANGE
    media_present: bool = False
    door_or_tray_open: bool = False
    start_slot: int = 0
    end_slot: int = 0


@declared
class MultiHostRequestEvent(Structure):
    """Another host wants, gets or releases the drive; `priority` runs from 1 (low) to 3 (high), 0 is no request."""

    layout: ClassVar[Layout] = Layout(
        "multi-host event",
        *(reserved(4), "event_code" / enumerated(4, MultiHostEvent), "persistent_prevented" / flag(), reserved(3)),
        *("multi_host_status" / bits(4), "priority" / bits(16)),
        clause="MMC-6 6.6.3",
    )
    event_code: int = MultiHostEvent.NO_CHANGE
    persistent_prevented: bool = False
    multi_host_status: int = 0
    priority: int = 0


@declared
class BusyEvent(Structure):
    """The drive is busy; `time` is in units of 100 ms."""

    layout: ClassVar[Layout] = Layout(
        "device busy event",
        *(
            reserved(4),
            "event_code" / enumerated(4, DeviceBusyEvent),
            "device_busy_status" / bits(8),
            "time" / bits(16),
        ),
        clause="MMC-6 6.6.3",
    )
    event_code: int = DeviceBusyEvent.NO_CHANGE
    device_busy_status: int = 0
    time: int = 0

    @property
    def seconds(self) -> float:
        """How long the drive expects to be busy."""
        return self.time / 10


EVENTS: Final[dict[int, type[Structure]]] = {
    NotificationClass.OPERATIONAL_CHANGE: OperationalChangeEvent,
    NotificationClass.POWER_MANAGEMENT: PowerManagementEvent,
    NotificationClass.EXTERNAL_REQUEST: ExternalRequestEvent,
    NotificationClass.MEDIA: MediaStatusEvent,
    NotificationClass.MULTI_HOST: MultiHostRequestEvent,
    NotificationClass.DEVICE_BUSY: BusyEvent,
}


@declared
class EventStatus(Counted):
    """One event, the one of the lowest class that was asked for.

    `event` is None where `nea` (no event available) is set, and bytes where the class is reserved.
    """

    layout: ClassVar[Layout] = Layout(
        "event status",
        *("event_descriptor_length" / bits(16), "nea" / flag(), reserved(4)),
        *("notification_class" / enumerated(3, NotificationClass), "supported_event_classes" / bits(8)),
        clause="MMC-6 6.6.3",
    )
    length_field: ClassVar[str] = "event_descriptor_length"
    required: ClassVar[int] = 4

    nea: bool = False
    notification_class: int = NotificationClass.NONE
    supported_event_classes: int = 0
    event: Structure | bytes | None = None

    @classmethod
    def span(cls, data: Bytes) -> int:
        """Return the length of header and event; some drives count the event alone."""
        return max(cls.layout.size + EVENT_SIZE, super().span(data))

    @classmethod
    def parse(cls, data: Bytes) -> EventStatus:
        """Read the header, and the event by its class."""
        data = bytes(data[: cls.span(data)])
        values = cls.fields(data)
        event = data[cls.layout.size :]
        if values["nea"] or len(event) < EVENT_SIZE:
            return cls(**values)
        kind = EVENTS.get(values["notification_class"])
        return cls(**values, event=kind.parse(event) if kind else event)

    def build_tail(self) -> bytes:
        """Return the event."""
        return self.event.build() if isinstance(self.event, Structure) else self.event or b""

    def supports(self, notification_class: int) -> bool:
        """Tell whether the drive has events of a class."""
        return bool(self.supported_event_classes >> notification_class & 1)

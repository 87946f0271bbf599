"""GET EVENT STATUS NOTIFICATION, byte by byte (MMC-6 6.6)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.mmc.spec.event_status import (
    BusyEvent,
    DeviceBusyEvent,
    DeviceStatus,
    EventStatus,
    ExternalEvent,
    ExternalRequestEvent,
    MediaEvent,
    MediaStatusEvent,
    MultiHostEvent,
    MultiHostRequestEvent,
    NotificationClass,
    OperationalChange,
    OperationalChangeEvent,
    OperationalEvent,
    PowerEvent,
    PowerManagementEvent,
    PowerStatus,
)
from discstack.mmc.spec.layout import Structure, StructureError

EVENTS: list[tuple[str, int, Structure]] = [
    (
        "02 82 0004",
        NotificationClass.OPERATIONAL_CHANGE,
        OperationalChangeEvent(
            event_code=OperationalEvent.CHANGE_OCCURRED,
            persistent_prevented=True,
            operational_status=DeviceStatus.EXTENDED_BUSY,
            operational_change=OperationalChange.FIRMWARE_CHANGED,
        ),
    ),
    (
        "02 03 0000",
        NotificationClass.POWER_MANAGEMENT,
        PowerManagementEvent(event_code=PowerEvent.CHANGE_FAILED, power_status=PowerStatus.STANDBY),
    ),
    (
        "01 81 0101",
        NotificationClass.EXTERNAL_REQUEST,
        ExternalRequestEvent(
            event_code=ExternalEvent.KEY_DOWN,
            persistent_prevented=True,
            external_request_status=1,
            external_request=0x0101,
        ),
    ),
    (
        "02 02 03 04",
        NotificationClass.MEDIA,
        MediaStatusEvent(event_code=MediaEvent.NEW_MEDIA, media_present=True, start_slot=3, end_slot=4),
    ),
    (
        "03 01 00 00",
        NotificationClass.MEDIA,
        MediaStatusEvent(event_code=MediaEvent.MEDIA_REMOVAL, door_or_tray_open=True),
    ),
    (
        "02 81 0003",
        NotificationClass.MULTI_HOST,
        MultiHostRequestEvent(
            event_code=MultiHostEvent.CONTROL_GRANT, persistent_prevented=True, multi_host_status=1, priority=3
        ),
    ),
    (
        "01 01 012c",
        NotificationClass.DEVICE_BUSY,
        BusyEvent(event_code=DeviceBusyEvent.CHANGE, device_busy_status=1, time=300),
    ),
]


@pytest.mark.parametrize(("text", "number", "event"), EVENTS, ids=[type(row[2]).__name__ for row in EVENTS])
def test_event_is_the_bytes_of_its_table(text: str, number: int, event: Structure) -> None:
    reply = bytes.fromhex(f"0006 0{number} 5e {text}")
    status = EventStatus(notification_class=number, supported_event_classes=0x5E, event=event)
    assert EventStatus.parse(reply) == status
    assert status.build() == reply
    assert type(event).parse(bytes.fromhex(text)) == event
    assert event.build() == bytes.fromhex(text)


def test_no_event_available_has_no_event() -> None:
    status = EventStatus.parse(bytes.fromhex("0002 80 56"))
    assert status == EventStatus(nea=True, supported_event_classes=0x56)
    assert status.build() == bytes.fromhex("0002 80 56")


def test_length_that_counts_the_event_alone_is_understood() -> None:
    status = EventStatus.parse(bytes.fromhex("0004 04 10 02 02 00 00"))
    assert status.event == MediaStatusEvent(event_code=MediaEvent.NEW_MEDIA, media_present=True)


def test_event_of_a_reserved_class_stays_bytes() -> None:
    reply = bytes.fromhex("0006 07 80 01020304")
    assert EventStatus.parse(reply).event == b"\1\2\3\4"
    assert EventStatus.parse(reply).build() == reply


def test_event_that_is_cut_off_is_none() -> None:
    assert EventStatus.parse(bytes.fromhex("0006 04 10 020200")).event is None
    with pytest.raises(StructureError):
        EventStatus.parse(bytes.fromhex("000604"))


def test_supported_classes_are_bits() -> None:
    status = EventStatus(supported_event_classes=0x12)
    assert status.supports(NotificationClass.MEDIA)
    assert not status.supports(NotificationClass.DEVICE_BUSY)


def test_busy_time_is_in_tenths_of_a_second() -> None:
    assert BusyEvent(time=25).seconds == 2.5


@given(st.binary(max_size=12))
def test_any_bytes_are_read_or_refused(reads_or_refuses: Callable[[type[Structure], bytes], None], data: bytes) -> None:
    reads_or_refuses(EventStatus, data)

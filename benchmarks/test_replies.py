"""What typed replies cost: the budget is 150 us more than the bare command for a reply of up to 64 bytes."""

from __future__ import annotations

from typing import Any

import pytest

from discstack.mmc.spec.capacities import BufferCapacity
from discstack.mmc.spec.disc_information import DiscInformation
from discstack.mmc.spec.event_status import EventStatus, MediaStatusEvent
from discstack.mmc.spec.features import Configuration, Core, DvdPlusR, ProfileDescriptor, ProfileList
from discstack.mmc.spec.inquiry import InquiryData
from discstack.mmc.spec.layout import Structure
from discstack.mmc.spec.performance import WriteSpeedData, WriteSpeedDescriptor
from discstack.mmc.spec.toc import Toc, TocTrack
from discstack.mmc.spec.track_information import TrackInformation

REPLIES: list[Structure] = [
    BufferCapacity(length_of_the_buffer=1 << 22, available_length_of_buffer=1 << 20),
    EventStatus(notification_class=4, supported_event_classes=0x12, event=MediaStatusEvent(media_present=True)),
    InquiryData(t10_vendor_identification="ACME", product_identification="BURNER", product_revision_level="1.00"),
    DiscInformation(),
    TrackInformation(logical_track_number=1, nwa_v=True, free_blocks=2295104),
    Toc(tracks=tuple(TocTrack(track_number=number, track_start_address=number * 4500) for number in range(1, 8))),
    WriteSpeedData(
        descriptors=tuple(
            WriteSpeedDescriptor(end_lba=2295103, read_speed=11080, write_speed=speed) for speed in (11080, 5540, 3324)
        )
    ),
    Configuration(
        current_profile=0x1B,
        features=(ProfileList(profiles=(ProfileDescriptor(profile_number=0x1B),)), Core(), DvdPlusR(write=True)),
    ),
]
NAMES = [type(reply).__name__ for reply in REPLIES]


@pytest.mark.benchmark(group="typed reply: parse")
@pytest.mark.parametrize("reply", REPLIES, ids=NAMES)
def test_parse_of_a_reply_of_up_to_64_bytes(benchmark: Any, reply: Structure) -> None:
    data = reply.build()
    assert len(data) <= 64
    assert benchmark(type(reply).parse, data) == reply


@pytest.mark.benchmark(group="typed reply: build")
@pytest.mark.parametrize("reply", REPLIES, ids=NAMES)
def test_build_of_a_reply_of_up_to_64_bytes(benchmark: Any, reply: Structure) -> None:
    assert benchmark(reply.build)

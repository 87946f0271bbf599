"""The ways of recording by the write type of mode page 05h."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from discstack.emulator.media.compact.by_session import SessionRecording
from discstack.emulator.media.compact.by_track import PacketRecording, TrackRecording
from discstack.emulator.media.compact.raw import RawRecording
from discstack.emulator.media.compact.recording import Recording
from discstack.mmc.spec.mode_page_values import WriteType

WAYS: Final[Mapping[int, type[Recording]]] = MappingProxyType(
    {
        WriteType.PACKET_INCREMENTAL: PacketRecording,
        WriteType.TRACK_AT_ONCE: TrackRecording,
        WriteType.SESSION_AT_ONCE: SessionRecording,
        WriteType.RAW: RawRecording,
    }
)

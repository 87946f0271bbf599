"""The media table: every disc that the emulator knows, as it is sold."""

from __future__ import annotations

from typing import Final

from discstack.emulator.media.base import Durations, MediumKind, Speeds
from discstack.emulator.media.sequential import DVDPlusR

DVD_PLUS_R_SPEEDS: Final = Speeds(reported=1385.0, payload=1_385_000.0, factors=(16, 12, 8, 6, 4, 2.4), read=16)

MEDIA: Final = {
    kind.name: kind
    for kind in (
        MediumKind(
            name="dvd+r",
            family=DVDPlusR,
            profile=0x001B,
            capacity=2295104,
            write_unit=16,
            speeds=DVD_PLUS_R_SPEEDS,
            durations=Durations(),
        ),
    )
}

PROFILES: Final = frozenset(kind.profile for kind in MEDIA.values())

"""How a disc is sold: its size, its speeds, and how long a drive needs for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from discstack.emulator.rotation import DVD_ZONES, Line, Rotation, Zones, layered

if TYPE_CHECKING:
    from discstack.emulator.media.base import Medium


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """Write speeds as multiples of 1x; 1x is `reported` kB/s in commands and `payload` bytes of user data a second.

    `rotations` tell from which speed on the disc turns how, `zones` which there are; below, and without any rotation,
    linear velocity is constant. Reading is at constant angular velocity.
    """

    reported: float
    payload: float
    factors: tuple[float, ...]
    read: float
    rotations: tuple[tuple[float, Rotation], ...] = ()
    zones: Zones = DVD_ZONES

    def kilobytes(self, factor: float) -> int:
        """Return a speed as commands carry it: kB/s of 1000 bytes."""
        return int(self.reported * factor)

    def write_curve(self, factor: float, blocks: int, layers: int = 1) -> list[Line]:
        """Return how fast such a disc is written from its first block to its last."""
        rotation = next((rotation for least, rotation in self.rotations if factor >= least), Rotation.CLV)
        return layered(rotation, factor, blocks, layers, self.zones)

    def read_curve(self, factor: float, blocks: int, layers: int = 1) -> list[Line]:
        """Return how fast such a disc is read from its first block to its last."""
        return layered(Rotation.CAV, factor, blocks, layers)

    @property
    def payload_per_kilobyte(self) -> float:
        """User data bytes a second for each kB/s of speed."""
        return self.payload / self.reported


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """Seconds that the drive needs for what is not plain reading and writing."""

    calibrate: float = 5.0
    flush: float = 0.5
    close_track: float = 3.0
    close_session: float = 20.0
    finalise: float = 40.0
    prepare_format: float = 8.0
    quick_format: float = 60.0
    quick_blank: float = 40.0
    lead_in: float = 0.0  # written before the first block of a disc-at-once recording


@dataclass(frozen=True, slots=True, kw_only=True)
class MediumKind:
    """One row of the media table: a disc as it is sold."""

    name: str
    family: type[Medium]
    profile: int
    capacity: int  # blocks
    write_unit: int  # blocks in an ECC block, 1 on CD
    speeds: Speeds
    durations: Durations = field(default_factory=Durations)
    manufacturer: str = "DISCSTACK"
    media_type: str = "001"
    layers: int = 1
    calibrations: int | None = None  # that a write-once disc has room for

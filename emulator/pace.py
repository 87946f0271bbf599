"""How fast a drive writes and reads the disc that is in it: what the host asked for, and what the disc allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from discstack.emulator.media.base import Medium
from discstack.emulator.rotation import Line, speed_at

AS_FAST_AS_CAN_BE: Final = 1 << 32  # kB/s; BD at 16x is above what SET CD SPEED can say


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The speeds that a host asked for, in kB/s as commands carry them."""

    write: int = AS_FAST_AS_CAN_BE
    read: int = AS_FAST_AS_CAN_BE


@dataclass(frozen=True, slots=True)
class Pace:
    """The speeds of a disc, in kB/s as commands carry them, curves in x, and rates in bytes a second."""

    medium: Medium
    asked: Asked

    @property
    def write_speeds(self) -> list[int]:
        """The speeds that the disc can be written at, fastest first."""
        speeds = self.medium.kind.speeds
        return [speeds.kilobytes(factor) for factor in speeds.factors]

    @property
    def write_speed(self) -> int:
        """The fastest speed of the disc that is not above the one asked for."""
        speeds = self.write_speeds
        return next((speed for speed in speeds if speed <= self.asked.write), speeds[-1])

    @property
    def fastest_read_speed(self) -> int:
        """The read speed of the disc."""
        speeds = self.medium.kind.speeds
        return speeds.kilobytes(speeds.read)

    @property
    def read_speed(self) -> int:
        """The read speed of the disc, curbed to the one asked for."""
        return max(self.medium.kind.speeds.kilobytes(1), min(self.fastest_read_speed, self.asked.read))

    def write_curve(self) -> list[Line]:
        """Return the write speed from the first block to the last."""
        medium, speeds = self.medium, self.medium.kind.speeds
        return speeds.write_curve(self.write_speed / speeds.reported, medium.capacity, medium.kind.layers)

    def read_curve(self) -> list[Line]:
        """Return the read speed from the first block to the last that can be read."""
        medium, speeds = self.medium, self.medium.kind.speeds
        return speeds.read_curve(self.read_speed / speeds.reported, medium.capacity, medium.kind.layers)

    @property
    def nominal_write_rate(self) -> float:
        """The rate that the write speed stands for."""
        return self.write_speed * self.medium.kind.speeds.payload_per_kilobyte

    def write_rate(self, lba: int) -> float:
        """Return the rate of writing at an address."""
        return speed_at(self.write_curve(), lba) * self.medium.kind.speeds.payload

    def read_rate(self, lba: int) -> float:
        """Return the rate of reading at an address."""
        return speed_at(self.read_curve(), lba) * self.medium.kind.speeds.payload

"""Absolute CD times (minute, second, frame) and their logical block addresses (MMC-6 4.2.3.3, table of the conversion).

Addresses from -150 on have minutes 0 to 89. Those before lie in the lead-in, whose minutes 90 to 99 run up to 99:59:74.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from discstack.mmc.spec.counted import Bytes

FRAMES_PER_SECOND: Final = 75
FRAMES_PER_MINUTE: Final = 60 * FRAMES_PER_SECOND
PREGAP: Final = 150  # frames before address 0
LEAD_IN_MINUTE: Final = 90
LEAD_IN_OFFSET: Final = 100 * FRAMES_PER_MINUTE + PREGAP
LOWEST: Final = LEAD_IN_MINUTE * FRAMES_PER_MINUTE - LEAD_IN_OFFSET
HIGHEST: Final = LEAD_IN_MINUTE * FRAMES_PER_MINUTE - PREGAP - 1


@dataclass(frozen=True, slots=True, order=True)
class Msf:
    """A time on a CD. A drive may say anything here: times that no CD has are kept, but have no address."""

    minute: int
    second: int
    frame: int

    @classmethod
    def from_lba(cls, lba: int) -> Self:
        """Return the time of a logical block address between -45150 and 404849."""
        if not LOWEST <= lba <= HIGHEST:
            raise ValueError(f"address {lba} is not on a CD ({LOWEST} to {HIGHEST})")
        seconds, frame = divmod(lba + (PREGAP if lba >= -PREGAP else LEAD_IN_OFFSET), FRAMES_PER_SECOND)
        return cls(*divmod(seconds, 60), frame)

    @classmethod
    def from_number(cls, number: int) -> Self:
        """Return the time in a 4-byte address field: a reserved byte, minute, second, frame."""
        return cls.parse(number.to_bytes(4, "big")[1:])

    @classmethod
    def parse(cls, data: Bytes) -> Self:
        """Read minute, second and frame from three bytes."""
        minute, second, frame = data[:3]
        return cls(minute, second, frame)

    def build(self) -> bytes:
        """Return minute, second and frame as three bytes."""
        return bytes((self.minute, self.second, self.frame))

    @property
    def number(self) -> int:
        """The value of a 4-byte address field that holds this time."""
        return int.from_bytes(self.build(), "big")

    @property
    def valid(self) -> bool:
        """Whether this is a time that a CD can have; FF:FF:FF stands for none."""
        return self.minute < 100 and self.second < 60 and self.frame < FRAMES_PER_SECOND

    @property
    def lba(self) -> int:
        """The logical block address; ValueError where the time is not valid."""
        if not self.valid:
            raise ValueError(f"{self} is not a time on a CD")
        frames = self.minute * FRAMES_PER_MINUTE + self.second * FRAMES_PER_SECOND + self.frame
        return frames - (PREGAP if self.minute < LEAD_IN_MINUTE else LEAD_IN_OFFSET)

    def __str__(self) -> str:
        return f"{self.minute:02}:{self.second:02}:{self.frame:02}"

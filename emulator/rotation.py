"""How fast a disc passes under the laser: the same everywhere, in zones, or ever faster towards the rim.

Speeds are multiples of 1x. A curve is a list of straight lines over the addresses, as GET PERFORMANCE tells them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

INNER: Final = 0.42  # of the outermost speed is what constant angular velocity gives at the first address
Zones = tuple[tuple[float, float], ...]  # where those of ZCLV begin, as parts of the capacity, and their speeds
DVD_ZONES: Final[Zones] = ((0.0, 6.0), (0.08, 8.0), (0.24, 12.0), (0.52, 16.0), (0.8, 20.0))
CD_ZONES: Final[Zones] = ((0.0, 16.0), (0.12, 20.0), (0.3, 24.0), (0.6, 32.0))


class Rotation(Enum):
    """What is kept constant."""

    CLV = "constant linear velocity"
    ZCLV = "zones of constant linear velocity"
    CAV = "constant angular velocity"


@dataclass(frozen=True, slots=True)
class Line:
    """From `start` to `end`, both included, the speed goes from `first` to `last`."""

    start: int
    first: float
    end: int
    last: float

    def mirrored(self, start: int, blocks: int) -> Line:
        """Return the line on a layer of so many blocks that begins at `start` and is passed from its outer end on."""
        end = start + blocks - 1
        return Line(end - self.end, self.last, end - self.start, self.first)

    def at(self, lba: int) -> float:
        """Return the speed at an address."""
        if self.end == self.start:
            return self.first
        return self.first + (self.last - self.first) * (lba - self.start) / (self.end - self.start)


def curve(rotation: Rotation, factor: float, blocks: int, zones: Zones = DVD_ZONES) -> list[Line]:
    """Return how fast a disc of so many blocks passes by, if it is to reach `factor`."""
    last = max(blocks - 1, 0)
    if rotation is Rotation.CAV:
        return [Line(0, factor * INNER, last, factor)]
    if rotation is Rotation.CLV or factor <= zones[0][1]:
        return [Line(0, factor, last, factor)]
    starts = [(int(part * blocks), min(speed, factor)) for part, speed in zones]
    used = [zone for number, zone in enumerate(starts) if not number or starts[number - 1][1] < factor]
    ends = [start - 1 for start, _ in used[1:]] + [last]
    return [Line(start, speed, end, speed) for (start, speed), end in zip(used, ends, strict=True) if end >= start]


def layered(rotation: Rotation, factor: float, blocks: int, layers: int, zones: Zones = DVD_ZONES) -> list[Line]:
    """Return the curve of a disc with layers, of which every second one is passed from its outer end inwards."""
    if rotation is Rotation.CLV or layers == 1:
        return curve(rotation, factor, blocks, zones)
    size = max(-(-blocks // layers), 1)
    outwards = curve(rotation, factor, size, zones)
    lines: list[Line] = []
    for number in range(layers):
        start = number * size
        moved = [Line(start + line.start, line.first, start + line.end, line.last) for line in outwards]
        lines += [line.mirrored(start, size) for line in reversed(outwards)] if number % 2 else moved
    return lines


def radius(lba: int, blocks: int, layers: int) -> float:
    """Return how far out an address lies, from 0 at the inner end of its layer to 1."""
    size = max(-(-blocks // layers), 1)
    layer, place = divmod(lba, size)
    return (size - place if layer % 2 else place) / size


def speed_at(lines: list[Line], lba: int) -> float:
    """Return the speed at an address; behind the last line it stays as it is."""
    line = next((line for line in lines if line.start <= lba <= line.end), lines[-1])
    return line.at(min(max(lba, line.start), line.end))

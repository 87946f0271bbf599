"""How to get a virtual drive."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from discstack.emulator.clock import QuickClock, VirtualClock
from discstack.emulator.discfile import DiscFile, Sidecar, sidecar_of
from discstack.emulator.drive import Drive
from discstack.emulator.fault_words import parse_faults
from discstack.emulator.faults import Fault, FaultPlan
from discstack.emulator.media.base import Medium
from discstack.emulator.media.families import MEDIA
from discstack.emulator.media.kind import MediumKind
from discstack.emulator.personalities import PERSONALITIES
from discstack.emulator.personality import Personality
from discstack.emulator.settings import DEFAULTS, Settings
from discstack.emulator.store import BlockStore
from discstack.emulator.transport import MAX_TRANSFER, Disc, VirtualTransport
from discstack.transport.base import SMALL_TRANSFER, Clock

__all__ = ["MEDIA", "open_virtual"]

SERIAL_PREFIX: Final = "DS"
SERIAL_DIGITS: Final = 10
LARGEST_BUFFER: Final = 0xFFFFFFFF  # bytes, what READ BUFFER CAPACITY can tell, MMC-6 6.17
SLOWEST: Final = 0.1  # times 1x; no disc was ever recorded more slowly than at 1x
FASTEST: Final = 1000.0  # times 1x; in kB/s it fits into the 32 bits of a speed descriptor


def open_virtual(
    medium: str,
    *,
    file: str | os.PathLike[str] | None = None,
    speed: float | None = None,
    realtime: bool | float = False,
    buffer: int = DEFAULTS.buffer,
    busy: bool = False,
    capacity: int | None = None,
    faults: Iterable[Fault] = (),
    fault: str = "",
    personality: str | None = None,
    defects: str = "",
    read_breaks_write: bool = False,
    untimed_lead_in: bool = False,
    max_transfer: int = MAX_TRANSFER,
    usual_transfer: int = SMALL_TRANSFER,
    serial: str | None = None,
) -> VirtualTransport:
    """Return a virtual drive with a disc of `medium` in it, blank or as `file` keeps it.

    `speed` is the fastest write speed, in the medium's x; `buffer` the drive's buffer in bytes, which makes the host
    wait inside WRITE or, with `busy`, answers 2/04/08; `capacity` the blocks of a smaller disc for tests. The clock is
    virtual, so that nothing ever takes time, unless `realtime`: then a drive takes as long as a real one or, with a
    number, is so many times as quick. `defects` are blocks that cannot be recorded, such as "100-115,4000". `faults`
    strike the drive, as do those in `fault`, for whose words see `discstack.emulator.fault_words`; a `personality`
    gives it the name and the ways of a real one. One command moves at most `max_transfer` bytes, and a WRITE
    `usual_transfer` unless it is asked otherwise. `serial` is the drive's serial number; by default it comes of where
    `file` lies, so that a drive has the same one every day, and drives with different discs have different ones.

    Raises ValueError for an unknown medium, fault or personality, DiscFileError where `file` is not such a disc,
    DeviceBusy where another drive holds it.
    """
    if min(buffer, max_transfer, usual_transfer) < 1:
        raise ValueError("the buffer and the largest transfer must hold something")
    if buffer > LARGEST_BUFFER:
        raise ValueError(f"a drive tells of a buffer of up to {LARGEST_BUFFER} bytes, not {buffer}")
    clock: Clock = QuickClock(realtime) if realtime else VirtualClock()
    settings = Settings(
        buffer=buffer,
        busy=busy,
        read_breaks_write=read_breaks_write,
        untimed_lead_in=untimed_lead_in,
        serial=serial if serial is not None else _serial_for(file),
    )
    plan = [*faults, *parse_faults(fault)]
    if personality is not None:
        character = _personality(personality)
        settings, plan = _as(character, settings), [*plan, *character.faults]
    disc = open_disc(medium, clock, file=file, speed=speed, capacity=capacity, defects=defects)
    drive = Drive(settings, clock, disc.medium)
    return VirtualTransport(
        drive, disc.file, faults=FaultPlan(plan), max_transfer=max_transfer, usual_transfer=usual_transfer
    )


def open_disc(
    medium: str,
    clock: Clock,
    *,
    file: str | os.PathLike[str] | None = None,
    speed: float | None = None,
    capacity: int | None = None,
    defects: str = "",
) -> Disc:
    """Return a disc for a drive on `clock`, blank or as `file` keeps it; the arguments are those of `open_virtual`."""
    kind = _kind(medium, speed)
    if capacity is not None and (capacity <= 0 or capacity % kind.write_unit):
        raise ValueError(f"the capacity of a {medium} is a multiple of {kind.write_unit} blocks, not {capacity}")
    bad = parse_ranges(defects)
    blocks = _blocks(kind, file, capacity)
    if any(run.stop > blocks for run in bad):
        raise ValueError(f"this {medium} has the blocks 0 to {blocks - 1}, and defects of {defects!r} lie beyond")
    kept = DiscFile.open(Path(file), kind, clock, capacity) if file is not None else None
    disc = Disc(kept.medium if kept is not None else _blank(kind, clock, capacity), kept)
    disc.medium.defects.mark(bad)
    return disc


def _blocks(kind: MediumKind, file: str | os.PathLike[str] | None, capacity: int | None) -> int:
    """Return how many blocks a disc has, or will have."""
    if capacity is None and file is not None and (sidecar := sidecar_of(Path(file))).exists():
        return Sidecar.load(sidecar).capacity
    return capacity or kind.capacity


def _blank(kind: MediumKind, clock: Clock, capacity: int | None) -> Medium:
    return kind.family(kind, BlockStore.in_memory(), clock, capacity or kind.capacity)


def _serial_for(file: str | os.PathLike[str] | None) -> str:
    if file is None:
        return DEFAULTS.serial
    place = os.path.realpath(file)
    return SERIAL_PREFIX + hashlib.sha256(os.fsencode(place)).hexdigest()[:SERIAL_DIGITS].upper()


def _as(character: Personality, settings: Settings) -> Settings:
    """Give a drive the name of a personality, and those of its ways that are settings."""
    return replace(
        settings,
        vendor=character.vendor,
        product=character.product,
        untimed_lead_in=settings.untimed_lead_in or character.untimed_lead_in,
        loads_when_told=character.loads_when_told,
    )


def _personality(name: str) -> Personality:
    if name not in PERSONALITIES:
        raise ValueError(f"no drive is called {name!r}; there are {', '.join(PERSONALITIES)}")
    return PERSONALITIES[name]


def parse_ranges(text: str) -> list[range]:
    """Read blocks written as "100-115,4000"; raises ValueError for anything else."""
    found = []
    for word in filter(None, text.split(",")):
        first, dash, last = word.partition("-")
        run = range(int(first), int(last if dash else first) + 1)
        if not run or run.start < 0:
            raise ValueError(f"{word!r} are no blocks")
        found.append(run)
    return found


def _kind(medium: str, speed: float | None) -> MediumKind:
    kind = MEDIA.get(medium)
    if kind is None:
        raise ValueError(f"{medium!r} is no medium that can be emulated; there are {', '.join(MEDIA)}")
    if speed is None:
        return kind
    if not SLOWEST <= speed <= FASTEST:
        raise ValueError(f"a speed is {SLOWEST:g}x to {FASTEST:g}x, not {speed:g}x")
    slower = tuple(factor for factor in kind.speeds.factors if factor < speed)
    return replace(kind, speeds=replace(kind.speeds, factors=(speed, *slower)))

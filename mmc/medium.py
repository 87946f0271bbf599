"""What a medium is and what can be done with it: the value that `identify` returns.

Amounts are in blocks of 2048 bytes, speeds in kB/s of 1000 bytes, addresses are logical block addresses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from discstack.mmc.spec.track_information import DataMode

__all__ = ["Action", "DiscState", "FormatChoice", "MediumStatus", "Track", "WriteMode", "WriteSpeed"]


class DiscState(Enum):
    """The states that a medium can be in; the value is the word for people."""

    NO_MEDIUM = "no medium"
    BLANK = "blank"
    APPENDABLE = "appendable"
    FINALIZED = "finalized"
    OVERWRITABLE = "overwritable"
    INTERMEDIATE = "overwritable, its session left open"
    UNFORMATTED = "unformatted"
    FORMATTING = "being formatted"
    DAMAGED = "damaged"
    READ_ONLY = "read-only"
    UNSUPPORTED = "unsupported"


class Action(Enum):
    """What may be done with a medium next; the value is the word for people."""

    WRITE = "write"  # write from the start of an empty medium, or anywhere on an overwritable one
    APPEND = "append"  # write another session behind the existing ones
    ERASE = "erase"
    FORMAT = "format"
    CLOSE_TRACK = "close track"
    CLOSE_SESSION = "close session"
    CLOSE_DISC = "close disc"
    REPAIR = "repair"  # bring what a broken job left behind into a state that can be used


class WriteMode(Enum):
    """How a session gets onto a medium that knows several ways; the value is the word for people."""

    INCREMENTAL = "incremental"  # tracks and sessions grow piece by piece
    DISC_AT_ONCE = "disc at once"  # one session of a size that is announced, from lead-in to lead-out
    FIXED_PACKETS = "fixed packets"  # of CDs: a track of packets of 32 blocks
    VARIABLE_PACKETS = "variable packets"  # of CDs: a track of packets that end where writing pauses


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteSpeed:
    """A speed that the drive offers for this medium; `x` is in multiples of the medium's nominal speed."""

    kilobytes: int
    x: float

    def __str__(self) -> str:
        return f"{self.x:.3g}x ({self.kilobytes} kB/s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatChoice:
    """A way to format a medium, and what comes of it: blocks for data and to replace defects with, and the speed.

    `speed` is a part of the speed that the drive has without reading back what it wrote.
    """

    format_type: int
    format_sub_type: int
    words: str
    capacity_blocks: int
    spare_blocks: int = 0
    defect_management: bool = False
    speed: float = 1.0

    def __str__(self) -> str:
        spares = f", {self.spare_blocks} to replace defects with" if self.spare_blocks else ""
        speed = "" if self.speed == 1 else f", at {self.speed:.0%} of the speed"
        return f"{self.format_type:02X}h {self.words}: {self.capacity_blocks} blocks{spares}{speed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A logical track, as READ TRACK INFORMATION tells it (MMC-6 6.26).

    `packet` is how many blocks its packets have, 0 where they vary, None for a track that is not written in packets.
    `data_mode` is the mode of its sectors, None for audio and where the drive does not tell it, and so it is with
    `last_recorded_address`.
    """

    number: int
    session: int
    start: int
    blocks: int
    free: int
    next_writable_address: int | None
    blank: bool
    damaged: bool
    packet: int | None = None
    data_mode: DataMode | None = None
    last_recorded_address: int | None = None

    @property
    def end(self) -> int:
        """The first address behind the track."""
        return self.start + self.blocks

    @property
    def is_open(self) -> bool:
        """Whether it has no end yet: it goes on, or what was recorded broke off."""
        return self.damaged or self.next_writable_address is not None

    @property
    def data_end(self) -> int:
        """The first address behind what is recorded of it, as far as the drive tells that of a track without an end."""
        last = self.last_recorded_address
        if self.next_writable_address is None:
            return self.end if last is None or not self.damaged else min(last + 1, self.end)
        return self.next_writable_address if last is None else min(last + 1, self.next_writable_address)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediumStatus:
    """Everything that a writer or a reader has to know of the medium in the drive.

    `capacity_blocks` is what the medium holds in all, `free_blocks` what can still be written in one go from
    `next_writable_address` on. On an overwritable medium that is everything, and `blank` says that its beginning holds
    no data. `modes` are the ways in which it can be written now, the usual one first, where there are several in
    principle. `layer_break` is how many blocks lie on the first of two layers. `formats` are what it can be formatted
    to. `detail` says in words what the state's name leaves open, `reason` why a medium is damaged, unsupported or
    read-only.
    """

    profile: int
    name: str
    state: DiscState
    capacity_blocks: int = 0
    free_blocks: int = 0
    used_blocks: int = 0
    next_writable_address: int | None = None
    sessions: int = 0
    open_session: bool = False
    tracks: tuple[Track, ...] = ()
    blank: bool = False
    erasable: bool = False
    actions: frozenset[Action] = frozenset()
    modes: tuple[WriteMode, ...] = ()
    layer_break: int | None = None
    formats: tuple[FormatChoice, ...] = ()
    write_speeds: tuple[WriteSpeed, ...] = field(default=())
    detail: str = ""
    reason: str = ""

    @property
    def usual_mode(self) -> WriteMode | None:
        """The way in which it is written unless another one is asked for; None where there is only one."""
        return next(iter(self.modes), None)

    @property
    def multi_session(self) -> tuple[int, int] | None:
        """Where the last complete session starts and where the next one will: what mkisofs takes as `-C`.

        None where no session can be appended to another one.
        """
        if self.state is not DiscState.APPENDABLE or self.open_session or self.next_writable_address is None:
            return None
        last = max((track.session for track in self.tracks), default=None)
        start = next((track.start for track in self.tracks if track.session == last), None)
        return (start, self.next_writable_address) if start is not None else None

    def __str__(self) -> str:
        """Say it in one line, for messages."""
        if self.state is DiscState.NO_MEDIUM:
            return str(self.state.value)
        words = [f"{self.name}, {self.state.value}"]
        if self.detail:
            words.append(self.detail)
        if self.reason:
            words.append(self.reason)
        if self.sessions:
            unclosed = " (the last one not closed)" if self.open_session else ""
            words.append(f"{self.sessions} session{'s' * (self.sessions > 1)}{unclosed}")
        if self.next_writable_address is not None:
            words.append(f"next writable address {self.next_writable_address}, {self.free_blocks} blocks free")
        return ", ".join(words)

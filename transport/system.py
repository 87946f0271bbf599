"""What a system knows of its drives: which there are, what changes, who uses them.

`DriveSystem` is the seam between `DiscMaster` and an operating system; each system has a package of its own. All that
is said of drives here comes from the system: no drive is sent a command.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from discstack.transport.base import Transport
    from discstack.transport.diagnosis import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveEntry:
    """A drive as the system lists it, without asking the drive itself.

    `address` opens it. `identifier` is its place in the machine, which tells it from all others as long as it is
    attached. `block` and `generic` are the nodes of Linux's sr and sg drivers, None where there is none; `names` are
    further names that open it, first those that are the same on any day. `serial` is empty where the system knows
    none. `bus` is how it is connected (USB, ATA, iSCSI, ...), `adapter` the driver of the host adapter, both empty
    where the system does not tell.
    """

    address: str
    identifier: str
    block: str | None = None
    generic: str | None = None
    names: tuple[str, ...] = ()
    vendor: str = ""
    model: str = ""
    revision: str = ""
    serial: str = ""
    bus: str = ""
    adapter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who has a drive open or its medium in use; `what` names it for a person.

    `pid` is None for what is no process: a mount, a device that the kernel has stacked on the drive's. A mount is
    `covered` where something else is mounted at the same place, on top of it.
    """

    what: str
    node: str
    pid: int | None = None
    mount_point: str | None = None
    covered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Who uses a drive, as far as this process may see; `unseen` processes did not let it look at their files."""

    holders: tuple[Holder, ...] = ()
    unseen: int = 0

    def __str__(self) -> str:
        if self.holders:
            return ", ".join(holder.what for holder in self.holders)
        if self.unseen:
            return f"somebody unseen ({self.unseen} processes do not let this one look at their files)"
        return "somebody who has let go meanwhile, or the kernel itself"


class SignalKind(Enum):
    """What a system tells of its own accord."""

    DRIVES = "drives"  # the list is another one now
    MEDIUM = "medium"
    EJECT_REQUEST = "eject request"


@dataclass(frozen=True, slots=True)
class Signal:
    """Something happened to the drive at `address` (None: to any); `present` says whether a medium is in it now.

    `present` is None where the system does not know: then the drive has to be asked. `changes` is what the system had
    counted when this happened, see `DriveSystem.changes`.
    """

    kind: SignalKind
    address: str | None = None
    present: bool | None = None
    changes: int | None = None


class Signals(Protocol):
    """What a system tells while somebody listens. Hints, not the truth: signals get lost, and are told twice."""

    def wait(self, timeout: float, /) -> tuple[Signal, ...]:
        """Block until the system tells something, `wake` is called or the time is over, in seconds.

        A time that is longer than the system can count may be over earlier.
        """
        ...

    def wake(self) -> None:
        """End the running or the next `wait`; for any thread and for signal handlers."""
        ...

    def close(self) -> None:
        """Stop listening."""
        ...


class DriveSystem(Protocol):
    """An operating system's side of drives."""

    def drives(self) -> tuple[DriveEntry, ...]:
        """Return the CD, DVD and BD drives in the order of their names."""
        ...

    def may_open(self, drive: DriveEntry, /) -> bool:
        """Whether this process may open the drive to look."""
        ...

    def usage(self, drive: DriveEntry, /) -> Usage:
        """Find who uses the drive."""
        ...

    def examine(self, drive: DriveEntry | None, /) -> tuple[Check, ...]:
        """Look for all that stands in the way of a drive, or of any (None); sends no command."""
        ...

    def signals(self) -> Signals:
        """Start to listen."""
        ...

    def tells_media(self, drive: DriveEntry, /) -> bool:
        """Whether the system looks after the drive's medium itself, so that signals tell of it."""
        ...

    def changes(self, drive: DriveEntry, /) -> int | None:
        """Return how many changes of the drive's medium the system has seen; None where it does not count."""
        ...

    def glance(self, drive: DriveEntry, /) -> Transport | None:
        """Open the drive for a question that must disturb nobody; None while somebody has it for himself.

        Raises TransportError as opening does.
        """
        ...

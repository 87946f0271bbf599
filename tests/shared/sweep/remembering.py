"""Drives that remember what the ones before them answered.

A virtual drive has no luck and no will: of two that begin alike and are sent the same, with the same waits between, one
answers what the other did and leaves the same disc behind. So most trials of a row need no drive at all: all commands
before the mishap, and most of what a job does after it, were sent before. Only what is new goes to a real one, which is
first told all that this one was told. Jobs still go through all of their code; but what comes after one, with a drive
to which nothing happens any more, is a matter of that drive alone, and done once for each way that drives came to.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from laboratory import Lab
from tap import Tap
from xxhash import xxh3_128_digest

from discstack.emulator.drive import Drive
from discstack.emulator.transport import VirtualTransport
from discstack.mmc.identify import identify
from discstack.mmc.medium import MediumStatus
from discstack.mmc.spec.cdb import Direction
from discstack.transport.base import Clock, Command, Reply

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Moment:
    """How far a drive has come: when that is, what led there from the moment before, and what was answered.

    `after` is what was sent then, and where that led; `known` what was seen of the drive as it is then.
    """

    now: float
    before: Moment | None = None
    sent: Callable[[VirtualTransport], Reply | None] | None = None
    reply: Reply | None = None
    after: dict[Hashable, Moment] = field(default_factory=dict)
    known: dict[Hashable, Any] = field(default_factory=dict)


class Past:
    """All that the drives of a row have lived through; `make` makes one more, which is like all others at first."""

    def __init__(self, lab: Lab, make: Callable[[], Tap]) -> None:
        self.lab, self.make = lab, make
        first = make()
        self.max_transfer, self.usual_transfer = first.max_transfer, first.usual_transfer
        self.beginning = Moment(first.clock.now())
        self._kept: dict[bytes, bytes] = {}
        lab.discard(first)

    def tap(self) -> Tap:
        return Remembering(self) if self.lab.remembers else self.make()

    def carry(self, command: Command, inner: VirtualTransport) -> Reply:
        """Execute a command on a drive, and keep what that answers."""
        reply = inner.execute(command)
        return Reply(reply.status, reply.sense, self.keep(reply.data), reply.residual)

    def keep(self, data: bytes | bytearray | memoryview) -> bytes:
        """Return bytes like these, which are kept once however often they come."""
        digest = xxh3_128_digest(data)
        if digest not in self._kept:
            self._kept[digest] = bytes(data)
        return self._kept[digest]


class Remembering(Tap):
    """A tap whose drive is made when something is sent that none before was sent, or somebody wants to see it."""

    def __init__(self, past: Past) -> None:
        super().__init__(None)
        self.past, self.moment = past, past.beginning
        self._own: Tap | None = None
        self._reached = past.beginning  # how far that has come
        self._alone = False

    @property
    def inner(self) -> VirtualTransport:
        """The drive, which has been told everything; it is to be looked at, not to be changed."""
        if self._own is None:
            self._own = self.past.make()
        ahead = []
        moment = self.moment
        while moment is not self._reached:
            assert moment.before is not None
            ahead.append(moment)
            moment = moment.before
        for moment in reversed(ahead):
            assert moment.sent is not None
            moment.sent(self._own.inner)
        self._reached = self.moment
        return self._own.inner

    def take_over(self) -> VirtualTransport:
        """Return the drive, which from now on lives a life of its own."""
        inner = self.inner
        self._alone = True
        return inner

    @property
    def max_transfer(self) -> int:
        return self.past.max_transfer

    @property
    def usual_transfer(self) -> int:
        return self.past.usual_transfer

    @property
    def clock(self) -> Clock:
        return self

    def now(self) -> float:
        return self.inner.clock.now() if self._alone else self.moment.now

    def sleep(self, seconds: float, /) -> None:
        self._live(seconds, lambda inner: inner.clock.sleep(seconds))

    def happen(self, what: Callable[[Drive], None]) -> None:
        self._live(what, lambda inner: what(inner.drive))

    def answer(self, command: Command) -> Reply:
        if self._alone:
            return self.inner.execute(command)
        data = command.data
        length = command.allocation or (len(memoryview(data).cast("B")) if data is not None else 0)
        sends = command.direction is Direction.TO_DEVICE and data is not None
        content = self.past.keep(data) if sends and data is not None else None
        step = (command.cdb, command.direction, content, length, command.timeout)
        same = Command(command.cdb, command.direction, content, 0 if sends else length, command.timeout)
        reply = self._live(step, partial(self.past.carry, same))
        assert reply is not None
        if command.direction is not Direction.FROM_DEVICE:
            return reply
        room = memoryview(bytearray(length) if data is None else data).cast("B")[: len(reply.data)]
        room[:] = reply.data
        return Reply(reply.status, reply.sense, room, reply.residual)

    def _live(self, step: Hashable, sent: Callable[[VirtualTransport], Reply | None]) -> Reply | None:
        """Go on by one step, which is taken by the drive where it was never taken."""
        if self._alone:
            return sent(self.inner)
        moment = self.moment.after.get(step)
        if moment is None:
            inner = self.inner
            try:
                reply = sent(inner)
            except BaseException:
                self._alone = True  # there is no remembering how an error was raised
                raise
            moment = self.moment.after[step] = Moment(inner.clock.now(), self.moment, sent, reply)
            self._reached = moment
        self.moment = moment
        return moment.reply

    def look(self, what: Hashable, how: Callable[[Drive], T]) -> T:
        if self._alone:
            return how(self.inner.drive)
        known = self.moment.known
        if what not in known:
            found = how(self.inner.drive)
            known[what] = self.past.keep(found) if isinstance(found, bytes) else found
        seen: T = known[what]
        return seen

    def recall(self, what: str, work: Callable[[], T]) -> T:
        if self._alone:
            return work()
        known, key = self.moment.known, (what, self.cancelled.is_set())
        if key not in known:
            found = work()
            if self._alone:
                return found
            known[key] = found, self.moment
        found, self.moment = known[key]
        return found

    def close(self) -> None:
        if self._own is not None:
            self.past.lab.discard(self._own)


def looked_at(lab: Lab, tap: Tap) -> MediumStatus:
    """Return what the drive says of its disc, which no fault is meant for."""
    status: MediumStatus = tap.recall("what the disc is", lambda: lab.run(identify(), tap))
    return status

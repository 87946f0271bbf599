"""A transport on the way to a virtual drive: it records all commands and lets some of them meet a strike."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any, TypeVar

from discstack.emulator.drive import Drive
from discstack.emulator.transport import VirtualTransport
from discstack.mmc.spec.cdb import describe
from discstack.transport.base import Clock, Command, DeviceGone, Reply

T = TypeVar("T")

BLOCK = 2048
MOST_COMMANDS = 20000  # of one job; more is taken for one without an end
Place = tuple[tuple[Any, int], ...]  # of the generators that wait for an effect, their code and their line
Strike = Callable[[Command, Callable[[], Reply]], Reply]


class Tap:
    """What lies between a job and its drive; commands are numbered from 1."""

    def __init__(self, inner: VirtualTransport | None, strikes: dict[int, Strike] | None = None) -> None:
        self._inner = inner
        self.strikes = strikes or {}
        self.lasting: tuple[int, Strike] | None = None  # what all commands from a number on meet
        self.seen: list[bytes] = []
        self.cancelled = Event()
        self.procedure: Any = None  # what is being carried out
        self.places: dict[int, Place] | None = None  # where in the code each command came from, if that is wanted

    @property
    def inner(self) -> VirtualTransport:
        assert self._inner is not None
        return self._inner

    @property
    def max_transfer(self) -> int:
        return self.inner.max_transfer

    @property
    def usual_transfer(self) -> int:
        return self.inner.usual_transfer

    @property
    def clock(self) -> Clock:
        return self.inner.clock

    @property
    def lines(self) -> list[str]:
        return [describe(cdb) for cdb in self.seen]

    def execute(self, command: Command, /) -> Reply:
        self.seen.append(command.cdb)
        number = len(self.seen)
        assert number < MOST_COMMANDS, "no end in sight"
        if self.places is not None:
            self.places[number] = place_of(self.procedure)
        strike = self.strikes.get(number)
        if strike is None and self.lasting is not None and number >= self.lasting[0]:
            strike = self.lasting[1]
        return strike(command, lambda: self.answer(command)) if strike else self.answer(command)

    def answer(self, command: Command) -> Reply:
        return self.inner.execute(command)

    def happen(self, what: Callable[[Drive], None]) -> None:
        """Let that happen to the drive."""
        what(self.inner.drive)

    def look(self, what: Hashable, how: Callable[[Drive], T]) -> T:
        """Return what there is to be seen of the drive; `what` tells how it is looked at."""
        return how(self.inner.drive)

    def recall(self, what: str, work: Callable[[], T]) -> T:
        """Do some work with a drive to which nothing more happens, and return what came of it; `what` tells which."""
        return work()

    def take_over(self) -> VirtualTransport:
        """Return the drive, to be changed."""
        return self.inner

    def close(self) -> None:
        self.inner.close()

    def kill_from(self, number: int) -> None:
        """Let the device be gone from the command of that number on."""
        self.lasting = number, gone

    def spare(self) -> None:
        """Let nothing more happen to any command."""
        self.strikes, self.lasting = {}, None

    @contextmanager
    def spared(self) -> Iterator[None]:
        """Let nothing happen to what is asked meanwhile."""
        strikes, lasting = self.strikes, self.lasting
        self.spare()
        yield
        self.strikes, self.lasting = strikes, lasting

    def on_disc(self, lba: int, blocks: int) -> bytes:
        """Return what is really on the disc."""

        def read(drive: Drive) -> bytes:
            assert drive.medium is not None
            buffer = bytearray(blocks * BLOCK)
            drive.medium.store.readinto(lba, memoryview(buffer))
            return bytes(buffer)

        return self.look(("blocks", lba, blocks), read)

    @property
    def locked(self) -> bool:
        """Whether the tray is."""
        return self.look("locked", lambda drive: drive.prevented)


def gone(command: Command, execute: Callable[[], Reply]) -> Reply:
    raise DeviceGone("the cable was pulled")


def place_of(procedure: Any) -> Place:
    """Return where in the code the effect comes from that a procedure waits for, and who may catch what it ends in."""
    places = []
    while getattr(procedure, "gi_frame", None) is not None:
        places.append((procedure.gi_code, procedure.gi_frame.f_lineno))
        procedure = procedure.gi_yieldfrom
    return tuple(places)

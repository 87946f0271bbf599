"""Watching the drives of this machine: which come and go, and what happens to their media."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from threading import Event as Flag
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from discstack.events import (
    DriveAdded,
    DriveRemoved,
    EjectRequested,
    Event,
    EventHandler,
    MediumInserted,
    MediumRemoved,
    Notice,
)
from discstack.mmc.errors import DriveError
from discstack.mmc.presence import Presence, ask_presence
from discstack.mmc.procedure import run
from discstack.transport.base import AccessDenied, TransportError
from discstack.transport.system import SignalKind

if TYPE_CHECKING:
    from discstack.transport.system import DriveEntry, DriveSystem, Signal

AGAIN: Final = 1.0  # seconds until a drive that did not answer, or was in use, is asked again
DOUBT: Final = 10.0  # seconds between questions to a drive that the system looks after: others may take its events


class DriveWatch:
    """Events of drives and media from now on, as they happen: iterate, or `run` with a callback.

    `drives` is what there was at the start and is kept up to date. Iterating blocks until something happens and ends
    after `stop`, which any thread and any signal handler may call. What the system tells is a hint to look; each
    `interval` (in seconds) everything is looked at anyway. A drive whose medium the system does not look after is asked
    for its events then, unless somebody has it for himself; one that the system does look after every ten seconds at
    most, since a program that asks it, too, takes the events away from the system. A medium that the system takes for
    another one is told as inserted. One thread at a time may iterate.
    """

    def __init__(self, system: DriveSystem, *, interval: float) -> None:
        if not interval >= 0:
            raise ValueError(f"there are no {interval} seconds between two looks")
        self._system, self._interval = system, interval
        self._began = self._due = self._doubtful = time.monotonic()
        self._stopped = Flag()
        self._signals = system.signals()  # before the first look: nothing falls between the two
        self._events = deque[Event]()
        self._presence = dict[str, bool]()  # by identifier; a drive that could not be asked yet is not in it
        self._changes = dict[str, int]()  # the system's count when the presence was found out
        self._unasked = set[str]()  # identifiers of drives whose medium has to be asked for
        self._told = set[str]()  # identifiers of drives that nobody may ask, and of which that was said
        self.drives = system.drives()
        self._unasked.update(drive.identifier for drive in self.drives)
        self._look(())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening; nobody may iterate any more."""
        self._stopped.set()
        self._signals.close()

    def stop(self) -> None:
        """Let the iteration end, at once; events that were not taken yet are dropped."""
        self._stopped.set()
        self._signals.wake()

    def has_medium(self, drive: DriveEntry) -> bool | None:
        """Whether there is a medium in a drive, as far as this watch knows; None where it could not find out."""
        return self._presence.get(drive.identifier)

    def __iter__(self) -> Iterator[Event]:
        while not self._stopped.is_set():
            if self._events:
                yield self._events.popleft()
            else:
                self._look(self._signals.wait(self._patience()))

    def run(self, on_event: EventHandler) -> None:
        """Call `on_event` with each event, on this thread, until `stop`."""
        for event in self:
            on_event(event)

    def _patience(self) -> float:
        """How long to wait for the system, in seconds: until it is time for everything, or to ask a drive again."""
        due = max(0.0, self._due - time.monotonic())
        return min(due, AGAIN) if self._unasked - self._told else due

    def _look(self, signals: tuple[Signal, ...]) -> None:
        """Find out what is new: what the signals are about, and when it is time for that everything."""
        now = time.monotonic()
        due = now >= self._due
        if due or any(signal.kind is SignalKind.DRIVES for signal in signals):
            self._look_at_drives()
        for signal in signals:
            for drive in self.drives:
                if signal.address in (None, drive.address):
                    self._take(signal, drive)
        if due:
            self._due = now + self._interval
            doubt = now >= self._doubtful
            self._unasked.update(d.identifier for d in self.drives if doubt or not self._system.tells_media(d))
            if doubt:
                self._doubtful = now + DOUBT
        for drive in self.drives:
            if drive.identifier in self._unasked:
                self._ask(drive)

    def _look_at_drives(self) -> None:
        before = {drive.identifier: drive for drive in self.drives}
        self.drives = self._system.drives()
        now = {drive.identifier: drive for drive in self.drives}
        for identifier in before.keys() - now.keys():
            self._presence.pop(identifier, None)
            self._changes.pop(identifier, None)
            self._unasked.discard(identifier)
            self._told.discard(identifier)
            self._add(DriveRemoved(elapsed=self._elapsed(), drive=before[identifier]))
        for identifier in now.keys() - before.keys():
            self._unasked.add(identifier)
            self._presence[identifier] = False  # so that a medium which came with it is told of
            self._add(DriveAdded(elapsed=self._elapsed(), drive=now[identifier]))

    def _take(self, signal: Signal, drive: DriveEntry) -> None:
        if signal.kind is SignalKind.EJECT_REQUEST:
            self._add(EjectRequested(elapsed=self._elapsed(), drive=drive))
        elif signal.kind is SignalKind.MEDIUM and signal.present is None:
            self._unasked.add(drive.identifier)
        elif signal.kind is SignalKind.MEDIUM:
            self._note(drive, Presence(signal.present), signal.changes)

    def _ask(self, drive: DriveEntry) -> None:
        """Ask a drive for its medium; one that is in use, or does not answer, at a later look again."""
        try:
            transport = self._system.glance(drive)
            if transport is None:
                return
            with closing(transport):
                changes = self._system.changes(drive)  # before the answer: a change behind it is one more
                presence = run(ask_presence(), transport)
        except AccessDenied as error:
            if drive.identifier not in self._told:
                self._told.add(drive.identifier)
                self._add(Notice(elapsed=self._elapsed(), message=f"media are not watched: {error}"))
        except (TransportError, DriveError):
            return
        else:
            self._note(drive, presence, changes)

    def _note(self, drive: DriveEntry, presence: Presence, changes: int | None) -> None:
        """Compare what is in a drive with what was; the first time there is nothing to compare with."""
        counted = self._changes.get(drive.identifier)
        if changes is not None and counted is not None and changes < counted:
            return  # udev's news come late: the drive was asked meanwhile
        if presence.eject_requested:
            self._add(EjectRequested(elapsed=self._elapsed(), drive=drive))
        if presence.present is None:
            return
        before = self._presence.get(drive.identifier)
        self._presence[drive.identifier] = presence.present
        self._unasked.discard(drive.identifier)
        another = presence.another
        if changes is not None:
            another = another or (counted is not None and changes > counted)
            self._changes[drive.identifier] = changes
        if before is None:
            return
        if presence.present and (another or not before):
            self._add(MediumInserted(elapsed=self._elapsed(), drive=drive))
        elif before and not presence.present:
            self._add(MediumRemoved(elapsed=self._elapsed(), drive=drive))

    def _add(self, event: Event) -> None:
        self._events.append(event)

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

"""The list of drives, and watching it, on a machine that stands in for a real one."""

from __future__ import annotations

import json
import math
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from discstack import events
from discstack.disc_master import DiscMaster
from discstack.drive_watch import AGAIN, DriveWatch
from discstack.emulator.open import open_virtual
from discstack.mmc.presence import ask_presence
from discstack.mmc.procedure import run
from discstack.transport.base import AccessDenied, DeviceGone, Transport
from discstack.transport.system import DriveEntry, Holder, Signal, SignalKind, Usage

if TYPE_CHECKING:
    from discstack.emulator.transport import VirtualTransport

FIRST = DriveEntry(address="/dev/sr0", identifier="one", generic="/dev/sg1", names=("/dev/disk/by-id/usb-ONE",))
SECOND = DriveEntry(address="/dev/sr1", identifier="two")


class System:
    """A machine whose drives are a list, and that tells what the test lets it tell."""

    def __init__(self, *drives: DriveEntry, tells_media: bool = True) -> None:
        self.listed, self.looks_after_media = list(drives), tells_media
        self.told = list[Signal]()
        self.media = dict[str, Transport | Exception | None]()
        self.counted: int | None = None
        self.patience = list[float]()
        self.woken = threading.Event()
        self.closed = False

    def drives(self) -> tuple[DriveEntry, ...]:
        return tuple(self.listed)

    def may_open(self, drive: DriveEntry) -> bool:
        return drive is SECOND

    def usage(self, drive: DriveEntry) -> Usage:
        return Usage(holders=(Holder(what="wodim", node=drive.address),))

    def signals(self) -> System:
        return self

    def tells_media(self, drive: DriveEntry) -> bool:
        return self.looks_after_media

    def changes(self, drive: DriveEntry) -> int | None:
        return self.counted

    def glance(self, drive: DriveEntry) -> Transport | None:
        found = self.media.get(drive.address)
        if isinstance(found, Exception):
            raise found
        return found

    def wait(self, timeout: float) -> tuple[Signal, ...]:
        if not self.told:
            self.woken.wait(timeout)
            return ()
        told, self.told = tuple(self.told), []
        return told

    def wake(self) -> None:
        self.woken.set()

    def close(self) -> None:
        self.closed = True


@pytest.mark.linux("symbolic links")
def test_drives_are_found_by_any_of_their_names(tmp_path: Path) -> None:
    master = DiscMaster(System(FIRST, SECOND))
    assert (len(master), master[1], list(master)) == (2, SECOND, [FIRST, SECOND])
    for name in ("/dev/sr0", "/dev/sg1", "one", "/dev/disk/by-id/usb-ONE"):
        assert master.find(name) == FIRST
    (tmp_path / "burner").symlink_to("/dev/sr0")
    assert master.find(str(tmp_path / "burner")) == FIRST
    assert master.find("/dev/sr9") is None
    assert master.is_supported_environment
    assert str(master.usage(FIRST)) == "wodim"


def test_a_machine_without_drives_is_no_supported_environment() -> None:
    assert not DiscMaster(System(FIRST)).is_supported_environment
    with pytest.raises(IndexError, match="there is no drive 0: this machine has 0"):
        DiscMaster(System()).open()


class Cable:
    """A virtual drive that stays switched on however often it is let go."""

    def __init__(self, transport: VirtualTransport) -> None:
        self.transport, self.glances = transport, 0
        self.max_transfer, self.usual_transfer = transport.max_transfer, transport.usual_transfer
        self.clock, self.execute = transport.clock, transport.execute

    def close(self) -> None:
        self.glances += 1


@pytest.fixture
def cable() -> Iterator[Cable]:
    transport = open_virtual("dvd+r")
    yield Cable(transport)
    transport.close()


def watched(system: System, *acts: object, interval: float = 60) -> list[events.Event]:
    """Watch, let each act happen once all is quiet, and return what was told; a signal is told by the system."""
    found = list[events.Event]()
    pending = list(acts)

    class Acting:
        """Stands between the watch and the system, and acts where the system would let the watch wait."""

        def wait(self, timeout: float) -> tuple[Signal, ...]:
            system.patience.append(timeout)
            if not pending:
                watch.stop()
                return ()
            act = pending.pop(0)
            if isinstance(act, Signal):
                return (act,)
            assert callable(act)
            act()
            return ()

        wake, close = system.wake, system.close

    system.signals = Acting  # type: ignore[method-assign,assignment]
    with DriveWatch(system, interval=interval) as watch:
        watch.run(found.append)
    assert system.closed
    return found


LIST = Signal(SignalKind.DRIVES)


def test_drives_that_come_and_go_are_told() -> None:
    system = System(FIRST)
    found = watched(system, lambda: system.listed.append(SECOND), LIST, lambda: system.listed.remove(FIRST), LIST)
    assert [(type(event), event.drive) for event in found if isinstance(event, events.DriveEvent)] == [
        (events.DriveAdded, SECOND),
        (events.DriveRemoved, FIRST),
    ]


def test_a_drive_that_was_exchanged_is_another_one() -> None:
    system = System(FIRST)
    other = replace(FIRST, identifier="another")

    def exchange() -> None:
        system.listed = [other]

    found = watched(system, exchange, LIST)
    assert [type(event) for event in found] == [events.DriveRemoved, events.DriveAdded]


def test_a_system_that_tells_nothing_is_looked_at_in_intervals() -> None:
    system = System()
    found = watched(system, lambda: system.listed.append(SECOND), lambda: None, interval=0)
    assert [type(event) for event in found] == [events.DriveAdded]


@pytest.mark.parametrize("interval", [math.nan, -1.0])
def test_an_interval_that_is_none_is_refused(interval: float) -> None:
    with pytest.raises(ValueError, match="seconds between two looks"):
        DriveWatch(System(), interval=interval)


def test_media_are_told_by_the_system() -> None:
    system = System(FIRST, SECOND)
    inserted, removed = (Signal(SignalKind.MEDIUM, FIRST.address, present) for present in (True, False))
    pressed = Signal(SignalKind.EJECT_REQUEST, FIRST.address)
    found = watched(system, removed, inserted, inserted, pressed, removed, removed)
    assert [type(event) for event in found] == [events.MediumInserted, events.EjectRequested, events.MediumRemoved]
    assert {event.drive for event in found if isinstance(event, events.DriveEvent)} == {FIRST}


def test_a_drive_whose_medium_nobody_looks_after_is_asked(cable: Cable) -> None:
    system = System(FIRST, tells_media=False)
    system.media[FIRST.address] = cable
    drive = cable.transport.drive
    found = watched(system, drive.eject, lambda: drive.load(immediate=False), lambda: None, interval=0)
    assert [type(event) for event in found] == [events.MediumRemoved, events.MediumInserted]
    assert cable.glances == 5  # one at the start, one after each act, one at the end


def test_a_medium_that_was_exchanged_between_two_looks_is_told(cable: Cable) -> None:
    system = System(FIRST, tells_media=False)
    system.media[FIRST.address] = cable
    drive = cable.transport.drive

    def exchange() -> None:
        drive.eject()
        drive.load(immediate=False)

    assert [type(event) for event in watched(system, exchange, lambda: None, interval=0)] == [events.MediumInserted]


def test_a_new_drive_with_a_medium_tells_of_both(cable: Cable) -> None:
    system = System()
    system.media[SECOND.address] = cable
    found = watched(system, lambda: system.listed.append(SECOND), LIST)
    assert [type(event) for event in found] == [events.DriveAdded, events.MediumInserted]


def test_a_signal_without_a_state_makes_the_watch_ask_until_the_drive_is_free(cable: Cable) -> None:
    system = System(FIRST)
    system.media[FIRST.address] = cable
    change = Signal(SignalKind.MEDIUM, FIRST.address)

    def eject_while_somebody_holds_it() -> None:
        cable.transport.drive.eject()
        system.media[FIRST.address] = None

    def let_go() -> None:
        system.media[FIRST.address] = cable

    found = watched(system, eject_while_somebody_holds_it, change, lambda: None, let_go, lambda: None)
    assert [type(event) for event in found] == [events.MediumRemoved]


def test_a_drive_that_is_in_use_is_soon_asked_again(cable: Cable) -> None:
    system = System(FIRST)
    system.media[FIRST.address] = cable

    def let_go() -> None:
        system.media[FIRST.address] = cable

    def hold() -> None:
        system.media[FIRST.address] = None

    watched(system, hold, Signal(SignalKind.MEDIUM, FIRST.address), let_go)
    assert [patience <= AGAIN for patience in system.patience] == [False, False, True, False]


def exchanged_behind_our_back(cable: Cable) -> None:
    """Put another medium in; somebody else takes the drive's events."""
    cable.transport.drive.eject()
    cable.transport.drive.load(immediate=False)
    run(ask_presence(), cable.transport)


def test_a_medium_that_was_exchanged_is_told_though_the_kernel_took_the_drives_event(cable: Cable) -> None:
    system = System(FIRST)
    system.media[FIRST.address], system.counted = cable, 3

    def exchange() -> None:
        exchanged_behind_our_back(cable)
        system.counted = 4

    change = Signal(SignalKind.MEDIUM, FIRST.address, changes=4)
    assert [type(event) for event in watched(system, exchange, change, change)] == [events.MediumInserted]


def test_what_udev_tells_of_what_is_known_already_is_nothing_new(cable: Cable) -> None:
    """Its news come when its rules are done; the drive may have been asked meanwhile."""
    system = System(FIRST)
    system.media[FIRST.address], system.counted = cable, 4
    late = [Signal(SignalKind.MEDIUM, FIRST.address, False, 3), Signal(SignalKind.MEDIUM, FIRST.address, True, 4)]
    assert watched(system, *late) == []
    assert [type(event) for event in watched(system, Signal(SignalKind.MEDIUM, FIRST.address, True, 5))] == [
        events.MediumInserted
    ]


def test_a_medium_is_missed_though_another_program_took_the_events_from_the_kernel(
    cable: Cable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discstack.drive_watch.DOUBT", 0.0)
    system = System(FIRST)
    system.media[FIRST.address] = cable

    def eject() -> None:
        cable.transport.drive.eject()
        run(ask_presence(), cable.transport)

    assert [type(event) for event in watched(system, eject, lambda: None, interval=0)] == [events.MediumRemoved]


def test_media_that_may_not_be_looked_at_are_a_notice_once() -> None:
    system = System(FIRST, SECOND, tells_media=False)
    system.media[FIRST.address] = AccessDenied("/dev/sr0: permission denied")
    system.media[SECOND.address] = DeviceGone("/dev/sr1: the device is gone")
    found = watched(system, LIST, LIST, interval=0)
    assert [event.message for event in found if isinstance(event, events.Notice)] == [
        "media are not watched: /dev/sr0: permission denied"
    ]
    assert len(found) == 1


def test_a_watch_is_stopped_from_another_thread() -> None:
    system = System(FIRST)
    with DriveWatch(system, interval=60) as watch:
        assert watch.drives == (FIRST,)
        assert watch.has_medium(FIRST) is None
        stopper = threading.Timer(0.01, watch.stop)
        stopper.start()
        assert list(watch) == []
        stopper.join()


def test_a_watch_with_a_medium_knows_it_from_the_start(cable: Cable) -> None:
    system = System(FIRST)
    system.media[FIRST.address] = cable
    with DriveWatch(system, interval=60) as watch:
        assert watch.has_medium(FIRST) is True


def test_the_command_line_lists_drives(discstack: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    named = replace(FIRST, vendor="ACME", model="BURNER", revision="1.0", bus="USB", serial="K9")
    monkeypatch.setattr("discstack.disc_master.this_system", lambda: System(named))
    assert discstack("drives").out == (
        "/dev/sr0     ACME BURNER 1.0 (USB, serial number K9)\n             also /dev/sg1, /dev/disk/by-id/usb-ONE\n"
    )
    (row,) = discstack("drives", "--json").json
    assert (row["address"], row["generic"], row["names"], row["serial"]) == (
        "/dev/sr0",
        "/dev/sg1",
        ["/dev/disk/by-id/usb-ONE"],
        "K9",
    )


def test_the_command_line_watches_drives(discstack: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """As a user: drives first, then events, until SIGINT ends it well."""
    system = System(FIRST)
    script: list[Callable[[], tuple[Signal, ...]]] = [
        lambda: (Signal(SignalKind.MEDIUM, FIRST.address, False), Signal(SignalKind.MEDIUM, FIRST.address, True)),
        lambda: (signal.raise_signal(signal.SIGINT), ())[1],
    ]
    monkeypatch.setattr(System, "wait", lambda self, timeout: script.pop(0)())
    monkeypatch.setattr("discstack.disc_master.this_system", lambda: system)
    outcome = discstack("drives", "--watch", "--json")
    assert outcome.code == 0
    assert [json.loads(line)["event"] for line in outcome.out.splitlines()] == ["DrivePresent", "MediumInserted"]

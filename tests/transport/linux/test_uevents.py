"""Uevents and what is made of them; messages are as Linux 6.1 sends them."""

import errno
import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping

import pytest

from discstack.transport.base import TransportError
from discstack.transport.linux.uevents import OVERFLOW, KernelUevents, Silence, UeventSignals, parse_uevent
from discstack.transport.system import Signal, SignalKind

from .machine import Machine

MEDIA_CHANGE = (
    b"change@/devices/pci0000:00/0000:00:1f.2/ata1/host2/target2:0:0/2:0:0:0/block/sr0\0ACTION=change\0"
    b"DEVPATH=/devices/pci0000:00/0000:00:1f.2/ata1/host2/target2:0:0/2:0:0:0/block/sr0\0SUBSYSTEM=block\0"
    b"DISK_MEDIA_CHANGE=1\0MAJOR=11\0MINOR=0\0DEVNAME=sr0\0DEVTYPE=disk\0DISKSEQ=9\0SEQNUM=1633\0"
)
ADD = b"add@/devices/x/block/sr1\0ACTION=add\0DEVPATH=/devices/x/block/sr1\0SUBSYSTEM=block\0DEVNAME=sr1\0SEQNUM=7\0"


class Source:
    """Gives what it is given, as a socket would."""

    def __init__(self) -> None:
        self.read, self.written = os.pipe()
        self.outcomes = deque[Callable[[], Mapping[str, str]]]()

    def add(self, outcome: Callable[[], Mapping[str, str]]) -> None:
        self.outcomes.append(outcome)
        os.write(self.written, b"!")

    def fileno(self) -> int:
        return self.read

    def receive(self) -> Mapping[str, str]:
        os.read(self.read, 1)
        return self.outcomes.popleft()()

    def close(self) -> None:
        os.close(self.read)
        os.close(self.written)


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def signals(machine: Machine, source: Source) -> Iterator[UeventSignals]:
    made = UeventSignals(source, machine.roots)
    yield made
    made.close()


def test_a_media_change_is_a_signal_of_its_drive(machine: Machine, source: Source, signals: UeventSignals) -> None:
    source.add(lambda: parse_uevent(MEDIA_CHANGE))
    assert signals.wait(10) == (Signal(SignalKind.MEDIUM, str(machine.roots.dev / "sr0"), None, 9),)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"DISK_MEDIA_CHANGE": "1", "ID_CDROM": "1", "ID_CDROM_MEDIA": "1"}, [(SignalKind.MEDIUM, True)]),
        ({"DISK_MEDIA_CHANGE": "1", "ID_CDROM": "1"}, [(SignalKind.MEDIUM, False)]),
        ({"DISK_EJECT_REQUEST": "1"}, [(SignalKind.EJECT_REQUEST, None)]),
        ({"ID_CDROM": "1", "ID_CDROM_MEDIA": "1"}, []),  # `udevadm trigger`
    ],
)
def test_udev_says_whether_there_is_a_medium(
    source: Source, signals: UeventSignals, properties: dict[str, str], expected: list[tuple[SignalKind, bool | None]]
) -> None:
    source.add(lambda: {"ACTION": "change", "SUBSYSTEM": "block", "DEVNAME": "/dev/sr0", **properties})
    assert [(signal.kind, signal.present) for signal in signals.wait(10)] == expected


def test_devices_that_come_and_go_change_the_list(source: Source, signals: UeventSignals) -> None:
    source.add(lambda: parse_uevent(ADD))
    assert signals.wait(10) == (Signal(SignalKind.DRIVES),)
    source.add(lambda: {"ACTION": "remove", "SUBSYSTEM": "net", "INTERFACE": "eth0"})
    assert signals.wait(10) == ()


def test_lost_uevents_are_a_reason_to_look_at_everything(source: Source, signals: UeventSignals) -> None:
    def overrun() -> Mapping[str, str]:
        raise OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))

    source.add(overrun)
    assert signals.wait(10) == OVERFLOW


def test_a_broken_connection_is_an_error(source: Source, signals: UeventSignals) -> None:
    def broken() -> Mapping[str, str]:
        raise OSError(errno.ENOTCONN, "not connected")

    source.add(broken)
    with pytest.raises(TransportError, match="uevents: not connected"):
        signals.wait(10)


def test_waiting_ends_when_it_is_woken_and_only_once(machine: Machine) -> None:
    signals = UeventSignals(Silence(), machine.roots)
    waker = threading.Timer(0.01, signals.wake)
    waker.start()
    assert signals.wait(60) == ()
    waker.join()
    signals.wake()
    assert signals.wait(60) == ()
    assert signals.wait(0) == ()
    signals.close()


@pytest.mark.parametrize("seconds", [math.inf, 1e300, 3e6])
def test_waiting_may_be_for_longer_than_the_system_can_count(machine: Machine, seconds: float) -> None:
    signals = UeventSignals(Silence(), machine.roots)
    signals.wake()
    assert signals.wait(seconds) == ()
    signals.close()


def test_the_kernel_lets_this_process_listen() -> None:
    try:
        KernelUevents().close()
    except OSError as error:
        pytest.skip(f"no netlink here: {error}")


def test_values_of_uevents_may_hold_anything() -> None:
    assert parse_uevent(b"add@/x\0A=b=c\0EMPTY=\0odd\0N=\xff\0") == {"A": "b=c", "EMPTY": "", "N": "\udcff"}

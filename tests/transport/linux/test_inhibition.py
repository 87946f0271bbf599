"""Asking for quiet, on a message bus of its own with services that stand in for GNOME's and logind's."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from discstack.transport.linux import inhibition
from discstack.transport.linux.inhibition import undisturbed

SERVICE = Path(__file__).parent / "bus_service.py"
GNOME = ("org.gnome.SessionManager", "session")
LOGIND = ("org.freedesktop.login1", "login")


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    command = ["dbus-daemon", "--session", "--nofork", "--print-address"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout
        address = daemon.stdout.readline().strip()
        for name in ("DBUS_SESSION_BUS_ADDRESS", "DBUS_SYSTEM_BUS_ADDRESS"):
            monkeypatch.setenv(name, address)
        yield address
        daemon.terminate()


@pytest.fixture
def service(bus: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    monkeypatch.setattr(inhibition, "TIMEOUT", 200.0)  # this machine may take its time
    started: list[subprocess.Popen[str]] = []

    def start(name: str, kind: str) -> "subprocess.Popen[str]":
        command = [sys.executable, str(SERVICE), name, kind]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ})
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_all_services_are_asked_and_the_request_ends_with_the_context(
    service: Callable[..., "subprocess.Popen[str]"],
) -> None:
    gnome, logind = service(*GNOME), service(*LOGIND)
    with undisturbed("burning") as promised:
        assert promised == ("automounting", "logging out", "sleep", "shutting down")
        assert line(gnome) == "Inhibit ('discstack', 0, 'burning', 21)"
        assert line(logind) == "Inhibit ('sleep:shutdown:idle', 'discstack', 'burning', 'block')"
    assert line(gnome) == "caller gone"
    assert line(logind) == "descriptor closed"


def test_a_service_that_refuses_promises_nothing(service: Callable[..., "subprocess.Popen[str]"]) -> None:
    service(GNOME[0], "refusing")
    with undisturbed("burning") as promised:
        assert promised == ()


def test_a_bus_without_services_promises_nothing(bus: str) -> None:
    with undisturbed("burning") as promised:
        assert promised == ()


@pytest.mark.parametrize("address", ["unix:path=/nowhere", "tcp:host=nowhere", "nonsense"])
def test_a_bus_that_is_not_there_promises_nothing(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    for name in ("DBUS_SESSION_BUS_ADDRESS", "DBUS_SYSTEM_BUS_ADDRESS"):
        monkeypatch.setenv(name, address)
    with undisturbed("burning") as promised:
        assert promised == ()

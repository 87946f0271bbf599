"""Faults by configuration: the words of `virtual:...?fault=...`.

    fault=medium-error:640-655           reading or writing these blocks fails
    fault=deferred:5                     the fifth WRITE fails, and is told of with the next but one
    fault=long-write:3                   every third WRITE finds the buffer full
    fault=profile:0016                   the disc is one of layer jump recording, by what GET CONFIGURATION tells
    fault=unplug:10;attentions:4         several, one behind the other
    fault=opcode=5B,close_function=6,sense=5/24/00,times=0
                                         one in full: fields of the CDB, what is answered, how often

A number says which WRITE (or command) is struck, counting from 1. In full, `times=0` is for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from discstack.emulator import lies
from discstack.emulator.conditions import LONG_WRITE, MEDIUM_CHANGED, POWER_ON, UNRECOVERED_READ, WRITE_ERROR
from discstack.emulator.faults import Fault
from discstack.mmc.spec import commands
from discstack.mmc.spec.cdb import REGISTRY
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import DeviceGone, TransportTimeout

TUR: Final = commands.TEST_UNIT_READY.opcode
REQUEST_SENSE: Final = commands.REQUEST_SENSE.opcode
READ: Final = commands.READ_10.opcode
WRITE: Final = commands.WRITE_10.opcode
FLUSH: Final = commands.SYNCHRONIZE_CACHE_10.opcode
CONFIGURATION: Final = commands.GET_CONFIGURATION.opcode
DISC_INFORMATION: Final = commands.READ_DISC_INFORMATION.opcode
TRACK_INFORMATION: Final = commands.READ_TRACK_INFORMATION.opcode
BUSY: Final = 0x08


def parse_faults(text: str) -> list[Fault]:
    """Read the faults of an address; ValueError says what is wrong with them."""
    return [fault for word in filter(None, text.split(";")) for fault in _parse(word)]


def _parse(word: str) -> list[Fault]:
    if "=" in word:
        return [_in_full(word)]
    name, _, argument = word.partition(":")
    if name not in NAMED:
        raise ValueError(f"no fault is called {name!r}; there are {', '.join(NAMED)}")
    try:
        return NAMED[name](argument)
    except ValueError as error:
        raise ValueError(f"the fault {name!r} does not take {argument!r}") from error


def _in_full(word: str) -> Fault:
    """Read a fault by its fields; what is no field of a fault is one of the CDB."""
    fault: dict[str, Any] = {}
    fields: dict[str, int] = {}
    for pair in word.split(","):
        name, _, value = pair.partition("=")
        try:
            if name in FIELDS:
                fault[name] = FIELDS[name](value)
            else:
                fields[name] = int(value, 0)
        except ValueError as error:
            raise ValueError(f"{name} of a fault does not take {value!r}") from error
    _check_fields(fields, fault.get("opcode"))
    return Fault(fields=fields, **fault)


def _check_fields(names: Iterable[str], opcode: int | None) -> None:
    """Refuse what is no field of such a command, or of any: such a fault would never strike."""
    known = {name for cdb in REGISTRY.values() if opcode in (None, cdb.opcode) for name in cdb.field_names}
    for name in names:
        if name not in known:
            raise ValueError(f"{name!r} is no word of a fault, and no field of the command that it is about")


def _range(text: str) -> range:
    first, dash, last = text.partition("-")
    return range(int(first), int(last if dash else first) + 1)


def _sense(text: str) -> Sense:
    """Read KEY/ASC/ASCQ in hexadecimal."""
    key, asc, ascq = (int(part, 16) for part in text.split("/"))
    return Sense(key, asc, ascq)


def _times(text: str) -> int | None:
    return int(text) or None


FIELDS: Final[Mapping[str, Callable[[str], Any]]] = MappingProxyType(
    {
        "opcode": lambda text: int(text, 16),
        "at_command": int,
        "lba": _range,
        "every": int,
        "times": _times,
        "sense": _sense,
        "after": int,
        "status": lambda text: int(text, 16),
        "keep": int,
        "deferred": lambda text: bool(int(text)),
        "busy": lambda text: bool(int(text)),
        "reset": lambda text: bool(int(text)),
        "ignore": lambda text: bool(int(text)),
        "lasting": lambda text: bool(int(text)),
        "power": lambda text: bool(int(text)),
        "progress": float,
    }
)


def _nth(**fault: Any) -> Callable[[str], list[Fault]]:
    """Return what makes a fault that strikes the n-th command, once."""
    return lambda argument: [Fault(every=int(argument or 1), **fault)]


def _each(**fault: Any) -> Callable[[str], list[Fault]]:
    """Return what makes a fault that strikes every n-th command."""
    return lambda argument: [Fault(every=int(argument or 1), times=None, **fault)]


def _profile(argument: str) -> list[Fault]:
    return [Fault(opcode=CONFIGURATION, alter=lies.profile(int(argument, 16)), times=None)]


def _medium_error(argument: str) -> list[Fault]:
    blocks = _range(argument)
    errors = {READ: UNRECOVERED_READ, 0xA8: UNRECOVERED_READ, WRITE: WRITE_ERROR, 0xAA: WRITE_ERROR, 0x2E: WRITE_ERROR}
    return [Fault(opcode=opcode, lba=blocks, times=None, sense=sense) for opcode, sense in errors.items()]


NAMED: Final[Mapping[str, Callable[[str], list[Fault]]]] = MappingProxyType(
    {
        "medium-error": _medium_error,
        "deferred": _nth(opcode=WRITE, sense=WRITE_ERROR, deferred=True, after=2),
        "long-write": _each(opcode=WRITE, sense=LONG_WRITE),
        "reset": _nth(opcode=WRITE, reset=True),
        "timeout": _nth(opcode=WRITE, error=TransportTimeout),
        "power-cut": _nth(opcode=WRITE, power=True),
        "unplug": _nth(opcode=WRITE, error=DeviceGone, lasting=True),
        "busy": _each(status=BUSY),
        "attentions": _each(sense=POWER_ON),
        "media-changes": _each(sense=MEDIUM_CHANGED),
        "foreign-read": _nth(opcode=WRITE, sense=Sense(0x5, 0x2C)),
        "hardware-error": _nth(opcode=WRITE, sense=Sense(0x4, 0x44)),
        "write-protected": _each(opcode=WRITE, sense=Sense(0x7, 0x27)),
        "calibration-area-full": _each(opcode=0x54, sense=Sense(0x3, 0x73, 0x02)),
        "lead-out-error": _each(opcode=0x5B, sense=Sense(0x3, 0x72, 0x02)),
        "short-replies": lambda argument: [
            Fault(opcode=opcode, keep=int(argument or 8), times=None)
            for opcode in (CONFIGURATION, DISC_INFORMATION, TRACK_INFORMATION)
        ],
        "wrong-lengths": lambda argument: [
            Fault(opcode=opcode, alter=lies.wrong_length, times=None)
            for opcode in (DISC_INFORMATION, TRACK_INFORMATION)
        ],
        "wrong-next-writable-address": _each(opcode=TRACK_INFORMATION, alter=lies.wrong_next_writable_address),
        "profile": _profile,
        "zeros": _each(opcode=DISC_INFORMATION, alter=lies.zeros),
        "one-percent": lambda argument: [
            Fault(opcode=opcode, progress=float(argument or 1) / 100, times=None) for opcode in (TUR, REQUEST_SENSE)
        ],
        "ready-too-early": _each(opcode=TUR, busy=True, ignore=True),
        "clueless": _each(opcode=TUR, busy=True, sense=Sense(0x2, 0x04, 0x00)),
        "lost-flush": _each(opcode=FLUSH, ignore=True),
    }
)

"""Faults on demand, declared as data: which command, and what happens to it.

Fault(at_command=7, sense=Sense(0x4, 0x44))                the seventh command from opening on
Fault(opcode=0x2A, lba=range(640, 1024), sense=...)        the first WRITE (10) that touches these blocks
Fault(opcode=0x2A, every=5, times=None, sense=LONG_WRITE)  each fifth WRITE (10) finds the buffer full
Fault(opcode=0x2A, deferred=True, after=3, sense=...)      reported with the third command after a WRITE (10)
Fault(opcode=0x5B, fields={"close_function": 6}, sense=INVALID_FIELD_IN_CDB, times=None)   a drive that lacks it
Fault(opcode=0x35, error=DeviceGone, times=None)           the cable is pulled at a SYNCHRONIZE CACHE
Fault(opcode=0x52, alter=wrong_address, times=None)        an answer that lies
Fault(opcode=0x00, busy=True, ignore=True, times=None)     ready is said while the drive is not
Fault(opcode=0x2A, at_command=40, power=True)              the mains fail, and the disc is left as it then is
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from discstack.emulator.drive import Drive
from discstack.emulator.request import Request
from discstack.mmc.spec.cdb import describe, lookup
from discstack.mmc.spec.sense import Sense, SenseKey
from discstack.transport.base import CHECK_CONDITION, GOOD, DeviceGone, Reply, TransportError

MODE_SELECT: Final = 0x55
ACTIONS: Final = ("sense", "status", "error", "keep", "reset", "alter", "ignore", "progress", "power")
Executor = Callable[[Drive, Request], Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong and when; conditions that are not given always hold.

    `at_command` counts all commands from 1, `fields` are those of the CDB, of what matches each `every`th is struck,
    `times` is how often at most, None for ever; `busy` ones strike only while a long operation runs, those with `when`
    only while the drive is so, those with `sends` only what the host sends like that, those `without` an opcode only if
    none such came since the last MODE SELECT, `lasting` ones from the first time on at every command. The actions:
    `sense` (with `deferred` the command itself is answered GOOD and the sense comes `after` commands later; a recovered
    error comes with the work done), `status` such as BUSY, `reset` of the drive before the command, `error` raised
    instead of an answer (with `executed` after the work was done), `keep` bytes of the answer, `alter` what the answer
    says, `ignore` the command but answer GOOD, tell always the same `progress`, `power` gone in the middle of the work.
    """

    at_command: int | None = None
    opcode: int | None = None
    fields: Mapping[str, int] = field(default_factory=dict)
    lba: range | None = None
    every: int = 1
    times: int | None = 1
    sense: Sense | None = None
    deferred: bool = False
    after: int = 1
    status: int | None = None
    reset: bool = False
    error: type[TransportError] | None = None
    executed: bool = False
    keep: int | None = None
    lasting: bool = False
    busy: bool = False
    when: Callable[[Drive], bool] | None = None
    sends: Callable[[memoryview], bool] | None = None
    without: int | None = None
    alter: Callable[[bytes], bytes] | None = None
    ignore: bool = False
    progress: float | None = None
    power: bool = False

    def __post_init__(self) -> None:
        chosen = [name for name in ACTIONS if getattr(self, name) is not None and getattr(self, name) is not False]
        if len(chosen) != 1:
            raise ValueError(f"a fault has one of {', '.join(ACTIONS)}")

    def matches(self, number: int, drive: Drive, request: Request) -> bool:
        """Whether the fault is about this command."""
        if (self.busy and drive.operation is None) or (self.when is not None and not self.when(drive)):
            return False
        if self.at_command not in (None, number) or (
            self.opcode is not None and request.cdb[:1] != bytes([self.opcode])
        ):
            return False
        if self.sends is not None and not self.sends(request.outgoing):
            return False
        if self.lba is None and not self.fields:
            return True
        known = lookup(request.cdb) if request.cdb else None
        if known is None or len(request.cdb) < known.length:
            return False
        fields = known.parse(request.cdb)
        return self._touches(fields) and all(fields.get(name) == value for name, value in self.fields.items())

    def _touches(self, fields: Mapping[str, Any]) -> bool:
        if self.lba is None:
            return True
        start, count = fields.get("lba"), fields.get("transfer_length", fields.get("verification_length", 1))
        return start is not None and start < self.lba.stop and start + count > self.lba.start


@dataclass(slots=True)
class Armed:
    """A fault, how often it was met and how often it struck."""

    fault: Fault
    met: int = 0
    struck: int = 0

    def strikes(self, number: int, drive: Drive, request: Request) -> bool:
        """Whether it strikes this command."""
        if self.fault.lasting and self.struck:
            return True
        if self.struck == self.fault.times or not self.fault.matches(number, drive, request):
            return False
        self.met += 1
        if self.met % self.fault.every:
            return False
        self.struck += 1
        return True


class FaultPlan:
    """The faults of a drive, and how far they are used up."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.armed = [Armed(fault) for fault in faults]
        self.number = 0
        self.deferred: list[tuple[int, Sense]] = []
        self.since_select: set[int] = set()  # opcodes

    def add(self, fault: Fault) -> None:
        """Arm one more."""
        self.armed.append(Armed(fault))

    def execute(self, drive: Drive, request: Request, executor: Executor) -> Reply:
        """Run a command through the faults."""
        self.number += 1
        due = next(((number, sense) for number, sense in self.deferred if number <= self.number), None)
        if due is not None:
            self.deferred.remove(due)
            return Reply(CHECK_CONDITION, replace(due[1], deferred=True).build(), b"", _moved(request))
        opcode = request.cdb[0] if request.cdb else 0
        self.since_select = self.since_select | {opcode} if opcode != MODE_SELECT else set()
        told = (armed for armed in self.armed if armed.fault.without not in self.since_select)
        struck = next((armed for armed in told if armed.strikes(self.number, drive, request)), None)
        return executor(drive, request) if struck is None else self._apply(struck.fault, drive, request, executor)

    @staticmethod
    def _refuse(sense: Sense, drive: Drive, request: Request, executor: Executor) -> Reply:
        """Answer with sense data; a recovered error means that the work was done."""
        if sense.key == SenseKey.RECOVERED_ERROR and (reply := executor(drive, request)).status == GOOD:
            return replace(reply, status=CHECK_CONDITION, sense=sense.build())
        return Reply(CHECK_CONDITION, sense.build(), b"", _moved(request))

    def _apply(self, fault: Fault, drive: Drive, request: Request, executor: Executor) -> Reply:
        if fault.sense is not None and not fault.deferred:
            return self._refuse(fault.sense, drive, request, executor)
        if fault.reset:
            drive.reset()
            return executor(drive, request)
        if fault.power:
            drive.lose_power()
            raise DeviceGone(f"{describe(request.cdb)}: the virtual drive lost its power")
        if fault.ignore:
            return Reply(GOOD, b"", b"", len(request.incoming))
        if fault.status is not None:
            return Reply(fault.status, b"", b"", _moved(request))
        if fault.error is not None and not fault.executed:
            raise fault.error(f"{describe(request.cdb)}: a fault of the virtual drive")
        reply = executor(drive, request)
        if fault.error is not None:
            raise fault.error(f"{describe(request.cdb)}: a fault of the virtual drive, the work was done")
        if fault.sense is not None:
            self.deferred.append((self.number + fault.after, fault.sense))
            return reply
        if fault.progress is not None:
            return _stuck(reply, fault.progress)
        if fault.alter is not None and reply.status == GOOD:
            return _answer(request, fault.alter(bytes(reply.data)))
        keep = min(fault.keep or 0, len(reply.data))
        return (
            reply if reply.status != GOOD else replace(reply, data=reply.data[:keep], residual=_moved(request) - keep)
        )


def _moved(request: Request) -> int:
    return len(request.incoming) or len(request.outgoing)


def _stuck(reply: Reply, progress: float) -> Reply:
    """Return an answer that tells this progress, if it tells any."""
    if reply.status != CHECK_CONDITION or (sense := Sense.parse(reply.sense)).progress is None:
        return reply
    return replace(reply, sense=replace(sense, progress=progress).build())


def _answer(request: Request, data: bytes) -> Reply:
    """Return other data than the drive's, in the host's buffer."""
    count = min(len(data), len(request.incoming))
    request.incoming[:count] = data[:count]
    return Reply(GOOD, b"", request.incoming[:count], len(request.incoming) - count)

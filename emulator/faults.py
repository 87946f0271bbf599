"""Faults on demand, declared as data: which command, and what happens to it.

Fault(at_command=7, sense=Sense(0x4, 0x44))            the seventh command from opening on
Fault(opcode=0x2A, lba=range(640, 1024), sense=..., times=1)   the first WRITE (10) that touches these blocks
Fault(opcode=0x2A, after=3, sense=..., deferred=True)      reported with the third command after a WRITE (10)
Fault(opcode=0x35, error=DeviceGone, times=None)           the cable is pulled at a SYNCHRONIZE CACHE, for good
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from discstack.emulator.drive import Drive
from discstack.emulator.request import Request
from discstack.mmc.spec.cdb import describe, lookup
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import CHECK_CONDITION, GOOD, Reply, TransportError

Executor = Callable[[Drive, Request], Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong and when; conditions that are not given always hold.

    `at_command` counts from 1. `times` is how often it strikes, None for ever. The actions: `sense` (with `deferred`
    the command itself is answered GOOD and the sense comes `after` commands later), `status` such as BUSY, `error`
    raised instead of an answer (with `executed` after the drive did the work), `keep` bytes of the answer.
    """

    at_command: int | None = None
    opcode: int | None = None
    lba: range | None = None
    times: int | None = 1
    sense: Sense | None = None
    deferred: bool = False
    after: int = 1
    status: int | None = None
    error: type[TransportError] | None = None
    executed: bool = False
    keep: int | None = None

    def __post_init__(self) -> None:
        actions = [self.sense, self.status, self.error, self.keep]
        if sum(action is not None for action in actions) != 1:
            raise ValueError("a fault has one of sense, status, error and keep")

    def strikes(self, number: int, request: Request) -> bool:
        """Whether this command meets the fault."""
        return (
            self.at_command in (None, number)
            and (self.opcode is None or request.cdb[:1] == bytes([self.opcode]))
            and (self.lba is None or _touches(request.cdb, self.lba))
        )


def _touches(cdb: bytes, blocks: range) -> bool:
    known = lookup(cdb) if cdb else None
    if known is None or len(cdb) < known.length:
        return False
    fields = known.parse(cdb)
    start, count = fields.get("lba"), fields.get("transfer_length", fields.get("verification_length", 1))
    return start is not None and start < blocks.stop and start + count > blocks.start


class FaultPlan:
    """The faults of a drive, and how far they are used up."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.left: list[tuple[Fault, int | None]] = [(fault, fault.times) for fault in faults]
        self.number = 0
        self.deferred: list[tuple[int, Sense]] = []

    def add(self, fault: Fault) -> None:
        """Arm one more."""
        self.left.append((fault, fault.times))

    def execute(self, drive: Drive, request: Request, executor: Executor) -> Reply:
        """Run a command through the faults."""
        if not self.left and not self.deferred:
            self.number += 1
            return executor(drive, request)
        self.number += 1
        due = next(((number, c) for number, c in self.deferred if number <= self.number), None)
        if due is not None:
            self.deferred.remove(due)
            return Reply(CHECK_CONDITION, replace(due[1], deferred=True).build(), b"", _moved(request))
        fault = self._take(request)
        return executor(drive, request) if fault is None else self._apply(fault, drive, request, executor)

    def _take(self, request: Request) -> Fault | None:
        for index, (fault, times) in enumerate(self.left):
            if fault.strikes(self.number, request):
                if times == 1:
                    del self.left[index]
                elif times is not None:
                    self.left[index] = (fault, times - 1)
                return fault
        return None

    def _apply(self, fault: Fault, drive: Drive, request: Request, executor: Executor) -> Reply:
        if fault.sense is not None and not fault.deferred:
            return Reply(CHECK_CONDITION, fault.sense.build(), b"", _moved(request))
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
        keep = min(fault.keep or 0, len(reply.data))
        return (
            reply if reply.status != GOOD else replace(reply, data=reply.data[:keep], residual=_moved(request) - keep)
        )


def _moved(request: Request) -> int:
    return len(request.incoming) or len(request.outgoing)

"""What may happen to a command: every sense key with well-known codes, statuses, time-outs, short transfers, an owner
who cancels, a cable that is pulled and a power cut. The table is in the order of what tells most.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tap import Strike, Tap, gone

from discstack.emulator.drive import Drive
from discstack.mmc.spec.cdb import Direction
from discstack.mmc.spec.sense import Sense, SenseFormat, SenseKey
from discstack.transport.base import (
    BUSY,
    CHECK_CONDITION,
    GOOD,
    RESERVATION_CONFLICT,
    TASK_SET_FULL,
    Command,
    DeviceGone,
    Reply,
    TransportTimeout,
)

Execute = Callable[[], Reply]


@dataclass(frozen=True)
class Mishap:
    """One of them; `arm` lets it happen to the command of a number.

    `lost`: the drive is not to be asked anything after it. `deadly`: it must never end in success. `owner`: it is the
    owner's wish, not the drive's doing. `lasting`: it goes on to the last command of the job. `harmless`: it must
    always end in success. `sense` is what it answers with once, of a `family` that differs in nothing but `DETAILS`.
    """

    name: str
    arm: Callable[[Tap, int], None]
    lost: bool = False
    deadly: bool = False
    owner: bool = False
    lasting: bool = False
    harmless: bool = False
    sense: Sense | None = None
    family: str = ""


def once(strike: Strike) -> Callable[[Tap, int], None]:
    def arm(tap: Tap, number: int) -> None:
        tap.strikes = {number: strike}

    return arm


def from_then_on(strike: Strike) -> Callable[[Tap, int], None]:
    def arm(tap: Tap, number: int) -> None:
        tap.lasting = number, strike

    return arm


def refusing(sense: Sense) -> Strike:
    """Answer with that sense instead of doing the work; a recovered error comes with the work done."""

    def strike(command: Command, execute: Execute) -> Reply:
        done = (
            execute()
            if sense.key == SenseKey.RECOVERED_ERROR and not sense.deferred
            else Reply(residual=_moved(command))
        )
        return done if done.status != GOOD else Reply(CHECK_CONDITION, sense.build(), done.data, done.residual)

    return strike


def answering(status: int) -> Strike:
    return lambda command, execute: Reply(status, residual=_moved(command))


def raising(error: type[BaseException], *, executed: bool) -> Strike:
    def strike(command: Command, execute: Execute) -> Reply:
        if executed:
            execute()
        raise error("as the sweep has it")

    return strike


def moving_less(command: Command, execute: Execute) -> Reply:
    """Say GOOD, but let half of the bytes not move."""
    reply = execute()
    missing = (_moved(command) + 1) // 2
    if reply.status != GOOD or not missing:
        return reply
    kept = reply.data[: max(len(reply.data) - missing, 0)]
    return Reply(GOOD, b"", kept, max(reply.residual, missing))


def _moved(command: Command) -> int:
    if command.direction is Direction.NONE:
        return 0
    return len(memoryview(command.data).cast("B")) if command.data is not None else command.allocation


def wish_to_cancel(tap: Tap, number: int) -> None:
    def strike(command: Command, execute: Execute) -> Reply:
        tap.cancelled.set()
        return execute()

    tap.strikes = {number: strike}


def cut_power(tap: Tap, number: int) -> None:
    def strike(command: Command, execute: Execute) -> Reply:
        tap.happen(Drive.lose_power)
        tap.strikes = {}
        tap.lasting = number, gone
        raise DeviceGone("the mains failed")

    tap.strikes = {number: strike}


def reset(tap: Tap, number: int) -> None:
    def strike(command: Command, execute: Execute) -> Reply:
        tap.happen(Drive.reset)
        return execute()

    tap.strikes = {number: strike}


def _sense(code: str, *, deferred: bool = False, form: SenseFormat = SenseFormat.FIXED) -> Sense:
    key, asc, ascq = (int(part, 16) for part in code.split("/"))
    return Sense(key, asc, ascq, deferred=deferred, format=form)


# The first of each key is the one that the suite takes.
CODES = (
    *("0/00/00", "1/17/01", "2/04/02", "3/0C/00", "4/44/00", "5/24/00", "6/29/00", "7/27/00", "8/00/00", "9/80/00"),
    *("A/00/00", "B/00/00", "C/00/00", "D/00/00", "E/1D/00", "F/00/00"),
    *("2/3A/00", "2/04/01", "5/20/00", "5/21/02", "3/11/00", "5/2C/00", "5/64/00", "3/02/00", "3/73/03", "6/28/00"),
    *("5/72/00", "5/72/03", "5/30/05", "2/04/08", "5/21/00", "B/4B/00", "2/04/07", "2/04/04", "6/2A/01", "6/3F/02"),
    *("3/72/00", "3/57/00", "3/11/05", "3/32/00", "3/51/00", "3/31/00", "3/0C/09", "3/73/02", "1/73/01", "5/26/00"),
    *("2/04/00", "2/04/03", "2/30/00", "2/3E/00", "2/20/00", "2/3A/02", "4/08/00", "4/3E/02", "4/15/01", "5/63/00"),
    *("5/53/02", "5/55/00", "5/1A/00", "5/6F/03", "5/72/04", "5/72/05", "5/30/00", "6/2E/00", "6/5A/01", "B/08/00"),
    *("B/47/00", "B/4E/00", "1/18/00", "1/0C/01"),
)
DEFERRED = ("3/0C/00", "1/18/00", "4/44/00", "6/29/00")
STATUSES = {"BUSY": BUSY, "RESERVATION CONFLICT": RESERVATION_CONFLICT, "TASK SET FULL": TASK_SET_FULL}
LASTING = ("4/44/00", "2/3A/00", "3/0C/00", "5/20/00", "6/29/00", "2/04/01")

# What tells most
TELLING = (
    *("dead", "power cut", "interrupt, work done", "cancel", "3/0C/00", "5/24/00", "6/28/00", "time-out, work done"),
    *("short transfer", "reset", "2/3A/00 from then on", "4/44/00 from then on", "2/04/02", "deferred 3/0C/00"),
)


# What is not the same in all members of a family, by the names of sense data's fields
DETAILS = ("asc", "ascq", "format")


def _refusal(name: str, sense: Sense, family: str) -> Mishap:
    return Mishap(name, once(refusing(sense)), sense=sense, family=family)


def _all() -> list[Mishap]:
    codes = [_refusal(code, _sense(code), family=code.split("/")[0]) for code in CODES]
    deferred = [
        _refusal(
            f"deferred {code}{' by descriptors' * (form is SenseFormat.DESCRIPTOR)}",
            _sense(code, deferred=True, form=form),
            family=f"deferred {code}",
        )
        for form in (SenseFormat.FIXED, SenseFormat.DESCRIPTOR)
        for code in DEFERRED
    ]
    lasting = [Mishap(f"{code} from then on", from_then_on(refusing(_sense(code))), lasting=True) for code in LASTING]
    statuses = [
        Mishap(name, once(answering(status)), harmless=status != RESERVATION_CONFLICT)
        for name, status in STATUSES.items()
    ]
    lasting.append(Mishap("BUSY from then on", from_then_on(answering(BUSY)), lasting=True))
    owners = [
        Mishap("cancel", wish_to_cancel, owner=True),
        Mishap("interrupt", once(raising(KeyboardInterrupt, executed=False)), owner=True, deadly=True),
        Mishap("interrupt, work done", once(raising(KeyboardInterrupt, executed=True)), owner=True, deadly=True),
    ]
    ends = [
        Mishap("dead", Tap.kill_from, lost=True, deadly=True),
        Mishap("power cut", cut_power, lost=True, deadly=True),
        Mishap("time-out", once(raising(TransportTimeout, executed=False)), lost=True, deadly=True),
        Mishap("time-out, work done", once(raising(TransportTimeout, executed=True)), lost=True, deadly=True),
    ]
    others = [Mishap("short transfer", once(moving_less)), Mishap("reset", reset)]
    first = {mishap.name: mishap for mishap in (*codes, *ends, *owners, *others, *deferred, *lasting, *statuses)}
    return [*(first.pop(name) for name in TELLING), *first.values()]


MISHAPS: Mapping[str, Mishap] = MappingProxyType({mishap.name: mishap for mishap in _all()})

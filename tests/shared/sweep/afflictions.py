"""Drives that lie, fail and have their ways, on every job: all named faults of `fault_words.py`, all personalities.

Whatever the drive does, a job ends with a typed error, or with a success that is one and a disc that shows it, and in
finite time. What cannot strike a job, since it sends no such command, is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from discstack.emulator.fault_words import NAMED, parse_faults
from discstack.emulator.faults import Fault
from discstack.emulator.personalities import PERSONALITIES
from discstack.mmc.errors import DriveError
from discstack.mmc.spec.mode_page_values import WriteType
from sweep.subjects import Fresh, Subject
from sweep.trial import LONGEST, Finding, Rehearsal, attempt, check_kept, check_report, expect

# What a fault is told: where or how often it strikes. The first is what the suite takes.
ARGUMENTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(NAMED, ("2", "1", "3")),
    "medium-error": ("40-50", "0-0", "16-16"),
    "short-replies": ("9", "4", "17"),
    "long-write": ("2", "3"),  # not each: a buffer that is always full takes nothing
    "one-percent": ("1", "99"),
    "profile": ("0016", "0009", "0000"),
    "attentions": ("7", "3", "20"),
    "media-changes": ("30", "11"),
    "busy": ("9", "2"),
    **dict.fromkeys(("ready-too-early", "clueless", "lost-flush", "wrong-lengths", "zeros"), ("2", "1")),
}
# What cannot be lived with: where it strikes, nothing but an error may come of it.
FATAL = {"timeout", "power-cut", "unplug", "hardware-error", "write-protected"}
GONE = {"timeout", "power-cut", "unplug"}
# What a drive says that is not so.
LIES = {"short-replies", "wrong-lengths", "wrong-next-writable-address", "zeros", "profile"}
# What the disc has and keeps, so that it is told of as long as there is that disc.
OF_DISCS = {"medium-error"}
# What costs nothing but time.
HARMLESS = {"long-write", "one-percent", "ready-too-early", "clueless"}
RESERVE_TRACK, WRITE = 0x53, 0x2A


@dataclass(frozen=True)
class Affliction:
    """What a drive has: a named fault with its argument, or the ways of a real drive."""

    name: str
    argument: str = ""

    @property
    def is_drive(self) -> bool:
        return self.name in PERSONALITIES

    def __str__(self) -> str:
        return f"{self.name}:{self.argument}" if self.argument else self.name

    def fitting(self, rehearsal: Rehearsal) -> list[Fault]:
        """Return those of its faults that can strike one of the commands of a job."""
        every: Iterable[Fault] = PERSONALITIES[self.name].faults if self.is_drive else parse_faults(str(self))
        sent = {cdb[0] for cdb in rehearsal.seen}
        return [fault for fault in every if fault.opcode is None or fault.opcode in sent]


def faults(*, all_arguments: bool) -> Iterator[Affliction]:
    for name in NAMED:
        yield from (Affliction(name, argument) for argument in ARGUMENTS[name][: None if all_arguments else 1])


def drives() -> Iterator[Affliction]:
    return (Affliction(name) for name, who in PERSONALITIES.items() if not who.cds_only)


def afflict(fresh: Fresh, affliction: Affliction, rehearsal: Rehearsal) -> bool:
    """Let the drive of a job have that; return whether there was anything to try, and raise Finding."""
    if not (fitting := affliction.fitting(rehearsal)):
        return False
    subject = fresh()
    failure: BaseException | None = None
    try:
        failure = _endure(subject, affliction, fitting, rehearsal)
    except Exception as error:
        raise Finding(f"{affliction}: {type(error).__name__}: {error} [after {failure!r}]") from error
    finally:
        subject.close()
    return True


def _endure(
    subject: Subject, affliction: Affliction, fitting: list[Fault], rehearsal: Rehearsal
) -> BaseException | None:
    inner = subject.tap.take_over()
    drive, plan, clock = inner.drive, inner.faults, inner.clock
    if affliction.is_drive:
        who = PERSONALITIES[affliction.name]
        drive.settings = replace(drive.settings, vendor=who.vendor, product=who.product)
    for fault in fitting:
        plan.add(fault)
    began = clock.now()
    failure = attempt(subject)
    expect(clock.now() - began < LONGEST, "it takes for ever")
    struck = any(armed.struck for armed in plan.armed)
    if isinstance(failure, DriveError) and affliction.name in OF_DISCS:
        check_report(subject, failure)
    plan.armed.clear()
    plan.deferred.clear()
    check_kept(subject, rehearsal.kept)
    if failure is None:
        expect(not (struck and affliction.name in FATAL), "a false success")
        expect(not drive.prevented, "the tray stays locked")
        subject.check()
        return None
    expect(affliction.name not in HARMLESS, f"it keeps the job from being done: {failure}")
    expect(not affliction.is_drive or lacks_what_it_takes(affliction, subject), f"it cannot be used: {failure}")
    expect(affliction.name in GONE or not drive.prevented, f"the tray stays locked: {failure}")
    if isinstance(failure, DriveError) and affliction.name not in LIES | OF_DISCS:
        check_report(subject, failure)
    return failure


def lacks_what_it_takes(affliction: Affliction, subject: Subject) -> bool:
    """Whether a drive does not know a command for which there is no other: nothing of ours can help it."""
    medium = subject.tap.inner.drive.medium
    assert medium is not None
    needed = {0x5B: {"close_function": 6}} if medium.kind.name.startswith("bd-r") else {}
    if RESERVE_TRACK in {cdb[0] for cdb in subject.tap.seen}:
        needed[RESERVE_TRACK] = {}
    if medium.parameters.write_type == WriteType.RAW:
        needed[WRITE] = {}
    return any(
        fault.sense and needed.get(fault.opcode) == fault.fields for fault in PERSONALITIES[affliction.name].faults
    )

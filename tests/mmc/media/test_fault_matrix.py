"""Drives that lie, fail and have their ways: every fault and personality, on every way to write every medium.

Whatever the drive does, a job ends with a typed error, or with a success that is one and a disc that shows it, and in
finite time. What cannot strike a job, since it sends no such command, is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from discstack.emulator.fault_words import NAMED, parse_faults
from discstack.emulator.faults import Fault
from discstack.emulator.personalities import PERSONALITIES
from discstack.mmc import polling
from discstack.mmc.errors import DriveError
from discstack.mmc.identify import identify
from discstack.transport.base import TransportError

from .variants import FILLED, MORE_LAYERS, VARIANTS, Bench, Variant

ARGUMENTS = {
    **dict.fromkeys(NAMED, "2"),
    "medium-error": "40-50",
    "short-replies": "9",
    "one-percent": "1",
    "profile": "0016",
    "attentions": "7",
    "media-changes": "30",
    "busy": "9",
}
# What cannot be lived with: where it strikes, nothing but an error may come of it.
FATAL = {"timeout", "power-cut", "unplug", "hardware-error", "write-protected"}
GONE = {"timeout", "power-cut", "unplug"}
# What a drive says that is not so.
LIES = {"short-replies", "wrong-lengths", "wrong-next-writable-address", "zeros", "profile"}
# What costs nothing but time.
HARMLESS = {"long-write", "one-percent", "ready-too-early", "clueless"}
# Where each medium meets the ways of real drives; the other sections differ from these in what is there before.
MAIN = {"Burn", "Append and finalize", "At once", "Burn over", "Format", "Close the session"}
RESERVE_TRACK = 0x53
LONGEST = 4 * 3600.0
CAPACITY = {"dvd-r-dl": 64, "dvd+rw": 131072, "cd-r": 30000, "cd-rw": 30000}
MEDIA = {**{medium: medium for medium in VARIANTS}, **MORE_LAYERS}
# With more layers nothing but sizes is different.
ROWS = [
    (medium, section)
    for medium, page in MEDIA.items()
    for section in VARIANTS[page]
    if medium not in MORE_LAYERS or section in ("Append and finalize", "Burn over")
    if not (medium == "cd-rw" and section in VARIANTS["cd-r"])
]


def prepared(lab: Any, medium: str, section: str) -> Bench:
    variant = VARIANTS[MEDIA[medium]][section]
    bench = Bench(lab, lab.drive(medium, FILLED.get(section, CAPACITY.get(medium, 65536)), speed=4))
    for step in variant.steps[:-1]:
        step(bench)
    return bench


def fitting(faults: Iterable[Fault], sent: set[int]) -> list[Fault]:
    """Return the faults that can strike one of these operation codes."""
    return [fault for fault in faults if fault.opcode is None or fault.opcode in sent]


def trials(section: str, sent: set[int]) -> Iterator[tuple[str, list[Fault]]]:
    for name in NAMED:
        yield name, fitting(parse_faults(f"{name}:{ARGUMENTS[name]}"), sent)
    for name, personality in PERSONALITIES.items() if section in MAIN else ():
        if not personality.cds_only:
            yield name, fitting(personality.faults, sent)


@pytest.mark.parametrize(("medium", "section"), ROWS)
def test_nothing_that_a_drive_does_is_passed_off_as_success(
    lab: Any, medium: str, section: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "INTERVAL", 10.0)
    variant = VARIANTS[MEDIA[medium]][section]
    rehearsal = prepared(lab, medium, section)
    variant.steps[-1](rehearsal)
    for name, faults in trials(section, {cdb[0] for cdb in rehearsal.tap.seen}):
        if faults:
            bench = prepared(lab, medium, section)
            strike(bench, variant, name, faults)
            bench.tap.close()
            lab.drives.remove(bench.tap)


def strike(bench: Bench, variant: Variant, name: str, faults: list[Fault]) -> None:
    drive, plan = bench.tap.inner.drive, bench.tap.inner.faults
    if name in PERSONALITIES:
        who = PERSONALITIES[name]
        drive.settings = replace(drive.settings, vendor=who.vendor, product=who.product)
    for fault in faults:
        plan.add(fault)
    began, failure = bench.tap.clock.now(), None
    try:
        variant.steps[-1](bench)
    except (DriveError, TransportError) as error:
        failure = error
    assert bench.tap.clock.now() - began < LONGEST, name
    struck = any(armed.struck for armed in plan.armed)
    plan.armed.clear()
    if failure is not None:
        assert name not in HARMLESS, f"{name}: {failure!r}"
        assert name not in PERSONALITIES or lacks_what_it_takes(name, bench), f"{name}: {failure!r}"
        assert name in GONE or not drive.prevented, f"{name}: {failure!r}"
        check_report(bench, name, failure)
        return
    assert not (struck and name in FATAL), name
    status = bench.lab.run(identify(), bench.tap)
    found = (status.state, status.sessions, status.open_session)
    assert found == (variant.state, variant.sessions, variant.open), name
    bench.check()


def check_report(bench: Bench, name: str, failure: Exception) -> None:
    """Hold what an error says of the disc against the disc, unless the drive lied."""
    told = failure.medium if isinstance(failure, DriveError) else None
    if told is not None and name not in LIES:
        now = bench.lab.run(identify(), bench.tap)
        assert (told.state, told.sessions, told.open_session) == (now.state, now.sessions, now.open_session), name


def lacks_what_it_takes(name: str, bench: Bench) -> bool:
    """Whether a drive does not know a command for which there is no other: nothing of ours can help it."""
    medium = bench.tap.inner.drive.medium
    needed = {0x5B: {"close_function": 6}} if medium.kind.name.startswith("bd-r") else {}
    if RESERVE_TRACK in {cdb[0] for cdb in bench.tap.seen}:
        needed[RESERVE_TRACK] = {}
    return any(fault.sense and needed.get(fault.opcode) == fault.fields for fault in PERSONALITIES[name].faults)

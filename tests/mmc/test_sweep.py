"""The fault sweep finds what it is there to find: jobs that do what none must."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import product
from typing import Any

import pytest
from laboratory import Lab
from sweep.__main__ import Task, struck
from sweep.heed import WATCHED
from sweep.mishaps import MISHAPS, Mishap
from sweep.remembering import Past
from sweep.subjects import Fresh, Subject
from sweep.trial import Finding, Rehearsal, rehearse, strike
from tap import Tap

from discstack.mmc.actions import prevent_removal
from discstack.mmc.command import act
from discstack.mmc.errors import DriveError, IllegalRequest
from discstack.mmc.polling import wait_ready
from discstack.mmc.procedure import Procedure
from discstack.mmc.spec.commands import SYNCHRONIZE_CACHE_10, WRITE_10

BLOCKS = 16
LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE = 0x21


def write(lab: Lab, lba: int = 0) -> Procedure[None]:
    yield from act(WRITE_10, data=lab.image(BLOCKS), lba=lba, transfer_length=BLOCKS)


def careless(lab: Lab) -> Procedure[None]:
    with suppress(DriveError):
        yield from write(lab)


def forgetful(lab: Lab) -> Procedure[None]:
    yield from prevent_removal(prevent=True)
    yield from write(lab)
    yield from prevent_removal(prevent=False)


def stubborn(lab: Lab) -> Procedure[None]:
    try:
        yield from write(lab)
    except DriveError:
        yield from write(lab, BLOCKS)
        raise


def deaf(lab: Lab) -> Procedure[None]:
    with suppress(KeyboardInterrupt):
        yield from write(lab)


def clumsy(lab: Lab) -> Procedure[None]:
    try:
        yield from write(lab)
    except DriveError as error:
        raise KeyError("what it meant to look up") from error


def particular(lab: Lab) -> Procedure[None]:
    """Look closely at refusals, and take one of them too lightly."""
    try:
        yield from write(lab)
    except DriveError as error:
        error.add_note("at LBA 0")
        yield from act(SYNCHRONIZE_CACHE_10)
        if not isinstance(error, IllegalRequest) or error.sense.asc != LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE:
            raise


def prepared(lab: Lab, job: Callable[[Lab], Procedure[None]]) -> Fresh:
    def drive() -> Tap:
        tap = lab.drive("dvd-ram", 4096)
        lab.run(wait_ready(), tap)
        tap.seen.clear()
        return tap

    past = Past(lab, drive)

    def fresh() -> Subject:
        tap = past.tap()

        def check() -> None:
            same = tap.on_disc(0, BLOCKS) == lab.image(BLOCKS)  # where CI is set, pytest compares bytes for minutes
            assert same

        return Subject(lab, tap, lambda: lab.run(job(lab), tap), check)

    return fresh


@pytest.mark.parametrize(
    ("job", "mishap", "found"),
    [
        (careless, "3/0C/00", "AssertionError"),
        (forgetful, "3/0C/00", "the tray stays locked"),
        (stubborn, "3/0C/00", "something was written after it"),
        (deaf, "interrupt, work done", "a false success"),
        (clumsy, "3/0C/00", "KeyError"),
        (write, "3/0C/00", "what was written is not flushed"),
    ],
)
def test_what_no_job_may_do_is_found(lab: Any, job: Any, mishap: str, found: str) -> None:
    fresh = prepared(lab, job)
    rehearsal = rehearse(fresh)
    number = next(at for at, cdb in enumerate(rehearsal.seen, 1) if cdb[0] == 0x2A)
    with pytest.raises(Finding, match=found):
        strike(fresh, number, MISHAPS[mishap], rehearsal)


def found(trials: Iterable[Callable[[], bool]]) -> tuple[list[str], int]:
    """Return what trials find, and how many were needed."""
    findings, needed = [], 0
    for trial in trials:
        try:
            needed += trial()
        except Finding as finding:
            findings.append(str(finding))
            needed += 1
    return findings, needed


def every_trial(fresh: Fresh, rehearsal: Rehearsal) -> Iterator[Callable[[], bool]]:
    def trial(number: int, mishap: Mishap) -> bool:
        strike(fresh, number, mishap, rehearsal)
        return True

    for number, mishap in product(range(1, len(rehearsal.seen) + 1), MISHAPS.values()):
        yield partial(trial, number, mishap)


@pytest.mark.parametrize("job", [careless, forgetful, stubborn, deaf, clumsy, particular, write])
def test_drives_that_remember_show_what_those_show_that_are_asked_anew(job: Any) -> None:
    both = []
    for remembers in (True, False):
        lab = Lab(remembers=remembers)
        fresh = prepared(lab, job)
        both.append(found(every_trial(fresh, rehearse(fresh))))
        lab.close()
    assert both[0] == both[1]
    assert both[0][0]


def test_no_trial_is_spared_that_would_find_something(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for place, name, value in WATCHED:
        monkeypatch.setattr(place, name, value)
    fresh = prepared(lab, particular)
    rehearsal = rehearse(fresh)
    every, all_trials = found(every_trial(fresh, rehearsal))
    fewer, needed = found(struck(Task("others", "", tuple(MISHAPS)), fresh, rehearsal))
    assert fewer == every
    assert [finding for finding in fewer if "5/21/0" in finding]
    assert not [finding for finding in fewer if "5/24/0" in finding]
    assert needed < all_trials

"""The fault sweep finds what it is there to find: jobs that do what none must."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from laboratory import Lab
from sweep.mishaps import MISHAPS
from sweep.subjects import Fresh, Subject
from sweep.trial import Finding, rehearse, strike

from discstack.mmc.actions import prevent_removal
from discstack.mmc.command import act
from discstack.mmc.errors import DriveError
from discstack.mmc.polling import wait_ready
from discstack.mmc.procedure import Procedure
from discstack.mmc.spec.commands import WRITE_10

BLOCKS = 16


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


def prepared(lab: Lab, job: Callable[[Lab], Procedure[None]]) -> Fresh:
    def fresh() -> Subject:
        tap = lab.drive("dvd-ram", 4096)
        lab.run(wait_ready(), tap)
        tap.seen.clear()

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

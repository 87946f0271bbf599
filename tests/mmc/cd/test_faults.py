"""The fault sweep over CD programs: every way to write them, with every command failing.

A command fails with every sense key, and with a dead device, the first time that it comes from its place in the code:
what becomes of a failure is the business of the procedures that wait there and of those that wait for them. Where
another row of the tables gets to the same place, the command fails with one of the keys, another one in each row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from discstack.mmc.burn import burn
from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.composing import SubChannelForm
from discstack.mmc.cd.job import CdWriteMode
from discstack.mmc.cd.program import TrackForm
from discstack.mmc.identify import identify
from discstack.mmc.job import VerifyLevel
from discstack.mmc.medium import DiscState
from discstack.mmc.operations import repair
from discstack.transport.base import TransportError

BLOCKS = 40
CAPACITY = 13000
WRITES = (0x2A, 0xAA)
AT_ONCE, BY_TRACK, RAW = CdWriteMode.SESSION_AT_ONCE, CdWriteMode.TRACK_AT_ONCE, CdWriteMode.RAW


@dataclass(frozen=True)
class Case:
    """A job: how the disc is made ready for it, the job itself, and how to see that it did what it says."""

    name: str
    medium: str
    prepare: Callable[[Any, Any], None]
    job: Callable[[Any], Any]
    check: Callable[[Any, Any], None]


def nothing(studio: Any, tap: Any) -> None:
    pass


def burn_first(studio: Any, tap: Any) -> None:
    lab = studio.lab
    lab.run(burn(lab.job(BLOCKS, verify=VerifyLevel.NONE, source=lab.source(BLOCKS, 7))), tap)


def break_off_raw_first(studio: Any, tap: Any) -> None:
    break_off(studio, tap, lambda: program(studio, RAW))


def break_off(studio: Any, tap: Any, job: Callable[[], Any]) -> None:
    lab = studio.lab
    other = lab.drive("cd-r", CAPACITY, speed=4)
    lab.run(job(), other)
    tap.kill_from(next(n for n, cdb in enumerate(other.seen, 1) if cdb[0] in WRITES) + 3)
    with pytest.raises(TransportError):
        lab.run(job(), tap)
    tap.strikes = {}


def program(studio: Any, mode: CdWriteMode, **options: Any) -> Any:
    """Record audio; two tracks where each is written by itself."""
    seeds = (1, 2) if mode is BY_TRACK else (1,)
    return burn_program(studio.job(*(studio.track(300, seed) for seed in seeds), mode=mode, **options))


def raw(studio: Any, form: SubChannelForm) -> Any:
    return program(studio, RAW, sub_channels=form)


def mixed(studio: Any) -> Any:
    tracks = studio.track(300, 1, TrackForm.MODE_1), studio.track(300, 2)
    return burn_program(studio.job(*tracks))


def holds_program(studio: Any, tap: Any) -> None:
    status = studio.lab.run(identify(), tap)
    assert status.state is DiscState.FINALIZED
    tracks = [track for track in status.tracks if track.blocks and track.session == status.sessions]
    assert tracks
    for seed, track in enumerate(tracks, 1):
        assert sectors(tap, track.start, 300) == studio.samples(300, seed)


def holds_mixed(studio: Any, tap: Any) -> None:
    status = studio.lab.run(identify(), tap)
    assert status.state is DiscState.FINALIZED
    data, audio = status.tracks
    assert tap.on_disc(data.start, 300) == studio.samples(300, 1, 2048)
    assert sectors(tap, audio.start, 300) == studio.samples(300, 2)


def sectors(tap: Any, lba: int, blocks: int) -> bytes:
    return b"".join(tap.inner.drive.medium.sector(at)[1] for at in range(lba, lba + blocks))


def is_closed(studio: Any, tap: Any) -> None:
    status = studio.lab.run(identify(), tap)
    assert status.state is DiscState.APPENDABLE
    assert not status.open_session
    assert status.sessions == 1


CASES = (
    Case("session at once", "cd-r", nothing, lambda s: program(s, AT_ONCE), holds_program),
    Case("data and audio at once", "cd-r", nothing, mixed, holds_mixed),
    Case("append a session at once", "cd-r", burn_first, lambda s: program(s, AT_ONCE), holds_program),
    Case("tracks at once", "cd-r", nothing, lambda s: program(s, BY_TRACK), holds_program),
    Case("append tracks at once", "cd-r", burn_first, lambda s: program(s, BY_TRACK), holds_program),
    Case("raw 16", "cd-r", nothing, lambda s: raw(s, SubChannelForm.PQ), holds_program),
    Case("raw 96R", "cd-r", nothing, lambda s: raw(s, SubChannelForm.RAW), holds_program),
    Case("raw 96P", "cd-r", nothing, lambda s: raw(s, SubChannelForm.PACKED), holds_program),
    Case("repair a raw session", "cd-r", break_off_raw_first, lambda s: repair(), is_closed),
)


@pytest.fixture(scope="module")
def covered() -> set[Any]:
    """The places in the code whose commands have failed in every way."""
    return set()


@pytest.mark.usefixtures("short_leads")
@pytest.mark.parametrize(("turn", "case"), [pytest.param(*pair, id=pair[1].name) for pair in enumerate(CASES)])
def test_every_command_of_a_program_may_fail_in_every_way(
    studio: Any, sweeping: Any, covered: set[Any], turn: int, case: Case
) -> None:
    ready = studio.lab.drive(case.medium, CAPACITY, speed=4)
    case.prepare(studio, ready)
    swept = sweeping(
        lambda: studio.lab.copy_of(ready, case.medium, CAPACITY, speed=4),
        lambda tap: studio.lab.run(case.job(studio), tap),
        lambda tap: case.check(studio, tap),
    )
    swept.run_new_places(covered, turn)

"""The fault sweep over CDs: every mode, append, close and repair, with every command failing in every way, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from discstack.emulator.media.compact import toc
from discstack.mmc.burn import burn
from discstack.mmc.cd import composing
from discstack.mmc.cd.blanking import BlankType, blank_part
from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.composing import SubChannelForm
from discstack.mmc.cd.job import CdWriteMode
from discstack.mmc.cd.program import TrackForm
from discstack.mmc.identify import identify
from discstack.mmc.job import VerifyLevel
from discstack.mmc.medium import DiscState, WriteMode
from discstack.mmc.operations import close_disc, close_session, erase, format_medium, repair
from discstack.mmc.spec.msf import Msf
from discstack.transport.base import TransportError

BLOCKS = 40
CAPACITY = 13000
WRITES = (0x2A, 0xAA)
AT_ONCE, BY_TRACK, RAW = CdWriteMode.SESSION_AT_ONCE, CdWriteMode.TRACK_AT_ONCE, CdWriteMode.RAW
LAST_SESSION = BlankType.ERASE_LAST_SESSION


@dataclass(frozen=True)
class Case:
    """A job: how the disc is made ready for it, the job itself, and how to see that it did what it says."""

    name: str
    medium: str
    prepare: Callable[[Any, Any], None]
    job: Callable[[Any], Any]
    check: Callable[[Any, Any], None]
    keys: str = "some"


def nothing(studio: Any, tap: Any) -> None:
    pass


def burn_first(studio: Any, tap: Any) -> None:
    lab = studio.lab
    lab.run(burn(lab.job(BLOCKS, verify=VerifyLevel.NONE, source=lab.source(BLOCKS, 7))), tap)


def format_first(studio: Any, tap: Any) -> None:
    studio.lab.run(format_medium(), tap)


def break_off_first(studio: Any, tap: Any) -> None:
    """Leave a session behind whose writer went away in the middle."""
    break_off(studio, tap, lambda: burn(studio.lab.job(BLOCKS)))


def break_off_at_once_first(studio: Any, tap: Any) -> None:
    break_off(studio, tap, lambda: program(studio, AT_ONCE))


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


def append(studio: Any) -> Any:
    """Write a second session where the disc goes on, and finalize."""
    status = yield from identify()
    return (yield from burn(studio.lab.job(BLOCKS, start=status.next_writable_address or 0, close=True)))


def program(studio: Any, mode: CdWriteMode, **options: Any) -> Any:
    """Record audio; two tracks where each is written by itself."""
    seeds = (1, 2) if mode is BY_TRACK else (1,)
    return burn_program(studio.job(*(studio.track(300, seed) for seed in seeds), mode=mode, **options))


def raw(studio: Any, form: SubChannelForm) -> Any:
    return program(studio, RAW, sub_channels=form)


def mixed(studio: Any) -> Any:
    tracks = studio.track(300, 1, TrackForm.MODE_1), studio.track(300, 2)
    return burn_program(studio.job(*tracks))


def packets(studio: Any) -> Any:
    return burn(studio.lab.job(BLOCKS, mode=WriteMode.FIXED_PACKETS, close=True))


def state(studio: Any, tap: Any) -> DiscState:
    return studio.lab.run(identify(), tap).state


def holds_image(studio: Any, tap: Any) -> None:
    assert tap.on_disc(0, BLOCKS) == studio.lab.image(BLOCKS)
    assert state(studio, tap) in (DiscState.APPENDABLE, DiscState.OVERWRITABLE)


def holds_only_image(studio: Any, tap: Any) -> None:
    assert tap.on_disc(0, BLOCKS) == studio.lab.image(BLOCKS)
    assert state(studio, tap) is DiscState.FINALIZED


def holds_both_images(studio: Any, tap: Any) -> None:
    status = studio.lab.run(identify(), tap)
    assert (status.state, status.sessions) == (DiscState.FINALIZED, 2)
    assert tap.on_disc(status.tracks[1].start, BLOCKS) == studio.lab.image(BLOCKS)
    assert tap.on_disc(0, BLOCKS) == studio.lab.image(BLOCKS, 7)


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


def is_final(studio: Any, tap: Any) -> None:
    assert state(studio, tap) is DiscState.FINALIZED


def is_blank(studio: Any, tap: Any) -> None:
    assert studio.lab.run(identify(), tap).blank


CASES = (
    Case("session at once", "cd-r", nothing, lambda s: program(s, AT_ONCE), holds_program, keys="every"),
    Case("data and audio at once", "cd-r", nothing, mixed, holds_mixed, keys="few"),
    Case("append a session at once", "cd-r", burn_first, lambda s: program(s, AT_ONCE), holds_program),
    Case("tracks at once", "cd-r", nothing, lambda s: program(s, BY_TRACK), holds_program),
    Case("append tracks at once", "cd-r", burn_first, lambda s: program(s, BY_TRACK), holds_program),
    Case("raw 16", "cd-r", nothing, lambda s: raw(s, SubChannelForm.PQ), holds_program),
    Case("raw 96R", "cd-r", nothing, lambda s: raw(s, SubChannelForm.RAW), holds_program, keys="few"),
    Case("raw 96P", "cd-r", nothing, lambda s: raw(s, SubChannelForm.PACKED), holds_program, keys="few"),
    Case(
        "image at once",
        "cd-r",
        nothing,
        lambda s: burn(s.lab.job(BLOCKS, mode=WriteMode.DISC_AT_ONCE, close=True)),
        holds_only_image,
    ),
    Case("track of packets", "cd-r", nothing, packets, holds_only_image),
    Case("burn over", "cd-rw", burn_first, lambda s: burn(s.lab.job(BLOCKS, erase=True)), holds_image),
    Case("burn formatted", "cd-rw", format_first, lambda s: burn(s.lab.job(BLOCKS)), holds_image),
    Case("format", "cd-rw", nothing, lambda s: format_medium(), is_blank),
    Case("append", "cd-r", burn_first, append, holds_both_images),
    Case("close session", "cd-r", break_off_first, lambda s: close_session(), is_closed),
    Case("close disc", "cd-r", break_off_first, lambda s: close_disc(), is_final),
    Case("repair", "cd-r", break_off_first, lambda s: repair(), is_closed),
    Case("repair a session at once", "cd-r", break_off_at_once_first, lambda s: repair(), is_closed),
    Case("repair a raw session", "cd-r", break_off_raw_first, lambda s: repair(), is_closed),
    Case("take back a session", "cd-rw", burn_first, lambda s: blank_part(LAST_SESSION), is_blank),
    Case("erase", "cd-rw", burn_first, lambda s: erase(), is_blank),
    Case("erase formatted", "cd-rw", format_first, lambda s: erase(full=True), is_blank, keys="few"),
)


@pytest.fixture
def short_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the lead areas of a raw disc be short, for the sake of time."""
    monkeypatch.setattr(toc, "LEAD_IN_START", Msf(99, 59, 0))
    monkeypatch.setattr(composing, "FIRST_LEAD_OUT", 10)


@pytest.mark.usefixtures("short_leads")
@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_every_command_may_fail_in_every_way(studio: Any, sweep: Any, case: Case) -> None:
    ready = studio.lab.drive(case.medium, CAPACITY, speed=4)
    case.prepare(studio, ready)
    sweep(ready, lambda: case.job(studio), lambda tap: case.check(studio, tap), keys=case.keys)

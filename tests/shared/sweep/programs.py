"""Rows of the sweep: every way to write CD programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from laboratory import Lab
from studio import Studio

from discstack.mmc.burn import burn
from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.composing import SubChannelForm
from discstack.mmc.cd.job import CdWriteMode
from discstack.mmc.cd.program import TrackForm
from discstack.mmc.job import VerifyLevel
from discstack.mmc.medium import DiscState
from discstack.mmc.operations import repair
from discstack.mmc.spec.cd.text import CdTextBlock, PackType, build_cd_text
from discstack.transport.base import TransportError
from sweep.remembering import Past, looked_at
from sweep.subjects import Fresh, Images, Row, Subject

BLOCKS = 40
CAPACITY = 13000
FIRST_SEED = 7
GAP = 40  # blocks before the second track of an album
WRITES = (0x2A, 0xAA)
AT_ONCE, BY_TRACK, RAW = CdWriteMode.SESSION_AT_ONCE, CdWriteMode.TRACK_AT_ONCE, CdWriteMode.RAW


@dataclass(frozen=True)
class Case:
    """A job: how the disc is made ready for it, the job itself, and how to see that it did what it says."""

    name: str
    medium: str
    prepare: Callable[[Studio, Any], Images]
    job: Callable[[Studio], Any]
    check: Callable[[Studio, Any], None]


def nothing(studio: Studio, tap: Any) -> Images:
    return {}


def burn_first(studio: Studio, tap: Any) -> Images:
    lab = studio.lab
    lab.run(burn(lab.job(BLOCKS, verify=VerifyLevel.NONE, source=lab.source(BLOCKS, FIRST_SEED))), tap)
    return {0: (FIRST_SEED, BLOCKS)}


def break_off_raw_first(studio: Studio, tap: Any) -> Images:
    lab = studio.lab
    other = lab.drive("cd-r", CAPACITY, speed=4)
    lab.run(program(studio, RAW), other)
    tap.kill_from(next(n for n, cdb in enumerate(other.seen, 1) if cdb[0] in WRITES) + 3)
    try:
        lab.run(program(studio, RAW), tap)
    except TransportError:
        tap.spare()
        return {}
    raise AssertionError("nothing broke off")


def program(studio: Studio, mode: CdWriteMode, **options: Any) -> Any:
    """Record audio; two tracks where each is written by itself."""
    seeds = (1, 2) if mode is BY_TRACK else (1,)
    return burn_program(studio.job(*(studio.track(300, seed) for seed in seeds), mode=mode, **options))


def raw(studio: Studio, form: SubChannelForm) -> Any:
    return program(studio, RAW, sub_channels=form)


def mixed(studio: Studio) -> Any:
    tracks = studio.track(300, 1, TrackForm.MODE_1), studio.track(300, 2)
    return burn_program(studio.job(*tracks))


def album(studio: Studio) -> Any:
    """Return a job with all that a session at once may have: texts, codes, a gap, indexes, flags."""
    text = build_cd_text([CdTextBlock(last_track=2, texts={PackType.TITLE: ("Album", "One", "Two")})])
    first = studio.track(300, isrc="DEA450300001", indexes=(150,))
    second = studio.track(310, 2, pregap=GAP, copy_permitted=True)
    return burn_program(studio.job(first, second, catalogue="4015513000017", cd_text=text))


def holds_album(studio: Studio, tap: Any) -> None:
    assert looked_at(studio.lab, tap).state is DiscState.FINALIZED
    assert sectors(tap, 0, 300) == studio.samples(300, 1)
    assert sectors(tap, 300 + GAP, 310) == studio.samples(310, 2)


def holds_program(studio: Studio, tap: Any) -> None:
    status = looked_at(studio.lab, tap)
    assert status.state is DiscState.FINALIZED
    tracks = [track for track in status.tracks if track.blocks and track.session == status.sessions]
    assert tracks
    for seed, track in enumerate(tracks, 1):
        assert sectors(tap, track.start, 300) == studio.samples(300, seed)


def holds_mixed(studio: Studio, tap: Any) -> None:
    status = looked_at(studio.lab, tap)
    assert status.state is DiscState.FINALIZED
    data, audio = status.tracks
    assert tap.on_disc(data.start, 300) == studio.samples(300, 1, 2048)
    assert sectors(tap, audio.start, 300) == studio.samples(300, 2)


def sectors(tap: Any, lba: int, blocks: int) -> bytes:
    def read(drive: Any) -> bytes:
        return b"".join(drive.medium.sector(at)[1] for at in range(lba, lba + blocks))

    found: bytes = tap.look(("sectors", lba, blocks), read)
    return found


def is_closed(studio: Studio, tap: Any) -> None:
    status = looked_at(studio.lab, tap)
    assert status.state is DiscState.APPENDABLE
    assert not status.open_session
    assert status.sessions == 1


def is_blank(studio: Studio, tap: Any) -> None:
    assert looked_at(studio.lab, tap).state is DiscState.BLANK


CASES = (
    Case("session at once", "cd-r", nothing, lambda s: program(s, AT_ONCE), holds_program),
    Case("data and audio at once", "cd-r", nothing, mixed, holds_mixed),
    Case("album", "cd-rw", nothing, album, holds_album),
    Case("append a session at once", "cd-r", burn_first, lambda s: program(s, AT_ONCE), holds_program),
    Case("tracks at once", "cd-r", nothing, lambda s: program(s, BY_TRACK), holds_program),
    Case("append tracks at once", "cd-r", burn_first, lambda s: program(s, BY_TRACK), holds_program),
    Case("raw 16", "cd-r", nothing, lambda s: raw(s, SubChannelForm.PQ), holds_program),
    Case("raw 96R", "cd-r", nothing, lambda s: raw(s, SubChannelForm.RAW), holds_program),
    Case("raw 96P", "cd-r", nothing, lambda s: raw(s, SubChannelForm.PACKED), holds_program),
    Case("repair a raw session", "cd-r", break_off_raw_first, lambda s: repair(), is_closed),
)
# What differs from those above in nothing but what is there before, or what is left afterwards
FURTHER = (
    Case("test a session at once", "cd-r", nothing, lambda s: program(s, AT_ONCE, simulate=True), is_blank),
    Case("test tracks at once", "cd-r", nothing, lambda s: program(s, BY_TRACK, simulate=True), is_blank),
    Case("session at once over another", "cd-rw", burn_first, lambda s: program(s, AT_ONCE, erase=True), holds_program),
    Case("tracks at once over another", "cd-rw", burn_first, lambda s: program(s, BY_TRACK, erase=True), holds_program),
    Case("raw over another", "cd-rw", burn_first, lambda s: program(s, RAW, erase=True), holds_program),
)


def program_row(case: Case) -> Row:
    def prepare(lab: Lab) -> Fresh:
        studio = Studio(lab)
        ready = lab.drive(case.medium, CAPACITY, speed=4)
        before = case.prepare(studio, ready)
        kept = {} if " over " in case.name else before

        past = Past(lab, lambda: lab.copy_of(ready, case.medium, CAPACITY, speed=4))

        def fresh() -> Subject:
            tap = past.tap()
            return Subject(
                lab, tap, lambda: lab.run(case.job(studio), tap), lambda: case.check(studio, tap), kept, lambda: kept
            )

        return fresh

    return Row(f"program: {case.name}", prepare)

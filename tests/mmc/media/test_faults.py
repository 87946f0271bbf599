"""The fault sweep: every job on every medium, with every one of its commands failing in every way, once.

Whatever happens, the job ends with a typed error or with a success that is one, nothing is written after an error, and
the tray does not stay locked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import xxhash

from discstack.mmc import polling
from discstack.mmc.burn import burn
from discstack.mmc.cd.blanking import BlankType, blank_part
from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.job import CdJob, CdWriteMode
from discstack.mmc.cd.program import Program, ProgramTrack
from discstack.mmc.errors import DriveError
from discstack.mmc.identify import identify
from discstack.mmc.job import Digests, VerifyLevel, WriteCommand
from discstack.mmc.medium import DiscState, WriteMode
from discstack.mmc.operations import close_disc, close_session, erase, format_medium, repair
from discstack.mmc.recipe import FormatOptions
from discstack.mmc.verify import verify
from discstack.transport.base import TransportError

BLOCKS = 40
# One plausible additional sense code for each sense key.
SENSES = {
    0x0: (0x00, 0x00),
    0x1: (0x17, 0x01),
    0x2: (0x04, 0x02),
    0x3: (0x0C, 0x00),
    0x4: (0x44, 0x00),
    0x5: (0x24, 0x00),
    0x6: (0x29, 0x00),
    0x7: (0x27, 0x00),
    0x8: (0x00, 0x00),
    0x9: (0x80, 0x00),
    0xA: (0x00, 0x00),
    0xB: (0x00, 0x00),
    0xD: (0x00, 0x00),
    0xE: (0x1D, 0x00),
    0xF: (0x00, 0x00),
}
DEAD = -1
EVERY = (*SENSES, DEAD)
SOME = (0x1, 0x2, 0x3, 0x5, 0x6, DEAD)  # for jobs that differ from another one in a few steps only
WRITES = {b"\x2a", b"\xaa", b"\x2e"}
DATA = {b"\x28", *WRITES}
CAPACITY = {
    "cd-r": 40000,
    "cd-rw": 40000,
    "dvd+r": 8192,
    "dvd+r-dl": 8192,
    "dvd+rw": 128,
    "dvd-r": 65536,
    "dvd-r-dl": 64,
    "dvd-rw": 256,
    "bd-r": 4096,
    "bd-re": 128,
    "dvd-ram": 256,
    "bd-r-dl": 4096,
    "bd-re-dl": 256,
}


@dataclass(frozen=True)
class Case:
    """A job: how the drive is made ready for it, the job itself, and how to see that it did what it says."""

    name: str
    media: tuple[str, ...]
    prepare: Callable[[Any, Any], None]
    job: Callable[[Any], Any]
    check: Callable[[Any, Any], None]
    keys: tuple[int, ...] = EVERY


def nothing(lab: Any, tap: Any) -> None:
    pass


def burn_first(lab: Any, tap: Any) -> None:
    lab.run(burn(lab.job(BLOCKS, verify=VerifyLevel.NONE, source=lab.source(BLOCKS, 7))), tap)


def holds_image(lab: Any, tap: Any) -> None:
    assert tap.on_disc(0, BLOCKS) == lab.image(BLOCKS)
    assert lab.run(identify(), tap).state in (DiscState.APPENDABLE, DiscState.OVERWRITABLE)


def holds_only_image(lab: Any, tap: Any) -> None:
    assert tap.on_disc(0, BLOCKS) == lab.image(BLOCKS)
    assert lab.run(identify(), tap).state is DiscState.FINALIZED


def format_first(lab: Any, tap: Any) -> None:
    lab.run(format_medium(), tap)


def burn_shorter_first(lab: Any, tap: Any) -> None:
    format_first(lab, tap)
    lab.run(burn(lab.job(16, verify=VerifyLevel.NONE)), tap)


def format_for_overwriting_first(lab: Any, tap: Any) -> None:
    lab.run(format_medium(FormatOptions(pseudo_overwrite=True)), tap)
    burn_first(lab, tap)


def break_off_first(lab: Any, tap: Any) -> None:
    """Leave a session behind whose writer went away in the middle."""
    tap.kill_from(next(n for n, cdb in enumerate(rehearsed(lab, tap), 1) if cdb[:1] in WRITES) + 1)
    with pytest.raises(TransportError):
        lab.run(burn(lab.job(BLOCKS)), tap)
    tap.strikes = {}


def rehearsed(lab: Any, tap: Any) -> list[bytes]:
    medium = tap.inner.drive.medium
    other = lab.copy_of(tap, medium.kind.name, medium.total, speed=4)
    lab.run(burn(lab.job(BLOCKS)), other)
    seen = list(other.seen)
    other.close()
    lab.drives.remove(other)
    return seen


def is_closed(lab: Any, tap: Any) -> None:
    status = lab.run(identify(), tap)
    assert status.state in (DiscState.APPENDABLE, DiscState.OVERWRITABLE)
    assert not status.open_session
    assert tap.on_disc(0, 16) == lab.image(16)


def is_final(lab: Any, tap: Any) -> None:
    assert lab.run(identify(), tap).state is DiscState.FINALIZED
    assert tap.on_disc(0, BLOCKS) == lab.image(BLOCKS, 7)


def is_blank(lab: Any, tap: Any) -> None:
    assert lab.run(identify(), tap).blank


def holds_both(lab: Any, tap: Any) -> None:
    status = lab.run(identify(), tap)
    assert (status.state, status.sessions) == (DiscState.FINALIZED, 2)
    second = status.tracks[1].start
    assert tap.on_disc(second, BLOCKS) == lab.image(BLOCKS)
    assert tap.on_disc(0, BLOCKS) == lab.image(BLOCKS, 7)


def append(lab: Any) -> Any:
    """Write a second session where the disc goes on, and finalize."""
    status = yield from identify()
    return (yield from burn(lab.job(BLOCKS, start=status.next_writable_address or 0, close=True)))


def reread(lab: Any) -> Any:
    """Verify what `burn_first` wrote."""
    chunk = xxhash.xxh3_128_digest(lab.image(BLOCKS, 7))
    expected = Digests(algorithm="xxh3_128", start=0, blocks=BLOCKS, chunk_blocks=512, digests=(chunk,))
    assert (yield from verify(expected)) == BLOCKS


def program(lab: Any, mode: CdWriteMode) -> Any:
    """Record audio; two tracks where each is written by itself."""
    seeds = (1, 2) if mode is BY_TRACK else (1,)
    tracks = tuple(ProgramTrack(source=lab.blocks(300, seed)) for seed in seeds)
    return burn_program(CdJob(program=Program(tracks=tracks), mode=mode, ring_bytes=1 << 18))


def holds_program(lab: Any, tap: Any) -> None:
    status = lab.run(identify(), tap)
    assert status.state is DiscState.FINALIZED
    tracks = [track for track in status.tracks if track.blocks]
    assert tracks
    for seed, track in enumerate(tracks, 1):
        main = b"".join(tap.inner.drive.medium.sector(lba)[1] for lba in range(track.start, track.start + 300))
        assert main == lab.blocks(300, seed).data


AT_ONCE, BY_TRACK = CdWriteMode.SESSION_AT_ONCE, CdWriteMode.TRACK_AT_ONCE
LAST_SESSION = BlankType.ERASE_LAST_SESSION
CASES = (
    Case("session at once", ("cd-r",), nothing, lambda lab: program(lab, AT_ONCE), holds_program),
    Case("tracks at once", ("cd-r",), nothing, lambda lab: program(lab, BY_TRACK), holds_program, SOME),
    Case("burn", ("dvd+rw", "bd-r"), nothing, lambda lab: burn(lab.job(BLOCKS)), holds_image),
    Case("burn", ("dvd-r", "dvd+r", "bd-re"), nothing, lambda lab: burn(lab.job(BLOCKS)), holds_image, SOME),
    Case("burn once", ("dvd-r-dl",), nothing, lambda lab: burn(lab.job(BLOCKS)), holds_only_image, SOME),
    Case(
        "finalize at once",
        ("dvd+r-dl",),
        nothing,
        lambda lab: burn(lab.job(BLOCKS, close=True)),
        holds_only_image,
        SOME,
    ),
    Case(
        "at once",
        ("dvd-r", "cd-r"),
        nothing,
        lambda lab: burn(lab.job(BLOCKS, mode=WriteMode.DISC_AT_ONCE)),
        holds_only_image,
    ),
    Case("burn formatted", ("dvd-rw",), format_first, lambda lab: burn(lab.job(BLOCKS)), holds_image, SOME),
    Case(
        "burn longer",
        ("dvd-rw",),
        burn_shorter_first,
        lambda lab: burn(lab.job(BLOCKS, erase=True)),
        holds_image,
        SOME,
    ),
    Case("burn", ("dvd-ram", "bd-r-dl", "bd-re-dl"), nothing, lambda lab: burn(lab.job(BLOCKS)), holds_image, SOME),
    Case(
        "stream",
        ("dvd-ram",),
        nothing,
        lambda lab: burn(lab.job(BLOCKS, command=WriteCommand.STREAMING)),
        holds_image,
        SOME,
    ),
    Case(
        "burn over",
        ("bd-r",),
        format_for_overwriting_first,
        lambda lab: burn(lab.job(BLOCKS, erase=True)),
        holds_image,
        SOME,
    ),
    Case("format", ("dvd-ram", "bd-r"), nothing, lambda lab: format_medium(), is_blank, SOME),
    Case("repair", ("dvd-r", "dvd+r", "bd-r"), break_off_first, lambda lab: repair(), is_closed, SOME),
    Case("burn over", ("cd-rw",), burn_first, lambda lab: burn(lab.job(BLOCKS, erase=True)), holds_image),
    Case("append", ("cd-r", "dvd+r", "dvd-r", "bd-r"), burn_first, append, holds_both, SOME),
    Case("close session", ("dvd+r", "dvd-r", "bd-r"), break_off_first, lambda lab: close_session(), is_closed, SOME),
    Case("close disc", ("dvd+r", "dvd-r", "bd-r"), burn_first, lambda lab: close_disc(), is_final, SOME),
    Case("erase in part", ("dvd-rw",), burn_shorter_first, lambda lab: erase(), is_blank, SOME),
    Case("take back a session", ("cd-rw",), burn_first, lambda lab: blank_part(LAST_SESSION), is_blank, SOME),
    Case("verify", ("dvd+r",), burn_first, reread, nothing),
    Case("erase", ("dvd+rw",), burn_first, lambda lab: erase(), is_blank),
    Case("erase", ("cd-rw", "dvd-rw", "bd-re"), burn_first, lambda lab: erase(), is_blank, SOME),
    Case("format", ("bd-re",), nothing, lambda lab: format_medium(), is_blank),
    Case("format", ("dvd-rw", "dvd+rw"), nothing, lambda lab: format_medium(), is_blank, SOME),
)


def prepared(lab: Any, case: Case, medium: str) -> Any:
    tap = lab.drive(medium, CAPACITY[medium], speed=4)
    case.prepare(lab, tap)
    return tap


def rehearsal(lab: Any, case: Case, medium: str, ready: Any) -> list[bytes]:
    tap = lab.copy_of(ready, medium, CAPACITY[medium], speed=4)
    lab.run(case.job(lab), tap)
    seen = list(tap.seen)
    case.check(lab, tap)
    return seen


def positions(seen: list[bytes]) -> list[int]:
    """Number the commands from 1, less what is more of the same.

    Of commands that are sent again and again the first and the last are kept, of the WRITEs and READs of a run of data
    the first two and the last.
    """
    places: dict[bytes, list[int]] = {}
    for number, cdb in enumerate(seen, 1):
        places.setdefault(cdb[:1] if cdb[:1] in DATA else cdb, []).append(number)
    kept = [numbers[: 2 if kind in DATA else 1] + numbers[-1:] for kind, numbers in places.items()]
    return sorted({number for numbers in kept for number in numbers})


@pytest.mark.parametrize(
    ("case", "medium"),
    [pytest.param(case, medium, id=f"{case.name}-{medium}") for case in CASES for medium in case.media],
)
def test_every_command_may_fail_in_every_way(
    lab: Any, case: Case, medium: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "INTERVAL", 30.0)  # fewer polls, for the sake of time
    ready = prepared(lab, case, medium)
    for number in positions(rehearsal(lab, case, medium, ready)):
        for key in case.keys:
            strike_once(lab, case, medium, ready, number, key)


def strike_once(lab: Any, case: Case, medium: str, ready: Any, number: int, key: int) -> None:
    tap = lab.copy_of(ready, medium, CAPACITY[medium], speed=4)
    if key == DEAD:
        tap.kill_from(number)
    else:
        tap.strikes = {number: lab.refuse(key, *SENSES[key])}
    try:
        lab.run(case.job(lab), tap)
    except (DriveError, TransportError) as error:
        where = f"command {number} ({tap.lines[number - 1]}) with key {key:X}h: {error!r}"
        assert WRITES.isdisjoint(cdb[:1] for cdb in tap.seen[number:]), where
        assert key == DEAD or not tap.inner.drive.prevented, where
    else:
        assert key != DEAD
        tap.strikes = {}
        case.check(lab, tap)
    tap.close()
    lab.drives.remove(tap)

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

from discstack.mmc.burn import burn
from discstack.mmc.identify import identify
from discstack.mmc.job import Digests, VerifyLevel, WriteCommand
from discstack.mmc.medium import DiscState, WriteMode
from discstack.mmc.operations import close_disc, close_session, erase, format_medium, repair
from discstack.mmc.recipe import FormatOptions
from discstack.mmc.verify import verify
from discstack.transport.base import TransportError

BLOCKS = 40
WRITES = {b"\x2a", b"\xaa", b"\x2e"}
CAPACITY = {
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
    keys: str = "some"


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


CASES = (
    Case("burn", ("dvd+rw", "bd-r"), nothing, lambda lab: burn(lab.job(BLOCKS)), holds_image, keys="every"),
    Case("burn", ("dvd-r", "dvd+r", "bd-re"), nothing, lambda lab: burn(lab.job(BLOCKS)), holds_image),
    Case("burn once", ("dvd-r-dl",), nothing, lambda lab: burn(lab.job(BLOCKS)), holds_only_image),
    Case(
        "finalize at once",
        ("dvd+r-dl",),
        nothing,
        lambda lab: burn(lab.job(BLOCKS, close=True)),
        holds_only_image,
    ),
    Case(
        "at once",
        ("dvd-r",),
        nothing,
        lambda lab: burn(lab.job(BLOCKS, mode=WriteMode.DISC_AT_ONCE)),
        holds_only_image,
        keys="every",
    ),
    Case("burn formatted", ("dvd-rw",), format_first, lambda lab: burn(lab.job(BLOCKS)), holds_image),
    Case(
        "burn longer",
        ("dvd-rw",),
        burn_shorter_first,
        lambda lab: burn(lab.job(BLOCKS, erase=True)),
        holds_image,
    ),
    Case("burn", ("dvd-ram", "bd-r-dl", "bd-re-dl"), nothing, lambda lab: burn(lab.job(BLOCKS)), holds_image),
    Case(
        "stream",
        ("dvd-ram",),
        nothing,
        lambda lab: burn(lab.job(BLOCKS, command=WriteCommand.STREAMING)),
        holds_image,
    ),
    Case(
        "burn over",
        ("bd-r",),
        format_for_overwriting_first,
        lambda lab: burn(lab.job(BLOCKS, erase=True)),
        holds_image,
    ),
    Case("format", ("dvd-ram", "bd-r"), nothing, lambda lab: format_medium(), is_blank),
    Case("repair", ("dvd-r", "dvd+r", "bd-r"), break_off_first, lambda lab: repair(), is_closed),
    Case("append", ("dvd+r", "dvd-r", "bd-r"), burn_first, append, holds_both),
    Case("close session", ("dvd+r", "dvd-r", "bd-r"), break_off_first, lambda lab: close_session(), is_closed),
    Case("close disc", ("dvd+r", "dvd-r", "bd-r"), burn_first, lambda lab: close_disc(), is_final),
    Case("erase in part", ("dvd-rw",), burn_shorter_first, lambda lab: erase(), is_blank),
    Case("verify", ("dvd+r",), burn_first, reread, nothing, keys="every"),
    Case("erase", ("dvd+rw",), burn_first, lambda lab: erase(), is_blank, keys="every"),
    Case("erase", ("dvd-rw", "bd-re"), burn_first, lambda lab: erase(), is_blank),
    Case("format", ("bd-re",), nothing, lambda lab: format_medium(), is_blank, keys="every"),
    Case("format", ("dvd-rw", "dvd+rw"), nothing, lambda lab: format_medium(), is_blank),
)


@pytest.mark.parametrize(
    ("case", "medium"),
    [pytest.param(case, medium, id=f"{case.name}-{medium}") for case in CASES for medium in case.media],
)
def test_every_command_may_fail_in_every_way(lab: Any, sweep: Any, case: Case, medium: str) -> None:
    ready = lab.drive(medium, CAPACITY[medium], speed=4)
    case.prepare(lab, ready)
    sweep(ready, lambda: case.job(lab), lambda tap: case.check(lab, tap), keys=case.keys)

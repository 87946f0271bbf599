"""Rows of the sweep: what reads discs. A subject's `work` keeps what came of it, and `check` looks at that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import xxhash
from laboratory import Lab
from studio import Studio
from tap import Tap

from discstack.mmc import inspection
from discstack.mmc.actions import eject_medium, load_medium
from discstack.mmc.burn import burn
from discstack.mmc.cd.contents import cd_contents
from discstack.mmc.cd.ripping import read_run
from discstack.mmc.cd.sectors import ErrorBits, SubChannels
from discstack.mmc.identify import identify
from discstack.mmc.inspection import inspect
from discstack.mmc.job import Digests, VerifyLevel
from discstack.mmc.medium import DiscState
from discstack.mmc.polling import persist, wait_ready
from discstack.mmc.procedure import Procedure
from discstack.mmc.reading import read_disc
from discstack.mmc.timed_reading import timed_read
from discstack.mmc.verify import verify
from sweep.programs import AT_ONCE, program, sectors
from sweep.remembering import Past, looked_at
from sweep.subjects import Fresh, Row, Subject

BLOCKS = 96
AUDIO = 120
Held = dict[str, Any]
Job = Callable[[Held], Procedure[Any]]
Look = Callable[[Lab, Tap, Held], None]


def expected(lab: Lab) -> Digests:
    chunk = xxhash.xxh3_128_digest(lab.image(BLOCKS))
    return Digests(algorithm="xxh3_128", start=0, blocks=BLOCKS, chunk_blocks=512, digests=(chunk,))


def verifying(level: VerifyLevel, speed: int | None = None) -> Callable[[Lab], Job]:
    def job(held: Held, lab: Lab) -> Procedure[Any]:
        held["verified"] = yield from verify(expected(lab), level=level, read_speed=speed)

    return lambda lab: lambda held: job(held, lab)


def is_verified(lab: Lab, tap: Tap, held: Held) -> None:
    assert held["verified"] == BLOCKS


def reading(**options: Any) -> Callable[[Lab], Job]:
    def job(held: Held) -> Procedure[Any]:
        data = bytearray()
        held["bad"] = yield from read_disc(range(BLOCKS), data.extend, **options)
        held["data"] = bytes(data)

    return lambda lab: job


def is_read(lab: Lab, tap: Tap, held: Held) -> None:
    """What is said to be lost is zeros, everything else is as it is on the disc."""
    image = bytearray(lab.image(BLOCKS))
    for lost in held["bad"]:
        image[lost.start * 2048 : lost.stop * 2048] = bytes(len(lost) * 2048)
    assert held["data"] == image


def ripping(**options: Any) -> Callable[[Lab], Job]:
    def job(held: Held) -> Procedure[Any]:
        found: list[Any] = []
        held["bad"] = yield from read_run(range(AUDIO), found.append, **options)
        held["main"] = [bytes(sector.main) for sector in found]

    return lambda lab: job


def is_ripped(lab: Lab, tap: Tap, held: Held) -> None:
    lost = {lba for blocks in held["bad"] for lba in blocks}
    assert held["main"] == [bytes(2352) if lba in lost else sectors(tap, lba, 1) for lba in range(AUDIO)]


def moments(held: Held) -> Procedure[Any]:
    held["moments"] = yield from timed_read([range(BLOCKS)])


def is_timed(lab: Lab, tap: Tap, held: Held) -> None:
    assert sum(moment.blocks for moment in held["moments"]) == BLOCKS


def looking(held: Held) -> Procedure[Any]:
    held["status"] = yield from identify()


def is_known(lab: Lab, tap: Tap, held: Held) -> None:
    """Where the drive does not tell what the disc is, it says so and gives the reason."""
    status, true = held["status"], looked_at(lab, tap)
    assert status.state in (true.state, DiscState.NO_MEDIUM, DiscState.FORMATTING) or status.reason, status


def asking(held: Held) -> Procedure[Any]:
    held["found"] = yield from inspect(inspection.DISC)


def is_answered(lab: Lab, tap: Tap, held: Held) -> None:
    assert held["found"].answers.keys() | held["found"].refusals.keys() == inspection.DISC.keys()


def listing(held: Held) -> Procedure[Any]:
    held["contents"] = yield from cd_contents()


def is_listed(lab: Lab, tap: Tap, held: Held) -> None:
    assert [track.number for track in held["contents"].tracks] == [1]


def changing(held: Held) -> Procedure[Any]:
    yield from persist(eject_medium, swallow_attentions=True)
    yield from persist(load_medium, swallow_attentions=True)
    yield from wait_ready()


def is_in(lab: Lab, tap: Tap, held: Held) -> None:
    assert looked_at(lab, tap).state is not DiscState.NO_MEDIUM


def with_data(lab: Lab) -> Tap:
    tap = lab.drive("dvd+r", 8192, speed=4)
    lab.run(burn(lab.job(BLOCKS)), tap)
    return tap


def with_audio(lab: Lab) -> Tap:
    tap = lab.drive("cd-r", 13000, speed=4)
    lab.run(program(Studio(lab), AT_ONCE), tap)
    return tap


DATA = ("dvd+r", 8192, with_data)
MUSIC = ("cd-r", 13000, with_audio)
CASES: dict[str, tuple[tuple[str, int, Callable[[Lab], Tap]], Callable[[Lab], Job], Look]] = {
    "verify": (DATA, verifying(VerifyLevel.FULL), is_verified),
    "verify slowly": (DATA, verifying(VerifyLevel.FULL, 4000), is_verified),
    "read": (DATA, reading(), is_read),
    "read past what is bad": (DATA, reading(skip_bad=True), is_read),
    "read with time": (DATA, lambda lab: moments, is_timed),
    "rip": (MUSIC, ripping(), is_ripped),
    "rip past what is bad": (MUSIC, ripping(skip_bad=True, sub=SubChannels.RAW, errors=ErrorBits.BITS), is_ripped),
    "contents": (MUSIC, lambda lab: listing, is_listed),
    "identify a DVD": (DATA, lambda lab: looking, is_known),
    "identify a CD": (MUSIC, lambda lab: looking, is_known),
    "inspect a DVD": (DATA, lambda lab: asking, is_answered),
    "inspect a CD": (MUSIC, lambda lab: asking, is_answered),
    "eject and load": (DATA, lambda lab: changing, is_in),
}


def reading_row(name: str) -> Row:
    (medium, capacity, made), job, look = CASES[name]

    def prepare(lab: Lab) -> Fresh:
        ready = made(lab)

        def ready_drive() -> Tap:
            tap = lab.copy_of(ready, medium, capacity, speed=4)
            lab.run(wait_ready(), tap)  # it says once that it has just been switched on
            tap.seen.clear()
            return tap

        past = Past(lab, ready_drive)

        def fresh() -> Subject:
            tap = past.tap()
            held: Held = {}
            return Subject(lab, tap, lambda: lab.run(job(lab)(held), tap), lambda: look(lab, tap, held))

        return fresh

    return Row(f"read: {name}", prepare)

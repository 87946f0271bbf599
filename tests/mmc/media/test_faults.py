"""The fault sweep: every way to write every medium, with every one of its commands failing.

Where a row of the variants is thorough its commands fail with every sense key, else each with one of those that matter
most, another one at each command and in each row. On CDs a command fails with every sense key, and with a dead device,
the first time that it comes from its place in the code: what becomes of a failure is the business of the procedures
that wait there. Where another row gets to the same place, it fails with one of the keys.
"""

from __future__ import annotations

from typing import Any

import pytest
import xxhash

from discstack.mmc.burn import burn
from discstack.mmc.identify import identify
from discstack.mmc.job import Digests
from discstack.mmc.verify import verify

from .variants import (
    BLOCKS,
    MORE_LAYERS,
    VARIANTS,
    Bench,
    Variant,
    break_off,
    break_off_at_once,
    break_off_packets,
    power_cut,
)

THOROUGH = {
    ("dvd+rw", "Burn"),
    ("bd-r", "Burn"),
    ("dvd-r", "At once"),
    ("bd-re", "Format"),
}
CAPACITY = {"dvd-r-dl": 64, "dvd+rw": 2295104, "dvd-ram": 4096, "bd-re": 4096}
ONE_LAYER = [(medium, section) for medium in VARIANTS if not medium.startswith("cd") for section in VARIANTS[medium]]
ROWS = [*ONE_LAYER, *((medium, "Burn") for medium in MORE_LAYERS)]

# An overburnt CD differs from one that is written at once in nothing but the time that it takes.
COMPACT_ROWS = [("cd-r", section) for section in VARIANTS["cd-r"] if section != "Overburn"] + [
    ("cd-rw", section) for section in VARIANTS["cd-rw"] if section not in VARIANTS["cd-r"]
]
ROOMY = 30000  # blocks: for two sessions of a CD
BROKEN = {break_off, break_off_packets, break_off_at_once, power_cut}  # what no copy of the disc tells of its drive


@pytest.mark.parametrize(("turn", "medium", "section"), [(turn, *row) for turn, row in enumerate(ROWS)])
def test_every_command_may_fail_in_every_way(lab: Any, sweeping: Any, turn: int, medium: str, section: str) -> None:
    variant = VARIANTS[MORE_LAYERS.get(medium, medium)][section]
    benches: dict[Any, Bench] = {}

    def fresh() -> Any:
        tap = lab.drive(medium, CAPACITY.get(medium, 65536), speed=4)
        bench = benches[tap] = Bench(lab, tap)
        for step in variant.steps[:-1]:
            step(bench)
        tap.seen.clear()
        return tap

    swept = sweeping(fresh, lambda tap: variant.steps[-1](benches[tap]), lambda tap: is_as_told(benches[tap], variant))
    if (medium, section) in THOROUGH:
        swept.run("every")
    else:
        swept.run("some", turn)


@pytest.fixture(scope="module")
def covered() -> set[Any]:
    """The places in the code whose commands have failed in every way."""
    return set()


@pytest.mark.parametrize(("turn", "medium", "section"), [(turn, *row) for turn, row in enumerate(COMPACT_ROWS)])
def test_every_command_of_a_cd_may_fail_in_every_way(
    lab: Any, sweeping: Any, covered: set[Any], turn: int, medium: str, section: str
) -> None:
    variant = VARIANTS[medium][section]
    before, last = variant.steps[:-1], variant.steps[-1]
    benches: dict[Any, Bench] = {}

    def prepared() -> Bench:
        bench = Bench(lab, lab.drive(medium, ROOMY, speed=4))
        for step in before:
            step(bench)
        return bench

    ready = None if BROKEN.intersection(before) or not before else prepared()

    def fresh() -> Any:
        if ready is None:
            bench = prepared()
        else:
            tap = lab.copy_of(ready.tap, medium, ROOMY, speed=4)
            bench = Bench(lab, tap, dict(ready.images), ready.burns)
        bench.tap.seen.clear()
        benches[bench.tap] = bench
        return bench.tap

    swept = sweeping(fresh, lambda tap: last(benches[tap]), lambda tap: is_as_told(benches[tap], variant))
    swept.run_new_places(covered, turn)


def is_as_told(bench: Bench, variant: Variant) -> None:
    status = bench.lab.run(identify(), bench.tap)
    assert (status.state, status.sessions, status.open_session) == (variant.state, variant.sessions, variant.open)
    bench.check()


def test_every_command_of_reading_back_may_fail_in_every_way(lab: Any, sweep: Any) -> None:
    ready = lab.drive("dvd+r", 8192, speed=4)
    lab.run(burn(lab.job(BLOCKS)), ready)
    chunk = xxhash.xxh3_128_digest(lab.image(BLOCKS))
    expected = Digests(algorithm="xxh3_128", start=0, blocks=BLOCKS, chunk_blocks=512, digests=(chunk,))
    sweep(ready, lambda: reread(expected), lambda tap: None, keys="every")


def reread(expected: Digests) -> Any:
    assert (yield from verify(expected)) == BLOCKS

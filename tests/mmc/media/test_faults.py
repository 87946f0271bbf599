"""The fault sweep: every way to write every medium, with every one of its commands failing.

A command fails with every sense key, and with a dead device, the first time that it comes from its place in the code:
what becomes of a failure is the business of the procedures that wait there. Where another row gets to the same place,
it fails with one of the keys, another one in each row.
"""

from __future__ import annotations

from typing import Any

import pytest
import xxhash

from discstack.emulator.states import state_of
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
)

# Sizes that let the last layer be reached, a background format run on, and two sessions of a CD fit
CAPACITY = {"dvd-r-dl": 64, "dvd+rw": 2295104, "dvd-ram": 4096, "bd-re": 4096, "cd-r": 30000, "cd-rw": 30000}
# An overburnt CD differs from one that is written at once in nothing but the time that it takes.
SAME = {("cd-r", "Overburn"), *(("cd-rw", section) for section in VARIANTS["cd-r"])}
ROWS = [
    *((medium, section) for medium in VARIANTS for section in VARIANTS[medium] if (medium, section) not in SAME),
    *((medium, "Burn") for medium in MORE_LAYERS),
]
BROKEN = {break_off, break_off_packets, break_off_at_once}  # what no copy of the disc tells of its drive


@pytest.fixture(scope="module")
def covered() -> set[Any]:
    """The places in the code whose commands have failed in every way."""
    return set()


@pytest.mark.parametrize(("turn", "medium", "section"), [(turn, *row) for turn, row in enumerate(ROWS)])
def test_every_command_may_fail_in_every_way(
    lab: Any, sweeping: Any, covered: set[Any], turn: int, medium: str, section: str
) -> None:
    variant, capacity = VARIANTS[MORE_LAYERS.get(medium, medium)][section], CAPACITY.get(medium, 65536)
    before, last = variant.steps[:-1], variant.steps[-1]
    benches: dict[Any, Bench] = {}

    def prepared() -> Bench:
        bench = Bench(lab, lab.drive(medium, capacity, speed=4))
        for step in before:
            step(bench)
        return bench

    ready = None if BROKEN.intersection(before) or not before else prepared()
    if ready is not None and state_of(ready.tap.inner.drive.medium) == "being formatted":
        ready = None  # nor would a copy go on with that

    def fresh() -> Any:
        if ready is None:
            bench = prepared()
        else:
            tap = lab.copy_of(ready.tap, medium, capacity, speed=4)
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

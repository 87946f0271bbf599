"""The fault sweep: every way to write every medium, with every one of its commands failing.

Where a row of the variants is thorough its commands fail with every sense key, else each with one of those that matter
most, another one at each command and in each row.
"""

from __future__ import annotations

from typing import Any

import pytest
import xxhash

from discstack.mmc.burn import burn
from discstack.mmc.identify import identify
from discstack.mmc.job import Digests
from discstack.mmc.verify import verify

from .variants import BLOCKS, MORE_LAYERS, VARIANTS, Bench, Variant

THOROUGH = {
    ("dvd+rw", "Burn"),
    ("bd-r", "Burn"),
    ("dvd-r", "At once"),
    ("bd-re", "Format"),
}
CAPACITY = {"dvd-r-dl": 64, "dvd+rw": 2295104, "dvd-ram": 4096, "bd-re": 4096}
ONE_LAYER = [(medium, section) for medium in VARIANTS if not medium.startswith("cd") for section in VARIANTS[medium]]
ROWS = [*ONE_LAYER, *((medium, "Burn") for medium in MORE_LAYERS)]


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

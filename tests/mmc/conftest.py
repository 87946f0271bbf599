"""The laboratory for procedures (`tests/shared/laboratory.py`), and the fault sweep in it (`tests/shared/sweep`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from laboratory import Lab
from sweep.mishaps import MISHAPS
from sweep.reduction import Reduction
from sweep.subjects import Row
from sweep.table import QUICK
from sweep.trial import rehearse, strike


@pytest.fixture
def lab() -> Iterator[Lab]:
    laboratory = Lab()
    yield laboratory
    laboratory.close()


@pytest.fixture(scope="module")
def reduction() -> Reduction:
    """What the rows of a module have met so far."""
    return Reduction()


@pytest.fixture
def sweep(lab: Lab, reduction: Reduction, monkeypatch: pytest.MonkeyPatch) -> Callable[[Row], None]:
    """Let the commands of a row's job fail, one after the other."""
    for place, name, value in QUICK:
        monkeypatch.setattr(place, name, value)

    def run(row: Row) -> None:
        fresh = row.prepare(lab)
        rehearsal = rehearse(fresh)
        for number, name in reduction.of(rehearsal):
            strike(fresh, number, MISHAPS[name], rehearsal)

    return run

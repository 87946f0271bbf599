"""The fault sweep over what reads discs, as far as `sweep/reduction.py` says; `make sweep` does all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sweep.reading import CASES, reading_row
from sweep.subjects import Row


@pytest.mark.parametrize("name", CASES)
def test_every_command_of_a_reader_may_fail_in_every_way(sweep: Callable[[Row], None], name: str) -> None:
    sweep(reading_row(name))

"""The fault sweep over every way to write every medium, as far as `sweep/reduction.py` says; `make sweep` does all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sweep.media import ROWS, media_row
from sweep.subjects import Row
from variants import MORE_LAYERS, VARIANTS

SAME = {("cd-rw", section) for section in VARIANTS["cd-r"]}
ONES = [row for row in ROWS if row not in SAME and (row[0] not in MORE_LAYERS or row[1] == "Burn")]


@pytest.mark.parametrize(("medium", "section"), ONES)
def test_every_command_may_fail_in_every_way(sweep: Callable[[Row], None], medium: str, section: str) -> None:
    sweep(media_row(medium, section))

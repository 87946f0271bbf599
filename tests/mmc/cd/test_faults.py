"""The fault sweep over CD programs, as far as `sweep/reduction.py` says; `make sweep` does all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sweep.programs import CASES, Case, program_row
from sweep.subjects import Row


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_every_command_of_a_program_may_fail_in_every_way(sweep: Callable[[Row], None], case: Case) -> None:
    sweep(program_row(case))

"""A fixture for the tests of other projects: `virtual_burner`.

It is there as soon as discstack is installed. `virtual_burner("dvd+r", fault="long-write:3")` returns a
`discstack.emulator.burner.VirtualBurner`; all are switched off when the test ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from discstack.emulator.burner import VirtualBurner


@pytest.fixture
def virtual_burner() -> Iterator[Callable[..., VirtualBurner]]:
    """Make virtual burners: `virtual_burner(MEDIUM, **options)`."""
    from discstack.emulator.burner import VirtualBurner

    with ExitStack() as stack:

        def make(medium: str, **options: Any) -> VirtualBurner:
            return stack.enter_context(VirtualBurner(medium, **options))

        yield make

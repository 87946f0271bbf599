"""A fixture for the tests of other projects: `virtual_burner`.

It is there as soon as discstack is installed. `virtual_burner("dvd+r", fault="long-write:3")` returns a
`discstack.emulator.burner.VirtualBurner`; all are switched off when the test ends. The fixture's type is
`discstack.emulator.burner.VirtualBurners`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from discstack.emulator.burner import VirtualBurners


@pytest.fixture
def virtual_burner() -> Iterator[VirtualBurners]:
    """Make virtual burners: `virtual_burner(MEDIUM, **options)`."""
    from discstack.emulator.burner import VirtualBurners

    with VirtualBurners() as burners:
        yield burners

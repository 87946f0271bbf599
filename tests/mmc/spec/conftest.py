"""How every structure is held against bytes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from discstack.mmc.spec.layout import Structure, StructureError

Check = Callable[[type[Structure], bytes], None]


def holds(kind: type[Structure], data: bytes) -> None:
    try:
        structure = kind.parse(data)
    except StructureError:
        return
    if "\ufffd" not in str(structure):  # text that is not ASCII is shown, but cannot be built
        assert kind.parse(structure.build()) == structure


@pytest.fixture(scope="session")
def reads_or_refuses() -> Check:
    """Any bytes are read, and built again to the same, or refused with StructureError."""
    return holds

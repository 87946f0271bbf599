"""The fuzzer's modules stand beside each other, as scripts do; the tests find them here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


@pytest.fixture(scope="module")
def look() -> Iterator[Callable[[bytes], None]]:
    """The function that the fuzzer calls."""
    sys.path.insert(0, str(FOLDER))
    try:
        from target import look

        yield look
    finally:
        sys.path.remove(str(FOLDER))

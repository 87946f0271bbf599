"""Keeping a Windows that is played awake."""

from __future__ import annotations

from typing import Any

import pytest

from discstack.transport.windows.calls import Windows
from discstack.transport.windows.wakefulness import awake

ASKED, NO_MORE = 0x80000001, 0x80000000


@pytest.mark.parametrize(("before", "promised"), [(0x80000000, ("sleep",)), (0, ())])
def test_sleep_is_kept_off_until_the_disc_is_written(
    kernel32: Any, windows: Windows, before: int, promised: tuple[str, ...]
) -> None:
    asked: list[int] = []
    kernel32.SetThreadExecutionState = lambda state: asked.append(state) or before
    with awake(windows) as kept_off:
        assert (kept_off, asked) == (promised, [ASKED])
    assert asked == [ASKED, NO_MORE]

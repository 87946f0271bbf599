"""Programs of audio and data for the laboratory (`tests/shared/studio.py`)."""

from __future__ import annotations

from typing import Any

import pytest
from studio import SHORT_LEADS, Studio


@pytest.fixture
def studio(lab: Any) -> Studio:
    return Studio(lab)


@pytest.fixture
def short_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the lead areas of a raw disc be short, for the sake of time."""
    for setting in SHORT_LEADS:
        monkeypatch.setattr(*setting)

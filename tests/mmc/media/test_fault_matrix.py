"""Drives that lie, fail and have their ways: each fault and personality on every way to write every medium."""

from __future__ import annotations

from typing import Any

import pytest
from sweep.afflictions import afflict, drives, faults
from sweep.media import MEDIA, media_row
from sweep.trial import rehearse
from variants import MORE_LAYERS, VARIANTS

from discstack.mmc import polling

# Where each medium meets the ways of real drives; the other sections differ from these in what is there before.
MAIN = {"Burn", "Append and finalize", "At once", "Burn over", "Format", "Close the session"}
# With more layers nothing but sizes is different.
ROWS = [
    (medium, section)
    for medium, page in MEDIA.items()
    for section in VARIANTS[page]
    if medium not in MORE_LAYERS or section in ("Append and finalize", "Burn over")
    if not (medium == "cd-rw" and section in VARIANTS["cd-r"])
]


@pytest.mark.parametrize(("medium", "section"), ROWS)
def test_nothing_that_a_drive_does_is_passed_off_as_success(
    lab: Any, medium: str, section: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "INTERVAL", 10.0)
    fresh = media_row(medium, section).prepare(lab)
    rehearsal = rehearse(fresh)
    for affliction in (*faults(all_arguments=False), *(drives() if section in MAIN else ())):
        afflict(fresh, affliction, rehearsal)

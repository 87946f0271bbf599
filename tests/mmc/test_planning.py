"""What a burn expects of a disc before it has touched it."""

from __future__ import annotations

from typing import Any

import pytest

from discstack.mmc.burn import burn
from discstack.mmc.identify import identify
from discstack.mmc.media import RECIPES
from discstack.mmc.operations import erase
from discstack.mmc.planning import blanked

TOLD = (
    "state",
    "capacity_blocks",
    "free_blocks",
    "next_writable_address",
    "sessions",
    "open_session",
    "tracks",
    "blank",
)


@pytest.mark.parametrize("close", [False, True], ids=["appendable", "finalized"])
@pytest.mark.parametrize("medium", ["cd-rw", "dvd-rw"])
def test_a_disc_that_is_to_be_erased_is_taken_for_what_erasing_makes_of_it(lab: Any, medium: str, close: bool) -> None:
    """The image is fitted onto it before anything is lost."""
    tap = lab.drive(medium, 32768, speed=4)
    lab.run(erase(full=True), tap)  # a new DVD-RW is written at once only
    written = lab.run(burn(lab.job(40, close=close)), tap).medium
    expected = blanked(RECIPES[written.profile], written)
    erased = lab.run(erase(full=True), tap)
    assert [getattr(expected, name) for name in TOLD] == [getattr(erased, name) for name in TOLD]
    assert expected.modes == erased.modes


@pytest.mark.parametrize("close", [False, True], ids=["appendable", "finalized"])
@pytest.mark.parametrize("medium", ["cd-rw", "dvd-rw"])
def test_a_larger_image_may_replace_a_smaller_one(lab: Any, medium: str, close: bool) -> None:
    tap = lab.drive(medium, 32768, speed=4)
    room = lab.run(identify(), tap).free_blocks
    lab.run(burn(lab.job(40, close=close)), tap)
    assert lab.run(identify(), tap).capacity_blocks >= room
    assert lab.run(burn(lab.job(1000, erase=True, close=close)), tap).verified == 1000

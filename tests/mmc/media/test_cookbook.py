"""The cookbook's transcripts are what the recipes really send; `UPDATE_COOKBOOK=1` writes them anew.

Each leads to the disc that the table of variants says, with the images on it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from variants import FILLED, MORE_LAYERS, VARIANTS, Bench

from discstack.emulator.states import moves, state_of
from discstack.mmc.identify import identify
from discstack.mmc.media import RECIPES

COOKBOOK = Path(__file__).parents[3] / "docs" / "cookbook"
CAPACITY = {"dvd-r-dl": 64, "dvd+rw": 2295104}  # reaching layer 1; a format that is still running when it is stopped
STATES_OF = {"dvd-r-dl": "dvd-r"}
PAGES = {**{medium: medium for medium in VARIANTS}, **MORE_LAYERS}


@pytest.mark.parametrize(
    ("medium", "section"), [(medium, section) for medium, page in PAGES.items() for section in VARIANTS[page]]
)
def test_a_recipe_sends_what_the_cookbook_says_and_leaves_the_disc_so(lab: Any, medium: str, section: str) -> None:
    page = PAGES[medium]
    bench = Bench(lab, lab.drive(medium, FILLED.get(section, CAPACITY.get(medium, 65536)), speed=4))
    variant, found = VARIANTS[page][section], watch_states(bench.tap)
    for step in variant.steps:
        step(bench)
    lab.check_page(COOKBOOK / f"{page}.md", section, shortened(lab.transcript(bench.tap)))
    status = lab.run(identify(), bench.tap)
    assert (status.state, status.sessions, status.open_session) == (variant.state, variant.sessions, variant.open)
    bench.check()
    assert found <= {(arrow.start, arrow.end) for arrow in moves(STATES_OF.get(page, page))}


def watch_states(tap: Any) -> set[tuple[str, str]]:
    """Collect the moves of the disc from state to state, which must be in the table of states."""
    drive, execute, found = tap.inner.drive, tap.inner.execute, set()
    last = state_of(drive.medium)

    def watched(command: Any) -> Any:
        nonlocal last
        try:
            return execute(command)
        finally:
            now = state_of(drive.medium)
            if now != last:
                found.add((last, now))
                last = now

    tap.inner.execute = watched
    return found


def shortened(transcript: str) -> str:
    """Tell a pair of commands once that is sent again and again."""
    return re.sub(r"^((?:.+\n){2})\1{2,}", r"\1... and both again, until it is done\n", transcript, flags=re.MULTILINE)


def test_every_medium_that_has_a_recipe_has_a_page() -> None:
    names = {re.sub(r" \(.*", "", recipe.name).lower().replace(" ", "-") for recipe in RECIPES.values()}
    assert names == set(VARIANTS) == {page.stem for page in COOKBOOK.glob("*.md") if page.stem != "index"}


@pytest.mark.parametrize("medium", VARIANTS)
def test_every_section_of_a_page_is_tried(medium: str) -> None:
    text = (COOKBOOK / f"{medium}.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == list(VARIANTS[medium])

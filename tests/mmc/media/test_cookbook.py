"""The cookbook's transcripts are what the recipes really send; `UPDATE_COOKBOOK=1` writes them anew."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from discstack.mmc.burn import burn
from discstack.mmc.identify import identify
from discstack.mmc.job import WriteCommand
from discstack.mmc.media import RECIPES
from discstack.mmc.medium import WriteMode
from discstack.mmc.operations import close_session, erase, format_medium
from discstack.mmc.recipe import FormatOptions

COOKBOOK = Path(__file__).parents[3] / "docs" / "cookbook"
BLOCKS = 40


def first_burn(lab: Any, tap: Any) -> None:
    lab.run(burn(lab.job(BLOCKS)), tap)


def append_and_close(lab: Any, tap: Any) -> None:
    start = lab.run(identify(), tap).next_writable_address
    tap.seen.clear()
    lab.run(burn(lab.job(BLOCKS, start=start, close=True)), tap)


def burn_over(lab: Any, tap: Any) -> None:
    lab.run(burn(lab.job(BLOCKS, erase=True)), tap)


def burn_at_once(lab: Any, tap: Any) -> None:
    lab.run(burn(lab.job(BLOCKS, mode=WriteMode.DISC_AT_ONCE)), tap)


def burn_as_a_test(lab: Any, tap: Any) -> None:
    lab.run(burn(lab.job(BLOCKS, simulate=True)), tap)


def burn_and_finalize(lab: Any, tap: Any) -> None:
    lab.run(burn(lab.job(BLOCKS, close=True)), tap)


def burn_longer(lab: Any, tap: Any) -> None:
    lab.run(burn(lab.job(2 * BLOCKS, erase=True)), tap)


def erase_in_full(lab: Any, tap: Any) -> None:
    lab.run(erase(full=True), tap)


def format_in_full(lab: Any, tap: Any) -> None:
    lab.run(format_medium(FormatOptions(full=True)), tap)


def burn_by_streaming(lab: Any, tap: Any) -> None:
    lab.run(burn(lab.job(BLOCKS, command=WriteCommand.STREAMING)), tap)


def burn_verified(lab: Any, tap: Any) -> None:
    lab.run(burn(lab.job(BLOCKS, command=WriteCommand.WRITE_AND_VERIFY)), tap)


def stop_formatting(lab: Any, tap: Any) -> None:
    lab.run(close_session(), tap)


def resume_formatting(lab: Any, tap: Any) -> None:
    lab.run(format_medium(FormatOptions(resume=True)), tap)


def format_for_overwriting(lab: Any, tap: Any) -> None:
    lab.run(format_medium(FormatOptions(pseudo_overwrite=True)), tap)


def format_without_spares(lab: Any, tap: Any) -> None:
    lab.run(format_medium(FormatOptions(spare_blocks=0)), tap)


def erase_it(lab: Any, tap: Any) -> None:
    lab.run(erase(), tap)


def format_it(lab: Any, tap: Any) -> None:
    lab.run(format_medium(), tap)


CAPACITY = {"dvd-r-dl": 64, "dvd+rw": 2295104}  # reaching layer 1; a format that is still running when it is stopped
LONG_RUNS = ("READ (10)", "WRITE (10)", "WRITE (12)", "WRITE AND VERIFY (10)")
Step = Callable[[Any, Any], None]
SECTIONS: dict[str, dict[str, tuple[Step, ...]]] = {
    "cd-r": {
        "Burn": (first_burn,),
        "Append and finalize": (first_burn, append_and_close),
        "At once": (burn_at_once,),
    },
    "cd-rw": {
        "Burn": (first_burn,),
        "Burn over": (first_burn, burn_over),
        "Erase": (first_burn, erase_it),
        "Format": (format_it,),
        "Burn formatted": (format_it, first_burn),
    },
    "dvd+r": {"Burn": (first_burn,), "Append and finalize": (first_burn, append_and_close)},
    "dvd+r-dl": {
        "Burn": (first_burn,),
        "Append and finalize": (first_burn, append_and_close),
        "Finalize at once": (burn_and_finalize,),
    },
    "dvd-r": {
        "Burn": (first_burn,),
        "Append and finalize": (first_burn, append_and_close),
        "At once": (burn_at_once,),
        "Test": (burn_as_a_test,),
    },
    "dvd-r-dl": {"Burn": (first_burn,), "At once": (burn_at_once,)},
    "dvd-rw": {
        "Burn": (first_burn,),
        "Append and finalize": (first_burn, append_and_close),
        "Burn over": (first_burn, burn_over),
        "Erase": (first_burn, erase_it),
        "Burn after a quick erase": (first_burn, erase_it, first_burn),
        "Format": (format_it,),
        "Format in full": (format_in_full,),
        "Burn formatted": (format_it, first_burn),
        "Burn beyond what is formatted": (format_it, first_burn, burn_longer),
        "Back to sequential recording": (format_it, first_burn, erase_in_full),
    },
    "dvd+rw": {
        "Burn": (first_burn,),
        "Burn over": (first_burn, burn_over),
        "Erase": (first_burn, erase_it),
        "Stop the background format": (format_it, stop_formatting),
        "Take the background format up again": (format_it, stop_formatting, resume_formatting),
    },
    "dvd-ram": {
        "Burn": (first_burn,),
        "Burn by streaming": (burn_by_streaming,),
        "Burn and verify each piece": (burn_verified,),
        "Format": (format_it,),
        "Format in full": (format_in_full,),
    },
    "bd-r": {
        "Burn": (first_burn,),
        "Append and finalize": (first_burn, append_and_close),
        "Format": (format_it,),
        "Burn with spare areas": (format_it, first_burn),
        "Burn over": (format_for_overwriting, first_burn, burn_over),
    },
    "bd-re": {
        "Burn": (first_burn,),
        "Burn over": (first_burn, burn_over),
        "Format": (format_it,),
        "Format with certification": (format_in_full,),
        "Format without spare areas": (format_without_spares,),
        "Burn by streaming": (format_it, burn_by_streaming),
    },
}


def transcript(lab: Any, medium: str, steps: tuple[Step, ...]) -> str:
    tap = lab.drive(medium, CAPACITY.get(medium, 65536), speed=4)
    for step in steps:
        tap.seen.clear()
        step(lab, tap)
    return str(lab.transcript(tap))


@pytest.mark.parametrize(("medium", "section"), [(m, s) for m, sections in SECTIONS.items() for s in sections])
def test_a_recipe_sends_what_the_cookbook_says(lab: Any, medium: str, section: str) -> None:
    lab.check_page(COOKBOOK / f"{medium}.md", section, transcript(lab, medium, SECTIONS[medium][section]))


def test_every_medium_that_has_a_recipe_has_a_page() -> None:
    names = {re.sub(r" \(.*", "", recipe.name).lower().replace(" ", "-") for recipe in RECIPES.values()}
    assert names == set(SECTIONS) == {page.stem for page in COOKBOOK.glob("*.md") if page.stem != "index"}

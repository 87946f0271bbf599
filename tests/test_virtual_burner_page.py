"""docs/virtual-burner.md tells of every medium, option, fault and personality of a virtual drive, and of no others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from discstack.address import OPTIONS, parse_address
from discstack.emulator.fault_words import NAMED, parse_faults
from discstack.emulator.media.families import MEDIA
from discstack.emulator.personalities import PERSONALITIES

PAGE = (Path(__file__).parent.parent / "docs/virtual-burner.md").read_text(encoding="utf-8")
SPAN = re.compile(r"`([^`]+)`")


def rows(title: str) -> Iterator[list[str]]:
    """Yield the cells of the rows below a heading."""
    part = re.split(rf"^#+ {title}$", PAGE, flags=re.MULTILINE)[1]
    for line in re.split(r"^#", part, flags=re.MULTILINE)[0].splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def test_every_medium_is_named() -> None:
    named = re.search(r"MEDIUM is one of (.*?)\.\n", PAGE, re.DOTALL)
    assert named is not None
    assert set(SPAN.findall(named[1])) == set(MEDIA)


def test_every_option_is_told_of() -> None:
    assert {SPAN.findall(cells[0])[0].partition("=")[0] for cells in rows("The address")} == set(OPTIONS)


@pytest.mark.parametrize("option", ["realtime=10", "defects=100-115,4000", "fault=reset:2;write-protected"])
def test_what_options_take_is_taken(option: str) -> None:
    assert parse_address(f"virtual:dvd+r?{option}")


def test_every_fault_is_told_of() -> None:
    told = [word for cells in rows("What can go wrong") for word in SPAN.findall(cells[0])]
    assert {word.partition(":")[0] for word in told} == set(NAMED)
    for word in told:
        assert parse_faults(word.replace(":N", ":3"))


def test_every_personality_is_told_of_as_it_is() -> None:
    told = {name.strip("`"): (does, source) for name, _, does, source in rows("Ways of real drives")}
    assert told == {name: (who.does, who.source) for name, who in PERSONALITIES.items()}

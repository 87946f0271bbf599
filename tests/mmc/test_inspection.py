"""Asking for everything: what is refused is told too, and nothing that a drive lists is left out."""

from __future__ import annotations

from typing import Any

import pytest

from discstack.mmc.identify import identify
from discstack.mmc.inspection import DISC, inspect, structures
from discstack.mmc.spec.disc_structure import BdDefinition, DvdRamDefinition, PhysicalFormatInformation


def structures_of(lab: Any, medium: str, **options: Any) -> Any:
    tap = lab.drive(medium, **options)
    lab.run(identify(), tap)  # hears that the drive was switched on
    return lab.run(structures(0), tap)


def test_a_structure_that_is_listed_and_refused_is_answered_by_the_reason(lab: Any) -> None:
    found = structures_of(lab, "dvd+r", fault="opcode=AD,format=17,sense=5/24/00,times=0")
    assert list(found) == ["00h", "01h", "11h"]
    assert isinstance(found["00h"], PhysicalFormatInformation)
    assert found["11h"].startswith("no answer: READ DISC STRUCTURE format=0x11")


def test_the_physical_format_is_asked_for_each_layer(lab: Any) -> None:
    found = structures_of(lab, "dvd+r-dl")
    assert list(found) == ["00h", "00h of layer 1", "01h", "11h", "11h of layer 1", "20h"]


@pytest.mark.parametrize(("medium", "kind"), [("dvd-ram", DvdRamDefinition), ("bd-r", BdDefinition)])
def test_the_disc_definition_structure_is_typed(lab: Any, medium: str, kind: type) -> None:
    answers = lab.run(inspect(DISC), lab.drive(medium)).answers
    found = answers["BD structures" if medium == "bd-r" else "DVD structures"]
    assert isinstance(found["08h"], kind)

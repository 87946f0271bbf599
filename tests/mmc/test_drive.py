"""The drive as an object: its questions, asked of a drive that was switched on only now."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from discstack.emulator.open import open_virtual
from discstack.mmc import queries
from discstack.mmc.drive import Drive
from discstack.mmc.errors import UnitAttention
from discstack.mmc.spec.disc_structure import PhysicalFormatInformation
from discstack.mmc.spec.mode_pages import WriteParametersPage


@pytest.fixture
def drive() -> Iterator[Drive]:
    with Drive(open_virtual("dvd+r", capacity=4096)) as drive:
        yield drive


def test_a_question_is_asked_again_where_the_drive_tells_first_that_it_was_switched_on(drive: Drive) -> None:
    with pytest.raises(UnitAttention):
        drive.run(queries.disc_information())
    with Drive(open_virtual("dvd+r", capacity=4096)) as other:
        assert other.ask(queries.disc_information).erasable is False


def test_a_mode_page_is_had_with_its_current_changeable_and_default_values(drive: Drive) -> None:
    current, changeable, default = (WriteParametersPage.parse(drive.mode_page(5, control)) for control in range(3))
    assert current == default
    assert changeable.write_type
    assert changeable != current


def test_a_disc_structure_is_typed(drive: Drive) -> None:
    structure = drive.disc_structure(0)
    assert isinstance(structure, PhysicalFormatInformation)
    assert structure.layers == 1

"""The drive as an object: its questions, asked of a drive that was switched on only now."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from discstack.emulator.open import open_virtual
from discstack.mmc import queries
from discstack.mmc.drive import Drive
from discstack.mmc.errors import UnitAttention
from discstack.mmc.job import BurnJob
from discstack.mmc.overwrite import Zeros
from discstack.mmc.spec.disc_structure import PhysicalFormatInformation
from discstack.mmc.spec.mode_pages import WriteParametersPage
from discstack.mmc.spec.track_information import AddressNumberType


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


def test_a_track_is_had_by_its_number_by_an_address_and_by_its_session(drive: Drive) -> None:
    for _ in range(2):
        start = drive.identify().next_writable_address
        assert start is not None
        drive.burn(BurnJob(source=Zeros(100), start=start))
    second = drive.track_information(2)
    assert second.session_number == 2
    inside = second.logical_track_start_address + 7
    assert drive.track_information(inside, AddressNumberType.LOGICAL_BLOCK_ADDRESS) == second
    assert drive.track_information(2, AddressNumberType.SESSION_NUMBER) == second
    assert drive.track_information(0, AddressNumberType.LOGICAL_BLOCK_ADDRESS).logical_track_number == 1

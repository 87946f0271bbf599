"""Times and addresses of a CD."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.mmc.spec.msf import HIGHEST, LOWEST, Msf


@pytest.mark.parametrize(
    ("lba", "time"),
    [
        (-45150, "90:00:00"),
        (-11634, "97:26:66"),
        (-151, "99:59:74"),
        (-150, "00:00:00"),
        (-1, "00:01:74"),
        (0, "00:02:00"),
        (359849, "79:59:74"),
        (404849, "89:59:74"),
    ],
)
def test_time_and_address_of_the_standards_ranges(lba: int, time: str) -> None:
    assert str(Msf.from_lba(lba)) == time
    assert Msf.from_lba(lba).lba == lba


@given(st.integers(LOWEST, HIGHEST))
def test_every_address_has_its_own_time(lba: int) -> None:
    assert Msf.from_lba(lba).lba == lba
    assert Msf.from_number(Msf.from_lba(lba).number) == Msf.from_lba(lba)


@pytest.mark.parametrize("lba", [-45151, 404850])
def test_address_off_the_disc_is_refused(lba: int) -> None:
    with pytest.raises(ValueError, match="is not on a CD"):
        Msf.from_lba(lba)


def test_time_that_no_cd_has_is_kept_but_has_no_address() -> None:
    time = Msf.parse(b"\xff\xff\xff")
    assert not time.valid
    assert time.build() == b"\xff\xff\xff"
    with pytest.raises(ValueError, match="255:255:255"):
        _ = time.lba

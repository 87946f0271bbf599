from dataclasses import replace

import pytest

from discstack.mmc.errors import UnsupportedMedium
from discstack.mmc.medium import DiscState, MediumStatus, WriteSpeed
from discstack.mmc.spec.profiles import Profile
from discstack.speed import SpeedRequest, kilobytes, parse_speed, read_limit

DVD = MediumStatus(profile=Profile.DVD_PLUS_R, name="DVD+R", state=DiscState.BLANK)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        (None, SpeedRequest()),
        ("max", SpeedRequest()),
        ("min", SpeedRequest(slowest=True)),
        ("16", SpeedRequest(x=16)),
        ("2.4x", SpeedRequest(x=2.4)),
        ("22160kB/s", SpeedRequest(kilobytes=22160)),
        ("9 MB/s", SpeedRequest(kilobytes=9000)),
    ],
)
def test_the_forms_of_a_speed(text: str | None, request_: SpeedRequest) -> None:
    assert parse_speed(text) == request_


@pytest.mark.parametrize("text", ["fast", "0x", "-4", "x16", "16y"])
def test_what_is_no_speed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no speed"):
        parse_speed(text)


@pytest.mark.parametrize("text", ["5540", "176.4"])
def test_a_number_that_no_drive_has_as_x_is_not_taken_for_one(text: str) -> None:
    """Other burners' words for kB/s, say: growisofs and cdrskin take those too."""
    with pytest.raises(ValueError, match=rf"{text}x is faster than any drive.*{text}kB/s"):
        parse_speed(text)
    assert parse_speed(f"{text}x") == SpeedRequest(x=float(text))


def test_an_x_is_that_of_the_medium() -> None:
    assert kilobytes("16x", DVD) == 22160
    assert kilobytes("5MB/s", DVD) == 5000
    assert kilobytes(None, DVD) is None
    assert kilobytes("0.2kB/s", DVD) == kilobytes("0.0001x", DVD) == 1


def test_the_slowest_speed_is_one_that_the_drive_tells() -> None:
    told = replace(DVD, write_speeds=(WriteSpeed(kilobytes=11080, x=8), WriteSpeed(kilobytes=3324, x=2.4)))
    assert kilobytes("min", told) == 3324
    assert kilobytes("min", DVD) == 1385
    assert read_limit("min", told) == 1385


def test_an_unknown_medium_has_no_x() -> None:
    with pytest.raises(UnsupportedMedium, match="no speed is known"):
        kilobytes("4x", MediumStatus(profile=0x51, name="HD DVD-R", state=DiscState.UNSUPPORTED))

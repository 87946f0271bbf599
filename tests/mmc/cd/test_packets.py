"""CD-RW formatted for fixed packets: written anywhere, again and again, and back."""

from __future__ import annotations

from typing import Any

import pytest

from discstack.mmc.burn import burn
from discstack.mmc.cd.blanking import BlankType, blank_part
from discstack.mmc.errors import MediaError, MediumNotBlank
from discstack.mmc.identify import identify
from discstack.mmc.medium import Action, DiscState
from discstack.mmc.operations import format_medium

SIZE = 3900  # 100 packets of 32 blocks and 7 of links


def formatted(studio: Any) -> Any:
    tap = studio.lab.drive("cd-rw", SIZE)
    status = studio.lab.run(format_medium(), tap)
    assert (status.state, status.capacity_blocks, status.blank) == (DiscState.OVERWRITABLE, 3200, True)
    return tap


def test_a_formatted_disc_is_written_over(studio: Any) -> None:
    tap = formatted(studio)
    lab = studio.lab
    result = lab.run(burn(lab.job(40)), tap)
    assert (result.padding, result.verified) == (24, 40)
    with pytest.raises(MediumNotBlank):
        lab.run(burn(lab.job(40)), tap)
    lab.run(burn(lab.job(100, erase=True, source=lab.source(100, 7))), tap)
    assert tap.on_disc(0, 100) == lab.image(100, 7)


def test_a_new_disc_can_be_formatted_and_a_formatted_one_blanked(studio: Any) -> None:
    tap = studio.lab.drive("cd-rw", SIZE)
    assert Action.FORMAT in studio.lab.run(identify(), tap).actions
    tap = formatted(studio)
    assert studio.lab.run(blank_part(BlankType.MINIMAL), tap).state is DiscState.BLANK


def test_a_cd_r_has_no_such_format(studio: Any) -> None:
    with pytest.raises(MediaError, match="cannot be formatted"):
        studio.lab.run(format_medium(), studio.lab.drive("cd-r", SIZE))


def test_tracks_of_audio_do_not_go_there(studio: Any) -> None:
    from discstack.mmc.cd.burn import burn_program

    with pytest.raises(MediaError):
        studio.lab.run(burn_program(studio.job(studio.track(300), erase=False)), formatted(studio))

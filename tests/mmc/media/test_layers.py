"""Discs with two layers: who decides where the second one begins."""

from __future__ import annotations

from typing import Any

import pytest

from discstack.mmc.burn import burn
from discstack.mmc.errors import DiscStateError, UnsupportedMedium
from discstack.mmc.identify import identify
from discstack.mmc.layers import half
from discstack.mmc.medium import DiscState

SEND_STRUCTURE = 0xBF


def test_an_image_that_does_not_reach_layer_1_is_refused(lab: Any) -> None:
    tap = lab.drive("dvd-r-dl", 256)
    assert lab.run(identify(), tap).layer_break == 128
    with pytest.raises(DiscStateError, match="more than half of the disc would be wasted"):
        lab.run(burn(lab.job(120)), tap)
    with pytest.raises(DiscStateError, match="the drive's, not the host's"):
        lab.run(burn(lab.job(140, layer_break=64)), tap)
    assert 0x2A not in [cdb[0] for cdb in tap.seen]
    assert lab.run(burn(lab.job(140)), tap).medium.state is DiscState.FINALIZED


def test_a_dvd_r_dl_holds_one_session_whether_or_not_it_was_asked_to_be_closed(lab: Any) -> None:
    result = lab.run(burn(lab.job(40)), lab.drive("dvd-r-dl", 64))
    assert result.medium.state is DiscState.FINALIZED
    assert "finalizes the disc" in result.notices[0]


@pytest.mark.parametrize(("blocks", "first"), [(1, 16), (16, 16), (32, 16), (33, 32), (48, 32), (4173824, 2086912)])
def test_half_is_whole_units_and_no_less_than_layer_1(blocks: int, first: int) -> None:
    assert half(blocks) == first


def test_a_disc_that_is_closed_is_split_in_the_middle(lab: Any) -> None:
    tap = lab.drive("dvd+r-dl", 4096)
    result = lab.run(burn(lab.job(40, close=True)), tap)
    assert (result.layer_break, result.medium.layer_break) == (32, 32)
    assert "would fit on a disc with one layer" in result.notices[0]
    needed = lab.run(burn(lab.job(2100, close=True)), lab.drive("dvd+r-dl", 4096))
    assert (needed.layer_break, needed.notices) == (1056, ())


def test_a_disc_that_is_to_be_appended_to_keeps_the_drives_break(lab: Any) -> None:
    tap = lab.drive("dvd+r-dl", 8192)
    assert lab.run(burn(lab.job(40)), tap).layer_break == 4096
    assert SEND_STRUCTURE not in [cdb[0] for cdb in tap.seen]


@pytest.mark.parametrize("wished", [0, 24, 8, 2064])
def test_a_break_that_is_not_possible_is_refused(lab: Any, wished: int) -> None:
    with pytest.raises(DiscStateError, match="the layer break is a multiple of 16"):
        lab.run(burn(lab.job(40, layer_break=wished)), lab.drive("dvd+r-dl", 4096))


def test_a_break_of_the_users_choice_is_sent(lab: Any) -> None:
    tap = lab.drive("dvd+r-dl", 32768)
    assert lab.run(burn(lab.job(40, layer_break=8192)), tap).medium.layer_break == 8192
    status = lab.run(identify(), tap)
    with pytest.raises(DiscStateError, match="on a blank disc only"):
        lab.run(burn(lab.job(40, layer_break=64, start=status.next_writable_address)), tap)


def test_a_break_that_leaves_no_room_for_another_session_finalizes_the_disc_and_says_so(lab: Any) -> None:
    result = lab.run(burn(lab.job(40, layer_break=1024)), lab.drive("dvd+r-dl", 4096))
    assert result.medium.state is DiscState.FINALIZED
    assert "no room for another session" in result.notices[-1]


def test_a_disc_with_one_layer_has_no_break(lab: Any) -> None:
    with pytest.raises(UnsupportedMedium, match="no layer break"):
        lab.run(burn(lab.job(40, layer_break=32)), lab.drive("dvd+r"))

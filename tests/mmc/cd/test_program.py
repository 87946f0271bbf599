"""Programs, their layout, and their cue sheets in bytes (MMC-6 6.35)."""

from __future__ import annotations

from typing import Any

import pytest

from discstack.mmc.cd.cue import cue_sheet, variants
from discstack.mmc.cd.program import Program, TrackForm, filled_up, lay_out
from discstack.mmc.spec.cd.text import CdTextBlock, PackType, build_cd_text
from discstack.mmc.spec.cue_sheet import build_cue_sheet
from discstack.mmc.spec.msf import Msf

ATIP = Msf(97, 26, 66)
TEXT = build_cd_text([CdTextBlock(texts={PackType.TITLE: ("A", "B")})])


def rows(program: Program, which: int = 0, **options: Any) -> list[str]:
    layout = lay_out(program, **options)
    data = build_cue_sheet(cue_sheet(layout, variants(layout)[which], ATIP))
    return [data[at : at + 8].hex(" ").upper() for at in range(0, len(data), 8)]


def test_an_audio_program_in_bytes(studio: Any) -> None:
    program = Program(
        tracks=(
            studio.track(375, isrc="DEA450300001", copy_permitted=True),
            studio.track(300, pregap=75, indexes=(75,), pre_emphasis=True),
        ),
        catalogue="4015513000017",
    )
    assert rows(program) == [
        "02 34 30 31 35 35 31 33",
        "02 30 30 30 30 31 37 00",
        "21 00 00 01 00 00 00 00",
        "03 01 44 45 41 34 35 30",
        "03 01 33 30 30 30 30 31",
        "21 01 00 00 00 00 00 00",
        "21 01 01 00 00 00 02 00",
        "11 02 00 00 00 00 07 00",
        "11 02 01 00 00 00 08 00",
        "11 02 02 00 00 00 09 00",
        "11 AA 01 01 00 00 0C 00",
    ]


def test_a_session_of_data_in_bytes(studio: Any) -> None:
    assert rows(Program(tracks=(studio.track(300, form=TrackForm.MODE_1),))) == [
        "41 00 00 14 00 00 00 00",
        "41 01 00 10 00 00 00 00",
        "41 01 01 10 00 00 02 00",
        "41 AA 01 14 00 00 06 00",
    ]
    assert rows(Program(tracks=(studio.track(300, form=TrackForm.XA_FORM_1),)))[1] == "41 01 00 20 00 00 00 00"
    assert rows(Program(tracks=(studio.track(300, form=TrackForm.MODE_2),)))[0] == "41 00 00 34 00 00 00 00"


def test_a_copy_says_so(studio: Any) -> None:
    assert rows(Program(tracks=(studio.track(300, copied=True),)))[2] == "01 01 01 00 80 00 02 00"


def test_cd_text_and_isrc_are_varied_in_the_order_of_what_most_drives_take(studio: Any) -> None:
    program = Program(tracks=(studio.track(300, isrc="DEA450300001", copy_permitted=True),), cd_text=TEXT)
    assert len(variants(lay_out(program))) == 4
    assert [(rows(program, n)[0], rows(program, n)[1][:5]) for n in range(4)] == [
        ("21 00 00 41 00 00 00 00", "03 01"),
        ("21 00 00 41 00 00 00 00", "23 01"),
        ("21 00 00 41 00 61 1A 42", "03 01"),
        ("21 00 00 41 00 61 1A 42", "23 01"),
    ]


def test_where_data_and_audio_meet_both_have_their_gaps(studio: Any) -> None:
    layout = lay_out(Program(tracks=(studio.track(300, form=TrackForm.MODE_1), studio.track(300))))
    data, audio = layout.tracks
    assert (data.first, data.start, data.end) == (-150, 0, 450)
    assert (audio.first, audio.start, audio.end) == (450, 600, 900)
    layout = lay_out(Program(tracks=(studio.track(300), studio.track(300, form=TrackForm.MODE_1))))
    assert [(track.start, track.end) for track in layout.tracks] == [(0, 375), (525, 825)]


def test_a_short_track_gets_four_seconds(studio: Any) -> None:
    assert lay_out(Program(tracks=(studio.track(10),))).lead_out == 300


@pytest.mark.parametrize(
    ("blocks", "options", "told"),
    [
        (10, {}, "track 7 has 10 sectors: 290 of silence follow, since no track has less than 300 (4 s)"),
        (
            20,
            {"form": TrackForm.MODE_1},
            "track 7 has 20 sectors: 280 of zeros follow, since no track has less than 300 (4 s)",
        ),
        (
            100,
            {"postgap": 50},
            "track 7 has 100 sectors: 150 of silence follow, since no track has less than 300 (4 s)",
        ),
        (310, {"lead": 11}, "track 7 has 299 sectors: 1 of silence follow, since no track has less than 300 (4 s)"),
        (300, {}, ""),
        (200, {"postgap": 100}, ""),
    ],
)
def test_what_a_short_track_is_filled_up_with_is_told(
    studio: Any, blocks: int, options: dict[str, Any], told: str
) -> None:
    assert "".join(filled_up(7, studio.track(blocks, **options))) == told


def test_the_lead_of_a_source_is_the_pre_gap(studio: Any) -> None:
    layout = lay_out(Program(tracks=(studio.track(400, lead=30), studio.track(400, lead=75))))
    assert [(track.first, track.start) for track in layout.tracks] == [(-150, 0), (370, 445)]
    assert [(extent.index, extent.blocks, extent.source is None) for extent in layout.extents] == [
        (0, 120, True),
        (0, 30, False),
        (1, 370, False),
        (0, 75, False),
        (1, 325, False),
    ]


def test_a_later_session_goes_on_with_numbers_and_addresses(studio: Any) -> None:
    program = Program(tracks=(studio.track(300),))
    assert rows(program, base=20000, first_number=4)[1:] == [
        "01 04 00 00 00 04 1C 32",
        "01 04 01 00 00 04 1E 32",
        "01 AA 01 01 00 04 22 32",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"isrc": "DEA45"}, "is no ISRC"),
        ({"indexes": (100, 100)}, "do not rise"),
        ({"indexes": (500,)}, "do not rise"),
        ({"postgap": -1}, "from 0 on"),
        ({"form": TrackForm.MODE_1, "pre_emphasis": True}, "of audio tracks"),
    ],
)
def test_tracks_that_cannot_be_are_refused(studio: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        studio.track(400, **options)


def test_programs_that_cannot_be_are_refused(studio: Any) -> None:
    with pytest.raises(ValueError, match="1 to 99 tracks"):
        Program(tracks=())
    with pytest.raises(ValueError, match="catalogue number"):
        Program(tracks=(studio.track(),), catalogue="123")
    with pytest.raises(ValueError, match="one mode only"):
        Program(tracks=(studio.track(form=TrackForm.MODE_1), studio.track(form=TrackForm.MODE_2)))

"""The cookbook's pages on CD programs are what the recipes really send; `UPDATE_COOKBOOK=1` writes them anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.job import CdWriteMode
from discstack.mmc.cd.program import TrackForm
from discstack.mmc.spec.cd.text import CdTextBlock, PackType, build_cd_text

COOKBOOK = Path(__file__).parents[3] / "docs" / "cookbook" / "cd"
TEXT = build_cd_text([CdTextBlock(texts={PackType.TITLE: ("Album", "Song")})])
TRACK_AT_ONCE = CdWriteMode.TRACK_AT_ONCE
Jobs = Callable[[Any], list[Any]]


def audio(studio: Any) -> list[Any]:
    tracks = studio.track(300, 1, isrc="DEA450300001"), studio.track(320, 2)
    return [studio.job(*tracks, catalogue="4015513000017")]


def data(studio: Any, **options: Any) -> Any:
    return studio.job(studio.track(300, 1, TrackForm.MODE_1), close=False, **options)


PAGES: dict[str, dict[str, Jobs]] = {
    "session-at-once": {
        "Audio": audio,
        "Audio with CD-TEXT": lambda studio: [studio.job(studio.track(300), cd_text=TEXT)],
        "Data": lambda studio: [data(studio)],
        "Data and audio": lambda studio: [studio.job(studio.track(300, 1, TrackForm.MODE_1), studio.track(300))],
        "Append and finalize": lambda studio: [data(studio), studio.job(studio.track(300))],
        "Test": lambda studio: [studio.job(studio.track(300), simulate=True)],
    },
    "track-at-once": {
        "Two audio tracks": lambda studio: [studio.job(studio.track(300), studio.track(300), mode=TRACK_AT_ONCE)],
        "Data and audio": lambda studio: [
            studio.job(studio.track(300, 1, TrackForm.XA_FORM_1), studio.track(300), mode=TRACK_AT_ONCE, close=False)
        ],
    },
}

PAGES["raw"] = {
    "Audio": lambda studio: [studio.job(studio.track(300), mode=CdWriteMode.RAW)],
    "Audio with CD-TEXT, open for another session": lambda studio: [
        studio.job(studio.track(300), cd_text=TEXT, mode=CdWriteMode.RAW, close=False)
    ],
}


@pytest.mark.parametrize(("page", "section"), [(page, section) for page, rows in PAGES.items() for section in rows])
def test_a_program_is_recorded_as_the_cookbook_says(studio: Any, page: str, section: str) -> None:
    tap = studio.lab.drive("cd-r", 60000, speed=4)
    for job in PAGES[page][section](studio):
        tap.seen.clear()
        studio.lab.run(burn_program(job), tap)
    studio.lab.check_page(COOKBOOK / f"{page}.md", section, studio.lab.transcript(tap))


def test_every_page_is_tested() -> None:
    assert {page.stem for page in COOKBOOK.glob("*.md")} == set(PAGES)

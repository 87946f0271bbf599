"""The cookbook's pages on CD programs are what the recipes really send; `UPDATE_COOKBOOK=1` writes them anew.

Each leads to the disc that the table says, with everything on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.composing import SubChannelForm
from discstack.mmc.cd.job import CdWriteMode
from discstack.mmc.cd.program import TrackForm
from discstack.mmc.cd.verify import AS_SENT
from discstack.mmc.identify import identify
from discstack.mmc.medium import DiscState
from discstack.mmc.spec.cd.text import CdTextBlock, PackType, build_cd_text

COOKBOOK = Path(__file__).parents[3] / "docs" / "cookbook" / "cd"
TEXT = build_cd_text([CdTextBlock(texts={PackType.TITLE: ("Album", "Song")})])
BLANK, APPENDABLE, FINALIZED = DiscState.BLANK, DiscState.APPENDABLE, DiscState.FINALIZED
CODES = {"isrc": "DEA450300001", "copy_permitted": True, "pre_emphasis": True}
Jobs = Callable[[Any, CdWriteMode], list[Any]]


@dataclass(frozen=True)
class Row:
    """Jobs, of which only the last one's commands are told, and the state and number of sessions that they lead to.

    `kept` says how many of the jobs' programs are on the disc then.
    """

    jobs: Jobs
    state: DiscState
    sessions: int = 1
    medium: str = "cd-r"
    kept: int | None = None


def one(form: TrackForm = TrackForm.AUDIO, **options: Any) -> Jobs:
    return lambda studio, mode: [studio.job(studio.track(300, 1, form), mode=mode, **options)]


def two(**options: Any) -> Jobs:
    """Two tracks with the codes that there are, the second one of samples that may not be copied."""
    return lambda studio, mode: [
        studio.job(studio.track(300, 1, **CODES), studio.track(320, 2), catalogue="4015513000017", mode=mode, **options)
    ]


def mixed(**options: Any) -> Jobs:
    return lambda studio, mode: [
        studio.job(studio.track(300, 1, TrackForm.MODE_1), studio.track(300, 2), mode=mode, **options)
    ]


def sung(**options: Any) -> Jobs:
    """A track with graphics, which end before it does."""
    return lambda studio, mode: [
        studio.job(studio.track(300, 1, packs=studio.lab.blocks(200, 3, 96)), mode=mode, **options)
    ]


def after_data(jobs: Jobs) -> Jobs:
    return lambda studio, mode: [*one(TrackForm.MODE_1, close=False)(studio, mode), *jobs(studio, mode)]


COMMON: dict[str, Row] = {
    "Audio": Row(two(), FINALIZED),
    "Audio, open for another session": Row(one(close=False), APPENDABLE),
    "Data": Row(one(TrackForm.MODE_1, close=False), APPENDABLE),
    "Data of mode 2": Row(one(TrackForm.MODE_2), FINALIZED),
    "XA, form 1": Row(one(TrackForm.XA_FORM_1), FINALIZED),
    "XA, form 2": Row(one(TrackForm.XA_FORM_2), FINALIZED),
    "Data and audio": Row(mixed(), FINALIZED),
    "Append": Row(after_data(one(close=False)), APPENDABLE, 2),
    "Append and finalize": Row(after_data(one()), FINALIZED, 2),
    "Append a test": Row(after_data(one(simulate=True)), APPENDABLE, 1, kept=1),
    "Burn over": Row(after_data(one(erase=True)), FINALIZED, 1, "cd-rw", kept=-1),
    "Test": Row(one(simulate=True), BLANK, 0),
}
PAGES: dict[str, tuple[CdWriteMode, dict[str, Row]]] = {
    "session-at-once": (
        CdWriteMode.SESSION_AT_ONCE,
        {
            **COMMON,
            "Audio with CD-TEXT": Row(one(cd_text=TEXT), FINALIZED),
            "Indexes and gaps": Row(
                lambda studio, mode: [
                    studio.job(studio.track(300, 1, indexes=(75, 150)), studio.track(300, 2, pregap=100), mode=mode)
                ],
                FINALIZED,
            ),
        },
    ),
    "track-at-once": (CdWriteMode.TRACK_AT_ONCE, COMMON),
    "raw": (
        CdWriteMode.RAW,
        {
            **COMMON,
            "Audio with CD-TEXT, open for another session": Row(one(cd_text=TEXT, close=False), APPENDABLE),
            "Sub-channels raw": Row(one(sub_channels=SubChannelForm.RAW), FINALIZED),
            "Sub-channels packed": Row(one(sub_channels=SubChannelForm.PACKED), FINALIZED),
            "Graphics": Row(sung(), FINALIZED),
            "Graphics and CD-TEXT": Row(sung(cd_text=TEXT), FINALIZED),
        },
    ),
}


@pytest.mark.parametrize(
    ("page", "section"), [(page, section) for page, (_, rows) in PAGES.items() for section in rows]
)
def test_a_program_is_recorded_as_the_cookbook_says(studio: Any, page: str, section: str) -> None:
    mode, rows = PAGES[page]
    row, results = rows[section], []
    tap = studio.lab.drive(row.medium, 60000, speed=4)
    for job in row.jobs(studio, mode):
        tap.seen.clear()
        results.append(studio.lab.run(burn_program(job), tap))
    studio.lab.check_page(COOKBOOK / f"{page}.md", section, studio.lab.transcript(tap))
    status = studio.lab.run(identify(), tap)
    assert (status.state, status.sessions, status.open_session) == (row.state, row.sessions, False)
    results = results[row.kept :] if (row.kept or 0) < 0 else results[: row.kept]
    for read, sent in recorded(tap, results) if row.state is not BLANK else ():
        assert read == sent


def recorded(tap: Any, results: list[Any]) -> Iterator[tuple[bytes, bytes]]:
    """Give what is on the disc of each track, in the form in which it was sent, and what was sent."""
    medium = tap.inner.drive.medium
    for track in (track for result in results for track in result.tracks):
        form, source = track.plan.form, track.plan.source
        as_sent = AS_SENT[form, form.size]
        addresses = range(track.start, track.start + source.sectors)
        yield b"".join(as_sent(medium.sector(lba)[1]) for lba in addresses), source.data


def test_every_page_is_tested() -> None:
    assert {page.stem for page in COOKBOOK.glob("*.md")} == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_every_section_of_a_page_is_tried(page: str) -> None:
    text = (COOKBOOK / f"{page}.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^## (.*)$", text, re.MULTILINE)) == set(PAGES[page][1])

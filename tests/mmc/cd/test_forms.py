"""What goes onto a CD in which way, and what is refused before anything is written: the table of docs/cd-forms.md."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from discstack.mmc.burn import burn
from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.composing import SubChannelForm
from discstack.mmc.cd.job import CdWriteMode
from discstack.mmc.cd.program import TrackForm
from discstack.mmc.cd.verify import AS_SENT
from discstack.mmc.errors import MediaError
from discstack.mmc.identify import identify
from discstack.mmc.medium import DiscState, WriteMode
from discstack.mmc.operations import close_track
from discstack.mmc.spec.cd.text import CdTextBlock, PackType, build_cd_text

pytestmark = pytest.mark.usefixtures("short_leads")
PAGE = Path(__file__).parents[3] / "docs" / "cd-forms.md"
CAPACITY = 30000
TEXT = build_cd_text([CdTextBlock(texts={PackType.TITLE: ("Album", "Song")})])
RAW = CdWriteMode.RAW
WAYS: dict[str, dict[str, Any]] = {
    "track at once": {"mode": CdWriteMode.TRACK_AT_ONCE},
    "session at once": {"mode": CdWriteMode.SESSION_AT_ONCE},
    "raw 16": {"mode": RAW, "sub_channels": SubChannelForm.PQ},
    "raw 96R": {"mode": RAW, "sub_channels": SubChannelForm.RAW},
    "raw 96P": {"mode": RAW, "sub_channels": SubChannelForm.PACKED},
}
Tracks = Callable[[Any], tuple[Any, ...]]


def one(form: TrackForm, **options: Any) -> Tracks:
    return lambda studio: (studio.track(300, 1, form, **options),)


CONTENTS: dict[str, tuple[Tracks, dict[str, Any]]] = {
    "audio": (one(TrackForm.AUDIO), {}),
    "audio with CD-TEXT": (one(TrackForm.AUDIO), {"cd_text": TEXT}),
    "audio with graphics": (
        lambda studio: (studio.track(300, 1, packs=studio.lab.blocks(200, 3, 96)),),
        {},
    ),
    "audio with indexes": (one(TrackForm.AUDIO, indexes=(75, 150)), {}),
    "audio with a gap of one's own": (
        lambda studio: (studio.track(300, 1), studio.track(300, 2, pregap=100)),
        {},
    ),
    "data, mode 1": (one(TrackForm.MODE_1), {}),
    "data, mode 2": (one(TrackForm.MODE_2), {}),
    "XA, form 1": (one(TrackForm.XA_FORM_1), {}),
    "XA, form 2": (one(TrackForm.XA_FORM_2), {}),
    "XA, both forms": (one(TrackForm.XA_MIXED), {}),
    "data, then audio": (lambda studio: (studio.track(300, 1, TrackForm.MODE_1), studio.track(300, 2)), {}),
    "audio, then data": (lambda studio: (studio.track(300, 1), studio.track(300, 2, TrackForm.MODE_1)), {}),
}
ONLY_RAW, ONLY_AT_ONCE = "only raw recording writes them", "session at once can"
NOT_CARRIED = "do not carry the program's CD-TEXT or packs"
REFUSED = {
    ("audio with CD-TEXT", "track at once"): ONLY_AT_ONCE,
    ("audio with CD-TEXT", "raw 16"): NOT_CARRIED,
    ("audio with CD-TEXT", "raw 96P"): NOT_CARRIED,
    ("audio with graphics", "track at once"): ONLY_RAW,
    ("audio with graphics", "session at once"): ONLY_RAW,
    ("audio with graphics", "raw 16"): NOT_CARRIED,
    ("audio with indexes", "track at once"): ONLY_AT_ONCE,
    ("audio with a gap of one's own", "track at once"): ONLY_AT_ONCE,
}
APPENDED = ("audio", "data, mode 1", "data, then audio")
# Where a disc is not blank: the ways that are refused, of programs and of images (what is said of them).
STATES = {
    "appendable": {},
    "with an open session": dict.fromkeys(("session at once", "raw 16", "raw 96R", "raw 96P"), "open session"),
    "with an open track of packets": dict.fromkeys(WAYS, "open"),
    "finalized": dict.fromkeys(WAYS, "nothing can be added"),
}
IMAGES = {
    "track at once": WriteMode.INCREMENTAL,
    "session at once": WriteMode.DISC_AT_ONCE,
    "fixed packets": WriteMode.FIXED_PACKETS,
    "variable packets": WriteMode.VARIABLE_PACKETS,
}
IMAGES_REFUSED = {
    "appendable": {},
    "with an open session": {"session at once": "written incremental"},
    "with an open track of packets": {way: "written fixed packets, not" for way in IMAGES if way != "fixed packets"},
    "finalized": dict.fromkeys(IMAGES, "nothing can be added"),
}


def disc(studio: Any, state: str) -> Any:
    """Return a drive with a disc in a state."""
    lab = studio.lab
    tap = lab.drive("cd-r", CAPACITY, speed=4)
    if state in ("appendable", "finalized"):
        lab.run(burn(lab.job(40, close=state == "finalized")), tap)
    elif state != "blank":
        lab.run(burn(lab.job(320, mode=WriteMode.FIXED_PACKETS, leave_open=True)), tap)
    if state == "with an open session":
        lab.run(close_track(), tap)
    tap.seen.clear()
    return tap


def record(studio: Any, tap: Any, content: str, way: str) -> None:
    """Record a program and look whether all of it is there."""
    tracks, options = CONTENTS[content]
    job = studio.job(*tracks(studio), **options, **WAYS[way])
    result = studio.lab.run(burn_program(job), tap)
    assert result.medium.state is DiscState.FINALIZED
    for track in result.tracks:
        sent, size = track.plan.source.data, track.plan.form.size
        for number in range(track.plan.source.sectors):
            main = tap.inner.drive.medium.sector(track.start + number)[1]
            block = sent[number * size : (number + 1) * size]
            if track.plan.form is TrackForm.XA_MIXED:
                assert (main[16:20], main[24:2072]) == (block[:4], block[8:2056])
            else:
                assert AS_SENT[track.plan.form, size](main) == block


def refused(run: Callable[[], Any], tap: Any, words: str) -> None:
    """See that a job is refused in these words, and the disc as it was."""
    with pytest.raises(MediaError, match=words):
        run()
    assert not {cdb[0] for cdb in tap.seen} & {0x2A, 0x5B, 0x5D, 0xA1}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("content", CONTENTS)
def test_a_blank_disc_takes_a_program_or_it_is_refused(studio: Any, content: str, way: str) -> None:
    tap = disc(studio, "blank")
    if words := REFUSED.get((content, way)):
        refused(lambda: record(studio, tap, content, way), tap, words)
    else:
        record(studio, tap, content, way)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("state", STATES)
def test_a_disc_that_is_not_blank_takes_a_program_or_it_is_refused(studio: Any, state: str, way: str) -> None:
    for content in APPENDED if way not in STATES[state] and not way.startswith("raw") else APPENDED[:1]:
        tap = disc(studio, state)
        if words := STATES[state].get(way):
            refused(lambda: record(studio, tap, content, way), tap, words)  # noqa: B023 - it is called right here
        else:
            record(studio, tap, content, way)


@pytest.mark.parametrize("way", IMAGES)
@pytest.mark.parametrize("state", IMAGES_REFUSED)
def test_a_disc_that_is_not_blank_takes_an_image_or_it_is_refused(studio: Any, state: str, way: str) -> None:
    lab, tap = studio.lab, disc(studio, state)
    start = lab.run(identify(), tap).next_writable_address or 0
    job = lab.job(source=lab.source(333, 2), start=start, mode=IMAGES[way], close=True)
    if words := IMAGES_REFUSED[state].get(way):
        refused(lambda: lab.run(burn(job), tap), tap, words)
    else:
        assert lab.run(burn(job), tap).verified == 333
        assert tap.on_disc(start, 333) == lab.image(333, 2)


def table(head: str, ways: Any, rows: dict[str, dict[str, str]]) -> str:
    """Write a table of what is refused."""
    lines = [f"| {head} | {' | '.join(ways)} |", "|---" * (len(ways) + 1) + "|"]
    for name, words in rows.items():
        lines.append(f"| {name} | {' | '.join('refused' if way in words else 'yes' for way in ways)} |")
    return "\n".join(lines)


def test_the_page_has_these_tables() -> None:
    contents = {name: {way: words for (what, way), words in REFUSED.items() if what == name} for name in CONTENTS}
    made = [
        table("onto a blank disc", WAYS, contents),
        table("programs onto a disc", WAYS, STATES),
        table("an image of data onto a disc", IMAGES, IMAGES_REFUSED),
    ]
    text = PAGE.read_text(encoding="utf-8")
    if os.environ.get("UPDATE_COOKBOOK"):
        head = text.split("\n|")[0].rstrip("\n")
        PAGE.write_text("\n\n".join([head, *made]) + "\n", encoding="utf-8")
        return
    assert all(each in text for each in made)

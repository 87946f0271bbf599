"""CD programs burnt on the emulator: what is on the disc, what is refused, and what a failure leaves behind."""

from __future__ import annotations

import time
import weakref
from dataclasses import replace
from typing import Any

import pytest
from tap import Tap

from discstack.mmc import runs
from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.contents import cd_contents
from discstack.mmc.cd.job import CdWriteMode
from discstack.mmc.cd.program import TrackForm
from discstack.mmc.errors import (
    CommandError,
    DiscStateError,
    IllegalRequest,
    MediaError,
    MediumFull,
    MediumNotBlank,
    UnsupportedMedium,
)
from discstack.mmc.identify import identify
from discstack.mmc.job import VerifyLevel
from discstack.mmc.medium import DiscState
from discstack.mmc.queries import disc_information, raw_toc
from discstack.mmc.spec.cd.text import CdTextBlock, PackType, build_cd_text, parse_cd_text
from discstack.mmc.spec.counted import each
from discstack.mmc.spec.sense import Sense
from discstack.mmc.spec.toc import CdText, CdTextPack
from discstack.mmc.stream import CHUNK, Pump
from discstack.native import Ring
from discstack.transport.base import CHECK_CONDITION, Command, Reply

TEXT = build_cd_text([CdTextBlock(last_track=2, texts={PackType.TITLE: ("Album", "One", "Two")})])
SIZE = 20000


def two_tracks(studio: Any, **options: Any) -> Any:
    return studio.job(studio.track(400, 1), studio.track(500, 2, copy_permitted=True), **options)


def numbered(job: Any, first: int) -> Any:
    return replace(job, program=replace(job.program, first_number=first))


@pytest.mark.parametrize("medium", ["cd-r", "cd-rw"])
def test_audio_comes_back_bit_for_bit_and_without_gaps(studio: Any, medium: str) -> None:
    tap = studio.lab.drive(medium, SIZE)
    result = studio.lab.run(burn_program(two_tracks(studio)), tap)
    assert studio.sectors(tap, 0, 900) == studio.samples(400, 1) + studio.samples(500, 2)
    assert [(track.number, track.start, track.end) for track in result.tracks] == [(1, 0, 400), (2, 400, 900)]
    assert result.medium.state is DiscState.FINALIZED
    assert not tap.inner.drive.prevented


def test_track_at_once_leaves_two_seconds_between_tracks(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    job = two_tracks(studio, mode=CdWriteMode.TRACK_AT_ONCE)
    result = studio.lab.run(burn_program(job), tap)
    first, second = result.tracks
    assert second.start == first.start + 400 + 2 + 150
    assert studio.sectors(tap, second.start, 500) == studio.samples(500, 2)
    assert studio.sectors(tap, second.start - 150, 150) == bytes(150 * 2352)


@pytest.mark.parametrize("mode", [CdWriteMode.SESSION_AT_ONCE, CdWriteMode.TRACK_AT_ONCE])
def test_the_waits_for_a_full_ring_are_no_part_of_the_time(
    studio: Any, mode: CdWriteMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    full = Pump.wait_full

    def late(pump: Pump, seconds: float) -> bool:
        tap.clock.sleep(5000.0)
        return full(pump, seconds)

    monkeypatch.setattr(Pump, "wait_full", late)
    result = studio.lab.run(burn_program(two_tracks(studio, mode=mode)), tap)
    assert tap.clock.now() > 5000.0
    assert 0 < result.seconds < 1000.0
    assert result.speed.measured == pytest.approx(result.counters.blocks * 2.352 / result.seconds)


@pytest.mark.usefixtures("short_leads")
@pytest.mark.parametrize("mode", [CdWriteMode.SESSION_AT_ONCE, CdWriteMode.RAW])
def test_the_drive_begins_when_the_data_of_all_that_comes_first_is_there(studio: Any, mode: CdWriteMode) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    source = studio.lab.blocks(400, 1, 2352)
    job = studio.job(studio.track(source=source), cd_text=TEXT, mode=mode, ring_bytes=8 << 20)
    execute, first = tap.execute, []

    def watch(command: Any) -> Any:
        if command.cdb[0] in {0x5D, 0x2A} and not first:  # SEND CUE SHEET, WRITE (10)
            first.append(source.at)
        return execute(command)

    tap.execute = watch
    studio.lab.run(burn_program(job), tap)
    assert first == [400 * 2352]


@pytest.mark.usefixtures("short_leads")
def test_nothing_comes_between_runs_of_blocks_of_different_sizes(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    data, audio = studio.track(400, 1, TrackForm.MODE_1), studio.track(400, 2)
    studio.lab.run(burn_program(studio.job(data, audio, studio.track(400, 3, TrackForm.MODE_1), cd_text=TEXT)), tap)
    sent = [line.split(" lba")[0] for line in tap.lines]
    began = next(place for place, line in enumerate(sent) if line.startswith("SEND CUE SHEET"))
    flushed = next(place for place, line in enumerate(sent) if line.startswith("SYNCHRONIZE CACHE"))
    assert set(sent[began + 1 : flushed]) == {"WRITE (10)"}


@pytest.mark.usefixtures("short_leads")
def test_no_more_rings_are_kept_than_those_of_two_runs(studio: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rings, most = weakref.WeakSet[Ring](), []

    def make(capacity: int, granule: int) -> Ring:
        until = time.monotonic() + 200
        while len(rings) > 1 and time.monotonic() < until:  # the next pump may be about to let go of the one before it
            time.sleep(0.001)
        ring = Ring(capacity, granule)
        rings.add(ring)
        most.append(len(rings))
        return ring

    monkeypatch.setattr(runs, "Ring", make)
    tracks = [studio.track(400, number, form) for number, form in enumerate([TrackForm.MODE_1, TrackForm.AUDIO] * 2)]
    studio.lab.run(burn_program(studio.job(*tracks, cd_text=TEXT)), studio.lab.drive("cd-r", SIZE))
    assert most == [1, 2, 2, 2, 2]


def test_who_does_not_wait_for_a_source_leaves_no_ring_that_is_still_filled(
    studio: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings, leave = [], Pump.__exit__

    def interrupted(pump: Pump, *error: Any) -> None:
        monkeypatch.setattr(Pump, "__exit__", leave)
        raise KeyboardInterrupt

    def make(capacity: int, granule: int) -> Ring:
        rings.append(Ring(capacity, granule))
        return rings[-1]

    monkeypatch.setattr(runs, "Ring", make)
    monkeypatch.setattr(Pump, "__exit__", interrupted)
    tap, broken = studio.lab.drive("cd-r", SIZE), studio.track(source=studio.lab.blocks(400, 1, 2352, fail_at=0))
    with pytest.raises(KeyboardInterrupt):
        studio.lab.run(burn_program(studio.job(broken, cd_text=TEXT, ring_bytes=8 << 20)), tap)
    assert [ring.cancelled for ring in rings] == [True, True]


@pytest.mark.parametrize(
    ("mode", "blocks"), [(CdWriteMode.SESSION_AT_ONCE, 2675 - 150), (CdWriteMode.TRACK_AT_ONCE, 2675)]
)
def test_a_track_may_have_any_length(studio: Any, mode: CdWriteMode, blocks: int) -> None:
    assert 0 < 2675 * 2352 % CHUNK < 241  # so few bytes are hashed in another way
    tap = studio.lab.drive("cd-r", SIZE)
    job = studio.job(studio.track(blocks), mode=mode, verify=VerifyLevel.FULL)
    assert studio.lab.run(burn_program(job), tap).verified >= blocks


@pytest.mark.usefixtures("short_leads")
@pytest.mark.parametrize("mode", list(CdWriteMode))
def test_a_source_that_fails_at_once_leaves_the_disc_as_it_was(studio: Any, mode: CdWriteMode) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    job = studio.job(studio.track(source=studio.lab.blocks(400, 1, 2352, fail_at=0)), mode=mode, ring_bytes=8 << 20)
    with pytest.raises(OSError, match="the file went bad"):
        studio.lab.run(burn_program(job), tap)
    assert not [line for line in tap.lines if line.startswith(("WRITE", "SEND CUE SHEET"))]
    assert studio.lab.run(identify(), tap).blank


class Poured:
    """A source that would let C read its files: it counts how often it is asked for some, and has none."""

    def __init__(self, source: Any) -> None:
        self.sectors, self.readinto, self.asked = source.sectors, source.readinto, 0

    def pour(self, _: Any) -> int:
        self.asked += 1
        return 0

    def go_to(self, _: int) -> None:
        raise AssertionError("nothing was poured")


@pytest.mark.linux("native code that reads files")
def test_files_of_a_track_of_data_are_poured_and_compared_all_the_same(studio: Any) -> None:
    source = Poured(studio.lab.blocks(400, 1, 2048))
    job = studio.job(
        studio.track(source=source, form=TrackForm.MODE_1), mode=CdWriteMode.TRACK_AT_ONCE, verify=VerifyLevel.FULL
    )
    result = studio.lab.run(burn_program(job), studio.lab.drive("cd-r", SIZE))
    assert (result.verified, source.asked > 0) == (400, True)


def test_codes_flags_and_indexes_get_onto_the_disc(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    track = studio.track(400, isrc="DEA450300001", pre_emphasis=True, indexes=(100, 200))
    studio.lab.run(burn_program(studio.job(track, catalogue="4015513000017")), tap)
    assert studio.answer(tap, "42 00 40 02 00 00 00 0018 00")[9:22] == b"4015513000017"
    assert studio.answer(tap, "42 00 40 03 00 00 01 0018 00")[9:21] == b"DEA450300001"
    q = studio.sectors(tap, 201, 1, 0x00, 16, sub=2)
    assert q[:3] == bytes((0x11, 1, 3))


def test_track_at_once_sends_codes_with_the_write_parameters(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    job = studio.job(studio.track(400, isrc="DEA450300001"), catalogue="4015513000017", mode=CdWriteMode.TRACK_AT_ONCE)
    studio.lab.run(burn_program(job), tap)
    assert studio.answer(tap, "42 00 40 02 00 00 00 0018 00")[9:22] == b"4015513000017"
    assert studio.answer(tap, "42 00 40 03 00 00 01 0018 00")[9:21] == b"DEA450300001"


def coded(studio: Any, **options: Any) -> Any:
    tracks = studio.track(400, 1, isrc="DEA450300001"), studio.track(400, 2), studio.track(400, 3, isrc="DEA450300003")
    return studio.job(*tracks, catalogue="4015513000017", **options)


def drive_that_tells(studio: Any, answer: Any, *opcodes: int) -> Any:
    """Return a drive that answers READ SUB-CHANNEL, and what has these opcodes, as told: `answer(drive, command)`."""
    tap = studio.lab.drive("cd-r", SIZE)
    tap.execute = lambda asked: (answer if asked.cdb[0] in {0x42, *opcodes} else Tap.execute)(tap, asked)
    return tap


@pytest.mark.usefixtures("short_leads")
@pytest.mark.parametrize("mode", list(CdWriteMode))
def test_codes_that_are_on_the_disc_are_no_matter(studio: Any, mode: CdWriteMode) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    assert studio.lab.run(burn_program(coded(studio, mode=mode)), tap).notices == ()
    assert len([line for line in tap.lines if line.startswith("READ SUB-CHANNEL")]) == 3


@pytest.mark.parametrize("mode", [CdWriteMode.SESSION_AT_ONCE, CdWriteMode.TRACK_AT_ONCE])
def test_codes_are_compared_with_what_was_written(studio: Any, mode: CdWriteMode) -> None:
    def other_catalogue(tap: Tap, asked: Command) -> Reply:
        tap.inner.drive.medium.session(1).catalogue = "4015513000018"
        return Tap.execute(tap, asked)

    def other_recording(tap: Tap, asked: Command) -> Reply:
        tap.inner.drive.medium.track(3).isrc = "DEA450300004"
        return Tap.execute(tap, asked)

    for answer, words in (
        (other_catalogue, "the media catalogue number is 4015513000018 on the disc, not 4015513000017"),
        (other_recording, "the ISRC of track 3 is DEA450300004 on the disc, not DEA450300003"),
    ):
        tap = drive_that_tells(studio, answer)
        with pytest.raises(DiscStateError, match=words):
            studio.lab.run(burn_program(coded(studio, mode=mode)), tap)
        assert not tap.inner.drive.prevented


def test_a_drive_that_tells_the_code_of_another_track_is_not_believed(studio: Any) -> None:
    def first_of_all(tap: Tap, asked: Command) -> Reply:
        return Tap.execute(tap, replace(asked, cdb=asked.cdb[:6] + bytes((min(asked.cdb[6], 1),)) + asked.cdb[7:]))

    assert studio.lab.run(burn_program(coded(studio)), drive_that_tells(studio, first_of_all)).notices == ()


def test_the_code_of_another_track_is_no_error_where_the_sub_channel_cannot_be_read(studio: Any) -> None:
    def first_of_all(tap: Tap, asked: Command) -> Reply:
        if asked.cdb[0] == 0xBE:
            return Reply(CHECK_CONDITION, Sense(5, 0x24, 0).build())
        return Tap.execute(tap, replace(asked, cdb=asked.cdb[:6] + bytes((min(asked.cdb[6], 1),)) + asked.cdb[7:]))

    tap = drive_that_tells(studio, first_of_all, 0xBE)
    assert studio.lab.run(burn_program(coded(studio)), tap).notices == (
        "the drive does not show the ISRC of track 3: another one may tell if it is there",
    )


@pytest.mark.parametrize(("opcodes", "notices"), [((), 0), ((0xBE,), 3)])
def test_a_drive_that_tells_no_codes_has_them_read_from_the_sub_channel(
    studio: Any, opcodes: tuple[int, ...], notices: int
) -> None:
    refusal = Reply(CHECK_CONDITION, Sense(5, 0x24, 0).build())
    tap = drive_that_tells(studio, lambda *_: refusal, *opcodes)
    found = studio.lab.run(burn_program(coded(studio)), tap).notices
    assert len([notice for notice in found if "another one may tell if it is there" in notice]) == notices


@pytest.mark.parametrize("key", [4, 0xB])
def test_a_drive_that_fails_when_it_is_asked_for_codes_and_texts_has_burnt_them_all_the_same(
    studio: Any, key: int
) -> None:
    def execute(asked: Command) -> Reply:
        fails = asked.cdb[0] in (0x42, 0xBE) or asked.cdb[:3] == bytes((0x43, 0, 5))
        return Reply(CHECK_CONDITION, Sense(key, 0x44, 0).build()) if fails else Tap.execute(tap, asked)

    tap = studio.lab.drive("cd-r", SIZE)
    tap.execute = execute
    found = studio.lab.run(burn_program(coded(studio, cd_text=TEXT)), tap).notices
    assert len([notice for notice in found if "another one may tell if" in notice]) == 4
    assert {notice.split(":")[0] for notice in found if "failed" in notice} == {
        "the drive failed to read CD-TEXT",
        "the drive failed to read the media catalogue number",
        "the drive failed to read the ISRC of track 1",
        "the drive failed to read the ISRC of track 3",
    }


@pytest.mark.parametrize("key", [3, 4])
def test_what_a_drive_tells_late_of_the_burn_is_no_matter_of_what_it_was_asked_for_then(studio: Any, key: int) -> None:
    late = Reply(CHECK_CONDITION, Sense(key, 0x0C, 0, deferred=True).build())
    with pytest.raises(CommandError, match="it belongs to an earlier command"):
        studio.lab.run(burn_program(coded(studio)), drive_that_tells(studio, lambda *_: late))


def test_the_catalogue_number_of_a_later_session_is_looked_for_there(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", 60000)
    studio.lab.run(burn_program(coded(studio, close=False)), tap)
    second = studio.job(studio.track(400, 4), catalogue="4015513000024")
    assert studio.lab.run(burn_program(second), tap).notices == ()


@pytest.mark.parametrize("untimed", [False, True])
def test_cd_text_is_read_back(studio: Any, untimed: bool) -> None:
    tap = studio.lab.drive("cd-r", SIZE, untimed_lead_in=untimed)
    studio.lab.run(burn_program(two_tracks(studio, cd_text=TEXT)), tap)
    packs = CdText.parse(studio.answer(tap, "43 00 05 00 00 00 00 0800 00")).packs
    assert packs == TEXT
    assert parse_cd_text(packs)[0].text(PackType.TITLE, 2) == "Two"


@pytest.mark.usefixtures("short_leads")
@pytest.mark.parametrize("mode", [CdWriteMode.SESSION_AT_ONCE, CdWriteMode.RAW])
def test_texts_of_a_later_session_are_those_of_its_tracks(studio: Any, mode: CdWriteMode) -> None:
    tap = studio.lab.drive("cd-r", 60000)
    studio.lab.run(burn_program(two_tracks(studio, close=False)), tap)
    studio.lab.run(burn_program(two_tracks(studio, cd_text=TEXT, mode=mode)), tap)
    (block,) = parse_cd_text(each(CdTextPack, bytes.fromhex(tap.inner.drive.medium.session(2).cd_text)))
    assert (block.first_track, block.last_track) == (3, 4)
    assert [block.text(PackType.TITLE, number) for number in (0, 3, 4)] == ["Album", "One", "Two"]


@pytest.mark.usefixtures("short_leads")
def test_damaged_texts_of_a_later_session_are_recorded_as_they_are(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", 60000)
    studio.lab.run(burn_program(two_tracks(studio, close=False)), tap)
    damaged = (replace(TEXT[0], crc=TEXT[0].crc ^ 1), *TEXT[1:])
    studio.lab.run(burn_program(two_tracks(studio, cd_text=damaged)), tap)
    shown = each(CdTextPack, bytes.fromhex(tap.inner.drive.medium.session(2).cd_text))
    assert shown == damaged[1:]  # what a reader takes


@pytest.mark.parametrize("mode", [CdWriteMode.SESSION_AT_ONCE, CdWriteMode.RAW])
@pytest.mark.usefixtures("short_leads")
def test_texts_are_compared_with_what_was_written(studio: Any, mode: CdWriteMode) -> None:
    other = build_cd_text([CdTextBlock(last_track=2, texts={PackType.TITLE: ("Album", "One", "Three")})])
    for shown, notices in ((TEXT, 0), ((), 1), (TEXT[:1], 1), (other, None)):
        tap = studio.lab.drive("cd-r", SIZE)

        def execute(command: Any, tap: Any = tap, shown: Any = shown) -> Any:
            if command.cdb[:3] == bytes((0x43, 0, 5)):
                tap.inner.drive.medium.session(1).cd_text = "".join(pack.build().hex() for pack in shown)
            return tap.inner.execute(command)

        tap.execute = execute
        job = two_tracks(studio, cd_text=TEXT, mode=mode, verify=VerifyLevel.FULL)
        if notices is None:
            with pytest.raises(DiscStateError, match="packs of CD-TEXT on the disc are others than were written"):
                studio.lab.run(burn_program(job), tap)
            continue
        result = studio.lab.run(burn_program(job), tap)
        assert len([notice for notice in result.notices if "packs of CD-TEXT" in notice]) == notices
        assert not [notice for notice in result.notices if "could not be compared" in notice]


def test_a_drive_that_wants_another_cue_sheet_gets_it(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    refusals = [studio.lab.refuse(0x5, 0x26)]
    execute = tap.execute

    def picky(command: Any) -> Any:
        if command.cdb[0] == 0x5D and refusals:
            tap.seen.append(command.cdb)
            return refusals.pop()(command, lambda: None)
        return execute(command)

    tap.execute = picky
    result = studio.lab.run(burn_program(two_tracks(studio, cd_text=TEXT)), tap)
    assert [notice.split(":")[0] for notice in result.notices] == [
        "cue sheet refused (lead-in without a time, ISRC without control field)",
        "cue sheet accepted (lead-in with its time, ISRC without control field)",
    ]


@pytest.mark.parametrize(
    ("form", "fields", "size"),
    [
        (TrackForm.MODE_1, 0x10, 2048),
        (TrackForm.MODE_2, 0x10, 2336),
        (TrackForm.XA_FORM_1, 0x10, 2048),
        (TrackForm.XA_FORM_2, 0x10, 2324),
    ],
)
@pytest.mark.parametrize("mode", [CdWriteMode.SESSION_AT_ONCE, CdWriteMode.TRACK_AT_ONCE])
def test_data_of_every_mode(studio: Any, form: TrackForm, fields: int, size: int, mode: CdWriteMode) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    studio.lab.run(burn_program(studio.job(studio.track(320, 3, form), mode=mode)), tap)
    behind = 4 if form is TrackForm.XA_FORM_2 else 0  # its code is user data to READ CD
    read = studio.sectors(tap, 0, 320, fields, size + behind)
    assert b"".join(read[at : at + size] for at in range(0, len(read), size + behind)) == studio.samples(320, 3, size)
    disc_type = studio.answer(tap, "51 00 00 00 00 00 00 0022 00")[8]
    assert disc_type == (0x20 if form.is_xa else 0)


@pytest.mark.parametrize("mode", [CdWriteMode.SESSION_AT_ONCE, CdWriteMode.RAW])
@pytest.mark.usefixtures("short_leads")
def test_a_blank_disc_may_begin_with_any_track_number(studio: Any, mode: CdWriteMode) -> None:
    tap = studio.lab.drive("cd-r", 60000)
    two = numbered(two_tracks(studio, mode=mode, close=False, verify=VerifyLevel.FULL), 3)
    result = studio.lab.run(burn_program(two), tap)
    assert [track.number for track in result.tracks] == [track.number for track in result.medium.tracks] == [3, 4]
    assert result.verified == (900 if mode is CdWriteMode.RAW else 150 + 900)
    assert studio.answer(tap, "43 00 00 00 00 00 00 0800 00")[2:4] == bytes((3, 4))
    assert [(entry.point, entry.pmin) for entry in studio.lab.run(raw_toc(1), tap).entries[:2]] == [
        (0xA0, 3),
        (0xA1, 4),
    ]
    disc = studio.lab.run(disc_information(), tap)
    assert (disc.number_of_first_track, disc.last_track_number_in_last_session) == (3, 5)
    assert studio.sectors(tap, 401, 1, 0x00, 16, sub=2)[:3] == bytes((0x21, 4, 1))
    following = studio.lab.run(burn_program(studio.job(studio.track(300, 3), mode=mode)), tap)
    assert [track.number for track in following.tracks] == [5]
    contents = studio.lab.run(cd_contents(), tap)
    assert [(track.number, track.session) for track in contents.tracks] == [(3, 1), (4, 1), (5, 2)]


def test_tracks_that_cannot_have_their_numbers_are_refused(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", 60000)
    by_track = two_tracks(studio, mode=CdWriteMode.TRACK_AT_ONCE, close=False)
    with pytest.raises(UnsupportedMedium, match=r"is to be number 3, the disc goes on with 1 .*session at once can"):
        studio.lab.run(burn_program(numbered(by_track, 3)), tap)
    with pytest.raises(ValueError, match="not from 99 on"):
        numbered(by_track, 99)
    studio.lab.run(burn_program(numbered(by_track, 1)), tap)
    seen = len(tap.seen)
    for number in (1, 2, 4):
        for mode in CdWriteMode:
            with pytest.raises(UnsupportedMedium, match=f"is to be number {number}, the disc goes on with 3"):
                studio.lab.run(burn_program(numbered(two_tracks(studio, mode=mode), number)), tap)
    assert not {0x2A, 0x55, 0x5D} & {cdb[0] for cdb in tap.seen[seen:]}
    result = studio.lab.run(burn_program(numbered(two_tracks(studio), 3)), tap)
    assert [track.number for track in result.tracks] == [3, 4]


def test_data_and_audio_in_one_session(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    job = studio.job(studio.track(320, 1, TrackForm.MODE_1), studio.track(400, 2))
    result = studio.lab.run(burn_program(job), tap)
    audio = result.tracks[1]
    assert tap.on_disc(0, 320) == studio.samples(320, 1, 2048)
    assert studio.sectors(tap, audio.start, 400) == studio.samples(400, 2)


@pytest.mark.parametrize("mode", [CdWriteMode.SESSION_AT_ONCE, CdWriteMode.TRACK_AT_ONCE])
def test_sessions_follow_each_other_until_one_is_the_last(studio: Any, mode: CdWriteMode) -> None:
    tap = studio.lab.drive("cd-r", 60000)
    first = studio.lab.run(burn_program(two_tracks(studio, mode=mode, close=False)), tap)
    assert (first.medium.state, first.medium.sessions) == (DiscState.APPENDABLE, 1)
    job = studio.job(studio.track(320, 3, TrackForm.MODE_1), mode=mode)
    second = studio.lab.run(burn_program(job), tap)
    assert (second.medium.state, second.medium.sessions) == (DiscState.FINALIZED, 2)
    (track,) = second.tracks
    assert track.number == 3
    assert track.start == first.medium.next_writable_address
    assert tap.on_disc(track.start, 320) == studio.samples(320, 3, 2048)


@pytest.mark.parametrize("mode", [CdWriteMode.SESSION_AT_ONCE, CdWriteMode.TRACK_AT_ONCE])
def test_a_test_leaves_the_disc_as_it_was(studio: Any, mode: CdWriteMode) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    result = studio.lab.run(burn_program(two_tracks(studio, mode=mode, simulate=True)), tap)
    assert result.simulated
    assert studio.lab.run(identify(), tap).blank


def test_a_rewritable_disc_is_blanked_first_if_that_is_permitted(studio: Any) -> None:
    tap = studio.lab.drive("cd-rw", SIZE)
    studio.lab.run(burn_program(two_tracks(studio)), tap)
    with pytest.raises(MediumNotBlank):
        studio.lab.run(burn_program(two_tracks(studio)), tap)
    job = studio.job(studio.track(320, 9), erase=True)
    studio.lab.run(burn_program(job), tap)
    assert studio.sectors(tap, 0, 320) == studio.samples(320, 9)


def test_what_is_too_long_is_refused_unless_it_may_be_overburnt(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", 800)
    with pytest.raises(MediumFull, match="100 more than the disc says") as caught:
        studio.lab.run(burn_program(two_tracks(studio)), tap)
    assert caught.value.excess == 100
    assert 0x5D not in {cdb[0] for cdb in tap.seen}
    studio.lab.run(burn_program(two_tracks(studio, overburn=True)), tap)
    assert studio.sectors(tap, 0, 900) == studio.samples(400, 1) + studio.samples(500, 2)


def test_other_media_are_refused(studio: Any) -> None:
    tap = studio.lab.drive("dvd+r", 8192)
    with pytest.raises(UnsupportedMedium, match="for CDs"):
        studio.lab.run(burn_program(two_tracks(studio)), tap)


def test_what_track_at_once_cannot_write_is_refused(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    for job in (
        two_tracks(studio, cd_text=TEXT),
        studio.job(studio.track(400, indexes=(100,))),
        studio.job(studio.track(400), studio.track(400, pregap=75)),
    ):
        with pytest.raises(UnsupportedMedium, match="session at once can"):
            studio.lab.run(burn_program(replace(job, mode=CdWriteMode.TRACK_AT_ONCE)), tap)
    assert 0x2A not in {cdb[0] for cdb in tap.seen}


def test_a_disc_is_not_blanked_for_what_cannot_be_written(studio: Any) -> None:
    tap = studio.lab.drive("cd-rw", SIZE)
    studio.lab.run(burn_program(studio.job(studio.track(400, 7))), tap)
    packs = studio.lab.blocks(1, size=96)
    plain = two_tracks(studio, erase=True)
    many = studio.job(*(studio.track(400, indexes=tuple(range(4, 396, 4))) for _ in range(5)), erase=True)
    for job, what in (
        (two_tracks(studio, cd_text=TEXT, mode=CdWriteMode.TRACK_AT_ONCE, erase=True), "session at once can"),
        (replace(plain, program=replace(plain.program, packs=packs)), "only raw recording"),
        (many, "too many indexes"),
    ):
        with pytest.raises(MediaError, match=what):
            studio.lab.run(burn_program(job), tap)
    assert 0xA1 not in {cdb[0] for cdb in tap.seen}
    assert studio.sectors(tap, 0, 400) == studio.samples(400, 7)


def test_a_copy_of_what_may_be_copied_once_is_marked_as_one(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    pages = []
    execute = tap.execute

    def reading(command: Any) -> Any:
        if command.cdb[0] == 0x55:
            pages.append(bytes(command.data)[8:])
        return execute(command)

    tap.execute = reading
    job = studio.job(studio.track(400, copied=True), studio.track(400), mode=CdWriteMode.TRACK_AT_ONCE)
    studio.lab.run(burn_program(job), tap)
    copy = [bool(page[3] & 0x10) for page in pages]
    assert copy == [True, True, False]


def test_an_open_session_takes_no_session_at_once(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    tap.inner.drive.medium.write(0, 300, memoryview(bytes(300 * 2048)))
    tap.inner.drive.medium.flush()
    with pytest.raises(DiscStateError, match="open session"):
        studio.lab.run(burn_program(two_tracks(studio)), tap)


def test_a_source_that_fails_ends_the_burn_by_its_own_error(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    bad = studio.lab.blocks(400, fail_at=200 * 2352)
    with pytest.raises(OSError, match="the file went bad"):
        studio.lab.run(burn_program(studio.job(studio.track(source=bad))), tap)
    assert studio.lab.run(identify(), tap).state is DiscState.DAMAGED
    assert not tap.inner.drive.prevented


def test_a_wrong_table_of_contents_is_an_error(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    job = studio.job(studio.track(400))
    execute = tap.execute

    def forgetful(command: Any) -> Any:
        reply = execute(command)
        if command.cdb[:1] == b"\x43" and command.cdb[2] == 2 and len(reply.data) > 40:
            data = bytearray(reply.data)
            data[-1] += 1  # the frame at which track 1 starts
            return replace(reply, data=bytes(data))
        return reply

    tap.execute = forgetful
    with pytest.raises(DiscStateError, match="track 1 starts at 1 in the table of contents, not at 0"):
        studio.lab.run(burn_program(job), tap)


def test_a_drive_that_takes_no_cue_sheet_at_all_says_why(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    execute = tap.execute

    def refusing(command: Any) -> Any:
        if command.cdb[0] == 0x5D:
            return studio.lab.refuse(0x5, 0x26)(command, lambda: None)
        return execute(command)

    tap.execute = refusing
    with pytest.raises(IllegalRequest, match="SEND CUE SHEET") as caught:
        studio.lab.run(burn_program(two_tracks(studio)), tap)
    assert isinstance(caught.value, CommandError)
    assert 0x2A not in {cdb[0] for cdb in tap.seen}

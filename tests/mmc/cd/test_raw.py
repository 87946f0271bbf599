"""Raw sessions: composed by us, understood by a drive that knows only what the sub-channels say."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.composing import RawSession, RawSource, SubChannelForm, table_of_contents
from discstack.mmc.cd.job import CdWriteMode
from discstack.mmc.cd.program import Program, TrackForm, lay_out
from discstack.mmc.errors import UnsupportedMedium
from discstack.mmc.identify import identify
from discstack.mmc.medium import DiscState
from discstack.mmc.spec.cd import sector, sub_channel
from discstack.mmc.spec.cd.edc import edc
from discstack.mmc.spec.cd.scrambling import scramble
from discstack.mmc.spec.cd.text import CdTextBlock, PackType, build_cd_text, collect
from discstack.mmc.spec.mode_page_values import WriteType
from discstack.mmc.spec.toc import CdText

RAW = CdWriteMode.RAW
TEXT = build_cd_text([CdTextBlock(last_track=2, texts={PackType.TITLE: ("Album", "One", "Two")})])
SIZE = 20000


def blocks(raw: RawSession, form: SubChannelForm, first: int | None = None) -> list[bytes]:
    source = RawSource(raw, form)
    data = bytearray((source.sectors if first is None else first) * form.block_size)
    filled = 0
    while filled < len(data):
        filled += source.readinto(memoryview(data)[filled:])
    return [bytes(data[at : at + form.block_size]) for at in range(0, len(data), form.block_size)]


def session(studio: Any, *tracks: Any, cd_text: Any = (), lead_in: int = -4650, **options: Any) -> RawSession:
    layout = lay_out(Program(tracks=tracks, catalogue="4015513000017", cd_text=cd_text))
    return RawSession(layout=layout, lead_in=lead_in, **options)


def test_the_lead_in_tells_the_table_of_contents_three_times_in_a_row(studio: Any) -> None:
    made = blocks(session(studio, studio.track(300), studio.track(300, 2, copy_permitted=True)), SubChannelForm.PQ)
    assert len(made) == 4500 + 150 + 600 + 6750
    points = [block[2352 + 2] for block in made[:15]]
    assert points == [0xA0] * 3 + [0xA1] * 3 + [0xA2] * 3 + [1] * 3 + [2] * 3
    # the third entry: control 2 (copies), lead-out at 00:10:00; the running time is that of the lead-in, 98:58:06
    assert made[6][2352 : 2352 + 10] == bytes.fromhex("21 00 A2 99 00 06 00 00 10 00")
    assert all(sub_channel.intact(block[2352 : 2352 + 12]) for block in made)


def test_q_of_program_and_lead_out(studio: Any) -> None:
    made = blocks(session(studio, studio.track(300, isrc="DEA450300001")), SubChannelForm.PQ)
    q = {lba: made[lba + 4650][2352:2368] for lba in (-150, 0, 1, 30, 60, 300, 320)}
    assert q[-150][:10] == bytes.fromhex("01 01 00 00 01 74 00 00 00 00")
    assert q[0][:10] == bytes.fromhex("01 01 01 00 00 00 00 00 02 00")
    assert q[30][:10] == bytes.fromhex("02 40 15 51 30 00 01 70 00 30")
    assert sub_channel.recording_of(q[60]) == "DEA450300001"
    assert q[300][:10] == bytes.fromhex("01 AA 01 00 00 00 00 00 06 00")
    assert [q[lba][15] for lba in (-150, 0, 300, 320)] == [0x80, 0, 0, 0x80]


def test_data_is_scrambled_and_has_its_codes(studio: Any) -> None:
    made = blocks(session(studio, studio.track(300, 5, TrackForm.MODE_1)), SubChannelForm.RAW)
    plain = scramble(made[4650 + 7][:2352])
    assert plain == sector.mode_1(7, studio.samples(8, 5, 2048)[7 * 2048 :])
    assert sub_channel.deinterleave(made[4650 + 7][2352:])[12:15] == bytes((0x41, 1, 1))


def test_packs_of_text_follow_each_other_through_the_lead_in(studio: Any) -> None:
    raw = session(studio, studio.track(300), studio.track(300), cd_text=TEXT, lead_in=-150 - 40)
    made = blocks(raw, SubChannelForm.RAW, 41)
    symbols = b"".join(bytes(byte & 0x3F for byte in block[2352:]) for block in made)
    assert collect(symbols[: 40 * 96]) == (TEXT * 40)[: 40 * 4]
    assert not any(symbols[40 * 96 :])  # in the pre-gap there are none


MODE_2_HEADER, FORM_2 = bytes.fromhex("00 00 00 02"), bytes.fromhex("00 00 20 00") * 2


@pytest.mark.parametrize(
    ("form", "pause"),
    [
        (TrackForm.AUDIO, bytes(2352)),
        (TrackForm.MODE_1, scramble(sector.mode_1(-150, bytes(2048)))),
        (TrackForm.MODE_2, scramble(sector.SYNC + MODE_2_HEADER + bytes(2336))),
        *(
            (form, scramble(sector.SYNC + MODE_2_HEADER + FORM_2 + bytes(2324) + edc(FORM_2 + bytes(2324))))
            for form in (TrackForm.XA_FORM_1, TrackForm.XA_FORM_2, TrackForm.XA_MIXED)
        ),
    ],
)
def test_what_comes_before_a_track_is_of_its_kind(studio: Any, form: TrackForm, pause: bytes) -> None:
    raw = session(studio, studio.track(300, form=form), lead_in=-151)
    assert blocks(raw, SubChannelForm.PQ, 2)[1][:2352] == pause


def test_a_session_that_another_one_may_follow_points_there(studio: Any) -> None:
    raw = session(studio, studio.track(300), last_lead_out=359849, appendable=True)
    pointer, groove = list(table_of_contents(raw))[-2:]
    assert (pointer.adr, pointer.point, pointer.zero) == (5, 0xB0, 2)
    assert pointer.time.lba == 300 + 11400 - 150
    assert pointer.p_time.lba == 359849
    assert groove.point == 0xC0


@pytest.mark.parametrize("form", list(SubChannelForm))
def test_a_raw_disc_is_what_its_sub_channels_say(studio: Any, form: SubChannelForm) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    tracks = (
        studio.track(320, 1, TrackForm.MODE_1),
        studio.track(400, 2, isrc="DEA450300001", indexes=(100,), copy_permitted=True),
    )
    job = studio.job(*tracks, catalogue="4015513000017", mode=RAW, sub_channels=form)
    result = studio.lab.run(burn_program(job), tap)
    assert result.medium.state is DiscState.FINALIZED
    assert tap.on_disc(0, 320) == studio.samples(320, 1, 2048)
    start = result.tracks[1].start
    assert studio.sectors(tap, start, 400) == studio.samples(400, 2)
    assert sector.intact(studio.sectors(tap, 9, 1, 0xF8))
    assert studio.sectors(tap, start + 101, 1, 0x00, 16, sub=2)[:3] == bytes((0x21, 2, 2))
    assert studio.answer(tap, "42 00 40 02 00 00 00 0018 00")[9:22] == b"4015513000017"
    assert studio.answer(tap, "42 00 40 03 00 00 02 0018 00")[9:21] == b"DEA450300001"


def test_the_forms_are_tried_until_the_drive_takes_one(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    execute = tap.execute

    def choosy(command: Any) -> Any:
        if command.cdb[0] == 0x55 and command.data[10] & 0x0F == 3 and command.data[12] & 0x0F == 1:
            return studio.lab.refuse(0x5, 0x26)(command, lambda: None)
        return execute(command)

    tap.execute = choosy
    result = studio.lab.run(burn_program(studio.job(studio.track(300), mode=RAW)), tap)
    assert "no raw recording with 16 bytes" in result.notices[0]
    assert studio.sectors(tap, 0, 300) == studio.samples(300)


def test_a_drive_without_raw_recording_is_told_of_before_anything_is_written(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    execute = tap.execute

    def modest(command: Any) -> Any:
        if command.cdb[0] == 0x55 and command.data[10] & 0x0F == 3:
            return studio.lab.refuse(0x5, 0x26)(command, lambda: None)
        return execute(command)

    tap.execute = modest
    with pytest.raises(UnsupportedMedium, match="session at once writes the same disc"):
        studio.lab.run(burn_program(studio.job(studio.track(300), mode=RAW)), tap)
    assert studio.lab.run(identify(), tap).blank


def test_cd_text_in_a_raw_lead_in(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    job = studio.job(studio.track(300), studio.track(300, 2), cd_text=TEXT, mode=RAW)
    studio.lab.run(burn_program(job), tap)
    assert CdText.parse(studio.answer(tap, "43 00 05 00 00 00 00 0800 00")).packs == TEXT


@pytest.mark.parametrize("form", [SubChannelForm.PACKED, None])
def test_graphics_come_back_as_packs(studio: Any, form: SubChannelForm | None) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    symbols = bytes((9, 6, 0, 0, *range(16), 0, 0, 0, 0)) * 4
    track = studio.track(300)
    program = Program(tracks=(track,), packs=studio.lab.blocks(1, size=96).__class__(symbols * 450, block=96))
    job = studio.job(track, mode=RAW, sub_channels=form)
    studio.lab.run(burn_program(job.__class__(program=program, mode=RAW, sub_channels=form)), tap)
    packs = studio.sectors(tap, 100, 1, 0x00, 96, sub=4)
    assert [packs[at : at + 2] for at in range(0, 96, 24)] == [bytes((9, 6))] * 4
    assert [packs[at + 4 : at + 20] for at in range(0, 96, 24)] == [bytes(range(16))] * 4


def test_raw_sessions_follow_each_other(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", 60000)
    first = studio.lab.run(burn_program(studio.job(studio.track(300), mode=RAW, close=False)), tap)
    assert first.medium.state is DiscState.APPENDABLE
    second = studio.lab.run(burn_program(studio.job(studio.track(300, 2), mode=RAW)), tap)
    assert (second.medium.state, second.medium.sessions) == (DiscState.FINALIZED, 2)
    assert second.tracks[0].start == 300 + 11400
    assert studio.sectors(tap, 11700, 300) == studio.samples(300, 2)


def test_a_raw_test_leaves_the_disc_blank(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    studio.lab.run(burn_program(studio.job(studio.track(300), mode=RAW, simulate=True)), tap)
    assert studio.lab.run(identify(), tap).blank


def test_a_raw_session_without_a_right_lead_in_stays_damaged(studio: Any) -> None:
    tap = studio.lab.drive("cd-rw", SIZE)
    execute = tap.execute

    def garbling(command: Any) -> Any:
        if command.cdb[0] == 0x2A and int.from_bytes(command.cdb[2:6], "big", signed=True) < -150:
            data = bytes(len(command.data))
            command = type(command)(command.cdb, command.direction, data, command.allocation, command.timeout)
        return execute(command)

    tap.execute = garbling
    with pytest.raises(Exception, match="should be finalized now"):
        studio.lab.run(burn_program(studio.job(studio.track(300), mode=RAW)), tap)
    assert studio.lab.run(identify(), tap).state is DiscState.DAMAGED


def test_a_final_disc_is_described_while_the_page_is_still_raw(studio: Any) -> None:
    tap = studio.lab.drive("cd-r", SIZE)
    studio.lab.run(burn_program(studio.job(studio.track(300), mode=RAW)), tap)
    medium = tap.inner.drive.medium
    medium.prepare(replace(medium.parameters, write_type=WriteType.RAW))
    assert [track.logical_track_start_address for track in medium.tracks()] == [0]


def test_the_copy_bit_of_a_copy_alternates(studio: Any) -> None:
    """SCMS: 9.375 Hz, as the Copy bit of mode page 05h lets a drive do it; the first frames have it off."""
    made = blocks(session(studio, studio.track(400, copied=True)), SubChannelForm.PQ)
    bits = [block[2352] >> 4 & 0x2 for block in made[4650 : 4650 + 300]]
    assert sorted(set(bits)) == [0, 2]
    changes = [number for number in range(1, 300) if bits[number] != bits[number - 1]]
    assert {later - earlier for earlier, later in pairwise(changes)} == {4}

"""CDs written a session at once: cue sheets, what becomes of them, and sectors read in all their parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from discstack.emulator.media.compact.parts import CdSession, CdTrack
from discstack.emulator.media.compact.surface import Place, made_pq
from discstack.mmc.spec.cd import sector, sub_channel
from discstack.mmc.spec.cd.text import CdTextBlock, PackType, build_cd_text, spread

Load = Callable[..., Any]
WRITE = "2A 00 {:08X} 00 {:04X} 00"
READ_CD = "BE {:02X} {:08X} {:06X} {:02X} {:02X} 00"


def select(host: Any, *, write_type: int, mode: int, block: int, multi: int = 0, test: bool = False) -> None:
    page = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    page[2], page[3], page[4] = 0x40 | test << 4 | write_type, multi << 6 | mode, block
    host.ok(f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page)


def send(host: Any, *rows: str) -> None:
    data = bytes.fromhex("".join(rows))
    host.ok(f"5D 00 00 00 00 00 {len(data):06X} 00", data)


def refused(host: Any, *rows: str) -> str:
    data = bytes.fromhex("".join(rows))
    return str(host.refused(f"5D 00 00 00 00 00 {len(data):06X} 00", data))


def samples(lba: int, blocks: int) -> bytes:
    return b"".join((lba + n & 0xFFFFFFFF).to_bytes(4, "little") * 588 for n in range(blocks))


def write(host: Any, lba: int, data: bytes, size: int) -> None:
    for at in range(0, len(data), 25 * size):
        piece = data[at : at + 25 * size]
        host.ok(WRITE.format(lba + at // size & 0xFFFFFFFF, len(piece) // size), piece)


# Two audio tracks, 00:02.00 to 00:07.00 and on to 00:12.00; the second has a pre-gap of 1 s and an index 2
CATALOGUE = "02 34303135353133 02 30303030313700"
AUDIO = (
    "01 00 00 01 00 00 00 00",
    "03 01 44 45 41 34 35 30",
    "03 01 33 30 30 30 30 31",
    "01 01 00 00 00 00 00 00",
    "01 01 01 00 00 00 02 00",
    "21 02 00 00 00 00 07 00",
    "21 02 01 00 00 00 08 00",
    "21 02 02 00 00 00 09 00",
    "21 AA 01 01 00 00 0D 00",
)
LEAD_OUT = 13 * 75 - 150


def audio_disc(load: Load, *, multi: int = 0, **options: Any) -> Any:
    host = load("cd-r", **options)
    select(host, write_type=2, mode=0, block=0, multi=multi)
    send(host, CATALOGUE, *AUDIO)
    write(host, -150, bytes(150 * 2352) + samples(0, LEAD_OUT), 2352)
    host.sync()
    return host


def read_cd(host: Any, lba: int, blocks: int, fields: int, size: int, *, sub: int = 0, kind: int = 0) -> bytes:
    pieces = []
    for at in range(0, blocks, 100):
        count = min(100, blocks - at)
        cdb = READ_CD.format(kind << 2, lba + at & 0xFFFFFFFF, count, fields, sub)
        pieces.append(host.ok(cdb, allocation=size * count))
    return b"".join(pieces)


def test_audio_comes_back_as_it_was_sent(load: Load) -> None:
    host = audio_disc(load)
    assert read_cd(host, 0, LEAD_OUT, 0x10, 2352) == samples(0, LEAD_OUT)
    assert host.disc()[2] == 0x0E
    assert host.read_refused(0) == "5/64/00"


def test_table_of_contents_of_audio_in_bytes(load: Load) -> None:
    host = audio_disc(load)
    expected = "0022 01 02 0010 01 00 00000000 0012 02 00 000001C2 0012 AA 00 00000339"
    answer = host.ok("43 00 00 00 00 00 00 0324 00", allocation=804)
    assert answer == bytes.fromhex(expected.replace("0022", "001A").replace("00000339", f"{LEAD_OUT:08X}"))


def test_full_table_of_contents_of_audio_in_bytes(load: Load) -> None:
    host = audio_disc(load)
    expected = (
        "0039 01 01"
        " 01 10 00 A0 000000 00 010000"
        " 01 12 00 A1 000000 00 020000"
        " 01 12 00 A2 000000 00 000D00"
        " 01 10 00 01 000000 00 000200"
        " 01 12 00 02 000000 00 000800"
    )
    assert host.ok("43 00 02 00 00 00 00 0324 00", allocation=804) == bytes.fromhex(expected)


@pytest.mark.parametrize(
    ("lba", "expected"),
    [
        (-150, "01 01 00 00 01 74 00 00 00 00"),
        (0, "01 01 01 00 00 00 00 00 02 00"),
        (374, "01 01 01 00 04 74 00 00 06 74"),
        (375, "21 02 00 00 00 74 00 00 07 00"),
        (449, "21 02 00 00 00 00 00 00 07 74"),
        (450, "21 02 01 00 00 00 00 00 08 00"),
        (525, "21 02 02 00 01 00 00 00 09 00"),
        (130, "02 40 15 51 30 00 01 70 00 55"),
        (161, "01 01 01 00 02 11 00 00 04 11"),
        (60, "03 51 54 44 14 03 00 00 10 60"),
    ],
)
def test_q_tells_where_the_head_is(load: Load, lba: int, expected: str) -> None:
    host = audio_disc(load)
    q = read_cd(host, lba, 1, 0x10, 2352 + 16, sub=2)[2352:]
    assert q[:10] == bytes.fromhex(expected)
    assert sub_channel.intact(q[:12])
    assert q[15] == (0x80 if lba in (-150, 375, 449) else 0)


def test_raw_sub_channel_holds_the_same_q(load: Load) -> None:
    host = audio_disc(load)
    raw = read_cd(host, 450, 1, 0x00, 96, sub=1)
    formatted = read_cd(host, 450, 1, 0x00, 16, sub=2)
    assert sub_channel.deinterleave(raw)[12:24] == formatted[:12]
    assert read_cd(host, 450, 1, 0x00, 96, sub=4) == bytes(96)


def test_times_select_the_same_sectors(load: Load) -> None:
    host = audio_disc(load)
    # 00:02.10 up to 00:02.12
    assert host.ok("B9 04 00 00 02 0A 00 02 0C 10 00 00", allocation=4704) == samples(10, 2)


def test_error_bits_lie_between_data_and_sub_channel(load: Load) -> None:
    host = audio_disc(load)
    assert read_cd(host, 7, 1, 0x12, 2352 + 294) == samples(7, 1) + bytes(294)
    assert read_cd(host, 7, 1, 0x14, 2352 + 296 + 16, sub=2)[: 2352 + 296] == samples(7, 1) + bytes(296)


def test_all_error_bits_at_once_come_before_the_bits(load: Load) -> None:
    host = audio_disc(load, defects="7")
    block, pad, *bits = read_cd(host, 7, 1, 0x14, 2352 + 296)[2352:]
    assert (block, pad) == (0xFF, 0)
    assert bytes(bits) == read_cd(host, 7, 1, 0x12, 2352 + 294)[2352:]
    assert 0xFF in bits


def test_catalogue_number_and_isrc_are_told(load: Load) -> None:
    host = audio_disc(load)
    assert host.ok("42 00 40 02 00 00 00 0018 00", allocation=24) == bytes.fromhex("0015 0014 02 000000 80") + (
        b"4015513000017\0\0"
    )
    assert host.ok("42 00 40 03 00 00 01 0018 00", allocation=24) == bytes.fromhex("0015 0014 03 100100 80") + (
        b"DEA450300001\0\0\0"
    )
    assert host.ok("42 00 40 03 00 00 02 0018 00", allocation=24)[8] == 0


def test_current_position_follows_the_last_read(load: Load) -> None:
    host = audio_disc(load)
    read_cd(host, 450, 2, 0x10, 2352)
    assert host.ok("42 02 40 01 00 00 00 0010 00", allocation=16) == bytes.fromhex(
        "0015 000C 01 12 02 01 00000801 00000001"
    )


def test_a_sheet_is_checked_before_anything_is_written(load: Load) -> None:
    host = load("cd-r")
    assert refused(host, *AUDIO) == "5/2C/00"  # the mode page says track at once
    select(host, write_type=2, mode=0, block=0)
    lead_in, *rows = AUDIO
    wrong = {
        "no lead-in": rows,
        "a lead-in with data": ["01 00 00 00 00 00 00 00", *rows],
        "a pre-gap elsewhere": [
            lead_in,
            rows[0],
            rows[1],
            rows[2].replace("00 00 00 00 00", "00 00 00 00 01"),
            *rows[3:],
        ],
        "a track below 4 s": [*AUDIO[:5], "01 AA 01 01 00 00 05 00"],
        "no lead-out": AUDIO[:-1],
        "indexes out of order": [*AUDIO[:6], AUDIO[7], AUDIO[6], AUDIO[8]],
        "an unknown form": [*AUDIO[:3], "01 01 00 0F 00 00 00 00", *AUDIO[4:]],
        "a track left out": [lead_in, *(row.replace("21 02", "21 03") for row in rows)],
        "more than the disc holds": [*AUDIO[:8], "21 AA 01 01 00 51 00 00"],
        "half an ISRC": [lead_in, *rows[1:]],
        "data and audio confused": [*AUDIO[:3], "41 01 00 00 00 00 00 00", *AUDIO[4:]],
    }
    for name, sheet in wrong.items():
        assert refused(host, *sheet) == "5/26/00", name
    send(host, *AUDIO)


def test_blocks_must_come_from_the_pre_gap_on_without_a_gap(load: Load) -> None:
    host = load("cd-r")
    select(host, write_type=2, mode=0, block=0)
    assert host.refused(WRITE.format(0xFFFFFF6A, 1), bytes(2352)) == "5/2C/00"
    send(host, *AUDIO)
    assert host.next_writable() == 0xFFFFFF6A
    for lba in (-151, 0, -149):
        assert host.refused(WRITE.format(lba & 0xFFFFFFFF, 1), bytes(2352)) == "5/21/02"
    write(host, -150, bytes(150 * 2352), 2352)
    assert host.refused(WRITE.format(1, 1), bytes(2352)) == "5/21/02"


def test_a_session_that_stops_short_has_no_lead_out_and_is_damaged(load: Load) -> None:
    host = load("cd-rw")
    select(host, write_type=2, mode=0, block=0)
    send(host, *AUDIO)
    write(host, -150, bytes(400 * 2352), 2352)
    host.sync()
    select(host, write_type=1, mode=0, block=0)
    assert host.disc()[2] & 0x0F == 0b1001  # last session damaged, disc appendable
    assert host.track(1)[5] & 0x20
    assert host.close_refused(2) == "5/72/03"
    host.close(1, 1)
    host.close(2)
    assert host.disc()[2] & 0x0F == 0x0E
    assert read_cd(host, 0, 250, 0x10, 2352) == bytes(250 * 2352)


def test_writing_more_than_was_announced_is_refused(load: Load) -> None:
    host = load("cd-r")
    select(host, write_type=2, mode=0, block=0)
    send(host, *AUDIO)
    write(host, -150, bytes((150 + LEAD_OUT) * 2352), 2352)
    assert host.refused(WRITE.format(LEAD_OUT, 1), bytes(2352)) == "5/21/02"


def test_a_test_write_at_once_leaves_nothing(load: Load, tmp_path: Any) -> None:
    host = load("cd-r", file=tmp_path / "disc")
    select(host, write_type=2, mode=0, block=0, test=True)
    send(host, *AUDIO)
    write(host, -150, bytes((150 + LEAD_OUT) * 2352), 2352)
    host.sync()
    select(host, write_type=1, mode=0, block=0)
    assert host.disc()[2] == 0
    assert not (tmp_path / "disc.channels").exists()


def test_a_second_session_has_its_own_lead_in(load: Load) -> None:
    host = audio_disc(load, multi=3)
    assert host.disc()[2] & 0x0F == 0x01
    start = LEAD_OUT + 11400
    select(host, write_type=2, mode=4, block=8)
    base = f"{(start) // 4500:02X}{(start) // 75 % 60:02X}{start % 75:02X}"
    first = f"{(start + 150) // 4500:02X}{(start + 150) // 75 % 60:02X}{start % 75:02X}"
    last = f"{(start + 450) // 4500:02X}{(start + 450) // 75 % 60:02X}{start % 75:02X}"
    send(host, "41 00 00 14 00 000000", f"41 03 00 10 00 {base}", f"41 03 01 10 00 {first}", f"41 AA 01 14 00 {last}")
    write(host, start - 150, bytes(150 * 2048) + b"\x5a" * 2048 * 300, 2048)
    host.sync()
    toc = host.ok("43 00 00 00 00 00 00 0324 00", allocation=804)
    assert toc[20:28] == bytes.fromhex("0014 03 00") + start.to_bytes(4, "big")
    assert host.read(start, 300) == b"\x5a" * 2048 * 300
    assert host.disc()[2] & 0x0F == 0x0E


def test_cd_text_of_the_lead_in_is_read_back(load: Load) -> None:
    packs = build_cd_text([CdTextBlock(last_track=2, texts={PackType.TITLE: ("Album", "One", "Two")})])
    host = load("cd-r")
    select(host, write_type=2, mode=0, block=0)
    send(host, AUDIO[0].replace("01 00 00 01", "01 00 00 41"), *AUDIO[1:])
    symbols = spread(packs)
    lead_in = (symbols * (11484 * 96 // len(symbols) + 1))[: 11484 * 96]
    write(host, -11634, lead_in, 96)
    write(host, -150, bytes((150 + LEAD_OUT) * 2352), 2352)
    host.sync()
    answer = host.ok("43 00 05 00 00 00 00 1000 00", allocation=4096)
    assert answer[:4] == (len(answer) - 2).to_bytes(2, "big") + bytes(2)
    assert answer[4:] == b"".join(pack.build() for pack in packs)


def test_a_drive_may_refuse_a_lead_in_with_a_time(load: Load) -> None:
    timed = (AUDIO[0].replace("00 00 00 00", "00 61 1A 42"), *AUDIO[1:])
    for option, outcome in ((False, None), (True, "5/26/00")):
        host = load("cd-r", untimed_lead_in=option)
        select(host, write_type=2, mode=0, block=0)
        if outcome:
            assert refused(host, *timed) == outcome
        else:
            send(host, *timed)
        send(host, *AUDIO)


MIXED = (
    "41 00 00 14 00 00 00 00",
    "41 01 00 10 00 00 00 00",
    "41 01 01 10 00 00 02 00",
    "01 02 00 00 00 00 08 00",
    "01 02 01 00 00 00 0A 00",
    "01 AA 01 01 00 00 0F 00",
)


def test_data_and_audio_in_one_session(load: Load) -> None:
    host = load("cd-r")
    select(host, write_type=2, mode=4, block=8)
    send(host, *MIXED)
    write(host, -150, bytes(150 * 2048) + b"\x11" * 450 * 2048, 2048)
    assert host.refused(WRITE.format(450, 1), bytes(2048)) == "B/4B/00"  # 2352 bytes were to come
    write(host, 450, bytes(150 * 2352) + samples(600, 375), 2352)
    host.sync()
    assert host.read(0, 450) == b"\x11" * 450 * 2048
    assert read_cd(host, 600, 375, 0x10, 2352) == samples(600, 375)
    assert read_cd(host, 449, 1, 0xF8, 2352) == sector.mode_1(449, b"\x11" * 2048)
    assert host.refused(READ_CD.format(0, 449, 2, 0x10, 0), allocation=4704) == "5/64/00"


@pytest.mark.parametrize(
    ("block", "size", "user", "kind"),
    [(9, 2336, 2336, 3), (10, 2048, 2048, 4), (11, 2056, 2048, 4), (12, 2324, 2328, 5), (13, 2332, 2328, 5)],
)
def test_tracks_of_mode_2(load: Load, block: int, size: int, user: int, kind: int) -> None:
    host = load("cd-r")
    page = bytearray(host.ok("5A 08 05 00 00 00 00 0040 00", allocation=64)[8:])
    page[2:5], page[8], page[50] = bytes((0x41, 0xC4, block)), 0x20, 0x28 if kind == 5 else 0x08
    host.ok(f"55 10 00 00 00 00 00 {len(page) + 8:04X} 00", bytes(8) + page)
    sub_header = bytes((1, 2, 0x28 if kind == 5 else 0x08, 4)) * 2
    data = (sub_header if size in (2056, 2332) else b"") + bytes(range(256)) * 10
    write(host, 0, data[:size] * 300, size)
    host.sync()
    assert host.track(1)[6] & 0x0F == 2
    whole = read_cd(host, 5, 1, 0xF8, 2352)
    wanted = data[:size][-2324 if kind == 5 else -user :]
    assert read_cd(host, 5, 1, 0x10, user, kind=kind) == (wanted + whole[2348:] if kind == 5 else wanted)
    if kind == 5:  # what may be a code belongs to the user data
        assert read_cd(host, 5, 1, 0x18, user) == wanted + whole[2348:]
        assert read_cd(host, 5, 1, 0x50, 2336) == whole[16:]
        assert read_cd(host, 5, 1, 0xF0, 2352) == whole
    assert sector.intact(whole)
    assert sector.sector_type(whole) == kind
    if kind == 4:
        assert host.read(5) == wanted
    else:
        assert host.read_refused(5) == "5/64/00"


def test_audio_and_its_sub_channels_survive_in_the_disc_file(load: Load, tmp_path: Any) -> None:
    host = audio_disc(load, file=tmp_path / "disc")
    host.transport.close()
    again = load("cd-r", file=tmp_path / "disc")
    assert read_cd(again, 0, LEAD_OUT, 0x10, 2352) == samples(0, LEAD_OUT)
    assert again.ok("42 00 40 02 00 00 00 0018 00", allocation=24)[9:22] == b"4015513000017"


def test_q_counts_down_in_a_pre_gap_as_on_a_pressed_disc() -> None:
    # sectors 9948 to 9951 before and at the start of a track of a commercial disc, as they are quoted in the source of
    # DiscImageCreator (facts only): index, relative time, absolute time
    track = CdTrack(1, 9950, 300, control=0, form=1, pregap=150)
    for lba, expected in (
        (9948, "00 00 00 01 00 02 14 48"),
        (9949, "00 00 00 00 00 02 14 49"),
        (9950, "01 00 00 00 00 02 14 50"),
        (9951, "01 00 00 01 00 02 14 51"),
    ):
        q = made_pq(lba, Place(2, track, CdSession()))[12:]
        assert q[2:10] == bytes.fromhex(expected)

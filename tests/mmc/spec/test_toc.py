"""READ TOC/PMA/ATIP, byte by byte (MMC-6 6.25)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.mmc.spec.layout import Structure, StructureError
from discstack.mmc.spec.msf import Msf
from discstack.mmc.spec.toc import (
    Atip,
    CdText,
    CdTextPack,
    MultiSessionInformation,
    Pma,
    QEntry,
    RawToc,
    Toc,
    TocTrack,
)

TOC = Toc(
    first_track_number=1,
    last_track_number=2,
    tracks=(
        TocTrack(control=4, track_number=1, track_start_address=0),
        TocTrack(adr=5, control=2, track_number=2, track_start_address=-150),
        TocTrack(control=4, track_number=0xAA, track_start_address=0x000A0B0C),
    ),
)

ROWS: list[tuple[str, Structure]] = [
    ("00 14 aa 00 000a0b0c", TocTrack(control=4, track_number=0xAA, track_start_address=0x000A0B0C)),
    ("001a 01 02  00 14 01 00 00000000  00 52 02 00 ffffff6a  00 14 aa 00 000a0b0c", TOC),
    (
        "000a 01 03  00 14 07 00 00012345",
        MultiSessionInformation(
            first_complete_session_number=1,
            last_complete_session_number=3,
            control=4,
            first_track_number_in_last_complete_session=7,
            start_address_of_first_track_in_last_session=0x12345,
        ),
    ),
    (
        "02 54 00 b0 01 02 03 04 4f 3b 4a",
        QEntry(
            session_number=2,
            adr=5,
            control=4,
            point=0xB0,
            min=1,
            sec=2,
            frame=3,
            zero=4,
            pmin=79,
            psec=59,
            pframe=74,
        ),
    ),
    (
        "0018 01 02  01 14 00 a0 000000 00 01 00 00  02 10 00 05 000000 00 10 20 30",
        RawToc(
            first_complete_session_number=1,
            last_complete_session_number=2,
            entries=(
                QEntry(control=4, point=0xA0, pmin=1),
                QEntry(session_number=2, point=5, pmin=16, psec=32, pframe=48),
            ),
        ),
    ),
    (
        "000d 0000  00 10 00 01 040506 00 00 02 00",
        Pma(entries=(QEntry(session_number=0, point=1, min=4, sec=5, frame=6, psec=2),)),
    ),
    (
        "001e 0000  59 40 55 00  611a42 00  4f3b4a 00  010203 00  040506 00  070809 00  0a0b0c 00",
        Atip(
            itwp=5,
            ddcd=True,
            reference_speed=1,
            uru=True,
            disc_type=True,
            disc_sub_type=2,
            a1=True,
            a3=True,
            start_time_of_lead_in=0x611A42,
            last_possible_start_time_of_lead_out=0x4F3B4A,
            a1_values=b"\1\2\3",
            a2_values=b"\4\5\6",
            a3_values=b"\7\x08\x09",
            s4_values=b"\x0a\x0b\x0c",
        ),
    ),
    (
        "80 85 07 a3 48454c4c4f20574f524c4400 1234",
        CdTextPack(
            pack_type=0x80,
            extension=True,
            track_number=5,
            sequence_number=7,
            dbcc=True,
            block_number=2,
            character_position=3,
            text=b"HELLO WORLD\0",
            crc=0x1234,
        ),
    ),
    (
        "0014 0000  81 00 01 00 414243444546474849004a4b ffff",
        CdText(packs=(CdTextPack(pack_type=0x81, sequence_number=1, text=b"ABCDEFGHI\0JK", crc=0xFFFF),)),
    ),
]


@pytest.mark.parametrize(("text", "structure"), ROWS, ids=[type(row[1]).__name__ for row in ROWS])
def test_table_of_contents_is_the_bytes_of_its_table(text: str, structure: Structure) -> None:
    assert type(structure).parse(bytes.fromhex(text)) == structure
    assert structure.build() == bytes.fromhex(text)


@given(st.sampled_from(ROWS), st.data())
def test_any_bytes_are_read_or_refused(
    reads_or_refuses: Callable[[type[Structure], bytes], None], row: tuple[str, Structure], data: st.DataObject
) -> None:
    good = bytes.fromhex(row[0])
    reads_or_refuses(type(row[1]), good[: data.draw(st.integers(0, len(good)))] + data.draw(st.binary(max_size=60)))


def test_atip_bits_are_those_of_a_real_cd_rw() -> None:
    """Fixed bits set, reference speed 2, sub-type 1, values A1 valid; 97:27:66 and 79:59:73."""
    atip = Atip.parse(bytes.fromhex("001a 0000  d2 00 cc 00  611b42 00  4f3b49 00  265080 00 000000 00 000000 00"))
    assert (atip.erasable, atip.disc_sub_type, atip.itwp, atip.reference_speed) == (True, 1, 5, 2)
    assert (atip.a1, atip.a2, atip.a1_values) == (True, False, b"\x26\x50\x80")
    assert (atip.lead_in, atip.last_lead_out) == (Msf(97, 27, 66), Msf(79, 59, 73))


def test_track_starts_are_times_where_they_were_asked_for() -> None:
    toc = Toc.parse(bytes.fromhex("0012 01 01  00 14 01 00 00000200  00 14 aa 00 00123456"))
    assert toc.tracks[0].start_time == Msf(0, 2, 0)
    assert toc.lead_out is not None
    assert toc.lead_out.start_time == Msf(0x12, 0x34, 0x56)


def test_toc_without_a_lead_out_has_none() -> None:
    assert Toc.parse(TOC.build()[:20]).lead_out is None
    assert TOC.lead_out == TOC.tracks[2]


def test_tracks_know_data_from_audio() -> None:
    assert [track.is_data for track in TOC.tracks] == [True, False, True]


def test_times_of_an_entry_are_its_two_times() -> None:
    entry = QEntry(point=1, min=1, sec=2, frame=3, pmin=4, psec=5, pframe=6)
    assert (entry.time, entry.p_time) == (Msf(1, 2, 3), Msf(4, 5, 6))


def test_atip_without_the_last_lead_out_is_refused() -> None:
    with pytest.raises(StructureError):
        Atip.parse(bytes.fromhex("000c 0000 d2 00 cc 00 611b42 00 4f3b"))


def test_pack_of_cd_text_has_the_inverted_ccitt_check_sum() -> None:
    """CRC-16/GENIBUS without its initial ones, worked bit by bit."""
    pack = CdTextPack(pack_type=0x80, text=b"HELLO WORLD\0")
    remainder = 0
    for byte in pack.build()[:16]:
        remainder ^= byte << 8
        for _ in range(8):
            remainder = (remainder << 1 ^ 0x1021 if remainder & 0x8000 else remainder << 1) & 0xFFFF
    assert not pack.crc_valid
    assert pack.sealed().crc == remainder ^ 0xFFFF
    assert pack.sealed().crc_valid


@pytest.mark.parametrize("kind", [MultiSessionInformation, RawToc, Pma, Atip, CdText])
@pytest.mark.parametrize(
    "reply",
    ["0012 01 01  00 14 01 00 00000000  00 14 aa 00 00000133", TOC.build().hex()],  # the first is QEMU's
)
def test_the_ordinary_table_of_contents_is_no_other_format(kind: type[Structure], reply: str) -> None:
    with pytest.raises(StructureError, match="this is the ordinary table of contents"):
        kind.parse(bytes.fromhex(reply))

"""CD-TEXT: packs of a real disc, and texts that go out and come back (MMC-6 annex J)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.mmc.spec.cd.text import (
    CdTextBlock,
    CdTextError,
    CharacterCode,
    Language,
    PackType,
    build_cd_text,
    collect,
    parse_cd_text,
    spread,
)
from discstack.mmc.spec.counted import each
from discstack.mmc.spec.toc import CdTextPack

# the size information of an album of 13 tracks, published in the source of ddpLib (Suntrip Records)
PUBLISHED = bytes.fromhex(
    "8F 00 2B 00 01 01 0D 03 0C 0C 00 00 00 00 01 00 7B 3D"
    "8F 01 2C 00 00 00 00 00 00 00 12 03 2D 00 00 00 DA B7"
    "8F 02 2D 00 00 00 00 00 09 00 00 00 00 00 00 00 6A 24"
)

ALBUM = CdTextBlock(
    last_track=2,
    texts={
        PackType.TITLE: ("Joyful Nights", "Song of Joy", "Humpty Dumpty"),
        PackType.PERFORMER: ("United Cat Orchestra", "Felix and The Purrs", "Catwalk Beauties"),
        PackType.DISC_IDENTIFICATION: ("XY12345",),
        PackType.CODES: ("1234567890123", "XYBLG1101234", "XYBLG1100005"),
    },
    genre=(0x0011, "Feline classic music"),
)


def test_published_size_information_has_right_check_sums_and_is_read() -> None:
    packs = each(CdTextPack, PUBLISHED)
    assert all(pack.crc_valid for pack in packs)
    (block,) = parse_cd_text(packs)
    assert (block.character_code, block.first_track, block.last_track, block.copyright) == (1, 1, 13, 3)
    assert block.language is Language.ENGLISH


def test_packs_in_bytes() -> None:
    packs = build_cd_text([ALBUM])
    assert [pack.build()[:16] for pack in packs[:4]] == [
        bytes.fromhex("80 00 00 00") + b"Joyful Night",
        bytes.fromhex("80 00 01 0C") + b"s\0Song of Jo",
        bytes.fromhex("80 01 02 0A") + b"y\0Humpty Dum",
        bytes.fromhex("80 02 03 0A") + b"pty\0" + bytes(8),
    ]
    counts = bytes.fromhex("04 05 00 00 00 00 01 02 00 00 00 00 00 00 04 03")
    sizes = b"".join(pack.text for pack in packs[-3:])
    assert sizes == bytes((0, 1, 2, 0)) + counts + bytes((18,)) + bytes(7) + bytes((9,)) + bytes(7)
    assert [pack.sequence_number for pack in packs] == list(range(19))
    assert all(pack.crc_valid for pack in packs)


def test_the_genre_is_a_code_and_words() -> None:
    genre = [pack for pack in build_cd_text([ALBUM]) if pack.pack_type == PackType.GENRE]
    assert genre[0].text == b"\x00\x11Feline cla"
    assert parse_cd_text(build_cd_text([ALBUM]))[0].genre == ALBUM.genre


def test_what_was_written_is_read() -> None:
    (block,) = parse_cd_text(build_cd_text([ALBUM]))
    assert block == ALBUM
    assert block.text(PackType.TITLE, 2) == "Humpty Dumpty"
    assert block.text(PackType.TITLE) == "Joyful Nights"
    assert block.text(PackType.MESSAGE, 1) == ""


def test_several_languages_have_blocks_of_their_own() -> None:
    japanese = CdTextBlock(
        language=Language.JAPANESE,
        character_code=CharacterCode.MS_JIS,
        last_track=2,
        texts={PackType.TITLE: ("夜", "喜びの歌", "\uff21\u3000と\u3000\uff22")},
    )
    packs = build_cd_text([ALBUM, japanese])
    assert parse_cd_text(packs) == (ALBUM, japanese)
    wide = [pack for pack in packs if pack.dbcc]
    assert wide[0].text[:4] == "夜".encode("shift_jis") + b"\0\0"
    assert wide[1].track_number == 1
    assert wide[1].character_position == 4  # the zero behind the four characters of the first track


@pytest.mark.parametrize(
    ("text", "shift_jis"),
    [
        ("A-1~", "82 60 81 7c 82 50 81 60"),
        ("\uff76\uff9e \uff71", "83 4b 81 40 83 41"),  # katakana of half the width
        ("\u301c\u2212", "81 60 81 7c"),  # which other tables than Microsoft's have there
        ("\u2014\xa5", "81 5c 81 8f"),
    ],
)
def test_a_text_of_two_bytes_a_character_has_no_others(text: str, shift_jis: str) -> None:
    """Readers take a zero before a letter for the end of the text."""
    packs = build_cd_text([CdTextBlock(character_code=CharacterCode.MS_JIS, texts={PackType.TITLE: (text, "")})])
    assert packs[0].text.startswith(bytes.fromhex(shift_jis) + b"\0\0")


def test_letters_before_which_there_is_a_zero_are_read() -> None:
    packs = list(build_cd_text([CdTextBlock(character_code=CharacterCode.MS_JIS, texts={PackType.TITLE: ("夜", "")})]))
    packs[0] = replace(packs[0], text=b"\0A\0b\x96\xe9\0\0\0\0\0\0").sealed()
    assert parse_cd_text(packs)[0].text(PackType.TITLE) == "Ab夜"


def test_a_tab_stands_for_the_text_before_it() -> None:
    block = CdTextBlock(last_track=2, texts={PackType.PERFORMER: ("Band", "\t", "\t")})
    (back,) = parse_cd_text(build_cd_text([block]))
    assert back.texts[PackType.PERFORMER] == ("Band", "Band", "Band")


@pytest.mark.parametrize(
    ("code", "codec", "tab", "performer", "title"),
    [
        (CharacterCode.ISO_8859_1, "latin-1", b"\t\0", "Somebody Reads Slowly", "Chapter"),
        (CharacterCode.MS_JIS, "cp932", b"\t\t\0\0", "朗読者朗読者朗読者朗", "夜の"),
    ],
)
def test_texts_that_come_again_are_tabs_where_there_is_no_room_for_them(
    code: CharacterCode, codec: str, tab: bytes, performer: str, title: str
) -> None:
    """A tab, or two where characters have two bytes, says that a text is that of the track before."""
    performers = (performer, *[performer] * 97, "", performer[:2])
    isrcs = ("", *["DEA450300001"] * 20, *[""] * 79)
    texts = {PackType.TITLE: (title,) * 98 + ("", title), PackType.PERFORMER: performers, PackType.CODES: isrcs}
    packs = build_cd_text([CdTextBlock(character_code=code, last_track=99, texts=texts)])
    assert len(packs) <= 256
    (back,) = parse_cd_text(packs)
    assert back.texts == texts
    coded = b"".join(pack.text for pack in packs if pack.pack_type == PackType.PERFORMER)
    end = tab[len(tab) // 2 :]
    name = performer.encode(codec) + end
    assert coded.rstrip(b"\0") == name + name + tab * 96 + end + performer[:2].encode(codec)  # the album's first


def test_texts_that_come_again_are_written_out_where_there_is_room() -> None:
    packs = build_cd_text([CdTextBlock(last_track=2, texts={PackType.PERFORMER: ("Band", "Band", "Band")})])
    assert packs[0].text + packs[1].text == b"Band\0Band\0Band\0" + bytes(9)


def test_damaged_packs_are_left_out() -> None:
    packs = [*build_cd_text([ALBUM])]
    damaged = CdTextPack.parse(packs[0].build()[:5] + b"?" + packs[0].build()[6:])
    (block,) = parse_cd_text([damaged, *packs[1:]])
    assert block.text(PackType.PERFORMER) == "United Cat Orchestra"


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (CdTextBlock(texts={PackType.TITLE: ("only the album",)}), "1 texts for an album of 1 tracks"),
        (CdTextBlock(texts={PackType.TITLE: ("Ω", "x")}), "'Ω' is no character of latin-1"),
        (CdTextBlock(texts={PackType.TITLE: ("a\0b", "x")}), "holds a zero"),
        (
            CdTextBlock(character_code=CharacterCode.MS_JIS, texts={PackType.TITLE: ("é", "x")}),
            "'é' is no character of cp932",
        ),
        (CdTextBlock(first_track=2, last_track=1), "no tracks of a disc"),
        (CdTextBlock(texts={PackType.MESSAGE: ("x" * 4000, "")}), "at most 256"),
    ],
)
def test_what_packs_cannot_hold_is_refused(block: CdTextBlock, message: str) -> None:
    with pytest.raises(CdTextError, match=message):
        build_cd_text([block])


def test_the_lead_in_carries_packs_in_symbols_of_six_bits() -> None:
    packs = build_cd_text([ALBUM])
    symbols = spread(packs)
    # 80h 00h 00h are 100000 000000 000000 000000
    assert symbols[:4] == bytes((0b100000, 0, 0, 0))
    assert max(symbols) < 64
    assert collect(bytes(byte | 0xC0 for byte in symbols)) == packs


texts = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=40)


@given(st.lists(texts, min_size=3, max_size=3))
def test_any_texts_come_back(words: list[str]) -> None:
    block = CdTextBlock(last_track=2, texts={PackType.TITLE: tuple(words)})
    (back,) = parse_cd_text(build_cd_text([block]))
    assert back.texts.get(PackType.TITLE, ("", "", "")) == tuple(words)


def test_packs_name_the_tracks_by_their_numbers_on_the_disc_and_the_album_by_none() -> None:
    titles = ("An album, long", "The fifth track", "The sixth track")  # 15, 16 and 16 bytes with their ends
    packs = build_cd_text([CdTextBlock(first_track=5, last_track=6, texts={PackType.TITLE: titles})])
    told = [(pack.track_number, pack.character_position) for pack in packs if pack.pack_type == PackType.TITLE]
    assert told == [(0, 0), (0, 12), (5, 9), (6, 5)]
    (found,) = parse_cd_text(packs)
    assert (found.first_track, found.last_track, found.texts[PackType.TITLE]) == (5, 6, titles)

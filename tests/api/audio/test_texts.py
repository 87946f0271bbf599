"""The characters that the texts of an album are recorded in."""

from __future__ import annotations

import unicodedata
import wave
from pathlib import Path
from typing import Any

import pytest

import discstack
from discstack import AudioTrack, AudioWriter, CharacterCode, CueSheet, PackType
from discstack.audio.texts import PLAIN, AlbumPacks, album_packs
from discstack.mmc.spec.cd.text import CdTextBlock, CdTextError, parse_cd_text


@pytest.fixture
def song(tmp_path: Path) -> Path:
    with wave.open(str(tmp_path / "song.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(bytes(300 * 2352))
    return tmp_path / "song.wav"


def packed(*titles: str) -> AlbumPacks:
    return album_packs({PackType.TITLE: titles, PackType.PERFORMER: ("",) * len(titles)}, len(titles) - 1)


def block(album: AlbumPacks) -> CdTextBlock:
    (found,) = parse_cd_text(album.packs)
    return found


@pytest.mark.parametrize(
    ("text", "recorded"),
    [
        ("Don\u2019t", b"Don't"),
        ("\u2018A\u2019 \u201cB\u201d \u201eC\u201c \u2039D\u203a", b'\'A\' "B" "C" <D>'),
        ("7\u2033 \u2013 5\u2032", b"7\" - 5'"),
        ("A\u2010B\u2011C\u2012D\u2014E\u2015F\u22121", b"A-B-C-D-E-F-1"),
        ("Wait\u2026", b"Wait..."),
        ("a\tb\r\nc", b"a b  c"),
        ("\t", b" "),
        ("A\u2009\u2022\u202fB\u200b 1\u20442", b"A \xb7 B 1/2"),
        ("A\u2122 5\u20ac", b"A(TM) 5EUR"),
        ("Bj\u00f6rk\u2019s \u00ab\u00c9t\u00e9\u00bb", b"Bj\xf6rk's \xab\xc9t\xe9\xbb"),
    ],
)
def test_latin_texts_keep_iso_8859_1_with_plain_punctuation_and_that_is_told(text: str, recorded: bytes) -> None:
    album = packed("Album", text)
    data = b"".join(pack.text for pack in album.packs if pack.pack_type == PackType.TITLE)
    assert data.rstrip(b"\0") == b"Album\0" + recorded
    assert block(album).character_code == CharacterCode.ISO_8859_1
    assert album.notices == (f"CD-TEXT (ISO 8859-1) has {recorded.decode('latin-1')!r} for {text!r}",)


def test_of_several_changed_texts_one_is_told_and_the_others_are_counted() -> None:
    (notice,) = packed("Don\u2019t", "One", "Can\u2019t", "Won\u2019t").notices
    assert notice.endswith("\"Don't\" for 'Don\u2019t', and of 2 more the plain form")


@pytest.mark.parametrize("text", ["S\u00e5ng", "Don't", "\u00c0 \u00ff \xad\xa0"])
def test_what_iso_8859_1_has_is_recorded_as_it_is_and_nothing_is_told(text: str) -> None:
    album = packed(text, "")
    assert (block(album).text(PackType.TITLE), album.notices) == (text, ())


def test_letters_apart_from_their_accents_are_put_together() -> None:
    assert block(packed("Beyonce\u0301", "")).text(PackType.TITLE) == "Beyonc\u00e9"
    assert block(packed("か\u3099", "")).text(PackType.TITLE) == "が"


def test_japanese_texts_are_in_ms_jis_with_the_punctuation_they_have() -> None:
    album = packed("夜\u2026", "\u2018朝\u2019", "\uff8a\uff9e\u2212")
    assert block(album).character_code == CharacterCode.MS_JIS
    assert block(album).texts[PackType.TITLE] == ("夜\u2026", "\u2018朝\u2019", "バ\uff0d")
    assert album.notices == (
        "CD-TEXT is in MS-JIS, since ISO 8859-1 has no '夜' (in '夜\u2026'): players outside Japan may show nonsense",
    )


@pytest.mark.parametrize(
    ("text", "recorded"),
    [
        ("夜 \u2013 朝", "夜 - 朝"),
        ("Июль \u2013 \xabЖЯ\xbb", "Июль - ≪ЖЯ≫"),
        ("\u201eЖ\u201c \u2039Я\u203a", '"Ж\u201c <Я>'),
        ("Ж\u2022Я\xb7И\xa0Л\u2009Д\u200bЮ\xad", "Ж・Я・И Л ДЮ"),
        ("夜\t朝\n昼", "夜 朝 昼"),
        ("\t", " "),
        ("夜\u2122 5\u20ac", "夜(TM) 5EUR"),
    ],
)
def test_what_ms_jis_lacks_is_plain_beside_other_letters_and_that_is_told(text: str, recorded: str) -> None:
    album = packed("Ж", text)
    assert block(album).character_code == CharacterCode.MS_JIS
    assert unicodedata.normalize("NFKC", block(album).texts[PackType.TITLE][1]) == recorded
    assert [notice.split()[:2] for notice in album.notices] == [["CD-TEXT", "is"], ["CD-TEXT", "(MS-JIS)"]]


def test_each_sign_that_has_a_plain_form_goes_into_either_code() -> None:
    for sign in map(chr, PLAIN):
        assert block(packed("A", f"A{sign}A")).character_code == CharacterCode.ISO_8859_1
        assert block(packed("夜", f"夜{sign}夜")).character_code == CharacterCode.MS_JIS


def test_a_long_dash_has_the_wide_twin_that_microsoft_gave_it() -> None:
    album = packed("夜", "夜\u2014\xa5")
    assert (block(album).texts[PackType.TITLE][1], len(album.notices)) == ("夜\u2015\uffe5", 1)


def test_texts_that_come_again_for_want_of_room_are_told_of() -> None:
    texts = {PackType.TITLE: ("Book", *(f"Chapter {number:02}" for number in range(1, 100)))}
    texts[PackType.PERFORMER] = ("Somebody Who Reads Slowly",) * 100
    album = album_packs(texts, 99)
    assert block(album).texts == texts
    assert [notice.startswith("CD-TEXT has no room for all texts") for notice in album.notices] == [True]
    with pytest.raises(CdTextError, match="256: some have to be shorter, or left off"):
        album_packs({PackType.TITLE: tuple("x" * 40 + str(number) for number in range(100))}, 99)


@pytest.mark.parametrize(
    ("titles", "message"),
    [
        (
            ("Dvo\u0159\u00e1k", ""),
            r"has no '\u0159' \(in 'Dvo\u0159\u00e1k'\), or in MS-JIS: title 'Dvo\u0159\u00e1k'",
        ),
        (
            ("\u00c9t\u00e9", "夏"),
            r"has no '夏' \(in '夏'\), or in MS-JIS: title '\u00c9t\u00e9': '\u00c9' is no character",
        ),
    ],
)
def test_what_no_character_code_has_is_refused(titles: tuple[str, ...], message: str) -> None:
    with pytest.raises(CdTextError, match=message):
        packed(*titles)


@pytest.mark.parametrize("sheet", [True, False])
def test_changed_texts_are_told_with_the_burn_and_compared_as_they_were_recorded(song: Path, sheet: bool) -> None:
    told: list[Any] = []
    content: Any = [AudioTrack(path=song, title="Don\u2019t")]
    if sheet:
        text = b'FILE song.wav WAVE\nTRACK 01 AUDIO\nTITLE "Don\x92t"\nINDEX 01 00:00:00\n'
        song.with_suffix(".cue").write_bytes(text)
        content = CueSheet.load(song.with_suffix(".cue"), encoding="cp1252")
    with discstack.open("virtual:cd-r?capacity=20000") as recorder:
        result = AudioWriter(recorder).write(content, on_event=told.append)
        (found,) = discstack.CdReader(recorder).contents().texts
    wanted = "CD-TEXT (ISO 8859-1) has \"Don't\" for 'Don\u2019t'"
    assert result.notices == (wanted,)
    assert [event.message for event in told if isinstance(event, discstack.Notice)] == [wanted]
    assert found.text(PackType.TITLE, 1) == "Don't"

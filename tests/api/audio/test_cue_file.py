"""Cue sheets: what is read, and where and how each mistake is told."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from discstack import CueError, CueSheet, SourceError
from discstack.audio.tracks import program_of_sheet
from discstack.mmc.spec.cd.text import PackType

WHERE = Path("/music/album.cue")
GOOD = """\
REM GENRE Jazz
CATALOG 4015513000017
CDTEXTFILE "album.cdt"
PERFORMER "The Band"
TITLE Best of the rest
FILE "the album.wav" WAVE
  TRACK 01 AUDIO
    TITLE "First, \u00fcber"
    ISRC DE-A45-03-00001
    FLAGS DCP PRE
    PREGAP 00:02:00
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    SONGWRITER Nobody
    INDEX 00 03:20:10
    INDEX 01 03:22:00
    INDEX 02 04:00:74
    POSTGAP 00:01:00
"""


def silence(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 44100, 0, "NONE", ""))
        file.writeframes(bytes(2352 * 300))


def test_a_whole_sheet_is_read() -> None:
    sheet = CueSheet.parse(GOOD, WHERE)
    first, second = sheet.tracks
    assert sheet.catalog == "4015513000017"
    assert sheet.cd_text_file == Path("/music/album.cdt")
    assert sheet.texts == {PackType.PERFORMER: "The Band", PackType.TITLE: "Best of the rest"}
    assert sheet.remarks == ["GENRE Jazz"]
    assert (first.isrc, first.flags, first.pregap) == ("DEA450300001", {"DCP", "PRE"}, 150)
    assert first.texts[PackType.TITLE] == "First, \u00fcber"
    assert [(n, at) for n, (_, at) in second.indexes.items()] == [(0, 15010), (1, 15150), (2, 18074)]
    assert second.postgap == 75
    assert sheet.files[0].path == Path("/music/the album.wav")


def test_names_with_blanks_need_no_quotation_marks() -> None:
    sheet = CueSheet.parse("FILE my own song.wav WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n", WHERE)
    assert sheet.files[0].path.name == "my own song.wav"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_sheets_are_in_the_encodings_that_editors_leave_them_in(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.cue"
    path.write_bytes(GOOD.replace("Nobody", "Nobody\u2019s\u2026").encode(encoding))
    sheet = CueSheet.load(path)
    assert sheet.tracks[0].texts[PackType.TITLE] == "First, \u00fcber"
    assert sheet.tracks[1].texts[PackType.SONGWRITER] == "Nobody\u2019s\u2026"


def test_bytes_that_windows_1252_has_no_character_for_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.cue"
    path.write_bytes(b"TITLE a\x81b\xfc\n" + HEAD.encode() + b"    INDEX 01 00:00:00\n")
    assert CueSheet.load(path).texts == {PackType.TITLE: "a\x81b\u00fc"}


RUSSIAN = """\
TITLE "Песня без слов"
FILE "песня.wav" WAVE
  TRACK 01 AUDIO
    INDEX 01 00:00:00
"""


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "utf-16-le", "utf-8"])
def test_an_encoding_that_is_named_is_taken(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.cue"
    path.write_bytes(f"\ufeff{RUSSIAN}".encode(encoding, "ignore"))
    sheet = CueSheet.load(path, encoding=encoding)
    assert sheet.texts == {PackType.TITLE: "Песня без слов"}
    assert (sheet.files[0].path.name, sheet.guessed) == ("песня.wav", "")


def test_bytes_that_are_none_of_the_named_encoding_are_told_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "a.cue"
    path.write_bytes(b"REM a\n" + RUSSIAN.encode("cp1251"))
    with pytest.raises(CueError, match=r"a\.cue:2:1: this is no utf-8: invalid"):
        CueSheet.load(path, encoding="utf-8")
    for name in ("cp0", "rot13", "base64"):
        with pytest.raises(ValueError, match=f"'{name}' is no encoding of texts"):
            CueSheet.load(path, encoding=name)


@pytest.mark.parametrize("end", ["\x1a", "\r\n\x1a", "\n\x1a\0\0\0"])
def test_the_mark_of_dos_ends_a_sheet(end: str) -> None:
    text = f"FILE a.wav WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00{end}"
    assert CueSheet.parse(text, WHERE).tracks[0].indexes[1][1] == 0
    with pytest.raises(CueError, match="is no command"):
        CueSheet.parse(text.replace("TRACK", "\x1a\nTRACK"), WHERE)


def test_files_in_folders_are_named_as_on_windows_too(tmp_path: Path) -> None:
    folder = tmp_path / "CD 1"
    folder.mkdir()
    for name in ("One.wav", "it's.cdt"):
        silence(folder / name)
    silence(tmp_path / "two.wav")
    (folder / "a.cue").write_text(
        'CDTEXTFILE ".\\it\'s.cdt"\n'
        'FILE "..\\CD 1\\one.WAV" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n'
        'FILE "..\\two.wav" WAVE\nTRACK 02 AUDIO\nINDEX 01 00:00:00\n'
    )
    sheet = CueSheet.load(folder / "a.cue")
    assert sheet.cd_text_file is not None
    assert sheet.cd_text_file.samefile(folder / "it's.cdt")
    one, two = sheet.files
    assert one.path.samefile(folder / "One.wav")
    assert two.path.samefile(tmp_path / "two.wav")


@pytest.mark.parametrize("kind", ["BINARY", "MOTOROLA"])
@pytest.mark.parametrize(
    "head",
    [
        b"RIFF\x24\0\0\nWAVE",
        b"RF64\xff\xff\xff\xffWAVE",
        b"FORM\0\0\0\0AIFC",
        b"fLaC\0\0",
        b"OggS\0",
        b"ID3\3\0",
        b".snd",
        b"caff\0\1",
    ],
)
def test_audio_files_with_headers_are_no_bare_samples(tmp_path: Path, head: bytes, kind: str) -> None:
    """Their headers, or all that they compress, would be noise on the disc."""
    (tmp_path / "a.bin").write_bytes(head.ljust(2352 * 310, b"\1"))
    sheet = f"FILE a.bin {kind}\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n"
    with pytest.raises(CueError, match=rf"a\.cue:1:1: a\.bin is an audio file .* instead of {kind}"):
        program_of_sheet(CueSheet.parse(sheet, tmp_path / "a.cue"))
    assert program_of_sheet(CueSheet.parse(sheet.replace("AUDIO", "MODE1/2352"), tmp_path / "a.cue")).tracks
    (tmp_path / "a.bin").write_bytes(b"\0" + head.ljust(2352 * 310 - 1, b"\1"))
    assert program_of_sheet(CueSheet.parse(sheet, tmp_path / "a.cue")).tracks


def test_the_command_line_takes_an_encoding(discstack: Callable[..., Any], tmp_path: Path) -> None:
    silence(tmp_path / "песня.wav")
    (tmp_path / "a.cue").write_bytes(RUSSIAN.encode("cp1251"))
    drive = "virtual:cd-r?file=disc&capacity=20000"
    missing = discstack("audio", "a.cue", "-d", drive)
    assert (missing.code, "\u00ef\u00e5\u00f1\u00ed\u00ff.wav: " in missing.err) == (7, True)
    refused = discstack("audio", "a.cue", "-d", drive, "--encoding", "cp0")
    assert (refused.code, "--encoding: 'cp0' is no encoding" in refused.err) == (2, True)
    assert discstack("audio", "песня.wav", "-d", drive, "--encoding", "cp1251").code == 2
    done = discstack("audio", "a.cue", "-d", drive, "--encoding", "cp1251", "--json")
    assert (done.code, [notice[:20] for notice in done.json["notices"]]) == (0, ["CD-TEXT is in MS-JIS"])
    assert discstack("read", drive, "-o", "back.cue").code == 0
    assert CueSheet.load(tmp_path / "back.cue").texts == {PackType.TITLE: "Песня без слов".replace(" ", "\u3000")}


@pytest.mark.parametrize(
    ("text", "encoding", "told"),
    [
        ("\u00fcber", "cp1252", "\u00fcber"),
        ("\u00fcber", "utf-8", ""),
        ("over", "cp1252", ""),
        ("Песня", "cp1251", "\u00cf\u00e5\u00f1\u00ed\u00ff"),
    ],
)
def test_an_encoding_that_was_guessed_is_told_if_what_is_recorded_depends_on_it(
    tmp_path: Path, text: str, encoding: str, told: str
) -> None:
    silence(tmp_path / "s.wav")
    sheet = f'REM \u00e9t\u00e9\nTITLE "{text}"\nFILE s.wav WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n'
    (tmp_path / "a.cue").write_bytes(sheet.encode(encoding, "replace"))
    program = program_of_sheet(CueSheet.load(tmp_path / "a.cue"))
    notice = f"a.cue is no UTF-8, and taken for Windows-1252, as in {told!r}; if it is another, name it"
    assert program.notices == ((notice,) if told else ())
    assert program_of_sheet(CueSheet.load(tmp_path / "a.cue"), cd_text=False).notices == ()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_only_ends_of_lines_end_a_line(end: str) -> None:
    text = f"TITLE a\x85b\u2028c{end}TRAK"
    with pytest.raises(CueError) as caught:
        CueSheet.parse(text, WHERE)
    assert (caught.value.line, caught.value.column) == (2, 1)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('"The "Best" Of"', 'The "Best" Of'),
        ('"12" Mix"', '12" Mix'),
        ('12" Mix', '12" Mix'),
        ('Play "it" again', 'Play "it" again'),
        ('""', ""),
        ('"  kept  "', "  kept  "),
        ('"x" & "y"', '"x" & "y"'),
        ('"x", "y" ("z") "w"', '"x", "y" ("z") "w"'),
        ('"x" "y"', '"x" "y"'),
        ('""x" & "y""', '"x" & "y"'),
        ('""Heroes""', '"Heroes"'),
        ('"12" and 7" Mix"', '12" and 7" Mix'),
        ('"The "x" and "y" Song"', 'The "x" and "y" Song'),
        ('"Play "x", "y""', 'Play "x", "y"'),
        ('""x", "y" Song"', '"x", "y" Song'),
    ],
)
def test_quotation_marks_within_a_text_are_its_own(written: str, text: str) -> None:
    sheet = CueSheet.parse(f'TITLE {written}\nREM 5" wide\n{HEAD}    INDEX 01 00:00:00\n', WHERE)
    assert sheet.texts == {PackType.TITLE: text}
    assert sheet.remarks == ['5" wide']


def test_quotation_marks_within_a_name_are_its_own() -> None:
    sheet = CueSheet.parse('FILE "the "best" of.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n', WHERE)
    assert sheet.files[0].path.name == 'the "best" of.wav'


HEAD = 'FILE "a.wav" WAVE\n  TRACK 01 AUDIO\n'


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("", 1, 1, "ends without a track; expected FILE and TRACK"),
        ("TRAK 01 AUDIO", 1, 1, "'TRAK' is no command; expected one of REM, CATALOG"),
        ("TRACK 01 AUDIO", 1, 1, "TRACK before any FILE; expected FILE"),
        ("CATALOG 123", 1, 9, "'123' is no catalogue number; expected 13 digits"),
        ("CATALOG", 1, 8, "CATALOG ends here; expected a catalogue number"),
        ('FILE "a.wav', 1, 6, "this quotation mark is never closed"),
        ("FILE a.wav", 1, 11, "FILE ends here; expected the type of the file"),
        ("FILE a.wav WAV", 1, 12, "'WAV' is no type of file; expected one of BINARY"),
        (HEAD + "    INDEX 01 00:00:75", 3, 14, "'00:00:75' is no time; expected MM:SS:FF"),
        (HEAD + "    INDEX 01", 3, 13, "INDEX ends here; expected a time"),
        (HEAD + "    INDEX 02 00:00:00", 3, 11, "INDEX 02 here; expected INDEX 00 or INDEX 01"),
        (HEAD + "    INDEX 01 00:00:00 x", 3, 23, "'x' is too much; expected the end of INDEX"),
        (HEAD + "    INDEX 00 00:01:00\n    INDEX 01 00:00:10", 4, 14, "lies before INDEX 00 of track 01"),
        (HEAD + "    ISRC ABC", 3, 10, "'ABC' is no ISRC; expected 5 letters"),
        (HEAD + "    FLAGS LOUD", 3, 11, "'LOUD' is no flag; expected some of DCP, PRE, 4CH, SCMS"),
        (HEAD + "    FLAGS", 3, 10, "FLAGS ends here; expected some of DCP"),
        (HEAD + "    INDEX 01 00:00:00\n    PREGAP 00:02:00", 4, 5, "PREGAP behind an INDEX"),
        (HEAD + "    POSTGAP 00:02:00", 3, 5, "POSTGAP before INDEX 01"),
        (HEAD + "  TRACK 02 AUDIO", 2, 1, "track 01 has no INDEX 01"),
        (HEAD + "    INDEX 01 00:00:00\n  TRACK 03 AUDIO", 4, 9, "track 03 after track 01; expected the next number"),
        ('FILE "a" BINARY\nTRACK 01 MODE3/2048', 2, 10, "'MODE3/2048' is no mode of a track"),
        ('FILE "a" BINARY\nTRACK 100 AUDIO', 2, 7, "'100' is no track number; expected 01 to 99"),
        ('FILE "a" MOTOROLA\nTRACK 01 CDG', 2, 10, "CDG tracks have sectors of 2448 bytes; expected them in a BINARY"),
        ("ISRC DEA450300001", 1, 1, "ISRC outside of a track; expected TRACK"),
        (HEAD + 'FILE "b.wav" WAVE', 3, 1, "FILE within track 01, which has no INDEX yet"),
        (HEAD + '    INDEX 01 00:00:00\nFILE "b.wav" WAVE', 4, 1, "no track has an INDEX in this file"),
        ('FILE "b.wav" WAVE\n' + HEAD + "    INDEX 01 00:00:00", 1, 1, "no track has an INDEX in this file"),
        (HEAD + "    INDEX 01 00:00:00\nFILE b WAVE\nINDEX 02 00:00:00", 5, 7, "INDEX 02 is in another file than"),
        ('TITLE "Wait\n', 1, 7, "this quotation mark is never closed"),
        ("CATALOG \u0664015513000017", 1, 9, "is no catalogue number; expected 13 digits"),
    ],
)
def test_each_mistake_is_told_with_its_place(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(CueError) as caught:
        CueSheet.parse(text, WHERE)
    error: Any = caught.value
    assert (error.line, error.column) == (line, column), error
    assert message in str(error)
    assert str(error).startswith(f"{WHERE}:{line}:{column}: ")


@pytest.mark.linux("names that differ in case alone")
def test_times_of_single_digits_and_names_in_another_case_are_taken(tmp_path: Path) -> None:
    (tmp_path / "One.wav").touch()
    (tmp_path / "two.wav").touch()
    (tmp_path / "TWO.wav").touch()
    (tmp_path / "a.cue").write_text(
        'FILE "ONE.WAV" WAVE\nTRACK 1 AUDIO\nINDEX 1 0:2:5\nFILE "Two.wav" WAVE\nTRACK 2 AUDIO\nINDEX 1 0:0:0\n'
    )
    sheet = CueSheet.load(tmp_path / "a.cue")
    assert [file.path.name for file in sheet.files] == ["One.wav", "Two.wav"]  # of two that fit, none
    assert sheet.tracks[0].indexes[1] == (sheet.files[0], 155)


def test_a_name_that_no_file_can_have_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.cue").write_text(f'FILE "{"n" * 300}.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n')
    sheet = CueSheet.load(tmp_path / "a.cue")
    with pytest.raises(SourceError, match=r"n\.wav: ") as caught:
        program_of_sheet(sheet)
    assert caught.value.__notes__ == [f"line 1 of {tmp_path / 'a.cue'} names it"]


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        (
            "TRACK 01 AUDIO\nINDEX 01 00:01:00\n",
            2,
            "what lies before track 01 in a.wav belongs to none; expected INDEX 00",
        ),
        ("TRACK 01 AUDIO\nINDEX 00 00:01:00\nINDEX 01 00:02:00\n", 2, "what lies before track 01 in a.wav"),
        (
            'TRACK 01 AUDIO\nINDEX 01 00:00:00\nFILE "b.wav" WAVE\nTRACK 02 AUDIO\nINDEX 01 00:00:10\n',
            5,
            "what lies before track 02 in b.wav",
        ),
        ("TRACK 01 AUDIO\nINDEX 01 00:00:00\nINDEX 02 01:00:00\n", 2, "track 01: indexes (4500,) do not rise within"),
    ],
)
def test_what_a_sheet_would_lose_or_get_wrong_of_its_files_is_told_with_its_line(
    tmp_path: Path, lines: str, line: int, message: str
) -> None:
    for name in ("a.wav", "b.wav"):
        silence(tmp_path / name)
    (tmp_path / "a.cue").write_text(f'FILE "a.wav" WAVE\n{lines}')
    with pytest.raises(CueError) as caught:
        program_of_sheet(CueSheet.load(tmp_path / "a.cue"))
    assert caught.value.line == line
    assert message in str(caught.value)

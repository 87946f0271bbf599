"""cdrdao burns and reads virtual discs: its cue sheets, its raw sectors, its idea of what a drive answers."""

from __future__ import annotations

import random
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from discstack.emulator.open import open_virtual
from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.composing import SubChannelForm
from discstack.mmc.cd.contents import cd_contents
from discstack.mmc.cd.graphics import PackGatherer
from discstack.mmc.cd.job import CdJob, CdWriteMode
from discstack.mmc.cd.program import Program, ProgramTrack
from discstack.mmc.cd.sectors import SubChannels, read_sectors
from discstack.mmc.procedure import run
from discstack.mmc.spec.cd import sector
from discstack.mmc.spec.cd.packs import protected
from discstack.mmc.spec.cd.text import CdTextBlock, CharacterCode, Language, PackType, build_cd_text

CDRDAO = ("--device", "/dev/sg9", "--driver")
SECTOR = 2352
AUDIO = """\
CD_DA
CATALOG "4015513000017"
CD_TEXT { LANGUAGE_MAP { 0 : EN } LANGUAGE 0 { TITLE "Album" PERFORMER "Band" } }
TRACK AUDIO
COPY
ISRC "DEA450300001"
CD_TEXT { LANGUAGE 0 { TITLE "One" PERFORMER "Band" } }
FILE "one.raw" 0
TRACK AUDIO
PRE_EMPHASIS
CD_TEXT { LANGUAGE 0 { TITLE "Two" PERFORMER "Band" } }
PREGAP 0:1:0
FILE "two.raw" 0
"""
MIXED = """\
CD_ROM
CATALOG "4015513000017"
TRACK MODE1
DATAFILE "data.iso"
TRACK AUDIO
ISRC "DEA450300001"
PREGAP 0:2:0
FILE "one.raw" 0
"""


def samples(seed: int, sectors: int, size: int = SECTOR) -> bytes:
    return random.Random(seed).randbytes(sectors * size)


@pytest.fixture
def tocs(tmp_path: Path) -> None:
    (tmp_path / "audio.toc").write_text(AUDIO)
    (tmp_path / "mixed.toc").write_text(MIXED)
    (tmp_path / "data.iso").write_bytes(samples(9, 320, 2048))
    for seed, name in enumerate(("one", "two"), 1):
        data = bytearray(samples(seed, 330))
        data[::2], data[1::2] = data[1::2], data[::2]  # cdrdao takes raw samples in big-endian order
        (tmp_path / f"{name}.raw").write_bytes(data)


def main(bench: Any, lba: int, count: int) -> bytes:
    medium = bench.drive.drive.medium
    return b"".join(medium.sector(at)[1] for at in range(lba, lba + count))


@pytest.mark.usefixtures("tocs")
def test_audio_with_cd_text_in_two_sessions_at_once(bench: Any) -> None:
    bench = bench("cd-r", capacity=40000)
    words = ("--force", "--multi", "-n", "audio.toc")  # it finds the texts too few
    bench.run("cdrdao", "write", *CDRDAO, "generic-mmc:0x10", *words)
    bench.run("cdrdao", "write", *CDRDAO, "generic-mmc", "-n", "mixed.toc")
    contents = run(cd_contents(), bench.drive)
    one, two, data, audio = contents.tracks
    assert [(t.session, t.control, t.first, t.start, t.end) for t in (one, two)] == [
        (1, 2, 0, 0, 330),
        (1, 1, 330, 405, 735),
    ]
    assert (data.session, data.control, data.start, audio.start) == (2, 4, 735 + 11400, 735 + 11400 + 470)
    assert (contents.catalogue, one.isrc, audio.isrc) == ("4015513000017", "DEA450300001", "DEA450300001")
    assert [contents.texts[0].text(PackType.TITLE, track) for track in (0, 1, 2)] == ["Album", "One", "Two"]
    assert main(bench, 0, 735) == samples(1, 330) + bytes(75 * SECTOR) + samples(2, 330)
    assert main(bench, audio.start, 330) == samples(1, 330)


@pytest.mark.usefixtures("tocs")
def test_its_raw_sectors_are_ours(bench: Any) -> None:
    bench = bench("cd-r", capacity=20000)
    bench.run("cdrdao", "write", *CDRDAO, "generic-mmc-raw", "-n", "mixed.toc")
    contents = run(cd_contents(), bench.drive)
    _, audio = contents.tracks
    assert [(t.control, t.start, t.end) for t in contents.tracks] == [(4, 0, 320), (0, 470, 800)]
    assert (contents.catalogue, audio.isrc) == ("4015513000017", "DEA450300001")
    user = samples(9, 320, 2048)
    ours = b"".join(sector.mode_1(lba, user[lba * 2048 : (lba + 1) * 2048]) for lba in range(320))
    assert main(bench, 0, 320) == ours
    assert main(bench, audio.start, 330) == samples(1, 330)


@pytest.mark.parametrize(
    ("mode", "size", "build"),
    [
        ("MODE2", 2336, sector.mode_2),
        ("MODE2_FORM1", 2048, lambda lba, data: sector.mode_2_form_1(lba, data, bytes(4))),
        ("MODE2_FORM2", 2324, lambda lba, data: sector.mode_2_form_2(lba, data, bytes((0, 0, 0x20, 0)))),
    ],
)
def test_its_sectors_of_mode_2_are_ours(bench: Any, tmp_path: Path, mode: str, size: int, build: Any) -> None:
    bench = bench("cd-r", capacity=20000)
    data = samples(5, 300, size)
    (tmp_path / "data").write_bytes(data)
    (tmp_path / "disc.toc").write_text(f'CD_ROM_XA\nTRACK {mode}\nDATAFILE "data"\n')
    bench.run("cdrdao", "write", *CDRDAO, "generic-mmc-raw", "-n", "disc.toc")
    ours = b"".join(build(lba, data[lba * size : (lba + 1) * size]) for lba in range(300))
    assert main(bench, 0, 300) == ours


@pytest.mark.usefixtures("tocs")
def test_a_rewritable_disc_is_burnt_and_blanked(bench: Any) -> None:
    bench = bench("cd-rw", capacity=20000)
    bench.run("cdrdao", "write", *CDRDAO, "generic-mmc", "-n", "audio.toc")
    assert "CD-R empty           : no" in bench.run("cdrdao", "disk-info", *CDRDAO, "generic-mmc")
    bench.run("cdrdao", "blank", *CDRDAO, "generic-mmc")
    assert "CD-R empty           : yes" in bench.run("cdrdao", "disk-info", *CDRDAO, "generic-mmc")


@pytest.mark.usefixtures("tocs")
def test_its_test_write_leaves_the_disc_blank(bench: Any) -> None:
    bench = bench("cd-r", capacity=20000)
    bench.run("cdrdao", "simulate", *CDRDAO, "generic-mmc", "-n", "audio.toc")
    assert "CD-R empty           : yes" in bench.run("cdrdao", "disk-info", *CDRDAO, "generic-mmc")


class Bytes:
    """Samples in memory."""

    def __init__(self, data: bytes, block: int = SECTOR) -> None:
        self.data, self.sectors, self.at = data, len(data) // block, 0

    def readinto(self, buffer: memoryview, /) -> int:
        piece = self.data[self.at : self.at + len(buffer)]
        buffer[: len(piece)] = piece
        self.at += len(piece)
        return len(piece)


def recorded(bench: Any, folder: Path, job: CdJob) -> Any:
    """Record a disc, for which a drive in a hurry has no time, and put it into one for the other program."""
    with closing(open_virtual("cd-r", file=folder / "disc.img", capacity=20000)) as drive:
        run(burn_program(job), drive)
    return bench("cd-r", file=folder / "disc.img", capacity=20000)


def test_its_scan_finds_pre_gaps_indexes_and_codes(bench: Any, tmp_path: Path) -> None:
    """By read-toc, which reads Q from front to back.

    Its read-cd counts a pre-gap up to the end of the piece that it has just read, whichever that is, and books an ISRC
    that is read again for the sake of the samples under a later track: of any disc.
    """
    bench = bench("cd-r", capacity=20000)
    tracks = (
        ProgramTrack(source=Bytes(samples(1, 330)), isrc="DEA450300001"),
        ProgramTrack(source=Bytes(samples(2, 740)), pregap=100, indexes=(200, 420), isrc="DEA450300002"),
        ProgramTrack(source=Bytes(samples(3, 340)), pregap=130),
    )
    run(burn_program(CdJob(program=Program(tracks=tracks), ring_bytes=1 << 18)), bench.drive)
    bench.run("cdrdao", "read-toc", *CDRDAO, "generic-mmc:0x10", "scan.toc")
    found = [track.split() for track in (tmp_path / "scan.toc").read_text().split("TRACK AUDIO")[1:]]
    words = [
        [(word, value) for word, value in pairwise(track) if word in ("ISRC", "START", "INDEX")] for track in found
    ]
    assert words == [
        [("ISRC", '"DEA450300001"')],
        [("ISRC", '"DEA450300002"'), ("START", "00:01:25"), ("INDEX", "00:02:50"), ("INDEX", "00:05:45")],
        [("START", "00:01:55")],
    ]


def test_it_reads_what_we_burn(bench: Any, tmp_path: Path) -> None:
    bench = bench("cd-r", capacity=20000)
    one, two = samples(1, 330), samples(2, 340)
    text = build_cd_text([CdTextBlock(last_track=2, texts={PackType.TITLE: ("Album", "One", "Two")})])
    tracks = (
        ProgramTrack(source=Bytes(one), copy_permitted=True, isrc="DEA450300001"),
        ProgramTrack(source=Bytes(two), pre_emphasis=True),
    )
    program = Program(tracks=tracks, catalogue="4015513000017", cd_text=text)
    run(burn_program(CdJob(program=program, ring_bytes=1 << 18)), bench.drive)
    bench.run("cdrdao", "read-cd", *CDRDAO, "generic-mmc:0x10", "--datafile", "read.bin", "read.toc")
    toc = (tmp_path / "read.toc").read_text()
    assert 'CATALOG "4015513000017"' in toc
    assert 'ISRC "DEA450300001"' in toc
    assert all(f'TITLE "{title}"' in toc for title in ("Album", "One", "Two"))
    first, second = toc.split("TRACK AUDIO")[1:]
    assert "\nCOPY\nNO PRE_EMPHASIS" in first
    assert "\nNO COPY\nPRE_EMPHASIS" in second
    data = bytearray((tmp_path / "read.bin").read_bytes())
    data[::2], data[1::2] = data[1::2], data[::2]
    assert bytes(data) == one + two


@pytest.mark.usefixtures("tocs")
@pytest.mark.parametrize("driver", ["generic-mmc", "generic-mmc-raw"])
def test_it_begins_a_disc_with_another_track_than_1(bench: Any, tmp_path: Path, driver: str) -> None:
    bench = bench("cd-r", capacity=20000)
    toc = (tmp_path / "audio.toc").read_text().replace("CD_TEXT {", "FIRST_TRACK_NO 3\nCD_TEXT {", 1)
    (tmp_path / "audio.toc").write_text(toc)
    bench.run("cdrdao", "write", *CDRDAO, driver, "--force", "-n", "audio.toc")
    assert [(t.number, t.start, t.end) for t in run(cd_contents(), bench.drive).tracks] == [(3, 0, 330), (4, 405, 735)]


def test_it_reads_the_number_of_our_first_track(bench: Any) -> None:
    bench = bench("cd-r", capacity=20000)
    tracks = ProgramTrack(source=Bytes(samples(1, 330))), ProgramTrack(source=Bytes(samples(2, 340)))
    run(burn_program(CdJob(program=Program(tracks=tracks, first_number=3), ring_bytes=1 << 18)), bench.drive)
    seen = bench.run("cdrdao", "read-toc", *CDRDAO, "generic-mmc", "first.toc")
    assert [row.split()[0] for row in seen.splitlines() if " AUDIO " in row] == ["3", "4", "Leadout"]
    assert "first: 3 last 4" in bench.run("wodim", "dev=/dev/sg9", "-toc")


def test_it_reads_texts_in_several_languages(bench: Any, tmp_path: Path) -> None:
    blocks = [
        CdTextBlock(
            language=language,
            texts={
                PackType.TITLE: (f"Album {word}", f"One {word}", f"Two {word}"),
                PackType.PERFORMER: (f"Band {word}",) * 3,
                PackType.MESSAGE: ("", f"First {word}", f"Second {word}"),
            },
            last_track=2,
        )
        for language, word in ((0x09, "en"), (0x08, "de"), (0x0F, "fr"))
    ]
    tracks = ProgramTrack(source=Bytes(samples(1, 330))), ProgramTrack(source=Bytes(samples(2, 340)))
    program = Program(tracks=tracks, cd_text=build_cd_text(blocks))
    bench = recorded(bench, tmp_path, CdJob(program=program, ring_bytes=1 << 18))
    bench.run("cdrdao", "read-toc", *CDRDAO, "generic-mmc:0x10", "texts.toc")
    toc = (tmp_path / "texts.toc").read_text()
    disc = toc.split("TRACK AUDIO")[0]
    assert "0: 9" in disc
    assert "1: 8" in disc
    assert "2: 15" in disc
    for number, word in enumerate(("en", "de", "fr")):
        for place, part in enumerate(toc.split("TRACK AUDIO")):
            texts = part.split(f"LANGUAGE {number} {{")[1].split("}")[0]
            assert f'TITLE "{("Album", "One", "Two")[place]} {word}"' in texts
            assert f'PERFORMER "Band {word}"' in texts


def graphics(seed: int, sectors: int) -> bytes:
    """Packs as they are with their parity."""
    tiles = random.Random(seed)
    return b"".join(
        protected(bytes((9, 6, 0, 0, *(tiles.randrange(64) for _ in range(16)), 0, 0, 0, 0)))
        for _ in range(4 * sectors)
    )


def with_packs(data: bytes, packs: bytes) -> bytes:
    """Return sectors as cdrdao keeps them: samples in big-endian order, then four packs."""
    swapped = bytearray(data)
    swapped[::2], swapped[1::2] = swapped[1::2], swapped[::2]
    pairs = zip(range(0, len(data), SECTOR), range(0, len(packs), 96), strict=True)
    return b"".join(swapped[at : at + SECTOR] + packs[packs_at : packs_at + 96] for at, packs_at in pairs)


@pytest.mark.parametrize("form", [SubChannelForm.PACKED, SubChannelForm.RAW])
def test_it_reads_the_graphics_that_we_record(bench: Any, tmp_path: Path, form: SubChannelForm) -> None:
    packs = graphics(1, 330)
    track = ProgramTrack(source=Bytes(samples(1, 330)), packs=Bytes(packs, 96))
    job = CdJob(program=Program(tracks=(track,)), mode=CdWriteMode.RAW, sub_channels=form, ring_bytes=1 << 18)
    bench = recorded(bench, tmp_path, job)
    words = ("--read-subchan", "rw", "--datafile", "read.bin", "read.toc")
    bench.run("cdrdao", "read-cd", *CDRDAO, "generic-mmc:0x10", *words)
    assert "TRACK AUDIO RW" in (tmp_path / "read.toc").read_text()
    read, sent = (tmp_path / "read.bin").read_bytes(), with_packs(samples(1, 330), packs)
    whole = 328 * (SECTOR + 96)  # the packs of the last two sectors end in the lead-out
    assert read[:whole] == sent[:whole]


def test_its_graphics_are_ours(bench: Any, tmp_path: Path) -> None:
    bench = bench("cd-r", capacity=20000)
    packs = graphics(1, 330)
    (tmp_path / "sung.bin").write_bytes(with_packs(samples(1, 330), packs))
    (tmp_path / "sung.toc").write_text('CD_DA\nTRACK AUDIO RW\nDATAFILE "sung.bin"\n')
    bench.run("cdrdao", "write", *CDRDAO, "generic-mmc-raw", "-n", "sung.toc")
    kept: list[bytes] = []
    gatherer = PackGatherer(lambda lba, found: kept.append(found))
    for lba in range(0, 330, 30):
        for each in run(read_sectors(lba, 30, sub=SubChannels.RAW), bench.drive):
            gatherer.take(each)
    gatherer.finish()
    assert main(bench, 0, 330) == samples(1, 330)
    assert b"".join(kept)[: 96 * 328] == packs[: 96 * 328]


def test_it_reads_packs_of_all_types(bench: Any, tmp_path: Path) -> None:
    """Of a block in two bytes a character, it takes the texts of the album only: it ends them at any zero."""
    kinds = [PackType.TITLE, PackType.PERFORMER, PackType.SONGWRITER, PackType.COMPOSER, PackType.ARRANGER]
    words = {kind: kind.name.lower() for kind in (*kinds, PackType.MESSAGE)}
    contents = bytes((1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 6, 25))
    plain = CdTextBlock(
        last_track=2,
        texts={
            **{kind: (word, f"{word} 1", f"{word} 2") for kind, word in words.items()},
            PackType.DISC_IDENTIFICATION: ("XY12345",),
            PackType.CLOSED_INFORMATION: ("closed",),
            PackType.CODES: ("4015513000017", "DEA450300001", "DEA450300002"),
        },
        genre=(24, "Rock"),
        binary={PackType.TABLE_OF_CONTENTS: contents},
    )
    japanese = CdTextBlock(
        language=Language.JAPANESE,
        character_code=CharacterCode.MS_JIS,
        last_track=2,
        texts={PackType.TITLE: ("夜の歌 1", "春", "秋")},
    )
    tracks = ProgramTrack(source=Bytes(samples(1, 330))), ProgramTrack(source=Bytes(samples(2, 340)))
    program = Program(tracks=tracks, cd_text=build_cd_text([plain, japanese]))
    bench = recorded(bench, tmp_path, CdJob(program=program, ring_bytes=1 << 18))
    bench.run("cdrdao", "read-toc", *CDRDAO, "generic-mmc:0x10", "texts.toc")
    disc, *following = (tmp_path / "texts.toc").read_text().split("// Track")
    english, second = disc.split("LANGUAGE 0 {")[1].split("LANGUAGE 1 {")
    for kind, word in words.items():
        assert f'{kind.name} "{word}"' in english
        assert all(f'{kind.name} "{word} {number}"' in part for number, part in enumerate(following, 1))
    for words_of_it in ('DISC_ID "XY12345"', 'RESERVED4 "closed"', 'UPC_EAN "4015513000017"'):
        assert words_of_it in english
    assert [numbers(english, name) for name in ("GENRE", "TOC_INFO1")] == [
        [0, 24, *b"Rock\0"],
        [*contents, *bytes(6)],
    ]
    assert numbers(english, "SIZE_INFO")[:3] == [0, 1, 2]
    assert numbers(second, "SIZE_INFO")[:1] == [128]
    assert numbers(english, "SIZE_INFO")[28:] == numbers(second, "SIZE_INFO")[28:] == [9, 105, 0, 0, 0, 0, 0, 0]
    assert sum(numbers(english, "SIZE_INFO")[4:20]) == numbers(english, "SIZE_INFO")[20] + 1
    told = second.split('TITLE "')[1].split('"')[0].encode("ascii").decode("unicode_escape").encode("latin-1")
    assert told.decode("cp932") == "夜の歌\u3000\uff11"
    assert [f'ISRC "DEA45030000{number}"' in part for number, part in enumerate(following, 1)] == [True, True]


def numbers(text: str, name: str) -> list[int]:
    """Return the bytes that it tells of a pack type."""
    return [int(word) for word in text.split(f"{name} {{")[1].split("}")[0].replace(",", " ").split()]

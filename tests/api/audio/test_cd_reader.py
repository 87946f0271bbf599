"""CDs read into files, and what other people's programs see in those."""

from __future__ import annotations

import random
import subprocess
import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import discstack
from discstack import (
    AudioTrack,
    AudioWriter,
    CdReader,
    CueError,
    CueSheet,
    MediaError,
    Program,
    ProgramTrack,
    RawWriter,
    TrackForm,
    VerifyLevel,
)
from discstack import open as discstack_open
from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.contents import cd_contents
from discstack.mmc.cd.job import CdJob, CdWriteMode
from discstack.mmc.procedure import run
from discstack.mmc.queries import capabilities
from discstack.mmc.spec.cd import sector, sub_channel
from discstack.mmc.spec.cd.sector import SectorType

SECTOR = 2352


def noise(sectors: int, seed: int, size: int = SECTOR) -> bytes:
    return random.Random(seed).randbytes(sectors * size)


def wav(path: Path, sectors: int, seed: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(noise(sectors, seed))
    return path


class Bytes:
    """Blocks in memory."""

    def __init__(self, data: bytes, size: int) -> None:
        self.data, self.sectors, self.at = data, len(data) // size, 0

    def readinto(self, buffer: memoryview, /) -> int:
        piece = self.data[self.at : self.at + len(buffer)]
        buffer[: len(piece)] = piece
        self.at += len(piece)
        return len(piece)


def ran(*words: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=200, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def recorder() -> Any:
    with discstack.open("virtual:cd-r?capacity=40000") as opened:
        yield opened


@pytest.fixture
def album(recorder: Any, tmp_path: Path) -> Path:
    """Burn two tracks with everything that a disc can say of them, and read them back into a cue sheet."""
    tracks = [
        AudioTrack(path=wav(tmp_path / "1.wav", 375, 1), title="One", isrc="DEA450300001", copy_permitted=True),
        AudioTrack(path=wav(tmp_path / "2.wav", 450, 2), title="Two", performer="B", pregap=75, pre_emphasis=True),
    ]
    AudioWriter(recorder).write(tracks, title="Album", catalogue="4015513000017")
    CdReader(recorder).save(tmp_path / "album.cue", sub_channels=True)
    return tmp_path / "album.cue"


WHOLE = noise(375, 1) + bytes(75 * SECTOR) + noise(450, 2)


def test_contents_are_what_was_burnt(recorder: Any, album: Path) -> None:
    contents = CdReader(recorder).contents()
    assert [(t.number, t.control, t.first, t.start, t.end, t.isrc) for t in contents.tracks] == [
        (1, 2, 0, 0, 375, "DEA450300001"),
        (2, 1, 375, 450, 900, ""),
    ]
    assert contents.catalogue == "4015513000017"
    assert contents.lead_outs == (900,)
    assert contents.texts[0].text(discstack.PackType.TITLE, 2) == "Two"


def test_samples_and_sub_channels_are_in_the_files(album: Path) -> None:
    assert album.with_suffix(".bin").read_bytes() == WHOLE
    sub = album.with_suffix(".sub").read_bytes()
    assert len(sub) == 900 * 96
    q = sub[400 * 96 + 12 : 400 * 96 + 24]
    assert sub_channel.intact(q)
    assert q[:3] == bytes((0x11, 2, 0))


def test_the_sheet_burns_the_same_disc_again(album: Path, tmp_path: Path) -> None:
    with discstack.open("virtual:cd-r?capacity=40000") as other:
        AudioWriter(other).write(CueSheet.load(album))
        (tmp_path / "again").mkdir()
        CdReader(other).save(tmp_path / "again" / "album.cue", sub_channels=True)
    for suffix in (".cue", ".bin", ".sub", ".cdt"):
        again = (tmp_path / "again" / "album").with_suffix(suffix)
        assert again.read_bytes() == album.with_suffix(suffix).read_bytes(), suffix


@pytest.mark.parametrize("lead", [32, 400])
@pytest.mark.parametrize("as_wav", [False, True])
def test_what_lies_before_the_first_track_is_read_and_burnt_again(
    recorder: Any, tmp_path: Path, lead: int, as_wav: bool
) -> None:
    track = replace(AudioTrack(path=wav(tmp_path / "1.wav", lead + 320, 1)).track(), pregap=150, lead=lead)
    AudioWriter(recorder).write(Program(tracks=(track,)))
    CdReader(recorder).save(tmp_path / "album.cue", wav=as_wav)
    assert (
        f"INDEX 00 00:00:00\n    INDEX 01 00:{lead // 75:02}:{lead % 75:02}\n" in (tmp_path / "album.cue").read_text()
    )
    with discstack.open("virtual:cd-r?capacity=40000") as other:
        (placed,) = AudioWriter(other).write(CueSheet.load(tmp_path / "album.cue")).tracks
        assert placed.start == lead
        CdReader(other).save(tmp_path / "again.cue")
    assert (tmp_path / "again.bin").read_bytes() == noise(lead + 320, 1)


def test_cdrdao_has_the_first_track_of_a_sheet_where_it_is_burnt(recorder: Any, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(noise(400, 1))
    (tmp_path / "a.cue").write_text("FILE a.bin BINARY\nTRACK 01 AUDIO\nINDEX 00 00:00:00\nINDEX 01 00:00:32\n")
    (placed,) = AudioWriter(recorder).write(CueSheet.load(tmp_path / "a.cue")).tracks
    assert f"START 00:00:32( {placed.start}) END 00:05:25( {placed.end})" in " ".join(
        ran("cdrdao", "show-toc", "a.cue", cwd=tmp_path).split()
    )


def test_libcdio_sees_tracks_codes_and_texts(album: Path) -> None:
    seen = ran("cd-info", "--no-header", f"--cue-file={album}")
    assert "1: 00:02:00  000000 audio  false  yes   2        no" in seen
    assert "2: 00:08:00  000450 audio  false  no    2        yes" in seen
    assert "170: 00:14:00  000900 leadout" in seen
    assert "Media Catalog Number (MCN): 4015513000017" in seen
    assert all(words in seen for words in ("TITLE: Album", "TITLE: One", "TITLE: Two", "PERFORMER: B"))


def test_libcdio_and_paranoia_read_the_same_samples(album: Path, tmp_path: Path) -> None:
    ran("cd-read", f"--cue-file={album}", "-m", "audio", "-s", "5", "-n", "1", "-o", tmp_path / "sector")
    assert (tmp_path / "sector").read_bytes() == WHOLE[5 * SECTOR : 6 * SECTOR]
    ran("cd-paranoia", "-Z", "-R", "-d", album, "2", tmp_path / "track")
    assert (tmp_path / "track").read_bytes() == noise(450, 2)


def test_cdrdao_sees_gaps_flags_and_codes(album: Path) -> None:
    seen = " ".join(ran("cdrdao", "show-toc", album.name, cwd=album.parent).split())
    assert "CATALOG NUMBER: 4015513000017" in seen
    assert "ISRC DE A45 03 00001 COPY PERMITTED NO PRE-EMPHASIS TWO CHANNEL AUDIO START 00:00:00( 0)" in seen
    assert "COPY NOT PERMITTED PRE-EMPHASIS TWO CHANNEL AUDIO PREGAP 00:01:00( 75) START 00:06:00( 450)" in seen


def test_wav_files_of_the_tracks(recorder: Any, album: Path, tmp_path: Path) -> None:
    (tmp_path / "wav").mkdir()
    saved = CdReader(recorder).save(tmp_path / "wav" / "album.cue", wav=True)
    assert [path.name for path in saved.files] == ["album 01.wav", "album 02.wav", "album.cdt"]
    with wave.open(str(saved.files[0])) as one, wave.open(str(saved.files[1])) as two:
        assert one.getparams()[:3] == (2, 2, 44100)
        assert one.readframes(10**6) + two.readframes(10**6) == WHOLE
    with discstack.open("virtual:cd-r?capacity=40000") as other:
        result = AudioWriter(other).write(CueSheet.load(saved.cue))
    assert [(track.first, track.start, track.end) for track in result.tracks] == [(-150, 0, 375), (375, 450, 900)]


@pytest.mark.parametrize("form", [TrackForm.MODE_1, TrackForm.XA_FORM_1, TrackForm.MODE_2])
def test_sectors_of_data_are_read_by_libcdio(recorder: Any, tmp_path: Path, form: TrackForm) -> None:
    data = noise(320, 7, form.size)
    AudioWriter(recorder).write(Program(tracks=(ProgramTrack(source=Bytes(data, form.size), form=form),)))
    saved = CdReader(recorder).save(tmp_path / "data.cue")
    raw = saved.files[0].read_bytes()
    assert saved.contents.tracks[0].kind is form.kind
    assert all(sector.intact(raw[at : at + SECTOR]) for at in range(0, len(raw), SECTOR))
    mode = {TrackForm.MODE_1: "m1f1", TrackForm.XA_FORM_1: "m2f1", TrackForm.MODE_2: "m2f2"}[form]
    ran("cd-read", f"--cue-file={saved.cue}", "-m", mode, "-s", "9", "-n", "1", "-o", tmp_path / "sector")
    read = (tmp_path / "sector").read_bytes()
    size = min(len(read), form.size)
    assert read[:size] == data[9 * form.size : 9 * form.size + size]


def test_data_and_audio_and_several_sessions(recorder: Any, tmp_path: Path) -> None:
    tracks = (
        ProgramTrack(source=Bytes(noise(320, 1, 2048), 2048), form=TrackForm.MODE_1),
        ProgramTrack(source=Bytes(noise(330, 2), SECTOR)),
    )
    AudioWriter(recorder, close=False, gapless=False).write(Program(tracks=tracks))
    RawWriter(recorder).write(Program(tracks=(ProgramTrack(source=Bytes(noise(340, 3), SECTOR)),)))
    saved = CdReader(recorder).save(tmp_path / "mixed.cue")
    first, second, third = saved.contents.tracks
    assert [path.name for path in saved.files] == ["mixed.bin", "mixed.session2.bin"]
    assert (first.kind, second.session, third.session) == (SectorType.MODE_1, 1, 2)
    raw = saved.files[0].read_bytes()
    assert b"".join(raw[at + 16 : at + 2064] for at in range(0, 320 * SECTOR, SECTOR)) == noise(320, 1, 2048)
    assert raw[second.start * SECTOR :] == noise(330, 2) + bytes(2 * SECTOR)  # the run-out of track at once
    assert saved.files[1].read_bytes() == noise(340, 3)
    assert [(r.start, r.stop) for r in saved.unreadable] == [(320, 322)]
    assert "REM SESSION 02" in saved.cue.read_text()


def test_a_disc_of_several_sessions_is_copied_session_by_session(discstack: Callable[..., Any], tmp_path: Path) -> None:
    wav(tmp_path / "1.wav", 310, 1)
    (tmp_path / "data.bin").write_bytes(noise(320, 2, 2048))
    (tmp_path / "data.cue").write_text("FILE data.bin BINARY\nTRACK 01 MODE2/2048\nINDEX 01 00:00:00\n")
    drive, copy = ("virtual:cd-r?file=disc&capacity=40000", "virtual:cd-r?file=copy&capacity=40000")
    assert discstack("audio", "1.wav", "-d", drive, "--title", "One", "--multi").code == 0
    assert discstack("audio", "data.cue", "-d", drive).code == 0
    assert discstack("read", drive, "-o", "extra.cue").code == 0
    refused = discstack("audio", "extra.cue", "-d", copy)
    assert (refused.code, "sessions 1, 2 are recorded one by one" in refused.err) == (2, True)
    with discstack_open(copy) as recorder, pytest.raises(CueError, match=r"extra\.cue:\d+:1: .* expected a choice"):
        AudioWriter(recorder).program(CueSheet.load(tmp_path / "extra.cue"))
    assert "no session 3" in discstack("audio", "extra.cue", "-d", copy, "--session", "3").err
    assert discstack("audio", "extra.cue", "-d", copy, "--session", "1", "--multi").code == 0
    assert discstack("audio", "extra.cue", "-d", copy, "--session", "2").code == 0
    assert discstack("read", copy, "-o", "again.cue").code == 0
    for suffix in (".bin", ".session2.bin", ".cdt"):
        assert (tmp_path / f"again{suffix}").read_bytes() == (tmp_path / f"extra{suffix}").read_bytes()
    assert (tmp_path / "again.cue").read_text().replace("again", "extra") == (tmp_path / "extra.cue").read_text()
    assert discstack("audio", "1.wav", "-d", copy, "--session", "1").code == 2


def test_the_command_line_reads_a_cd(discstack: Callable[..., Any], tmp_path: Path) -> None:
    wav(tmp_path / "1.wav", 300, 1)
    drive = "virtual:cd-r?file=disc&capacity=20000"
    assert discstack("audio", "1.wav", "-d", drive).code == 0
    done = discstack("read", drive, "-o", "out.cue", "--sub-channels", "--json")
    assert (done.code, done.json["files"]) == (0, ["out.bin", "out.sub"])
    assert (tmp_path / "out.bin").read_bytes() == noise(300, 1)
    assert discstack("read", drive, "-o", "out.img", "--wav").code == 2


@pytest.mark.parametrize("gapless", [True, False])
def test_a_copy_of_what_may_be_copied_once_is_told(recorder: Any, tmp_path: Path, gapless: bool) -> None:
    tracks = (
        ProgramTrack(source=Bytes(noise(310, 1), SECTOR), copied=True, isrc="DEA450300001"),
        ProgramTrack(source=Bytes(noise(310, 2), SECTOR)),
    )
    AudioWriter(recorder, gapless=gapless).write(Program(tracks=tracks))
    saved = CdReader(recorder).save(tmp_path / "copy.cue")
    assert [track.copied for track in saved.contents.tracks] == [True, False]
    assert [track.flags for track in CueSheet.load(saved.cue).tracks] == [{"SCMS"}, set()]
    assert recorder.execute(bytes.fromhex("52 01 00 00 00 01 00 0030 00"), allocation=48).data[5] & 0x10  # copy


def test_files_beside_the_cue_sheet_are_not_written_over_unasked(discstack: Callable[..., Any], tmp_path: Path) -> None:
    wav(tmp_path / "1.wav", 300, 1)
    drive = "virtual:cd-r?file=disc&capacity=20000"
    assert discstack("audio", "1.wav", "-d", drive, "--title", "One").code == 0
    for name, words in (
        ("out.bin", ()),
        ("out.sub", ("--sub-channels",)),
        ("out.cdt", ()),
        ("out 01.wav", ("--wav",)),
        ("out 01.cdg", ("--wav", "--graphics")),
    ):
        (tmp_path / name).write_text("somebody's work")
        refused = discstack("read", drive, "-o", "out.cue", *words)
        assert refused.code == 1
        assert f"{name}: it is there already" in refused.err
        assert "--force" in refused.err
        assert (tmp_path / name).read_text() == "somebody's work"
        assert not (tmp_path / "out.cue").exists()
        (tmp_path / name).unlink()
    (tmp_path / "out.bin").write_text("somebody's work")
    assert discstack("read", drive, "-o", "out.cue", "--force").code == 0
    assert (tmp_path / "out.bin").read_bytes() == noise(300, 1)
    assert discstack("read", drive, "-o", "out.img", "--force").code == 2


@pytest.mark.parametrize(("medium", "told"), [("cd-r", "CD-R, blank"), ("dvd+r", r"DVD\+R, blank"), ("bd-re", "BD-RE")])
def test_a_disc_that_is_no_readable_cd_is_told_as_what_it_is(tmp_path: Path, medium: str, told: str) -> None:
    with discstack.open(f"virtual:{medium}") as recorder:
        with pytest.raises(MediaError, match=f"no table of contents of a CD: {told}"):
            CdReader(recorder).save(tmp_path / "out.cue")
        with pytest.raises(MediaError, match="no table of contents"):
            CdReader(recorder).contents()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("file", ["out.bin", "out.cue"])
def test_a_cd_is_not_read_into_the_file_that_keeps_it(discstack: Callable[..., Any], tmp_path: Path, file: str) -> None:
    wav(tmp_path / "1.wav", 300, 1)
    drive = f"virtual:cd-r?file={file}&capacity=20000"
    assert discstack("audio", "1.wav", "-d", drive).code == 0
    before = (tmp_path / file).read_bytes()
    refused = discstack("read", drive, "-o", "out.cue", "--force")
    assert refused.code != 0
    assert f"{file} is the disc that is read" in refused.err
    assert (tmp_path / file).read_bytes() == before


@pytest.mark.linux("symbolic links")
def test_a_link_that_leads_nowhere_lies_in_the_way_too(discstack: Callable[..., Any], tmp_path: Path) -> None:
    wav(tmp_path / "1.wav", 300, 1)
    drive = "virtual:cd-r?file=disc&capacity=20000"
    assert discstack("audio", "1.wav", "-d", drive).code == 0
    (tmp_path / "out.bin").symlink_to("nowhere")
    assert discstack("read", drive, "-o", "out.cue").code == 1
    assert discstack("read", drive, "-o", "out.cue", "--force").code == 0
    assert (tmp_path / "nowhere").read_bytes() == noise(300, 1)


def test_indexes_are_found_and_burnt_again(recorder: Any, tmp_path: Path) -> None:
    tracks = (
        ProgramTrack(source=Bytes(noise(400, 1), SECTOR), isrc="DEA450300001", indexes=(1, 59, 399)),
        ProgramTrack(source=Bytes(noise(500, 2), SECTOR), pregap=80),
        ProgramTrack(source=Bytes(noise(500, 3), SECTOR), indexes=(251,)),
    )
    program = Program(tracks=tracks, catalogue="4015513000017")
    AudioWriter(recorder).write(program)
    saved = CdReader(recorder).save(tmp_path / "album.cue")
    assert [track.indexes for track in saved.contents.tracks] == [(1, 59, 399), (), (251,)]
    assert "INDEX 03 00:00:59\n    INDEX 04 00:05:24" in saved.cue.read_text()
    with discstack.open("virtual:cd-r?capacity=40000") as other:
        AudioWriter(other).write(CueSheet.load(saved.cue))
        assert CdReader(other).contents() == saved.contents


def test_wodim_has_the_indexes_of_a_sheet_where_they_were(bench: Any, recorder: Any, tmp_path: Path) -> None:
    """Their times are places in the file, which cdrdao 1.2.4 takes for distances from the start of the track."""
    tracks = (
        ProgramTrack(source=Bytes(noise(310, 1), SECTOR)),
        ProgramTrack(source=Bytes(noise(400, 2), SECTOR), pregap=150, indexes=(100, 200)),
        ProgramTrack(source=Bytes(noise(320, 3), SECTOR), pregap=175, indexes=(60,)),
    )
    AudioWriter(recorder).write(Program(tracks=tracks))
    contents = CdReader(recorder).save(tmp_path / "disc.cue").contents
    assert [track.indexes for track in contents.tracks] == [(), (100, 200), (60,)]
    copy = bench("cd-r", capacity=20000)
    copy.run("wodim", "dev=/dev/sg9", "gracetime=2", "speed=1", "-dao", "cuefile=disc.cue")
    assert run(cd_contents(), copy.drive).tracks == contents.tracks


@pytest.mark.parametrize("form", [discstack.SubChannelForm.PACKED, discstack.SubChannelForm.RAW])
def test_graphics_are_kept_beside_their_tracks(recorder: Any, tmp_path: Path, form: Any) -> None:
    picture = b"".join(
        bytes((9, 6, 0, 0, *(n >> shift & 0x3F for shift in range(16)), 0, 0, 0, 0)) for n in range(4 * 850)
    )
    plain, shown = bytes(96 * 450), picture[: 96 * 400]
    tracks = tuple(ProgramTrack(source=Bytes(noise(n, n), SECTOR)) for n in (300, 400))
    program = Program(tracks=tracks, packs=Bytes(plain + shown, 96))
    recorder.run(burn_program(CdJob(program=program, mode=CdWriteMode.RAW, sub_channels=form)))
    saved = CdReader(recorder).save(tmp_path / "karaoke.cue", wav=True, graphics=True)
    assert [track.graphics for track in saved.contents.tracks] == [False, True]
    assert [path.name for path in saved.files] == ["karaoke 01.wav", "karaoke 02.wav", "karaoke 02.cdg"]
    kept = saved.files[2].read_bytes()
    whole = 96 * 398  # the packs of the last two sectors end in the lead-out
    assert [kept[at : at + 2] + kept[at + 4 : at + 20] for at in range(0, whole, 24)] == [
        shown[at : at + 2] + shown[at + 4 : at + 20] for at in range(0, whole, 24)
    ]
    assert (saved.corrected_packs, saved.damaged_packs, saved.cut_packs) == (0, 0, 7)
    assert not any(kept[399 * 96 - 72 :])  # what nobody can read whole


def graphics(path: Path, sectors: int, seed: int) -> bytes:
    """Make a CDG file of tiles of 16 bytes each, without parity, as most are; return the tiles."""
    tiles = [bytes(byte & 0x3F for byte in random.Random(seed).randbytes(16)) for _ in range(4 * sectors)]
    path.write_bytes(b"".join(bytes((9, 6, 0, 0)) + tile + bytes(4) for tile in tiles))
    return b"".join(tiles)


def tiles(path: Path) -> bytes:
    data = path.read_bytes()
    return b"".join(data[at + 4 : at + 20] for at in range(0, len(data), 24))


@pytest.mark.parametrize("form", ["96p", "96r"])
def test_graphics_go_from_files_to_the_disc_and_back(discstack: Callable[..., Any], tmp_path: Path, form: str) -> None:
    for number, sectors in ((1, 300), (2, 310), (3, 320)):
        wav(tmp_path / f"{number}.wav", sectors, number)
    short, long = graphics(tmp_path / "1.cdg", 100, 1), graphics(tmp_path / "3.CDG", 350, 3)
    drive = f"virtual:cd-r?file={form}&capacity=20000"
    made = discstack("audio", "1.wav", "2.wav", "3.wav", "-d", drive, "--graphics", "--raw", form, "--json")
    assert [track["sectors"] for track in made.json["tracks"]] == [300, 310, 350]
    done = discstack("read", drive, "-o", f"{form}.cue", "--wav", "--graphics", "--json")
    assert [name for name in done.json["files"] if name.endswith("cdg")] == [f"{form} 01.cdg", f"{form} 03.cdg"]
    assert tiles(tmp_path / f"{form} 01.cdg") == short.ljust(300 * 64, b"\0")
    whole = 348 * 64  # the packs of the last two sectors end in the lead-out, where drives do not read
    assert tiles(tmp_path / f"{form} 03.cdg")[:whole] == long[:whole]
    other = f"virtual:cd-r?file=copy-{form}&capacity=20000"
    assert discstack("audio", f"{form}.cue", "-d", other, "--graphics").code == 0
    assert discstack("read", other, "-o", "copy.cue", "--wav", "--graphics").code == 0
    for name in ("01", "03"):
        assert tiles(tmp_path / f"copy {name}.cdg")[:whole] == tiles(tmp_path / f"{form} {name}.cdg")[:whole]


def test_graphics_that_cannot_be_kept_are_told_of(discstack: Callable[..., Any], tmp_path: Path) -> None:
    wav(tmp_path / "1.wav", 300, 1)
    drive = "virtual:cd-r?file=disc&capacity=20000"
    assert discstack("audio", "1.wav", "-d", drive, "--graphics").code == 2  # there are none
    graphics(tmp_path / "1.cdg", 10, 1)
    for words in (("--gaps",), ("--raw", "16"), ("--raw", "96p", "--title", "One")):
        assert discstack("audio", "1.wav", "-d", drive, "--graphics", *words).code in (2, 5), words
    (tmp_path / "1.cdg").write_bytes(bytes(25))
    assert "no packs of 24" in discstack("audio", "1.wav", "-d", drive, "--graphics").err
    assert "blank" in discstack("info", drive).out


def test_bytes_that_could_not_be_corrected_are_told(tmp_path: Path) -> None:
    with discstack.open("virtual:cd-r?capacity=40000&defects=100-101,350") as recorder:
        AudioWriter(recorder).write(Program(tracks=(ProgramTrack(source=Bytes(noise(400, 1), SECTOR)),)))
        before = recorder.run(capabilities())
        saved = CdReader(recorder).save(tmp_path / "scratched.cue", error_bits=True, speed=700)
        assert recorder.run(capabilities()) == before
    assert saved.doubtful == (range(100, 102), range(350, 351))
    read, sent = saved.files[0].read_bytes(), noise(400, 1)
    wrong = {at // SECTOR for at in range(len(sent)) if read[at] != sent[at]}
    assert wrong == {100, 101, 350}


def test_the_command_line_tells_of_bytes_in_doubt(discstack: Callable[..., Any], tmp_path: Path) -> None:
    wav(tmp_path / "1.wav", 300, 1)
    drive = "virtual:cd-r?file=disc&capacity=20000&defects=7"
    assert discstack("audio", "1.wav", "-d", drive).code == 0
    done = discstack("read", drive, "-o", "out.cue", "--error-bits", "--speed", "4x", "--json")
    assert (done.code, done.json["doubtful"]) == (4, ["7-7"])
    assert discstack("read", drive, "-o", "out.cue", "--graphics").code == 2
    assert discstack("read", drive, "-o", "out.img", "--error-bits").code == 2


def by_session(recorder: Any, files: list[Path]) -> None:
    AudioWriter(recorder, verify=VerifyLevel.FULL).write(files)


def by_track(recorder: Any, files: list[Path]) -> None:
    AudioWriter(recorder, gapless=False, verify=VerifyLevel.FULL).write(files)


def one_by_one(recorder: Any, files: list[Path]) -> None:
    writer = AudioWriter(recorder)
    writer.prepare()
    for file in files:
        writer.add_track(file)
    writer.release()


def raw(recorder: Any, files: list[Path]) -> None:
    RawWriter(recorder).write(AudioWriter(recorder).program(files))


def raw_in(form: Any) -> Callable[[Any, list[Path]], None]:
    def write(recorder: Any, files: list[Path]) -> None:
        image = discstack.RawImage(sub_channels=form)
        for file in files:
            image.add_track(file)
        RawWriter(recorder).write(image)

    return write


@pytest.mark.parametrize(
    "way", [by_session, by_track, one_by_one, raw, *(raw_in(form) for form in discstack.SubChannelForm)]
)
@pytest.mark.parametrize("medium", ["cd-r", "cd-rw"])
def test_wav_files_come_back_bit_by_bit_whatever_the_way(
    medium: str, way: Callable[[Any, list[Path]], None], tmp_path: Path
) -> None:
    files = [wav(tmp_path / f"{n}.wav", 300 + n, n) for n in (1, 2, 3)]
    with discstack.open(f"virtual:{medium}?capacity=20000") as recorder:
        way(recorder, files)
        saved = CdReader(recorder).save(tmp_path / "disc.cue")
        data = saved.files[0].read_bytes()
    starts = [track.start * SECTOR for track in saved.contents.tracks]
    assert [data[at : at + (300 + n) * SECTOR] for n, at in enumerate(starts, 1)] == [
        noise(300 + n, n) for n in (1, 2, 3)
    ]

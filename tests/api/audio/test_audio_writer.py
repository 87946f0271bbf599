"""Audio from files onto virtual discs, through the API and the command line, and back bit for bit."""

from __future__ import annotations

import random
import re
import struct
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
import soundfile

import discstack
from discstack import (
    AudioFormatError,
    AudioTrack,
    AudioWriter,
    CueError,
    CueSheet,
    DiscState,
    MediumFull,
    SourceError,
    SubChannelForm,
    UnsupportedMedium,
)
from discstack.mmc.spec.cd.text import PackType, parse_cd_text
from discstack.mmc.spec.toc import CdText

SECTOR = 2352
FRAMES = 588


def noise(sectors: float, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(int(sectors * FRAMES) * 4)


def wav(path: Path, data: bytes, *, rate: int = 44100, channels: int = 2, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(data)
    return path


def sectors(recorder: Any, lba: int, count: int) -> bytes:
    pieces = []
    for at in range(0, count, 25):
        some = min(25, count - at)
        cdb = bytes((0xBE, 0)) + (lba + at & 0xFFFFFFFF).to_bytes(4, "big") + some.to_bytes(3, "big") + b"\x10\0\0"
        pieces.append(bytes(recorder.execute(cdb, allocation=some * SECTOR).data))
    return b"".join(pieces)


@pytest.fixture
def recorder() -> Any:
    with discstack.open("virtual:cd-r?capacity=20000") as opened:
        opened.medium()
        yield opened


def test_wav_files_come_back_bit_for_bit_without_a_gap(recorder: Any, tmp_path: Path) -> None:
    one, two = noise(400), noise(350.5, 2)
    result = AudioWriter(recorder, ring_bytes=1 << 18).write(
        [wav(tmp_path / "1.wav", one), wav(tmp_path / "2.wav", two)]
    )
    assert [(track.start, track.end) for track in result.tracks] == [(0, 400), (400, 751)]
    assert sectors(recorder, 0, 751) == one + two + bytes(751 * SECTOR - len(one + two))
    assert result.medium.state is DiscState.FINALIZED


@pytest.mark.parametrize(("name", "subtype"), [("a.flac", "PCM_16"), ("a.aiff", "PCM_16"), ("a24.wav", "PCM_24")])
def test_other_files_are_decoded_by_libsndfile(recorder: Any, tmp_path: Path, name: str, subtype: str) -> None:
    data = noise(320)
    samples = memoryview(data).cast("h", (len(data) // 4, 2))
    soundfile.write(tmp_path / name, numpy.asarray(samples), 44100, subtype=subtype)
    AudioWriter(recorder).write([tmp_path / name])
    assert sectors(recorder, 0, 320) == data


@pytest.mark.parametrize(("name", "subtype"), [("f.wav", "FLOAT"), ("d.aiff", "DOUBLE"), ("s32.wav", "PCM_32")])
def test_samples_of_other_scales_are_as_loud_on_the_disc(
    recorder: Any, tmp_path: Path, name: str, subtype: str
) -> None:
    data = noise(320)
    samples = numpy.asarray(memoryview(data).cast("h", (len(data) // 4, 2))) / 32768
    soundfile.write(tmp_path / name, samples, 44100, subtype=subtype)
    AudioWriter(recorder).write([tmp_path / name])
    assert sectors(recorder, 0, 320) == data


def test_what_is_too_loud_is_clipped_and_does_not_wrap_around(recorder: Any, tmp_path: Path) -> None:
    loud = numpy.tile(numpy.asarray([[1.5, -1.5], [1.0, -1.0]]), (300 * FRAMES // 2, 1))
    soundfile.write(tmp_path / "loud.wav", loud, 44100, subtype="FLOAT")
    soundfile.write(tmp_path / "loud.ogg", numpy.random.default_rng(1).normal(0, 0.9, (300 * FRAMES, 2)), 44100)
    AudioWriter(recorder).write([tmp_path / "loud.wav", tmp_path / "loud.ogg"])
    assert sectors(recorder, 0, 300) == struct.pack("<2h", 32767, -32768) * (300 * FRAMES)
    decoded = soundfile.read(tmp_path / "loud.ogg")[0]
    assert (abs(decoded) > 1).any()
    burnt = numpy.frombuffer(sectors(recorder, 300, 300), "<i2").reshape(-1, 2) / 32768
    assert numpy.allclose(burnt, decoded.clip(-1, 1), atol=1 / 32768)


def test_mono_goes_to_both_channels(recorder: Any, tmp_path: Path) -> None:
    data = noise(160)
    AudioWriter(recorder).write([wav(tmp_path / "m.wav", data, channels=1)])
    expected = b"".join(data[at : at + 2] * 2 for at in range(0, len(data), 2))
    assert sectors(recorder, 0, 320) == expected


def test_what_a_cd_cannot_hold_is_refused_before_anything_is_written(recorder: Any, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no audio at all")
    for path, message in (
        (wav(tmp_path / "48.wav", noise(10), rate=48000), "48000 samples a second"),
        (wav(tmp_path / "quad.wav", noise(10), channels=4), "4 channels"),
        (tmp_path / "text.wav", "libsndfile cannot read it"),
    ):
        with pytest.raises(AudioFormatError, match=message):
            AudioWriter(recorder).write([path])
    with pytest.raises(SourceError, match=re.escape(str(tmp_path / "none.wav"))):
        AudioWriter(recorder).write([tmp_path / "none.wav"])
    assert recorder.medium().blank


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0xFFFFFFFF])  # sox has the second, ffmpeg the third
def test_a_wav_whose_writer_could_not_seek_reaches_to_its_end(recorder: Any, tmp_path: Path, size: int) -> None:
    data = noise(310)
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 0xFFFFFFFF, b"WAVE", b"fmt ", 16, 1, 2, 44100, 176400, 4, 16, b"data", size
    )
    (tmp_path / "pipe.wav").write_bytes(header + data)
    AudioWriter(recorder).write([tmp_path / "pipe.wav"])
    assert sectors(recorder, 0, 310) == data


@pytest.mark.parametrize("width", [2, 3])
def test_a_wav_that_was_cut_off_is_refused_before_anything_is_written(
    recorder: Any, tmp_path: Path, width: int
) -> None:
    path = wav(tmp_path / "cut.wav", noise(width * 200), width=width)
    path.write_bytes(path.read_bytes()[: 2352 * 200])
    with pytest.raises(AudioFormatError, match=r"cut\.wav: it was cut off: 470356 of the \d+ bytes"):
        AudioWriter(recorder).write([path])
    assert recorder.medium().blank


def test_a_wav_whose_writer_counted_the_header_too_has_what_is_there(recorder: Any, tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", noise(310))
    whole = path.read_bytes()
    path.write_bytes(whole[:40] + len(whole).to_bytes(4, "little") + whole[44:])
    AudioWriter(recorder).write([path])
    assert sectors(recorder, 0, 310) == whole[44:]


@pytest.mark.parametrize("name", ["a.flac", "a.ogg"])
def test_what_cannot_be_decoded_is_known_before_anything_is_written(recorder: Any, tmp_path: Path, name: str) -> None:
    samples = numpy.random.default_rng(1).normal(0, 0.2, (400 * FRAMES, 2))
    soundfile.write(tmp_path / name, samples, 44100)
    whole = (tmp_path / name).read_bytes()
    middle = len(whole) // 2
    (tmp_path / name).write_bytes(whole[:middle] + noise(5) + whole[middle + len(noise(5)) :])
    with pytest.raises(AudioFormatError, match=r"be decoded|cannot decode all of it"):
        AudioWriter(recorder).write([tmp_path / name])
    assert recorder.medium().blank


def test_an_mp3_that_was_cut_off_is_refused_before_anything_is_written(recorder: Any, tmp_path: Path) -> None:
    samples = numpy.random.default_rng(1).normal(0, 0.2, (650 * FRAMES, 2))
    soundfile.write(tmp_path / "a.mp3", samples, 44100)
    whole = (tmp_path / "a.mp3").read_bytes()
    (tmp_path / "a.mp3").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(AudioFormatError, match=r"a\.mp3: it was cut off: \d+ of the 382200 samples that it tells of"):
        AudioWriter(recorder).write([tmp_path / "a.mp3"])
    assert recorder.medium().blank


APE_TAG = (b"APETAGEX" + struct.pack("<4I8x", 2000, 20032, 1, 0xA0000000)) + bytes(20000)
APE_TAG += b"APETAGEX" + struct.pack("<4I8x", 2000, 20032, 1, 0x80000000)


@pytest.mark.parametrize("tags", [b"", b"TAG" + bytes(125), APE_TAG + b"TAG" + bytes(125)])
@pytest.mark.parametrize("bit_rate", ["CONSTANT", "VARIABLE"])
def test_an_mp3_without_a_header_that_libsndfile_takes_for_shorter_than_it_is_loses_nothing(
    tmp_path: Path, bit_rate: str, tags: bytes
) -> None:
    samples = numpy.random.default_rng(1).normal(0, 0.2, (500 * FRAMES, 2))
    samples[200 * FRAMES :] *= 0.0002
    soundfile.write(tmp_path / "a.mp3", samples, 44100, bitrate_mode=bit_rate, compression_level=0.5)
    whole = (tmp_path / "a.mp3").read_bytes()
    (tmp_path / "a.mp3").write_bytes(whole + 10 * bytes(2000) + tags)
    assert AudioTrack(path=tmp_path / "a.mp3").track().source.sectors == 500
    (tmp_path / "a.mp3").write_bytes(whole[whole.index(b"\xff\xfb", 4) :] + tags)
    if bit_rate == "VARIABLE":
        with pytest.raises(AudioFormatError, match=r"a\.mp3: libsndfile takes it for shorter than it is"):
            AudioTrack(path=tmp_path / "a.mp3").track()
    else:
        assert AudioTrack(path=tmp_path / "a.mp3").track().source.sectors in range(500, 506)


@pytest.mark.parametrize("width", [2, 3])
def test_a_file_that_shrinks_is_told_by_name(recorder: Any, tmp_path: Path, width: int) -> None:
    path = wav(tmp_path / "a.wav", noise(width * 200), width=width)
    program = AudioWriter(recorder).program([path])
    wav(path, noise(width * 200)[: -600 * width], width=width)
    with pytest.raises(SourceError, match=r"a\.wav: it became shorter"):
        AudioWriter(recorder).write(program)


def test_titles_become_cd_text(recorder: Any, tmp_path: Path) -> None:
    track = AudioTrack(path=wav(tmp_path / "1.wav", noise(300)), title="Sång", performer="B", isrc="DEA450300001")
    AudioWriter(recorder).write([track], title="Album", catalogue="4015513000017")
    data = bytes(recorder.execute(bytes.fromhex("43000500000000100000"), allocation=4096).data)
    (block,) = parse_cd_text(CdText.parse(data).packs)
    assert (block.text(PackType.TITLE), block.text(PackType.TITLE, 1)) == ("Album", "Sång")
    assert block.text(PackType.PERFORMER, 1) == "B"


@pytest.mark.parametrize("gapless", [True, False])
def test_a_track_of_less_than_four_seconds_is_told_of(recorder: Any, tmp_path: Path, gapless: bool) -> None:
    files = [wav(tmp_path / "1.wav", noise(310)), wav(tmp_path / "2.wav", noise(75, 2))]
    result = AudioWriter(recorder, gapless=gapless).write(files)
    start = result.tracks[1].start
    assert sectors(recorder, start, 300) == noise(75, 2) + bytes(225 * SECTOR)
    assert result.notices == ("track 2 has 75 sectors: 225 of silence follow, since no track has less than 300 (4 s)",)


def test_a_short_track_that_is_added_is_told_of(recorder: Any, tmp_path: Path) -> None:
    told: list[Any] = []
    writer = AudioWriter(recorder)
    with writer.prepared():
        writer.add_track(wav(tmp_path / "1.wav", noise(310)), on_event=told.append)
        assert not [event for event in told if isinstance(event, discstack.Notice)]
        writer.add_track(wav(tmp_path / "2.wav", noise(75, 2)), on_event=told.append)
    assert [event.message for event in told if isinstance(event, discstack.Notice)] == [
        "track 2 has 75 sectors: 225 of silence follow, since no track has less than 300 (4 s)"
    ]


def test_tracks_are_added_one_by_one(recorder: Any, tmp_path: Path) -> None:
    writer = AudioWriter(recorder)
    with pytest.raises(ValueError, match="not prepared"):
        writer.add_track(tmp_path / "x")
    writer.prepare(catalogue="4015513000017")
    with pytest.raises(ValueError, match="prepared already"):
        writer.prepare()
    first = writer.add_track(wav(tmp_path / "1.wav", noise(310)))
    second = writer.add_track(AudioTrack(path=wav(tmp_path / "2.wav", noise(320, 2)), isrc="DEA450300001"))
    assert writer.table_of_contents == (first, second)
    with pytest.raises(MediumFull, match="more than are free"):
        writer.add_track(wav(tmp_path / "3.wav", noise(20000, 3)))
    status = writer.release()
    assert (status.state, first.number, second.number) == (DiscState.FINALIZED, 1, 2)
    assert second.start == first.end + 2 + 150
    assert sectors(recorder, second.start, 320) == noise(320, 2)
    recorder.eject()


def broken_off(writer: AudioWriter, track: Path) -> None:
    """Add a track, and fail then."""
    with writer.prepared():
        writer.add_track(track)
        raise ZeroDivisionError


def test_a_disc_is_released_at_the_end_of_a_with_statement(recorder: Any, tmp_path: Path) -> None:
    writer = AudioWriter(recorder, close=False)
    with writer.prepared():
        writer.add_track(wav(tmp_path / "1.wav", noise(310)))
    assert recorder.medium().sessions == 1
    with pytest.raises(ZeroDivisionError) as caught:
        broken_off(writer, wav(tmp_path / "2.wav", noise(320, 2)))
    assert not hasattr(caught.value, "__notes__")
    assert recorder.medium().sessions == 2
    recorder.eject()


def test_an_error_in_a_with_statement_tells_what_failed_after_it(tmp_path: Path) -> None:
    with discstack.open("virtual:cd-r?capacity=20000&fault=opcode=5b,close_function=2,sense=4/44/00") as recorder:
        with pytest.raises(ZeroDivisionError) as caught:
            broken_off(AudioWriter(recorder), wav(tmp_path / "1.wav", noise(310)))
        (note,) = caught.value.__notes__
        assert note.startswith("afterwards also: CLOSE TRACK/SESSION")
        recorder.eject()


def test_track_at_once_takes_no_graphics_and_no_form_of_sub_channels(recorder: Any, tmp_path: Path) -> None:
    (tmp_path / "1.cdg").write_bytes(bytes((9, 6)) + bytes(94))
    track = AudioTrack(path=wav(tmp_path / "1.wav", noise(310)), graphics=tmp_path / "1.cdg")
    writer = AudioWriter(recorder, gapless=False)
    with pytest.raises(UnsupportedMedium, match="only raw recording"):
        writer.write([track])
    writer.prepare()
    with pytest.raises(UnsupportedMedium, match="only raw recording"):
        writer.add_track(track)
    writer.release()
    writer.sub_channels = discstack.SubChannelForm.RAW
    with pytest.raises(ValueError, match="no form to choose"):
        writer.write([tmp_path / "1.wav"])
    assert recorder.medium().blank


def test_texts_are_never_dropped_by_track_at_once(recorder: Any, tmp_path: Path) -> None:
    wav(tmp_path / "1.wav", noise(310))
    titled = "TITLE Album\nFILE 1.wav WAVE\nTRACK 01 AUDIO\nTITLE One\nINDEX 01 00:00:00\n"
    track = AudioTrack(path=tmp_path / "1.wav", title="One")
    writer = AudioWriter(recorder, gapless=False)
    for content in (sheet(tmp_path, titled), [track]):
        with pytest.raises(UnsupportedMedium, match="CD-TEXT"):
            writer.write(content)
    writer.prepare()
    with pytest.raises(UnsupportedMedium, match="CD-TEXT"):
        writer.add_track(track)
    writer.release()
    with pytest.raises(ValueError, match="says by itself"):
        writer.write(sheet(tmp_path, titled), title="Another")
    assert recorder.medium().blank
    writer.cd_text = False
    assert writer.write(sheet(tmp_path, titled)).tracks[0].end == 310


def test_the_command_line_drops_no_texts_of_a_cue_sheet(discstack: Callable[..., Any], tmp_path: Path) -> None:
    wav(tmp_path / "1.wav", noise(310))
    text = "FILE 1.wav WAVE\nTRACK 01 AUDIO\nPERFORMER One\nINDEX 01 00:00:00\n"
    (tmp_path / "album.cue").write_text(text)
    drive = "virtual:cd-r?file=disc&capacity=20000"
    refused = discstack("audio", "album.cue", "-d", drive, "--gaps")
    assert (refused.code, "CD-TEXT" in refused.err) == (5, True)
    assert discstack("audio", "album.cue", "-d", drive, "--gaps", "--no-cd-text").code == 0


def test_the_command_line_says_what_leaves_texts_off_that_no_disc_can_have(
    discstack: Callable[..., Any], tmp_path: Path
) -> None:
    wav(tmp_path / "1.wav", noise(310))
    sheet(tmp_path, "FILE 1.wav WAVE\nTRACK 01 AUDIO\nTITLE Dvo\u0159\u00e1k\nINDEX 01 00:00:00\n")
    for content in (("1.wav", "--title", "Dvo\u0159\u00e1k"), ("album.cue",)):
        said = discstack("audio", *content, "-d", "virtual:cd-r?capacity=20000")
        assert "--no-cd-text keeps titles and the like off the disc" in said.err


def test_no_other_file_goes_with_a_cue_sheet(discstack: Callable[..., Any], tmp_path: Path) -> None:
    wav(tmp_path / "1.wav", noise(310))
    refused = discstack("audio", "1.wav", "Album.CUE", "-d", "virtual:cd-r?file=disc&capacity=20000")
    assert (refused.code, "no other file goes with it" in refused.err) == (2, True)


def sheet(tmp_path: Path, text: str) -> CueSheet:
    (tmp_path / "album.cue").write_text(text, encoding="utf-8")
    return CueSheet.load(tmp_path / "album.cue")


def test_a_cue_sheet_over_one_file(recorder: Any, tmp_path: Path) -> None:
    data = noise(1000)
    wav(tmp_path / "all.wav", data)
    text = (
        "TITLE Album\nFILE all.wav WAVE\nTRACK 01 AUDIO\nTITLE One\nINDEX 01 00:00:00\n"
        "TRACK 02 AUDIO\nINDEX 00 00:05:00\nINDEX 01 00:06:00\nINDEX 02 00:07:00\n"
    )
    result = AudioWriter(recorder).write(sheet(tmp_path, text))
    assert [(track.first, track.start, track.end) for track in result.tracks] == [(-150, 0, 375), (375, 450, 1000)]
    assert sectors(recorder, 0, 1000) == data


def test_gaps_at_the_end_of_the_file_before(recorder: Any, tmp_path: Path) -> None:
    one, two = noise(400, 1), noise(400, 2)
    wav(tmp_path / "1.wav", one)
    wav(tmp_path / "2.wav", two)
    text = (
        "FILE 1.wav WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 00 00:04:25\n"
        "FILE 2.wav WAVE\nINDEX 01 00:00:00\n"
    )
    result = AudioWriter(recorder).write(sheet(tmp_path, text))
    assert [(track.first, track.start, track.end) for track in result.tracks] == [(-150, 0, 325), (325, 400, 800)]
    assert sectors(recorder, 0, 800) == one + two


def test_data_whose_pause_is_in_the_file_begins_at_address_0(recorder: Any, tmp_path: Path) -> None:
    (tmp_path / "d.bin").write_bytes(bytes(150 * 2048) + b"\x11" * (300 * 2048))
    text = "FILE d.bin BINARY\nTRACK 01 MODE1/2048\nINDEX 00 00:00:00\nINDEX 01 00:02:00\n"
    (track,) = AudioWriter(recorder).write(sheet(tmp_path, text)).tracks
    assert (track.first, track.start) == (-150, 0)
    assert bytes(recorder.execute(bytes.fromhex("28000000000000000100"), allocation=2048).data) == b"\x11" * 2048


def test_a_hidden_track_before_the_first(recorder: Any, tmp_path: Path) -> None:
    data = noise(800)
    wav(tmp_path / "1.wav", data)
    text = "FILE 1.wav WAVE\nTRACK 01 AUDIO\nINDEX 00 00:00:00\nINDEX 01 00:04:00\n"
    result = AudioWriter(recorder).write(sheet(tmp_path, text))
    assert (result.tracks[0].first, result.tracks[0].start) == (-150, 300)  # as cdrdao and rippers have it
    assert sectors(recorder, 0, 800) == data


@pytest.mark.parametrize("sub_channels", [None, SubChannelForm.PQ])
def test_a_disc_with_a_hidden_track_is_there_again(tmp_path: Path, sub_channels: Any) -> None:
    data = noise(800)
    wav(tmp_path / "1.wav", data)
    text = "FILE 1.wav WAVE\nTRACK 01 AUDIO\nINDEX 00 00:00:00\nINDEX 01 00:04:00\n"
    drive = f"virtual:cd-r?file={tmp_path / 'disc.img'}&capacity=20000"
    with discstack.open(drive) as recorder:
        AudioWriter(recorder, sub_channels=sub_channels).write(sheet(tmp_path, text))
    with discstack.open(drive) as recorder:
        assert recorder.medium().state is DiscState.FINALIZED
        assert sectors(recorder, 0, 800) == data


def test_data_and_audio_from_a_bin_file(recorder: Any, tmp_path: Path) -> None:
    from discstack.mmc.spec.cd import sector

    user = [bytes([n & 0xFF]) * 2048 for n in range(310)]
    raw = b"".join(sector.mode_1(lba, block) for lba, block in enumerate(user))
    audio = noise(320)
    (tmp_path / "disc.bin").write_bytes(raw + audio)
    text = "FILE disc.bin BINARY\nTRACK 01 MODE1/2352\nINDEX 01 00:00:00\n"
    text += "TRACK 02 AUDIO\nPREGAP 00:02:00\nINDEX 01 00:04:10\n"
    result = AudioWriter(recorder).write(sheet(tmp_path, text))
    assert bytes(recorder.execute(bytes.fromhex("28000000001000001000"), allocation=16 * 2048).data) == b"".join(
        user[16:32]
    )
    assert sectors(recorder, result.tracks[1].start, 320) == audio


def test_big_endian_samples_are_turned(recorder: Any, tmp_path: Path) -> None:
    data = noise(300)
    swapped = bytearray(data)
    swapped[::2], swapped[1::2] = data[1::2], data[::2]
    (tmp_path / "a.bin").write_bytes(swapped)
    AudioWriter(recorder).write(sheet(tmp_path, "FILE a.bin MOTOROLA\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n"))
    assert sectors(recorder, 0, 300) == data


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "FILE a.bin BINARY\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 01 00:10:00\n",
            "which has 705600",
        ),
        ("FILE a.wav WAVE\nTRACK 01 MODE1/2352\nINDEX 01 00:00:00\n", "needs a BINARY file, not WAVE"),
        ("FILE a.bin BINARY\nTRACK 01 AUDIO\nINDEX 01 00:01:00\n", "expected INDEX 00"),
    ],
)
def test_a_file_that_does_not_hold_what_the_sheet_says(recorder: Any, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.bin").write_bytes(noise(300))
    wav(tmp_path / "a.wav", noise(300))
    with pytest.raises(CueError, match=message):
        AudioWriter(recorder).write(sheet(tmp_path, text))


def test_audio_is_not_told_as_damaged_sectors_of_data(discstack: Callable[..., Any], tmp_path: Path) -> None:
    wav(tmp_path / "1.wav", noise(640))
    drive = "virtual:cd-r?file=disc&capacity=20000"
    assert discstack("audio", "1.wav", "-d", drive).code == 0
    refused = discstack("verify", drive)
    assert refused.code == 5
    assert "there is audio on this CD (tracks: 1)" in refused.err
    assert "cannot be read:" not in refused.err


def test_a_sheet_that_begins_with_a_later_track_keeps_its_numbers(
    discstack: Callable[..., Any], tmp_path: Path
) -> None:
    wav(tmp_path / "1.wav", noise(640))
    first = 'FILE 1.wav WAVE\nTRACK 03 AUDIO\nTITLE "Three"\nINDEX 01 00:00:00\n'
    sheet(tmp_path, first + "TRACK 04 AUDIO\nINDEX 01 00:04:00\n")
    drive = "virtual:cd-r?file=disc&capacity=20000"
    gaps = discstack("audio", "album.cue", "-d", drive, "--gaps", "--no-cd-text")
    assert (gaps.code != 0, "the first track is to be number 3" in gaps.err) == (True, True)
    done = discstack("audio", "album.cue", "-d", drive, "--json")
    assert (done.code, [track["number"] for track in done.json["tracks"]]) == (0, [3, 4]), done.err
    assert discstack("read", drive, "-o", "again.cue").code == 0
    again = CueSheet.load(tmp_path / "again.cue")
    assert [track.number for track in again.tracks] == [3, 4]
    assert again.tracks[0].texts[PackType.TITLE] == "Three"


def test_the_command_line_feeds_a_drive_as_it_is_told_and_moves_the_tray(
    discstack: Callable[..., Any], tmp_path: Path
) -> None:
    wav(tmp_path / "1.wav", noise(400))
    words = ("audio", "1.wav", "-d", "virtual:cd-r", "--trace", "trace.txt")
    assert discstack(*words, "--transfer", "24KiB", "--ring", "1MiB", "--reload").code == 0
    trace = (tmp_path / "trace.txt").read_text()
    assert "| WRITE (10) lba=0xa transfer_length=0xa |" in trace
    assert trace.index("| SEND CUE SHEET") < trace.index("loej=0x1") < trace.index("loej=0x1 start=0x1")
    assert discstack(*words, "--ring", "1k").code == 5


def test_the_command_line_records_files_and_tells_what_it_did(discstack: Callable[..., Any], tmp_path: Path) -> None:
    wav(tmp_path / "1.wav", noise(300))
    wav(tmp_path / "2.wav", noise(330, 2))
    drive = "virtual:cd-r?file=disc&capacity=20000"
    done = discstack("audio", "1.wav", "2.wav", "-d", drive, "--title", "One", "--isrc", "DEA450300001", "--json")
    assert done.code == 0, done.err
    assert [(track["number"], track["start"], track["sectors"]) for track in done.json["tracks"]] == [
        (1, 0, 300),
        (2, 300, 330),
    ]
    assert discstack("audio", "1.wav", "-d", drive).code == 5
    assert discstack("audio", "1.wav", "-d", "virtual:cd-r", "--title", "a", "--title", "b").code == 2
    (tmp_path / "bad.cue").write_text("FILE 1.wav WAVE\nTRACK 1 AUDIO\nINDEX 1 00:00:99\n")
    bad = discstack("audio", "bad.cue", "-d", "virtual:cd-r")
    assert (bad.code, "bad.cue:3:9: '00:00:99' is no time" in bad.err) == (7, True)

"""Raw CDs through the API."""

from __future__ import annotations

import io
import random
import wave
from pathlib import Path
from typing import Any

import pytest

import discstack
from discstack import CdTextBlock, DiscState, PackType, RawImage, RawWriter, SubChannelForm, UnsupportedMedium
from discstack.mmc.spec.cd import sub_channel

SECTOR = 2352


def wav(path: Path, sectors: int, seed: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(random.Random(seed).randbytes(sectors * SECTOR))
    return path


@pytest.fixture
def recorder() -> Any:
    with discstack.open("virtual:cd-r?capacity=20000") as opened:
        yield opened


def test_a_raw_image_is_written_and_read_back(recorder: Any, tmp_path: Path) -> None:
    texts = [CdTextBlock(texts={PackType.TITLE: ("Album", "Song")})]
    image = RawImage(catalogue="4015513000017", texts=texts)
    assert image.add_track(wav(tmp_path / "1.wav", 310), isrc="DEA450300001", indexes=(150,)) == 1
    assert image.start_of_lead_out == 310
    result = RawWriter(recorder, ring_bytes=1 << 18).write(image)
    assert result.medium.state is DiscState.FINALIZED
    data = bytes(recorder.execute(bytes.fromhex("BE0000000000000019100000"), allocation=25 * SECTOR).data)
    assert data == random.Random(1).randbytes(310 * SECTOR)[: 25 * SECTOR]


def test_a_raw_image_can_be_kept_in_a_file(tmp_path: Path) -> None:
    image = RawImage(sub_channels=SubChannelForm.PQ)
    image.add_track(wav(tmp_path / "1.wav", 310))
    file = io.BytesIO()
    count = image.save(file)
    # from 95:00:00 on: 22,500 blocks of lead-in, 150 of pre-gap, the program, 6,750 of lead-out
    assert count == 22500 + 150 + 310 + 6750
    data = file.getvalue()
    assert len(data) == count * (SECTOR + 16)
    first = (22500 + 150) * (SECTOR + 16)
    assert data[first + SECTOR : first + SECTOR + 10] == bytes.fromhex("01 01 01 00 00 00 00 00 02 00")
    assert sub_channel.intact(data[SECTOR : SECTOR + 12])
    with pytest.raises(ValueError, match="used up"):
        image.stream()


def test_what_is_too_long_is_not_added(tmp_path: Path) -> None:
    image = RawImage(start_of_lead_out_limit=500)
    image.add_track(wav(tmp_path / "1.wav", 310))
    with pytest.raises(ValueError, match="would start at 620, behind 500"):
        image.add_track(tmp_path / "1.wav")
    assert image.start_of_lead_out == 310


def test_its_tracks_may_begin_with_another_number(recorder: Any, tmp_path: Path) -> None:
    image = RawImage(starting_track_number=3)
    assert [image.add_track(wav(tmp_path / name, 310)) for name in ("1.wav", "2.wav")] == [3, 4]
    assert [track.number for track in image.layout.tracks] == [3, 4]
    with pytest.raises(ValueError, match="not from 100 on"):
        RawImage(starting_track_number=100).add_track(tmp_path / "1.wav")


def test_what_is_no_recordable_cd_has_no_limits() -> None:
    with discstack.open("virtual:dvd+r") as recorder, pytest.raises(UnsupportedMedium, match="for CD-R and CD-RW"):
        RawWriter(recorder).limits()


def test_a_drive_tells_what_it_takes(recorder: Any) -> None:
    limits = RawWriter(recorder).limits()
    assert limits.sub_channels == tuple(sorted(SubChannelForm, key=lambda form: list(SubChannelForm).index(form)))
    assert (limits.lead_in, limits.last_possible_start_of_lead_out) == (-11634, 20000)

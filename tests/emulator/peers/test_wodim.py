"""wodim burns virtual CDs: track at once, session at once, raw."""

from __future__ import annotations

import random
import wave
from pathlib import Path
from typing import Any

import pytest

from discstack.mmc.burn import burn
from discstack.mmc.cd.contents import cd_contents
from discstack.mmc.identify import identify
from discstack.mmc.job import BurnJob
from discstack.mmc.medium import DiscState
from discstack.mmc.procedure import run

# it measures the machine, and refuses a speed that this one cannot make sub-channels for
WODIM = ("wodim", "dev=/dev/sg9", "gracetime=2", "speed=1")
SECTOR = 2352


def samples(seed: int, sectors: int) -> bytes:
    return random.Random(seed).randbytes(sectors * SECTOR)


@pytest.fixture
def songs(tmp_path: Path) -> list[str]:
    for seed, sectors in ((1, 375), (2, 525)):
        with wave.open(str(tmp_path / f"{seed}.wav"), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(44100)
            file.writeframes(samples(seed, sectors))
    return ["1.wav", "2.wav"]


def main(bench: Any, lba: int, count: int) -> bytes:
    medium = bench.drive.drive.medium
    return b"".join(medium.sector(at)[1] for at in range(lba, lba + count))


@pytest.mark.parametrize("way", ["-dao", "-raw96r", "-raw16"])
def test_audio_at_once_and_raw(bench: Any, songs: list[str], way: str) -> None:
    bench = bench("cd-r", capacity=20000)
    bench.run(*WODIM, way, "-audio", "-pad", *songs)
    one, two = run(cd_contents(), bench.drive).tracks
    # its pre-gaps lie within the samples that it is given
    assert [(t.first, t.start, t.end) for t in (one, two)] == [(0, 0, 225), (225, 375, 900)]
    assert main(bench, 0, 900) == samples(1, 375) + samples(2, 525)
    assert run(identify(), bench.drive).state is DiscState.FINALIZED


def test_audio_track_by_track(bench: Any, songs: list[str]) -> None:
    bench = bench("cd-r", capacity=20000)
    bench.run(*WODIM, "-tao", "-audio", "-pad", *songs)
    one, two = run(cd_contents(), bench.drive).tracks
    assert (one.start, two.start) == (0, 375 + 2 + 150)
    assert main(bench, one.start, 375) == samples(1, 375)
    assert main(bench, two.start, 525) == samples(2, 525)


def test_sessions_of_data(bench: Any, tmp_path: Path) -> None:
    bench = bench("cd-r", capacity=60000)
    for seed in (1, 2):
        (tmp_path / "data").write_bytes(random.Random(seed).randbytes(320 * 2048))
        bench.run(*WODIM, "-tao", "-multi", "-data", "data")
    status = run(identify(), bench.drive)
    assert (status.state, status.sessions) == (DiscState.APPENDABLE, 2)
    second = status.tracks[1].start
    store = bench.drive.drive.medium.store
    for seed, start in ((1, 0), (2, second)):
        buffer = memoryview(bytearray(320 * 2048))
        store.readinto(start, buffer)
        assert bytes(buffer) == random.Random(seed).randbytes(320 * 2048)


@pytest.mark.parametrize(("words", "packet"), [((), 0), (("pktsize=16",), 16)])
def test_data_in_packets(bench: Any, tmp_path: Path, words: tuple[str, ...], packet: int) -> None:
    bench = bench("cd-r", capacity=20000)
    data = random.Random(1).randbytes(320 * 2048)
    (tmp_path / "data").write_bytes(data)
    bench.run(*WODIM, "-packet", *words, "-data", "data")
    status = run(identify(), bench.drive)
    assert (status.state, status.sessions) == (DiscState.FINALIZED, 1)
    medium = bench.drive.drive.medium
    assert medium.cd_tracks[0].packet == packet
    buffer = memoryview(bytearray(len(data)))
    medium.store.readinto(0, buffer)
    assert bytes(buffer) == data


@pytest.mark.parametrize("words", [("-packet",), ("-packet", "pktsize=16")])
def test_a_session_that_it_leaves_open_goes_on(bench: Any, tmp_path: Path, words: tuple[str, ...]) -> None:
    """It closes its track, so that ours is one of its own in the same session, which is closed then."""
    bench = bench("cd-r", capacity=20000)
    ours, its = random.Random(2).randbytes(330 * 2048), random.Random(1).randbytes(320 * 2048)
    (tmp_path / "data").write_bytes(its)
    bench.run(*WODIM, *words, "-nofix", "-data", "data")
    status = run(identify(), bench.drive)
    assert (status.sessions, status.open_session) == (1, True)
    start = status.next_writable_address
    assert start is not None
    result = run(burn(BurnJob(source=Bytes(ours), start=start, close=True, ring_bytes=1 << 18)), bench.drive)
    assert (result.medium.state, result.medium.sessions, result.verified) == (DiscState.FINALIZED, 1, 330)
    for lba, data in ((0, its), (start, ours)):
        buffer = memoryview(bytearray(len(data)))
        bench.drive.drive.medium.store.readinto(lba, buffer)
        assert bytes(buffer) == data


class Bytes:
    """Blocks in memory."""

    def __init__(self, data: bytes) -> None:
        self.data, self.sectors, self.at = data, len(data) // 2048, 0

    def readinto(self, buffer: memoryview, /) -> int:
        piece = self.data[self.at : self.at + len(buffer)]
        buffer[: len(piece)] = piece
        self.at += len(piece)
        return len(piece)

"""How much one WRITE of a CD's tracks carries, where somebody asks for it."""

from __future__ import annotations

from typing import Any

import pytest
from studio import Studio

from discstack.mmc import stream
from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.job import CdWriteMode
from discstack.mmc.cd.tracks import prepare_tracks
from discstack.mmc.errors import UnsupportedMedium

KIB = 1 << 10


def carried(tap: Any) -> list[int]:
    """Return how many blocks each WRITE carried."""
    return [int.from_bytes(cdb[7:9]) for cdb in tap.seen if cdb[:1] == b"\x2a"]


@pytest.mark.parametrize(("asked", "blocks"), [(3 * 2448, 3), (48 * KIB, 20)])
@pytest.mark.parametrize("mode", [CdWriteMode.SESSION_AT_ONCE, CdWriteMode.TRACK_AT_ONCE])
def test_a_write_carries_as_many_whole_blocks_as_were_asked_for(
    studio: Studio, mode: CdWriteMode, asked: int, blocks: int
) -> None:
    tap = studio.lab.drive("cd-r", 20000)
    studio.lab.run(burn_program(studio.job(studio.track(blocks=400), mode=mode, transfer_bytes=asked)), tap)
    assert max(carried(tap)) == blocks
    assert carried(tap).count(blocks) >= 400 // blocks


@pytest.mark.parametrize(("asked", "why"), [(2447, "up to 2448 bytes"), (2 << 20, "bytes at most on the way")])
@pytest.mark.parametrize("way", ["session", "tracks"])
def test_what_no_command_carries_is_refused_before_anything_is_written(
    studio: Studio, way: str, asked: int, why: str
) -> None:
    tap = studio.lab.drive("cd-r", 20000)
    job = studio.job(studio.track(), transfer_bytes=asked)
    with pytest.raises(UnsupportedMedium, match=why):
        studio.lab.run(burn_program(job) if way == "session" else prepare_tracks(job), tap)
    assert not carried(tap)


def test_there_is_to_be_memory_for_the_rings_of_two_runs(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    tap = studio.lab.drive("cd-r", 20000)
    job = studio.job(studio.track(), ring_bytes=48 << 20)
    monkeypatch.setattr(stream, "_available_memory", lambda: 64 << 20)
    with pytest.raises(UnsupportedMedium, match="no memory for two buffers of 50331648 bytes"):
        studio.lab.run(burn_program(job), tap)
    assert not carried(tap)
    monkeypatch.setattr(stream, "_available_memory", lambda: 96 << 20)
    studio.lab.run(burn_program(job), tap)

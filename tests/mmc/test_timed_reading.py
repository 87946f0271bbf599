"""Reading with every command timed."""

from __future__ import annotations

import pytest

import discstack
from discstack.mmc.timed_reading import timed_read
from discstack.native.histogram import BOUNDS

BLOCKS = 16384


@pytest.fixture
def disc() -> str:
    return f"virtual:dvd+r?capacity={2 * BLOCKS}&speed=8"


class Zeros:
    sectors = BLOCKS

    def readinto(self, buffer: memoryview) -> int:
        return len(buffer)


def written(address: str) -> discstack.Recorder:
    recorder = discstack.open(address)
    discstack.DataWriter(recorder, verify=discstack.VerifyLevel.NONE).write(Zeros())
    return recorder


def test_the_moments_add_up_to_the_blocks_and_the_time(disc: str) -> None:
    with written(disc) as recorder:
        moments = recorder.run(timed_read([range(100, BLOCKS)], 32 << 10))
    assert sum(moment.blocks for moment in moments) == BLOCKS - 100
    assert sum(moment.commands for moment in moments) == -(-(BLOCKS - 100) // 16)
    assert moments[-1].lba == BLOCKS
    assert [moment.elapsed for moment in moments] == sorted(moment.elapsed for moment in moments)
    for moment in moments:
        assert sum(number for _, number in moment.latencies) == moment.commands
        assert moment.latency_max < BOUNDS[max(bucket for bucket, _ in moment.latencies)]


def test_runs_are_read_without_what_lies_between_them(disc: str) -> None:
    runs = [range(100, 200), range(5000, BLOCKS)]
    with written(disc) as recorder:
        moments = recorder.run(timed_read(runs, 32 << 10))
    assert sum(moment.blocks for moment in moments) == sum(map(len, runs))
    assert sum(moment.commands for moment in moments) == sum(-(-len(run) // 16) for run in runs)
    assert moments[-1].lba == BLOCKS


@pytest.mark.parametrize("size", [0, -2048, 1000, 1 << 30])
def test_a_size_that_no_command_has_is_refused(disc: str, size: int) -> None:
    with written(disc) as recorder, pytest.raises(ValueError, match="one command reads multiples of 2048 bytes up to"):
        recorder.run(timed_read([range(100)], size))


def test_the_first_block_that_cannot_be_read_ends_it(disc: str) -> None:
    with (
        written(f"{disc}&fault=opcode=28,lba=4992,sense=3/11/00,times=0") as recorder,
        pytest.raises(discstack.MediumError) as failed,
    ):
        recorder.run(timed_read([range(BLOCKS)]))
    assert any("reading stopped at LBA 4992" in note for note in failed.value.__notes__)

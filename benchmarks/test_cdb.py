"""What a CDB costs: built, parsed, described and patched, by compiled offsets and by construct."""

from __future__ import annotations

from pytest_benchmark.fixture import BenchmarkFixture

from discstack.mmc.spec.cdb import describe
from discstack.mmc.spec.commands import WRITE_10
from discstack.mmc.spec.sense import Sense

VALUES = {"lba": 0x12345678, "transfer_length": 32}
BYTES = bytes.fromhex("2a 00 12 34 56 78 00 00 20 00")


def test_build(benchmark: BenchmarkFixture) -> None:
    assert benchmark(WRITE_10.build, **VALUES) == BYTES


def test_build_by_construct(benchmark: BenchmarkFixture) -> None:
    assert benchmark(WRITE_10.layout.construct.build, VALUES) == BYTES


def test_parse(benchmark: BenchmarkFixture) -> None:
    assert benchmark(WRITE_10.parse, BYTES)["lba"] == VALUES["lba"]


def test_parse_by_construct(benchmark: BenchmarkFixture) -> None:
    assert benchmark(WRITE_10.layout.construct.parse, BYTES)["lba"] == VALUES["lba"]


def test_describe(benchmark: BenchmarkFixture) -> None:
    assert benchmark(describe, BYTES) == "WRITE (10) lba=0x12345678 transfer_length=0x20"


def test_patch(benchmark: BenchmarkFixture) -> None:
    buffer = bytearray(WRITE_10.build())
    benchmark(WRITE_10.patcher("lba", "transfer_length"), buffer, VALUES["lba"], VALUES["transfer_length"])
    assert buffer == BYTES


def test_parse_sense(benchmark: BenchmarkFixture) -> None:
    assert benchmark(Sense.parse, Sense(2, 0x04, 0x08).build()).code == "2/04/08"

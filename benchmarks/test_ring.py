"""The way of the data: ring, pump and feeder, against memcpy, `cat` and the budgets of docs/design.md."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from measured_drive import DriveInProcess, build_library

from discstack.image_file import ImageFile
from discstack.mmc.spec.cdb import Direction
from discstack.mmc.stream import Pump, digest, ring_size
from discstack.native import NativeFeeder, Ring
from discstack.transport import sgio
from discstack.transport._sgio import ffi
from discstack.transport.base import Command
from discstack.transport.sgio import SgioTransport

GIB, MIB = 1 << 30, 1 << 20
UNIT = 65536
BLOCK = 2048


class FileSource:
    """A file, read by preadv straight into the ring."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDONLY)
        self.sectors = os.fstat(self.descriptor).st_size // BLOCK
        self.at = 0

    def readinto(self, buffer: memoryview) -> int:
        count = os.preadv(self.descriptor, [buffer], self.at)
        self.at += count
        return count


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_library(tmp_path_factory.mktemp("drive"), preload=False)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("image") / "image"
    with path.open("wb") as file:
        for _ in range(1024):
            file.write(os.urandom(4096) * 256)
    path.read_bytes()
    yield path
    path.unlink()


@contextmanager
def cpu(benchmark: Any, size: int, children: bool = False) -> Iterator[None]:
    """Note the CPU time of what is measured, per GiB."""

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    before, start = used(), time.perf_counter()
    yield
    benchmark.extra_info["cpu_s_per_gib"] = round((used() - before) * GIB / size, 3)
    benchmark.extra_info["gb_per_s"] = round(size / (time.perf_counter() - start) / 1e9, 2)


def feeder(ring: Ring, drive: DriveInProcess, blocks: int) -> NativeFeeder:
    return NativeFeeder(
        ring,
        submit=drive.submit,
        context=drive.context,
        template=bytes.fromhex("2a 00 00 00 00 00 00 00 00 00"),
        lba_place=(2, 32),
        length_place=(7, 16),
        lba=0,
        blocks=blocks,
        block_size=BLOCK,
        unit=UNIT // BLOCK,
        timeout=60.0,
        nap=0.03,
        watch=0.5,
    )


def once(benchmark: Any, function: Callable[[], None], rounds: int = 3) -> None:
    benchmark.pedantic(function, rounds=rounds, iterations=1, warmup_rounds=0)


@pytest.mark.benchmark(group="ring")
def test_memcpy_of_one_gib(benchmark: Any) -> None:
    source, target = bytearray(os.urandom(MIB)) * 8, memoryview(bytearray(8 * MIB))

    def copy() -> None:
        for _ in range(GIB // (8 * MIB)):
            target[:] = source

    with cpu(benchmark, GIB * 3):
        once(benchmark, copy)


@pytest.mark.benchmark(group="ring")
def test_ring_of_one_gib(benchmark: Any) -> None:
    """The same bytes copied into reserved regions by one thread and let go by another."""
    source = bytearray(os.urandom(MIB))

    def through() -> None:
        ring = Ring(8 * MIB, UNIT)

        def produce() -> None:
            for _ in range(GIB // MIB):
                ring.reserve(MIB)[:] = source
                ring.commit(MIB)
            ring.close()

        producer = Thread(target=produce)
        producer.start()
        while data := ring.take(MIB):
            ring.release(len(data))
        producer.join()

    with cpu(benchmark, GIB * 3):
        once(benchmark, through)


@pytest.mark.benchmark(group="file to nowhere")
def test_cat_through_a_pipe(benchmark: Any, image: Path) -> None:
    command = f"cat {image} | cat >/dev/null"
    with cpu(benchmark, GIB * 3, children=True):
        once(benchmark, lambda: subprocess.run(command, shell=True, check=True) and None)


@pytest.mark.benchmark(group="file to nowhere")
def test_file_through_the_ring_to_an_infinitely_fast_drive(benchmark: Any, image: Path, library: Path) -> None:
    """What the feeder's budget is about: ring and feeder without the pump's hashing."""

    def write() -> None:
        source = FileSource(image)
        ring = Ring(8 * MIB, UNIT)

        def produce() -> None:
            while source.at < GIB:
                region = ring.reserve(MIB)
                ring.commit(source.readinto(region))
            ring.close()

        producer = Thread(target=produce)
        producer.start()
        feeder(ring, DriveInProcess(library), GIB // BLOCK).run()
        producer.join()
        os.close(source.descriptor)

    with cpu(benchmark, GIB * 3):
        once(benchmark, write)
    assert benchmark.extra_info["cpu_s_per_gib"] <= 0.27


@pytest.mark.benchmark(group="file to nowhere")
def test_file_by_the_pump_with_its_digests(benchmark: Any, image: Path, library: Path) -> None:
    def write() -> None:
        source = FileSource(image)
        ring = Ring(ring_size(72e6, UNIT), UNIT)
        with Pump(source, ring) as pump:
            feeder(ring, DriveInProcess(library), GIB // BLOCK).run()
            assert len(pump.result()) == 1024
        os.close(source.descriptor)

    with cpu(benchmark, GIB * 3):
        once(benchmark, write)


@pytest.mark.benchmark(group="file to nowhere")
def test_file_poured_by_one_call_with_its_digests(benchmark: Any, image: Path, library: Path) -> None:
    def write() -> None:
        ring = Ring(ring_size(72e6, UNIT), UNIT)
        with closing(ImageFile(image).stream()) as source, Pump(source, ring) as pump:
            feeder(ring, DriveInProcess(library), GIB // BLOCK).run()
            assert len(pump.result()) == 1024

    with cpu(benchmark, GIB * 3):
        once(benchmark, write)


@pytest.mark.benchmark(group="digest")
def test_digest_of_one_mib(benchmark: Any) -> None:
    benchmark(digest, os.urandom(MIB))


@pytest.mark.benchmark(group="a drive at 72 MB/s")
@pytest.mark.parametrize(("busy", "buffer"), [(False, 2 * MIB), (True, 4 * MIB)])
def test_bd_16x(benchmark: Any, image: Path, library: Path, tmp_path: Path, busy: bool, buffer: int) -> None:
    """256 MiB to a drive that blocks, or answers 2/04/08, while its buffer is full."""
    size = GIB // 4
    drive = DriveInProcess(library, rate=72e6, buffer=buffer, busy=busy)
    source = FileSource(image)
    source.sectors = size // BLOCK
    ring = Ring(ring_size(72e6, UNIT), UNIT)
    feed = feeder(ring, drive, size // BLOCK)

    def write() -> None:
        with Pump(source, ring):
            feed.run()

    with cpu(benchmark, size):
        once(benchmark, write, rounds=1)
    counters = feed.counters()
    report = drive.report(tmp_path)
    benchmark.extra_info["busy_per_gib"] = answers = counters["busy"] * GIB // size
    benchmark.extra_info["lowest_fill"] = report["lowest_fill"]
    assert report["underruns"] == 0
    assert answers <= 600


@pytest.mark.benchmark(group="command")
@pytest.mark.parametrize(
    "command",
    [
        Command(bytes(6)),
        Command(bytes.fromhex("12 00 00 00 24 00"), Direction.FROM_DEVICE, allocation=36),
        Command(bytes.fromhex("55 10 00 00 00 00 00 80 00 00"), Direction.TO_DEVICE, bytearray(32768)),
    ],
    ids=["TEST UNIT READY", "INQUIRY", "MODE SELECT"],
)
def test_execute_without_the_ioctl(
    benchmark: Any, library: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    drive = DriveInProcess(library)
    monkeypatch.setattr(sgio, "_submit", ffi.cast("submit_function", drive.submit))
    with SgioTransport.open("/dev/null") as transport:
        transport._context = ffi.cast("void *", drive.context)
        benchmark(transport.execute, command)
    assert benchmark.stats["median"] < 10e-6

"""What an image costs: 10,000 small files and 1 GiB in one file, in time and in memory."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from discstack.fs.batch import BatchReader
from discstack.fs.bridge import build_image
from discstack.fs.image import Image
from discstack.fs.tree import Directory
from discstack.native import files

FILES, FOLDERS = 10_000, 50
GIBIBYTE = 1 << 30
PEAK = """
import resource, sys
from discstack.fs.bridge import build_image
from discstack.fs.tree import Directory
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
before = peak()
root = Directory()
root.add_tree(sys.argv[1])
build_image(root).write_to("/dev/null")
print(peak() - before)
"""


def plan(folder: Path, batches: BatchReader | None = files) -> Image:
    root = Directory()
    root.add_tree(folder)
    return build_image(root, batches=batches)


def peak_memory(folder: Path) -> int:
    """Return by how many bytes an image of the folder makes a fresh interpreter grow."""
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", PEAK, folder], env=path, check=True, capture_output=True)
    return int(done.stdout)


@pytest.fixture(scope="module")
def small_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("small")
    for folder in range(FOLDERS):
        below = top / f"folder number {folder:03}"
        below.mkdir()
        for number in range(FILES // FOLDERS):
            size = 100 + number * folder % 8000
            (below / f"some file of the user, number {number:05} ä.dat").write_bytes(b"x" * size)
    return top


@pytest.fixture(scope="module")
def big_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("big")
    block = os.urandom(1 << 20)
    with (top / "big").open("wb") as file:
        for _ in range(GIBIBYTE >> 20):
            file.write(block)
    return top


def test_scan_and_plan_small_files(benchmark: BenchmarkFixture, small_files: Path) -> None:
    image = benchmark(plan, small_files)
    assert image.sectors > FILES


@pytest.mark.parametrize("batches", [None, files], ids=["Python", "native"])
def test_stream_small_files(benchmark: BenchmarkFixture, small_files: Path, batches: BatchReader | None) -> None:
    image = plan(small_files, batches)
    assert benchmark(image.write_to, os.devnull) == image.size


@pytest.mark.parametrize("batches", [None, files], ids=["Python", "native"])
def test_read_small_files_beside_a_thread_that_computes(
    benchmark: BenchmarkFixture, small_files: Path, batches: BatchReader | None
) -> None:
    """As a burn does it: some of the file data into a MiB, while another thread does not let go of Python."""
    image, buffer, stopped = plan(small_files, batches), bytearray(1 << 20), threading.Event()
    first = next(span.lba for span in image.files_in(0, image.sectors) if span.is_file)

    def compute() -> None:
        while not stopped.is_set():
            sum(range(1000))

    def read() -> None:
        with image.stream() as stream:
            stream.position = first
            stream.readinto(buffer)

    other = threading.Thread(target=compute)
    other.start()
    try:
        benchmark.pedantic(read, rounds=3)
    finally:
        stopped.set()
        other.join()


def test_stream_one_gibibyte(benchmark: BenchmarkFixture, big_file: Path) -> None:
    image = plan(big_file)
    assert benchmark.pedantic(image.write_to, (os.devnull,), rounds=3) == image.size


@pytest.mark.parametrize(("tree", "limit"), [("small_files", 2048 * FILES + (16 << 20)), ("big_file", 16 << 20)])
def test_peak_memory(benchmark: BenchmarkFixture, request: pytest.FixtureRequest, tree: str, limit: int) -> None:
    grown = benchmark.pedantic(peak_memory, (request.getfixturevalue(tree),), rounds=1)
    benchmark.extra_info["peak_bytes"] = grown
    assert grown < limit


def test_random_reads(benchmark: BenchmarkFixture, small_files: Path) -> None:
    image, buffer = plan(small_files), bytearray(32 * 2048)

    def read() -> None:
        for lba in range(0, image.sectors - 32, image.sectors // 100):
            image.read_at(lba, buffer)

    benchmark(read)

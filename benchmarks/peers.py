"""Run discstack and its peers on the same work in one run and print ratios: `make bench` does, among others.

Machines are noisy, so each program runs several times in turn with the others, and the medians are compared. Peak
memory is the largest resident set of the process. A peer that is not installed is left out, and said so.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

Command = Callable[[Path, Path], list[str]]
POLL: Final = 0.005  # seconds between two looks at a program's memory
DISCSTACK: Final = [sys.executable, "-m", "discstack", "image"]

# name: (how it is called for the views that all of them have, on a tree and an output)
BRIDGE: Final[Mapping[str, Command]] = {
    "discstack": lambda tree, out: [*DISCSTACK, str(tree), "-o", str(out)],
    "genisoimage -J -udf": lambda tree, out: [
        *["genisoimage", "-quiet", "-iso-level", "3", "-J", "-udf", "-input-charset", "utf-8"],
        *["-allow-limited-size", "-o", str(out), str(tree)],
    ],
}
NO_UDF: Final[Mapping[str, Command]] = {
    "discstack -J": lambda tree, out: [*DISCSTACK, "-J", str(tree), "-o", str(out)],
    "xorriso -J": lambda tree, out: [
        *["xorriso", "-as", "mkisofs", "-quiet", "-iso-level", "3", "-J", "--norock", "-o", str(out), str(tree)]
    ],
    "genisoimage -J": lambda tree, out: [
        *["genisoimage", "-quiet", "-iso-level", "3", "-J", "-input-charset", "utf-8", "-o", str(out), str(tree)]
    ],
}
COPY: Final[Mapping[str, Command]] = {
    "discstack": lambda tree, out: [*DISCSTACK, str(tree), "-o", str(out)],
    "cat": lambda tree, out: ["sh", "-c", f"cat {tree}/* > {out}"],
}


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a program cost: seconds on the wall and of CPU, bytes of memory."""

    wall: float
    cpu: float
    memory: int


def measure(command: Sequence[str]) -> Run:
    with tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        memory = 0
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            memory = max(memory, _high_water(process.pid))
            time.sleep(POLL)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(ended[1])
        if process.returncode:
            errors.seek(0)
            words = errors.read().decode(errors="replace")
            raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}\n{words}")
    return Run(wall, ended[2].ru_utime + ended[2].ru_stime, memory)


def _high_water(pid: int) -> int:
    """The largest resident set so far. (wait4's would count the memory of this process, from before the exec.)"""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM")), 0)


def small_files(root: Path, count: int) -> None:
    """A tree of small files, a hundred to a directory."""
    for number in range(count):
        folder = root / f"folder {number // 100:04d}"
        if number % 100 == 0:
            folder.mkdir()
        (folder / f"some file with a name {number:06d}.txt").write_bytes(b"x" * (number * 37 % 4000))


def big_file(root: Path, mebibytes: int) -> None:
    block = os.urandom(1 << 20)
    with (root / "big.bin").open("wb") as file:
        for _ in range(mebibytes):
            file.write(block)


def compare(title: str, tree: Path, programs: Mapping[str, Command], repeats: int, console: Console) -> None:
    there = {name: make for name, make in programs.items() if shutil.which(make(tree, tree)[0])}
    runs: dict[str, list[Run]] = {name: [] for name in there}
    with tempfile.TemporaryDirectory(dir=tree.parent) as folder:
        out = Path(folder, "image")
        for _ in range(repeats):
            for name, make in there.items():
                out.unlink(missing_ok=True)
                runs[name].append(measure(make(tree, out)))
    table = Table(title=title, title_justify="left")
    for heading in ("program", "wall", "CPU", "peak memory", "our wall : its wall"):
        table.add_column(heading, justify="left" if heading == "program" else "right")
    medians = {name: _median(done) for name, done in runs.items()}
    ours = next(iter(medians.values()))
    for name, run in medians.items():
        ratio = f"{ours.wall / run.wall:.2f}" if run is not ours else ""
        table.add_row(name, f"{run.wall:.2f} s", f"{run.cpu:.2f} s", f"{run.memory / 1e6:.0f} MB", ratio)
    console.print(table)
    for name in programs.keys() - there.keys():
        console.print(f"not installed: {name}")


def _median(runs: Sequence[Run]) -> Run:
    return Run(
        statistics.median(run.wall for run in runs),
        statistics.median(run.cpu for run in runs),
        max(run.memory for run in runs),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000, help="how many small files (default: %(default)s)")
    parser.add_argument("--mebibytes", type=int, default=1024, help="size of the big file (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each program (default: %(default)s)")
    parser.add_argument("--scratch", type=Path, help="where trees and images go")
    choices = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory(dir=choices.scratch) as scratch:
        trees = {name: Path(scratch, name) for name in ("small", "big")}
        for tree in trees.values():
            tree.mkdir()
        small_files(trees["small"], choices.files)
        big_file(trees["big"], choices.mebibytes)
        title = f"{choices.files} small files"
        compare(f"{title}: ISO 9660, Joliet and UDF", trees["small"], BRIDGE, choices.repeats, console)
        compare(f"{title}: ISO 9660 and Joliet", trees["small"], NO_UDF, choices.repeats, console)
        compare(f"one file of {choices.mebibytes} MiB", trees["big"], COPY, choices.repeats, console)


if __name__ == "__main__":
    main()

"""Run discstack and its peers on the same trees in one run and print ratios: `make bench` does, among others.

Machines are noisy, so each program runs several times in turn with the others and the medians are compared; the first
round, which fills the cache, does not count. Peak memory is that of the program and all that it started, together. A
peer that is not installed is left out, and said so.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trees
from rich.console import Console
from rich.table import Table

Command = Callable[[Path, str], list[str]]
POLL: Final = 0.005  # seconds between two looks at a program's memory
TO_PIPE: Final = "|"  # as an output: into a pipe that `cat` empties
SCRIPTS: Final = Path(sys.executable).parent
# As installed: Python keeps what it compiled, whatever the developer's environment says
ENVIRONMENT: Final = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def discstack(*options: str) -> Command:
    return lambda tree, out: [sys.executable, "-m", "discstack", "image", *options, str(tree), "-o", out]


def genisoimage(*options: str) -> Command:
    words = ["genisoimage", "-quiet", "-iso-level", "3", "-allow-limited-size", "-input-charset", "utf-8", *options]
    return lambda tree, out: [*words, "-o", out, str(tree)]


def xorriso(*options: str) -> Command:
    words = ["xorriso", "-as", "mkisofs", "-quiet", "-iso-level", "3", *options]
    return lambda tree, out: [*words, "-o", out, str(tree)]


def pycdlib(*options: str) -> Command:
    words = [str(SCRIPTS / "pycdlib-genisoimage"), "-quiet", "-iso-level", "3", *options]
    return lambda tree, out: [*words, "-o", out, str(tree)]


def tar(tree: Path, out: str) -> list[str]:
    # through cat: tar does not read any data if it goes to /dev/null itself
    return ["sh", "-c", f"tar -c {shlex.quote(str(tree))} | cat > {shlex.quote(out)}"]


def cat(tree: Path, out: str) -> list[str]:
    return ["sh", "-c", f"exec cat {shlex.quote(str(tree))}/* > {shlex.quote(out)}"]


ALL_VIEWS: Final[Mapping[str, Command]] = {
    "discstack": discstack(),
    "genisoimage -J -r -udf": genisoimage("-J", "-r", "-udf"),
    # it counts the bytes of a Joliet name in UTF-8 and refuses these
    "pycdlib -R -udf": pycdlib("-R", "-udf"),
    "tar": tar,
}
WITHOUT_UDF: Final[Mapping[str, Command]] = {
    "discstack -J -R": discstack("-J", "-R"),
    "xorriso -J -r": xorriso("-J", "-r"),
    "genisoimage -J -r": genisoimage("-J", "-r"),
}
COPY: Final[Mapping[str, Command]] = {
    "discstack": discstack(),
    "cat": cat,
    "xorriso -J -r": xorriso("-J", "-r"),
    "genisoimage -J -r -udf": genisoimage("-J", "-r", "-udf"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A tree, and what is run on it: `sets` pairs words with programs, `outputs` are files, devices or TO_PIPE."""

    title: str
    make: Callable[[Path, int], None]
    size: int
    sets: Mapping[str, Mapping[str, Command]]
    outputs: Sequence[str] = ("image", os.devnull)


VIEWS: Final = {"ISO 9660, Joliet, Rock Ridge and UDF": ALL_VIEWS, "ISO 9660, Joliet and Rock Ridge": WITHOUT_UDF}
CASES: Final[Mapping[str, Case]] = {
    "small": Case("{} small files in 500 folders", trees.small_files, 100_000, VIEWS),
    "big": Case("{} bytes in two files", trees.big_files, 2 << 30, {"copying": COPY}, ("image", TO_PIPE)),
    "empty": Case("{} entries of no length", trees.empty_files, 1_000_000, VIEWS, (os.devnull,)),
    "empty-tenth": Case("{} entries of no length", trees.empty_files, 100_000, VIEWS, (os.devnull,)),
    "wide": Case("{} entries in one folder", trees.wide_folder, 100_000, VIEWS, (os.devnull,)),
}


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a program cost: seconds on the wall and of CPU, bytes of memory."""

    wall: float
    cpu: float
    memory: int


class TooSlow(Exception):
    """A program was stopped, as it took longer than it may."""


def measure(command: Sequence[str], limit: float) -> Run:
    with tempfile.TemporaryFile() as errors:
        began, before = time.perf_counter(), os.times()
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True, env=ENVIRONMENT
        )
        peaks = dict[int, int]()
        while process.poll() is None:
            for pid in _family(process.pid):
                peaks[pid] = max(_high_water(pid), peaks.get(pid, 0))
            time.sleep(POLL)
            if time.perf_counter() - began > limit:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise TooSlow
        wall, after = time.perf_counter() - began, os.times()
        if process.returncode:
            errors.seek(0)
            words = errors.read().decode(errors="replace")
            raise SystemExit(f"{shlex.join(command)}: exit code {process.returncode}\n{words}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(wall, cpu, sum(peaks.values()))


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for member in found:
        try:
            for thread in os.scandir(f"/proc/{member}/task"):
                found += map(int, Path(thread.path, "children").read_text(encoding="ascii").split())
        except OSError:
            continue  # it ended just now
    return found


def _high_water(pid: int) -> int:
    """The largest resident set so far. (wait4's would count the memory of this process, from before the exec.)"""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM")), 0)


def compare(title: str, tree: Path, output: str, programs: Mapping[str, Command], repeats: int, limit: float) -> Table:
    runs: dict[str, list[Run]] = {}
    slow = set[str]()
    with tempfile.TemporaryDirectory(dir=tree.parent) as folder:
        out = output if os.path.isabs(output) else str(Path(folder, "image"))
        for count in range(repeats + 1):
            for name, make in programs.items():
                command = make(tree, out)
                if name in slow or not shutil.which(command[0]):
                    continue
                if output == TO_PIPE:
                    words = shlex.join(make(tree, "-" if name != "cat" else "/dev/stdout"))
                    command = ["sh", "-c", f"{words} | cat > {os.devnull}"]
                Path(folder, "image").unlink(missing_ok=True)
                try:
                    run = measure(command, limit)
                except TooSlow:
                    slow.add(name)
                    continue
                if count:
                    runs.setdefault(name, []).append(run)
    whole = f"{title}, to {'a pipe' if output == TO_PIPE else output}"
    return _table(whole, programs, runs, dict.fromkeys(slow, f"over {limit:.0f} s"))


def _table(
    title: str, programs: Mapping[str, Command], runs: Mapping[str, Sequence[Run]], slow: Mapping[str, str]
) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("program", "wall", "CPU", "memory", "our wall : its", "our CPU : its"):
        table.add_column(heading, justify="left" if heading == "program" else "right")
    medians = {name: _median(done) for name, done in runs.items()}
    ours = next(iter(medians.values()))
    for name in programs:
        if name not in medians:
            table.add_row(name, slow.get(name, "not installed"))
            continue
        run = medians[name]
        ratios = (f"{ours.wall / run.wall:.2f}", f"{ours.cpu / run.cpu:.2f}") if run is not ours else ("", "")
        table.add_row(name, f"{run.wall:.2f} s", f"{run.cpu:.2f} s", f"{run.memory / 1e6:.0f} MB", *ratios)
    return table


def _median(runs: Sequence[Run]) -> Run:
    return Run(
        statistics.median(run.wall for run in runs),
        statistics.median(run.cpu for run in runs),
        max(run.memory for run in runs),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=[*CASES], help=f"which of {', '.join(CASES)} (default: all)")
    parser.add_argument("--divide", type=int, default=1, metavar="N", help="make every tree N times smaller")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each program that count (default: %(default)s)")
    parser.add_argument("--limit", type=float, default=120, help="seconds a program may take (default: %(default)s)")
    parser.add_argument("--scratch", type=Path, help="where trees and images go; a tree that is there is used again")
    choices = parser.parse_args()
    console = Console(width=120)
    with tempfile.TemporaryDirectory() as temporary:
        for name in choices.cases:
            if name not in CASES:
                parser.error(f"there is no case {name}")
            case = CASES[name]
            size = case.size // choices.divide
            tree = Path(choices.scratch or temporary, f"{name}-{size}")
            if not tree.exists():
                tree.mkdir(parents=True)
                case.make(tree, size)
            for words, programs in case.sets.items():
                for output in case.outputs:
                    title = f"{case.title.format(size)}: {words}"
                    console.print(compare(title, tree, output, programs, choices.repeats, choices.limit))


if __name__ == "__main__":
    main()

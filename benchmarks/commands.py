"""Send the same commands by discstack, pyscsi, sg_raw and a loop in C and print what each costs: `make bench-commands`.

All talk to the drive of benchmarks/drive, which answers at once within the calling process, so that all that is
measured is theirs. Costs are CPU time of one command, without that of starting the program where it sends many; the
programs run in turn and the least of all rounds counts, since other work on the machine can only add. "a process each"
starts a program for every command, as sg_raw must.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from command_loops import CDBS, LIBRARIES, NEEDS, TRANSFER, UNKNOWN
from measured_drive import DEVICE, DriveSetup, build_commands, build_library
from rich.console import Console
from rich.table import Table

HERE: Final = Path(__file__).parent
BARE, BARE_EACH, SG_RAW = "bare ioctl in C", "bare ioctl in C, a process each", "sg_raw, a process each"
OURS: Final = "discstack"
Costs = Mapping[tuple[str, str], float]  # seconds of CPU by program and command


@dataclass(frozen=True, slots=True)
class Lab:
    """Where things were built, and the environment in which programs find the drive."""

    folder: Path
    environment: Mapping[str, str]

    @classmethod
    def build(cls, folder: Path) -> Lab:
        build_commands(folder)
        (folder / "zeros").write_bytes(bytes(TRANSFER))
        return cls(folder, DriveSetup(library=build_library(folder), zeros=True).environment(folder))

    def run(self, words: Sequence[str]) -> bytes:
        done = subprocess.run(words, env=self.environment, capture_output=True, check=False)
        if done.returncode:
            raise SystemExit(f"{words}: exit code {done.returncode}\n{done.stderr.decode(errors='replace')}")
        return done.stdout


@dataclass(frozen=True, slots=True)
class Program:
    """A way to send a command `count` times; `cost` returns the seconds of CPU that one took."""

    cost: Callable[[Lab, str, int], float]
    count: int
    lacks: str = ""  # why it is left out


def by_loop(lab: Lab, command: str, count: int) -> float:
    return float(lab.run(_loop_words(lab, command, count))) / count


def by_library(name: str) -> Callable[[Lab, str, int], float]:
    script = str(HERE / "command_loops.py")
    return lambda lab, command, count: (
        float(lab.run([sys.executable, script, DEVICE, name, command, str(count)])) / count
    )


def by_processes(words: Callable[[Lab, str], list[str]]) -> Callable[[Lab, str, int], float]:
    def cost(lab: Lab, command: str, count: int) -> float:
        before = _children()
        for _ in range(count):
            lab.run(words(lab, command))
        return (_children() - before) / count

    return cost


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _loop_words(lab: Lab, command: str, count: int) -> list[str]:
    way, length, cdb = CDBS[command]
    return [str(lab.folder / "commands"), DEVICE, str(count), way, str(length), cdb.hex()]


def _sg_raw_words(lab: Lab, command: str) -> list[str]:
    way, length, cdb = CDBS[command]
    data = {
        "none": [],
        "from": ["-b", "-r", str(length)],
        "to": ["-s", str(length), "-i", str(lab.folder / "zeros")],
    }
    return ["sg_raw", *data[way], DEVICE, *(f"{byte:02x}" for byte in cdb)]


def _is_there(library: str) -> bool:
    return all(map(importlib.util.find_spec, NEEDS.get(library, ())))


def programs() -> dict[str, Program]:
    """Return all that can be measured, the floors first."""
    libraries = {name: Program(by_library(name), 5000, "" if _is_there(name) else "group peers") for name in LIBRARIES}
    return {
        BARE: Program(by_loop, 50_000),
        **libraries,
        BARE_EACH: Program(by_processes(lambda lab, command: _loop_words(lab, command, 1)), 50),
        SG_RAW: Program(by_processes(_sg_raw_words), 50, "" if shutil.which("sg_raw") else "sg3-utils"),
    }


def measure(lab: Lab, everything: Mapping[str, Program], repeats: int, divide: int) -> Costs:
    found = dict[tuple[str, str], float]()
    for _ in range(repeats):
        for command in CDBS:
            for name, program in everything.items():
                if program.lacks or (name, command) in UNKNOWN:
                    continue
                cost = program.cost(lab, command, max(1, program.count // divide))
                found[name, command] = min(cost, found.get((name, command), cost))
    return found


def table_of(everything: Mapping[str, Program], costs: Costs) -> Table:
    title = f"microseconds of CPU more than the bare ioctl, and ours : its (load {os.getloadavg()[0]:.1f})"
    table = Table(title=title, title_justify="left")
    table.add_column("program")
    for command, (_, length, _) in CDBS.items():
        table.add_column(f"{command}, {length >> 10} KiB" if length == TRANSFER else command, justify="right")
    for name, program in everything.items():
        if program.lacks:
            table.add_row(name, f"not installed: {program.lacks}")
        else:
            table.add_row(name, *(_cell(costs, name, command) for command in CDBS))
    return table


def _cell(costs: Costs, name: str, command: str) -> str:
    if (name, command) not in costs:
        return "has none"
    if name == BARE:
        return f"itself {costs[name, command] * 1e6:.2f}"
    more, ours = (costs[who, command] - costs[BARE, command] for who in (name, OURS))
    return f"{more * 1e6:.1f}" if name == OURS or more <= 0 else f"{more * 1e6:.1f} ({ours / more:.2g})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="rounds of which the best counts (default: %(default)s)")
    parser.add_argument("--divide", type=int, default=1, metavar="N", help="send an N-th of the commands")
    choices = parser.parse_args()
    everything = programs()
    with tempfile.TemporaryDirectory() as folder:
        costs = measure(Lab.build(Path(folder)), everything, choices.repeats, choices.divide)
    Console(width=140).print(table_of(everything, costs))


if __name__ == "__main__":
    main()

"""Run discstack and other burners on an attached drive, through a kernel, and print what each costs: `make bench-lab`.

A guest of the kernel tests is booted, each burn gets a blank virtual DVD+R as /dev/srN, and the drive's process records
what arrives there. Commands are those of the whole burn, by kinds. CPU is counted twice, per GiB without what a burn of
1 MiB costs as well: by the guest for the burner and the programs that it starts, with what the kernel does for it, as a
sample each 10 ms, for user-mode Linux has no finer clock; a program that wakes with the clock may be missed. And by the
host, exactly, for all of the guest: burner, kernel and drive. The guest is slower than a machine and the drive is in
Python, so seconds, and MB/s even more, say nothing: ratios do.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
from rich.console import Console
from rich.table import Table

from discstack.transport.record.replay import read_recording

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests/shared"))  # where pytest finds it for the tests

from tests.kernel.conftest import PACE, Kernel, check_programs

MIB, GIB = 1 << 20, 1 << 30
PATIENCE: Final = 600.0  # seconds
POLL: Final = 0.02
MEDIUM: Final = f"dvd+r?{PACE}"
BURNERS: Final[Mapping[str, Callable[[str, Path], list[str]]]] = {
    "discstack": lambda node, image: [
        *(sys.executable, "-m", "discstack", "burn", "--verify", "none", "-d", node, str(image))
    ],
    "growisofs": lambda node, image: ["growisofs", "-use-the-force-luke=tty,notray", "-Z", f"{node}={image}"],
    "cdrskin": lambda node, image: ["cdrskin", f"dev={node}", "padsize=0", str(image)],
    "xorriso": lambda node, image: ["xorriso", "-as", "cdrecord", f"dev={node}", "padsize=0", str(image)],
    "wodim": lambda node, image: ["wodim", f"dev={node}", "-sao", "-gracetime=2", str(image)],
}
KINDS: Final[Mapping[str, frozenset[int]]] = {
    "WRITE": frozenset({0x2A, 0xAA}),
    "is it ready?": frozenset({0x00, 0x03, 0x4A}),  # TEST UNIT READY, REQUEST SENSE, GET EVENT STATUS NOTIFICATION
    "room in the buffer": frozenset({0x5C}),
    "questions": frozenset({0x12, 0x1A, 0x5A, 0x23, 0x25, 0x28, 0xA8, 0x43, 0x46, 0x51, 0x52, 0xAC, 0xAD, 0xBE}),
}
OTHER: Final = "what changes something"


@dataclass(frozen=True, slots=True)
class Burn:
    """What a burn cost: CPU in seconds of the burner, as the guest sampled it, and of the guest; commands by kind."""

    cpu: float
    guest: float
    commands: Counter[str]


def kind_of(cdb: bytes) -> str:
    """Return what kind of command it is."""
    return next((kind for kind, opcodes in KINDS.items() if cdb[0] in opcodes), OTHER)


def burn(kernel: Kernel, name: str, image: Path) -> Burn:
    """Burn an image in the guest, on a blank disc in a drive of its own."""
    with tempfile.TemporaryDirectory(dir=kernel.share) as temporary:
        folder = Path(temporary)
        record = folder / "record.txt"
        drive = kernel.begin("emulate", MEDIUM, "--attach", "--json", "--trace", str(record), folder=folder)
        node = json.loads(wait_for(folder / "answer", "]\n"))[0]["block"]
        before = len(read_recording(record).entries)  # what the kernel has asked
        idle = cpu_of(kernel.process.pid)
        line = f"TIMEFORMAT='%U %S'; {{ time {shlex.join(BURNERS[name](node, image))} >&3 2>&1; }} 3>{folder}/said"
        cpu = sum(map(float, kernel.check(line, timeout=PATIENCE).split()))
        guest = cpu_of(kernel.process.pid) - idle
        kernel.check(f"kill {drive}")
        wait_for(folder / "status", "0")
        entries = read_recording(record).entries
    return Burn(cpu, guest, Counter(kind_of(entry.cdb) for entry in entries[before:]))


def cpu_of(process: int) -> float:
    """Return the CPU time in seconds that a process and all that it has started have taken, the ended ones too."""
    taken, top = 0.0, psutil.Process(process)
    for each in (top, *top.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):  # it has ended meanwhile
            times = each.cpu_times()
            taken += times.user + times.system + times.children_user + times.children_system
    return taken


def wait_for(path: Path, end: str) -> str:
    """Wait for a file of the guest to end so; return its text."""
    deadline = time.monotonic() + PATIENCE
    while not (path.exists() and (text := path.read_text()).endswith(end)):
        if time.monotonic() > deadline:
            raise SystemExit(f"the guest writes no {path.name}")
        time.sleep(POLL)
    return text


def image_of(folder: Path, size: int) -> Path:
    """Make what burners take for an image."""
    path = folder / f"{size}.iso"
    with path.open("wb") as file:
        file.write(bytes(16 * 2048) + b"\1CD001\1".ljust(2048, b"\0") + b"\xffCD001\1".ljust(2048, b"\0"))
        while file.tell() < size:
            file.write(os.urandom(MIB))
        file.truncate(size)
    return path


def per_gib(large: list[Burn], small: list[Burn], size: int, part: Callable[[Burn], float]) -> list[float]:
    """Return what a GiB cost in each round, sorted; a burn of 1 MiB cost its median."""
    base = statistics.median(map(part, small))
    return sorted((part(burn) - base) * GIB / (size - MIB) for burn in large)


def table_of(large: Mapping[str, list[Burn]], small: Mapping[str, list[Burn]], size: int) -> Table:
    """Show medians, with the least and the most of the rounds; the counts are those of one burn."""
    table = Table(title=f"a burn of {size // MIB} MiB on an attached DVD+R", title_justify="left")
    kinds = [*KINDS, OTHER]
    costs = ("burner, s/GiB", "ours : its", "guest, s/GiB", "ours : its")
    for heading in ("program", *costs, "commands", *kinds, "KiB a WRITE"):
        table.add_column(heading, justify="left" if heading == "program" else "right")
    parts: tuple[Callable[[Burn], float], ...] = (lambda burn: burn.cpu, lambda burn: burn.guest)
    for name, burns in large.items():
        row = list[str]()
        for part in parts:
            ours, its = (per_gib(large[who], small[who], size, part) for who in ("discstack", name))
            median = statistics.median(its)
            row.append(f"{median:.2f} ({its[0]:.2f} to {its[-1]:.2f})")
            row.append(f"{statistics.median(ours) / median:.2f}" if its[0] > 0 else "-")
        commands = burns[-1].commands
        counts = (str(commands.get(kind, 0)) for kind in kinds)
        table.add_row(name, *row, str(commands.total()), *counts, f"{size / 1024 / commands['WRITE']:.0f}")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=128, help="MiB of an image (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="burns of each program (default: %(default)s)")
    choices = parser.parse_args()
    check_programs()
    with tempfile.TemporaryDirectory() as temporary:
        share = Path(temporary)
        small, large = (image_of(share, size * MIB) for size in (1, choices.size))
        kernel = Kernel(share)
        try:
            names = [name for name in BURNERS if name == "discstack" or shutil.which(name)]
            burns: dict[Path, dict[str, list[Burn]]] = {image: {name: [] for name in names} for image in (small, large)}
            for _ in range(choices.repeats):  # in turns, so that what else the machine does strikes all
                for name in names:
                    for image, found in burns.items():
                        found[name].append(burn(kernel, name, image))
        finally:
            kernel.stop()
    Console(width=170).print(table_of(burns[large], burns[small], choices.size * MIB))


if __name__ == "__main__":
    main()

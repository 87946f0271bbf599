"""Run discstack and other burners on an attached drive, through a kernel, and print what each costs: `make bench-lab`.

A guest of the kernel tests is booted, each burn gets a blank virtual DVD+R as /dev/srN, and the drive's process records
what arrives there. Commands are those of the whole burn, by kinds. CPU is the guest's own count for the burner and the
programs that it starts, with what the kernel does for it; "per GiB" leaves out what a burn of 1 MiB costs as well. The
guest is slower than a machine and the drive is in Python, so seconds, and MB/s even more, say nothing: ratios do.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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
    """What a burn cost: CPU in seconds, and commands by kind."""

    cpu: float
    commands: Mapping[str, int]


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
        line = f"TIMEFORMAT='%U %S'; {{ time {shlex.join(BURNERS[name](node, image))} >&3 2>&1; }} 3>{folder}/said"
        cpu = sum(map(float, kernel.check(line, timeout=PATIENCE).split()))
        kernel.check(f"kill {drive}")
        wait_for(folder / "status", "0")
        entries = read_recording(record).entries
    return Burn(cpu, Counter(kind_of(entry.cdb) for entry in entries[before:]))


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


def table_of(found: Mapping[str, list[Burn]], base: Mapping[str, float], size: int) -> Table:
    """Show medians; the counts are those of one burn."""
    table = Table(title=f"a burn of {size // MIB} MiB on an attached DVD+R", title_justify="left")
    kinds = [*KINDS, OTHER]
    for heading in ("program", "CPU", "per GiB", "ours : its", "commands", *kinds, "KiB a WRITE"):
        table.add_column(heading, justify="left" if heading == "program" else "right")
    each = {
        name: (statistics.median(burn.cpu for burn in burns) - base[name]) * GIB / (size - MIB)
        for name, burns in found.items()
    }
    for name, burns in found.items():
        cpu, commands = statistics.median(burn.cpu for burn in burns), burns[-1].commands
        ratio = f"{each['discstack'] / each[name]:.2f}" if each[name] > 0 else "-"
        counts = (str(commands.get(kind, 0)) for kind in kinds)
        row = (f"{cpu:.2f} s", f"{each[name]:.2f} s", ratio, str(sum(commands.values())), *counts)
        table.add_row(name, *row, f"{size / 1024 / commands['WRITE']:.0f}")
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
            found = dict[str, list[Burn]]()
            tries = dict[str, list[float]]()
            for _ in range(choices.repeats):  # in turns, so that what else the machine does strikes all
                for name in names:
                    tries.setdefault(name, []).append(burn(kernel, name, small).cpu)
                    found.setdefault(name, []).append(burn(kernel, name, large))
        finally:
            kernel.stop()
    base = {name: statistics.median(cpus) for name, cpus in tries.items()}
    Console(width=150).print(table_of(found, base, choices.size * MIB))


if __name__ == "__main__":
    main()

"""Run discstack and other burners on the drive of benchmarks/drive and print what each costs: `make bench-write`.

Every program gets the same image, in turn with the others; medians are shown. CPU is that of the program and of all
that it started. "per GiB" leaves out what a burn of 1 MiB costs as well, which is starting the program and the talk
before and after the data. Underruns, fill and speed are what the drive saw; "pause" is how long the machine itself kept
the most urgent thread waiting: no burner can do anything about that.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Timer
from typing import Any, Final

import trees
from burner_tables import Outcome, Run, markdown_of, table_of
from measured_drive import DEVICE, DriveSetup, build_library, build_loop, build_pauses, report_in
from rich.console import Console

Command = Callable[[Path, Path], list[str]]  # of the image or tree, and the folder where things were built
MIB, GIB = 1 << 20, 1 << 30
BD_16X: Final = 71_928_000  # bytes per second
SATA: Final = 128 << 10  # bytes that Linux lets one command to a SATA burner carry
HERE: Final = Path(__file__).parent
SMALL: Final = MIB
PR_SET_CHILD_SUBREAPER: Final = 36
HOG: Final = "while True: pass"
LONGEST: Final = 1200  # seconds that a run may take
MOST_TOLD: Final = 2000  # characters of what a program says when it fails


def discstack(*options: str) -> Command:
    words = [sys.executable, "-m", "discstack", "burn", "--verify", "none", "-d", DEVICE, *options]
    return lambda image, _: [*words, str(image)]


def embedded(*options: str) -> Command:
    return lambda image, _: [sys.executable, str(HERE / "embedded.py"), DEVICE, str(image), *options]


def loop(transfer: int, *before: str) -> Command:
    return lambda image, built: [*before, str(built / "loop"), DEVICE, str(image), str(transfer)]


def growisofs(image: Path, _: Path) -> list[str]:
    return ["growisofs", "-use-the-force-luke=tty,notray,spare:none", "-Z", f"{DEVICE}={image}"]


def cdrskin(image: Path, _: Path) -> list[str]:
    return ["cdrskin", f"dev={DEVICE}", "padsize=0", str(image)]


def xorriso(image: Path, _: Path) -> list[str]:
    return ["xorriso", "-as", "cdrecord", f"dev={DEVICE}", "padsize=0", str(image)]


def wodim(image: Path, _: Path) -> list[str]:
    return ["wodim", f"dev={DEVICE}", "-sao", "-gracetime=2", str(image)]


def cat(image: Path, _: Path) -> list[str]:
    return ["cat", str(image)]


def growisofs_tree(tree: Path, _: Path) -> list[str]:
    words = ["growisofs", "-use-the-force-luke=tty,notray,spare:none", "-Z", DEVICE, "-quiet", "-J", "-r"]
    return [*words, "-iso-level", "3", "-input-charset", "utf-8", str(tree)]


def xorriso_tree(tree: Path, _: Path) -> list[str]:
    return ["xorriso", "-outdev", DEVICE, "-joliet", "on", "-map", str(tree), "/", "-commit"]


LOOPS: Final[Mapping[str, Command]] = {
    "bare loop, 64 KiB": loop(64 << 10),
    "bare loop, 128 KiB": loop(SATA),
    "bare loop, 128 KiB, real time": loop(SATA, "chrt", "--rr", "1"),
}
PEERS: Final[Mapping[str, Command]] = {
    "growisofs": growisofs,
    "wodim": wodim,
    "xorriso": xorriso,
    "cdrskin": cdrskin,
}
ONLY_DVD: Final = frozenset({"wodim"})  # the same drive with a DVD+R in it
WITHOUT_DRIVE: Final = frozenset({"cat"})


@dataclass(frozen=True, slots=True)
class Case:
    """A drive, what goes on beside the burner, and what is burnt by whom. `size` in bytes, or files of a tree."""

    title: str
    drive: Mapping[str, Any]
    programs: Mapping[str, Command]
    size: int = GIB
    hogs: int = 0
    tree: bool = False
    cold: bool = False  # nothing of the data is in the cache
    cpu_is_its_own: bool = True  # not that of something else in the same process


ALL: Final = {"discstack": discstack(), **LOOPS, **PEERS}
CASES: Final[Mapping[str, Case]] = {
    "fast": Case("an infinitely fast drive", {}, {**ALL, "cat": cat}, size=2 * GIB),
    "blocking": Case("BD 16x, 2 MiB, WRITEs wait, two CPU hogs", {"rate": BD_16X, "buffer": 2 * MIB}, ALL, hogs=2),
    "blocking-4": Case("BD 16x, 4 MiB, WRITEs wait, two CPU hogs", {"rate": BD_16X}, ALL, hogs=2),
    "idle-4": Case("BD 16x, 4 MiB, WRITEs wait", {"rate": BD_16X}, ALL),
    "busy": Case("BD 16x, 4 MiB, answering 2/04/08", {"rate": BD_16X, "busy": True}, ALL),
    "locked": Case(
        "BD 16x, 2 MiB, two CPU hogs, and the interpreter lock held for 0.2 s again and again",
        {"rate": BD_16X, "buffer": 2 * MIB},
        {"discstack in a program": embedded("--hold", "0.2")},
        hogs=2,
        cpu_is_its_own=False,
    ),
    "locked-folder": Case(
        "BD 16x, 2 MiB, two CPU hogs, the interpreter lock held for 0.2 s again and again, a folder of small files",
        {"rate": BD_16X, "buffer": 2 * MIB},
        {"discstack in a program": embedded("--hold", "0.2")},
        size=100_000,
        hogs=2,
        tree=True,
        cpu_is_its_own=False,
    ),
    "stalls": Case(
        "BD 16x, 4 MiB, a source that stalls for 2 s every 200 MB",
        {"rate": BD_16X},
        {"discstack in a program": embedded("--stall", "2")},
    ),
    "folder": Case(
        "BD 16x, 4 MiB, a folder of small files",
        {"rate": BD_16X},
        {"discstack": discstack(), "growisofs": growisofs_tree, "xorriso": xorriso_tree},
        size=100_000,
        tree=True,
    ),
    "cold": Case(
        "BD 16x, 4 MiB, a folder of small files whose data is not in the cache",
        {"rate": BD_16X},
        {"discstack": discstack(), "growisofs": growisofs_tree, "xorriso": xorriso_tree},
        size=100_000,
        tree=True,
        cold=True,
    ),
}


class Failed(Exception):
    """A program did not do what it should."""


def adopt_orphans() -> None:
    """Let this process wait for what a burner's processes leave behind, so that their CPU time is counted too."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this process cannot adopt orphans")


def bury_orphans(spared: Collection[int]) -> None:
    """Wait for all children but those that are spared."""
    for child in map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()):
        if child not in spared:
            os.waitpid(child, 0)


def cpu_of_children() -> float:
    """Return the CPU time, in seconds, of all children that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run_once(command: Sequence[str], setup: DriveSetup | None, folder: Path, spared: Collection[int]) -> Run:
    environment = setup.environment(folder) if setup else None
    with tempfile.TemporaryFile() as errors:
        began, before = time.perf_counter(), cpu_of_children()
        nothing = subprocess.DEVNULL
        with subprocess.Popen(command, env=environment, stdin=nothing, stdout=nothing, stderr=errors) as process:
            end = Timer(LONGEST, process.kill)
            end.start()
            process.wait()
            end.cancel()
        wall = time.perf_counter() - began
        bury_orphans(spared)
        cpu = cpu_of_children() - before
        if process.returncode:
            errors.seek(0)
            raise Failed(
                f"exit code {process.returncode}: {errors.read().decode(errors='replace')[-MOST_TOLD:].strip()}"
            )
    return Run(wall, cpu, report_in(folder) if setup else {})


def forget(folder: Path) -> None:
    """Let the system drop from its cache what the files in a folder hold."""
    os.sync()  # it drops only what is on the disk too
    for parent, _, names in os.walk(folder):
        for name in names:
            descriptor = os.open(os.path.join(parent, name), os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


@contextmanager
def hogs(count: int) -> Iterator[list[int]]:
    """Let so many processes compute for nothing; gives their numbers."""
    running = [subprocess.Popen([sys.executable, "-c", HOG]) for _ in range(count)]
    try:
        yield [process.pid for process in running]
    finally:
        for process in running:
            process.kill()
            process.wait()


class Session:
    """The runs of one call of this program."""

    def __init__(self, folder: Path, scratch: Path, repeats: int, divide: int) -> None:
        self.folder, self.scratch, self.repeats, self.divide = folder, scratch, repeats, divide
        self.library = build_library(folder)
        self.pauses = build_pauses(folder)
        build_loop(folder)

    def outcome(self, case: Case) -> Outcome:
        """Run every program of a case. One that fails is left out from there on, and does not stop the others."""
        failures = dict[str, str]()
        base = self.base(case, failures)
        runs = self.runs(case, failures)
        return Outcome(case.title, [*case.programs], runs, base, failures, case.cpu_is_its_own)

    def runs(self, case: Case, failures: dict[str, str]) -> dict[str, list[Run]]:
        """Run every program in turn with the others; the first round, which fills caches, does not count.

        The machine's own pauses are measured with every run.
        """
        source = self.source(case, case.size // self.divide)
        found = dict[str, list[Run]]()
        with hogs(case.hogs) as beside:
            for round_number in range(self.repeats + 1):
                for name in case.programs:
                    run = self.attempt(name, case, source, failures, beside)
                    if run is not None and round_number:
                        found.setdefault(name, []).append(run)
        return found

    def base(self, case: Case, failures: dict[str, str]) -> dict[str, float]:
        """Return the CPU time that each program takes for next to no data, on the same drive."""
        if case.tree or not case.cpu_is_its_own:
            return {}
        source = self.source(case, SMALL)
        tries = {name: [self.attempt(name, case, source, failures) for _ in range(3)] for name in case.programs}
        return {name: statistics.median(run.cpu for run in runs if run) for name, runs in tries.items() if all(runs)}

    def attempt(
        self, name: str, case: Case, source: Path, failures: dict[str, str], beside: Collection[int] = ()
    ) -> Run | None:
        """Run a program that has not failed before; None if it fails now, or is not there."""
        if name in failures:
            return None
        try:
            return self.run(name, case.programs[name], case, source, beside)
        except (Failed, FileNotFoundError) as error:  # of the last: the drive's report
            failures[name] = str(error)
            return None

    def run(self, name: str, command: Command, case: Case, source: Path, beside: Collection[int] = ()) -> Run | None:
        words = command(source, self.folder)
        if not shutil.which(words[0]):
            return None
        if case.cold:
            forget(source)
        medium = "dvd+r" if name in ONLY_DVD else "bd-r"
        setup = DriveSetup(library=self.library, medium=medium, max_transfer=SATA, **case.drive)
        with subprocess.Popen([str(self.pauses)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as watch:
            run = run_once(words, None if name in WITHOUT_DRIVE else setup, self.folder, {watch.pid, *beside})
            pause, _ = watch.communicate()
        return replace(run, pause=float(pause))

    def source(self, case: Case, size: int) -> Path:
        """Return an image of about that many bytes, or a tree of so many files; what is there is used again."""
        path = self.scratch / (f"tree-{size}" if case.tree else f"image-{size}.iso")
        if not path.exists() and case.tree:
            path.mkdir()
            trees.small_files(path, size)
        elif not path.exists():
            with path.open("wb") as file:
                file.write(bytes(16 * 2048) + b"\1CD001\1".ljust(2048, b"\0") + b"\xffCD001\1".ljust(2048, b"\0"))
                while file.tell() < size:
                    file.write(os.urandom(min(MIB, size - file.tell())))
        return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=[*CASES], help=f"which of {', '.join(CASES)} (default: all)")
    parser.add_argument("--only", metavar="WORD", help="only programs whose names begin so")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each program that count (default: %(default)s)")
    parser.add_argument("--divide", type=int, default=1, metavar="N", help="burn an N-th of the data")
    parser.add_argument("--scratch", type=Path, help="where images and trees go; what is there is used again")
    parser.add_argument("--json", type=Path, metavar="FILE", help="save every run there")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="save the tables there, as docs/performance.md has them"
    )
    choices = parser.parse_args()
    if unknown := [name for name in choices.cases if name not in CASES]:
        parser.error(f"there is no case {unknown[0]}")
    adopt_orphans()
    console, saved, texts, failed = Console(width=145), dict[str, Any](), list[str](), False
    with tempfile.TemporaryDirectory() as temporary:
        scratch = choices.scratch or Path(temporary)
        scratch.mkdir(parents=True, exist_ok=True)
        session = Session(Path(temporary), scratch, choices.repeats, choices.divide)
        for name in choices.cases:
            case = CASES[name]
            if choices.only:
                some = {key: make for key, make in case.programs.items() if key.startswith(choices.only)}
                case = replace(case, programs=some)
            outcome = session.outcome(case)
            console.print(table_of(outcome))
            for program, why in outcome.failures.items():
                console.print(f"{program} failed: {why}", markup=False)
                failed = True
            saved[name] = {program: [asdict(run) for run in done] for program, done in outcome.runs.items()}
            texts.append(markdown_of(outcome))
            if choices.json:  # what was measured so far is not lost
                choices.json.write_text(json.dumps(saved, indent=1), encoding="utf-8")
            if choices.markdown:
                choices.markdown.write_text("\n".join(texts), encoding="utf-8")
    raise SystemExit(failed)


if __name__ == "__main__":
    main()

"""Run the fault sweep, what tells most first: python -m sweep [--rows 'dvd-r*'] [--seconds 600] [--processes 2]."""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from itertools import compress, product
from pathlib import Path

from laboratory import Lab

from sweep.afflictions import afflict, drives, faults
from sweep.heed import WATCH
from sweep.mishaps import MISHAPS, TELLING, Mishap
from sweep.subjects import Fresh
from sweep.table import QUICK, ROWS
from sweep.trial import Finding, Rehearsal, Spot, rehearse, spots, strike

PATIENCE = 120  # seconds for one trial
SHOWN = 3  # examples of each kind of finding
PASSES = {
    "places": "all mishaps, where the code has not met them in an earlier row",
    "telling": "what tells most, at all commands that are not more of the same",
    "faults": "all faults and personalities of the virtual drive",
    "others": "all other mishaps, at all commands that are not more of the same",
    "every command": "all mishaps, at all commands that are",
}
covered: set[tuple[Spot, str]] = set()  # what has happened where in the code, in this process


@dataclass(frozen=True)
class Task:
    """A row, which commands meet what, and what share of that is drawn by which lot."""

    turn: str
    row: str
    mishaps: tuple[str, ...]
    share: float = 1.0
    seed: int = 0

    def __str__(self) -> str:
        return f"{self.turn}: {self.row}"

    def drawn(self) -> Iterator[bool]:
        """Draw lots for ever, the same ones each time."""
        lots = random.Random(f"{self.seed} {self.turn} {self.row}")
        while True:
            yield lots.random() < self.share


@dataclass
class Outcome:
    """How many trials a task had, whether the time was enough for all, and what was found."""

    task: Task
    trials: int = 0
    spared: int = 0  # of those, what one before them has shown
    whole: bool = True
    findings: list[str] = field(default_factory=list)


def tasks(names: Sequence[str], rows: Sequence[str], turns: Sequence[str], share: float, seed: int) -> Iterator[Task]:
    telling = tuple(name for name in names if name in TELLING)
    others = tuple(name for name in names if name not in TELLING)
    chosen = dict.fromkeys(PASSES, tuple(names)) | {"telling": telling, "others": others}
    for turn in turns:
        if chosen[turn]:
            yield from (Task(turn, row, chosen[turn], share, seed) for row in rows)


def carry_out(task: Task, deadline: float) -> Outcome:
    """Do what a task is about, until that moment."""
    outcome, lab = Outcome(task), Lab()
    try:
        signal.alarm(PATIENCE)
        fresh = ROWS[task.row].prepare(lab)
        rehearsal = rehearse(fresh)
        listed = afflicted(fresh, rehearsal) if task.turn == "faults" else struck(task, fresh, rehearsal)
        for trial in compress(listed, task.drawn()):
            if time.time() >= deadline:
                outcome.whole = False
                break
            signal.alarm(PATIENCE)
            outcome.trials += 1
            try:
                outcome.spared += not trial()
            except Finding as finding:
                outcome.findings.append(f"{task.row}: {finding}")
    except Exception as error:
        outcome.findings.append(f"{task.row}: the rehearsal: {type(error).__name__}: {error}")
    finally:
        signal.alarm(0)
        lab.close()
    return outcome


def afflicted(fresh: Fresh, rehearsal: Rehearsal) -> Iterator[Callable[[], bool]]:
    for affliction in (*faults(all_arguments=True), *drives()):
        if affliction.fitting(rehearsal):
            yield partial(afflict, fresh, affliction, rehearsal)


def struck(task: Task, fresh: Fresh, rehearsal: Rehearsal) -> Iterator[Callable[[], bool]]:
    """Yield the trials; one returns False if there is no need for it, as one before it went by what they both have."""
    shown: set[tuple[int, str]] = set()

    def trial(number: int, mishap: Mishap) -> bool:
        if (number, mishap.family) in shown:
            return False
        strike(fresh, number, mishap, rehearsal)
        if mishap.family and not WATCH.looked:
            shown.add((number, mishap.family))
        return True

    for number, name in trials(task, rehearsal):
        yield partial(trial, number, MISHAPS[name])


def trials(task: Task, rehearsal: Rehearsal) -> Iterator[tuple[int, str]]:
    """Yield which command meets what."""
    found = dict(spots(rehearsal))
    if task.turn == "every command":
        yield from product((n for n in range(1, len(rehearsal.seen) + 1) if n not in found), task.mishaps)
        return
    for (number, spot), name in product(found.items(), task.mishaps):
        if task.turn == "places" and (spot, name) in covered:
            continue
        covered.add((spot, name))
        yield number, name


def hasten() -> None:
    """Prepare a process for its tasks."""
    for place, name, value in QUICK:
        setattr(place, name, value)

    def give_up(*_: object) -> None:
        raise Finding(f"no end after {PATIENCE} seconds")

    signal.signal(signal.SIGALRM, give_up)


def chosen(patterns: str, names: Sequence[str]) -> list[str]:
    wanted = [pattern for pattern in patterns.split(";") if pattern]
    return [name for name in names if not wanted or any(fnmatchcase(name, pattern) for pattern in wanted)]


def kind_of(finding: str) -> tuple[str, str]:
    """Return what findings have in common that differ in rows, numbers and mishaps only: the command, and what is."""
    found = re.match(r".*?: command \d+ \(([A-Z/() 0-9]*)[^)]*\) with (.*?): (.*)", finding, re.DOTALL)
    command, said = (found[1], found[3]) if found else ("", finding)
    return command.strip(), re.sub(r"\d+", "#", said.split(" [after ")[0])[:120]


def main() -> int:
    turns = "; ".join(f"{name}: {words}" for name, words in PASSES.items())
    parser = argparse.ArgumentParser(description=f"{__doc__} The turns are {turns}.", prog="sweep")
    parser.add_argument("--rows", default="", metavar="PATTERNS", help="rows by name, such as 'dvd-r:*;read:*'")
    parser.add_argument("--mishaps", default="", metavar="PATTERNS", help="mishaps by name, such as '3/*;dead'")
    parser.add_argument("--turns", default=";".join(PASSES), metavar="NAMES", help="which of: %(default)s")
    parser.add_argument("--shard", default="1/1", metavar="I/N", help="one part in N of all tasks")
    parser.add_argument("--share", type=float, default=1.0, help="so much of each row, drawn by lot, such as 0.025")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="what the lots are drawn from")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="when to stop")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="how many at a time (%(default)s)")
    parser.add_argument("--go-on", action="store_true", help="leave out rows that such a run has done")
    parser.add_argument("--list", action="store_true", help="name the rows and the mishaps")
    parser.add_argument("--into", type=Path, default=Path("build/sweep.txt"), help="where findings go (%(default)s)")
    options = parser.parse_args()
    if options.list:
        print(*ROWS, "", *MISHAPS, sep="\n")
        return 0
    part, parts = map(int, options.shard.split("/"))
    names, rows, turns = (
        chosen(words, [*table])
        for words, table in ((options.mishaps, MISHAPS), (options.rows, ROWS), (options.turns, PASSES))
    )
    listed = list(tasks(names, rows, turns, options.share, options.seed))[part - 1 :: parts]
    if options.go_on:
        before = set(_done(options).read_text(encoding="utf-8").splitlines())
        listed = [task for task in listed if str(task) not in before]
    if not listed:
        parser.error("nothing is chosen; --list names the rows and the mishaps")
    return run(listed, options)


def _done(options: argparse.Namespace) -> Path:
    into: Path = options.into
    return into.with_suffix(".done")


def run(listed: Sequence[Task], options: argparse.Namespace) -> int:
    began = time.time()
    trials, spared, done, left = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    kinds = defaultdict[tuple[str, str], list[str]](list)
    options.into.parent.mkdir(parents=True, exist_ok=True)
    mode = "a" if options.go_on else "w"
    with (
        options.into.open(mode) as file,
        _done(options).open(mode) as book,
        ProcessPoolExecutor(options.processes, initializer=hasten) as pool,
    ):
        for future in as_completed([pool.submit(carry_out, task, began + options.seconds) for task in listed]):
            outcome = future.result()
            trials[outcome.task.turn] += outcome.trials
            spared[outcome.task.turn] += outcome.spared
            if outcome.whole:
                print(outcome.task, file=book, flush=True)
            (done if outcome.whole else left)[outcome.task.turn] += 1
            for finding in outcome.findings:
                kinds[kind_of(finding)].append(finding)
                print(finding, file=file, flush=True)
            print(
                f"\r{sum(trials.values())} trials, {sum(map(len, kinds.values()))} findings ", end="", file=sys.stderr
            )
    print(file=sys.stderr)
    for kind, found in sorted(kinds.items(), key=lambda item: -len(item[1])):
        print(f"{len(found)} x {': '.join(kind)}", *(f"    {one[:600]}" for one in found[:SHOWN]), sep="\n")
    for turn in PASSES:
        if done[turn] or left[turn]:
            print(
                f"{turn}: {trials[turn]} trials, {spared[turn]} of them shown by others, "
                f"{done[turn]} rows done, {left[turn]} not for want of time"
            )
    if options.share < 1:
        print(f"{options.share:.1%} of each row, --seed {options.seed}")
    print(f"{sum(trials.values())} trials in {time.time() - began:.0f} s, {sum(map(len, kinds.values()))} findings")
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())

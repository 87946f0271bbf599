"""The comparison of what commands cost: that every program in it sends what it is asked for, and that all are shown."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from command_loops import CDBS, TRANSFER, UNKNOWN
from commands import BARE, BARE_EACH, OURS, SG_RAW, Costs, Lab, Program, measure, programs, table_of
from measured_drive import DEVICE, report_in
from rich.console import Console

PROGRAMS = programs()
MOST = max(program.count for program in PROGRAMS.values())


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab.build(tmp_path_factory.mktemp("lab"))


def shown(some: Mapping[str, Program], costs: Costs) -> str:
    with (console := Console(width=200)).capture() as captured:
        console.print(table_of(some, costs))
    return captured.get()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_writes_as_often_as_it_is_asked_to(lab: Lab, name: str) -> None:
    if PROGRAMS[name].lacks:
        pytest.skip(f"not installed: {PROGRAMS[name].lacks}")
    count = 3
    (lab.folder / "report.json").unlink(missing_ok=True)
    PROGRAMS[name].cost(lab, "WRITE (10)", count)
    report = report_in(lab.folder)
    in_one_process = count if name not in {BARE_EACH, SG_RAW} else 1
    assert report["opcodes"]["2A"] == report["writes"] == in_one_process
    assert report["sizes"] == {str(TRANSFER): in_one_process}


def test_every_program_and_command_is_in_the_table(lab: Lab) -> None:
    some = {name: PROGRAMS[name] for name in (BARE, OURS, BARE_EACH, SG_RAW)}
    missing = Program(PROGRAMS[BARE].cost, 1, "some package")
    costs = measure(lab, {**some, "another": missing}, repeats=1, divide=MOST)
    assert {name for name, _ in costs} == {*some}
    assert {command for _, command in costs} == {*CDBS}
    words = shown({**some, "another": missing}, costs)
    assert all(name in words for name in some)
    assert "not installed: some package" in words


def test_the_least_of_all_rounds_counts(lab: Lab) -> None:
    costs, counts = iter([3.0] * len(CDBS) + [2.0] * len(CDBS) + [5.0] * len(CDBS)), list[int]()

    def played(_: Lab, __: str, count: int) -> float:  # a clock of CPU time may stand still for longer than one takes
        counts.append(count)
        return next(costs)

    found = measure(lab, {"played": Program(played, 50)}, repeats=3, divide=20)
    assert found == {("played", command): 2.0 for command in CDBS}
    assert set(counts) == {2}


def test_a_program_that_fails_is_told_of(lab: Lab) -> None:
    with pytest.raises(SystemExit, match="number 0 failed"):
        lab.run([str(lab.folder / "commands"), DEVICE, "1", "none", "0", "ff" + "00" * 9])


def test_what_a_library_does_not_declare_is_said_so() -> None:
    ((name, command),) = UNKNOWN
    costs = {(program, some): 1e-6 for program in PROGRAMS for some in CDBS if (program, some) != (name, command)}
    assert "has none" in shown({name: Program(PROGRAMS[name].cost, 1)}, costs)

"""The session that measures burners, and its tables."""

from __future__ import annotations

from pathlib import Path

import burners
import pytest
from burner_tables import HEADINGS, Outcome, Run, markdown_of
from burners import MIB, Case, Session, loop


def test_a_program_that_fails_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(burners, "bury_orphans", lambda _: None)  # the tests have other children
    (tmp_path / "built").mkdir()
    session = Session(tmp_path / "built", tmp_path, repeats=1, divide=1)
    programs = {
        "fails": lambda _, __: ["sh", "-c", "echo no disc >&2; exit 3"],
        "writes nothing": lambda _, __: ["true"],
        "is not there": lambda _, __: ["/nowhere/burner"],
        "loop": loop(64 << 10),
    }
    outcome = session.outcome(Case("a drive", {}, programs, size=MIB))
    assert outcome.failures["fails"] == "exit code 3: no disc"
    assert set(outcome.failures) == {"fails", "writes nothing"}
    assert [run.drive["bytes"] for run in outcome.runs["loop"]] == [MIB]
    first, second, third, fourth = outcome.rows()
    assert (first[1:], second[1:], third[1:]) == (["failed"], ["failed"], ["not installed"])
    assert fourth[6:8] == ["64", "0"]


def test_the_tables_are_markdown_with_the_columns_in_which_something_stands() -> None:
    drive = {"bytes": 1 << 30, "seconds": 2.0, "sizes": {"131072": 8192}, "commands": 8200, "busy": 0}
    drive |= {"underruns": 2, "underrun_seconds": 0.5, "lowest_fill": 0.25}
    runs = {"ours": [Run(3.0, 0.3, drive, 4.0)], "theirs": [Run(3.0, 0.5, drive, 4.0)]}
    outcome = Outcome("A drive", ["ours", "theirs", "wodim"], runs, {"ours": 0.1, "theirs": 0.1}, {}, True)
    assert markdown_of(outcome).splitlines() == [
        "A drive:",
        "",
        f"| {' | '.join(HEADINGS)} |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| ours | 3.00 s | 0.30 s | 0.200 s | 1.00 | 537 | 128 | 2 (0.50 s) | 25% | 8200 | 0 | 4 ms |",
        "| theirs | 3.00 s | 0.50 s | 0.400 s | 0.50 | 537 | 128 | 2 (0.50 s) | 25% | 8200 | 0 | 4 ms |",
        "| wodim | not installed |  |  |  |  |  |  |  |  |  |  |",
    ]

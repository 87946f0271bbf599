"""How the command line looks: colours, a terminal of 80 columns, headings, numbers of things, misspelled commands."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from discstack.cli import main
from discstack.cli.output import Display
from discstack.events import Phase, PhaseStarted, Writing
from discstack.native import Priority
from discstack.native.histogram import BOUNDS

Discstack = Callable[..., Any]
COLUMNS = 80


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal of 80 columns."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


@pytest.mark.parametrize(
    ("name", "value", "styled"),
    [("NO_COLOR", "1", False), ("TERM", "dumb", False), ("NO_COLOR", "", True), ("TERM", "xterm", True)],
)
def test_a_terminal_has_bold_letters_unless_nobody_wants_them(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str, styled: bool
) -> None:
    monkeypatch.setenv(name, value)
    with redirect_stdout(terminal), pytest.raises(SystemExit):
        main(["decode", "cdb", "000000000000"])
    assert "TEST UNIT READY" in terminal.getvalue()
    assert ("\x1b[" in terminal.getvalue()) is styled


def writing(fraction: float) -> Writing:
    latencies = [0] * len(BOUNDS)
    latencies[40] = 1000
    return Writing(
        elapsed=3723.0,
        run=0,
        lba=0,
        sectors=round(fraction * 1000),
        total_sectors=1000,
        sector_size=2048,
        speed=71.9e6,
        average_speed=70.1e6,
        remaining=3600.0,
        ring_fill=1 << 26,
        ring_size=1 << 27,
        ring_low=0,
        drive_fill=1 << 21,
        drive_buffer=1 << 22,
        transfer=65536,
        commands=1000,
        stalls=123,
        stall_time=1.0,
        busy=53021,
        busy_time=1.0,
        latencies=tuple(latencies),
        latency_max=BOUNDS[40],
        priority=Priority.NORMAL,
        current_file="photos/" + "a" * 200,
    )


def test_how_a_burn_goes_fits_into_80_columns_but_for_the_file(terminal: Terminal) -> None:
    with redirect_stderr(terminal), Display() as display:
        display(PhaseStarted(elapsed=0.0, phase=Phase.WRITING))
        for step in range(1, 100):
            display(writing(step / 100))
        assert display.words is not None
        speed, feeding = display.words.plain.splitlines()
    assert "71.9 MB/s (average 70.1 MB/s)" in speed
    assert len(speed) < COLUMNS
    known = feeding.partition("photos/")[0]
    assert re.search(r"ring 50 %  drive 50 %  123 stalls  53021 busy  99 % < .* ms", known)
    assert len(known) < COLUMNS


@pytest.mark.parametrize(("command", "own"), [("burn", "--speed"), ("image", "--output")])
def test_help_has_a_heading_for_what_belongs_together(discstack: Discstack, command: str, own: str) -> None:
    parts = re.split(r"^(\S.*):\n", discstack(command, "--help").out, flags=re.MULTILINE)
    shown = dict(zip(parts[1::2], parts[2::2], strict=True))
    words = {"Options": own, "Adding to what is there": "--remove", "Files": "--exclude", "File systems": "--udf-only"}
    assert {heading for heading, text in shown.items() if "--json" in text} == {"Options"}
    for heading, word in {**words, "Booting": "-no-emul-boot"}.items():
        assert [name for name, text in shown.items() if re.search(rf"^  .*{word}\b", text, re.MULTILINE)] == [heading]


def test_one_file_is_not_called_files(discstack: Discstack, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a").write_bytes(b"a")
    discstack("image", "folder", "-o", "x.iso")
    assert "1 file, 1 B" in discstack("extract", "x.iso", "-o", "out").err
    assert "1 file, 1 B" in discstack("verify", "x.iso", "--tree", "folder").out
    (tmp_path / "folder/b").write_bytes(b"b")
    assert "1 difference; compared: 1 file, 1 B" in discstack("verify", "x.iso", "--tree", "folder").out


def test_a_misspelled_command_is_told_with_one_like_it(discstack: Discstack) -> None:
    refused = discstack("brun", "folder")
    assert refused.code == 2
    assert "No such command 'brun'. Did you mean 'burn'?" in refused.err

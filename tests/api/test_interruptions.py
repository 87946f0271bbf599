"""What ends a command from outside: signals, and places for its words that take no more of them."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from discstack.cli import main
from discstack.cli.output import Display
from discstack.events import Event, Progress, Writing

Discstack = Callable[..., Any]
DRIVE = "virtual:dvd+r?file=disc.img"
ON_LINUX = pytest.mark.linux("/dev/full")
SIGHUP = getattr(signal, "SIGHUP", 1)


class Full(io.StringIO):
    """A stream to a disk that is full."""

    def write(self, text: str, /) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextmanager
def handled(number: int, handler: Any) -> Iterator[None]:
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


def send_while_writing(monkeypatch: pytest.MonkeyPatch, *numbers: int) -> None:
    """Let signals come when the first blocks are written."""
    send_while(monkeypatch, Writing, *numbers)


def send_while(
    monkeypatch: pytest.MonkeyPatch, kind: type[Event], *numbers: int, note: Callable[[], None] = lambda: None
) -> None:
    """Let signals come with the first event of a kind."""
    left = list(numbers)

    def show(display: Display, event: Event) -> None:
        while left and isinstance(event, kind):
            note()
            signal.raise_signal(left.pop(0))

    monkeypatch.setattr(Display, "__call__", show)


@pytest.mark.linux("SIGHUP")
@pytest.mark.parametrize(
    ("numbers", "code"),
    [
        ((SIGHUP,), 129),
        ((signal.SIGTERM, SIGHUP), 143),  # as systemd ends what a user has left
        ((SIGHUP, SIGHUP), 129),  # one from the terminal, one from the shell
    ],
)
def test_a_terminal_that_is_closed_cancels_a_burn_cleanly(
    discstack: Discstack, folder: Path, monkeypatch: pytest.MonkeyPatch, numbers: tuple[int, ...], code: int
) -> None:
    send_while_writing(monkeypatch, *numbers)
    burnt = discstack("burn", "folder", "-d", DRIVE)
    assert burnt.code == code, burnt.err
    assert "cancelled while" in burnt.err
    assert "the disc is now: DVD+R, appendable" in burnt.err


@pytest.mark.parametrize("number", [pytest.param(SIGHUP, marks=pytest.mark.linux("SIGHUP")), signal.SIGINT])
def test_what_nohup_or_a_shell_has_ignored_stays_ignored(
    discstack: Discstack, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    send_while_writing(monkeypatch, number)
    with handled(number, signal.SIG_IGN):
        assert discstack("burn", "folder", "-d", "virtual:dvd+r").code == 0
        assert signal.getsignal(number) is signal.SIG_IGN


@pytest.mark.linux("SIGTSTP")
def test_a_terminal_stops_no_burn_but_a_reading(
    discstack: Discstack, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by Ctrl-Z, nor for what it says from the background."""
    stops: list[int] = []
    talk: list[object] = []
    with handled(signal.SIGTSTP, lambda number, _: stops.append(number)):
        before, loud = signal.getsignal(signal.SIGTSTP), signal.getsignal(signal.SIGTTOU)
        send_while(monkeypatch, Writing, signal.SIGTSTP, note=lambda: talk.append(signal.getsignal(signal.SIGTTOU)))
        burnt = discstack("burn", "folder", "-d", DRIVE)
        assert (burnt.code, stops) == (0, [])
        assert burnt.err.count("not stopped, as the disc may be lost") == 1
        assert signal.getsignal(signal.SIGTSTP) is before
        send_while(monkeypatch, Progress, signal.SIGTSTP)
        assert discstack("read", DRIVE, "-o", "copy.iso").code == 0
        assert stops == [signal.SIGTSTP]
    assert talk == [signal.SIG_IGN]
    assert signal.getsignal(signal.SIGTTOU) is loud


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), pytest.param(SIGHUP, 129, marks=pytest.mark.linux("SIGHUP"))]
)
def test_a_signal_leaves_no_half_image(
    discstack: Discstack, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    def write_all(target: int, view: memoryview, position: int) -> None:
        os.pwrite(target, view, position)
        signal.raise_signal(number)

    def write(target: int, part: memoryview) -> None:  # on systems that write in order
        os.write(target, part)
        signal.raise_signal(number)

    monkeypatch.setattr("discstack.fs.output.write_all", write_all)
    monkeypatch.setattr("discstack.fs.passing._write", write)
    before = signal.getsignal(number)
    made = discstack("image", "folder", "-o", "x.iso")
    assert made.code == code
    assert "interrupted" in made.err
    assert not (tmp_path / "x.iso").exists()
    assert signal.getsignal(number) is before


def test_words_that_find_no_room_keep_no_burn_from_its_end(discstack: Discstack, folder: Path) -> None:
    with redirect_stderr(Full()), pytest.raises(SystemExit) as ended:
        main(["burn", str(folder), "-d", DRIVE])
    assert not ended.value.code
    assert discstack("info", DRIVE, "--json").json["medium"]["state"] == "appendable"


@pytest.mark.parametrize("words", [["--json"], []])
def test_a_result_that_finds_no_room_fails_in_words(
    discstack: Discstack, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    with redirect_stdout(Full()), pytest.raises(SystemExit) as ended:
        main(["info", DRIVE, *words])
    assert ended.value.code == 1
    assert capsys.readouterr().err.splitlines() == ["discstack: standard output: No space left on device"]


@pytest.mark.linux("a shell")
def test_a_burn_without_standard_error_lets_no_file_take_its_place(folder: Path, tmp_path: Path) -> None:
    words = f"{sys.executable} -m discstack burn folder -d '{DRIVE}' --json 2>&-"
    run = subprocess.run(["/bin/sh", "-c", words], cwd=tmp_path, stdout=subprocess.PIPE, timeout=200, check=False)
    assert run.returncode == 0
    assert b'"verified": true' in run.stdout


@ON_LINUX
@pytest.mark.parametrize("trace", ["x.trace", "x.pcapng"])
def test_a_trace_that_finds_no_room_does_not_spoil_the_burn(
    discstack: Discstack, folder: Path, tmp_path: Path, trace: str
) -> None:
    (tmp_path / trace).symlink_to("/dev/full")
    burnt = discstack("burn", "folder", "-d", DRIVE, "--trace", trace)
    assert burnt.code == 1
    assert burnt.err.splitlines()[-1] == f"discstack: {trace}: No space left on device"
    assert "sectors read back and right" in burnt.out
    assert discstack("info", DRIVE, "--json").json["medium"]["state"] == "appendable"
    failed = discstack("read", "virtual:dvd+r", "-o", "copy", "--trace", trace)
    assert failed.code == 5
    assert f"  {trace}: No space left on device: not all commands are recorded" in failed.err.splitlines()


def test_a_trace_on_standard_output_that_finds_no_room_is_told_beside_the_error(
    discstack: Discstack, capsys: pytest.CaptureFixture[str]
) -> None:
    with redirect_stdout(Full()), pytest.raises(SystemExit) as ended:
        main(["read", "virtual:dvd+r", "-o", "copy", "--trace", "-"])
    assert ended.value.code == 5
    said = capsys.readouterr().err.splitlines()
    assert "  standard output: No space left on device: not all commands are recorded" in said


@ON_LINUX
def test_a_curve_that_finds_no_room_is_named(discstack: Discstack, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "x.json").symlink_to("/dev/full")
    burnt = discstack("burn", "folder", "-d", "virtual:dvd+r", "--curve", "x.json")
    assert burnt.code == 1
    assert burnt.err.splitlines()[-1] == "discstack: x.json: No space left on device"
    assert "sectors read back and right" in burnt.out

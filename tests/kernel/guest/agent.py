"""Does in the guest what the host asks for, one job after the other: agent.py FOLDER

To start a program takes a guest a twentieth of a second, and one in Python a second; so all jobs are done by this one
process, which runs scripts itself and our command line in copies of itself, with all modules in memory.

FOLDER/N.json is a job, its method and arguments; what it prints goes to FOLDER/N.out, then its status to FOLDER/N.rc.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import BinaryIO

HERE = Path(__file__).parent
POLL = 0.01
FORGOTTEN = 3600.0  # seconds without a job: the host has forgotten this guest
TIMED_OUT = 124  # as timeout(1) has it
MERCY = 2.0  # seconds between SIGTERM and SIGKILL
# What our commands would load, each time anew
API = "attached_control attachment data_writer disc_master disc_reader eraser file_system_image speed volumes"
COMMANDS = "cli.burn cli.drives cli.emulate cli.media cli.read cli.volumes"
LAYERS = "fs.extraction fs.graft_points mmc.inspection transport.linux.machine transport.linux.udev transport.sgio"


class Agent:
    """The jobs are its methods with an `output`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[int, Path] = {}  # what goes on in the background: the file that its status goes to

    def serve(self) -> None:
        """Do jobs until there are none for long, or one says stop."""
        number, forgotten = 1, time.monotonic() + FORGOTTEN
        while time.monotonic() < forgotten:
            self._bury()
            request = self._folder / f"{number}.json"
            if not request.exists():
                time.sleep(POLL)
                continue
            method, *arguments = json.loads(request.read_text())
            if method == "stop":
                return
            with request.with_suffix(".out").open("wb") as output:
                status = getattr(self, method)(output, *arguments)
            tell(request.with_suffix(".rc"), status)
            number, forgotten = number + 1, time.monotonic() + FORGOTTEN

    def shell(self, output: BinaryIO, line: str, timeout: float) -> int:
        """Let bash run a line, in a session of its own."""
        bash = subprocess.Popen(
            ["bash", "-c", line], stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
        if ends_within(bash.pid, timeout):
            return bash.wait()
        for number, patience in ((signal.SIGTERM, MERCY), (signal.SIGKILL, None)):
            os.killpg(bash.pid, number)
            if ends_within(bash.pid, patience):
                break
        bash.wait()
        return TIMED_OUT

    def script(self, output: BinaryIO, name: str, *operands: str) -> int:
        """Run a script of this folder as if it were started alone."""
        text = io.StringIO()
        sys.argv = [name, *operands]
        os.chdir("/")
        try:
            with contextlib.redirect_stdout(text):
                runpy.run_path(str(HERE / name), run_name="__main__")
        except Exception:
            text.write(traceback.format_exc())
            return 1
        finally:
            output.write(text.getvalue().encode("utf-8", "surrogateescape"))
        return 0

    def discstack(self, output: BinaryIO, folder: str, timeout: float, *words: str) -> int:
        """Run our command line in a folder."""
        process = start(words, folder, output, output)
        if not ends_within(process, timeout):
            os.kill(process, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

    def background(self, output: BinaryIO, folder: str, *words: str) -> int:
        """Begin likewise, and print the process's number; what it prints and its status go to files in the folder."""
        place = Path(folder)
        with (place / "answer").open("wb") as answer, (place / "errors").open("wb") as errors:
            process = start(words, folder, answer, errors)
        self._running[process] = place / "status"
        output.write(str(process).encode())
        return 0

    def _bury(self) -> None:
        for process, place in list(self._running.items()):
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                tell(place, os.waitstatus_to_exitcode(status))
                del self._running[process]


def start(words: tuple[str, ...], folder: str, output: BinaryIO, errors: BinaryIO) -> int:
    """Start our command line in a copy of this process; return its number."""
    for name in f"{API} {COMMANDS} {LAYERS}".split():
        importlib.import_module(f"discstack.{name}")
    if process := os.fork():
        return process
    os.setsid()
    os.chdir(folder)
    with open(os.devnull, "rb") as nothing:
        for number, file in enumerate((nothing, output, errors)):
            os.dup2(file.fileno(), number)
    sys.argv = ["discstack", *words]
    from discstack.cli import main

    main()
    raise AssertionError("it does not end by itself")


def ends_within(process: int, timeout: float | None) -> bool:
    """Wait for a child's end; whether it came in time."""
    descriptor = os.pidfd_open(process)
    try:
        return bool(select.select([descriptor], [], [], timeout)[0])
    finally:
        os.close(descriptor)


def tell(place: Path, status: int) -> None:
    """Write a status, all at once."""
    unfinished = place.with_name(f"{place.name}.new")
    unfinished.write_text(str(status))
    unfinished.rename(place)


if __name__ == "__main__":
    jobs = Path(sys.argv[1])
    (jobs / "ready").touch()
    Agent(jobs).serve()

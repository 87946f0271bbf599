"""The real Linux kernel for the tests: Debian's user-mode-linux, booted once, an ordinary process of this user."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from systems import linux_only

pytest_pycollect_makemodule = linux_only("its kernel is booted")
GUEST = Path(__file__).parent / "guest"
MODULES = ("loop", "isofs", "udf", "sr_mod", "sg", "target_core_user", "tcm_loop")
PROGRAMS = ("linux.uml", "modprobe", "busybox", "setpriv")
INIT_SPEAKS = "guest: init runs"
# A guest is several processes in a session of their own; when the one that started it ends, all of them must go
LAUNCHER = '"$0" "$@" & trap "kill -KILL -$! $!; wait" TERM; wait'
MEMORY = "1G"
PATIENCE = 200.0  # seconds for whatever is waited for, which takes a few at the most unless the machine is loaded
STOP_TIMEOUT = 20.0
POLL = 0.01
PACE = "realtime=100000"  # drives in the guest are that many times as quick as real ones


class KernelFailure(Exception):
    """The guest does not come up, or does not answer any more; its console is in the text."""


class NoKernel(Exception):
    """This machine does not run user-mode Linux."""


@dataclass(frozen=True, slots=True)
class Drive:
    """A virtual drive in the guest, by the nodes that the guest's kernel gives it."""

    block: str
    generic: str

    @property
    def name(self) -> str:
        """The block device's name."""
        return self.block.removeprefix("/dev/")


@dataclass(frozen=True, slots=True)
class Result:
    """How a command of the guest ended, and all that it wrote."""

    status: int
    output: str


class Kernel:
    """A running guest. `share` is the folder that both sides see at the same path; commands run one at a time."""

    def __init__(self, share: Path) -> None:
        self.share, self.jobs, self.number = share, share / "jobs", 0
        self.jobs.mkdir()
        self.console = share / "console"
        arguments = [f"mem={MEMORY}", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "quiet"]
        arguments += [f"init={GUEST / 'init.sh'}", "con=null", "con0=fd:0,fd:1", f"uml_dir={share}"]
        arguments += [f"share={share}", f"modules={','.join(MODULES)}", f"python={sys.executable}"]
        command = ["setpriv", "--pdeathsig", "TERM", "sh", "-c", LAUNCHER, "linux.uml", *arguments]
        with self.console.open("wb") as console:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        try:
            self.wait_for(self.jobs / "ready", PATIENCE)
        except KernelFailure as error:
            if INIT_SPEAKS not in str(error):
                raise NoKernel(f"linux.uml comes to no init: {error}") from error
            raise

    def run(self, *command: str | Path, timeout: float = PATIENCE) -> Result:
        """Run a command line (one string) or a program with its operands in the guest, as root."""
        line = str(command[0]) if len(command) == 1 else shlex.join(map(str, command))
        return self._do(timeout, "shell", line, timeout)

    def check(self, *command: str | Path, timeout: float = PATIENCE) -> str:
        """Run a command that must succeed, and give what it wrote."""
        result = self.run(*command, timeout=timeout)
        assert result.status == 0, f"{shlex.join(map(str, command))}: status {result.status}\n{result.output}"
        return result.output

    def script(self, name: str, *operands: str | Path, timeout: float = PATIENCE) -> str:
        """Run a script of the folder `guest`, which must succeed, and give what it printed."""
        result = self._do(timeout, "script", name, *map(str, operands))
        assert result.status == 0, result.output
        return result.output

    def discstack(self, *words: str | Path, folder: Path = Path("/"), timeout: float = PATIENCE) -> Result:
        """Run our command line in the guest, as root."""
        return self._do(timeout, "discstack", str(folder), timeout, *map(str, words))

    def begin(self, *words: str, folder: Path) -> int:
        """Begin likewise; return its process. `answer`, `errors` and, in the end, `status` are files in the folder."""
        return int(self._do(PATIENCE, "background", str(folder), *words).output)

    def stop(self) -> None:
        """Switch the guest off, by force if it does not listen."""
        try:
            self._submit("stop")
            self.process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self._kill()

    def _do(self, timeout: float, *job: object) -> Result:
        request = self._submit(*job)
        self.wait_for(request.with_suffix(".rc"), timeout + STOP_TIMEOUT)
        output = request.with_suffix(".out").read_bytes().decode("utf-8", "surrogateescape")
        return Result(int(request.with_suffix(".rc").read_text()), output)

    def _submit(self, *job: object) -> Path:
        self.number += 1
        request = self.jobs / f"{self.number}.json"
        unfinished = request.with_suffix(".new")
        unfinished.write_text(json.dumps(job))
        unfinished.rename(request)
        return request

    def wait_for(self, path: Path, timeout: float) -> None:
        """Wait for a file that the guest makes; a guest that does not is ended."""
        deadline = time.monotonic() + timeout
        while not path.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self._kill()
                console = self.console.read_text(errors="replace")[-4000:]
                raise KernelFailure(f"no {path.name} from the guest kernel; its console says:\n{console}")
            time.sleep(POLL)

    def _kill(self) -> None:
        """End all processes of the guest; each of its processes is one of the host's."""
        self.process.terminate()
        self.process.wait()


def check_programs() -> None:
    """Raise NoKernel where something is not installed."""
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        raise NoKernel(f"not installed: {', '.join(missing)}")


@pytest.fixture(scope="session")
def kernel() -> Iterator[Kernel]:
    """The guest, up for the whole session; skips where there can be none, unless DISCSTACK_KERNEL says `required`."""
    share = Path(tempfile.mkdtemp(prefix="discstack-kernel-"))
    guest = None
    try:
        check_programs()
        guest = Kernel(share)
        yield guest
    except NoKernel as error:
        (pytest.fail if os.environ.get("DISCSTACK_KERNEL") == "required" else pytest.skip)(f"no guest kernel: {error}")
    finally:
        if guest:
            guest.stop()
        shutil.rmtree(share)


@pytest.fixture(scope="session")
def kernel_share(kernel: Kernel) -> Path:
    """The folder that host and guest see at the same path."""
    return kernel.share


@pytest.fixture
def share(kernel_share: Path) -> Iterator[Path]:
    """A new folder that host and guest see at the same path."""
    folder = Path(tempfile.mkdtemp(dir=kernel_share))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def brisk(kernel_share: Path) -> str:
    """The start of a command line whose programs sleep a hundredth of what they mean to."""
    library = kernel_share / "brisk.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, GUEST / "brisk.c", "-ldl"], check=True)
    return f"export LD_PRELOAD={library};"


@pytest.fixture(scope="session")
def guest_python(kernel: Kernel) -> Callable[..., str]:
    """Runs one of the guest's Python scripts and gives what it printed."""
    return kernel.script


class Attachment:
    """A running `discstack emulate --attach` in the guest."""

    def __init__(self, kernel: Kernel, folder: Path, media: tuple[str, ...]) -> None:
        self.kernel, self.folder = kernel, folder
        self.process = kernel.begin("emulate", *map(paced, media), "--attach", "--json", folder=folder)
        self._wait(lambda: self._read("answer").endswith("]\n") or self._read("status"))
        assert not self._read("status"), self._read("errors")
        rows = json.loads(self._read("answer"))
        self.drives = [Drive(row["block"], row["generic"]) for row in rows]
        self.targets = [row["target"] for row in rows]

    def end(self, signal: str = "TERM") -> int:
        """Send a signal, and give the status that it ends with."""
        self.kernel.check(f"kill -{signal} {self.process}")
        self._wait(lambda: self._read("status"))
        return int(self._read("status"))

    def detach(self, complaint: str) -> None:
        """End it as a user does, unless it has ended; the device server complains as expected."""
        assert self._read("status") or self.end() == 0
        assert re.fullmatch(complaint, self._read("errors").strip())

    def _read(self, name: str) -> str:
        path = self.folder / name
        return path.read_text() if path.exists() else ""

    def _wait(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, self._read("errors")
            time.sleep(POLL)


def paced(medium: str) -> str:
    """Return a medium whose drive is quick, unless it has a pace of its own."""
    return medium if "realtime=" in medium else f"{medium}{'&' if '?' in medium else '?'}{PACE}"


@pytest.fixture(scope="session")
def attaching(kernel: Kernel) -> Callable[..., contextlib.AbstractContextManager[Attachment]]:
    """Gives attachments of media, as a context manager; `complaint` is a pattern for what their process says."""

    @contextlib.contextmanager
    def attached(*media: str, complaint: str = "") -> Iterator[Attachment]:
        with tempfile.TemporaryDirectory(dir=kernel.share) as folder:
            attachment = Attachment(kernel, Path(folder), media)
            yield attachment
            attachment.detach(complaint)

    return attached


class Background:
    """A command of the guest that runs on; `lines` are what it has printed."""

    def __init__(self, kernel: Kernel, folder: Path, command: str) -> None:
        self.kernel, self.output = kernel, folder / "output"
        kernel.check(f"cd {folder}; setsid {command} >output 2>errors & echo $! >pid")
        self.pid = (folder / "pid").read_text().strip()

    @property
    def lines(self) -> list[str]:
        text = self.output.read_text() if self.output.exists() else ""
        return text[: text.rfind("\n") + 1].splitlines()

    def until(self, condition: Callable[[list[str]], object]) -> list[str]:
        """Wait until what was printed fits."""
        deadline = time.monotonic() + PATIENCE
        while not condition(self.lines):
            assert time.monotonic() < deadline, self.lines
            time.sleep(POLL)
        return self.lines

    def end(self) -> None:
        """End it, and wait for it."""
        self.kernel.check(f"kill {self.pid}; while kill -0 {self.pid} 2>/dev/null; do sleep 0.1; done")


@pytest.fixture
def background(kernel: Kernel, share: Path) -> Callable[[str], contextlib.AbstractContextManager[Background]]:
    """Runs commands of the guest that go on, as context managers."""

    @contextlib.contextmanager
    def running(command: str) -> Iterator[Background]:
        process = Background(kernel, share, command)
        try:
            yield process
        finally:
            process.end()

    return running

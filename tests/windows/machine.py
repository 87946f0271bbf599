"""A machine with Windows's own Python in Wine, made once and kept in `.wine` at the root of the project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent.parent
HOME: Final = ROOT / ".wine"
WHEELS: Final = HOME / "wheels"  # of the packages
COMPILER: Final = "x86_64-w64-mingw32-gcc"
PROGRAMS: Final = ("wine", COMPILER)
VERSION: Final = (3, 11)  # of the DLL; its standard library is that of this machine's Python, which must be the same
# A wheel that carries CPython 3.11.9 for Windows, as python.org has it, as DLLs; for tests only
PYTHON: Final = "panda3d==1.10.16"
LIBRARIES: Final = frozenset(
    {"python311.dll", "VCRUNTIME140.dll", "libffi-8.dll", "libcrypto-3.dll", "libssl-3.dll", "sqlite3.dll"}
)
# What discstack and its tests need there. pip on Linux finds what these need in turn, but not what they need on Windows
# alone: colorama and tzdata
PACKAGES: Final = (
    *("cffi", "click", "construct", "rich", "xxhash", "colorama"),
    *("numpy==1.26.4", "soundfile", "pycdlib", "matplotlib", "tzdata", "plotly"),  # later numpys call what Wine 8 lacks
    *("pytest", "pytest-timeout", "hypothesis", "pip"),
)
# of the standard library, what is Linux's or of no use
LEFT_OUT: Final = ("site-packages", "dist-packages", "test", "tests", "lib-dynload", "__pycache__", "config-3*")
ENVIRONMENT: Final = {"WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree,mshtml=", "LC_ALL": "C.UTF-8"}
DRIVE: Final = HERE / "drive.reg"  # what Windows's Setup API lists
MADE_BY: Final = (Path(__file__), HERE / "python.c", DRIVE)


class NoWindows(Exception):
    """This machine has no Wine, or none that is of use."""


class NoDownload(NoWindows):
    """Windows's Python or packages for it cannot be had from here."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a program ended, all that it wrote, and how many Pythons had begun."""

    status: int
    output: str
    begun: int


class Wine:
    """The machine. `P:` is the project there, `Z:` the root of Linux."""

    def __init__(self) -> None:
        self.site = HOME / "python/Lib/site-packages"
        self.prefix = HOME / "prefix"
        if self._is_ready():
            return
        if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
            raise NoWindows(f"not installed: {', '.join(missing)}")
        if sys.version_info[:2] != VERSION:
            raise NoWindows(f"Windows's Python is 3.11 here, which needs the library of a 3.11, not of {sys.version}")
        shutil.rmtree(HOME, ignore_errors=True)
        self._make_python()
        self._run("wineboot", "-i")
        self._run("regedit", "/S", DRIVE)
        (self.prefix / "dosdevices/p:").symlink_to(ROOT)
        (HOME / "ready").touch()

    def python(self, *words: str | Path, **options: Any) -> Result:
        """Run Windows's Python."""
        return self.start(HOME / "python/python.exe", *words, **options)

    def start(self, *words: str | Path, **options: Any) -> Result:
        """Run a program of Windows that comes to Python, once more if it did not: one in thousands dies at birth."""
        done = self._run(*words, **options)
        return done if done.begun else self._run(*words, **options)

    def _run(
        self, *words: str | Path, cwd: Path = HOME, timeout: float = 1800.0, environment: dict[str, str] | None = None
    ) -> Result:
        """Run a program of Windows; its output goes through a pipe, as Wine wants it."""
        settings = {**os.environ, **ENVIRONMENT, "WINEPREFIX": str(self.prefix), **(environment or {})}
        with tempfile.NamedTemporaryFile(dir=HOME) as begun:
            done = subprocess.run(
                ["wine", *(windows_path(word) if isinstance(word, Path) else word for word in words)],
                cwd=cwd,
                env={**settings, "BEGUN": windows_path(Path(begun.name))},
                timeout=timeout,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            output = done.stdout.decode("utf-8", "replace").replace("\r\n", "\n")
            return Result(done.returncode, output, os.path.getsize(begun.name))

    def bare_python(self, folder: Path) -> Path:
        """Put a Python without packages into a folder, and return its program."""
        left_out = shutil.ignore_patterns("site-packages", "Scripts")
        shutil.copytree(HOME / "python", folder / "python", ignore=left_out)
        (folder / "python/Lib/site-packages").mkdir()
        return folder / "python/python.exe"

    def link(self, device: str, target: Path) -> None:
        r"""Let a name such as cdrom0 (for \\.\CdRom0) or d: lead to a file."""
        link = self.prefix / "dosdevices" / device
        link.unlink(missing_ok=True)
        link.symlink_to(target)

    def _is_ready(self) -> bool:
        ready = HOME / "ready"
        return ready.exists() and all(ready.stat().st_mtime >= source.stat().st_mtime for source in MADE_BY)

    def _make_python(self) -> None:
        _download(WHEELS, PYTHON, *PACKAGES)
        python = HOME / "python"
        left_out = shutil.ignore_patterns(*LEFT_OUT)
        shutil.copytree(sysconfig.get_path("stdlib"), python / "Lib", ignore=left_out)
        (python / "DLLs").mkdir()
        for wheel in WHEELS.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                if wheel.name.startswith("panda3d"):
                    _take_python(archive, python)
                else:
                    archive.extractall(self.site)
        for wheel in WHEELS.glob("panda3d*"):  # it is large, and served its purpose
            wheel.unlink()
        program = [COMPILER, "-O2", "-s", "-municode", "-o", python / "python.exe", HERE / "python.c"]
        subprocess.run(program, check=True)


def windows_path(path: Path) -> str:
    """Return what a path of Linux is there."""
    return "Z:" + str(path).replace("/", "\\")


def _download(folder: Path, *packages: str) -> None:
    version = ".".join(map(str, VERSION))
    chosen = [
        "--platform",
        "win_amd64",
        "--python-version",
        version,
        "--implementation",
        "cp",
        "--only-binary",
        ":all:",
    ]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", *chosen, "--dest", str(folder), *packages]
    done = subprocess.run(pip, capture_output=True, text=True, timeout=1800, check=False)
    if done.returncode:
        raise NoDownload(f"Windows's Python and packages cannot be downloaded: {done.stderr.strip()[-500:]}")


def _take_python(archive: zipfile.ZipFile, folder: Path) -> None:
    for name in archive.namelist():
        base = Path(name).name
        if name.startswith("deploy_libs/") and (base.endswith(".pyd") or base in LIBRARIES):
            (folder / base).write_bytes(archive.read(name))

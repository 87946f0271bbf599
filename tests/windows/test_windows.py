"""discstack on Windows, as far as Wine is Windows: it is installed, passes its own tests, and burns through SPTI."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from cffi import FFI

from discstack.transport.windows.declarations import SPTI

from .machine import COMPILER, HOME, WHEELS, Result, Wine

COMPLETE = os.environ.get("DISCSTACK_WINDOWS") == "complete"
OBJDUMP = COMPILER.replace("gcc", "objdump")
LIBRARIES = {
    "KERNEL32.dll",
    "msvcrt.dll",
    "WINMM.dll",
    "api-ms-win-core-synch-l1-2-0.dll",
}  # part of Windows 8 and later
# What somebody types; Wine's cmd knows no || before goto
COMMANDS = """\
discstack image photos -o photos.iso --manifest photos.sum
discstack ls photos.iso
discstack burn photos.iso -d virtual:dvd+rw?file=disc.img --verify full
discstack info virtual:dvd+rw?file=disc.img
discstack verify virtual:dvd+rw?file=disc.img --manifest photos.sum
python -m discstack read virtual:dvd+rw?file=disc.img -o copy.iso
discstack extract copy.iso -o out"""
SESSION = "\n".join(
    [
        "@set PATH=%CD%\\python\\Scripts;%CD%\\python;%PATH%",
        *(f"{line}\n@if errorlevel 1 goto end" for line in COMMANDS.splitlines()),
        ":end",
        "@echo exit code %errorlevel%",
    ]
)
# Seconds: all of the package's tests take many minutes, and a machine made anew on one that is loaded some
PATIENCE = 7200.0
pytestmark = pytest.mark.timeout(PATIENCE)
# Of the package's own tests those that deal with the system, of each the first; DISCSTACK_WINDOWS=complete runs all
BRIEFLY = ("-m", "system", "--briefly")
# what drive.reg lets Windows's Setup API list, as Wine's table of devices has it
INTERFACE = "scsi#cdrom&ven_discstak&prod_virtual_burner#4&1&0&010000#{53f56308-b6bf-11d0-94f2-00a0c91efb8b}"
Bench = Callable[..., Any]


def run_tests(windows: Wine, *paths: str, selection: Sequence[str] = (), **options: Any) -> Result:
    """Run tests of the project there."""
    project = "P:\\"
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", project, "-c", f"{project}pyproject.toml"]
    return windows.python(*words, *selection, *(project + path.replace("/", "\\") for path in paths), **options)


def discstack(windows: Wine, *words: str | Path, **options: Any) -> Result:
    """Run the command line there."""
    return windows.python("-m", "discstack", *words, **options)


@pytest.fixture
def drive(windows: Wine, bench: Bench, tmp_path: Path) -> Callable[..., Any]:
    r"""Puts a virtual drive behind \\.\CdRom0 and D:."""

    def make(medium: str, **options: Any) -> Any:
        made = bench(medium, **options)
        node = tmp_path / "cdrom0"
        node.touch()
        windows.link("cdrom0", node)
        windows.link("d::", node)
        windows.link(INTERFACE, node)
        made.environment["CABLE_FILE"] = str(node)
        del made.environment["CABLE_DEVICE"]  # to Wine it is a file
        return made

    return make


class Deadly(Wine):
    """One whose programs play what is told of them."""

    def __init__(self, *told: Result) -> None:
        self.told = list(told)

    def _run(self, *words: str | Path, **options: Any) -> Result:
        return self.told.pop(0)


def test_what_dies_at_birth_is_started_once_more() -> None:
    died, failed = Result(1, "", begun=0), Result(1, "words", begun=1)
    assert Deadly(died, failed).start("python.exe") is failed
    assert Deadly(failed).start("python.exe") is failed
    assert Deadly(died, died).start("python.exe") is died


def test_the_wheel_is_for_any_python_of_windows(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-win_amd64.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"discstack"}
    assert "discstack/native/discstack.dll" in names
    assert not [name for name in names if name.endswith((".so", ".c", ".h"))]


def test_the_dll_has_all_that_is_declared_and_asks_for_nothing_but_windows(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    module = tmp_path / "discstack/native/_native.py"
    names = dict[str, Any]()
    exec(compile(module.read_text(), module, "exec"), names)
    dll = tmp_path / "discstack/native/discstack.dll"
    told = subprocess.run([OBJDUMP, "-p", dll], check=True, capture_output=True, text=True).stdout
    exported = set(re.findall(r"^\s+\[ *\d+\] (\w+)$", told, re.MULTILINE))
    spti: Any = FFI()
    spti.cdef(SPTI)
    declared = functions(names["ffi"]) | functions(spti)
    assert {"ring_new", "feeder_run", "pump_new", "spti_submit"} <= declared
    assert declared <= exported
    assert set(re.findall(r"DLL Name: (\S+)", told)) == LIBRARIES


def functions(ffi: Any) -> set[str]:
    """Return the names of the functions that are declared; constants have capitals."""
    return {name for name in dir(ffi.dlopen(None)) if name.islower()}


def test_the_program_is_installed(windows: Wine) -> None:
    done = windows.start(HOME / "python/Scripts/discstack.exe", "--version")
    assert done.status == 0, done.output
    assert done.output.startswith("discstack ")


def test_a_user_installs_it_in_a_python_without_packages_and_burns_in_a_console(
    machine: Wine, wheel: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "first"
    done = session_in(machine, wheel, folder)
    if done.begun < sum(f">{line}" in done.output for line in COMMANDS.splitlines()):  # the last one died at birth
        folder = tmp_path / "second"
        done = session_in(machine, wheel, folder)
    assert "exit code 0" in done.output, done.output
    for words in ("/sub/two words.bin", "read back and right", "DVD+RW", "holds what it should: 2 files"):
        assert words in done.output
    for name in ("readme.txt", "sub/two words.bin"):
        assert (folder / "out" / name).read_bytes() == (folder / "photos" / name).read_bytes()


def session_in(machine: Wine, wheel: Path, folder: Path) -> Result:
    """Let a user install it in a folder, and burn `photos` there to get it back as `out`."""
    python = machine.bare_python(folder)
    install = ["-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-warn-script-location"]
    done = machine.python(*install, "--find-links", WHEELS, wheel)
    assert done.status == 0, done.output
    (folder / "photos/sub").mkdir(parents=True)
    (folder / "photos/readme.txt").write_bytes(b"hello")
    (folder / "photos/sub/two words.bin").write_bytes(bytes(range(256)) * 9000)
    script = folder / "user.bat"
    script.write_text("".join(f"{line}\r\n" for line in SESSION.splitlines()))
    return machine.start("cmd", "/c", "user.bat", cwd=folder)


def test_the_package_passes_its_own_tests(windows: Wine) -> None:
    done = run_tests(windows, "tests", selection=() if COMPLETE else BRIEFLY, timeout=PATIENCE)
    if COMPLETE:
        print(done.output)
    assert done.status == 0, done.output


def test_commands_pass_windows_on_their_way(windows: Wine, drive: Bench) -> None:
    there = drive("dvd-ram")
    done = run_tests(windows, "tests/windows/guest/test_spti.py", environment=there.environment)
    assert done.status == 0, done.output
    assert "skipped" not in done.output


def test_a_folder_is_burnt_and_read_back_through_windows(windows: Wine, drive: Bench, tmp_path: Path) -> None:
    there = drive("dvd+r", file=tmp_path / "disc")
    files = {"readme.txt": b"hello", "sub/Ümläut 報告.bin": bytes(range(256)) * 4000, "sub/empty": b""}
    for name, data in files.items():
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    burn = ["burn", tmp_path / "folder", "-d", r"\\.\CdRom0", "--verify", "full", "--json"]
    done = discstack(windows, *burn, environment=there.environment)
    assert done.status == 0, done.output
    assert json.loads(done.output)["verified"]
    done = discstack(windows, "read", "D:", "-o", tmp_path / "copy.iso", environment=there.environment)
    assert done.status == 0, done.output
    out = tmp_path / "out"
    out.mkdir()
    subprocess.run(["bsdtar", "-xf", tmp_path / "copy.iso", "-C", out], check=True, env={"LC_ALL": "C.UTF-8"})
    assert {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()} == files


def test_a_drive_that_does_not_answer_in_time_is_told(windows: Wine, drive: Bench) -> None:
    there = drive("dvd+r")
    there.no_answer = errno.ETIME
    done = discstack(windows, "info", "D:", environment=there.environment)
    assert done.status not in (0, 99)
    assert "no answer in time" in done.output


def test_drives_are_found_by_the_setup_api(windows: Wine, drive: Bench) -> None:
    there = drive("dvd+r")
    done = discstack(windows, "drives", "--json", environment=there.environment)
    assert done.status == 0, done.output
    (found,) = json.loads(done.output)
    assert found["model"] == "DISCSTAK VIRTUAL BURNER"
    assert found["identifier"].lower() == r"scsi\cdrom&ven_discstak&prod_virtual_burner\4&1&0&010000"
    done = discstack(windows, "info", found["address"], "--json", environment=there.environment)
    assert done.status == 0, done.output
    assert json.loads(done.output)["medium"]["profile"]

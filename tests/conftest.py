"""Settings shared by all tests, trees that file systems have trouble with, and a look at what a folder holds."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import systems
from hypothesis import settings

from discstack.fs.image import Image
from discstack.fs.view import Change, View

from .cable import Bench, build_cable

settings.register_profile("default", deadline=None, max_examples=60, derandomize=True)
settings.register_profile("fuzz", deadline=None, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

Survey = dict[str, dict[str, Any]]
SURVEY = Path(__file__).parent / "kernel/guest/survey.py"
SECOND = 10**9
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0  # owners and devices are root's to make


def pytest_configure(config: pytest.Config) -> None:
    systems.start_programs_with_care()
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(import_module("workers"))
    _let_programs_hear_signals()


def _let_programs_hear_signals() -> None:
    """Let no signal be ignored by the programs that tests start, as it is by what nohup or a shell starts itself.

    Programs inherit what is ignored, but no handler.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    others = (signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
    for number in others:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--briefly", action="store_true", help="of each test with parameters run only the first")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    systems.mark(items)
    if config.getoption("--briefly"):
        items[:] = systems.first_of_each(items)


@pytest.fixture(scope="session")
def cable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is preloaded into other programs, so that they find a virtual drive."""
    if sys.platform != "linux":
        pytest.skip("needs Linux: the cable is preloaded into its programs")
    return build_cable(tmp_path_factory.mktemp("cable") / "cable.so")


@pytest.fixture
def bench(cable: Path, tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Makes virtual drives for other programs."""
    made: list[Bench] = []

    def make(medium: str, **options: Any) -> Bench:
        made.append(Bench(cable, tmp_path, medium, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(scope="session")
def survey() -> Callable[[Path], Survey]:
    """Tells what a folder holds, by path: kinds, sizes, digests, attributes, times, targets of links, devices."""

    def look(folder: Path) -> Survey:
        done = subprocess.run([sys.executable, SURVEY, folder], capture_output=True, check=True, timeout=200)
        found: Survey = json.loads(done.stdout)
        return found

    return look


@pytest.fixture(scope="session")
def as_reported() -> Callable[[Survey, Image, View], Survey]:
    """Gives what a folder holds the names that its image says they have in a view."""

    def rename(entries: Survey, image: Image, view: View) -> Survey:
        names = {
            issue.path.removeprefix("/"): issue.detail
            for issue in image.issues
            if issue.view is view and issue.change is Change.RENAMED
        }

        def path_of(path: str) -> str:
            parts = path.split("/")
            return "/".join(names.get("/".join(parts[: depth + 1]), part) for depth, part in enumerate(parts))

        return {path_of(path): entry for path, entry in entries.items()}

    return rename


@pytest.fixture(scope="session")
def awkward(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Gives a folder with some of the PARTS of an awkward tree, made once."""
    made: dict[tuple[str, ...], Path] = {}

    def folder(*parts: str) -> Path:
        if parts not in made:
            top = made[parts] = tmp_path_factory.mktemp("awkward")
            for part in parts:
                (top / part).mkdir()
                PARTS[part](top / part)
            _settle(top)
        return made[parts]

    return folder


def _names(top: Path) -> None:
    limits = (8, 12, 30, 64, 103, 127, 128, 158, 193, 207, 250)  # of a level, of Joliet, of records without and with CE
    lengths = sorted({1, *limits, *(length + 1 for length in limits), *(length - 1 for length in limits)})
    names = [f"{length:03}".ljust(length, "n")[:length] for length in lengths]
    names += [".hidden", "two..dots", "a.b.c", "sp ace", "back\\slash", "new\nline", "caf\udce9 latin", "-rf", "x+y"]
    names += ["レビュー 報告書.txt", "\N{GRINNING FACE}.txt", "é" * 120, "x-y", "readme", "README", "ReadMe", "data"]
    for name in names:
        (top / name).write_bytes(os.fsencode(name))
    (top / "empty" / ("e" * 200)).mkdir(parents=True)
    for name in ("e" * 129, "f" * 240):
        (top / "empty" / name).touch()
    (top / "DATA").mkdir()


def _odd_names(top: Path) -> None:
    for name in ("end.", "...", "version;1", "star*", "a:b?"):
        (top / name).write_bytes(name.encode())


def _name_of_byte_1(top: Path) -> None:
    (top / "\1").write_bytes(b"no parent")


def _longest_names(top: Path) -> None:
    for length in (252, 253, 254, 255):
        (top / f"{length}".ljust(length, "x")).write_bytes(b"%d" % length)


def _attributes(top: Path) -> None:
    modes = {"plain": 0o640, "program": 0o755, "suid": 0o4755, "shared": 0o2664, "mine": 0o400, "all": 0o666}
    owners = [(0, 0), (1000, 2000), (65535, 65536), (2**32 - 2, 70_000)]
    for number, (name, mode) in enumerate(modes.items()):
        (top / name).write_bytes(b"x" * number)
        if ROOT:
            os.chown(top / name, *owners[number % len(owners)])
        (top / name).chmod(mode)
    (top / "sticky").mkdir()
    (top / "sticky").chmod(0o1777)


def _hard_links(top: Path) -> None:
    (top / "sub").mkdir()
    (top / "sub/alone").write_bytes(b"alone")
    for name, data in {"full": b"data", "empty": b""}.items():
        (top / name).write_bytes(data)
        os.link(top / name, top / f"{name} again")
        os.link(top / name, top / "sub" / name)


def _special_files(top: Path) -> None:
    os.mkfifo(top / "fifo")
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(min(str(top / "socket"), os.path.relpath(top / "socket"), key=len))  # of at most 108 bytes
    devices = {"null": (stat.S_IFCHR, 1, 3), "sda1": (stat.S_IFBLK, 8, 1), "hvc": (stat.S_IFCHR, 229, 255)}
    for name, (kind, major, minor) in devices.items() if ROOT else ():
        os.mknod(top / name, kind | 0o660, os.makedev(major, minor))


def _large_devices(top: Path) -> None:
    for name, major, minor in (("minor", 8, 256), ("both", 300, 70_000)) if ROOT else ():
        os.mknod(top / name, stat.S_IFBLK | 0o600, os.makedev(major, minor))


def _links(top: Path) -> None:
    targets = ["a", "/", "a/b", ".", "..", "./a", "../a", "a/..", "a/../b", "/usr/lib", "x" * 255, "é/" * 250 + "é"]
    for length in (243, 244, 245, 246, 247, 248, 249):
        targets += [f"{'y' * length}{rest}" for rest in ("", "/b", "/..", "/../b", "/bb/c")]
    targets += ["../" * count + "a" for count in (123, 124, 125, 126, 340)]
    targets += [("part/" * 210)[: length - 1] + "z" for length in range(60, 1023, 31)]
    for number, target in enumerate(targets):
        (top / f"{number:03}").symlink_to(target)


def _slashed_links(top: Path) -> None:
    for number, target in enumerate(("//", "//a", "a//b", "a/", "a///", "/" * 300)):
        os.symlink(target, top / str(number))


def _long_links(top: Path) -> None:
    for number, target in enumerate(("a/" * 600 + "b", "q" * 1024, "../" * 1300 + "a", ("directory/" * 400)[:4000])):
        os.symlink(target, top / str(number))


def _times(top: Path) -> None:
    seconds = {"1900": -2_208_988_800, "1969": -60, "1970": 0, "1999": 946_684_799, "2037": 2**31 - 1}
    for name, time in seconds.items():
        (top / name).touch()
        os.utime(top / name, (0, time))


def _late_times(top: Path) -> None:
    for name, time in {"2038": 2**31, "2155": 5_869_583_999}.items():
        (top / name).touch()
        os.utime(top / name, (0, time))


def _far_times(top: Path) -> None:
    for name, time in {"1899": -2_208_988_801, "2200": 7_258_118_400}.items():
        (top / name).touch()
        os.utime(top / name, (0, time))


def _deep(top: Path) -> None:
    for branch in ("a", "b"):
        folder = top.joinpath(branch, *(f"level {level}" for level in range(17)))
        folder.mkdir(parents=True)
        (folder / "bottom").write_text(branch)
        (folder.parents[8] / "aside").write_text(branch)


def _wide(top: Path) -> None:
    for number in range(400):
        (top / f"file number {number:04} of a wide directory.data").write_bytes(b"%d" % number)


PARTS: dict[str, Callable[[Path], None]] = {
    "names": _names,
    "odd names": _odd_names,
    "longest names": _longest_names,
    "name of byte 1": _name_of_byte_1,
    "attributes": _attributes,
    "hard links": _hard_links,
    "special files": _special_files,
    "large devices": _large_devices,
    "links": _links,
    "slashed links": _slashed_links,
    "long links": _long_links,
    "times": _times,
    "late times": _late_times,
    "far times": _far_times,
    "deep": _deep,
    "wide": _wide,
}


def _settle(top: Path) -> None:
    """Give everything a time of its own but what has one, in whole seconds."""
    for number, path in enumerate(sorted(top.rglob("*"), key=repr)):
        if not path.parent.name.endswith("times"):
            os.utime(path, ns=(0, (1_600_000_000 + 61 * number) * SECOND), follow_symlinks=False)
    os.utime(top, (0, 1_600_000_000))

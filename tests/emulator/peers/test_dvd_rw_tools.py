"""growisofs and dvd+rw-format write virtual DVDs and BDs; genisoimage reads the first session for the second."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from discstack.mmc.identify import identify
from discstack.mmc.medium import DiscState, MediumStatus
from discstack.mmc.procedure import run

BLOCK_DEVICE = "/dev/sr9"
GROWISOFS = ("growisofs", "-use-the-force-luke=tty,notray", "-quiet", "-R")

Burner = Callable[..., Any]


@pytest.fixture
def burner(bench: Any, tmp_path: Path) -> Burner:
    """Makes a drive with a blank disc in a file, and the two folders that are burnt."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.txt").write_text(f"{name}\n" * 30_000)

    def make(medium: str, **options: Any) -> Any:
        return bench(medium, device=BLOCK_DEVICE, file=tmp_path / "disc", **options)

    return make


def reformat(bench: Any, *options: str) -> None:
    """Let dvd+rw-format work, whose exit status never tells that something failed."""
    said = bench.run("dvd+rw-format", *options, BLOCK_DEVICE)
    assert not re.search(r":-[\[(]", said), said


def status(bench: Any) -> MediumStatus:
    return run(identify(), bench.drive)


def files(disc: Path, session: int = 0) -> dict[str, str]:
    """What isoinfo finds in the session that starts there: text by name."""
    look = ("isoinfo", "-R", "-T", str(session), "-i", str(disc))
    names = subprocess.run([*look, "-f"], capture_output=True, check=True, text=True).stdout.split()
    return {
        name.lstrip("/"): subprocess.run([*look, "-x", name], capture_output=True, check=True, text=True).stdout
        for name in names
    }


def text(*names: str) -> dict[str, str]:
    return {f"{name}.txt": f"{name}\n" * 30_000 for name in names}


@pytest.mark.parametrize("medium", ["dvd+r", "dvd-r"])
def test_a_second_session_shows_the_files_of_both(burner: Burner, tmp_path: Path, medium: str) -> None:
    there = burner(medium)
    there.run(*GROWISOFS, "-Z", BLOCK_DEVICE, "first")
    assert (status(there).state, status(there).sessions) == (DiscState.APPENDABLE, 1)
    there.run(*GROWISOFS, "-M", BLOCK_DEVICE, "second")
    now = status(there)
    assert (now.state, now.sessions, now.open_session) == (DiscState.APPENDABLE, 2, False)
    start = now.tracks[-1].start
    assert files(tmp_path / "disc") == text("first")
    assert files(tmp_path / "disc", start) == text("first", "second")


@pytest.mark.parametrize(("medium", "first"), [("dvd+rw", DiscState.OVERWRITABLE), ("bd-r", DiscState.OVERWRITABLE)])
def test_what_can_be_written_over_grows_in_place(burner: Burner, tmp_path: Path, medium: str, first: DiscState) -> None:
    there = burner(medium)
    there.run(*GROWISOFS, "-Z", BLOCK_DEVICE, "first")
    assert status(there).state is first
    there.run(*GROWISOFS, "-M", BLOCK_DEVICE, "second")
    assert files(tmp_path / "disc") == text("first", "second")


def test_a_blu_ray_disc_without_spares_gets_its_sessions(burner: Burner, tmp_path: Path) -> None:
    there = burner("bd-r")
    plain = ("growisofs", "-use-the-force-luke=tty,notray,spare:none", "-quiet", "-R")
    there.run(*plain, "-Z", BLOCK_DEVICE, "first")
    there.run(*plain, "-M", BLOCK_DEVICE, "second")
    now = status(there)
    assert (now.state, now.sessions) == (DiscState.APPENDABLE, 2)
    assert files(tmp_path / "disc", now.tracks[-1].start) == text("first", "second")


def test_a_disc_is_written_at_once_and_closed(burner: Burner, tmp_path: Path) -> None:
    there = burner("dvd-r")
    there.run("genisoimage", "-quiet", "-R", "-o", "image", "first")
    at_once = ("growisofs", "-use-the-force-luke=tty,notray,dao", "-dvd-compat")
    there.run(*at_once, "-Z", f"{BLOCK_DEVICE}={tmp_path}/image")
    assert status(there).state is DiscState.FINALIZED
    assert files(tmp_path / "disc") == text("first")


def test_the_background_format_ends_with_a_lead_out_that_can_be_moved(burner: Burner, tmp_path: Path) -> None:
    there = burner("dvd+rw")
    reformat(there)
    there.run(*GROWISOFS, "-Z", BLOCK_DEVICE, "first")
    reformat(there, "-lead-out")
    assert status(there).state is DiscState.OVERWRITABLE
    assert files(tmp_path / "disc") == text("first")


def test_a_rewritable_disc_is_formatted_blanked_and_written_again(burner: Burner, tmp_path: Path) -> None:
    there = burner("dvd-rw")
    reformat(there, "-force")
    assert status(there).state is DiscState.INTERMEDIATE
    there.run(*GROWISOFS, "-Z", BLOCK_DEVICE, "first")
    assert files(tmp_path / "disc") == text("first")
    reformat(there, "-blank=full")
    assert status(there).state is DiscState.BLANK
    there.run(*GROWISOFS, "-Z", BLOCK_DEVICE, "second")
    assert files(tmp_path / "disc") == text("second")

"""The Python of README and docs runs as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import discstack
from discstack.cli import main
from discstack.emulator.burner import VirtualBurners

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLE = re.compile(r"```python\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
LONG_WRITE_IN_PROGRESS = (2, 4, 8)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the examples speak of."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/beach.jpg").write_bytes(os.urandom(70_000))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def examples(page: str) -> list[str]:
    return EXAMPLE.findall((ROOT / page).read_text(encoding="utf-8"))


def run(example: str, **names: Any) -> dict[str, Any]:
    names |= {"__name__": "example"}
    exec(compile(example, "example", "exec"), names)
    return names


def burn(image: bytes, send: Callable[..., Any]) -> None:
    """Somebody's burner: WRITE (10) in pieces of 16 blocks, again as long as the drive is busy, then a flush."""
    assert send(bytes(6)).status, "TEST UNIT READY tells first that the drive was switched on"
    for at in range(0, len(image) // 2048, 16):
        data = image[at * 2048 :][: 16 * 2048]
        cdb = b"\x2a\0" + at.to_bytes(4, "big") + b"\0" + (len(data) // 2048).to_bytes(2, "big") + b"\0"
        while (reply := send(cdb, data=data)).status:
            assert (reply.sense[2] & 15, reply.sense[12], reply.sense[13]) == LONG_WRITE_IN_PROGRESS
    assert not send(b"\x35" + bytes(9)).status


def test_no_page_with_python_is_forgotten() -> None:
    with_python = {str(page.relative_to(ROOT)) for page in PAGES if EXAMPLE.search(page.read_text(encoding="utf-8"))}
    assert {name.replace(os.sep, "/") for name in with_python} == {
        "README.md",
        "docs/design.md",
        "docs/attaching.md",
        "docs/low-level.md",
        "docs/virtual-burner.md",
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        there = page.parent / target if target else page
        assert there.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize(("page", "disc"), [("README.md", "holiday.img"), ("docs/design.md", "disc.img")])
def test_the_first_script_burns_the_photos(page: str, disc: str, folder: Path) -> None:
    """On a disc of its own: that of the commands before it holds data by then."""
    (example,) = examples(page)
    assert f"file={disc}" not in (ROOT / page).read_text(encoding="utf-8").replace(example, "")
    run(example)
    with discstack.open(f"virtual:dvd+r?file={disc}") as recorder:
        photo = discstack.read_volume(recorder).root.find("beach.jpg")
        assert isinstance(photo, discstack.File)
        with photo.open() as stream:
            assert stream.read() == (folder / "photos/beach.jpg").read_bytes()


def test_the_first_commands_run_one_after_the_other(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Those for a virtual drive, with two folders that are there."""
    (folder / "more").mkdir()
    (folder / "more/hill.jpg").write_bytes(os.urandom(50_000))
    lines = re.findall(
        r"^(discstack .*virtual:.*?)  +#", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(lines) == 5
    for line in lines:
        with pytest.raises(SystemExit) as ended:
            main(shlex.split(line)[1:])
        assert not ended.value.code, capfd.readouterr().err
    assert "/beach.jpg\n/hill.jpg\n" in capfd.readouterr().out
    for name in ("photos/beach.jpg", "more/hill.jpg"):
        assert (folder / "copy" / Path(name).name).read_bytes() == (folder / name).read_bytes()


def test_the_fixture_for_burners_is_used_as_told(virtual_burner: VirtualBurners) -> None:
    (example,) = examples("docs/virtual-burner.md")
    names = run(example, image=os.urandom(64 * 2048), my_program=SimpleNamespace(burn=burn))
    names["test_my_burner_survives_a_full_buffer"](virtual_burner)


def test_the_layers_below_are_used_as_told() -> None:
    """In a process of its own, since a command that is declared there is known from then on."""
    program = "\n".join(examples("docs/low-level.md"))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert "6/29/00 POWER ON" in done.stdout
    assert "BD-RE, unformatted" in done.stdout
    assert "0 4096 blocks in 128 commands" in done.stdout
    assert "VENDOR COUNTERS lba=0x10 allocation_length=0x40 <- 64 bytes: CHECK CONDITION" in done.stdout


def test_an_attached_drive_is_used_as_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what attaches played: the real one takes a kernel, and is tried with the burners themselves."""
    asked, started = [], []

    @contextmanager
    def attach(address: str) -> Iterator[SimpleNamespace]:
        asked.append(address)
        yield SimpleNamespace(block="/dev/sr9")

    monkeypatch.setattr(discstack, "attach", attach)
    monkeypatch.setattr(subprocess, "run", lambda words, **_: started.append(words))
    (example,) = examples("docs/attaching.md")
    run(example, discstack=discstack, subprocess=subprocess)
    assert asked == ["virtual:dvd+r?file=disc.img"]
    assert started == [["growisofs", "-Z", "/dev/sr9", "-R", "-J", "photos"]]

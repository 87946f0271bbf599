"""docs/from-other-tools.md writes other programs' command lines in ours; here ours run, on the media that it names."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

import discstack as ds

from .test_earlier_boot import fat

PAGE = Path(__file__).parents[2] / "docs/from-other-tools.md"
DRIVE: Final = "/dev/sr0"
MODULES: Final = Path("/usr/lib/grub/i386-pc")
SMALL: Final = 30_080  # blocks of a disc
PYTHON: Final = "pycdlib"
NOTHING: Final = "\N{EN DASH}"
UNREACHABLE: Final = 3
# what a disc went through before a line is tried: command lines, of which the drive is the disc's
STATES: Final[dict[str, tuple[str, ...]]] = {
    "": (),
    "one session": ("burn photos --manifest sums.sha256 -d /dev/sr0",),
    "two sessions": ("burn photos -d /dev/sr0", "burn --append more -d /dev/sr0"),
    "album": ("audio album.cue -d /dev/sr0",),
    "that image": ("burn image.iso -d /dev/sr0",),
    "left broken": ("burn photos -d /dev/sr0&fault=power-cut:2",),
}
OF_THIS_MACHINE: Final = {"discstack drives", "discstack doctor"}  # and what they say depends on it

Discstack = Callable[..., Any]


def rows(python: bool) -> Iterator[list[str]]:
    """Yield the cells of the tables' rows, of those about pycdlib or of the others."""
    before, title, behind = PAGE.read_text(encoding="utf-8").partition(f"\n## {PYTHON}\n")
    assert title
    for line in (behind if python else before).splitlines():
        if line.startswith("| ") and not line.startswith(("| theirs", f"| {PYTHON}")):
            yield [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line[1:-1])]


def lines() -> list[tuple[str, str]]:
    """Return our command lines, each with what the disc is."""
    return [(ours.strip("`"), medium) for _, ours, medium, _ in rows(python=False) if ours != NOTHING]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the lines speak of."""
    folder = tmp_path_factory.mktemp("bench")
    for name in ("photos", "photos/sub", "more", "tree"):
        (folder / name).mkdir()
    for name, length in (("photos/beach.jpg", 70_000), ("photos/sub/run.sh", 20), ("more/new.txt", 3000)):
        (folder / name).write_bytes(bytes(range(256)) * (length // 256) + b"!")
    (folder / "photos/skip.raw").write_bytes(b"raw")
    for place in (folder, folder / "tree"):
        (place / "isolinux.bin").write_bytes(b"\xeb\xfe" + bytes(4094))
        (place / "efi.img").write_bytes(fat(64))
    (folder / "mbr.bin").write_bytes(b"\xeb\xfe")
    (folder / "list").write_text("*.bak\n")
    (folder / "weights").write_text("*.jpg 10\n")
    for name, seconds in (("one.wav", 5), ("two.wav", 6)):
        with wave.open(str(folder / name), "wb") as sound:
            sound.setparams((2, 2, 44_100, 0, "NONE", ""))
            sound.writeframes(bytes(range(252)) * (seconds * 700))
    (folder / "album.cue").write_text(
        'TITLE "Album"\nFILE "one.wav" WAVE\n  TRACK 01 AUDIO\n    TITLE "One"\n    INDEX 01 00:00:00\n'
        'FILE "two.wav" WAVE\n  TRACK 02 AUDIO\n    INDEX 00 00:00:00\n    INDEX 01 00:02:00\n'
    )
    (folder / "data.bin").write_bytes(bytes(range(256)) * 8 * 400)
    (folder / "mixed.cue").write_text(
        'FILE "data.bin" BINARY\n  TRACK 01 MODE1/2048\n    INDEX 01 00:00:00\n'
        'FILE "one.wav" WAVE\n  TRACK 02 AUDIO\n    PREGAP 00:02:00\n    INDEX 01 00:00:00\n'
    )
    image = ds.FileSystemImage(volume_id="BEFORE")
    image.root.add_tree(folder / "photos")
    image.create_result().write_to(folder / "image.iso")
    return folder


@pytest.fixture
def files(bench: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(bench, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_has_much() -> None:
    assert len(lines()) > 70
    assert len(list(rows(python=True))) > 15


@pytest.mark.parametrize(("line", "medium"), lines())
def test_a_line_does_what_it_says(discstack: Discstack, files: Path, line: str, medium: str) -> None:
    kind, _, state = medium.partition(", ")
    drive = f"virtual:{kind}?file=disc.img&capacity={SMALL}"
    assert bool(kind) == (DRIVE in line)
    for before in STATES[state]:
        ended = discstack(*(word.replace(DRIVE, drive) for word in shlex.split(before)))
        assert ended.code == (UNREACHABLE if "fault=" in before else 0), ended.err
    words = [word.replace(DRIVE, drive) for word in shlex.split(line)[1:]]
    if words[-1] == "-":
        piped = subprocess.run([sys.executable, "-m", "discstack", *words], capture_output=True, check=True)
        assert piped.stdout[32_769:32_774] == b"CD001"
    else:
        done = discstack(*words)
        assert line in OF_THIS_MACHINE or done.code == 0, done.err


def test_grub_mkrescue_makes_its_image_by_the_program_of_the_page(files: Path) -> None:
    if not (shutil.which("grub-mkrescue") and MODULES.exists()):
        pytest.skip("GRUB for a BIOS is not installed")
    (script,) = re.findall(r"```\n(#!/bin/bash\n.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    program = files / "program"
    program.write_text(script.replace("exec discstack", f"exec {sys.executable} -m discstack"))
    program.chmod(0o755)
    few = [f"--{what}=" for what in ("locales", "themes", "fonts")] + ["--install-modules=biosdisk iso9660"]
    words = ["grub-mkrescue", f"--xorriso={program}", "-d", str(MODULES), *few, "-o", "new.iso", "tree"]
    subprocess.run([*words, "-volid", "RESCUE", "-hfsplus"], check=True, capture_output=True, timeout=200)
    command = ["xorriso", "-indev", "new.iso", "-report_el_torito", "plain", "-report_system_area", "plain"]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "boot-info-table grub2-boot-info" in report
    assert "grub2-mbr" in report
    volume = ds.read_volume("new.iso")
    assert volume.volume_id == "RESCUE"
    assert "boot/grub/i386-pc/eltorito.img" in volume.root


def words_of_mkisofs() -> list[tuple[str, str]]:
    """Return the lines of mkisofs that make a whole image, but for a word that genisoimage lacks, each with ours."""
    pairs = [(theirs.strip("`"), ours.strip("`")) for theirs, ours, _, _ in rows(python=False)]
    whole = [pair for pair in pairs if pair[0].startswith("mkisofs ") and "-o new.iso" in pair[0]]
    return [pair for pair in whole if "-duplicates-once" not in pair[0]]


@pytest.mark.parametrize(("theirs", "ours"), words_of_mkisofs())
def test_mkisofs_makes_the_same_tree_of_its_line(discstack: Discstack, files: Path, theirs: str, ours: str) -> None:
    subprocess.run(["genisoimage", "-quiet", *shlex.split(theirs)[1:]], check=True, capture_output=True)
    (files / "new.iso").rename(files / "theirs.iso")
    assert discstack(*shlex.split(ours)[1:]).code == 0
    view = next(view for view in ds.read_volume("new.iso").views if view in ds.read_volume("theirs.iso").views)
    found = []
    for image in ("theirs.iso", "new.iso"):
        nodes = ds.read_volume(image, view=view).root.walk()
        found.append({node.path: node.size if isinstance(node, ds.File) else None for node in nodes})
    assert found[0] == found[1]
    assert len(found[0]) > 1


def test_pycdlib_s_calls_have_ours(files: Path) -> None:
    """One after the other, as they stand."""
    names: dict[str, Any] = {"discstack": ds, "io": io, "data": os.urandom(5000)}
    for _, ours, _ in rows(python=True):
        if ours != NOTHING:
            exec(ours.strip("`"), names)
    assert "/beach.jpg" in names["names"]
    assert (files / "out/beach.jpg").read_bytes() == (files / "photos/beach.jpg").read_bytes()
    assert (files / "new.iso").stat().st_size > 0

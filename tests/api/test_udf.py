"""UDF from the command line: onto images and discs, seen by udfinfo."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from discstack import DataWriter, FileSystemImage, UnsupportedMedium, View
from discstack import open as discstack_open

Discstack = Callable[..., Any]
SEQUENTIAL = ("cd-r", "dvd+r", "bd-r")
ANCHOR_IN_PARTITION = "udfinfo: Warning: Partition Space overlaps with other blocks\n"


def udfinfo(path: Path, *, vat: bool = False, behind: int = 0) -> dict[str, str]:
    done = subprocess.run(["udfinfo", path], capture_output=True, text=True, check=True)
    last = path.stat().st_size // 2048 - 1
    note = f"udfinfo: Note: Found Virtual Allocation Table at block {last - behind} (expected at block {last})\n"
    assert done.stderr == (note if behind else ANCHOR_IN_PARTITION if vat else "")
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if not line.startswith("start"))


def is_bridge(path: Path) -> bool:
    return path.read_bytes()[0x8001:0x8006] == b"CD001"


@pytest.mark.parametrize(
    ("words", "revision", "bridge"),
    [
        ((), "1.02", True),
        (("--udf",), "1.02", True),
        (("-udf",), "1.02", True),
        (("--udf=2.50",), "2.50", True),
        (("--udf-revision", "2.01"), "2.01", True),
        (("--udf-only", "--udf=1.50"), "1.50", False),
        (("--udf-only",), "1.02", False),
    ],
)
def test_words_choose_revision_and_views(
    discstack: Discstack, folder: Path, tmp_path: Path, words: tuple[str, ...], revision: str, bridge: bool
) -> None:
    made = discstack("image", "folder", "-o", "out.iso", *words)
    assert made.code == 0, made.err
    assert udfinfo(tmp_path / "out.iso")["udfrev"] == revision
    assert is_bridge(tmp_path / "out.iso") == bridge


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (("--udf=2.5",), 2, "'2.5' is no revision of UDF; there are 1.02, 1.50, 2.00, 2.01, 2.50, 2.60"),
        (("--udf=2.40",), 2, "'2.40' is no revision of UDF; there are"),
        (("--udf-only", "-J"), 2, "--udf-only leaves no ISO 9660 for Joliet or Rock Ridge"),
        (("--udf-vat",), 7, "UDF 1.02 has no virtual allocation table"),
    ],
)
def test_words_that_make_no_sense_are_refused(
    discstack: Discstack, folder: Path, tmp_path: Path, words: tuple[str, ...], code: int, complaint: str
) -> None:
    refused = discstack("image", "folder", "-o", "out.iso", *words)
    assert refused.code == code
    assert complaint in refused.err
    assert not (tmp_path / "out.iso").exists()


@pytest.mark.parametrize("medium", SEQUENTIAL)
def test_table_is_the_last_that_is_recorded(discstack: Discstack, folder: Path, tmp_path: Path, medium: str) -> None:
    words = ("--udf-only", "--udf=2.01", "--udf-vat")
    burnt = discstack("burn", "folder", "-d", f"virtual:{medium}?file=disc.img", "--json", *words)
    assert burnt.code == 0, burnt.err
    # behind a track of a CD the drive records two blocks by itself, which readers know
    assert udfinfo(tmp_path / "disc.img", vat=True, behind=2 * (medium == "cd-r"))["integrity"] == "closed"


def test_image_file_with_a_table_is_burnt_so_too(discstack: Discstack, folder: Path, tmp_path: Path) -> None:
    made = discstack("image", "folder", "-o", "out.udf", "--udf=1.50", "--udf-vat")
    assert made.code == 0, made.err
    burnt = discstack("burn", "out.udf", "-d", "virtual:cd-r?file=disc.img")
    assert burnt.code == 0, burnt.err
    assert udfinfo(tmp_path / "disc.img", vat=True, behind=2)["integrity"] == "closed"


def test_image_with_a_table_must_be_as_long_as_some_write_units(tmp_path: Path) -> None:
    image = FileSystemImage(views=frozenset({View.UDF}), udf_revision=0x0201, udf_vat=True)
    if image.create_result().sectors % 32 == 0:
        image.options = replace(image.options, padding=1)
    with discstack_open(f"virtual:bd-r?file={tmp_path}/disc.img") as recorder:
        with pytest.raises(UnsupportedMedium, match="must end where the recording ends, but BD-R is written in units"):
            DataWriter(recorder).write(image.create_result())
        image.choose_defaults(recorder)
        DataWriter(recorder).write(image.create_result())
    assert udfinfo(tmp_path / "disc.img", vat=True)["integrity"] == "closed"


def test_table_is_refused_for_media_that_can_be_overwritten(discstack: Discstack, folder: Path) -> None:
    words = ("--udf=2.01", "--udf-vat")
    refused = discstack("burn", "folder", "-d", "virtual:dvd+rw?file=disc.img", *words)
    assert refused.code == 5
    assert "DVD+RW is not written sequentially" in refused.err

"""The words about ISO 9660, Rock Ridge and Joliet, seen by isoinfo."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ALL = {"Rock Ridge", "Joliet", "UDF"}


@pytest.fixture
def described(discstack: Callable[..., Any], folder: Path) -> Callable[..., tuple[str, set[str]]]:
    """Builds an image with some words and gives isoinfo's description and what is in the image beside ISO 9660."""
    (folder / "COPYING").write_text("all rights\n")
    (folder / "private").write_text("mine\n")
    (folder / "private").chmod(0o600)

    def describe(*words: str) -> tuple[str, set[str]]:
        image = folder.parent / "x.iso"
        outcome = discstack("image", "folder", "-o", "x.iso", *words)
        assert outcome.code == 0, outcome
        run = subprocess.run(["isoinfo", "-d", "-i", image], capture_output=True, check=True, text=True)
        signs = {"Rock Ridge": "Rock Ridge signatures", "Joliet": "Joliet with UCS level"}
        found = {name for name, sign in signs.items() if sign in run.stdout}
        return run.stdout, found | ({"UDF"} if b"NSR02" in image.read_bytes()[: 1 << 17] else set())

    return describe


@pytest.mark.parametrize(
    ("words", "views"),
    [
        ("", ALL),
        ("-R", {"Rock Ridge"}),
        ("-r", {"Rock Ridge"}),
        ("-J", {"Joliet"}),
        ("--udf", {"UDF"}),
        ("-R -J", {"Rock Ridge", "Joliet"}),
        ("-rational-rock --joliet --udf", ALL),
        ("--rrip110", ALL),
        ("-R -joliet-long", {"Rock Ridge", "Joliet"}),
        ("-joliet-long", ALL),
        ("-J -D", {"Joliet"}),
        *((f"{word} 0", ALL) for word in ("-uid", "-gid", "-file-mode", "-dir-mode")),
        ("-J -uid 0", {"Rock Ridge", "Joliet"}),
        ("--udf -file-mode 0644", {"Rock Ridge", "UDF"}),
        ("-r -uid 5", {"Rock Ridge"}),
    ],
)
def test_naming_a_view_leaves_the_others_out(
    words: str, views: set[str], described: Callable[..., tuple[str, set[str]]]
) -> None:
    assert described(*words.split())[1] == views


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("-J --rrip110", "--rrip110 is about Rock Ridge"),
        ("-J -long-rr-time", "--long-rr-time is about Rock Ridge"),
        ("-J --deep-relocation", "--deep-relocation is about Rock Ridge"),
        ("-R -ucs-level 1", "--ucs-level is about Joliet"),
        ("-R --udf-revision 2.50", "--udf-revision is about UDF"),
        ("-R --udf-specials", "--udf-specials is about UDF"),
        ("-J --udf-permissions", "--udf-permissions is about UDF"),
        ("--udf-only --iso-level 3", "--iso-level is about ISO 9660"),
        ("--udf-only -joliet-long", "--joliet-long is about Joliet"),
        ("--udf-only -publisher me", "--publisher is about ISO 9660"),
        ("--udf-only -copyright COPYING", "--copyright-file is about ISO 9660"),
        ("--udf-only -volset-size 2", "--volume-set-size is about ISO 9660"),
        *(
            (f"--udf-only {word} {value}", f"-{word} is about Rock Ridge")
            for word in ("-uid", "-gid", "-file-mode", "-dir-mode")
            for value in ("0", "5")
        ),
        ("--udf-only --modification-date 2026010203040506", "--modification-date is about ISO 9660"),
        ("--udf-only -T", "-translation-table is about ISO 9660"),
    ],
)
def test_what_is_said_about_a_view_that_is_left_out_is_refused(
    words: str, complaint: str, discstack: Callable[..., Any], folder: Path
) -> None:
    refused = discstack("image", "folder", "-o", "x.iso", *words.split())
    assert refused.code == 2
    assert f"{complaint}, which this image would not have" in refused.err
    assert ("name that too" in refused.err) is ("--udf-only" not in words)
    assert not (folder.parent / "x.iso").exists()


@pytest.mark.linux("a time of changed attributes")
def test_times_are_recorded_as_far_and_as_finely_as_is_said(discstack: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.utime(tmp_path / "file", ns=(7_250_000_000, 5_500_000_000))
    stamps = {}
    for words in ("", "--all-times", "--long-rr-time", "--long-rr-time --all-times"):
        assert discstack("image", "file", "-R", "-o", "x.iso", *words.split()).code == 0
        image = (tmp_path / "x.iso").read_bytes()
        entry = image[image.rindex(b"TF", 0, image.index(b"NM\x09\x01\0file")) :]
        stamps[words] = entry[4], entry[5 : entry[2]][: 34 if entry[4] & 0x80 else 14]
    modified, accessed = (bytes((70, 1, 1, 0, 0, second, 0)) for second in (5, 7))
    assert stamps[""] == (0x02, modified)
    assert stamps["--all-times"] == (0x0E, modified + accessed)
    modified, accessed = b"1970010100000550\0", b"1970010100000725\0"
    assert stamps["--long-rr-time"] == (0x82, modified)
    assert stamps["--long-rr-time --all-times"] == (0x8E, modified + accessed)


def test_identifiers_are_recorded(described: Callable[..., tuple[str, set[str]]]) -> None:
    words = "-V VOL -sysid SYS -volset SET -P PUB -p PREP -A APP -copyright COPYING -volset-size 2 -volset-seqno 2"
    text, _ = described(*words.split())
    fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    wanted = {"Volume id": "VOL", "System id": "SYS", "Volume set id": "SET", "Publisher id": "PUB"}
    wanted |= {"Data preparer id": "PREP", "Application id": "APP", "Copyright File id": "COPYING.;1"}
    wanted |= {"Volume set size is": "2", "Volume set sequence number is": "2"}
    assert fields.items() >= wanted.items()


@pytest.mark.parametrize(
    ("words", "mode"),
    [("-R", "-rw-------"), ("-r", "-r--r--r--"), ("-r --iso-level 1 --deep-relocation", "-r--r--r--")],
)
def test_attributes_are_exact_or_rationalized(
    words: str, mode: str, described: Callable[..., tuple[str, set[str]]], folder: Path
) -> None:
    described(*words.split())
    listed = subprocess.run(["isoinfo", "-R", "-l", "-i", folder.parent / "x.iso"], capture_output=True, check=True)
    (line,) = (line for line in listed.stdout.splitlines() if line.rstrip().endswith(b" private"))
    assert line.startswith(mode.encode())


@pytest.mark.linux("symbolic links")
def test_links_that_rock_ridge_alone_has_are_counted_and_not_listed(
    discstack: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "plain").mkdir()
    for number in range(30):
        (tmp_path / f"plain/link {number:02}").symlink_to("target")
    said = discstack("image", "plain", "-o", "x.iso").err.splitlines()
    assert said[0] == "note: links and special files that Joliet and UDF lack: 30, such as /link 00"
    assert len(said) == 2
    said = discstack("image", "plain", "-o", "x.iso", "--udf-specials").err.splitlines()
    assert said[0] == "note: links and special files that Joliet lacks: 30, such as /link 00"
    said = discstack("image", "plain", "-o", "x.iso", "-J").err.splitlines()
    assert said[0] == "note: /link 00: skipped in ISO 9660: a symbolic link, which this view cannot hold"
    assert "note: and 40 more (discstack image --json lists all)" in said


@pytest.mark.parametrize("name", ["cidata", "config-2", "Some-9-dvd x86_64"])
def test_a_volume_is_named_as_mkisofs_names_it_also_when_something_is_added(
    discstack: Callable[..., Any], tmp_path: Path, name: str
) -> None:
    (tmp_path / "file").write_text("text")
    subprocess.run(["genisoimage", "-quiet", "-R", "-V", name, "-o", "theirs.iso", "file"], cwd=tmp_path, check=True)
    assert discstack("image", "-R", "-V", name, "-o", "ours.iso", "file").err.count("volume id") == 0
    assert discstack("image", "-M", "theirs.iso", "-o", "grown.iso", "file").code == 0
    named = [(tmp_path / image).read_bytes()[32808:32840] for image in ("theirs.iso", "ours.iso", "grown.iso")]
    assert named == [name.encode().ljust(32)] * 3

"""What Windows cannot have is left out by name, and never lands somewhere else."""

from __future__ import annotations

import ntpath
from pathlib import Path

import pytest

from discstack.fs import extraction
from discstack.fs.extraction import extract_tree
from discstack.fs.tree import Directory
from discstack.fs.windows_names import extended, literal, why_refused

LONG = "folder\\" * 40


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (f"C:\\{LONG}x", f"\\\\?\\C:\\{LONG}x"),
        (f"C:/{LONG}..\\./x", f"\\\\?\\C:\\{LONG.removesuffix('folder' + chr(92))}x"),
        (f"\\\\server\\share\\{LONG}x", f"\\\\?\\UNC\\server\\share\\{LONG}x"),
        (f"\\\\?\\C:\\{LONG}x", f"\\\\?\\C:\\{LONG}x"),
        ("C:\\short", "C:\\short"),
        ("\\\\.\\CdRom0", "\\\\.\\CdRom0"),
    ],
)
def test_long_paths_have_the_form_that_windows_takes_at_any_length(path: str, form: str) -> None:
    assert extended(path) == form


def test_a_short_path_is_a_long_one_in_a_deep_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    where = f"C:\\{LONG}here"
    monkeypatch.setattr(ntpath, "abspath", lambda path: ntpath.normpath(ntpath.join(where, path)))
    assert extended("x.iso") == f"\\\\?\\{where}\\x.iso"
    assert extended("C:..\\x.iso") == f"\\\\?\\C:\\{LONG}x.iso"  # of the folder that drive C: is in


@pytest.mark.parametrize(
    "path", ["aux", "C:con", "C:\\x\\nul.iso", "x/Com1", "lpt9 .txt", "NUL:", "nul.", "C:/prn.a.b", "nul.txt:stream"]
)
def test_what_is_written_to_a_device_would_be_lost(path: str) -> None:
    with pytest.raises(OSError, match="the name of a device") as caught:
        extended(path)
    assert caught.value.filename == path


@pytest.mark.parametrize(
    "path", ["NUL", "nul", "\\\\.\\NUL", "\\\\?\\C:\\aux", "C:\\aux\\x", "null", "C:x", "end.", "x.iso:stream", "-", ""]
)
def test_other_paths_are_what_their_user_means(path: str) -> None:
    assert extended(path) == path


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("C:\\x\\end.", "\\\\?\\C:\\x\\end."),
        ("C:\\x \\y", "\\\\?\\C:\\x \\y"),
        ("C:\\aux", "\\\\?\\C:\\aux"),
        ("C:\\x\\nul.txt", "\\\\?\\C:\\x\\nul.txt"),
        ("\\\\server\\share\\end.", "\\\\?\\UNC\\server\\share\\end."),
        (f"C:\\{LONG}x", f"\\\\?\\C:\\{LONG}x"),
        ("C:\\x\\a.b", "C:\\x\\a.b"),
        ("C:\\", "C:\\"),
        ("\\\\?\\C:\\x.", "\\\\?\\C:\\x."),
        ("\\\\.\\nul", "\\\\.\\nul"),
    ],
)
def test_what_a_folder_lists_keeps_its_name(path: str, form: str) -> None:
    assert literal(path) == form


def test_links_that_windows_lets_nobody_make_are_left_out_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Directory()
    root.create_file("file", b"data")
    root.create_symlink("link", b"file")
    root.create_directory("folder", mtime_ns=5 * 10**9)

    def refuse(*_: object, **__: object) -> None:
        error = OSError("A required privilege is not held by the client")
        error.winerror = 1314  # type: ignore[attr-defined]
        raise error

    monkeypatch.setattr(Path, "symlink_to", refuse)
    done = extract_tree(root, tmp_path)
    assert [(left.path, left.reason) for left in done.skipped] == [
        ("/link", "Windows lets you make no links; it leads to file")
    ]
    assert (tmp_path / "folder").stat().st_mtime_ns == 5 * 10**9


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("stream:data", "':'"),
        ("C:evil", "':'"),
        ("..\\..\\evil", r"'\\'"),
        ("what?", "'?'"),
        ("new\nline", r"'\n'"),
        ("end.", "a dot or a space"),
        ("end ", "a dot or a space"),
        ("NUL", "a device"),
        ("nul.txt", "a device"),
        ("Com1", "a device"),
        ("LPT\N{SUPERSCRIPT TWO}.x", "a device"),
        ("con .tar.gz", "a device"),
        ("conout$", "a device"),
    ],
)
def test_what_windows_takes_for_something_else_is_refused(name: str, why: str) -> None:
    reason = why_refused(name, set())
    assert reason is not None
    assert why in reason


@pytest.mark.parametrize("name", ["a", ".hidden", "NULL", "com", "COM10", "a.con", "console", "x" * 255, "Ü", "a.b.c"])
def test_what_windows_can_have_is_taken(name: str) -> None:
    assert why_refused(name, set()) is None


def test_names_that_differ_in_case_alone_are_one_for_windows() -> None:
    taken = set[str]()
    assert why_refused("Readme", taken) is None
    assert why_refused("README", taken) == "for Windows that is the same name as another one in its folder"
    assert why_refused("readme", set()) is None
    taken = set()
    assert [why_refused(name, taken) for name in ("Straße", "STRASSE", "\U00010428", "\U00010400")] == [None] * 4
    assert why_refused("STRAßE", taken) is not None


def test_what_cannot_be_had_is_left_out_by_name_with_all_below_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extraction, "refused_here", why_refused)
    root = Directory()
    root.create_directory("DATA").create_file("kept", b"1")
    root.create_directory("data").create_file("lost", b"2")
    root.create_directory("aux").create_file("lost", b"3")
    root.create_file("NUL", b"4")
    root.create_file("..\\evil", b"5")
    done = extract_tree(root, tmp_path / "out")
    assert sorted(skipped.path for skipped in done.skipped) == ["/..\\evil", "/NUL", "/aux", "/data"]
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["kept"]
    alone = extract_tree(root["NUL"], tmp_path / "alone")
    assert (alone.files, [skipped.path for skipped in alone.skipped]) == (0, ["/NUL"])

"""What was read back against a manifest and against its sources: everything that differs is named, and nothing else."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from discstack.fs.attributes import Device, Kind
from discstack.fs.bridge import build_image
from discstack.fs.comparison import Difference, Mismatch, compare_with_manifest, compare_with_tree
from discstack.fs.errors import LayoutError, SourceError
from discstack.fs.manifest import manifest_line, parse_manifest
from discstack.fs.options import ImageOptions
from discstack.fs.reading.volume import read_volume
from discstack.fs.tree import Directory
from discstack.image_file import ImageFile

LONG = bytes(range(251)) * 9000  # more than two pieces


def a_tree(**contents: bytes) -> Directory:
    root = Directory()
    for name, data in ({"long": LONG, "short": b"short", "empty": b""} | contents).items():
        root.create_file(name, data)
    below = root.create_directory("below")
    below.create_file("x", b"x")
    below.create_symlink("link", "x")
    below.create_special("null", Kind.CHARACTER_DEVICE, device=Device(1, 3))
    return root


def read_back(tree: Directory) -> Directory:
    return read_volume(build_image(tree, ImageOptions())).root


def heard(_: str, __: int) -> None:
    """Not asked here."""


def test_a_tree_that_was_read_back_is_the_same() -> None:
    told = list[tuple[str, int]]()
    found = compare_with_tree(read_back(a_tree()), a_tree(), lambda path, count: told.append((path, count)))
    assert list(found) == []
    assert sum(count for path, count in told if path == "/long") == len(LONG)


CHANGES: dict[str, tuple[Callable[[Directory], object], Difference]] = {
    "gone": (lambda root: root.remove("short"), Difference("/short", Mismatch.MISSING)),
    "shorter": (
        lambda root: (root.remove("short"), root.create_file("short", b"shor")),
        Difference("/short", Mismatch.DIFFERS, "it has 4 bytes, not 5"),
    ),
    "a bit": (
        lambda root: (root.remove("long"), root.create_file("long", LONG[:2_000_000] + b"!" + LONG[2_000_001:])),
        Difference("/long", Mismatch.DIFFERS, "its data is another one from byte 2000000 on"),
    ),
    "directory": (
        lambda root: (root.remove("short"), root.create_directory("short")),
        Difference("/short", Mismatch.DIFFERS, "it is a directory, not a file"),
    ),
    "link": (
        lambda root: (root["below"].remove("link"), root["below"].create_symlink("link", "y")),  # type: ignore[union-attr]
        Difference("/below/link", Mismatch.DIFFERS, "it leads to y"),
    ),
    "device": (
        lambda root: (
            root["below"].remove("null"),  # type: ignore[union-attr]
            root["below"].create_special("null", Kind.CHARACTER_DEVICE, device=Device(1, 5)),  # type: ignore[union-attr]
        ),
        Difference("/below/null", Mismatch.DIFFERS, "it stands for another device"),
    ),
    "kind": (
        lambda root: (root["below"].remove("null"), root["below"].create_special("null", Kind.FIFO)),  # type: ignore[union-attr]
        Difference("/below/null", Mismatch.DIFFERS, "it is a FIFO"),
    ),
    "more": (lambda root: root.create_file("more", b"more"), Difference("/more", Mismatch.EXTRA)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_differs_from_its_source_is_named(change: str) -> None:
    spoil, difference = CHANGES[change]
    burnt = a_tree()
    spoil(burnt)
    assert list(compare_with_tree(read_back(burnt), a_tree(), heard)) == [difference]


def test_a_source_that_changed_since_is_an_error_and_no_difference(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/file").write_bytes(b"before")
    tree = Directory()
    tree.add_tree(tmp_path / "tree")
    build_image(tree, ImageOptions()).write_to(tmp_path / "x.iso")
    root = read_volume(ImageFile(tmp_path / "x.iso")).root
    (tmp_path / "tree/file").write_bytes(b"later!")
    with pytest.raises(SourceError, match="file"):
        list(compare_with_tree(root, tree, heard))


def test_what_cannot_be_read_is_told_and_the_rest_is_compared() -> None:
    image = build_image(a_tree(), ImageOptions())
    volume = read_volume(image)
    medium, read_at = volume.medium, image.read_at
    lba = next(span.lba for span in image.files_in(0, image.sectors) if span.label == "/long")

    def fail(at: int, buffer: bytearray | memoryview) -> None:
        if at <= lba < at + len(buffer) // 2048:
            raise SourceError("medium", "scratched")
        read_at(at, buffer)

    medium.read_at = fail  # type: ignore[method-assign]
    found = list(compare_with_tree(volume.root, a_tree(short=b"other"), heard))
    assert Difference("/long", Mismatch.UNREADABLE, "scratched") in found
    assert Difference("/short", Mismatch.DIFFERS, "its data is another one from byte 0 on") in found
    digests = {path: hashlib.sha256(data).digest() for path, data in (("/long", LONG), ("/short", b"short"))}
    found = [each for each in compare_with_manifest(volume.root, digests, heard) if each.mismatch is not Mismatch.EXTRA]
    assert found == [Difference("/long", Mismatch.UNREADABLE, "scratched")]


def test_a_manifest_names_what_is_missing_other_or_more() -> None:
    digests = {path: hashlib.sha256(data).digest() for path, data in (("/short", b"other"), ("/empty", b""))}
    digests |= {"/gone": bytes(32), "/below": bytes(32), "/below/x": hashlib.sha256(b"x").digest()}
    assert set(compare_with_manifest(read_back(a_tree()), digests, heard)) == {
        Difference("/gone", Mismatch.MISSING),
        Difference("/below", Mismatch.MISSING, "it is a directory"),
        Difference("/short", Mismatch.DIFFERS, "its SHA-256 is another one"),
        Difference("/long", Mismatch.EXTRA),
    }


@pytest.mark.linux("names that Windows has not, and sha256sum")
def test_sha256sums_own_lists_are_read(tmp_path: Path) -> None:
    names = ["plain", "back\\slash", "new\nline", "return\r", " space ", "*star", "ü", "sub/x"]
    (tmp_path / "sub").mkdir()
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    for words in ((), ("--binary",)):
        made = subprocess.run(
            ["sha256sum", *words, *(f"./{name}" for name in names)], cwd=tmp_path, capture_output=True
        )
        want = {f"/{name}": hashlib.sha256(name.encode()).digest() for name in names}
        assert parse_manifest(made.stdout) == want
    assert parse_manifest(b"".join(manifest_line(path, digest) for path, digest in want.items())) == want


@pytest.mark.parametrize("text", [b"", b"no digest  x\n", b"0" * 63 + b"  x\n", b"0" * 64 + b" \n", b"0" * 40 + b"  x"])
def test_what_is_no_manifest_is_refused(text: bytes) -> None:
    with pytest.raises(LayoutError, match="manifest"):
        parse_manifest(text)

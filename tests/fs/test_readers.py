"""Images read back by other people's readers."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from discstack.fs.image import Image
from discstack.fs.naming import marks_for
from discstack.fs.view import View

Tool = Callable[..., str]
ISO = frozenset({View.ISO9660})
ISO_JOLIET = frozenset({View.ISO9660, View.JOLIET})
LONG = re.compile("a name that is so long")


@pytest.fixture
def written(odd_tree: Path, tmp_path: Path, image_of: Callable[..., Image]) -> Callable[..., Path]:
    """Writes the image of the odd tree, with some views, and gives its path."""

    def write(*views: View) -> Path:
        path = tmp_path / "image.iso"
        image_of(odd_tree, views=frozenset(views or View), rock_ridge=None).write_to(path)
        return path

    return write


@pytest.fixture
def joliet_contents(odd_tree: Path, contents_of: Callable[..., Any]) -> dict[str, bytes | None]:
    """What a reader of Joliet should see."""
    contents: dict[str, bytes | None] = contents_of(odd_tree)
    for name in [name for name in contents if LONG.match(name)]:
        contents[name[:50] + f"~{marks_for([name], 8)[0].decode()}.text"] = contents.pop(name)
    return contents


def iso_form(contents: dict[str, bytes | None]) -> list[tuple[int, bytes | None]]:
    """What is left of contents when the names are not: depth and data."""
    return sorted(((path.count("/"), data) for path, data in contents.items()), key=repr)


def test_xorriso_extracts_joliet(
    written: Callable[..., Path], tmp_path: Path, tool: Tool, contents_of: Callable[..., Any], joliet_contents: object
) -> None:
    target = tmp_path / "out"
    tool("xorriso", "-read_fs", "norock", "-osirrox", "on", "-indev", written(), "-extract", "/", target)
    assert contents_of(target) == joliet_contents


def test_xorriso_extracts_iso_9660(
    written: Callable[..., Path], odd_tree: Path, tmp_path: Path, tool: Tool, contents_of: Callable[..., Any]
) -> None:
    target = tmp_path / "out"
    tool("xorriso", "-read_fs", "ecma119", "-osirrox", "on", "-indev", written(View.ISO9660), "-extract", "/", target)
    assert iso_form(contents_of(target)) == iso_form(contents_of(odd_tree))


def test_bsdtar_extracts_joliet(
    written: Callable[..., Path], tmp_path: Path, tool: Tool, contents_of: Callable[..., Any], joliet_contents: object
) -> None:
    target = tmp_path / "out"
    target.mkdir()
    tool("bsdtar", "-x", "-f", written(), "-C", target)
    assert contents_of(target) == joliet_contents


def test_bsdtar_extracts_iso_9660_from_a_pipe(
    written: Callable[..., Path], odd_tree: Path, tmp_path: Path, tool: Tool, contents_of: Callable[..., Any]
) -> None:
    path, target = written(View.ISO9660), tmp_path / "out"
    target.mkdir()
    tool("sh", "-c", f"cat '{path}' | bsdtar -x -f - -C '{target}'")
    assert iso_form(contents_of(target)) == iso_form(contents_of(odd_tree))


@pytest.mark.parametrize("views", [ISO_JOLIET, ISO], ids=["joliet", "iso"])
def test_7z_extracts(
    written: Callable[..., Path],
    odd_tree: Path,
    tmp_path: Path,
    tool: Tool,
    contents_of: Callable[..., Any],
    joliet_contents: object,
    views: frozenset[View],
) -> None:
    target = tmp_path / "out"
    tool("7z", "x", f"-o{target}", written(*views))
    found = contents_of(target)
    if View.JOLIET in views:
        assert found == joliet_contents
    else:
        assert iso_form(found) == iso_form(contents_of(odd_tree))


def test_7z_finds_nothing_to_complain_of(written: Callable[..., Path], tool: Tool) -> None:
    listing = tool("7z", "l", "-tiso", written())
    assert "Warning" not in listing
    assert "Error" not in listing


@pytest.mark.linux("names that are no text")
def test_name_that_is_no_text_is_replaced_and_reported(
    tmp_path: Path, tool: Tool, image_of: Callable[..., Image]
) -> None:
    top, path = tmp_path / "source", tmp_path / "image.iso"
    top.mkdir()
    Path(os.fsdecode(os.fsencode(top) + b"/caf\xe9.txt")).write_text("latin")
    image = image_of(top, views=ISO_JOLIET, rock_ridge=None)
    image.write_to(path)
    assert [str(issue) for issue in image.issues] == [
        "/caf\\xe9.txt: renamed in ISO 9660: CAF_.TXT",
        "/caf\\xe9.txt: renamed in Joliet: caf_.txt",
    ]
    assert tool("bsdtar", "-x", "-O", "-f", path, "caf_.txt") == "latin"


def test_isoinfo_reads_the_descriptors(written: Callable[..., Path], tool: Tool) -> None:
    path = written()
    described = tool("isoinfo", "-d", "-i", path)
    assert "Volume id: DISC" in described
    assert "Joliet with UCS level 3 found" in described
    assert f"Volume size is: {path.stat().st_size // 2048}" in described
    assert "Logical block size is: 2048" in described


def test_isoinfo_lists_joliet(
    written: Callable[..., Path], tool: Tool, joliet_contents: dict[str, bytes | None]
) -> None:
    path = written()
    listed = tool("sh", "-c", f"isoinfo -J -f -j iso8859-1 -i '{path}' | iconv -f iso8859-1 -t utf-8").splitlines()
    # isoinfo shows "_" for every code unit that is not in the character set
    expected = [
        "/" + "".join(c if c <= "\xff" else "_" * (1 + (c > "\uffff")) for c in name) for name in joliet_contents
    ]
    assert sorted(name.removesuffix(";1") for name in listed) == sorted(expected)


def test_isoinfo_extracts_from_iso_9660(written: Callable[..., Path], tool: Tool) -> None:
    path = written()
    listed = tool("isoinfo", "-f", "-i", path).splitlines()
    assert "/D1/D2/D3/D4/D5/D6/D7/D8/D9/D10/DEEP.TXT;1" in listed
    assert tool("isoinfo", "-i", path, "-x", "/SIZES/2049.;1") == "c" * 2049
    assert tool("isoinfo", "-i", path, "-x", "/README.TXT;1") == "upper\n"


def test_grub_reads_joliet(written: Callable[..., Path], tool: Tool) -> None:
    path = written(View.ISO9660, View.JOLIET)
    listing = tool("grub-fstest", path, "ls", "(loop0)/")
    assert "Grüße aus Köln.txt" in listing
    assert tool("grub-fstest", path, "cat", "(loop0)/sizes/2049") == "c" * 2049
    assert tool("grub-fstest", path, "cat", "(loop0)/many/file number 0119.dat") == "119"


def test_file_of_several_sections_is_seen_as_one(tmp_path: Path, tool: Tool, image_of: Callable[..., Image]) -> None:
    size, tail, top = 9 * 2**30 + 4321, b"the end", tmp_path / "source"
    top.mkdir()
    with (top / "long").open("wb") as file:
        file.truncate(size - len(tail))
        file.seek(0, 2)
        file.write(tail)
    image = image_of(top, views=ISO_JOLIET)
    path = tmp_path / "image.iso"
    write_sparse(image, path)
    assert f"{size}" in tool("7z", "l", "-ba", path)
    assert re.search(rf"\b{size}\b", tool("bsdtar", "-t", "-v", "-f", path))
    found = tool("xorriso", "-indev", path, "-find", "/long", "-exec", "lsdl")
    assert re.search(rf"\b{size}\b", found)
    # the end, in the third section
    script = f"grub-fstest '{path}' cat '(loop0)/long' --skip={size - 4096 - 26} | tail -c 7"
    assert tool("sh", "-c", script) == "the end"


def write_sparse(image: Image, path: Path) -> None:
    """Write what is not zeros: the metadata, and the last sectors of the file."""
    with path.open("wb") as file:
        file.truncate(image.size)
        data = next(span for span in image.files_in(0, image.sectors) if span.is_file)
        last = data.lba + data.sectors - 1
        for lba, count in ((0, data.lba), (last, image.sectors - last)):
            buffer = bytearray(2048 * count)
            image.read_at(lba, buffer)
            file.seek(2048 * lba)
            file.write(buffer)

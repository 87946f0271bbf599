"""The Linux kernel mounts our images and sees the sources' names, kinds, sizes, contents and times."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from discstack.fs.bridge import build_image
from discstack.fs.image import Image
from discstack.fs.options import BRIDGE, ROCK_RIDGE, ImageOptions, RockRidge
from discstack.fs.tree import Directory
from discstack.fs.view import View

Survey = dict[str, dict[str, Any]]
Images = Callable[[Path, "Row"], tuple[Image, Path]]
WIDE = 2000
LONG = 9 << 30  # bytes: three sections
LANDMARKS = (0, 1 << 30, 1 << 31, 1 << 32, 1 << 33, LONG)  # where the long file is not zeros
SECOND = 10**9

# What the kernel says of every good image, and why that is no complaint
USUAL = (
    re.compile(r"ISO 9660 Extensions: (Microsoft Joliet Level [123]|RRIP_1991A|IEEE_P1282)"),  # what was found
    re.compile(r"ISOFS: changing to secondary root"),  # Joliet's tree is taken
    re.compile(r"UDF-fs: INFO Mounting volume '.*', timestamp .*"),  # what was found
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One way to mount an image of certain views, and what the kernel must then show of the sources.

    `shows` is the view whose names are seen; without one the names are ISO 9660's, which the kernel maps in its own
    ways: then only depths and contents are compared. `tick` is the shortest time between two times in nanoseconds.
    """

    views: frozenset[View]
    kind: str
    rock_ridge: RockRidge | None = ROCK_RIDGE
    udf: tuple[int, bool] = (0x0102, False)  # revision, and whether there is a virtual allocation table
    options: str = ""
    shows: View | None = None
    tick: int = SECOND
    wraps: bool = False  # times are 32 bits to this file system of the kernel's: after 2038-01-19 comes 1901
    keeps: frozenset[str] = frozenset()  # fields of a survey that are those of the sources


See = Callable[[Path, Row], None]
ISO, JOLIET, UDF = View.ISO9660, View.JOLIET, View.UDF
OLD_ROCK_RIDGE = RockRidge(version="1.10")
POSIX = frozenset({"mode", "uid", "gid", "links", "target", "device"})
CASE = "check=strict,iocharset=utf8"  # without it, isofs takes Joliet names that differ in case alone for the same
ROWS = {
    "iso": Row(views=frozenset({ISO}), kind="iso9660", rock_ridge=None, wraps=True),
    "iso of a bridge": Row(views=BRIDGE, kind="iso9660", options="norock,nojoliet", wraps=True),
    "joliet": Row(views=frozenset({ISO, JOLIET}), kind="iso9660", options=f"norock,{CASE}", shows=JOLIET, wraps=True),
    "rock ridge": Row(views=frozenset({ISO}), kind="iso9660", shows=ISO, wraps=True, keeps=POSIX),
    "rock ridge 1.10": Row(
        views=frozenset({ISO}), kind="iso9660", rock_ridge=OLD_ROCK_RIDGE, shows=ISO, wraps=True, keeps=POSIX
    ),
    "rock ridge of a bridge": Row(views=BRIDGE, kind="iso9660", shows=ISO, wraps=True, keeps=POSIX),
    "joliet of a bridge": Row(views=BRIDGE, kind="iso9660", options=f"norock,{CASE}", shows=JOLIET, wraps=True),
    "udf of a bridge": Row(views=BRIDGE, kind="udf", options="utf8", shows=UDF, tick=1000),
    "udf 2.01 with a table": Row(views=BRIDGE, udf=(0x0201, True), kind="udf", options="utf8", shows=UDF, tick=1000),
    "udf 2.50 of a bridge": Row(views=BRIDGE, udf=(0x0250, False), kind="udf", options="utf8", shows=UDF, tick=1000),
    "udf": Row(views=frozenset({UDF}), kind="udf", options="utf8", shows=UDF, tick=1000),
}
BRIDGED = {name: row for name, row in ROWS.items() if row.views == BRIDGE}  # enough for what takes long


@pytest.fixture(scope="module")
def images(kernel_share: Path) -> Iterator[Images]:
    """Gives the image of a folder for a row, planned and written once."""
    made: dict[tuple[Path, frozenset[View], RockRidge | None, tuple[int, bool]], tuple[Image, Path]] = {}

    def image_of(folder: Path, row: Row) -> tuple[Image, Path]:
        key = (folder, row.views, row.rock_ridge, row.udf)
        if key not in made:
            root = Directory()
            root.add_tree(folder)
            revision, vat = row.udf
            options = ImageOptions(views=row.views, rock_ridge=row.rock_ridge, udf_revision=revision, udf_vat=vat)
            image = build_image(root, options)
            path = kernel_share / f"{len(made)}.iso"
            write_sparse(image, path)
            made[key] = image, path
        return made[key]

    yield image_of
    for _, path in made.values():
        path.unlink()


def write_sparse(image: Image, path: Path) -> None:
    """Write an image but for the long stretches of zeros in it."""
    with path.open("wb") as file:
        file.truncate(image.size)
        for lba, count in written_ranges(image):
            buffer = bytearray(2048 * count)
            image.read_at(lba, buffer)
            file.seek(2048 * lba)
            file.write(buffer)


def written_ranges(image: Image) -> Iterator[tuple[int, int]]:
    """Yield (lba, sectors) of all but the inside of the long file, of which only what LANDMARKS says is not zeros."""
    for span in image.files_in(0, image.sectors):
        end = span.lba + span.sectors
        if span.sectors * 2048 < LONG:
            yield from ((lba, min(512, end - lba)) for lba in range(span.lba, end, 512))
        else:
            yield from ((span.lba + mark // 2048 - 8, 16) for mark in LANDMARKS[1:-1])
            yield span.lba, 16
            yield end - 16, 16


@pytest.fixture
def see(
    images: Images,
    guest_python: Callable[..., str],
    survey: Callable[[Path], Survey],
    as_reported: Callable[[Survey, Image, View], Survey],
) -> See:
    """Holds what the kernel shows of a folder's image against the folder; the kernel may not complain."""

    def check(folder: Path, row: Row) -> None:
        image, path = images(folder, row)
        seen = json.loads(guest_python("look.py", path, row.kind, f"ro,{row.options}".rstrip(",")))
        want = {path: essence(entry, row) for path, entry in survey(folder).items()}
        found = {path: essence(entry, row) for path, entry in seen["tree"].items()}
        if row.shows is None:
            assert anonymous(found) == anonymous(want)
        else:
            assert found == as_reported(want, image, row.shows)
        assert [line for line in seen["messages"] if not any(usual.fullmatch(line) for usual in USUAL)] == []

    return check


def essence(entry: dict[str, Any], row: Row) -> dict[str, Any]:
    """Return of an entry what this row keeps."""
    kept = {name: entry[name] for name in ("kind", "size", "digest", *row.keeps) if name in entry}
    if entry["kind"] == "directory":  # not all file systems count a directory's links
        kept.pop("links", None)
    time = entry["mtime"] // row.tick * row.tick
    if row.wraps:
        time = ((time // SECOND + (1 << 31)) % (1 << 32) - (1 << 31)) * SECOND
    return kept | {"mtime": time}


def anonymous(entries: Survey) -> Counter[tuple[Any, ...]]:
    """Return what is left of a survey when the names are not: depths and the rest."""
    return Counter((path.count("/"), *sorted(entry.items())) for path, entry in entries.items())


def fill(top: Path, contents: dict[str, bytes]) -> None:
    for name, data in contents.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of names, sizes, depths and times that file systems have trouble with."""
    top = tmp_path_factory.mktemp("nasty")
    names = ["readme", "README.TXT", "Readme.txt", "two.dots.tar.gz", ".profile", "a b 'c'.txt", "semi;1", "x" * 250]
    names += ["Grüße aus Köln.txt", "レビュー 報告書.txt", "\N{GRINNING FACE} astral.txt", "caf\u00e9", "cafe\u0301"]
    names += ["a name that no Joliet of 64 characters can hold, the first part of it.text", "tab\there", "back\\slash"]
    names += ["a name that no Joliet of 64 characters can hold, the other part of it.text", "star*query?", "-rf", "~"]
    fill(top, {f"names/{name}": name.encode() for name in names})
    sizes = (0, 1, 2047, 2048, 2049, 4096, 100_000)
    fill(top, {f"sizes/{size}": (b"%d " % size * size)[:size] for size in sizes})
    fill(top, {f"{'/'.join(f'd{level}' for level in range(12))}/deep.txt": b"deep\n"})
    (top / "empty directory").mkdir()
    times = {"before-1970": -(10**9), "epoch": 0, "fraction": 1_700_000_000.123456, "after-2038": 2**31 + 7}
    fill(top, {f"times/{name}": b"" for name in times})
    for number, path in enumerate(sorted(top.rglob("*"))):
        os.utime(path, ns=(0, (1_600_000_000 + 61 * number) * SECOND))
    for name, time in times.items():
        os.utime(top / "times" / name, ns=(0, int(time * 10**6) * 1000))
    return top


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of many files."""
    top = tmp_path_factory.mktemp("wide")
    fill(top, {f"file number {number:05}.dat": b"%d" % number for number in range(WIDE)})
    return top


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file that no single extent of any view holds."""
    top = tmp_path_factory.mktemp("long")
    with (top / "long").open("wb") as file:
        file.truncate(LONG)
        for mark in LANDMARKS:
            file.seek(min(max(mark - 9, 0), LONG - 18))
            file.write(b"here %13d" % mark)
    (top / "behind").write_bytes(b"what lies behind it\n")
    return top


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_kernel_sees_names_sizes_contents_and_times(row: Row, nasty: Path, see: See) -> None:
    see(nasty, row)


@pytest.mark.parametrize("row", BRIDGED.values(), ids=BRIDGED)
def test_kernel_sees_every_file_of_a_wide_directory(row: Row, wide: Path, see: See) -> None:
    see(wide, row)


@pytest.mark.parametrize("row", BRIDGED.values(), ids=BRIDGED)
def test_kernel_reads_across_the_extents_of_a_long_file(row: Row, long: Path, see: See) -> None:
    see(long, row)

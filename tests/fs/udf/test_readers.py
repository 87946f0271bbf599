"""UDF of every revision, in the bridge and alone, read by programs that we did not write."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from discstack.fs.bridge import build_image
from discstack.fs.options import BRIDGE, ImageOptions
from discstack.fs.tree import Directory
from discstack.fs.udf.revisions import REVISIONS
from discstack.fs.view import View

CLOCK = 1_000_000_000_000_000_000  # 2001-09-09 01:46:40 UTC
NAMES = ("plain.txt", "Grüße.txt", "фотография.jpg", "\U0001f4bf disc", "x" * 100 + ".dat", "a b;c,d+e=f")
SIZES = (0, 1, 1816, 2048, 2049, 300_000)
SECTOR = 2048
VIEWS = {"bridge": BRIDGE, "alone": frozenset({View.UDF})}
PLAIN = [(number, False, views) for number in REVISIONS for views in VIEWS]
WITH_TABLE = [(number, True, views) for number in REVISIONS if number > 0x0102 for views in VIEWS]
# What udfinfo says of every image with a table: the anchor of a closed session lies within the partition
ANCHOR_IN_PARTITION = "udfinfo: Warning: Partition Space overlaps with other blocks\n"


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def volumes(*kinds: tuple[int, bool, str]) -> pytest.MarkDecorator:
    names = [f"{number:04x} {views}{' with a table' if vat else ''}" for number, vat, views in kinds]
    return pytest.mark.parametrize("volume", kinds, ids=names, indirect=True)


def run(*command: str | Path, warns: str = "") -> str:
    done = subprocess.run(command, capture_output=True, check=False, timeout=200)
    assert (done.returncode, done.stderr.decode()) == (0, warns)
    return done.stdout.decode()


class Volume:
    """An image in a file, and what should be found in it."""

    def __init__(self, path: Path, number: int, vat: bool, views: str) -> None:
        self.path, self.number, self.vat, self.views = path, number, vat, VIEWS[views]
        self.contents: dict[str, bytes] = {}
        self.directories = {"many"}
        root, random = Directory(), Random(102)
        self._fill(root, "", random, 3)
        many = root.create_directory("many")
        for index in range(300):
            many.create_file(f"file {index}", b"%d" % index)
            self.contents[f"many/file {index}"] = b"%d" % index
        plain = root["plain.txt"]
        root.create_hard_link("linked", plain)
        self.contents["linked"] = self.contents["plain.txt"]
        options = {"views": self.views, "udf_revision": number, "udf_vat": vat}
        self.image = build_image(root, ImageOptions(volume_id="Größe", clock=CLOCK, multiple=16, **options))
        self.image.write_to(path)

    def _fill(self, directory: Directory, prefix: str, random: Random, depth: int) -> None:
        for name, size in zip(NAMES, SIZES, strict=True):
            data = random.randbytes(size)
            directory.create_file(name, data)
            self.contents[prefix + name] = data
        for name in ("leaf", "Ordner ä", "каталог")[:depth]:
            self.directories.add(prefix + name)
            self._fill(directory.create_directory(name), f"{prefix}{name}/", random, depth - 1)

    def read(self, lba: int, count: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(lba * SECTOR)
            return file.read(count * SECTOR)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[tuple[int, bool, str]], Volume]:
    folder, volumes = tmp_path_factory.mktemp("udf"), dict[tuple[int, bool, str], Volume]()

    def make(kind: tuple[int, bool, str]) -> Volume:
        if kind not in volumes:
            volumes[kind] = Volume(folder / f"{len(volumes)}.img", *kind)
        return volumes[kind]

    return make


@pytest.fixture
def volume(request: pytest.FixtureRequest, made: Callable[[tuple[int, bool, str]], Volume]) -> Volume:
    return made(request.param)


@volumes(*PLAIN, *WITH_TABLE)
def test_image_holds_against_the_standards(volume: Volume, reader: Callable[..., Any]) -> None:
    found = reader(volume.read, volume.image.sectors)
    files = {path[1:]: found.content(entry) for path, entry in found.paths.items() if not entry.is_directory}
    assert files == volume.contents
    assert {path[1:] for path, entry in found.paths.items() if entry.is_directory} == volume.directories | {""}


@needs("udfinfo")
@volumes(*PLAIN, *WITH_TABLE)
def test_udfinfo_reads_it_and_warns_of_nothing_else(volume: Volume) -> None:
    told = run("udfinfo", volume.path, warns=ANCHOR_IN_PARTITION if volume.vat else "")
    lines = dict(line.split("=", 1) for line in told.splitlines() if not line.startswith("start"))
    assert lines["label"] == lines["lvid"] == lines["vid"] == lines["fsid"] == "Größe"
    revision = REVISIONS[volume.number]
    assert (lines["udfrev"], lines["udfwriterev"]) == (REVISIONS[revision.minimum_read].text, revision.text)
    # a volume with a table is closed for udfinfo when the table is where it should be
    assert (lines["integrity"], lines["accesstype"]) == ("closed", "writeonce" if volume.vat else "readonly")
    assert (lines["numfiles"], lines["numdirs"]) == (str(len(volume.contents)), str(len(volume.directories) + 1))
    assert (lines["blocksize"], lines["blocks"]) == ("2048", str(volume.image.sectors))
    assert (lines["freeblocks"], lines["behindblocks"]) == ("0", "0")


@needs("7z")
@volumes(*PLAIN)
def test_7z_extracts_every_file_as_it_was(volume: Volume, tmp_path: Path) -> None:
    run("7z", "x", "-tUdf", "-bso0", "-bsp0", f"-o{tmp_path}", volume.path)
    found = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("*")}
    assert {name: path.read_bytes() for name, path in found.items() if path.is_file()} == volume.contents
    assert {name for name, path in found.items() if path.is_dir()} == volume.directories
    assert {path.stat().st_mtime_ns for path in found.values()} == {CLOCK}


@needs("grub-fstest")
@volumes(*(kind for kind in PLAIN if kind[0] < 0x0250))
def test_grub_takes_it_for_udf_and_reads_its_files(volume: Volume) -> None:
    listing = run("grub-fstest", volume.path, "ls", "--", "-l", "(loop0)")
    assert "Filesystem type udf" in listing
    assert "`Größe'" in listing
    names = run("grub-fstest", volume.path, "ls", "(loop0)/leaf/").split("\n")[0]
    assert all(name in names for name in NAMES)
    for name in (f"каталог/{NAMES[-1]}", "plain.txt", "Ordner ä/фотография.jpg"):
        command = ["grub-fstest", volume.path, "cat", f"(loop0)/{name}"]
        data = subprocess.run(command, capture_output=True, check=True, timeout=200)
        assert data.stdout == volume.contents[name]


@needs("blkid")
@volumes(*PLAIN, *WITH_TABLE)
def test_blkid_takes_it_for_udf_of_its_revision(volume: Volume) -> None:
    told = run("blkid", "-p", "-o", "export", volume.path)
    found = re.findall("^(?:TYPE|VERSION)=.*", told, re.MULTILINE)
    assert found == [f"VERSION={REVISIONS[volume.number].text}", "TYPE=udf"]


@needs("bsdtar")
@volumes(*(kind for kind in (*PLAIN, *WITH_TABLE) if kind[2] == "bridge"))
def test_bsdtar_finds_the_same_files_in_the_bridge(volume: Volume, tmp_path: Path) -> None:
    run("bsdtar", "-x", "-f", volume.path, "-C", tmp_path)
    found = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("*")}
    assert {name: path.read_bytes() for name, path in found.items() if path.is_file()} == volume.contents

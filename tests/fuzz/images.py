"""Random trees under random options, read by our reader and by other people's: images.py SECONDS.

What one of them does not find, finds otherwise or complains about ends the run, with the smallest case that shows it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from changes import apply
from hypothesis import HealthCheck, Phase, given, seed, settings
from trees import Case, cases

from discstack.file_system_image import FileSystemImage
from discstack.fs.boot.options import PartitionTable
from discstack.fs.bridge import build_image
from discstack.fs.comparison import Mismatch, compare_with_tree
from discstack.fs.errors import LayoutError, VolumeError
from discstack.fs.image import Image
from discstack.fs.nodes import File
from discstack.fs.patterns import Globs
from discstack.fs.reading.view import VolumeView
from discstack.fs.reading.volume import read_volume
from discstack.fs.tree import Directory
from discstack.fs.view import Change, View
from discstack.image_file import ImageFile
from discstack.native import files

ROUND: Final = 100  # cases for one seed
PHASES: Final = (Phase.generate, Phase.shrink)
HEALTH: Final = list(HealthCheck)
VIEWS: Final = {VolumeView.UDF: View.UDF, VolumeView.JOLIET: View.JOLIET, VolumeView.ISO9660: View.ISO9660}
ENVIRONMENT: Final = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
# device nodes are not extracted, hidden boot images have no name
USUAL_OF_XORRISO: Final = (
    *("mknod", "Unsupported file type", "hidden El-Torito image"),
    *("UTF-16", "UCS-2", "Cannot convert from charset"),  # of Joliet beyond the BMP, and of level 4
)
BEHIND: Final = "There are data after the end of archive"
GAP: Final = 37  # sectors before the next session
PIECE: Final = 1 << 20
PROGRAMS: Final = ("xorriso", "isoinfo", "7z", "bsdtar", "udfinfo", "sgdisk", "sfdisk")

Check = Callable[[Case, Image, Path], None]


def run(*command: str | Path) -> tuple[int, str, str]:
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=False, timeout=60)
    return (
        done.returncode,
        done.stdout.decode("utf-8", "surrogateescape"),
        done.stderr.decode("utf-8", "surrogateescape"),
    )


def shown_paths(case: Case, image: Image, view: View) -> dict[str, bytes | None]:
    """Return what a view without links shows, by path: data, None for directories; with the names that it reports."""
    renamed = {i.path: i.detail for i in image.issues if i.view is view and i.change is Change.RENAMED}
    hidden = Globs(case.options.hidden.get(view, ()))
    found, covered = dict[str, bytes | None](), set[str]()
    for node in case.root.walk():
        path = node.path
        above = path.rpartition("/")[0]
        if above in covered or (hidden and hidden.match(node.name, path, path[1:])):
            covered.add(path)
        elif isinstance(node, Directory):
            found[path] = None
        elif isinstance(node, File):
            found[path] = data_of(node)
    return {spelled(path, renamed): data for path, data in found.items()}


def spelled(path: str, renamed: dict[str, str]) -> str:
    parts = path.split("/")
    return "/".join(renamed.get("/".join(parts[: at + 1]), part) for at, part in enumerate(parts))


def data_of(node: File) -> bytes:
    with contextlib.closing(node.open()) as file:
        return brief(file.read())


def brief(data: bytes) -> bytes:
    """Return data, or what stands for much of it."""
    return data if len(data) < PIECE else sha256(data).digest() * 3


def catalogued(case: Case) -> set[str]:
    return {f"/{case.options.boot.catalog}".upper()} if case.options.boot.catalog else set()


def by_our_reader(case: Case, image: Image, path: Path) -> None:
    """Every view has what it reports, and the best one all."""
    medium = ImageFile(path)
    for found_view, view in VIEWS.items():
        if view not in case.options.views:
            continue
        volume = read_volume(medium, view=found_view)
        assert not volume.notes, f"{found_view}: {volume.notes}"
        found = {
            n.path: data_of(n) if isinstance(n, File) else None
            for n in volume.root.walk()
            if isinstance(n, File | Directory)
        }
        want = shown_paths(case, image, view)
        others = len(catalogued(case))  # names of the boot catalogue are not reported
        if view is View.ISO9660 and case.options.rock_ridge is not None:  # nor are any then
            links = sum(not isinstance(n, File | Directory) for n in case.root.walk())
            names_free(found, want, links + others)
            continue
        if view is View.UDF and case.options.udf_specials:
            continue
        if view is View.ISO9660:
            found, want = ({p.upper(): data for p, data in paths.items()} for paths in (found, want))
        for extra in sorted(found.keys() - want.keys())[:others]:
            del found[extra]
        assert found == want, f"{found_view} of ours: {difference(found, want)}"
    if case.options.rock_ridge is not None and View.ISO9660 in case.options.views:
        rock = read_volume(medium, view=VolumeView.ROCK_RIDGE).root
        hidden = Globs(case.options.hidden.get(View.ISO9660, ()))
        for each in compare_with_tree(rock, case.root, lambda *_: None):
            assert hidden or each.mismatch is Mismatch.EXTRA, f"Rock Ridge of ours: {each}"
            assert hidden or each.path.upper() in catalogued(case), f"Rock Ridge of ours: {each}"


def names_free(found: dict[str, bytes | None], want: dict[str, bytes | None], others: int) -> None:
    """Compare but for the names, depths and data; `others` are empty files that stand for links and the like."""
    left = Counter((p.count("/"), data) for p, data in found.items())
    right = Counter((p.count("/"), data) for p, data in want.items())
    more = left - right
    assert not right - left, f"lost: {right - left}"
    assert sum(more.values()) <= others, f"too much: {more}"


def difference(found: dict[str, bytes | None], want: dict[str, bytes | None]) -> str:
    missing, more = want.keys() - found.keys(), found.keys() - want.keys()
    other = [path for path in want.keys() & found.keys() if want[path] != found[path]]
    return f"missing {sorted(missing)}, too much {sorted(more)}, other {sorted(other)}"


def by_7z(case: Case, image: Image, path: Path) -> None:
    """Every file system that 7-Zip knows is whole."""
    options = case.options
    kinds = ["-tiso"] if View.ISO9660 in options.views else []
    if View.UDF in options.views and not options.udf_vat and not udf_specials(case):
        kinds.append("-tudf")
    for kind in kinds:
        status, output, errors = run("7z", "t", kind, path)
        assert status == 0, f"7z {kind}: {output}{errors}"
        behind = is_gpt(case) and kind == "-tudf" and BEHIND in output  # the backup of the GPT
        assert behind or "WARNING" not in output, f"7z {kind}: {output}{errors}"


def is_gpt(case: Case) -> bool:
    return case.options.boot.partition_table is PartitionTable.GPT


def udf_specials(case: Case) -> bool:
    return case.options.udf_specials and any(not isinstance(n, File | Directory) for n in case.root.walk())


def by_bsdtar(case: Case, image: Image, path: Path) -> None:
    """libarchive extracts ISO 9660, Rock Ridge or Joliet without a complaint, and the data is right."""
    if View.ISO9660 not in case.options.views or case.options.hidden:
        return
    with tempfile.TemporaryDirectory() as folder:
        status, _, errors = run("bsdtar", "-x", "-P", "-f", path, "-C", folder)  # as it is: a name may start with "\\"
        assert status == 0, f"bsdtar: {errors}"
        found = extracted(Path(folder))
    files = Counter(data_of(n) for n in case.root.walk() if isinstance(n, File) and n.size)
    assert not files - found, f"bsdtar lost {files - found}"
    assert sum((found - files).values()) <= len(catalogued(case)), f"bsdtar made up {found - files}"


def extracted(folder: Path) -> Counter[bytes]:
    paths = (Path(top, name) for top, _, names in os.walk(folder) for name in names)
    return Counter(brief(p.read_bytes()) for p in paths if not p.is_symlink() and p.is_file() and p.stat().st_size)


def by_xorriso(case: Case, image: Image, path: Path) -> None:
    """libisofs loads the image without a complaint and extracts all files."""
    if View.ISO9660 not in case.options.views or case.options.hidden:
        return
    with tempfile.TemporaryDirectory() as folder:
        words = ("-osirrox", "on", "-indev", path, "-extract", "/", Path(folder, "out"))
        status, _, errors = run("xorriso", "-report_about", "WARNING", *words)
        complaints = [line for line in errors.splitlines() if "FAILURE" in line or "WARNING" in line or "FATAL" in line]
        complaints = [line for line in complaints if not any(usual in line for usual in USUAL_OF_XORRISO)]
        assert not complaints, f"xorriso {status}: {errors}"
        found = extracted(Path(folder))
    files = Counter(data_of(n) for n in case.root.walk() if isinstance(n, File) and n.size)
    assert not files - found, f"xorriso lost {files - found}"


def by_isoinfo(case: Case, image: Image, path: Path) -> None:
    """isoinfo lists as many files as there are."""
    options = case.options
    if View.ISO9660 not in options.views or options.hidden or (options.rock_ridge and options.rock_ridge.relocation):
        return
    ways = ["-R"] if options.rock_ridge else []
    if View.JOLIET in options.views:
        ways.append("-J")
    for way in (*ways, ""):
        status, _, errors = run("isoinfo", *([way] if way else []), "-f", "-i", path)
        assert (status, errors) == (0, ""), f"isoinfo {way}: {errors}"


def by_udfinfo(case: Case, image: Image, path: Path) -> None:
    """udfinfo has neither errors nor warnings."""
    if View.UDF not in case.options.views:
        return
    status, output, errors = run("udfinfo", path)
    complaints = [line for line in errors.splitlines() if not (case.options.udf_vat and "overlaps" in line)]
    assert (status, complaints) == (0, []), f"udfinfo: {errors}"
    files = re.search(r"^numfiles=(\d+)", output, re.MULTILINE)
    dirs = re.search(r"^numdirs=(\d+)", output, re.MULTILINE)
    assert files, output
    assert dirs, output
    if not case.options.hidden and not case.options.udf_specials and not case.options.boot.catalog:
        assert int(dirs[1]) == 1 + sum(isinstance(n, Directory) for n in case.root.walk())


def by_another_way(case: Case, image: Image, path: Path) -> None:
    """In order, and at random, the image has the same bytes."""
    with path.open("rb") as file, image.stream() as stream:
        buffer = memoryview(bytearray(96 * 2048))
        while count := stream.readinto(buffer):
            assert file.read(count) == buffer[:count], f"in order, before sector {stream.position}"
        assert not file.read(1)
        for lba in range(0, image.sectors, max(image.sectors // 9, 1)):
            one = memoryview(buffer)[:2048]
            image.read_at(lba, one)
            file.seek(lba * 2048)
            assert file.read(2048) == one, f"at random, sector {lba}"


def by_partitioners(case: Case, image: Image, path: Path) -> None:
    """sgdisk and sfdisk find no fault in a GPT."""
    if is_gpt(case):
        look_at_gpt(path, forced=case.options.boot.force_bootable)


def look_at_gpt(path: Path, *, forced: bool) -> None:
    _, output, errors = run("sgdisk", "-v", path)
    assert forced or "No problems found" in output, f"sgdisk: {output}{errors}"
    assert "Problem: " not in output, f"sgdisk: {output}{errors}"
    _, output, errors = run("sfdisk", "--verify", path)
    assert forced or "No errors detected" in output, f"sfdisk: {output}{errors}"
    assert path.read_bytes()[-512:].startswith(b"EFI PART")


def by_the_next_session(case: Case, image: Image, path: Path) -> None:
    """What is read, changed and written as a session of its own is what the tree is when it is changed likewise."""
    if not can_be_taken_over(case):
        return
    start = image.sectors + GAP
    composed = taken_over(case, path, start)
    planned = composed.create_result()
    with path.open("r+b") as file:
        file.seek(start * 2048)
        planned.write_to(file, part=planned.parts[0])
    case.change()
    found = read_volume(ImageFile(path))
    assert found.start == start
    same_as_the_tree(case, found.root, "next session")
    status, _, errors = run("xorriso", "-load", "lba", str(start), "-indev", path, "-find", "/")
    assert "FAILURE" not in errors, f"next session, xorriso {status}: {errors}"


def can_be_taken_over(case: Case) -> bool:
    options = case.options
    if options.hidden or options.udf_vat or View.ISO9660 not in options.views:
        return False
    return options.rock_ridge is not None


def taken_over(case: Case, path: Path, start: int | None = None) -> FileSystemImage:
    """Import an image with the options that it was made with, and change it."""
    said = {name: case.said[name] for name in KEPT if name in case.said}
    composed = FileSystemImage(**said)
    composed.import_file_system(path, next_session=start)
    apply(case.later, composed.root)
    return composed


KEPT: Final = (
    *("views", "rock_ridge", "iso_level", "udf_revision", "udf_specials", "joliet_long", "joliet_level", "alignment"),
    *("udf_permissions", "duplicates_once", "padding", "multiple", "clock", "digests"),
)


def same_as_the_tree(case: Case, root: Directory, what: str) -> None:
    for each in compare_with_tree(root, case.root, lambda *_: None):
        expected = each.mismatch is Mismatch.EXTRA and each.path.upper() in catalogued(case)
        assert expected, f"{what}: {each}"


def by_growing(case: Case, image: Image, path: Path) -> None:
    """The same with the grown image of what can be overwritten: the last check, since all readers look at it again."""
    if not can_be_taken_over(case):
        return
    image.write_to(path)
    composed = taken_over(case, path)
    composed.create_result().write_parts(path)
    case.change()
    same_as_the_tree(case, read_volume(ImageFile(path)).root, "grown")
    for kind in ("-tiso", *(() if View.UDF not in case.options.views or udf_specials(case) else ("-tudf",))):
        status, output, errors = run("7z", "t", kind, path)
        assert status == 0, f"grown, 7z {kind}: {output}{errors}"
    if View.UDF in case.options.views:
        status, _, errors = run("udfinfo", path)
        assert (status, errors) == (0, ""), f"grown, udfinfo: {errors}"
    for check in (by_xorriso, by_partitioners):  # libarchive wants continuation areas before the data of their files
        check(case, image, path)


CHECKS: Final[tuple[Check, ...]] = (
    *(by_our_reader, by_7z, by_bsdtar, by_xorriso, by_isoinfo, by_udfinfo, by_another_way, by_partitioners),
    *(by_the_next_session, by_growing),
)


def look(case: Case, counts: Counter[str]) -> None:
    """Make an image, and let everybody read it."""
    counts["cases"] += 1
    try:
        image = build_image(case.root, case.options, files if case.batches else None)
    except LayoutError:
        counts["refused"] += 1
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "image.iso")
        image.write_to(path)
        for check in CHECKS:
            try:
                check(case, image, path)
            except VolumeError as error:
                raise AssertionError(f"{check.__name__}: {error}") from error
            counts[check.__name__] += 1
        counts["disks"] += case.options.boot.partition_table is not None


def main(seconds: float) -> None:
    """Try cases until the time is up."""
    if missing := [program for program in PROGRAMS if shutil.which(program) is None]:
        sys.exit(f"not installed: {', '.join(missing)}")
    counts, end = Counter[str](), time.monotonic() + seconds
    for number in rounds():
        if time.monotonic() > end:
            break

        @seed(number)
        @settings(max_examples=ROUND, phases=PHASES, deadline=None, database=None, suppress_health_check=HEALTH)
        @given(cases())
        def try_all(case: Case) -> None:
            look(case, counts)

        try_all()
    print(", ".join(f"{name} {count}" for name, count in counts.items()))


def rounds() -> Iterator[int]:
    """Yield seeds that no run before had."""
    number = time.time_ns()
    while True:
        yield number
        number += 1


if __name__ == "__main__":
    main(float(sys.argv[1]))

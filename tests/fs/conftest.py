"""What the tests of images share: a tree of odd names and sizes, and a small reader of ISO 9660 and Joliet."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from discstack.fs.bridge import build_image
from discstack.fs.image import Image
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory

Entries = dict[str, bytes | None]
BIG_DIRECTORY = 120


@pytest.fixture(autouse=True)
def _no_clock_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)


@pytest.fixture
def tool() -> Callable[..., str]:
    """Runs a program of somebody else's and gives what it printed; skips the test where it is not installed."""

    def run(*command: str | Path, cwd: Path | None = None) -> str:
        if shutil.which(str(command[0])) is None:
            pytest.skip(f"{command[0]} is not installed")
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, check=False, timeout=200)
        output = done.stdout.decode("utf-8", "replace")
        assert done.returncode == 0, f"{command}: {output}{done.stderr.decode('utf-8', 'replace')}"
        return output

    return run


@pytest.fixture
def odd_tree(tmp_path: Path) -> Path:
    """A folder with what makes writers of images stumble."""
    top = tmp_path / "source"
    contents = {
        "readme": b"no extension\n",
        "README.TXT": b"upper\n",
        "Readme.txt": b"mixed\n",
        "two.dots.tar.gz": b"dots\n",
        ".profile": b"hidden\n",
        "with space and 'quote'.txt": b"space\n",
        "Grüße aus Köln.txt": b"umlauts\n",
        "レビュー 報告書.txt": b"wide\n",
        "\N{GRINNING FACE} beyond the BMP.txt": b"astral\n",
        "a name that is so long that no Joliet of 64 characters can ever hold it, part one.text": b"one\n",
        "a name that is so long that no Joliet of 64 characters can ever hold it, part two.text": b"two\n",
        "empty": b"",
        "sizes/one": b"1",
        "sizes/2047": b"a" * 2047,
        "sizes/2048": b"b" * 2048,
        "sizes/2049": b"c" * 2049,
        "sizes/100000": bytes(range(250)) * 400,
        "d1/d2/d3/d4/d5/d6/d7/d8/d9/d10/deep.txt": b"deep\n",
    }
    if sys.platform == "win32":  # where these are one file
        del contents["Readme.txt"]
    for name, data in contents.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (top / "empty directory").mkdir()
    (top / "many").mkdir()
    for number in range(BIG_DIRECTORY):
        (top / "many" / f"file number {number:04}.dat").write_bytes(b"%d" % number)
    for number, path in enumerate(sorted(top.rglob("*"))):
        os.utime(path, (0, 1_600_000_000 + 60 * number))
    os.utime(top, (0, 1_700_000_000))
    return top


@pytest.fixture
def contents_of() -> Callable[[Path], Entries]:
    """Gives the paths below a folder with the files' data, None for directories."""

    def read(top: Path) -> Entries:
        paths = sorted(top.rglob("*"))
        return {path.relative_to(top).as_posix(): path.read_bytes() if path.is_file() else None for path in paths}

    return read


@pytest.fixture
def image_of() -> Callable[..., Image]:
    """Plans the image of a folder with some options."""

    def build(folder: Path, **options: object) -> Image:
        root = Directory()
        root.add_tree(folder)
        return build_image(root, ImageOptions(**options))  # type: ignore[arg-type]

    return build


class Reader9660:
    """A reader of one hierarchy of ECMA-119, written for the tests from the standard's tables alone.

    It goes by the directory records, and checks on its way what the standard demands of them.
    """

    def __init__(self, image: Image, descriptor: int = 16) -> None:
        self.image = image
        self.volume = self.sector(descriptor)
        self.wide = self.volume[88:91] == b"%/E"
        assert self.volume[1:7] == b"CD001\1"

    def sector(self, lba: int, count: int = 1) -> bytes:
        buffer = bytearray(2048 * count)
        self.image.read_at(lba, buffer)
        return bytes(buffer)

    def entries(self) -> Entries:
        """Give every path with its data, None for a directory, as the names are recorded."""
        return dict(self._walk("", self.volume[156:190]))

    def _walk(self, prefix: str, record: bytes) -> Iterator[tuple[str, bytes | None]]:
        lba, length = int.from_bytes(record[2:6], "little"), int.from_bytes(record[10:14], "little")
        records = list(self.records(self.sector(lba, length // 2048)))
        assert [r[33:34] for r in records[:2]] == [b"\0", b"\1"]
        assert int.from_bytes(records[0][2:6], "little") == lba
        parts = b""
        for entry in records[2:]:
            size = int.from_bytes(entry[10:14], "little")
            assert entry[14:18] == size.to_bytes(4, "big")
            assert entry[2:6] == entry[6:10][::-1]
            path = prefix + self.name(entry)
            if entry[25] & 2:
                yield path, None
                yield from self._walk(path + "/", entry)
                continue
            parts += self.sector(int.from_bytes(entry[2:6], "little"), -(-size // 2048))[:size]
            if not entry[25] & 0x80:
                yield path, parts
                parts = b""

    def name(self, record: bytes) -> str:
        return record[33 : 33 + record[32]].decode("utf-16-be" if self.wide else "ascii")

    @staticmethod
    def records(directory: bytes) -> Iterator[bytes]:
        """Cut a directory into its records; none may lie across the end of a sector."""
        for start in range(0, len(directory), 2048):
            position, sector = 0, directory[start : start + 2048]
            while position < 2048 and sector[position]:
                size = sector[position]
                assert size % 2 == 0
                assert position + size <= 2048
                yield sector[position : position + size]
                position += size
            assert not any(sector[position:])

    def path_table(self, *, msb: bool) -> list[tuple[bytes, int, int]]:
        """Give (identifier, lba, parent number) of every record of a path table."""
        order, place = ("big", 148) if msb else ("little", 140)
        size = int.from_bytes(self.volume[132:136], "little")
        lba = int.from_bytes(self.volume[place : place + 4], order)  # type: ignore[arg-type]
        table, position, found = self.sector(lba, -(-size // 2048)), 0, []
        while position < size:
            length = table[position]
            address = int.from_bytes(table[position + 2 : position + 6], order)  # type: ignore[arg-type]
            parent = int.from_bytes(table[position + 6 : position + 8], order)  # type: ignore[arg-type]
            found.append((table[position + 8 : position + 8 + length], address, parent))
            position += 8 + length + length % 2
        assert position == size
        return found


@pytest.fixture
def reader() -> type[Reader9660]:
    return Reader9660

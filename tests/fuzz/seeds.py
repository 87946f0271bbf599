"""Write the seeds of the corpus: seeds.py FOLDER. Small volumes of every kind, by our writer and by other programs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sparse import pack

from discstack.fs.bridge import build_image
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory

PROGRAMS = {
    "genisoimage": "genisoimage -quiet -R -J -udf -o {image} {tree}",
    "genisoimage-4": "genisoimage -quiet -iso-level 4 -R -o {image} {tree}",
    "xorriso": "xorriso -as mkisofs -quiet -R -J -o {image} {tree}",
    "mkudffs": "mkudffs -b 2048 -m hd -r 0x0201 {image} 400",
    "mkudffs-cdrw": "mkudffs -b 2048 -m cdrw -r 0x0150 --packetlen=32 --sparspace=8 {image} 1600",
    "mkudffs-4096": "mkudffs -b 2048 -m hd -r 0x0102 --strategy=4096 {image} 400",
}


def fill(top: Path) -> None:
    """Make a folder of a few files of each kind."""
    deep = top.joinpath(*"12345678", "9")
    deep.mkdir(parents=True)
    (deep / "deep").write_bytes(b"deep")
    (top / "a longer name with ümläuts.text").write_bytes(b"x" * 2049)
    (top / "A.TXT").write_bytes(b"a")
    os.link(top / "A.TXT", top / "hard")
    (top / "link").symlink_to("/usr/../x/" + "/".join(["component"] * 30))
    os.mkfifo(top / "fifo")


def seeds() -> Iterator[tuple[str, bytes]]:
    """Yield names and images."""
    with tempfile.TemporaryDirectory() as folder:
        tree, image = Path(folder, "tree"), Path(folder, "image")
        tree.mkdir()
        fill(tree)
        for name, command in PROGRAMS.items():
            image.unlink(missing_ok=True)
            image.touch()
            os.truncate(image, 1600 * 2048 if "udffs" in name else 0)
            words = [word.format(image=image, tree=tree) for word in command.split()]
            subprocess.run(words, check=True, capture_output=True)
            yield name, image.read_bytes()
        root = Directory()
        root.add_tree(tree)
        built = build_image(root, ImageOptions())
        data = bytearray(built.size)
        built.read_at(0, data)
        yield "ours", bytes(data)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for name, content in seeds():
        (target / name).write_bytes(pack(content))

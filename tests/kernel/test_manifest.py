"""The manifest of an image against the image as the Linux kernel mounts it, by sha256sum and by nobody of ours."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from discstack.fs.bridge import build_image
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory

NAMES = (
    "plain",
    "Grüße aus Köln.txt",
    "back\\slash",
    "new\nline",
    "return\r",
    " spaces ",
    "*star",
    "deep/er/x",
    "empty",
)
MOUNTS = {"iso9660": "ro", "udf": "ro,utf8"}
SECTOR = 2048


def make(folder: Path, names: tuple[str, ...]) -> tuple[Path, int]:
    root = Directory()
    for name in names:
        *above, last = name.split("/")
        directory = root
        for part in above:
            directory = directory.create_directory(part)
        directory.create_file(last, b"" if name == "empty" else name.encode() * 1000)
    image = build_image(root, ImageOptions(digests=True))
    image.write_to(folder / "image.iso")
    (folder / "sums").write_bytes(image.manifest())
    lba = next(span.lba for span in image.files_in(0, image.sectors) if span.label == "/plain")
    return folder / "image.iso", lba


def sums(kernel: Any, image: Path, kind: str) -> Any:
    """Check the manifest in the mounted image."""
    quoted = shlex.quote(str(image.parent))
    mount = f"mkdir -p {quoted}/disc && mount -t {kind} -o loop,{MOUNTS[kind]} {shlex.quote(str(image))} {quoted}/disc"
    check = f"cd {quoted}/disc && sha256sum --strict -c {quoted}/sums; status=$?; cd / && umount {quoted}/disc"
    return kernel.run(f"{mount} && {check} && exit $status")


@pytest.mark.parametrize("kind", MOUNTS)
def test_sha256sum_finds_every_file_of_a_mounted_image_right(kernel: Any, share: Path, kind: str) -> None:
    # names with control characters are others in UDF, as is one that begins or ends with a space
    names = NAMES if kind == "iso9660" else tuple(name for name in NAMES if name.isprintable() and "\\" not in name)
    image, _ = make(share, names)
    checked = sums(kernel, image, kind)
    assert checked.status == 0, checked.output
    assert checked.output.count(": OK") == len(names)


def test_sha256sum_finds_the_file_in_which_a_bit_is_wrong(kernel: Any, share: Path) -> None:
    image, lba = make(share, NAMES)
    data = bytearray(image.read_bytes())
    data[lba * SECTOR] ^= 1
    image.write_bytes(data)
    checked = sums(kernel, image, "iso9660")
    assert checked.status == 1
    assert checked.output.count(": OK") == len(NAMES) - 1
    assert "plain: FAILED" in checked.output

"""Every form of UDF that we write, read back, and taken as what something is added to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from discstack.fs.base import Base
from discstack.fs.bridge import build_image
from discstack.fs.image import Image
from discstack.fs.nodes import File
from discstack.fs.options import BRIDGE, ImageOptions
from discstack.fs.reading.view import VolumeView
from discstack.fs.reading.volume import read_volume
from discstack.fs.tree import Directory
from discstack.fs.view import View

REVISIONS = (0x0102, 0x0150, 0x0200, 0x0201, 0x0250, 0x0260)
FORMS = [(revision, vat) for revision in REVISIONS for vat in (False, True) if revision > 0x0102 or not vat]
VIEWS = pytest.mark.parametrize("views", [BRIDGE, frozenset({View.UDF})], ids=["bridge", "alone"])


@pytest.fixture
def tree(odd_tree: Path) -> Directory:
    root = Directory()
    root.add_tree(odd_tree)
    root.create_symlink("link", "../d1/./d2")
    root.create_hard_link("hard", root["sizes/100000"])  # type: ignore[type-var]
    return root


@VIEWS
@pytest.mark.parametrize(("revision", "vat"), FORMS, ids=[f"{revision:x}{'+vat' * vat}" for revision, vat in FORMS])
def test_every_revision_is_read_back_and_added_to(
    revision: int, vat: bool, views: frozenset[View], tree: Directory, plain: Any
) -> None:
    wanted = plain(tree)
    options: dict[str, Any] = {"views": views, "udf_revision": revision, "udf_vat": vat, "udf_specials": True}
    image = build_image(tree, ImageOptions(**options))
    volume = read_volume(image, view=VolumeView.UDF)
    assert volume.notes == ()
    assert plain(volume.root) == wanted
    link = volume.root["hard"].link  # type: ignore[union-attr]
    assert link is not None
    assert link == volume.root["sizes/100000"].link  # type: ignore[union-attr]
    end = -(-image.sectors // 32) * 32 + 320
    for base in (Base(image, end, grow=True), Base(image, end)):
        if vat and base.grow:
            continue  # what grows is no medium for a virtual allocation table
        check_addition(image, base, options, wanted, plain)


def check_addition(image: Image, base: Base, options: dict[str, Any], wanted: dict[str, Any], plain: Any) -> None:
    """Read, add, take away, read again."""
    root = read_volume(image, view=VolumeView.UDF).root
    new = root.create_file("new", b"new" * 3000)
    root.remove("readme")
    added = build_image(root, ImageOptions(**options, base=base))
    volume = read_volume(added, view=VolumeView.UDF)
    assert volume.start == added.start
    assert volume.notes == ()
    expected = {path: data for path, data in wanted.items() if path != "readme"} | {"new": b"new" * 3000}
    assert plain(volume.root) == expected
    old = volume.root["sizes/100000"]
    assert isinstance(old, File)
    assert old.source.extents[0].lba < image.sectors  # type: ignore[attr-defined]
    assert new.size == 9000

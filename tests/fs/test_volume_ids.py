"""The identifiers and fields of a volume that are not texts alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from discstack.fs.bridge import build_image
from discstack.fs.errors import LayoutError
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory
from discstack.fs.view import View

ISO_JOLIET = frozenset({View.ISO9660, View.JOLIET})
FILES = {"copyright_file": "COPYING", "abstract_file": "about this.text", "bibliographic_file": "biblio.txt"}


def tree() -> Directory:
    root = Directory()
    for name in FILES.values():
        root.create_file(name, b"")
    return root


def test_files_about_the_volume_are_named_as_they_are_recorded(reader: type[Any]) -> None:
    image = build_image(tree(), ImageOptions(views=ISO_JOLIET, **FILES))
    fields = ((702, "COPYING.;1", "COPYING;1"), (739, "ABOUT_THIS.TEXT;1", "about this.text;1"))
    primary, joliet = reader(image, 16).volume, reader(image, 17).volume
    for start, in_iso, in_joliet in fields:
        assert primary[start : start + 37] == in_iso.encode().ljust(37)
        assert joliet[start : start + 36].decode("utf-16-be").rstrip() == in_joliet
    assert image.issues == ()


def test_file_about_the_volume_must_be_in_the_root() -> None:
    root = tree()
    root.create_directory("sub").create_file("LICENSE", b"")
    for name in ("LICENSE", "sub", "sub/LICENSE", "copying"):
        with pytest.raises(LayoutError, match="copyright file: there is no file"):
            build_image(root, ImageOptions(copyright_file=name))


def test_file_name_that_does_not_fit_joliets_field_is_reported() -> None:
    root = tree()
    root.create_file("a name of 20 letters", b"")
    (issue,) = build_image(root, ImageOptions(views=ISO_JOLIET, abstract_file="a name of 20 letters")).issues
    assert str(issue).endswith("Joliet: abstract file: none, there is no room for a name of 20 letters")


def test_file_name_that_does_not_fit_level_4s_field_is_refused() -> None:
    root = Directory()
    root.create_file("c" * 38, b"")
    with pytest.raises(LayoutError, match="copyright file"):
        build_image(root, ImageOptions(iso_level=4, copyright_file="c" * 38))


def test_volume_of_a_set_says_so_in_all_its_records(reader: type[Any]) -> None:
    root = tree()
    root.create_directory("sub")
    image = build_image(root, ImageOptions(views=ISO_JOLIET, volume_set_size=3, volume_sequence_number=2))
    for descriptor in (16, 17):
        volume = reader(image, descriptor)
        assert volume.volume[120:128] == bytes.fromhex("03 00 00 03 02 00 00 02")
        records = list(volume.records(volume.sector(int.from_bytes(volume.volume[158:162], "little"))))
        assert {record[28:32] for record in (*records, volume.volume[156:190])} == {bytes.fromhex("02 00 00 02")}


@pytest.mark.parametrize(("size", "number"), [(1, 2), (0, 0), (65536, 1), (2, 0)])
def test_volume_that_its_set_does_not_have_is_refused(size: int, number: int) -> None:
    with pytest.raises(LayoutError, match="volume"):
        build_image(Directory(), ImageOptions(volume_set_size=size, volume_sequence_number=number))


@pytest.mark.parametrize(("level", "escape"), [(1, b"%/@"), (2, b"%/C"), (3, b"%/E")])
def test_joliet_names_its_level(level: int, escape: bytes, tmp_path: Path, tool: Callable[..., str]) -> None:
    image = build_image(tree(), ImageOptions(views=ISO_JOLIET, joliet_level=level))
    image.write_to(tmp_path / "image.iso")
    buffer = bytearray(2048)
    image.read_at(17, buffer)
    assert buffer[88:91] == escape
    assert f"Joliet with UCS level {level} found" in tool("isoinfo", "-d", "-i", tmp_path / "image.iso")


def test_levels_that_are_not_known_are_refused() -> None:
    with pytest.raises(LayoutError, match="Joliet level 4"):
        build_image(tree(), ImageOptions(joliet_level=4))
    with pytest.raises(LayoutError, match="ISO 9660 level 5"):
        build_image(tree(), ImageOptions(iso_level=5))


def test_level_4_has_an_enhanced_volume_descriptor_with_the_same_hierarchy(reader: type[Any]) -> None:
    image = build_image(tree(), ImageOptions(views=frozenset({View.ISO9660}), iso_level=4))
    buffers = [bytearray(2048) for _ in range(3)]
    for lba, buffer in enumerate(buffers, 16):
        image.read_at(lba, buffer)
    primary, enhanced, terminator = buffers
    assert (enhanced[0], enhanced[6], enhanced[881], terminator[0]) == (2, 2, 2, 255)
    assert primary[8:881] == enhanced[8:881]
    assert list(reader(image).entries()) == ["COPYING", "about this.text", "biblio.txt"]

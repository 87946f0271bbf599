"""The Linux kernel shows the names of ISO 9660 and of Joliet as they are recorded and reported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from discstack.fs.bridge import build_image
from discstack.fs.options import ImageOptions
from discstack.fs.tree import Directory
from discstack.fs.view import View

Survey = dict[str, dict[str, Any]]
PARTS = ("names", "odd names", "name of byte 1", "longest names", "times", "deep", "wide")
ISO: dict[str, dict[str, Any]] = {f"level {level}": {"iso_level": level} for level in range(1, 5)}
JOLIET: dict[str, dict[str, Any]] = {
    "64 characters": {},
    "103 characters": {"joliet_long": True},
    "level 1": {"joliet_level": 1},
    "level 2": {"joliet_level": 2},
}


@pytest.fixture
def mounted(
    awkward: Callable[..., Path],
    survey: Callable[[Path], Survey],
    as_reported: Callable[..., Survey],
    guest_python: Callable[..., str],
    share: Path,
) -> Callable[..., tuple[Survey, Survey]]:
    """Gives what an image is to show under the names reported for a view, and what the kernel shows of it."""

    def mount(view: View, options: str, **form: Any) -> tuple[Survey, Survey]:
        folder, root, path = awkward(*PARTS), Directory(), share / "image.iso"
        root.add_tree(folder)
        image = build_image(root, ImageOptions(views=frozenset({View.ISO9660, view}), rock_ridge=None, **form))
        image.write_to(path)
        seen = json.loads(guest_python("look.py", path, "iso9660", f"ro,norock,{options}"))
        source = {name: kept(entry) for name, entry in survey(folder).items()}
        return as_reported(source, image, view), {name: kept(entry) for name, entry in seen["tree"].items()}

    return mount


def kept(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: entry[name] for name in ("kind", "size", "digest", "mtime") if name in entry}


@pytest.mark.parametrize("form", JOLIET.values(), ids=JOLIET)
def test_kernel_sees_joliet(form: dict[str, Any], mounted: Callable[..., tuple[Survey, Survey]]) -> None:
    expected, found = mounted(View.JOLIET, "check=strict,iocharset=utf8", **form)
    assert found == expected


@pytest.mark.parametrize("form", ISO.values(), ids=ISO)
def test_kernel_sees_iso_9660(form: dict[str, Any], mounted: Callable[..., tuple[Survey, Survey]]) -> None:
    expected, found = mounted(View.ISO9660, "nojoliet,map=off", **form)
    if form["iso_level"] < 4:
        expected = {path.upper(): entry for path, entry in expected.items()}
        found = {path.removesuffix(";1").removesuffix(".") or ".": entry for path, entry in found.items()}
    assert found == expected

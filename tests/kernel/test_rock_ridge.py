"""The Linux kernel mounts awkward trees in every form of Rock Ridge."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from discstack.fs.bridge import build_image
from discstack.fs.options import ImageOptions, RockRidge
from discstack.fs.rrip import MAX_NAME
from discstack.fs.tree import Directory
from discstack.fs.view import View

FORMS: dict[str, dict[str, Any]] = {
    "level 1": {"iso_level": 1},
    "level 3": {},
    "level 4": {"iso_level": 4},
    "1.10": {"rock_ridge": RockRidge(version="1.10")},
    "relocated": {"rock_ridge": RockRidge(relocation=True)},
    "long times": {"rock_ridge": RockRidge(long_times=True)},
    "rationalized": {"rationalize": True},
    "bridge": {"views": frozenset(View)},
}
# Not "name of byte 1": isofs lists it and then takes it for ".."
PARTS = ("names", "odd names", "longest names", "attributes", "hard links", "special files", "links", "slashed links")
PARTS += ("large devices", "long links", "times", "late times", "far times", "deep", "wide")
FIELDS = ("kind", "size", "digest", "mode", "uid", "gid", "links", "target", "device", "mtime")
LONGEST = 253  # bytes of a name; of a longer one isofs leaves out the second NM
SECOND = 10**9


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_kernel_sees_all_that_rock_ridge_keeps(
    form: dict[str, Any],
    awkward: Callable[..., Path],
    survey: Callable[[Path], dict[str, Any]],
    guest_python: Callable[..., str],
    share: Path,
) -> None:
    folder, root, image = awkward(*PARTS), Directory(), share / "image.iso"
    root.add_tree(folder)
    build_image(root, ImageOptions(**{"views": frozenset({View.ISO9660}), **form})).write_to(image)
    seen = json.loads(guest_python("look.py", image, "iso9660", "ro"))
    usual = {"Microsoft Joliet Level 3", "RRIP_1991A" if "1.10" in repr(form) else "IEEE_P1282"}
    assert {line.removeprefix("ISO 9660 Extensions: ") for line in seen["messages"]} <= usual
    source = {shown(path): entry for path, entry in survey(folder).items()}
    expected = {path: as_isofs_has_it(path, entry, form) for path, entry in source.items()}
    found = {path: as_isofs_has_it(path, entry, {}) for path, entry in seen["tree"].items()}
    if "long_times=True" in repr(form):  # isofs takes the long form for the short one
        for entry in (*expected.values(), *found.values()):
            entry.pop("mtime", None)
    assert found == expected


def shown(path: str) -> str:
    """Return the path with the names that isofs shows."""
    return os.fsdecode(
        b"/".join(name if len(name) <= LONGEST else name[:MAX_NAME] for name in os.fsencode(path).split(b"/"))
    )


def as_isofs_has_it(path: str, entry: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    """Return what is to be seen of an entry: times have 32 bits, and only the short form of them is known."""
    kept = {name: entry[name] for name in FIELDS if name in entry}
    seconds = kept["mtime"] // SECOND
    kept["mtime"] = (seconds + (1 << 31)) % (1 << 32) - (1 << 31)
    if "far times/" in path:
        del kept["mtime"]
    if kept["kind"] == "directory":  # not all file systems count a directory's links
        del kept["links"]
    if form.get("rationalize"):
        execute = 0o111 if kept["kind"] == "directory" or kept["mode"] & 0o111 else 0
        kept |= {"mode": 0o444 | execute, "uid": 0, "gid": 0}
    return kept

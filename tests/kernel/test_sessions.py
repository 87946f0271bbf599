"""Sessions and grown volumes in the Linux kernel: isofs and udf, told where the last session starts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

import discstack

# What isofs and udf are told about where a session starts
MOUNTS = {"iso9660": "sbsector={start}", "udf": "session={start}"}


def burnt(medium: str, path: Path) -> tuple[int, dict[str, bytes]]:
    """Burn three sessions, in each of which one file is new and one of the session before is gone."""
    wanted = dict[str, bytes]()
    start = 0
    with discstack.open(f"virtual:{medium}?file={path}&capacity=60000") as recorder:
        for number in (1, 2, 3):
            image = discstack.FileSystemImage()
            if number > 1:
                image.import_file_system(recorder)
                image.root.remove(f"only {number - 1}")
                del wanted[f"only {number - 1}"]
            image.choose_defaults(recorder)
            new = {f"only {number}": b"%d" % number, f"kept {number}": bytes([number]) * 50_000 * number}
            for name, data in new.items():
                image.root.create_file(name, data)
            wanted |= new
            planned = image.create_result()
            discstack.DataWriter(recorder).write(planned)
            start = planned.start
    return start, wanted


@pytest.mark.parametrize("medium", ["cd-r", "dvd+r", "bd-r", "dvd+rw", "bd-re"])
def test_kernel_mounts_the_last_session(medium: str, share: Path, guest_python: Callable[..., str]) -> None:
    start, wanted = burnt(medium, share / "disc")
    for kind, options in MOUNTS.items():
        words = f"ro,{options.format(start=start)}" if start else "ro"
        seen = json.loads(guest_python("look.py", share / "disc", kind, words))["tree"]
        found = {path: entry["digest"] for path, entry in seen.items() if entry["kind"] == "file"}
        assert found == {path: hashlib.sha256(data).hexdigest() for path, data in wanted.items()}

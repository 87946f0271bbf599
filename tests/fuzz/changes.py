"""What is done to a tree before it becomes the next session or the grown image of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hypothesis import strategies as st

from discstack.fs.tree import Directory


@dataclass(frozen=True)
class Change:
    """One step: `number` picks the node it is about from all paths in order."""

    kind: Literal["add", "remove", "rename"]
    number: int
    name: str
    size: int


def apply(changes: Sequence[Change], root: Directory) -> None:
    """Do what can be done of it; the same to every tree with the same paths."""
    for change in changes:
        paths = sorted(node.path for node in root.walk())
        if change.kind == "add" or not paths:
            folders = [root, *(node for node in map(root.find, paths) if isinstance(node, Directory))]
            folder = folders[change.number % len(folders)]
            if change.name not in folder:
                folder.create_file(change.name, b"added"[: change.size] * change.size)
            continue
        path = paths[change.number % len(paths)]
        if change.kind == "remove":
            root.remove(path)
        elif f"{path.rpartition('/')[0]}/{change.name}" not in root:
            root.rename(path, change.name)


def changes(names: st.SearchStrategy[str]) -> st.SearchStrategy[list[Change]]:
    """Few of them."""
    kinds = st.sampled_from(["add", "remove", "rename"])
    return st.lists(
        st.builds(Change, kinds, st.integers(0, 30), names, st.sampled_from([0, 1, 700, 5000])), min_size=1, max_size=4
    )

"""What Rock Ridge knows and the view beside it may not: links, special files, owners and permissions."""

from __future__ import annotations

from discstack.fs.nodes import File, Leaf, Special, Symlink
from discstack.fs.reading.notes import Notes, Oddity
from discstack.fs.tree import Directory, Node


def complete(tree: Directory, rock_ridge: Directory, notes: Notes) -> None:
    """Put into a tree the links and special files that only Rock Ridge has of the same volume, and tell of them.

    Names and data stay those of the tree. Files and directories without a namesake there, which its view hides or
    spells otherwise, are only told of.
    """
    added, alone = 0, list[Node]()
    stack = [(tree, rock_ridge)]
    while stack:
        target, found = stack.pop()
        _describe(target, found)
        missing = list[Leaf]()
        for child in found.children():
            own = target.find(child.name)
            if isinstance(own, Directory) and isinstance(child, Directory):
                stack.append((own, child))
            elif isinstance(own, File) and isinstance(child, File):
                _describe(own, child)
                own.link = own.link or child.link
                if child.size and not own.size:  # genisoimage's boot catalogue in UDF
                    own.source = child.source
                    notes.add(Oddity.INCONSISTENT, child.path, "it has data in Rock Ridge alone; taken from there")
            elif isinstance(child, Symlink | Special) and _stands_for_nothing(own):
                child.parent = target
                missing.append(child)
            elif own is None:
                alone.append(child)
        target.take(missing)
        added += len(missing)
    if added:
        notes.add(Oddity.INCOMPLETE, "/", f"{added} links and special files are in Rock Ridge alone; taken")
    if alone:
        example = min(node.path for node in alone)
        notes.add(Oddity.INCOMPLETE, "/", f"{len(alone)} names are in Rock Ridge alone, such as {example}; left out")


def _stands_for_nothing(node: Node | None) -> bool:
    """Tell whether nothing, or an empty file as some writers have it, is in the place of a link."""
    return node is None or (isinstance(node, File) and not node.size)


def _describe(node: Node, found: Node) -> None:
    hidden = node.hidden or found.hidden
    node.attributes = found.attributes or node.attributes
    node.hidden = hidden
    node.times = found.times or node.times

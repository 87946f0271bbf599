"""What Rock Ridge knows and UDF beside it may not: names, links, special files, owners and permissions."""

from __future__ import annotations

from collections.abc import Iterator

from discstack.fs.nodes import File, Leaf, Special, Symlink
from discstack.fs.reading.extents import MediumSource
from discstack.fs.reading.notes import Notes, Oddity
from discstack.fs.tree import Directory, Node
from discstack.fs.udf.cs0 import decode
from discstack.fs.udf.names import file_identifiers


def complete(tree: Directory, rock_ridge: Directory, notes: Notes) -> None:
    """Put into the tree of UDF what only Rock Ridge has of the same volume: links and special files; tell of them.

    Data stays that of the tree. What UDF had to spell otherwise gets the name that Rock Ridge has. Files and
    directories that UDF has not at all, which hides them, are only told of.
    """
    added, renamed, alone = 0, 0, list[Node]()
    stack = [(tree, rock_ridge)]
    while stack:
        target, found = stack.pop()
        _describe(target, found)
        for name, spelled in list(_spelled_otherwise(target, found)):
            target.rename(spelled, name)
            renamed += 1
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
            elif isinstance(own, Symlink | Special) and type(own) is type(child):
                _describe(own, child)
            elif isinstance(child, Symlink | Special) and _stands_for_nothing(own):
                child.parent = target
                missing.append(child)
            elif own is None:
                alone.append(child)
            else:
                notes.add(Oddity.INCONSISTENT, child.path, "it is of another kind in Rock Ridge; taken from UDF")
        target.take(missing)
        added += len(missing)
    if renamed:
        notes.add(Oddity.NAME, "/", f"{renamed} names are others in UDF; those of Rock Ridge taken")
    if added:
        notes.add(Oddity.INCOMPLETE, "/", f"{added} links and special files are in Rock Ridge alone; taken")
    if alone:
        example = min(node.path for node in alone)
        notes.add(Oddity.INCOMPLETE, "/", f"{len(alone)} names are in Rock Ridge alone, such as {example}; left out")


def _spelled_otherwise(target: Directory, found: Directory) -> Iterator[tuple[str, str]]:
    """Yield names of Rock Ridge, and what stands for them in the same directory of UDF.

    That is what this library makes of such names, or else a file with the same data: other writers have other ways.
    """
    left = {node.name: node for node in target.children() if node.name not in found}
    unknown = [node for node in found.children() if left and node.name not in target]
    by_place = {_place(node): name for name, node in left.items() if _place(node) is not None}
    identifiers = file_identifiers(sorted(node.name for node in found.children())) if unknown else ([], [])
    names = dict(zip(sorted(node.name for node in found.children()), map(decode, identifiers[0]), strict=False))
    for node in unknown:
        for spelled in (names[node.name], by_place.get(_place(node))):
            if spelled in left and type(node) is type(left[spelled]):
                del left[spelled]
                yield node.name, spelled
                break


def _place(node: Node) -> tuple[int, int] | None:
    """Return where the data of a file starts and how long it is, None without any."""
    source = node.source if isinstance(node, File) else None
    if not isinstance(source, MediumSource) or not source.extents:
        return None
    return source.extents[0].lba, source.size


def _stands_for_nothing(node: Node | None) -> bool:
    """Tell whether nothing, or an empty file as some writers have it, is in the place of a link."""
    return node is None or (isinstance(node, File) and not node.size)


def _describe(node: Node, found: Node) -> None:
    hidden = node.hidden or found.hidden
    node.attributes = found.attributes or node.attributes
    node.hidden = hidden
    node.times = found.times or node.times

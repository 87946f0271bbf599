"""What Rock Ridge knows and UDF beside it may not: names, links, special files, owners and permissions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from discstack.fs.nodes import File, Leaf, Special, Symlink
from discstack.fs.reading.extents import MediumSource
from discstack.fs.reading.notes import Notes, Oddity
from discstack.fs.tree import Directory, Node
from discstack.fs.udf.cs0 import decode
from discstack.fs.udf.names import file_identifiers

_Nodes: TypeAlias = Mapping[str, Node]
_ODD: Final = re.compile("[^A-Za-z0-9.]")  # what one writer or another puts something else in the place of


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
        notes.add(
            Oddity.INCOMPLETE, "/", f"links and special files that only Rock Ridge has: {added}; taken from there"
        )
    if alone:
        example = min(node.path for node in alone)
        notes.add(Oddity.INCOMPLETE, "/", f"names that only Rock Ridge has: {len(alone)}, such as {example}; left out")


def _spelled_otherwise(target: Directory, found: Directory) -> Iterator[tuple[str, str]]:
    """Yield names of Rock Ridge, and what stands for them in the same directory of UDF.

    That is what this library makes of such names. Other writers have other ways: there it is what has the same data, or
    files with the same data in it, or else the only thing of its kind whose name differs in odd characters alone.
    """
    left = {node.name: node for node in target.children() if node.name not in found}
    unknown = {node.name: node for node in found.children() if left and node.name not in target}
    if not unknown:
        return
    children = sorted(node.name for node in found.children())
    ours = dict(zip(children, map(decode, file_identifiers(children)[0]), strict=True))
    for pairs in (ours.items(), _same_data(unknown, left), _same_files(unknown, left), _alike(unknown, left)):
        for name, spelled in pairs:
            if name in unknown and spelled in left and type(unknown[name]) is type(left[spelled]):
                del unknown[name], left[spelled]
                yield name, spelled


def _same_data(unknown: _Nodes, left: _Nodes) -> Iterator[tuple[str, str]]:
    by_place = {_place(node): name for name, node in left.items()}
    for name, node in list(unknown.items()):
        place = _place(node)
        if place in by_place and place is not None:
            yield name, by_place[place]


def _same_files(unknown: _Nodes, left: _Nodes) -> Iterator[tuple[str, str]]:
    """Pair directories by the data of the files in them, where no others have the same."""
    ours, theirs = (_by_files(nodes) for nodes in (unknown, left))
    for places in ours.keys() & theirs.keys():
        if len(ours[places]) == len(theirs[places]) == 1:
            yield ours[places][0], theirs[places][0]


def _by_files(nodes: _Nodes) -> dict[frozenset[tuple[int, int]], list[str]]:
    found = dict[frozenset[tuple[int, int]], list[str]]()
    for name, node in nodes.items():
        if isinstance(node, Directory) and (places := _places(node)):
            found.setdefault(places, []).append(name)
    return found


def _alike(unknown: _Nodes, left: _Nodes) -> Iterator[tuple[str, str]]:
    """Pair what has no data of its own to tell it by, where only one name is the same but for odd characters."""
    ours, theirs = (_by_letters(nodes) for nodes in (unknown, left))
    for letters in ours.keys() & theirs.keys():
        if len(ours[letters]) == len(theirs[letters]) == 1:
            yield ours[letters][0], theirs[letters][0]


def _by_letters(nodes: _Nodes) -> dict[tuple[type[Node], str], list[str]]:
    found = dict[tuple[type[Node], str], list[str]]()
    for name, node in nodes.items():
        if not _places(node):
            found.setdefault((type(node), _ODD.sub("_", name)), []).append(name)
    return found


def _places(node: Node) -> frozenset[tuple[int, int]]:
    """Return where the data of a file, or of the files in a directory, lies."""
    places = map(_place, node.children() if isinstance(node, Directory) else (node,))
    return frozenset(place for place in places if place is not None)


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

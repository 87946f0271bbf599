"""Walking a directory hierarchy of ECMA-119 into a tree: ISO 9660, ISO 9660:1999, Rock Ridge or Joliet."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Final

from discstack.fs.attributes import DEVICES, Kind
from discstack.fs.ecma119 import DIRECTORY, EXISTENCE, MULTI_EXTENT, PARENT, SELF
from discstack.fs.nodes import File, Leaf, Special, Symlink
from discstack.fs.reading.blocks import Blocks, Medium
from discstack.fs.reading.ecma119 import Record, directory_records, parse_record
from discstack.fs.reading.extents import Extent, MediumSource, join
from discstack.fs.reading.names import Names, text, too_deep
from discstack.fs.reading.notes import Oddity
from discstack.fs.reading.rock_ridge import RockRidge
from discstack.fs.reading.susp import fields
from discstack.fs.tree import Directory

ASSOCIATED: Final = 0x04  # file flags, 9.1.6
RELOCATION: Final = frozenset({"rr_moved", "RR_MOVED", ".rr_moved"})
_KINDS: Final = frozenset(Kind)

Spell = Callable[[bytes], str]


class HierarchyWalk:
    """One walk over a hierarchy.

    `spell` turns an identifier into a name. `skip` is the number of bytes to be skipped in every System Use area; None
    means that the records are read without Rock Ridge. `heard` is told of every directory that has been read.
    """

    def __init__(
        self, blocks: Blocks, medium: Medium, heard: Callable[[Directory], None], spell: Spell, skip: int | None = None
    ) -> None:
        self._blocks, self._medium = blocks, medium
        self._heard = heard
        self._notes = blocks.notes
        self._spell, self._skip = spell, skip
        self._token = object()  # hard links are links within one reading
        self._visited = set[int]()
        self._relocated = False

    def read(self, root: Record) -> Directory:
        """Return the tree below a root's directory record."""
        top = Directory(mtime_ns=root.date)
        self._describe_root(top, root)
        stack = [(root, top)]
        while stack:
            record, directory = stack.pop()
            if record.lba in self._visited:
                where = directory.path
                self._notes.add(Oddity.LOOP, where, f"the directory at sector {record.lba} has other names; left empty")
                continue
            self._visited.add(record.lba)
            below = list(self._fill(directory, record))
            stack.extend(reversed(below))
            self._heard(directory)
        self._drop_relocation(top)
        return top

    def _describe_root(self, top: Directory, root: Record) -> None:
        sector = self._blocks.sector(root.lba)
        if self._skip is None or sector is None or not sector[0]:
            return
        own = parse_record(sector, 0, "/", self._notes)
        if own is not None:
            rock = self._rock(own, "/", root=True)
            self._describe(top, own, rock)

    def _rock(self, record: Record, where: str, *, root: bool = False) -> RockRidge | None:
        if self._skip is None:
            return None
        area = record.system_use if root else record.system_use[self._skip :]
        return RockRidge(fields(self._blocks, area, where), where, self._notes)

    @staticmethod
    def _describe(directory: Directory, record: Record, rock: RockRidge | None) -> None:
        directory.mtime_ns = record.date
        if rock is not None:
            directory.mtime_ns = rock.stamps.get("modify", record.date)
            directory.attributes, directory.times = rock.attributes, rock.times
        directory.hidden = bool(record.flags & EXISTENCE)

    def _fill(self, directory: Directory, record: Record) -> Iterator[tuple[Record, Directory]]:
        """Put the leaves of a directory into it; yield the directories below."""
        where = directory.path
        names = Names(directory, self._notes)
        leaves = list[Leaf]()
        for found, extents in self._whole(record, where):
            rock = self._rock(found, where)
            if rock is not None and rock.relocated:
                continue
            name = self._spell(found.identifier) if rock is None or rock.name is None else text(rock.name)
            name = names.give(name, text(found.identifier) if self._skip is None else name)
            child = self._child(found, rock, where)
            if child is None:
                leaf = self._leaf(directory, name, found, extents, rock, where)
                leaf.hidden = bool(found.flags & EXISTENCE)
                leaves.append(leaf)
            elif not too_deep(directory, name, self._notes):
                below = directory.create_directory(name)
                self._describe(below, found, rock)
                yield child, below
        directory.take(leaves)

    def _whole(self, directory: Record, where: str) -> Iterator[tuple[Record, list[Extent]]]:
        """Yield the last record of every file with all of the file's extents, ECMA-119 6.5.1."""
        extents, before = list[Extent](), None
        for record in directory_records(self._blocks, directory, where):
            if record.identifier in (SELF, PARENT):
                continue
            if record.flags & ASSOCIATED or record.interleaved:
                what = "associated file" if record.flags & ASSOCIATED else "interleaved file"
                self._notes.add(Oddity.UNSUPPORTED, where, f"{what} {record.identifier!r}; left out")
                continue
            if before is not None and before.identifier != record.identifier:
                self._notes.add(Oddity.MALFORMED, where, f"{before.identifier!r} has no last extent; taken as it is")
                yield before, extents
                extents, before = [], None
            extents.append(Extent(record.lba, record.length))
            if record.flags & MULTI_EXTENT and not record.flags & DIRECTORY:
                before = record
                continue
            yield record, extents
            extents, before = [], None
        if before is not None:
            self._notes.add(Oddity.MALFORMED, where, f"{before.identifier!r} has no last extent; taken as it is")
            yield before, extents

    def _child(self, record: Record, rock: RockRidge | None, where: str) -> Record | None:
        """Return the record of the directory that a record stands for, None if it stands for none."""
        if rock is not None and rock.child is not None:
            sector = self._blocks.sector(rock.child)
            own = None if sector is None else parse_record(sector, 0, where, self._notes)
            if own is None or own.lba != rock.child:
                self._notes.add(Oddity.MALFORMED, where, f"no directory at sector {rock.child}; taken for a file")
                return None
            self._relocated = True
            return own
        return record if record.flags & DIRECTORY else None

    def _leaf(
        self,
        directory: Directory,
        name: str,
        record: Record,
        extents: list[Extent],
        rock: RockRidge | None,
        where: str,
    ) -> Leaf:
        if rock is None:
            return File(name, directory, self._source(directory, name, record.date, extents), record.date)
        time = rock.stamps.get("modify", record.date)
        common = (time, rock.attributes, rock.times, self._link(rock, record))
        if rock.kind == Kind.SYMBOLIC_LINK and rock.target and b"\0" not in rock.target:
            return Symlink(name, directory, rock.target, *common)
        if rock.kind in _KINDS and rock.kind != Kind.SYMBOLIC_LINK and (rock.kind not in DEVICES or rock.device):
            return Special(name, directory, Kind(rock.kind), rock.device if rock.kind in DEVICES else None, *common)
        if rock.kind in _KINDS:
            self._notes.add(Oddity.MALFORMED, where, f"{name!r} lacks its target or device; taken for a file")
        return File(name, directory, self._source(directory, name, time, extents), *common)

    def _source(self, directory: Directory, name: str, time: int | None, extents: list[Extent]) -> MediumSource:
        source = MediumSource(self._medium, join(extents), directory, name, time)
        if not source.inside:
            self._notes.add(Oddity.OUT_OF_BOUNDS, source.label, "its data; reading it will fail")
        return source

    def _link(self, rock: RockRidge, record: Record) -> Hashable:
        """Return what all names of a file have in common, None for one that has no other."""
        if rock.links < 2 or (rock.serial is None and not record.length):
            return None
        if rock.serial is not None:
            return self._token, rock.serial, record.lba
        # several files may share their data: what is theirs alone must be the same too
        return self._token, record.lba, rock.links, rock.attributes, rock.stamps.get("modify")

    def _drop_relocation(self, top: Directory) -> None:
        """Leave out the directory that only held what was relocated."""
        if not self._relocated:
            return
        for name in RELOCATION:
            found = top.find(name)
            if isinstance(found, Directory) and not len(found):
                top.remove(name)

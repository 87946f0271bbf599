"""Finding the volume of a session and reading its tree: the view that is asked for, or the best one that is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from discstack.fs.errors import VolumeError
from discstack.fs.plan import SECTOR, SYSTEM_AREA
from discstack.fs.reading.blocks import Blocks, Medium
from discstack.fs.reading.boot import FoundCatalog, find_catalog, is_bootable
from discstack.fs.reading.completion import complete
from discstack.fs.reading.ecma119 import PRIMARY, Descriptor, find_descriptors
from discstack.fs.reading.hierarchy import HierarchyWalk
from discstack.fs.reading.names import iso_name, joliet_name, text, wide_text
from discstack.fs.reading.notes import Note, Notes, Oddity
from discstack.fs.reading.rock_ridge import SIGNATURES
from discstack.fs.reading.sessions import last_session
from discstack.fs.reading.susp import skipped_bytes
from discstack.fs.reading.udf.partitions import Virtual
from discstack.fs.reading.udf.volume import LogicalVolume, find_volume
from discstack.fs.reading.udf.walk import UdfWalk
from discstack.fs.reading.view import VolumeView
from discstack.fs.tree import Directory


@dataclass(frozen=True, slots=True)
class Volume:
    """What was read: the tree of one view and what was odd on the way.

    `start` is the first sector of the session, `sectors` the length of the volume as its descriptors have it, counted
    from the start of the medium. `views` are all that the volume has, the best one first. `volume_id` is the view's,
    `primary_id` what ISO 9660's primary volume descriptor has. `boot` is the boot catalogue, if one can be read.
    """

    medium: Medium
    start: int
    sectors: int
    view: VolumeView
    views: tuple[VolumeView, ...]
    volume_id: str
    primary_id: str
    bootable: bool  # by El Torito
    root: Directory
    boot: FoundCatalog | None
    notes: tuple[Note, ...]


class Session:
    """The volume structures of one session, before a view is chosen."""

    def __init__(self, medium: Medium, start: int | None, heard: Callable[[Directory], None]) -> None:
        self.notes = Notes()
        start = last_session(medium, self.notes) if start is None else start
        self.medium, self.start, self._heard = medium, start, heard
        self._blocks = Blocks(medium, self.notes)
        found = find_descriptors(self._blocks, start)
        sound = [descriptor for descriptor in found if self._sound(descriptor)]
        self._primary = next((d for d in sound if d.type == PRIMARY), None)
        self._joliet = next((d for d in sound if d.joliet), None)
        self._enhanced = next((d for d in sound if d.enhanced), None)
        self._skip = None if self._primary is None else self._rock_ridge(self._primary)
        self._logical: LogicalVolume | None = find_volume(self._blocks, start)

    def _sound(self, descriptor: Descriptor) -> bool:
        if descriptor.block_size == SECTOR:
            return True
        where = f"volume descriptor at sector {descriptor.lba}"
        self.notes.add(Oddity.UNSUPPORTED, where, f"blocks of {descriptor.block_size} bytes; only {SECTOR} can be read")
        return False

    def _rock_ridge(self, primary: Descriptor) -> int | None:
        """Return how many bytes of each System Use area to skip, None where there is no Rock Ridge."""
        data = self._blocks.sector(primary.root.lba)
        if data is None or not data[0]:
            return None
        area = data[34 : data[0]]
        skip = skipped_bytes(area)
        if skip is None and area[:2] in SIGNATURES:
            self.notes.add(Oddity.MALFORMED, "/", "Rock Ridge without SP; nothing is skipped")
            return 0
        return skip

    @property
    def views(self) -> tuple[VolumeView, ...]:
        """What can be read, the best view first."""
        there = {
            VolumeView.UDF: self._logical is not None,
            VolumeView.ROCK_RIDGE: self._skip is not None,
            VolumeView.JOLIET: self._joliet is not None,
            VolumeView.ENHANCED: self._enhanced is not None,
            VolumeView.ISO9660: self._primary is not None,
        }
        return tuple(view for view in VolumeView if there[view])

    @property
    def sectors(self) -> int:
        """The length of the volume, from the start of the medium; without ISO 9660 to where its partitions end."""
        if self._primary is None:
            return self.medium.sectors if self._logical is None else min(self._logical.end, self.medium.sectors)
        size = self._primary.volume_space_size
        # counted from the session's start by some, from the medium's by others
        size = size if size > self.start + SYSTEM_AREA else size + self.start
        return min(size, self.medium.sectors)

    def read(self, view: VolumeView) -> Volume | None:
        """Read the tree of a view; None, with a note, if not even its root can be read."""
        root = _READERS[view](self)
        if root is None:
            return None
        identifier = self._volume_id(view)
        return Volume(
            medium=self.medium,
            start=self.start,
            sectors=self.sectors,
            view=view,
            views=self.views,
            volume_id=identifier,
            primary_id=self._volume_id(VolumeView.ISO9660),
            bootable=is_bootable(self._blocks, self.start),
            root=root,
            boot=find_catalog(self._blocks, self.start),
            notes=self.notes.all(),
        )

    def completed(self, volume: Volume) -> Volume:
        """Add to another view's tree what only Rock Ridge has, if that is there."""
        if volume.view is VolumeView.ROCK_RIDGE or VolumeView.ROCK_RIDGE not in volume.views or self._udf_went_on():
            return volume
        rock_ridge = self._read_rock_ridge()
        if rock_ridge is not None:
            complete(volume.root, rock_ridge, self.notes)
        return replace(volume, notes=self.notes.all())

    def _udf_went_on(self) -> bool:
        """Tell whether UDF was written anew behind the volume, as a virtual allocation table lets it: that is older."""
        if self._logical is None or not any(isinstance(part, Virtual) for part in self._logical.entries.partitions):
            return False
        root = self._logical.entries.locate(self._logical.root)
        return root is not None and root >= self.sectors

    def _volume_id(self, view: VolumeView) -> str:
        if view is VolumeView.UDF and self._logical is not None:
            return self._logical.identifier
        if view is VolumeView.JOLIET and self._joliet is not None:
            return wide_text(self._joliet.volume_identifier).rstrip(" \0")
        return "" if self._primary is None else text(self._primary.volume_identifier.rstrip(b" \0"))

    def _udf(self) -> Directory | None:
        return None if self._logical is None else UdfWalk(self._logical, self.medium, self._heard).read()

    def _hierarchy(
        self, descriptor: Descriptor | None, spell: Callable[[bytes], str], skip: int | None = None
    ) -> Directory | None:
        if descriptor is None:
            return None
        return HierarchyWalk(self._blocks, self.medium, self._heard, spell, skip).read(descriptor.root)

    def _read_rock_ridge(self) -> Directory | None:
        return self._hierarchy(self._primary, iso_name, self._skip)

    def _read_joliet(self) -> Directory | None:
        return self._hierarchy(self._joliet, joliet_name)

    def _read_enhanced(self) -> Directory | None:
        return self._hierarchy(self._enhanced, text)

    def _read_iso(self) -> Directory | None:
        primary, enhanced = self._primary, self._enhanced
        shared = primary is not None and enhanced is not None and primary.root.lba == enhanced.root.lba
        return self._hierarchy(primary, text if shared else iso_name)  # ISO 9660:1999 has no version numbers


_READERS: Final[Mapping[VolumeView, Callable[[Session], Directory | None]]] = {
    VolumeView.UDF: Session._udf,
    VolumeView.ROCK_RIDGE: Session._read_rock_ridge,
    VolumeView.JOLIET: Session._read_joliet,
    VolumeView.ENHANCED: Session._read_enhanced,
    VolumeView.ISO9660: Session._read_iso,
}


def read_volume(
    medium: Medium,
    *,
    start: int | None = None,
    view: VolumeView | None = None,
    heard: Callable[[Directory], None] = lambda _: None,
) -> Volume:
    """Read the tree of a session, by default of the last one that can be found, from its best view or the one named.

    Without a view named, links, special files, owners and permissions are taken from Rock Ridge where that is there
    too: the other views may lack them. `heard` is called with every directory when all that it holds directly was read.
    Raises VolumeError where there is nothing to read.
    """
    session = Session(medium, start, heard)
    wanted = session.views if view is None else (view,)
    for candidate in wanted:
        found = session.read(candidate) if candidate in session.views else None
        if found is not None:
            return found if view is not None else session.completed(found)
    there = ", ".join(view.value for view in session.views)
    odd = "".join(f"; {note}" for note in session.notes.all()[:3])
    if view is not None and there:
        raise VolumeError(f"there is no {view.value} that can be read at sector {session.start}, but {there}{odd}")
    raise VolumeError(f"no file system that can be read at sector {session.start}{odd}")

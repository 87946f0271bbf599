"""Places all that starts a machine: the system area, boot record, boot catalogue, boot images, and the backup GPT."""

from __future__ import annotations

from collections.abc import Set
from io import BytesIO
from typing import Final

from discstack.fs.base import Base, StagedSource
from discstack.fs.boot.catalog import Catalog
from discstack.fs.boot.disk import Disk
from discstack.fs.boot.el_torito import BootRecordVolumeDescriptor
from discstack.fs.boot.grown_disk import GrownDisk
from discstack.fs.boot.hidden import HiddenData, SystemArea, source_for
from discstack.fs.boot.images import PlannedImage, plan_image
from discstack.fs.boot.info_table import GRUB2_INFO, TABLE, PatchedSource, Patches, grub2_info, info_table
from discstack.fs.boot.options import BootImage, BootOptions
from discstack.fs.boot.partitions import plan_partitions
from discstack.fs.errors import LayoutError, printable
from discstack.fs.items import DirectoryItem, FileItem, ScatteredItem
from discstack.fs.plan import SECTOR, SYSTEM_AREA, Plan, sectors_for
from discstack.fs.reading.disk import find_disk
from discstack.fs.snapshot import Snapshot
from discstack.fs.sources import MadeSource
from discstack.fs.tree import check_name
from discstack.fs.view import Change, Issue, View

ANCHOR_DISTANCE: Final = 256  # sectors behind UDF's anchor before the end of the volume, UDF 1.02 2.2.3
CATALOG: Final = "El Torito boot catalogue"


class BootEmitter:
    """Everything about booting in one image; with nothing chosen it places an empty system area.

    It is made before the views are, since the catalogue may become a file of the snapshot, and boot images that get a
    boot info table get another source there.
    """

    def __init__(self, options: BootOptions, snapshot: Snapshot, views: Set[View], base: Base | None = None) -> None:
        self._partitions = plan_partitions(options.partitions)
        self._images = [
            plan_image(choice, number, snapshot, self._partitions) for number, choice in enumerate(options.images, 1)
        ]
        self._catalog = Catalog(self._images) if self._images else None
        self._snapshot = snapshot
        chosen = Disk(options, self._images, snapshot, self._partitions)
        self._grown = GrownDisk(base, self._images) if base and base.grow and chosen.table is None else None
        self._disk = self._grown or chosen
        sector = options.boot_sector
        self._sector = source_for(sector.content, "boot sector") if sector else None
        self._udf = View.UDF in views
        self._base = base
        if base is not None and base.start and chosen.table is not None:
            raise LayoutError("only the first session of a disc can be a disk with partitions; leave that out")
        if base is not None and options.partitions and find_disk(base.medium).partitions:
            raise LayoutError("what the image is added to is a disk with partitions, and to these none can be added")
        self._primary = SYSTEM_AREA + (base.start if base else 0)  # sector of the primary volume descriptor
        self._unpatched = list[PlannedImage]()  # those that are right if they stay where they are
        self._shown: FileItem | None = None
        if self._images and View.ISO9660 not in views:
            raise LayoutError("boot images need ISO 9660, whose boot record tells of them; take that view too")
        for image in self._images:
            if isinstance(image.place, ScatteredItem):  # a firmware reads one run
                image.place.gather()
                image.place.source = StagedSource(image.place.source)
            if self._is_right(image):
                self._unpatched.append(image)
            elif image.choice.info_table or image.choice.grub2_info:
                self._patch(image)
        if options.catalog is not None:
            self._shown = self._show_catalog(options.catalog, snapshot)

    @property
    def multiple(self) -> int:
        """The image's length is a multiple of so many sectors."""
        return self._disk.multiple

    @property
    def tail_sectors(self) -> int:
        """How many sectors `place_tail` will take."""
        sectors = self._disk.tail_sectors
        return ANCHOR_DISTANCE if sectors and self._udf else sectors

    def place_descriptors(self, plan: Plan) -> None:
        """Pin the system area, and the boot record as the second of the descriptors that are going to be appended."""
        if self._grown is not None:
            self._grown.keep_partitions(plan)
        plan.pin_region(plan.start, SystemArea(self._disk.label, lambda: self._disk.system_area(plan), self._sector))
        if self._images:
            plan.pin(self._primary + 1, 1, "El Torito boot record", self._boot_record)

    def settle_places(self) -> None:
        """Let boot images tell where they lie that are copied from the medium after all."""
        for image in self._unpatched:
            if isinstance(image.place, FileItem) and not image.place.lba:
                self._patch(image)

    def place_data(self, plan: Plan) -> None:
        """Append the catalogue, the partitions, and the boot images that are no files of the tree."""
        if self._catalog is not None and self._shown is None:
            self._hidden = plan.append(sectors_for(self._catalog.size), CATALOG, self._catalog_bytes)
        for data in self._partitions.values():
            plan.append_region(data)
        for image in self._images:
            if image.choice.partition is not None:
                continue
            if isinstance(image.place, HiddenData) and not self._stays(image.place, plan):
                if image in self._unpatched:
                    self._patch(image)
                elif self._base is not None and self._base.holds(image.place.source):
                    image.place.source = StagedSource(image.place.source)
                plan.append_region(image.place)

    def place_tail(self, plan: Plan) -> None:
        """Append the backup of the GPT, in such a way that UDF's last anchor lies where it may."""
        self._disk.check_size(plan.cursor)
        sectors = self._disk.tail_sectors
        if sectors:
            plan.advance(plan.cursor + self.tail_sectors - sectors)
            plan.append(sectors, "backup GPT", lambda: self._disk.backup(plan))

    def _boot_record(self) -> bytes:
        return bytes(BootRecordVolumeDescriptor((self._shown or self._hidden).lba))

    def _catalog_bytes(self) -> bytes:
        return bytes(self._catalog) if self._catalog is not None else b""

    def _stays(self, place: HiddenData, plan: Plan) -> bool:
        """Leave data where it lies on the medium already, if nothing new must lie there."""
        extents = self._base.extents_of(place.source) if self._base else ()
        if len(extents) != 1 or not plan.is_free(extents[0].lba, place.sectors):
            return False
        place.lba = extents[0].lba
        return True

    def _is_right(self, image: PlannedImage) -> bool:
        """Tell whether a boot image lies on the medium already and tells rightly where."""
        choice, source = image.choice, image.place.source
        extents = self._base.extents_of(source) if self._base else ()
        if len(extents) != 1 or not (choice.info_table or choice.grub2_info):
            return False
        data = bytearray(source.size)
        source.read_whole(memoryview(data))
        return all(data[where] == patch for where, patch in self._patches(choice, extents[0].lba, bytes(data)))

    def _patch(self, image: PlannedImage) -> None:
        """Give a boot image, and all other names that a file has, a source that tells where it lies."""
        place, choice = image.place, image.choice
        copied = self._base is not None and (self._base.holds(place.source) or isinstance(place.source, StagedSource))
        patched = PatchedSource(place.source, lambda data: self._patches(choice, place.lba, data))
        source = StagedSource(patched) if copied else patched
        place.source = source
        if isinstance(place, HiddenData):
            return
        parts = (("table", choice.info_table), ("for GRUB 2", choice.grub2_info))
        detail = f"boot info {' and '.join(part for part, wanted in parts if wanted)}"
        for file in (place,) if place.link is None else self._snapshot.files:
            if file is place or file.link is place.link:
                file.source = source
                self._snapshot.issues.append(Issue(file.path, Change.PATCHED, detail))

    def _patches(self, choice: BootImage, lba: int, data: bytes) -> Patches:
        patches = list[tuple[slice, bytes]]()
        if choice.grub2_info:
            patches.append((GRUB2_INFO, grub2_info(lba)))
            data = data[: GRUB2_INFO.start] + grub2_info(lba) + data[GRUB2_INFO.stop :]
        if choice.info_table:
            patches.append((TABLE, info_table(self._primary, lba, data)))
        return patches

    def _show_catalog(self, path: str, snapshot: Snapshot) -> FileItem:
        """Make the catalogue a file of the tree, of one whole sector or several."""
        if self._catalog is None:
            raise LayoutError("a boot catalogue needs a boot image")
        folder, _, name = path.strip("/").rpartition("/")
        check_name(name)
        directory = snapshot.find(folder)
        if not isinstance(directory, DirectoryItem):
            raise LayoutError(f"the boot catalogue {printable(path)} is to lie in what is no directory of the tree")
        if snapshot.find(path) is not None:
            raise LayoutError(f"the boot catalogue {printable(path)} would take the place of what is in the tree")
        size = sectors_for(self._catalog.size) * SECTOR
        return snapshot.add_file(directory, name, MadeSource(lambda: self._catalog_file(size), size, path))

    def _catalog_file(self, size: int) -> BytesIO:
        return BytesIO(self._catalog_bytes().ljust(size, b"\0"))

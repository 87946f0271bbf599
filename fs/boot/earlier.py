"""Boot images of an earlier session: what they become in the image that is added to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from discstack.fs.boot import mbr
from discstack.fs.boot.el_torito import BLOCK, FLOPPY_SIZES, BootEntry, BootPlatform, Emulation
from discstack.fs.boot.info_table import GRUB2_INFO, TABLE, grub2_info, tells_where
from discstack.fs.boot.options import BootImage, BootOptions
from discstack.fs.errors import SourceError
from discstack.fs.nodes import File
from discstack.fs.plan import SECTOR, SYSTEM_AREA
from discstack.fs.reading.blocks import Medium
from discstack.fs.reading.boot import FoundBootImage, FoundCatalog
from discstack.fs.reading.extents import Extent, MediumSource
from discstack.fs.tree import Directory

HEAD: Final = GRUB2_INFO.stop  # bytes of a boot image that tell about it


@dataclass(frozen=True, slots=True)
class EarlierImage:
    """A boot image of an earlier session, and the path that it had, if it was a file."""

    choice: BootImage
    entry: BootEntry
    source: MediumSource
    path: str | None


@dataclass(frozen=True, slots=True)
class EarlierBoot:
    """All boot images of an earlier session, and where its catalogue was shown, if it was."""

    images: tuple[EarlierImage, ...]
    catalog: str | None

    def options(self, choices: BootOptions, root: Directory) -> BootOptions:
        """Return the choices with these images as they are in a tree now.

        A boot image that has another name now is followed; one that another file has taken the place of is that file;
        one that was removed stays without a name. The catalogue is shown where it was if its directory is still there.
        """
        paths = {id(node.source): node.path for node in root.walk() if isinstance(node, File)}
        images = [_as_it_is(image, paths.get(id(image.source)), root) for image in self.images]
        images[0] = replace(images[0], selection_criteria=b"")  # what a recorded entry has there stays in that
        catalog = choices.catalog or self.catalog
        if choices.catalog is None and catalog is not None:
            folder = root.find(catalog.rpartition("/")[0])
            catalog = catalog if isinstance(folder, Directory) and catalog not in root else None
        return replace(choices, images=images, catalog=catalog)


def _as_it_is(image: EarlierImage, path: str | None, root: Directory) -> BootImage:
    if path is not None:
        return replace(image.choice, path=path, content=None)
    if image.path is None or not isinstance(root.find(image.path), File):
        return image.choice
    entry, choice = image.entry, image.choice
    return BootImage(
        path=image.path,
        platform=choice.platform,
        emulation=entry.emulation,
        load_size=entry.blocks if entry.blocks * BLOCK < image.source.size else None,
        load_segment=entry.load_segment,
        info_table=choice.info_table,
        grub2_info=choice.grub2_info,
        manufacturer=choice.manufacturer,
        bootable=entry.bootable,
        selection_criteria=entry.criteria,
        earlier_lba=entry.lba,
    )


def earlier_boot(catalog: FoundCatalog, medium: Medium, root: Directory, start: int) -> EarlierBoot:
    """Find out what the images of a boot catalogue are: files of the tree, or data without a name.

    The file that shows the catalogue is taken out of the tree, since the next catalogue takes its place. `start` is
    where the session starts.
    """
    files = dict[int, File]()
    for node in root.walk():
        source = node.source if isinstance(node, File) else None
        if isinstance(node, File) and isinstance(source, MediumSource) and source.medium is medium and source.extents:
            files.setdefault(source.extents[0].lba, node)
    shown = files.get(catalog.lba)
    path = None if shown is None else shown.path
    if path is not None:
        root.remove(path)
    images = [_earlier_image(found, medium, files.get(found.entry.lba), start) for found in catalog.images]
    return EarlierBoot(tuple(images), path)


def _earlier_image(found: FoundBootImage, medium: Medium, file: File | None, start: int) -> EarlierImage:
    entry = found.entry
    if file is not None and isinstance(file.source, MediumSource):
        source = file.source
    else:
        file, source = None, _unnamed(found, medium, start)
    head = _start_of(source)
    choice = BootImage(
        content=source,
        platform=found.platform,
        info_table=tells_where(head, start + SYSTEM_AREA, entry.lba, source.size),
        grub2_info=head[GRUB2_INFO] == grub2_info(entry.lba),
        manufacturer=found.manufacturer,
        recorded=entry,
        earlier_lba=entry.lba,
    )
    return EarlierImage(choice, entry, source, None if file is None else file.path)


def _unnamed(found: FoundBootImage, medium: Medium, start: int) -> MediumSource:
    """Return the data of a boot image that no file has; how long it is has to be found out."""
    lba = found.entry.lba
    most = max(medium.sectors - lba, 0) * SECTOR
    head = _start_of(MediumSource(medium, [Extent(lba, min(HEAD, most))], Directory(), "boot image", None))
    size = min(max(_length(found, head, start), found.entry.blocks * BLOCK, SECTOR), most)
    return MediumSource(medium, [Extent(lba, size)], Directory(), "boot image", None)


def _length(found: FoundBootImage, head: bytes, start: int) -> int:
    """Return how many bytes a boot image says that it has, in one way or another; 0 if it does not."""
    entry = found.entry
    if entry.emulation is Emulation.HARD_DISK:
        return mbr.blocks_of(head[: mbr.BLOCK]) * BLOCK
    if entry.emulation is not Emulation.NONE:
        return FLOPPY_SIZES[entry.emulation]
    told = int.from_bytes(head[TABLE][8:12], "little")
    if tells_where(head, start + SYSTEM_AREA, entry.lba, told):
        return told
    if found.platform == BootPlatform.EFI:
        return fat_size(head[:BLOCK])
    return 0


def fat_size(boot_sector: bytes) -> int:
    """Return the length in bytes of a FAT file system by its first sector, 0 if it is none."""
    if len(boot_sector) < BLOCK or boot_sector[510:512] != mbr.SIGNATURE:
        return 0
    sectors = int.from_bytes(boot_sector[19:21], "little") or int.from_bytes(boot_sector[32:36], "little")
    return sectors * int.from_bytes(boot_sector[11:13], "little")


def _start_of(source: MediumSource) -> bytes:
    """Return the first bytes of what may not be readable, filled up with zeros."""
    data = bytearray(min(HEAD, source.size))
    try:
        source.open().read_at(0, memoryview(data))
    except SourceError:
        return bytes(HEAD)
    return bytes(data).ljust(HEAD, b"\0")

"""What makes a disk of an image that grows: its partition tables go on being about all of it, and what they lead to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from discstack.fs.base import Base, KeptRegion
from discstack.fs.boot import gpt, mbr
from discstack.fs.boot.disk import ADDRESS, CYLINDER, GRUB2_BLOCKS
from discstack.fs.boot.images import BLOCKS, PlannedImage
from discstack.fs.plan import SECTOR, SYSTEM_AREA, Plan, sectors_for
from discstack.fs.reading.disk import FoundGpt, FoundPartition, find_disk

_OFFSETS: Final = (0, GRUB2_BLOCKS)  # from where on in its boot image the program of a boot sector loads it


class GrownDisk:
    """The system area of the medium with the end of the image and the boot images' places as they are now.

    A partition that is the image itself goes on being that, and one that was a boot image of the earlier session
    follows it. What others hold stays as it is: nothing else may lie there.
    """

    label = "system area"

    def __init__(self, base: Base, images: Sequence[PlannedImage]) -> None:
        self._found = find_disk(base.medium)
        self._base = base
        self._moved = {
            image.choice.earlier_lba * BLOCKS: image for image in images if image.choice.earlier_lba is not None
        }

    @property
    def multiple(self) -> int:
        """The image's length is a multiple of so many sectors."""
        whole = [p for p in self._found.partitions if self._found.is_whole(p) and not p.in_gpt]
        return CYLINDER if any(not p.blocks % (CYLINDER * BLOCKS) for p in whole) else 1

    @property
    def tail_sectors(self) -> int:
        """How many sectors the disk needs at the very end of the image."""
        found = self._found.gpt
        return 0 if found is None else sectors_for((gpt.blocks_for(found.array) + 1) * gpt.BLOCK)

    def check_size(self, sectors: int) -> None:
        """A partition of an MBR that cannot be as large as the image is as large as it can be."""

    def keep_partitions(self, plan: Plan) -> None:
        """Reserve what lies in other partitions, so that what must lie there is refused."""
        others = (p for p in self._found.partitions if p.sectors.start > SYSTEM_AREA and p.first not in self._moved)
        end = 0
        for partition in sorted(others, key=lambda p: p.first):
            sectors = range(max(partition.sectors.start, end), partition.sectors.stop)
            if sectors:
                label = f"partition {partition.number} of the disk"
                plan.pin_region(sectors.start, KeptRegion(self._base, len(sectors), label))
                end = sectors.stop

    def system_area(self, plan: Plan) -> bytes:
        """Return the first sectors of the image."""
        area, total = bytearray(self._found.area), plan.sectors * BLOCKS
        self._tell_program(area)
        for partition in self._found.partitions:
            if not partition.in_gpt:
                mbr.move_partition(area, partition.number, *self._extent(partition, total), total)
        found = self._found.gpt
        if found is None:
            return bytes(area)
        mbr.move_protection(area, found.disk_blocks, total)
        array = self._array(found, total)
        header = gpt.moved_header(found.header, array, total, my_lba=gpt.PRIMARY, array_lba=found.array_lba)
        for block, data in ((gpt.PRIMARY, header), (found.array_lba, array)):
            area[block * gpt.BLOCK : block * gpt.BLOCK + len(data)] = data
        return bytes(area)

    def backup(self, plan: Plan) -> bytes:
        """Return the last sectors of the image, which end with the backup of the GPT."""
        found, total = self._found.gpt, plan.sectors * BLOCKS
        if found is None:
            return b""
        array, blocks = self._array(found, total), gpt.blocks_for(found.array)
        header = gpt.moved_header(found.header, array, total, my_lba=total - 1, array_lba=total - 1 - blocks)
        padded = array.ljust(blocks * gpt.BLOCK, b"\0") + header.ljust(gpt.BLOCK, b"\0")
        return padded.rjust(self.tail_sectors * SECTOR, b"\0")

    def _tell_program(self, area: bytearray) -> None:
        """Put the new address of a boot image where a boot sector's program has the old one."""
        told = int.from_bytes(area[ADDRESS], "little")
        for before, image in self._moved.items():
            for offset in _OFFSETS:
                if told == before + offset:
                    area[ADDRESS] = (image.place.lba * BLOCKS + offset).to_bytes(8, "little")

    def _extent(self, partition: FoundPartition, total: int) -> tuple[int, int]:
        """Return the first block and the blocks of a partition as it is now, on a disk of `total` blocks."""
        if self._found.is_whole(partition):
            found = self._found.gpt if partition.in_gpt else None
            return 0, total if found is None else partition.blocks + total - found.disk_blocks
        image = self._moved.get(partition.first)
        if image is None or image.place.lba * BLOCKS == partition.first:
            return partition.first, partition.blocks
        return image.place.lba * BLOCKS, image.sectors * BLOCKS

    def _array(self, found: FoundGpt, total: int) -> bytes:
        array = bytearray(found.array)
        for partition in self._found.partitions:
            if partition.in_gpt:
                first, blocks = self._extent(partition, total)
                gpt.move_partition(array, (partition.number - 1) * found.entry_size, first, first + blocks - 1)
        return bytes(array)

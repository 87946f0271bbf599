"""What makes a disk of the image: a boot sector, an MBR, a GPT, with given partitions or the EFI boot images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID, uuid5

from discstack.fs.boot import gpt, mbr
from discstack.fs.boot.el_torito import BootPlatform, Emulation
from discstack.fs.boot.hidden import HiddenData, source_for
from discstack.fs.boot.images import BLOCKS, PlannedImage
from discstack.fs.boot.options import BootAddress, BootOptions, BootSector, PartitionTable, PartitionType
from discstack.fs.boot.partitions import types_in
from discstack.fs.errors import LayoutError
from discstack.fs.plan import SECTOR, SYSTEM_AREA, Plan, sectors_for
from discstack.fs.snapshot import Snapshot

ADDRESS: Final = slice(432, 440)  # where boot sectors look for the BIOS boot image's block
GRUB2_BLOCKS: Final = 4  # blocks of GRUB's boot image that only a CD needs
BACKUP_SECTORS: Final = sectors_for((gpt.ARRAY_BLOCKS + 1) * gpt.BLOCK)
CYLINDER: Final = 512  # sectors; 64 heads of 32 blocks, by which many a BIOS guesses the geometry
ACTIVE: Final = mbr.MbrPartition(mbr.NO_TYPE, 0, 1, active=True)  # a partition to nobody but a BIOS
LABELS: Final = {PartitionTable.MBR: "MBR", PartitionTable.GPT: "MBR and GPT"}
PARTITION_NAME: Final = "EFI boot image"


class Disk:
    """The partition tables over an image; their ids come from the digest of the tree."""

    def __init__(
        self,
        options: BootOptions,
        images: Sequence[PlannedImage],
        snapshot: Snapshot,
        partitions: Mapping[int, HiddenData],
    ) -> None:
        self._options = options
        self._snapshot = snapshot
        self._given = partitions
        self._bios = next((image for image in images if _for_bios(image)), None)
        self._efi = [image for image in images if image.choice.platform == BootPlatform.EFI and not partitions]
        default = PartitionTable.MBR if options.boot_sector or partitions else None
        self.table = options.partition_table or default
        self._types = types_in(self.table, options.partitions) if self.table else {}
        self._code = _boot_code(options.boot_sector, self._bios) if options.boot_sector else b""
        self._check()

    def _check(self) -> None:
        if self._options.force_bootable and self.table is not PartitionTable.GPT:
            raise LayoutError("only a GPT needs a further partition to be active; an MBR has one already")
        if self.table is PartitionTable.GPT and not (self._efi or self._given):
            raise LayoutError("a GPT needs an EFI boot image, which becomes its partition, or other partitions")
        if self.table is PartitionTable.MBR and len(self._efi) >= mbr.ENTRIES:
            raise LayoutError(f"an MBR has room for {mbr.ENTRIES - 1} EFI boot images; take a GPT, or fewer of them")

    def check_size(self, sectors: int) -> None:
        """Refuse an image that is too large for the partition table."""
        if self.table is PartitionTable.MBR and sectors * BLOCKS > mbr.MAX_BLOCKS:
            raise LayoutError("an MBR counts no more than 2 TiB; take a GPT")

    @property
    def multiple(self) -> int:
        """The image's length is a multiple of so many sectors."""
        return CYLINDER if self.table is PartitionTable.MBR else 1

    @property
    def tail_sectors(self) -> int:
        """How many sectors the disk needs at the very end of the image."""
        return BACKUP_SECTORS if self.table is PartitionTable.GPT else 0

    @property
    def label(self) -> str:
        """What lies in the system area."""
        return f"system area with {LABELS[self.table]}" if self.table else "system area"

    def system_area(self, plan: Plan) -> bytes:
        """Return the first sectors of the image."""
        blocks = plan.sectors * BLOCKS
        if self.table is None:
            return b""
        if self.table is PartitionTable.MBR:
            return mbr.master_boot_record(self._boot_code(), self._signature(), blocks, self._mbr_partitions(blocks))
        partitions = [mbr.protective_partition(blocks), *([ACTIVE] if self._options.force_bootable else ())]
        record = mbr.master_boot_record(self._boot_code(), 0, blocks, partitions)
        array = self._gpt_array()
        return record + self._header(blocks, array, gpt.PRIMARY, blocks - 1, gpt.PRIMARY_ARRAY) + array

    def backup(self, plan: Plan) -> bytes:
        """Return the last sectors of the image, which end with the backup of the GPT."""
        blocks = plan.sectors * BLOCKS
        array = self._gpt_array()
        header = self._header(blocks, array, blocks - 1, gpt.PRIMARY, blocks - 1 - gpt.ARRAY_BLOCKS)
        return (array + header).rjust(BACKUP_SECTORS * SECTOR, b"\0")

    def _boot_code(self) -> bytes:
        """Return the boot sector's program with the address that it looks for."""
        sector = self._options.boot_sector
        if sector is None or sector.address is BootAddress.NONE or self._bios is None:
            return self._code
        block = self._bios.place.lba * BLOCKS + (GRUB2_BLOCKS if sector.address is BootAddress.GRUB2 else 0)
        return self._code[: ADDRESS.start].ljust(ADDRESS.start, b"\0") + block.to_bytes(8, "little")

    def _mbr_partitions(self, blocks: int) -> list[mbr.MbrPartition | None]:
        """Return the whole image, active, and the partitions in it.

        Since partitions may not overlap for EFI, the first one has no type then.
        """
        inner = self._extents(first_number=2)
        whole = mbr.MbrPartition(mbr.NO_TYPE if inner else mbr.HIDDEN_NTFS, 0, blocks, active=True)
        others = dict[int, mbr.MbrPartition]()
        for number, extent in inner.items():
            kind = self._types.get(number, mbr.EFI_SYSTEM)
            assert isinstance(kind, int)  # those of a GPT are turned into these
            others[number] = mbr.MbrPartition(kind, *extent)
        return [whole, *(others.get(number) for number in range(2, mbr.ENTRIES + 1))]

    def _extents(self, first_number: int) -> dict[int, tuple[int, int]]:
        """Return first block and blocks of every partition in the image by its number: those given, else EFI images.

        The latter are in the order of their addresses; several names may share one.
        """
        if self._given:
            return {number: (data.lba * BLOCKS, data.sectors * BLOCKS) for number, data in self._given.items()}
        extents = {(image.place.lba * BLOCKS, image.sectors * BLOCKS) for image in self._efi}
        return dict(enumerate(sorted(extents), first_number))

    def _gpt_array(self) -> bytes:
        entries = dict[int, gpt.GptPartition]()
        for number, (first, count) in self._extents(first_number=1).items():
            kind = self._types.get(number, self._options.efi_partition_type.value)
            assert isinstance(kind, UUID)  # those of an MBR are turned into these
            name = PARTITION_NAME if kind == PartitionType.EFI_SYSTEM.value or not self._given else ""
            unique = self._guid(f"partition {number}")
            entries[number] = gpt.GptPartition(kind, unique, first, first + count - 1, name)
        return gpt.partition_array(entries)

    def _header(self, blocks: int, array: bytes, my_lba: int, alternate_lba: int, array_lba: int) -> bytes:
        header = gpt.GptHeader(
            my_lba=my_lba,
            alternate_lba=alternate_lba,
            first_usable_lba=SYSTEM_AREA * BLOCKS,
            last_usable_lba=blocks - 2 - gpt.ARRAY_BLOCKS,
            disk=self._guid("disk"),
            array_lba=array_lba,
            array=array,
        )
        return bytes(header)

    def _guid(self, name: str) -> UUID:
        return uuid5(UUID(bytes=self._snapshot.digest[:16]), name)

    def _signature(self) -> int:
        return int.from_bytes(self._snapshot.digest[:4], "little")


def _for_bios(image: PlannedImage) -> bool:
    return image.choice.platform == BootPlatform.X86 and image.emulation is Emulation.NONE


def _boot_code(sector: BootSector, bios: PlannedImage | None) -> bytes:
    """Return the program of a boot sector, and check that it is one and that it will find its boot image."""
    source = source_for(sector.content, "boot sector")
    if not 0 < source.size <= mbr.BLOCK:
        raise LayoutError(f"the boot sector has {source.size} bytes, not 1 to {mbr.BLOCK}")
    data = bytearray(source.size)
    source.read_whole(memoryview(data))
    if sector.address is not BootAddress.NONE and bios is None:
        raise LayoutError("the boot sector needs a boot image for x86 without emulation, which it starts")
    if sector.address is BootAddress.ISOLINUX and any(data[ADDRESS]):
        raise LayoutError("the boot sector has data where the boot image's address belongs; is it none for ISOLINUX?")
    return bytes(data[: mbr.CODE_SIZE])

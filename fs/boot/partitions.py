"""Partitions of data that is no file of the tree: where they lie, and their types in either table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from discstack.fs.boot import gpt, mbr
from discstack.fs.boot.hidden import HiddenData, source_for
from discstack.fs.boot.options import Partition, PartitionTable, PartitionType
from discstack.fs.errors import LayoutError

MOST: Final = {PartitionTable.MBR: mbr.ENTRIES, PartitionTable.GPT: gpt.ENTRIES}
LINUX: Final = UUID("0FC63DAF-8483-4772-8E79-3D69D8477DE4")  # data of a Linux file system
_UNUSED: Final = UUID(int=0)  # UEFI 2.10 5.3.3
# type of an MBR: that of a GPT; of several that mean the same the last is the one that comes back
_TYPES: Final = {
    **dict.fromkeys((0x01, 0x04, 0x06, 0x0B, 0x0E, 0x07, 0x0C), PartitionType.BASIC_DATA.value),
    mbr.EFI_SYSTEM: PartitionType.EFI_SYSTEM.value,
    0x83: LINUX,
}
_BACK: Final = {guid: kind for kind, guid in _TYPES.items()}


def plan_partitions(partitions: Iterable[Partition]) -> dict[int, HiddenData]:
    """Return the data of partitions by their numbers."""
    planned = dict[int, HiddenData]()
    for partition in partitions:
        number, label = partition.number, f"partition {partition.number}"
        if number in planned:
            raise LayoutError(f"two partitions have number {number}")
        data = HiddenData(source_for(partition.content, label), label)
        if not data.source.size:
            raise LayoutError(f"{label} would be empty")
        planned[number] = data
    return planned


def types_in(table: PartitionTable, partitions: Iterable[Partition]) -> Mapping[int, int | UUID]:
    """Return the types that partitions have in a table, by their numbers, which are checked."""
    first, last = 2 if table is PartitionTable.MBR else 1, MOST[table]
    kinds = dict[int, int | UUID]()
    for partition in partitions:
        if not first <= partition.number <= last:
            raise LayoutError(f"partitions {first} to {last} of {table.value} can be given, not {partition.number}")
        kinds[partition.number] = mbr_type(partition.type) if table is PartitionTable.MBR else gpt_type(partition.type)
    return kinds


def mbr_type(kind: int | UUID) -> int:
    """Return the type of an MBR that means the same."""
    known = kind if isinstance(kind, int) else _BACK.get(kind)
    if known is None or not 0 < known <= 0xFF:
        raise LayoutError(f"an MBR has no partition type for {kind}; give a number from 1 to 255, or take a GPT")
    return known


def gpt_type(kind: int | UUID) -> UUID:
    """Return the type of a GPT that means the same."""
    if kind == _UNUSED:
        raise LayoutError("a GUID of zeros is an unused entry of a GPT, no type of a partition")
    known = kind if isinstance(kind, UUID) else _TYPES.get(kind)
    if known is None:
        raise LayoutError(f"a GPT has no partition type for {kind:#04x}; give a GUID, or take an MBR")
    return known

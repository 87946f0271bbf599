"""xorriso's words about partitions of the disk that an image is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import click

from discstack.cli.intervals import Interval, PartOfFile

if TYPE_CHECKING:
    from discstack import Partition

_LINUX: Final = 0x83
_GUID_DIGITS: Final = 32


class PartitionKind(click.ParamType["int | UUID"]):
    """The type of a partition: a number of an MBR, or a GUID as it is written or as 16 bytes in hexadecimal."""

    name = "type"

    def convert(self, value: str | int | UUID, param: click.Parameter | None, ctx: click.Context | None) -> int | UUID:
        """Read the type."""
        if not isinstance(value, str):
            return value
        if value == "Linux":
            return _LINUX
        try:
            if len(value) == _GUID_DIGITS:
                return UUID(bytes_le=bytes.fromhex(value))
            return UUID(value) if "-" in value else int(value, 0)
        except ValueError:
            self.fail(f"{value!r} is no partition type such as 0xef, nor a GUID", param, ctx)


class Only(click.ParamType[str]):
    """What can be nothing else here: some values are what it is anyway, all others are refused with the reason."""

    name = "value"

    def __init__(self, values: Collection[str], reason: str) -> None:
        self._values, self._reason = values, reason

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the value."""
        if value not in self._values:
            self.fail(f"{value!r} cannot be had: {self._reason}", param, ctx)
        return value


def _taken(word: str, values: str, reason: str) -> Callable[..., Any]:
    return click.option(word, type=Only(values.split(), reason), expose_value=False, hidden=True)


PARTITION_OPTIONS: Final = (
    click.option(
        "-append_partition",
        "boot_append",
        type=(click.IntRange(1), PartitionKind(), PartOfFile()),
        multiple=True,
        metavar="N TYPE FILE",
        help="FILE becomes partition N; -e --interval:appended_partition_N:all:: boots it.",
    ),
    click.option("-appended_part_as_gpt", "boot_as_gpt", is_flag=True, help="These partitions are those of a GPT."),
    click.option(
        "-efi-boot-part",
        "boot_efi_part",
        type=Only(["--efi-boot-image"], "--efi-boot-image is, the partition of an EFI boot image"),
        help="The same as --partition-table gpt.",
    ),
    click.option("-partition_offset", "boot_offset", type=Only(["0", "16"], "16 is usual"), hidden=True),
    _taken("-partition_cyl_align", "off auto", "partitions are whole sectors; leave it out"),
    _taken("-partition_hd_cyl", "0 64 255", "heads are what a BIOS takes for a disk of that size; leave it out"),
    _taken("-partition_sec_hd", "0 32 63", "sectors are what a BIOS takes for a disk of that size; leave it out"),
    *(
        click.option(word, is_flag=True, expose_value=False, hidden=True)
        for word in ("--protective-msdos-label", "-part_like_isohybrid")
    ),
)


def partition(number: int, kind: int | UUID, content: str | Interval) -> Partition:
    """Return what -append_partition says."""
    from discstack import Partition

    if isinstance(content, Interval) and content.without:
        raise click.UsageError("-append_partition takes an interval as it is, without zeroizers")
    return Partition(number, kind, content if isinstance(content, str) else content.source())

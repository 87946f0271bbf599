"""xorriso's words for a part of a file, `--interval:local_fs:560d-8751d::old.iso`, or for an appended partition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

from discstack.cli.paths import FilePath

if TYPE_CHECKING:
    from discstack import RangeSource

PREFIX: Final = "--interval:"
_FORM: Final = re.compile(rf"{PREFIX}([^:]*):([^:]*):([^:]*):(.*)", re.DOTALL)
_PARTITION: Final = re.compile(r"appended_partition_(\d+)(_start_\d+s_size_\d+d)?")
_RANGE: Final = re.compile(r"(\d+)([dskmgt]?)-(\d+)([dskmgt]?)")
_UNITS: Final = {"": 1, "d": 512, "k": 1 << 10, "s": 1 << 11, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_TABLES: Final = {"zero_mbrpt", "zero_gpt", "zero_apm"}
_FILE: Final = FilePath(exists=True, dir_okay=False)


@dataclass(frozen=True, slots=True)
class Interval:
    """`size` bytes of a file from byte `first` on, and which partition tables are to be left out of them."""

    path: str
    first: int
    size: int
    without: frozenset[str]

    def source(self) -> RangeSource:
        """Return the data."""
        from discstack import RangeSource

        return RangeSource(self.path, self.first, self.size)


class PartOfFile(click.ParamType[str | Interval]):
    """A file, or an interval of one."""

    name = "file"

    def convert(
        self, value: str | Interval, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | Interval:
        """Check the path, or read the interval."""
        if isinstance(value, Interval):
            return value
        if not value.startswith(PREFIX):
            return str(_FILE.convert(value, param, ctx))
        form = _FORM.fullmatch(value)
        extent = form and _RANGE.fullmatch(form[2])
        without = frozenset(filter(None, form[3].split(","))) if form else frozenset[str]()
        if not form or form[1] != "local_fs" or not extent or not without <= _TABLES:
            self.fail(f"{value!r} is not of the form {PREFIX}local_fs:FIRST-LAST:ZEROIZERS:FILE", param, ctx)
        _FILE.convert(form[4], param, ctx)
        first, end = int(extent[1]) * _UNITS[extent[2]], (int(extent[3]) + 1) * _UNITS[extent[4]]
        if first >= end:
            self.fail(f"{value!r} ends before it begins", param, ctx)
        return Interval(form[4], first, end - first, without)


def appended_partition(text: str) -> int | None:
    """Return the number of the appended partition that stands where a boot image is named, None for a path."""
    if not text.startswith(PREFIX):
        return None
    form = _FORM.fullmatch(text)
    partition = form and _PARTITION.fullmatch(form[1])
    if not form or not partition or form[2] not in ("", "all") or form[3] or form[4]:
        raise click.UsageError(f"{text}: a boot image is a path, or {PREFIX}appended_partition_N:all::")
    return int(partition[1])


# Partition tables of UEFI 2.10 5.3, and Apple's map, whose entries begin with their signature
_GPT, _MAP_ENTRY, _BLOCK = b"EFI PART", b"PM\0\0", 512
_TOLD: Final = slice(432, 440)  # where those of ISOLINUX and GRUB 2 are told where the boot image lies


def boot_sector(interval: Interval, *, told: bool) -> bytes:
    """Return the boot sector at the start of an interval, if it is `told` a place without the one in that image.

    Raises UsageError if more than a system area is given, or more of a program follows, which the first sector would be
    of no use without, and LayoutError for what the file has not.
    """
    from discstack.fs.plan import SECTOR, SYSTEM_AREA

    source, most = interval.source(), SYSTEM_AREA * SECTOR
    if source.size > most:
        where = f"a boot sector is in a system area of up to {most} bytes, and not in {source.size}"
        raise click.UsageError(f"{interval.path}: {where}")
    data = bytearray(source.size)
    source.read_whole(memoryview(data))
    for start, end in _tables(bytes(data), interval.without):
        data[start:end] = bytes(len(data[start:end]))
    if any(data[_BLOCK:]):
        raise click.UsageError(f"{interval.path} has more of a program behind its boot sector, and that is not taken")
    if told:
        data[_TOLD] = bytes(8)
    return bytes(data[:_BLOCK])


def _tables(data: bytes, without: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Yield where partition tables lie that are to be left out."""
    if "zero_gpt" in without and data.startswith(_GPT, _BLOCK):
        yield _BLOCK, 2 * _BLOCK
        array = int.from_bytes(data[_BLOCK + 72 : _BLOCK + 80], "little") * _BLOCK
        count, size = (int.from_bytes(data[_BLOCK + at : _BLOCK + at + 4], "little") for at in (80, 84))
        yield array, array + count * size
    if "zero_apm" in without:
        for start in range(_BLOCK, len(data), _BLOCK):
            if data.startswith(_MAP_ENTRY, start):
                yield start, start + _BLOCK

"""Sense data: why a command did not end with GOOD (SPC-4 4.5).

`Sense.parse` reads whatever a drive sent, without ever raising; `Sense(...).build()` makes what a drive would send.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass, field
from enum import IntEnum
from typing import Final

from discstack.mmc.spec import asc as codes
from discstack.mmc.spec.sense_formats import VALUES, FieldPointer, SenseFormat, build, parse

__all__ = ["FieldPointer", "Sense", "SenseFormat", "SenseKey", "sense_key"]


class SenseKey(IntEnum):
    """What kind of condition it is, SPC-4 4.5.6."""

    NO_SENSE = 0x0
    RECOVERED_ERROR = 0x1
    NOT_READY = 0x2
    MEDIUM_ERROR = 0x3
    HARDWARE_ERROR = 0x4
    ILLEGAL_REQUEST = 0x5
    UNIT_ATTENTION = 0x6
    DATA_PROTECT = 0x7
    BLANK_CHECK = 0x8
    VENDOR_SPECIFIC = 0x9
    COPY_ABORTED = 0xA
    ABORTED_COMMAND = 0xB
    VOLUME_OVERFLOW = 0xD
    MISCOMPARE = 0xE
    COMPLETED = 0xF


_KEYS: Final = {int(key): key for key in SenseKey}


def sense_key(data: bytes) -> int:
    """Return the sense key alone, 0 where there is no sense data: for those who ask often."""
    if not data or (form := data[0] & 0x7F) not in (0x70, 0x71, 0x72, 0x73):
        return 0
    at = 1 if form & 2 else 2
    return data[at] & 0x0F if len(data) > at else 0


@dataclass(frozen=True, slots=True)
class Sense:
    """One piece of sense data.

    `information` is mostly the logical block address, in two's complement (a lead-in lies below zero); None where the
    drive does not call it valid. `progress` runs from 0 to 1 and comes with keys 0 and 2, `retry_count` with keys 1, 3
    and 4, `field_pointer` with key 5. `raw` is what was parsed; it does not count when two are compared.
    """

    key: int = SenseKey.NO_SENSE
    asc: int = 0
    ascq: int = 0
    _: KW_ONLY
    deferred: bool = False
    format: SenseFormat = SenseFormat.FIXED
    information: int | None = None
    command_specific_information: int = 0
    progress: float | None = None
    retry_count: int | None = None
    field_pointer: FieldPointer | None = None
    fruc: int = 0
    filemark: bool = False
    eom: bool = False
    ili: bool = False
    sdat_ovfl: bool = False
    raw: bytes = field(default=b"", repr=False, compare=False)

    @classmethod
    def parse(cls, data: bytes | bytearray | memoryview) -> Sense:
        """Read sense data; never raises. What is not sense data reads as NO SENSE with `format` NONE."""
        sense = bytes(data)
        values = parse(sense)
        key = values.pop("key", 0)
        return cls(_KEYS.get(key, key), **values, raw=sense)

    def build(self) -> bytes:
        """Return the bytes in this sense data's format; ValueError for what does not fit or belongs to another key."""
        return build({name: getattr(self, name) for name in VALUES})

    @property
    def code(self) -> str:
        """Key, additional sense code and qualifier as people write them: 2/04/08."""
        return f"{self.key:X}/{self.asc:02X}/{self.ascq:02X}"

    @property
    def triple(self) -> tuple[int, int, int]:
        """Key, additional sense code and qualifier, to compare and to look up."""
        return int(self.key), self.asc, self.ascq

    def is_(self, asc: int, ascq: int | None = None) -> bool:
        """Whether this has that additional sense code, and qualifier if given, under any key."""
        return self.asc == asc and ascq in (None, self.ascq)

    @property
    def text(self) -> str:
        """T10's words for the additional sense code and its qualifier."""
        return codes.text(self.asc, self.ascq)

    @property
    def advice(self) -> str:
        """What to do next; empty where there is nothing useful to say."""
        return "" if self.format is SenseFormat.NONE else codes.advice(*self.triple)

    def __str__(self) -> str:
        if self.format is SenseFormat.NONE:
            return f"no sense data [{self.raw.hex(' ')}]" if any(self.raw) else "no sense data"
        name = _KEYS[self.key].name.replace("_", " ") if self.key in _KEYS else "RESERVED SENSE KEY"
        details = ", ".join(self._details())
        return f"{name} {self.code}: {self.text}{f' ({details})' if details else ''}"

    def _details(self) -> Iterator[str]:
        if self.information is not None:
            yield f"{'residue' if self.ili else 'LBA'} {self.information}"
        if self.progress is not None:
            yield f"{self.progress:.0%} done"
        if self.retry_count is not None:
            yield f"{self.retry_count} retries"
        if self.field_pointer is not None:
            yield str(self.field_pointer)

"""The cue sheet of SEND CUE SHEET (MMC-6 6.35)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from discstack.mmc.spec.counted import Bytes, each, join
from discstack.mmc.spec.layout import Layout, Structure, StructureError, bits
from discstack.mmc.spec.msf import Msf
from discstack.mmc.spec.value import declared

LEAD_OUT_TRACK: Final = 0xAA


@declared
class CueSheetEntry(Structure):
    """One line of a cue sheet; with ADR 2 or 3 it holds characters of a catalogue number or ISRC."""

    layout: ClassVar[Layout] = Layout(
        "cue sheet entry",
        *("ctl" / bits(4), "adr" / bits(4), "tno" / bits(8), "index" / bits(8), "data_form" / bits(8)),
        *("scms" / bits(8), "min" / bits(8), "sec" / bits(8), "frame" / bits(8)),
        clause="MMC-6 6.35.3.2",
    )
    required: ClassVar[int] = 8
    ctl: int = 0
    adr: int = 1
    tno: int = 0
    index: int = 0
    data_form: int = 0
    scms: int = 0
    min: int = 0
    sec: int = 0
    frame: int = 0

    @property
    def time(self) -> Msf:
        """The absolute time at which the entry starts."""
        return Msf(self.min, self.sec, self.frame)


def parse_cue_sheet(data: Bytes) -> tuple[CueSheetEntry, ...]:
    """Read the entries of a cue sheet; one that is not a whole number of entries is refused."""
    if len(data) % CueSheetEntry.layout.size:
        raise StructureError("cue sheet", bytes(data), "not a multiple of 8 bytes long")
    return each(CueSheetEntry, data)


def build_cue_sheet(entries: Iterable[CueSheetEntry]) -> bytes:
    """Return the bytes of a cue sheet."""
    return join(entries)

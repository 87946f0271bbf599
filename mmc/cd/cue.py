"""The cue sheet of a session at once, and the variants in which drives want it (MMC-6 6.35)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from discstack.mmc.cd.program import Extent, Layout, Placed
from discstack.mmc.spec.cd.sub_channel import CATALOGUE, RECORDING
from discstack.mmc.spec.cue_sheet import LEAD_OUT_TRACK, CueSheetEntry
from discstack.mmc.spec.msf import Msf

WITH_TEXT: Final = 0x40  # bit of the lead-in's data form: sub-channel data comes from the host
PAUSE_OF_AUDIO, PAUSE_OF_DATA = 0x01, 0x04  # added to the main data form: the drive makes these blocks
COPIED: Final = 0x80
CODE_PIECE: Final = 6  # characters of an ISRC in one entry
NUMBER_PIECE: Final = 7  # digits of a catalogue number in one entry
NO_TIME: Final = Msf(0, 0, 0)


@dataclass(frozen=True, slots=True)
class CueVariant:
    """One of the ways to write what drives read differently: the time of the lead-in, the control field of an ISRC.

    `sub_channel_block` says that the mode page announces blocks with sub-channel.
    """

    timed_lead_in: bool
    isrc_with_control: bool
    sub_channel_block: bool

    def __str__(self) -> str:
        lead_in = "with its time" if self.timed_lead_in else "without a time"
        return f"lead-in {lead_in}, ISRC {'with' if self.isrc_with_control else 'without'} control field"


def variants(layout: Layout) -> tuple[CueVariant, ...]:
    """Return the variants worth a try, the one that most drives take first."""
    has_isrc = any(track.plan.isrc for track in layout.tracks)
    lead_ins = (False, True) if layout.program.cd_text else (False,)
    controls = (False, True) if has_isrc else (False,)
    return tuple(CueVariant(lead_in, control, lead_in) for lead_in in lead_ins for control in controls)


def cue_sheet(layout: Layout, variant: CueVariant, lead_in: Msf) -> tuple[CueSheetEntry, ...]:
    """Return the entries for a layout; `lead_in` is where the lead-in of the disc starts."""
    return tuple(_entries(layout, variant, lead_in))


def _entries(layout: Layout, variant: CueVariant, lead_in: Msf) -> Iterator[CueSheetEntry]:
    program, first, last = layout.program, layout.extents[0], layout.extents[-1]
    if program.catalogue:
        yield from _catalogue(program.catalogue)
    text = WITH_TEXT if program.cd_text else 0
    yield _entry(first, tno=0, index=0, form=_pause(first) | text, time=lead_in if variant.timed_lead_in else NO_TIME)
    for track in layout.tracks:
        if track.plan.isrc:
            yield from _isrc(track, variant)
        indexes: set[int] = set()
        for extent in (extent for extent in layout.extents if extent.track == track.number):
            if extent.index not in indexes:
                indexes.add(extent.index)
                copied = COPIED if track.plan.copied else 0
                yield _entry(
                    extent,
                    tno=track.number,
                    index=extent.index,
                    form=extent.form.data_form,
                    time=Msf.from_lba(extent.start),
                    scms=copied,
                )
    yield _entry(last, tno=LEAD_OUT_TRACK, index=1, form=_pause(last), time=Msf.from_lba(layout.lead_out))


def _entry(extent: Extent, *, tno: int, index: int, form: int, time: Msf, scms: int = 0) -> CueSheetEntry:
    return CueSheetEntry(
        ctl=extent.control,
        tno=tno,
        index=index,
        data_form=form,
        scms=scms,
        min=time.minute,
        sec=time.second,
        frame=time.frame,
    )


def _pause(extent: Extent) -> int:
    return extent.form.data_form + (PAUSE_OF_AUDIO if extent.form.is_audio else PAUSE_OF_DATA)


def _catalogue(number: str) -> Iterator[CueSheetEntry]:
    digits = number.encode("ascii").ljust(2 * NUMBER_PIECE, b"\0")
    for at in range(0, len(digits), NUMBER_PIECE):
        yield CueSheetEntry.parse(bytes((CATALOGUE,)) + digits[at : at + NUMBER_PIECE])


def _isrc(track: Placed, variant: CueVariant) -> Iterator[CueSheetEntry]:
    head = bytes(((track.plan.control if variant.isrc_with_control else 0) << 4 | RECORDING, track.number))
    for at in range(0, len(track.plan.isrc), CODE_PIECE):
        yield CueSheetEntry.parse(head + track.plan.isrc[at : at + CODE_PIECE].encode("ascii"))

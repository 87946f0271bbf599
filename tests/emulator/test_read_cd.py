"""READ CD: which parts of a sector may be asked for together, and what each choice gives (MMC-6 6.19)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from discstack.emulator.commands.sectors import SectorReader
from discstack.emulator.conditions import Refusal
from discstack.mmc.spec.cd import sector
from discstack.mmc.spec.cd.sector import SectorType

Load = Callable[..., Any]
READ_CD = "BE {:02X} {:08X} {:06X} {:02X} 00 00"
LBA = 9
KINDS = (
    SectorType.AUDIO,
    SectorType.MODE_1,
    SectorType.MODE_2_FORMLESS,
    SectorType.MODE_2_FORM_1,
    SectorType.MODE_2_FORM_2,
)
SECTORS = {
    SectorType.AUDIO: bytes(range(256)) * 9 + bytes(48),
    SectorType.MODE_1: sector.mode_1(LBA, b"\xa5" * 2048),
    SectorType.MODE_2_FORMLESS: sector.mode_2(LBA, bytes(range(250)) * 9 + bytes(86)),
    SectorType.MODE_2_FORM_1: sector.mode_2_form_1(LBA, b"\x11" * 2048),
    SectorType.MODE_2_FORM_2: sector.mode_2_form_2(LBA, b"\x22" * 2324),
}
ILLEGAL = -1
# Main channel selection, bytes of an audio sector, of mode 1, of mode 2 without form, of form 1, of form 2
SELECTIONS = {
    0x00: (0, 0, 0, 0, 0),
    0x08: (ILLEGAL,) * 5,
    0x10: (2352, 2048, 2336, 2048, 2328),
    0x18: (2352, 2336, 2336, 2328, 2328),
    0x20: (2352, 4, 4, 4, 4),
    0x28: (2352, *(ILLEGAL,) * 4),
    0x30: (2352, 2052, 2340, ILLEGAL, ILLEGAL),
    0x38: (2352, 2340, 2340, ILLEGAL, ILLEGAL),
    0x40: (2352, 0, 0, 8, 8),
    0x48: (2352, *(ILLEGAL,) * 4),
    0x50: (2352, 2048, 2336, 2056, 2336),
    0x58: (2352, 2336, 2336, 2336, 2336),
    0x60: (2352, 4, 4, 12, 12),
    0x68: (2352, *(ILLEGAL,) * 4),
    0x70: (2352, 2052, 2340, 2060, 2340),
    0x78: (2352, 2340, 2340, 2340, 2340),
    0x80: (ILLEGAL,) * 5,
    0x88: (ILLEGAL,) * 5,
    0x90: (2352, *(ILLEGAL,) * 4),
    0x98: (2352, *(ILLEGAL,) * 4),
    0xA0: (2352, 16, 16, 16, 16),
    0xA8: (2352, *(ILLEGAL,) * 4),
    0xB0: (2352, 2064, 2352, ILLEGAL, ILLEGAL),
    0xB8: (2352, 2352, 2352, ILLEGAL, ILLEGAL),
    0xC0: (2352, *(ILLEGAL,) * 4),
    0xC8: (2352, *(ILLEGAL,) * 4),
    0xD0: (2352, *(ILLEGAL,) * 4),
    0xD8: (2352, *(ILLEGAL,) * 4),
    0xE0: (2352, 16, 16, 24, 24),
    0xE8: (2352, *(ILLEGAL,) * 4),
    0xF0: (2352, 2064, 2352, 2072, 2352),
    0xF8: (2352,) * 5,
}
STARTS = ((0x80, 0), (0x20, 12), (0x40, 16))  # the first part that is wanted tells where the bytes begin


def reader(selection: int) -> SectorReader:
    sync, headers, user_data, check = selection >> 7, selection >> 5 & 3, selection >> 4 & 1, selection >> 3 & 1
    return SectorReader(0, bool(sync), headers, bool(user_data), bool(check), 0, 0)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.lower())
def test_every_choice_of_parts_gives_what_the_table_has_or_is_refused(kind: SectorType) -> None:
    whole = SECTORS[kind]
    assert sector.sector_type(whole) == kind or kind is SectorType.AUDIO
    with_sub_header = kind in (SectorType.MODE_2_FORM_1, SectorType.MODE_2_FORM_2)
    for selection, sizes in SELECTIONS.items():
        size = sizes[KINDS.index(kind)]
        if size == ILLEGAL:
            with pytest.raises(Refusal) as refusal:
                reader(selection).parts(kind, whole)
            assert "24/00" in str(refusal.value)
            continue
        start = next((at for bit, at in STARTS if selection & bit), 24 if with_sub_header else 16)
        expected = whole[start : start + size] if kind is not SectorType.AUDIO else whole[:size]
        assert reader(selection).parts(kind, whole) == expected, f"{selection:02X}"


def test_the_table_has_every_choice() -> None:
    assert set(SELECTIONS) == set(range(0, 256, 8))


@pytest.mark.parametrize("kind", KINDS[1:], ids=lambda kind: kind.name.lower())
def test_the_parts_of_data_that_may_be_asked_for_follow_each_other(kind: SectorType) -> None:
    """So a maker of drives has it (Pioneer, CD-ROM SCSI-2 command reference 3.1, 2.22): one run of parts.

    A place that sectors of a kind do not have breaks no run. Nothing is said there of sync or check bytes alone.
    """
    order = [0x80, 0x20, 0x40, 0x10, 0x08]
    without = {0x40} if kind in (SectorType.MODE_1, SectorType.MODE_2_FORMLESS) else set()
    for selection, sizes in SELECTIONS.items():
        wanted = [at for at, bit in enumerate(order) if selection & bit]
        run = order[wanted[0] : wanted[-1] + 1] if wanted else []
        is_one = all(selection & bit or bit in without for bit in run) and selection not in (0x80, 0x08)
        assert (sizes[KINDS.index(kind)] != ILLEGAL) == is_one, f"{selection:02X}"


def test_a_choice_that_makes_no_sense_is_refused_on_the_disc_and_another_kind_of_sector_too(load: Load) -> None:
    host = load("cd-r")
    host.write(0, 320)
    host.sync()
    for selection in (0x08, 0x28, 0x80, 0x88, 0x90):
        assert host.refused(READ_CD.format(0, LBA, 1, selection), allocation=2352) == "5/24/00"
    assert host.ok(READ_CD.format(0, LBA, 1, 0xF8), allocation=2352) == SECTORS[SectorType.MODE_1]
    assert host.refused(READ_CD.format(1 << 2, LBA, 1, 0x10), allocation=2352) == "5/64/00"

"""Packs of graphics gathered from sectors: corrected, counted, and left out where they were not read whole."""

from __future__ import annotations

import random

from discstack.mmc.cd.graphics import PackGatherer
from discstack.mmc.cd.sectors import CdSector, SubChannels
from discstack.mmc.spec.cd import packs

SECTORS = 12


def picture() -> bytes:
    source = random.Random(3)
    made = (bytes((9, 6, 0, 0, *(source.randrange(64) for _ in range(16)), 0, 0, 0, 0)) for _ in range(4 * SECTORS))
    return packs.all_protected(b"".join(made))


def lying(run: bytes) -> list[bytearray]:
    interleaver = packs.Interleaver()
    return [bytearray(interleaver.push(run[at : at + 96])) for at in range(0, len(run), 96)]


def gathered(sectors: list[bytearray], *, missing: int | None = None) -> tuple[PackGatherer, bytes]:
    found: list[bytes] = []
    gatherer = PackGatherer(lambda lba, pack: found.append(pack))
    for lba, symbols in enumerate(sectors):
        if lba != missing:
            gatherer.take(CdSector(lba=lba, main=b"", sub=bytes(symbols), form=SubChannels.RAW))
    gatherer.finish()
    return gatherer, b"".join(found)


def test_a_burst_of_sixteen_symbols_is_put_right_as_interleaving_spreads_it() -> None:
    whole, sectors = picture(), lying(picture())
    for at in range(40, 56):
        sectors[4][at] ^= 0x3F
    gatherer, found = gathered(sectors)
    assert (gatherer.damaged, gatherer.cut) == (0, 7)
    assert gatherer.corrected >= 8
    assert found[: 96 * (SECTORS - 2)] == whole[: 96 * (SECTORS - 2)]


def test_the_packs_that_end_behind_the_last_sector_are_empty_and_counted() -> None:
    whole = picture()
    gatherer, found = gathered(lying(whole))
    assert (gatherer.corrected, gatherer.damaged, gatherer.cut) == (0, 0, 7)
    assert found == whole[: 96 * (SECTORS - 2) + 24].ljust(len(whole), b"\0")


def test_a_sector_that_nobody_read_cuts_the_packs_before_it_and_those_that_need_it() -> None:
    gatherer, found = gathered(lying(picture()), missing=6)
    assert len(found) == 96 * (SECTORS - 1)
    assert gatherer.cut == 14


def test_what_cannot_be_put_right_is_given_as_it_was_read() -> None:
    whole, sectors = picture(), lying(picture())
    for at in range(96):
        sectors[4][at] ^= 0x2A
    gatherer, found = gathered(sectors)
    assert gatherer.damaged >= 1
    assert found[: 96 * 2] == whole[: 96 * 2]
    assert len(found) == len(whole)

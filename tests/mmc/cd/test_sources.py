"""Where the bytes of a session come from, however many of them are asked for at once."""

from __future__ import annotations

import pytest

from discstack.mmc.cd.sources import TextSource
from discstack.mmc.spec.cd.text import CdTextBlock, PackType, build_cd_text, spread

PACKS = build_cd_text([CdTextBlock(last_track=1, texts={PackType.TITLE: ("A title of more than one pack", "One")})])
BLOCKS, BLOCK = 40, 96


@pytest.mark.parametrize("size", [1, 50, 96, 97, len(PACKS) * 24 - 1, len(PACKS) * 24, 1000, BLOCKS * BLOCK, 10_000])
def test_the_packs_of_a_lead_in_come_over_and_over_without_a_gap(size: int) -> None:
    source, found = TextSource(PACKS, BLOCKS), b""
    assert source.sectors == BLOCKS
    while count := source.readinto(memoryview(buffer := bytearray(size))):
        found += buffer[:count]
        assert not any(buffer[count:])
    symbols = spread(PACKS)
    assert len(symbols) == len(PACKS) * 24
    assert found == (symbols * BLOCKS)[: BLOCKS * BLOCK]

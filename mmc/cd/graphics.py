"""CD+G: the pictures in the sub-channels R to W of audio, gathered from where their packs are spread (IEC 60908 19)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from discstack.mmc.cd.sectors import CdSector
from discstack.mmc.spec.cd import packs
from discstack.mmc.spec.cd.pack_correction import corrected

GRAPHICS: Final = 0x09  # mode 1, item 1: of symbol 0
SPREAD: Final = 3  # sectors over which the packs of one lie
SYMBOLS: Final = 96
SIX_BITS: Final = 0x3F


def has_graphics(sectors: Iterable[CdSector]) -> bool:
    """Say whether any pack of these sectors, which came with raw sub-channels, is one of graphics."""
    found: list[bytes] = []
    gatherer = PackGatherer(lambda lba, pack: found.append(pack))
    for sector in sectors:
        gatherer.take(sector)
    return any(pack[at] & SIX_BITS == GRAPHICS for pack in found for at in range(0, SYMBOLS, packs.PACK))


class PackGatherer:
    """Turns raw sub-channels, sector by sector, into the packs of each; `consume` is given the address and 96 symbols.

    Packs are corrected by their parity: `corrected` counts those that needed it, `damaged` those with more errors than
    that, which are given as they were read. The packs of a sector end two sectors later; those of which the rest was
    not read, at the end of a run of sectors, are counted by `cut`, and empty ones stand for them.
    """

    def __init__(self, consume: Callable[[int, bytes], object]) -> None:
        self._consume = consume
        self._waiting: list[tuple[int, bytes]] = []
        self.corrected = self.damaged = self.cut = 0

    def take(self, sector: CdSector) -> None:
        """Take the next sector; one that does not follow the last ends the run of those before."""
        if self._waiting and sector.lba != self._waiting[-1][0] + 1:
            self.finish()
        self._waiting.append((sector.lba, sector.sub))
        if len(self._waiting) == SPREAD:
            self._give()

    def finish(self) -> None:
        """Give the packs of the last sectors, as far as they were read."""
        while self._waiting:
            self._give()

    def _give(self) -> None:
        symbols = b"".join(sub for _, sub in self._waiting)
        gathered = packs.gather(symbols)
        lba, _ = self._waiting.pop(0)
        read = len(symbols) // packs.PACK
        made = (
            self._whole(gathered[at * packs.PACK : (at + 1) * packs.PACK], read=at + packs.DELAYS <= read)
            for at in range(packs.PACKS_PER_SECTOR)
        )
        self._consume(lba, b"".join(made))

    def _whole(self, pack: bytes, *, read: bool) -> bytes:
        if not read:
            self.cut += any(pack)
            return bytes(packs.PACK)
        if packs.protected(pack) == pack:
            return pack
        better = corrected(pack)
        self.corrected += better is not None
        self.damaged += better is None
        return pack if better is None else better

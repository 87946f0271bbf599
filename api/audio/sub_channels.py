"""Packs of R to W from the sub-channels that image files keep with each sector, in whichever of the known orders."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Final

from discstack.audio.errors import AudioFormatError
from discstack.audio.pieces import FilePiece, Joined, Piece, size_of
from discstack.mmc.cd.graphics import GRAPHICS, SPREAD, PackGatherer
from discstack.mmc.cd.sectors import CdSector, SubChannels
from discstack.mmc.spec.cd import sub_channel
from discstack.mmc.spec.cd.packs import PACK, SECTOR, protected

SUFFIXES: Final = (".sub", ".SUB")
SIX_BITS: Final = bytes(symbol & 0x3F for symbol in range(256))
PARITY: Final = (2, 3, 20, 21, 22, 23)  # symbols of a pack
ENOUGH: Final = 64  # packs by which an order is judged
Run = Iterator[bytes]  # 96 bytes a sector


def _as_they_are(sectors: Run) -> Run:
    """Give packs that are kept as such, as a drive corrects them."""
    return (symbols.translate(SIX_BITS) for symbols in sectors)


def _as_they_lie(sectors: Run) -> Run:
    """Gather and correct packs from symbols as they lie on a disc."""
    found = deque[bytes]()
    gatherer = PackGatherer(lambda lba, packs: found.append(packs))
    for lba, symbols in enumerate(sectors):
        gatherer.take(CdSector(lba=lba, main=b"", sub=symbols, form=SubChannels.RAW))
        while found:
            yield found.popleft()
    gatherer.finish()
    yield from found


def _by_channel(sectors: Run) -> Run:
    """Gather packs from sub-channels that lie one after the other, as SUB files have them."""
    return _as_they_lie(map(sub_channel.interleave, sectors))


ORDERS: Final[Mapping[str, Callable[[Run], Run]]] = MappingProxyType(
    {"packs": _as_they_are, "symbols as they lie on a disc": _as_they_lie, "channels one after the other": _by_channel}
)


class PacksWithin:
    """The packs of so many sectors, from 96 bytes that a file has of each; a new source at its start."""

    def __init__(
        self, pieces: Sequence[Piece], sectors: int, stride: int, cut: int, order: Callable[[Run], Run]
    ) -> None:
        self.sectors = sectors
        self._packs = order(_sectors(pieces, stride, cut))
        self._left, self._ready = sectors, memoryview(b"")

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill a part of `buffer`; 0 at the end."""
        if not self._ready:
            if not self._left:
                return 0
            self._left -= 1
            self._ready = memoryview(next(self._packs, bytes(SECTOR)))
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count


def packs_within(
    name: str, pieces: Sequence[Piece], behind: FilePiece | None, *, stride: int, cut: int
) -> PacksWithin | None:
    """Return the packs in the sub-channels of files, None if there are none.

    96 bytes from `cut` on of each `stride` bytes are a sector's. Which order they have is found by the parity of the
    packs, or by their commands where they have no parity. `behind` is what follows in the file: packs end two sectors
    later. Raises AudioFormatError where no known order makes packs of them.
    """
    sectors = Joined(pieces, SECTOR, stride=stride, cut=cut).sectors
    if not any(any(block.translate(SIX_BITS)) for block in _sectors(pieces, stride, cut)):
        return None
    together = [*pieces, behind] if behind is not None else list(pieces)
    for order in ORDERS.values():
        if _is_right(order(_sectors(together, stride, cut))):
            return PacksWithin(together, sectors, stride, cut, order)
    raise AudioFormatError(name, f"what its sub-channels hold are no packs, neither as {', nor as '.join(ORDERS)}")


def packs_beside(image: Path, sectors: range) -> PacksWithin | None:
    """Return the packs of sectors of a BIN file, from the SUB file beside it, if there is one."""
    file = next((found for suffix in SUFFIXES if (found := image.with_suffix(suffix)).is_file()), None)
    if file is None:
        return None
    size = size_of(file)
    if size < sectors.stop * SECTOR:
        raise AudioFormatError(str(file), f"{size} bytes hold no sub-channels of {sectors.stop} sectors")
    within = FilePiece(file, sectors.start * SECTOR, len(sectors) * SECTOR)
    end = sectors.stop * SECTOR
    behind = FilePiece(file, end, min(size - end, (SPREAD - 1) * SECTOR))
    return packs_within(str(file), [within], behind, stride=SECTOR, cut=0)


def _is_right(run: Run) -> bool:
    """Judge an order by the first packs that are not empty: by their parity, or by their command if they have none."""
    every = (block[at : at + PACK] for block in run for at in range(0, SECTOR, PACK))
    packs = list(islice((pack for pack in every if any(pack)), ENOUGH))
    whole = sum(protected(pack) == pack for pack in packs)
    plain = sum(pack[0] == GRAPHICS and not any(pack[at] for at in PARITY) for pack in packs)
    return 2 * max(whole, plain) > len(packs)


def _sectors(pieces: Sequence[Piece], stride: int, cut: int) -> Run:
    source = Joined(pieces, SECTOR, stride=stride, cut=cut)
    for _ in range(source.sectors):
        block = bytearray(SECTOR)
        filled = 0
        while filled < SECTOR:
            filled += source.readinto(memoryview(block)[filled:])
        yield bytes(block)

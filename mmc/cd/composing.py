"""Raw sessions: every block from lead-in to lead-out with its sub-channels, as the laser will write them.

Data sectors get their header, EDC and ECC and are scrambled; Q tells the table of contents in the lead-in (each entry
three times in a row) and the position elsewhere, with catalogue number and ISRC now and then (ECMA-130 22, 23).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from discstack.mmc.cd.program import Extent, Layout, TrackForm
from discstack.mmc.cd.sources import read_fully
from discstack.mmc.spec.cd import sector, sub_channel
from discstack.mmc.spec.cd.packs import Interleaver, all_protected
from discstack.mmc.spec.cd.scrambling import scramble
from discstack.mmc.spec.cd.text import spread
from discstack.mmc.spec.mode_page_values import DataBlockType
from discstack.mmc.spec.msf import PREGAP, Msf
from discstack.mmc.spec.toc import QEntry
from discstack.mmc.stream import CHUNK, digest

if TYPE_CHECKING:
    from discstack.mmc.stream import BlockSource

FIRST_LEAD_OUT, LATER_LEAD_OUT = 6750, 2250  # blocks
FIRST_GAP, LATER_GAP = 11400, 6900  # blocks from a lead-out's start to the next session's first track
REPEATED: Final = 3
PERIOD, CATALOGUE_AT, RECORDING_AT = 100, 30, 60  # of so many blocks one has the catalogue number, one the ISRC
BLINK: Final = 4 / 75  # P changes so often a frame in the lead-out: 2 Hz
FIRST_TRACK, LAST_TRACK, LEAD_OUT, NEXT_SESSION, PRE_GROOVE = 0xA0, 0xA1, 0xA2, 0xB0, 0xC0  # points
MODE_5: Final = 5
SILENCE: Final = bytes(2352)
SYMBOLS: Final = 96
VARIED: Final = 32  # different bytes that a piece has which can be found again


class SubChannelForm(Enum):
    """How sub-channels go to the drive behind the 2352 bytes of a block: data block type, bytes."""

    PQ = (DataBlockType.RAW_PQ, 16)  # RAW16: Q and a bit of P; the drive makes the rest
    RAW = (DataBlockType.RAW_RW_RAW, 96)  # RAW96R: as they lie on the disc
    PACKED = (DataBlockType.RAW_RW_PACKED, 96)  # RAW96P: the drive adds parity to the packs and interleaves them

    def __init__(self, block_type: DataBlockType, size: int) -> None:
        self.block_type, self.size = block_type, size

    @property
    def block_size(self) -> int:
        """Bytes of a block."""
        return len(SILENCE) + self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSession:
    """What a raw session needs to know besides its layout.

    `lead_in` is where the lead-in starts, `session` its number, `last_lead_out` where the disc's last lead-out can
    start; `appendable` makes the lead-in point at a place for another session.
    """

    layout: Layout
    lead_in: int
    session: int = 1
    last_lead_out: int = 0
    appendable: bool = False

    @property
    def end(self) -> int:
        """The first address behind the lead-out."""
        return self.layout.lead_out + (FIRST_LEAD_OUT if self.session == 1 else LATER_LEAD_OUT)


class Tally:
    """What came of one source, by which it can be found and compared on the disc, whatever it lies in there.

    `digests` are those of its bytes, chunk by chunk; `witness` is a piece that is not the same byte all over, and where
    it lies.
    """

    def __init__(self, extent: Extent) -> None:
        self.lba, self.blocks, self.block_size = extent.start, extent.blocks, extent.form.size
        self.digests: list[bytes] = []
        self.witness: tuple[int, bytes] | None = None
        self._pending, self._done = bytearray(), 0

    def add(self, block: bytes) -> None:
        """Take the next block."""
        self._pending += block
        self._done += len(block)
        if self.witness is None and len(set(block)) > VARIED:
            self.witness = (self._done - len(block), block)
        if self._done == self.blocks * self.block_size or len(self._pending) >= CHUNK:
            self.digests.append(digest(self._pending[:CHUNK]))
            del self._pending[:CHUNK]
            if self._pending and self._done == self.blocks * self.block_size:
                self.digests.append(digest(self._pending))


class RawSource:
    """The blocks of a raw session in order, with sub-channels in the form that the drive takes.

    `tallies` tell of the sources that have gone into it so far.
    """

    def __init__(self, raw: RawSession, form: SubChannelForm) -> None:
        self._form = form
        self.tallies: list[Tally] = []
        self._blocks = _blocks(raw, Packer(form) if raw.layout.program.has_packs else None, self.tallies)
        self._left = raw.end - raw.lead_in
        self._ready = memoryview(b"")
        self.sectors = self._left

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill a part of `buffer`; 0 at the end."""
        if not self._ready:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._ready = memoryview(self._encoded(*block))
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _encoded(self, main: bytes, p: bool, q: bytes, symbols: bytes) -> bytes:
        if self._form is SubChannelForm.PQ:
            return main + sub_channel.pq(p, q)
        channels = sub_channel.interleave((sub_channel.P_SET if p else sub_channel.P_CLEAR) + q)
        if symbols:
            channels = (int.from_bytes(channels, "big") | int.from_bytes(symbols, "big")).to_bytes(SYMBOLS, "big")
        return main + channels


class Packer:
    """Turns packs into symbols as the drive takes them: where it does not interleave them, that is done here.

    The symbols of a pack lie in up to three blocks, so that those of the last ones end in the lead-out.
    """

    def __init__(self, form: SubChannelForm) -> None:
        self._interleaver = Interleaver() if form is SubChannelForm.RAW else None

    def symbols(self, packs: BlockSource | None) -> bytes:
        """Return the symbols of the next block; empty packs where there are none, or none any more."""
        made = all_protected(_next_packs(packs))
        return made if self._interleaver is None else self._interleaver.push(made)


def _next_packs(packs: BlockSource | None) -> bytes:
    buffer, filled = bytearray(SYMBOLS), 0
    view = memoryview(buffer)
    while packs is not None and filled < SYMBOLS and (count := packs.readinto(view[filled:])) > 0:
        filled += count
    return bytes(buffer)


Block = tuple[bytes, bool, bytes, bytes]  # main channel, P, Q, symbols of R to W (none: zeros)


def _blocks(raw: RawSession, packer: Packer | None, tallies: list[Tally]) -> Iterator[Block]:
    yield from _lead_in(raw)
    for extent in raw.layout.extents:
        yield from _extent(raw, extent, packer, tallies)
    yield from _lead_out(raw, packer)


def _lead_in(raw: RawSession) -> Iterator[Block]:
    layout = raw.layout
    entries = [entry for entry in table_of_contents(raw) for _ in range(REPEATED)]
    text = spread(layout.program.cd_text)
    first = layout.extents[0]
    for number, lba in enumerate(range(raw.lead_in, layout.base)):
        q = sub_channel.q_entry(entries[number % len(entries)], Msf.from_lba(lba))
        at = number * SYMBOLS % len(text) if text else 0
        symbols = (text[at : at + SYMBOLS] + text)[:SYMBOLS] if text else b""
        yield _pause(first.form, lba), False, q, symbols


def table_of_contents(raw: RawSession) -> Iterator[QEntry]:
    """Give the entries of the lead-in (ECMA-130 22.3.4; MMC-6 4.2.3.6 for those about sessions)."""
    layout = raw.layout
    tracks = layout.tracks
    first, last = tracks[0], tracks[-1]
    common = {"session_number": raw.session}
    kind = layout.program.session_format
    yield QEntry(point=FIRST_TRACK, control=first.plan.control, pmin=first.number, psec=kind, **common)
    yield QEntry(point=LAST_TRACK, control=last.plan.control, pmin=last.number, **common)
    yield QEntry(point=LEAD_OUT, control=last.plan.control, **_pointed(layout.lead_out), **common)
    for track in tracks:
        yield QEntry(point=track.number, control=track.plan.control, **_pointed(track.start), **common)
    if raw.appendable:
        control = first.plan.control & sub_channel.DATA
        following = Msf.from_lba(layout.lead_out + (FIRST_GAP if raw.session == 1 else LATER_GAP) - PREGAP)
        running = {"min": following.minute, "sec": following.second, "frame": following.frame}
        zero = 2 if raw.session == 1 else 1
        where = _pointed(raw.last_lead_out)
        yield QEntry(adr=MODE_5, point=NEXT_SESSION, control=control, zero=zero, **running, **where, **common)
        if raw.session == 1:
            yield QEntry(adr=MODE_5, point=PRE_GROOVE, control=control, **_pointed(raw.lead_in), **common)


def _pointed(lba: int) -> dict[str, int]:
    time = Msf.from_lba(lba)
    return {"pmin": time.minute, "psec": time.second, "pframe": time.frame}


def _extent(raw: RawSession, extent: Extent, packer: Packer | None, tallies: list[Tally]) -> Iterator[Block]:
    tally = Tally(extent)
    if extent.source is not None:
        tallies.append(tally)
    track = next(track for track in raw.layout.tracks if track.number == extent.track)
    packs = raw.layout.program.packs
    if packs is None and (extent.source is not None or extent.index):  # those of a track begin behind silence before it
        packs = track.plan.packs
    data = bytearray(extent.form.size)
    for lba in range(extent.start, extent.end):
        if extent.source is not None:
            read_fully(extent.source, memoryview(data))
            block = bytes(data)
            tally.add(block)
            main = _sector(extent.form, lba, block)
        else:
            main = _pause(extent.form, lba)
        relative = lba - track.start if extent.index else track.start - lba - 1
        control = sub_channel.alternating(extent.control, lba) if track.plan.copied else extent.control
        q = sub_channel.q_position(control, track.number, extent.index, relative, Msf.from_lba(lba))
        if raw.layout.program.catalogue and lba % PERIOD == CATALOGUE_AT:
            q = sub_channel.q_catalogue(control, raw.layout.program.catalogue, Msf.from_lba(lba).frame)
        elif track.plan.isrc and extent.index and lba % PERIOD == RECORDING_AT:
            q = sub_channel.q_recording(control, track.plan.isrc, Msf.from_lba(lba).frame)
        yield main, not extent.index, q, packer.symbols(packs) if packer is not None else b""


def _lead_out(raw: RawSession, packer: Packer | None) -> Iterator[Block]:
    last = raw.layout.extents[-1]
    for lba in range(raw.layout.lead_out, raw.end):
        relative = lba - raw.layout.lead_out
        q = sub_channel.q_position(last.control, sub_channel.LEAD_OUT_TRACK, 1, relative, Msf.from_lba(lba))
        symbols = packer.symbols(None) if packer is not None else b""
        yield _pause(last.form, lba), bool(int(relative * BLINK) & 1), q, symbols


def _sector(form: TrackForm, lba: int, data: bytes) -> bytes:
    """Return a block of a track as it lies on the disc."""
    if form is TrackForm.AUDIO:
        return data
    return scramble(_BUILD[form](lba, data))


def _mixed(lba: int, data: bytes) -> bytes:
    head, body = data[:4], data[8:]
    if head[2] & sector.FORM_2:
        return sector.mode_2_form_2(lba, body, head)
    return sector.mode_2_form_1(lba, body[:2048], head)


_BUILD: Final = {
    TrackForm.MODE_1: sector.mode_1,
    TrackForm.MODE_2: sector.mode_2,
    TrackForm.XA_FORM_1: sector.mode_2_form_1,
    TrackForm.XA_FORM_2: sector.mode_2_form_2,
    TrackForm.XA_MIXED: _mixed,
}


def _pause(form: TrackForm, lba: int) -> bytes:
    if form is TrackForm.AUDIO:
        return SILENCE
    if form is TrackForm.MODE_1:
        return scramble(sector.empty_mode_1(lba))
    if form is TrackForm.MODE_2:
        return scramble(sector.mode_2(lba, bytes(2336)))
    return scramble(sector.empty_mode_2_form_2(lba))

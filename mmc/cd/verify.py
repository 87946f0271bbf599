"""Reading a program back and comparing it by the digests of what was sent.

Sectors come back whole, and are brought into the form in which they were sent. Many drives read audio a few hundred
samples early or late, always by the same number: a piece of what was sent is looked for on the disc, and everything is
compared at that distance (`read_offset`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from discstack.mmc import stream
from discstack.mmc.cd.program import TrackForm
from discstack.mmc.cd.sectors import MAIN, MOST_BYTES, UNREADABLE, read_sectors
from discstack.mmc.cd.session import Recorded, Session
from discstack.mmc.errors import VerificationError
from discstack.mmc.polling import persist, wait_ready
from discstack.mmc.procedure import Checkpoint, MaxTransfer, Phase, Procedure, Report
from discstack.mmc.verify import merged

if TYPE_CHECKING:
    from discstack.mmc.cd.program import Placed

SAMPLE: Final = 4  # bytes: left and right
FURTHEST: Final = 4  # sectors around its place in which a piece of audio is looked for

# How a sector was sent, by form of the track and size of the block; what is not here cannot be compared.
AS_SENT: Final[Mapping[tuple[TrackForm, int], Callable[[bytes], bytes]]] = {
    (TrackForm.AUDIO, 2352): lambda main: main,
    (TrackForm.MODE_1, 2048): lambda main: main[16:2064],
    (TrackForm.MODE_2, 2336): lambda main: main[16:2352],
    (TrackForm.XA_FORM_1, 2048): lambda main: main[24:2072],
    (TrackForm.XA_FORM_1, 2336): lambda main: main[16:2072] + bytes(280),
    (TrackForm.XA_FORM_2, 2324): lambda main: main[24:2348],
    (TrackForm.XA_FORM_2, 2336): lambda main: main[16:2348] + bytes(4),
}


def verify_program(session: Session, placed: tuple[Placed, ...]) -> Procedure[tuple[int, int | None]]:
    """Compare all that can be compared; return the number of blocks that were right, and the read offset of audio.

    What the drive cannot read before the first track, and what never left in a form that comes back (XA sectors of both
    forms), is told in a notice. Raises VerificationError with the ranges that differ.
    """
    yield Report(Phase.VERIFYING, 0.0)
    yield from wait_ready()
    comparison = _Comparison(session, placed, (yield MaxTransfer()))
    total = sum(run.blocks for run in session.recorded) or 1
    for run in session.recorded:
        yield from comparison.compare(run)
        yield Report(Phase.VERIFYING, min((comparison.verified + comparison.left_out) / total, 1.0))
    if comparison.left_out:
        yield from session.work.notice(Phase.VERIFYING, f"{comparison.left_out} blocks could not be compared")
    if comparison.bad:
        ranges = merged(comparison.bad)
        spelled = ", ".join(f"{r.start}-{r.stop - 1}" for r in ranges[:5]) + (", ..." if len(ranges) > 5 else "")
        raise VerificationError(f"what was read back is not what was written: blocks {spelled}", ranges)
    return comparison.verified, comparison.offset


class _Comparison:
    def __init__(self, session: Session, placed: tuple[Placed, ...], max_transfer: int) -> None:
        self.session, self.placed = session, placed
        self.piece = max(min(max_transfer, MOST_BYTES) // MAIN, 1)
        self.verified = self.left_out = 0
        self.bad: list[range] = []
        self.offset: int | None = None

    def compare(self, run: Recorded) -> Procedure[None]:
        """Compare one run, chunk by chunk; CD-TEXT is no run of blocks to read, it comes with the table of contents."""
        if run.lba + run.blocks <= self.placed[0].first:
            return
        forms = [self._form(lba) for lba in (run.lba, run.lba + run.blocks - 1)]
        if any(form is None or (form, run.block_size) not in AS_SENT for form in forms):
            self.left_out += run.blocks
            return
        is_audio = forms[0] is TrackForm.AUDIO
        if is_audio and self.offset is None and run.witness is not None:
            self.offset = yield from self._find_offset(run)
        shift = (self.offset or 0) * SAMPLE if is_audio else 0
        for number, expected in enumerate(run.digests):
            yield Checkpoint()
            start = number * stream.CHUNK
            end = min(start + stream.CHUNK, run.blocks * run.block_size)
            data = yield from self._bytes(run, start + shift, end + shift)
            self._judge(run, start, end, data, expected)

    def _judge(self, run: Recorded, start: int, end: int, data: bytes | None, expected: bytes) -> None:
        first, last = run.lba + start // run.block_size, run.lba + -(-end // run.block_size)
        blocks = end // run.block_size - start // run.block_size  # one that lies in two chunks counts once
        if data is not None and stream.digest(data) == expected:
            self.verified += blocks
        elif self.offset and (first < 0 or (data is None and self._is_end(run, end))):
            self.left_out += blocks  # a drive with an offset cannot read all of the first and the last chunk
        else:
            self.bad.append(range(first, last))

    def _is_end(self, run: Recorded, end: int) -> bool:
        return run is self.session.recorded[-1] and end == run.blocks * run.block_size

    def _form(self, lba: int) -> TrackForm | None:
        track = next((track for track in self.placed if track.first <= lba < track.end), None)
        return track.plan.form if track is not None else None

    def _bytes(self, run: Recorded, start: int, end: int) -> Procedure[bytes | None]:
        """Return bytes of a run as they were sent; None where one of their sectors cannot be read."""
        size = run.block_size
        first, last = run.lba + start // size, run.lba + -(-end // size)
        found = bytearray()
        for lba in range(first, last, self.piece):
            blocks = range(lba, min(lba + self.piece, last))
            sectors = yield from self._sectors(blocks)
            if sectors is None:
                return None
            for address, main in zip(blocks, sectors, strict=True):
                form = self._form(address) or TrackForm.AUDIO
                found += AS_SENT[form, size](main)
        skipped = start - (first - run.lba) * size
        return bytes(found[skipped : skipped + end - start])

    def _sectors(self, blocks: range) -> Procedure[list[bytes] | None]:
        """Read sectors; those of the first pre-gap that the drive does not give are the silence that was sent."""
        try:
            found = yield from persist(partial(read_sectors, blocks.start, len(blocks)))
        except UNREADABLE:
            if blocks.start >= 0 or self._lead():
                return None
            rest = range(blocks.stop)
            behind = (yield from self._sectors(rest)) if len(rest) else []
            return None if behind is None else [bytes(MAIN)] * (min(blocks.stop, 0) - blocks.start) + behind
        return [sector.main for sector in found]

    def _lead(self) -> bool:
        return bool(self.placed[0].plan.lead) or not self.placed[0].plan.form.is_audio

    def _find_offset(self, run: Recorded) -> Procedure[int | None]:
        """Look for a piece of what was sent around its place; return how many samples later the drive has it."""
        position, piece = run.witness or (0, b"")
        lba = run.lba + position // MAIN
        around = range(max(lba - FURTHEST, 0), lba + FURTHEST + 2)
        sectors = yield from self._sectors(around)
        if sectors is None:
            return 0
        at = b"".join(sectors).find(piece)
        if at < 0 or (around.start * MAIN + at - run.lba * MAIN - position) % SAMPLE:
            return 0
        return (around.start * MAIN + at - run.lba * MAIN - position) // SAMPLE

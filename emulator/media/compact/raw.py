"""Raw recording: lead-in, program and lead-out come from the host, sub-channels and all (MMC-6 7.5.4.10)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from discstack.emulator.conditions import INVALID_ADDRESS_FOR_WRITE, OUT_OF_RANGE, Refusal, at
from discstack.emulator.media.compact.composed import understand
from discstack.emulator.media.compact.encode import Sector, encode_raw
from discstack.emulator.media.compact.recording import Recording
from discstack.mmc.spec.cd.packs import Interleaver
from discstack.mmc.spec.mode_page_values import DataBlockType
from discstack.mmc.spec.msf import PREGAP

if TYPE_CHECKING:
    from discstack.emulator.media.compact.disc import CDR

LONGEST_LEAD_OUT: Final = 7500  # blocks


class RawRecording(Recording):
    """Raw: lead-in, program and lead-out come from the host, sub-channels and all."""

    def __init__(self, disc: CDR) -> None:
        super().__init__(disc)
        self.begin: int | None = None
        self.expected: int | None = None
        self.interleaver = Interleaver()

    @property
    def next_address(self) -> int | None:
        """Where the recording goes on: from the start of the lead-in."""
        return self.disc.lead_in_start() if self.expected is None else self.expected

    @property
    def busy(self) -> bool:
        """Whether the recording has begun."""
        return self.begin is not None

    def write(self, lba: int, count: int, data: memoryview) -> None:
        """Take blocks in their order; the first one lies in the lead-in."""
        disc = self.disc
        start = disc.track_list[-1].start - PREGAP
        first = self.begin is None
        if first and (disc.incomplete_session_is_dirty() or not disc.lead_in_start() <= lba < start):
            raise Refusal(at(INVALID_ADDRESS_FOR_WRITE, lba))
        if not first and lba != self.expected:
            raise Refusal(at(INVALID_ADDRESS_FOR_WRITE, lba))
        if lba + count > disc.total + disc.overburn + LONGEST_LEAD_OUT:
            raise Refusal(at(OUT_OF_RANGE, lba))
        if not count:
            return
        disc.rehearse()
        if first:
            self.begin = lba
            disc.cd_tracks[-1].whole, disc.cd_tracks[-1].written = True, 1
            disc.changed()
        size = self.block_size(lba)
        packed = disc.parameters.data_block_type == DataBlockType.RAW_RW_PACKED
        if disc.rehearsal is None:
            blocks = (data[number * size : (number + 1) * size] for number in range(count))
            interleaver = self.interleaver if packed else None
            disc.surface.put(lba, [encode_raw(self.form, block, interleaver) for block in blocks])
        self.expected = lba + count

    def flush(self) -> None:
        """Look at what the sub-channels say was recorded; without a right lead-in the session stays damaged."""
        disc = self.disc
        if disc.rehearsal is not None:
            disc.end_rehearsal()
        if self.begin is None or self.expected is None or disc.recording is not self:
            return
        open_track = disc.cd_tracks[-1]
        start = open_track.start - PREGAP
        lead_in = [disc.store.channels.read(lba)[1] for lba in range(self.begin, start)]
        made = understand(lead_in, self._program(start), open_track.session, start, self.expected)
        self.begin = self.expected = None
        if made is None:
            return
        disc.track_list.pop()
        disc.track_list.extend(made.tracks)
        disc.sessions[open_track.session] = made.session
        disc.complete_session(made.tracks, made.lead_out, final=not made.open_ended)

    def _program(self, start: int) -> Iterator[tuple[int, Sector]]:
        for lba in range(start, self.expected or start):
            yield lba, Sector(*self.disc.store.channels.read(lba))

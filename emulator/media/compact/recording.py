"""What all ways of recording on a CD share (MMC-6 4.2.3, 7.5.4.10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from discstack.emulator.conditions import SEQUENCE_ERROR, Refusal
from discstack.emulator.media.compact.parts import BLOCK_TYPES, BlockForm
from discstack.mmc.spec.cue_sheet import CueSheetEntry

if TYPE_CHECKING:
    from discstack.emulator.media.compact.disc import CDR


class Recording:
    """What all ways share; `disc` is the disc that is recorded on."""

    def __init__(self, disc: CDR) -> None:
        self.disc = disc

    @property
    def form(self) -> BlockForm:
        """The block that the mode page announces."""
        return BLOCK_TYPES[self.disc.parameters.data_block_type]

    @property
    def next_address(self) -> int | None:
        """Where the next block must go, if that is not where the open track goes on."""
        return None

    @property
    def packet(self) -> int | None:
        """How many blocks of user data are in a packet, VARIABLE where that varies, None without packets."""
        return None

    @property
    def busy(self) -> bool:
        """Whether a session is being written as a whole."""
        return False

    def block_size(self, lba: int) -> int:
        """Return how many bytes the host sends for a block."""
        return self.form.size + self.form.sub_channel

    def cue_sheet(self, entries: Sequence[CueSheetEntry]) -> None:
        """Refuse a cue sheet: it belongs to session at once."""
        raise Refusal(SEQUENCE_ERROR)

    def write(self, lba: int, count: int, data: memoryview) -> None:
        """Take blocks."""
        raise NotImplementedError

    def interrupt(self) -> None:
        """Hear that the buffer ran empty; where writing is linked, or cannot be, nothing is to be done."""

    def flush(self) -> None:
        """End what can be ended when the cache is flushed."""
        raise NotImplementedError

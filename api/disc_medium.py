"""The disc in a drive as something whose sectors can be read at random: what `read_volume` works on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from discstack.fs.errors import SourceError
from discstack.mmc.errors import CommandError, MediaError
from discstack.mmc.media import RECIPES
from discstack.mmc.medium import DiscState
from discstack.mmc.reading import read_disc

if TYPE_CHECKING:
    from discstack.recorder import Recorder

SECTOR: Final = 2048
_UNWRITTEN: Final = {DiscState.NO_MEDIUM, DiscState.BLANK, DiscState.UNFORMATTED, DiscState.FORMATTING}


class DiscMedium:
    """The disc that is in a drive now. Raises MediaError if there is nothing on it.

    `session` is the first sector of the last session with something in it, `sectors` the end of what is recorded. The
    recorder must stay open as long as files of the disc are read.
    """

    def __init__(self, recorder: Recorder) -> None:
        medium = recorder.medium()
        recipe = RECIPES.get(medium.profile)
        anywhere = recipe is not None and not recipe.sequential
        last = max((track.session for track in medium.tracks), default=0)
        starts = [track.start for track in medium.tracks if track.session == last]
        ends = [track.end for track in medium.tracks]
        self.session = 0 if anywhere else min(starts, default=0)
        self.sectors = medium.capacity_blocks if anywhere else max(ends, default=medium.used_blocks)
        if medium.state in _UNWRITTEN or not self.sectors:
            raise MediaError(f"there is nothing to read: {medium}")
        self.recorder = recorder

    def read_at(self, lba: int, buffer: bytearray | memoryview) -> None:
        """Fill `buffer`, some whole sectors, from sector `lba` on; SourceError for what cannot be read."""
        view = memoryview(buffer).cast("B")
        done = 0

        def consume(data: memoryview) -> None:
            nonlocal done
            view[done : done + len(data)] = data
            done += len(data)

        label = str(self.recorder.address)
        try:
            self.recorder.run(read_disc(range(lba, lba + len(view) // SECTOR), consume))
        except CommandError as error:
            raise SourceError(label, f"sectors from {lba} on cannot be read: {error}") from error
        if done < len(view):
            raise SourceError(label, f"nothing is recorded behind sector {lba + done // SECTOR}")

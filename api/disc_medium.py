"""The disc in a drive as something whose sectors can be read at random: what `read_volume` works on."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from discstack.fs.errors import SourceError
from discstack.mmc.errors import CommandError, MediaError
from discstack.mmc.media import run_out_of
from discstack.mmc.medium import DiscState
from discstack.mmc.reading import last_session, read_disc

if TYPE_CHECKING:
    from discstack.recorder import Recorder

SECTOR: Final = 2048
UNWRITTEN: Final = {DiscState.NO_MEDIUM, DiscState.BLANK, DiscState.UNFORMATTED, DiscState.FORMATTING}


class DiscMedium:
    """The disc that is in a drive now. Raises MediaError if there is nothing on it.

    `session` is the first sector of the last session with something in it, `sectors` the end of what is recorded. The
    recorder must stay open as long as files of the disc are read.
    """

    def __init__(self, recorder: Recorder) -> None:
        medium = recorder.medium()
        anywhere = medium.state is DiscState.OVERWRITABLE
        last = max((track.session for track in medium.tracks), default=0)
        starts = [track.start for track in medium.tracks if track.session == last]
        ends = [track.data_end for track in medium.tracks]
        self.sectors = medium.capacity_blocks if anywhere else max(ends, default=medium.used_blocks)
        if medium.state in UNWRITTEN or not self.sectors:
            raise MediaError(f"there is nothing to read: {medium}")
        self.session = 0 if anywhere else min(starts) if starts else recorder.run(last_session())
        tracks = sorted(medium.tracks, key=lambda track: track.start)
        between = (range(track.end, after.start) for track, after in pairwise(tracks))
        self._gaps = [] if anywhere else [gap for gap in between if len(gap)]
        self._run_out = run_out_of(medium.profile)
        self._ends = [track.end for track in tracks] or [self.sectors]
        self.recorder = recorder

    def read_at(self, lba: int, buffer: bytearray | memoryview) -> None:
        """Fill `buffer`, some whole sectors, from sector `lba` on; SourceError for what cannot be read.

        Between the tracks of a disc nothing is recorded, and their last sectors may be run-out: zeros stand for that.
        """
        view = memoryview(buffer).cast("B")
        done, end = 0, lba + len(view) // SECTOR
        gaps = [range(max(gap.start, lba), min(gap.stop, end)) for gap in self._gaps]

        def consume(data: memoryview) -> None:
            nonlocal done
            view[done : done + len(data)] = data
            done += len(data)

        label = str(self.recorder.address)
        try:
            wanted = [gap for gap in gaps if gap]
            self.recorder.run(read_disc(range(lba, end), consume, gaps=wanted, run_out=self._run_out))
        except CommandError as error:
            raise SourceError(label, f"sectors from {lba} on cannot be read: {error}") from error
        if done < len(view) and self._is_run_out(range(lba + done // SECTOR, end)):
            view[done:] = bytes(len(view) - done)
        elif done < len(view):
            raise SourceError(label, f"nothing is recorded behind sector {lba + done // SECTOR}")

    def _is_run_out(self, sectors: range) -> bool:
        """Tell whether these are the last sectors of a track."""
        return any(end - self._run_out <= sectors.start and sectors.stop <= end for end in self._ends)

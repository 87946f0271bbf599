"""Reading discs, and comparing them with images."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Protocol

from discstack.data_writer import opened
from discstack.disc_medium import UNWRITTEN, DiscMedium
from discstack.fs.reading.blocks import Blocks
from discstack.fs.reading.notes import Notes
from discstack.fs.reading.udf.volume import find_volume
from discstack.job import Job
from discstack.mmc.command import BLOCK_SIZE
from discstack.mmc.errors import MediaError
from discstack.mmc.job import Digests
from discstack.mmc.media import RECIPES, run_out_of
from discstack.mmc.procedure import Checkpoint, Phase, Report
from discstack.mmc.read_speed import at_read_speed
from discstack.mmc.reading import read_disc
from discstack.mmc.stream import ALGORITHM, CHUNK, digest
from discstack.mmc.verify import verify

if TYPE_CHECKING:
    from discstack.data_writer import Writable
    from discstack.events import EventHandler
    from discstack.mmc.medium import MediumStatus
    from discstack.mmc.procedure import Procedure
    from discstack.mmc.stream import BlockSource

PRIMARY_VOLUME_DESCRIPTOR: Final = 16  # ECMA-119 6.7.1, where nearly all discs have it
_IDENTIFIER: Final = b"\x01CD001"


class Sink(Protocol):
    """Something that takes bytes, such as an open file."""

    def write(self, data: memoryview, /) -> object:
        """Take all of the bytes."""
        ...


class DiscReader(Job):
    """Reads what a disc holds. One thread at a time may run a job; `cancel` may be called from any."""

    @property
    def careful_speed(self) -> int | None:
        """How fast the medium should at most be read where speed does not matter, in kB/s; None for any."""
        recipe = RECIPES.get(self.recorder.medium().profile)
        return recipe.verify_speed if recipe else None

    def recorded(self, start: int = 0) -> range:
        """Return the blocks from `start` on that hold data, or may.

        On a medium that is written in order they end with the last recorded track; on one that is written anywhere,
        with the volume that lies there, or where the medium is formatted to. Raises MediaError where there is nothing.
        """
        medium = self.recorder.medium()
        recipe = RECIPES.get(medium.profile)
        tracks = max((track.data_end for track in medium.tracks), default=0)
        end = tracks or medium.used_blocks
        if recipe is not None and not recipe.sequential:
            end = self._volume_size(medium) or tracks or medium.capacity_blocks
        if medium.state in UNWRITTEN or not end:
            raise MediaError(f"there is nothing to read: {medium}")
        if start >= end:
            raise MediaError(f"there is nothing to read from sector {start} on, the last one is {end - 1}: {medium}")
        return range(start, end)

    def runs(self, blocks: range) -> list[range]:
        """Return the parts of blocks that can be read, without the gaps between tracks.

        What a CD has behind a track that was written at once (run-out, two blocks) is left out, too.
        """
        medium = self.recorder.medium()
        run_out = run_out_of(medium.profile)
        ends = {medium.used_blocks, *(track.data_end for track in medium.tracks)}
        runs, start = list[range](), blocks.start
        for gap in [*self._gaps(blocks), range(blocks.stop, blocks.stop)]:
            runs.append(range(start, gap.start - (run_out if gap or blocks.stop in ends else 0)))
            start = gap.stop
        return [run for run in runs if run]

    def _gaps(self, blocks: range) -> list[range]:
        """Return what lies between the tracks of a medium that is written in order: nothing is recorded there."""
        medium = self.recorder.medium()
        recipe = RECIPES.get(medium.profile)
        if recipe is not None and not recipe.sequential:
            return []
        tracks = sorted(medium.tracks, key=lambda track: track.start)
        between = [(track.end, after.start) for track, after in pairwise(tracks)]
        gaps = [range(max(start, blocks.start), min(end, blocks.stop)) for start, end in between]
        return [gap for gap in gaps if gap]

    def _volume_size(self, medium: MediumStatus) -> int | None:
        """Return the volume space size of the primary volume descriptor (ECMA-119 8.4.8), or where UDF alone ends."""
        if medium.capacity_blocks <= PRIMARY_VOLUME_DESCRIPTOR:
            return None
        sector = bytearray()
        at = PRIMARY_VOLUME_DESCRIPTOR
        self.recorder.run(read_disc(range(at, at + 1), sector.extend, skip_bad=True))
        size: int = struct.unpack_from("<I", sector, 80)[0]
        if not sector.startswith(_IDENTIFIER):
            found = find_volume(Blocks(DiscMedium(self.recorder), Notes()), 0)
            size = found.end if found is not None else 0
        return size if at < size <= medium.capacity_blocks else None

    def read(
        self,
        sink: Sink,
        *,
        blocks: range | None = None,
        skip_bad: bool = False,
        speed: int | None = None,
        on_event: EventHandler | None = None,
    ) -> list[range]:
        """Read blocks (by default all that is recorded) into a sink and return the ranges that could not be read.

        Between the sessions of a disc nothing is recorded: zeros stand for that. A block that cannot be read raises
        MediumError, unless `skip_bad`: then zeros stand for it too, and behind all that the medium holds one failure is
        enough. What a CD has behind a track that was written at once (run-out, two blocks) is left out at the end,
        where it cannot be read. `speed` in kB/s of 1000 bytes curbs it.
        """
        with self._cancellation.job():
            wanted = self.recorded() if blocks is None else blocks
            if wanted.step != 1:
                raise ValueError(f"blocks are read one after the other, not {wanted.step} on each time")
            medium = self.recorder.medium()
            procedure = read_disc(
                wanted,
                sink.write,
                gaps=self._gaps(wanted),
                skip_bad=skip_bad,
                run_out=run_out_of(medium.profile),
                ends_track=wanted.stop in (medium.used_blocks, *(track.data_end for track in medium.tracks)),
                capacity=medium.capacity_blocks,
            )
            return self._run(at_read_speed(speed, procedure, Phase.READING), on_event, write=False)

    def verify(
        self, image: Writable, *, start: int = 0, speed: int | None = None, on_event: EventHandler | None = None
    ) -> int:
        """Compare the disc with an image that was written at `start`; return how many sectors were compared.

        The image is read through first. `speed` curbs reading, in kB/s of 1000 bytes; without it the disc is read at
        its `careful_speed`. Raises VerificationError with the ranges that differ or cannot be read,
        SourceError or EOFError where the image cannot be read.
        """
        with self._cancellation.job(), opened(image) as source:
            curb = self.careful_speed if speed is None else speed
            return self._run(_compare(source, start, curb), on_event, write=False)


def _compare(source: BlockSource, start: int, speed: int | None) -> Procedure[int]:
    return (yield from verify((yield from digests_of(source, start)), read_speed=speed))


def digests_of(source: BlockSource, start: int) -> Procedure[Digests]:
    """Read an image through and return the digests that a disc with it at `start` has.

    Raises EOFError where the source has fewer blocks than it said.
    """
    size, done = source.sectors * BLOCK_SIZE, 0
    buffer = memoryview(bytearray(CHUNK))
    digests = []
    while done < size:
        yield Checkpoint()
        chunk = buffer[: min(CHUNK, size - done)]
        _fill(source, chunk)
        digests.append(digest(chunk))
        done += len(chunk)
        yield Report(Phase.VALIDATING, done / size)
    return Digests(
        algorithm=ALGORITHM,
        start=start,
        blocks=source.sectors,
        chunk_blocks=CHUNK // BLOCK_SIZE,
        digests=tuple(digests),
    )


def _fill(source: BlockSource, chunk: memoryview) -> None:
    filled = 0
    while filled < len(chunk):
        count = source.readinto(chunk[filled:])
        if count <= 0:
            raise EOFError(f"the image ended before the {source.sectors} sectors that it should have")
        filled += count

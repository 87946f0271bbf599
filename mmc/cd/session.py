"""A session while it is recorded: what its steps share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from discstack.mmc import actions, queries
from discstack.mmc.cd.composing import SubChannelForm
from discstack.mmc.cd.following import multi_session
from discstack.mmc.command import BLOCK_SIZE
from discstack.mmc.errors import UnsupportedMedium
from discstack.mmc.feed import added
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Phase, Procedure, Report
from discstack.mmc.recording import check_ring, check_way
from discstack.mmc.runs import Run, Runs
from discstack.mmc.spec.mode_page_values import SessionFormat
from discstack.mmc.spec.msf import PREGAP
from discstack.transport.base import SMALL_TRANSFER, FeedCounters

if TYPE_CHECKING:
    from discstack.mmc.cd.job import CdChoices
    from discstack.mmc.cd.program import ProgramTrack
    from discstack.mmc.recipe import Work
    from discstack.mmc.stream import BlockSource

LARGEST_BLOCK: Final = 2448  # bytes: a sector with its sub-channels
VALID: Final = 0x80  # first byte of a code in the mode page


def _nothing() -> Procedure[None]:
    yield from ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run that was written, by the digests of its blocks.

    `witness` is a piece of it that is not the same byte all over, and where in the run it lies.
    """

    lba: int
    blocks: int
    block_size: int
    digests: tuple[bytes, ...]
    witness: tuple[int, bytes] | None = None


@dataclass(slots=True, kw_only=True)
class Session:
    """One recording. `speed` is the drive's in kB/s, None if it does not tell.

    `catalogue` is the media catalogue number, `session_format` marks the session, `sub_channels` is the form in which
    a raw session carries them.
    """

    work: Work
    job: CdChoices
    catalogue: str = ""
    session_format: SessionFormat = SessionFormat.CD_DA_OR_CD_ROM
    sub_channels: SubChannelForm = SubChannelForm.PQ
    speed: int | None = None
    counters: FeedCounters = field(default_factory=FeedCounters)
    recorded: list[Recorded] = field(default_factory=list)
    starts: dict[int, int] = field(default_factory=dict)  # where track at once put the tracks, by number

    def select(self, track: ProgramTrack | None = None, **fields: Any) -> Procedure[None]:
        """Send the write parameters, changed from what the drive has, with the ISRC of `track`."""
        current = yield from persist(queries.write_parameters)
        page = replace(
            current,
            bufe=self.job.underrun_protection,
            ls_v=False,
            test_write=self.job.simulate,
            multi_session=multi_session(self.work, close=self.job.close),
            fp=False,
            copy=track is not None and track.copied,
            session_format=self.session_format,
            packet_size=0,
            audio_pause_length=PREGAP,
            media_catalog_number=_code(self.catalogue),
            international_standard_recording_code=_code(track.isrc if track is not None else ""),
            **fields,
        )
        yield from persist(partial(actions.mode_select, page.build()))

    def write(self, source: BlockSource, lba: int, block_size: int, *, padding: int = 0) -> Procedure[None]:
        """Write one run of blocks."""
        yield from self.write_all([(lba, block_size, source)], padding=padding)

    def write_all(
        self,
        runs: Iterable[tuple[int, int, BlockSource]],
        announce: Callable[[], Procedure[None]] = _nothing,
        *,
        padding: int = 0,
    ) -> Procedure[None]:
        """Write runs of blocks one behind the other, each with its address and size of blocks; remember their digests.

        `announce` tells the drive of them, once there is enough data to go on with.
        """
        placed = [self._run(lba, size, source, padding) for lba, size, source in runs]
        with Runs(self.work, placed, self.speed, self.job.ring_bytes) as flow:
            yield from flow.fill()
            yield Report(Phase.WRITING)
            yield from announce()
            written = yield from flow.write(_unknown)
        for run, done in zip(placed, written, strict=True):
            self.counters = added(self.counters, done.counters)
            self.recorded.append(Recorded(run.lba, run.source.sectors, run.block_size, done.digests, done.witness))

    def _run(self, lba: int, block_size: int, source: BlockSource, padding: int) -> Run:
        asked = self.job.transfer_bytes
        usual = self.work.recipe.transfer if block_size == BLOCK_SIZE else max(SMALL_TRANSFER // block_size, 1)
        return Run(
            source=source,
            lba=lba,
            padding=padding,
            block_size=block_size,
            transfer=usual if asked is None else asked // block_size,
            exactly=asked is not None,
        )


def _code(code: str) -> bytes:
    return (bytes((VALID,)) + code.encode("ascii")).ljust(16, b"\0") if code else bytes(16)


def check_sizes(work: Work, choices: CdChoices) -> Procedure[None]:
    """Refuse sizes of the ring and of the commands that do not suit CDs or the way to the drive."""
    check_ring(work, choices.ring_bytes, work.recipe.raw_block, two=True)
    if choices.transfer_bytes is not None:
        if choices.transfer_bytes < LARGEST_BLOCK:
            raise UnsupportedMedium(f"a block of a CD has up to {LARGEST_BLOCK} bytes: a command carries no less")
        yield from check_way(choices.transfer_bytes)


def _unknown() -> Procedure[int | None]:
    """Give no next writable address: within a session at once it is what was announced."""
    yield from ()
    return None

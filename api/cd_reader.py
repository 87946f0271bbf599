"""Reading CDs track by track: what is on them, and into the files that programs for CDs know."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from discstack.address import VirtualAddress
from discstack.audio.cue_writing import cue_text, wave_header
from discstack.fs.system_paths import path_of
from discstack.job import Job
from discstack.mmc.cd.contents import CdContents, CdTrackContents, cd_contents
from discstack.mmc.cd.graphics import PackGatherer
from discstack.mmc.cd.ripping import read_run
from discstack.mmc.cd.sectors import MAIN, CdSector, ErrorBits, SubChannels
from discstack.mmc.errors import IllegalRequest, MediaError
from discstack.mmc.procedure import Phase, Procedure
from discstack.mmc.read_speed import at_read_speed
from discstack.mmc.spec.counted import join
from discstack.mmc.verify import merged

if TYPE_CHECKING:
    from discstack.events import EventHandler

RUN_OUT: Final = 2  # blocks at the end of data written track at once that nobody can read
TRACK_GAP: Final = 150  # blocks between such tracks, likewise
SUB_CHANNELS, GRAPHICS, TEXTS = ".sub", ".cdg", ".cdt"


@dataclass(frozen=True, slots=True, kw_only=True)
class CdFiles:
    """What was written: the cue sheet, all files, and the sectors for which zeros stand.

    `doubtful` are the sectors with bytes that the drive could not correct, where it was asked for these;
    `corrected_packs` counts the packs of graphics that were put right by their parity, `damaged_packs` those that it
    could not put right, `cut_packs` those that end where nothing could be read, as in the lead-out: empty ones stand
    for them.
    """

    cue: Path
    files: tuple[Path, ...]
    contents: CdContents
    unreadable: tuple[range, ...]
    doubtful: tuple[range, ...] = ()
    corrected_packs: int = 0
    damaged_packs: int = 0
    cut_packs: int = 0


class CdReader(Job):
    """Reads CDs. One thread at a time may run a job; `cancel` may be called from any."""

    def contents(self, *, gaps: bool = True, on_event: EventHandler | None = None) -> CdContents:
        """Return sessions, tracks, codes and texts; with `gaps` pre-gaps, indexes and graphics, which takes a while.

        Raises MediaError where there is no CD with a table of contents.
        """
        try:
            return self._run(cd_contents(gaps=gaps), on_event, write=False)
        except IllegalRequest as error:
            raise MediaError(f"the drive shows no table of contents of a CD: {self.recorder.medium()}") from error

    def save(
        self,
        cue: str | os.PathLike[str],
        *,
        wav: bool = False,
        sub_channels: bool = False,
        graphics: bool = False,
        error_bits: bool = False,
        skip_bad: bool = False,
        speed: int | None = None,
        overwrite: bool = False,
        on_event: EventHandler | None = None,
    ) -> CdFiles:
        """Read the whole disc into files beside the cue sheet `cue`, which is written last.

        One BIN file a session with sectors of 2352 bytes, or (`wav`) one WAV file a track, for discs of audio only.
        With `sub_channels` a SUB file beside each BIN file keeps the sub-channels P to W, 96 bytes a sector; with
        `graphics` a CDG file beside the WAV file of each track that has any keeps the packs of R to W. With
        `error_bits` the drive is asked which bytes it could not correct (C2). `speed` in kB/s of 1000 bytes curbs it.
        CD-TEXT is kept in a CDT file, too. No file beside the cue sheet is written over unless `overwrite`, and never
        the one that keeps the disc of a virtual drive. Raises MediaError where there are no tracks, FileExistsError or
        ValueError before anything is read, CommandError at a sector that cannot be read, unless `skip_bad`.
        """
        where = path_of(cue)
        if wav and sub_channels:
            raise ValueError("sub-channels are kept beside BIN files, not beside WAV files")
        if graphics and not wav:
            raise ValueError("graphics are kept beside WAV files; beside BIN files the sub-channels keep them")
        with self._cancellation.job(), ExitStack() as stack:
            contents = self.contents(on_event=on_event)
            if not contents.tracks:
                raise MediaError(f"there are no tracks to read: {self.recorder.medium()}")
            if wav and not all(track.is_audio for track in contents.tracks):
                raise ValueError("there are tracks of data on this disc, which WAV files cannot hold")
            plan = list(_wav_plan(contents, where) if wav else _bin_plan(contents, where))
            suffixes = [suffix for suffix, wanted in ((SUB_CHANNELS, sub_channels), (GRAPHICS, graphics)) if wanted]
            beside = _beside(plan, where, suffixes, texts=bool(contents.packs))
            if not overwrite:
                _check_free(beside)
            self._spare_disc((where, *beside))
            writer = _Writer(stack, sub_channels=sub_channels, graphics=graphics, error_bits=error_bits)
            reading = _read_all(plan, writer, skip_bad=skip_bad)
            bad = self._run(at_read_speed(speed, reading, Phase.READING), on_event, write=False)
        files = [*(part.path for part in plan), *writer.beside]
        texts = where.with_suffix(TEXTS)
        if contents.packs:
            texts.write_bytes(join(contents.packs))
            files.append(texts)
        named = texts.name if contents.packs else None
        where.write_text(cue_text(contents, partial(_place, plan), texts_file=named), encoding="utf-8")
        return CdFiles(
            cue=where,
            files=tuple(files),
            contents=contents,
            unreadable=tuple(bad),
            doubtful=tuple(merged(writer.doubtful)),
            corrected_packs=writer.gatherer.corrected,
            damaged_packs=writer.gatherer.damaged,
            cut_packs=writer.gatherer.cut,
        )

    def _spare_disc(self, paths: Sequence[Path]) -> None:
        """Raise ValueError if one of the files keeps the disc that is to be read."""
        address = self.recorder.address
        for path in paths:
            if isinstance(address, VirtualAddress) and address.lies_at(path):
                raise ValueError(f"{path} is the disc that is read; what is read needs files of its own")


@dataclass(frozen=True, slots=True)
class _Part:
    """A file and the sectors that go into it."""

    path: Path
    kind: str
    blocks: range
    tracks: tuple[CdTrackContents, ...]

    @property
    def tolerated(self) -> list[range]:
        """Where drives leave sectors that nobody can read: behind data that was written track at once."""
        found = []
        for track in self.tracks:
            if not track.is_audio:
                gap = 0 if track.end == self.blocks.stop else TRACK_GAP
                found.append(range(track.end - gap - RUN_OUT, track.end))
        return found


def _bin_plan(contents: CdContents, cue: Path) -> Iterator[_Part]:
    for number in sorted({track.session for track in contents.tracks}):
        tracks = tuple(track for track in contents.tracks if track.session == number)
        suffix = ".bin" if number == 1 else f".session{number}.bin"
        yield _Part(cue.with_suffix(suffix), "BINARY", range(tracks[0].first, tracks[-1].end), tracks)


def _wav_plan(contents: CdContents, cue: Path) -> Iterator[_Part]:
    """Give each track a file; the pre-gap of the next one lies at its end, as most rippers have it."""
    for place, track in enumerate(contents.tracks):
        after = contents.tracks[place + 1] if place + 1 < len(contents.tracks) else None
        end = after.start if after is not None and after.session == track.session else track.end
        path = cue.with_name(f"{cue.stem} {track.number:02}.wav")
        yield _Part(path, "WAVE", range(track.start if place else track.first, end), (track,))


def _place(plan: list[_Part], lba: int) -> tuple[str, int]:
    """Return the file that holds an address, as a cue sheet names it, and how many sectors into it."""
    part = next(part for part in plan if lba in part.blocks)
    return f'"{part.path.name}" {part.kind}', lba - part.blocks.start


def _beside(plan: list[_Part], cue: Path, suffixes: Sequence[str], *, texts: bool) -> list[Path]:
    """Return the files that are written beside the cue sheet, or may be."""
    others = [part.path.with_suffix(suffix) for part in plan for suffix in suffixes]
    return [*(part.path for part in plan), *others, *([cue.with_suffix(TEXTS)] if texts else ())]


def _check_free(beside: Sequence[Path]) -> None:
    """Raise FileExistsError for a file that nobody has named and that would be written over."""
    for path in beside:
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, "it is there already, and would be written over", str(path))


def _read_all(plan: list[_Part], writer: _Writer, *, skip_bad: bool) -> Procedure[list[range]]:
    done, total = 0, sum(len(part.blocks) for part in plan)
    bad: list[range] = []
    for part in plan:
        writer.begin(part)
        bad += yield from read_run(
            part.blocks,
            writer.take,
            sub=SubChannels.RAW if writer.wants_channels else SubChannels.NONE,
            errors=ErrorBits.BITS if writer.error_bits else ErrorBits.NONE,
            skip_bad=skip_bad,
            tolerated=part.tolerated,
            done=done,
            total=total,
        )
        done += len(part.blocks)
    writer.gatherer.finish()
    return merged(bad)


class _Writer:
    """Puts sectors into files; `beside` are those of the sub-channels, `doubtful` what the drive could not correct."""

    def __init__(self, stack: ExitStack, *, sub_channels: bool, graphics: bool, error_bits: bool) -> None:
        self._stack, self._sub_channels, self._graphics, self.error_bits = stack, sub_channels, graphics, error_bits
        self._pictures: list[_Pictures] = []
        self._main: BinaryIO | None = None
        self._sub: BinaryIO | None = None
        self.beside: list[Path] = []
        self.doubtful: list[range] = []
        self.gatherer = PackGatherer(self._keep_packs)

    @property
    def wants_channels(self) -> bool:
        """Whether the sub-channels have to be read."""
        return self._sub_channels or self._graphics

    def begin(self, part: _Part) -> None:
        """Open the files of a part."""
        self._main = self._stack.enter_context(part.path.open("wb"))
        if part.kind == "WAVE":
            self._main.write(wave_header(len(part.blocks) * MAIN))
        if self._sub_channels:
            self._sub = self._beside(part, SUB_CHANNELS)
        if self._graphics:
            self._pictures.append(_Pictures(part.blocks, partial(self._beside, part, GRAPHICS)))

    def _beside(self, part: _Part, suffix: str) -> BinaryIO:
        path = part.path.with_suffix(suffix)
        self.beside.append(path)
        return self._stack.enter_context(path.open("wb"))

    def take(self, sector: CdSector) -> None:
        """Write one sector."""
        if self._main is not None:
            self._main.write(sector.main)
        if self._sub is not None:
            self._sub.write(sector.channels)
        if self._graphics:
            self.gatherer.take(sector)
        if sector.doubtful_bytes:
            self.doubtful.append(range(sector.lba, sector.lba + 1))

    def _keep_packs(self, lba: int, packs: bytes) -> None:
        """Write the packs of a sector into the file of its track; they come two sectors late."""
        for pictures in self._pictures:
            if lba in pictures.blocks:
                pictures.keep(lba, packs)


class _Pictures:
    """The packs of a track, for which there is a file from the first one on that is not empty."""

    def __init__(self, blocks: range, create: Callable[[], BinaryIO]) -> None:
        self.blocks, self._create = blocks, create
        self._file: BinaryIO | None = None

    def keep(self, lba: int, packs: bytes) -> None:
        """Write the packs of a sector, and those before it that were empty."""
        if self._file is None and any(packs):
            self._file = self._create()
            self._file.write(bytes((lba - self.blocks.start) * len(packs)))
        if self._file is not None:
            self._file.write(packs)

"""Reading CDs track by track: what is on them, and into the files that programs for CDs know."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from discstack.audio.cue_writing import cue_text, wave_header
from discstack.job import Job
from discstack.mmc.cd.contents import CdContents, CdTrackContents, cd_contents
from discstack.mmc.cd.ripping import read_run
from discstack.mmc.cd.sectors import MAIN, CdSector, SubChannels
from discstack.mmc.errors import MediaError
from discstack.mmc.procedure import Procedure
from discstack.mmc.spec.counted import join
from discstack.mmc.verify import merged

if TYPE_CHECKING:
    from discstack.events import EventHandler

RUN_OUT: Final = 2  # blocks at the end of data written track at once that nobody can read
TRACK_GAP: Final = 150  # blocks between such tracks, likewise


@dataclass(frozen=True, slots=True, kw_only=True)
class CdFiles:
    """What was written: the cue sheet, all files, and the sectors for which zeros stand."""

    cue: Path
    files: tuple[Path, ...]
    contents: CdContents
    unreadable: tuple[range, ...]


class CdReader(Job):
    """Reads CDs. One thread at a time may run a job; `cancel` may be called from any."""

    def contents(self, *, gaps: bool = True, on_event: EventHandler | None = None) -> CdContents:
        """Return sessions, tracks, codes and texts; with `gaps` the pre-gaps are looked for, which takes a while.

        Raises CommandError where there is no CD with a table of contents.
        """
        return self._run(cd_contents(gaps=gaps), on_event, write=False)

    def save(
        self,
        cue: str | os.PathLike[str],
        *,
        wav: bool = False,
        sub_channels: bool = False,
        skip_bad: bool = False,
        on_event: EventHandler | None = None,
    ) -> CdFiles:
        """Read the whole disc into files beside the cue sheet `cue`, which is written last.

        One BIN file a session with sectors of 2352 bytes, or (`wav`) one WAV file a track, for discs of audio only.
        With `sub_channels` a SUB file beside each BIN file keeps the sub-channels P to W, 96 bytes a sector. CD-TEXT is
        kept in a CDT file, too. Raises MediaError where there are no tracks, CommandError at a sector that cannot be
        read, unless `skip_bad`.
        """
        where = Path(cue)
        contents = self.contents(on_event=on_event)
        if not contents.tracks:
            raise MediaError(f"there are no tracks to read: {self.recorder.medium()}")
        if wav and not all(track.is_audio for track in contents.tracks):
            raise ValueError("there are tracks of data on this disc, which WAV files cannot hold")
        if wav and sub_channels:
            raise ValueError("sub-channels are kept beside BIN files, not beside WAV files")
        plan = list(_wav_plan(contents, where) if wav else _bin_plan(contents, where))
        with ExitStack() as stack:
            bad = self._run(_read_all(plan, stack, sub_channels=sub_channels, skip_bad=skip_bad), on_event, write=False)
        files = [part.path for part in plan]
        files += [part.path.with_suffix(".sub") for part in plan if sub_channels]
        texts = where.with_suffix(".cdt")
        if contents.packs:
            texts.write_bytes(join(contents.packs))
            files.append(texts)
        named = texts.name if contents.packs else None
        where.write_text(cue_text(contents, partial(_place, plan), texts_file=named), encoding="utf-8")
        return CdFiles(cue=where, files=tuple(files), contents=contents, unreadable=tuple(bad))


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
        yield _Part(cue.with_suffix(suffix), "BINARY", range(tracks[0].start, tracks[-1].end), tracks)


def _wav_plan(contents: CdContents, cue: Path) -> Iterator[_Part]:
    """Give each track a file; the pre-gap of the next one lies at its end, as most rippers have it."""
    for place, track in enumerate(contents.tracks):
        after = contents.tracks[place + 1] if place + 1 < len(contents.tracks) else None
        end = after.start if after is not None and after.session == track.session else track.end
        path = cue.with_name(f"{cue.stem} {track.number:02}.wav")
        yield _Part(path, "WAVE", range(track.start, end), (track,))


def _place(plan: list[_Part], lba: int) -> tuple[str, int]:
    """Return the file that holds an address, as a cue sheet names it, and how many sectors into it."""
    part = next(part for part in plan if lba in part.blocks)
    return f'"{part.path.name}" {part.kind}', lba - part.blocks.start


def _read_all(plan: list[_Part], stack: ExitStack, *, sub_channels: bool, skip_bad: bool) -> Procedure[list[range]]:
    done, total = 0, sum(len(part.blocks) for part in plan)
    bad: list[range] = []
    for part in plan:
        main = stack.enter_context(part.path.open("wb"))
        sub = stack.enter_context(part.path.with_suffix(".sub").open("wb")) if sub_channels else None
        if part.kind == "WAVE":
            main.write(wave_header(len(part.blocks) * MAIN))
        bad += yield from read_run(
            part.blocks,
            _Writer(main, sub).take,
            sub=SubChannels.RAW if sub_channels else SubChannels.NONE,
            skip_bad=skip_bad,
            tolerated=part.tolerated,
            done=done,
            total=total,
        )
        done += len(part.blocks)
    return merged(bad)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Puts sectors into files."""

    main: BinaryIO
    sub: BinaryIO | None

    def take(self, sector: CdSector) -> None:
        self.main.write(sector.main)
        if self.sub is not None:
            self.sub.write(sector.channels)

"""Writing audio CDs, and CDs of audio and data."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from discstack.audio.cue_file import CueSheet
from discstack.audio.tracks import AudioTrack, program_of, program_of_sheet
from discstack.job import Job
from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.by_track import NO_TEXTS
from discstack.mmc.cd.job import CdChoices, CdJob, CdResult, CdWriteMode
from discstack.mmc.cd.program import Program, ProgramTrack
from discstack.mmc.cd.tracks import OpenTracks, add_track, prepare_tracks, release_tracks
from discstack.mmc.errors import DriveError, UnsupportedMedium
from discstack.mmc.job import VerifyLevel
from discstack.transport.base import TransportError

if TYPE_CHECKING:
    from discstack.events import EventHandler
    from discstack.mmc.cd.composing import SubChannelForm
    from discstack.mmc.cd.program import Placed
    from discstack.mmc.medium import MediumStatus
    from discstack.recorder import Recorder

Content = CueSheet | Program | Iterable["AudioTrack | str | os.PathLike[str]"]


class AudioWriter(Job):
    """Writes tracks from files. The choices are attributes, and hold for the next `write` or `prepare`.

    `gapless` writes a session at once, as CD-TEXT, indexes and tracks that follow each other without a gap need;
    otherwise each track is written by itself, with two seconds before it, and texts are refused unless `cd_text` is
    off. `erase` permits that the data on a CD-RW is lost, `close` leaves the disc so that nothing more can be added,
    `overburn` permits more than the disc says that it holds, `simulate` keeps the laser off. `speed` is in kB/s of 1000
    bytes, None for the fastest. `cd_text` says whether titles and the like get onto the disc. `graphics` takes the CDG
    files beside the audio files of a cue sheet. What has graphics is recorded raw, from lead-in to lead-out, which not
    all drives can; `sub_channels` asks for that in one of its forms. The table of contents, CD-TEXT and codes are
    always compared with the plan; with `verify` FULL every block is read back, too, no faster than `verify_speed`.
    `ring_bytes` is the size of the buffer between the files and the drive, None for what two and a half seconds at full
    speed need; `transfer_bytes` what one command carries at most, in whole blocks, None for what suits.

        AudioWriter(recorder).write(["one.wav", "two.flac"])
        AudioWriter(recorder).write(CueSheet.load("album.cue"))

    Or track by track, each whenever it is ready, on one thread:

        with writer.prepared():
            writer.add_track("one.wav")
    """

    def __init__(
        self,
        recorder: Recorder,
        *,
        gapless: bool = True,
        erase: bool = False,
        close: bool = True,
        simulate: bool = False,
        overburn: bool = False,
        speed: int | None = None,
        cd_text: bool = True,
        graphics: bool = False,
        sub_channels: SubChannelForm | None = None,
        verify: VerifyLevel = VerifyLevel.QUICK,
        verify_speed: int | None = None,
        underrun_protection: bool = True,
        ring_bytes: int | None = None,
        transfer_bytes: int | None = None,
    ) -> None:
        super().__init__(recorder)
        self.gapless, self.erase, self.close, self.simulate = gapless, erase, close, simulate
        self.overburn, self.speed, self.cd_text, self.verify = overburn, speed, cd_text, verify
        self.graphics, self.sub_channels = graphics, sub_channels
        self.verify_speed = verify_speed
        self.underrun_protection = underrun_protection
        self.ring_bytes, self.transfer_bytes = ring_bytes, transfer_bytes
        self._held = ExitStack()
        self._open: OpenTracks | None = None

    def write(
        self,
        content: Content,
        *,
        catalogue: str = "",
        title: str = "",
        performer: str = "",
        session: int | None = None,
        on_event: EventHandler | None = None,
    ) -> CdResult:
        """Write a whole session and return how it went; there is a result only if all went well.

        `content` is a cue sheet, a `Program`, or audio files in order; of the last, `catalogue` is the media catalogue
        number, `title` and `performer` are those of the album; of a cue sheet with several sessions `session` is the
        one to write. Raises MediaError if the disc does not suit and SourceError, CueError or ValueError if the tracks
        cannot be (all before anything is written), CommandError and TransportError if the drive fails, DiscStateError
        if the table of contents is not the planned one, Cancelled.
        """
        with self._cancellation.job():
            program = self.program(content, catalogue=catalogue, title=title, performer=performer, session=session)
            return self._run(burn_program(self._job(program)), on_event)

    def program(
        self,
        content: Content,
        *,
        catalogue: str = "",
        title: str = "",
        performer: str = "",
        session: int | None = None,
    ) -> Program:
        """Return what `write` would write."""
        if session is not None and not isinstance(content, CueSheet):
            raise ValueError("only a cue sheet has sessions to choose from")
        if isinstance(content, (Program, CueSheet)) and (catalogue or title or performer):
            raise ValueError("a program or a cue sheet says by itself what catalogue, title and performer would say")
        if isinstance(content, Program):
            return content
        if isinstance(content, (str, os.PathLike)):
            raise TypeError(f"audio files come as a list, a cue sheet by CueSheet.load: not as {content!r}")
        if isinstance(content, CueSheet):
            return program_of_sheet(content, session=session, cd_text=self.cd_text, graphics=self.graphics)
        tracks = [item if isinstance(item, AudioTrack) else AudioTrack(path=item) for item in content]
        return program_of(tracks, catalogue=catalogue, title=title, performer=performer, cd_text=self.cd_text)

    def _choices(self) -> dict[str, Any]:
        return {
            "erase": self.erase,
            "close": self.close,
            "simulate": self.simulate,
            "overburn": self.overburn,
            "speed": self.speed,
            "verify": self.verify,
            "verify_speed": self.verify_speed,
            "underrun_protection": self.underrun_protection,
            "ring_bytes": self.ring_bytes,
            "transfer_bytes": self.transfer_bytes,
        }

    def _job(self, program: Program) -> CdJob:
        if self.sub_channels is not None and not self.gapless:
            raise ValueError("track at once leaves the sub-channels to the drive: they have no form to choose")
        mode = CdWriteMode.SESSION_AT_ONCE if self.gapless else CdWriteMode.TRACK_AT_ONCE
        if self.gapless and (program.has_packs or self.sub_channels is not None):
            mode = CdWriteMode.RAW
        return CdJob(program=program, mode=mode, sub_channels=self.sub_channels, **self._choices())

    def prepare(self, *, catalogue: str = "", on_event: EventHandler | None = None) -> None:
        """Hold the drive, lock its tray and get the disc ready for tracks, until `release`; `prepared` does both.

        Raises MediaError if the disc cannot take tracks, ValueError if it is prepared already.
        """
        if self._open is not None:
            raise ValueError("the disc is prepared already; add tracks, or release it")
        self._held.enter_context(self.recorder.hold(write=True))
        try:
            self._open = self._run(prepare_tracks(CdChoices(**self._choices()), catalogue), on_event)
        finally:
            if self._open is None:
                self._held.close()

    def add_track(
        self, track: AudioTrack | ProgramTrack | str | os.PathLike[str], *, on_event: EventHandler | None = None
    ) -> Placed:
        """Write one track now, two seconds behind the one before, and say where it is.

        Raises MediumFull if it does not fit, UnsupportedMedium for what only a whole session can hold: texts (unless
        `cd_text` is off), indexes, graphics (nothing is written then). A track that failed or was cancelled half-way
        stays on the disc.
        """
        tracks = self._opened()
        if not isinstance(track, (AudioTrack, ProgramTrack)):
            track = AudioTrack(path=track)
        if self.cd_text and isinstance(track, AudioTrack) and track.has_texts:
            raise UnsupportedMedium(NO_TEXTS)
        plan = track if isinstance(track, ProgramTrack) else track.track()
        return self._run(add_track(tracks, plan), on_event)

    def release(self, *, on_event: EventHandler | None = None) -> MediumStatus:
        """Close the session, compare the table of contents with the tracks that were added, and let the drive go."""
        tracks = self._opened()
        self._open = None
        self._cancellation.forget()  # it was about tracks; what is not released stays locked
        with self._held:
            return self._run(release_tracks(tracks), on_event)

    @contextmanager
    def prepared(self, *, catalogue: str = "", on_event: EventHandler | None = None) -> Iterator[None]:
        """`prepare` for a with statement, and `release` at its end, after an error too."""
        self.prepare(catalogue=catalogue, on_event=on_event)
        try:
            yield
        except BaseException as error:
            try:
                self.release(on_event=on_event)
            except (DriveError, TransportError) as second:
                error.add_note(f"afterwards also: {second}")
            raise
        self.release(on_event=on_event)

    @property
    def table_of_contents(self) -> tuple[Placed, ...]:
        """The tracks that were added since `prepare`."""
        return tuple(self._opened().placed)

    def _opened(self) -> OpenTracks:
        if self._open is None:
            raise ValueError("the disc is not prepared")
        return self._open

"""Raw CDs: composing them, and writing them from lead-in to lead-out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO, Final

from discstack.audio.tracks import AudioTrack
from discstack.job import Job
from discstack.mmc.cd.burn import burn_program
from discstack.mmc.cd.composing import RawSession, RawSource, SubChannelForm
from discstack.mmc.cd.job import CdJob, CdResult, CdWriteMode
from discstack.mmc.cd.program import Layout, Program, ProgramTrack, lay_out
from discstack.mmc.cd.raw import RawLimits, raw_limits
from discstack.mmc.job import VerifyLevel
from discstack.mmc.spec.cd.text import CdTextBlock, build_cd_text
from discstack.mmc.spec.msf import Msf

if TYPE_CHECKING:
    from discstack.events import EventHandler
    from discstack.mmc.stream import BlockSource
    from discstack.recorder import Recorder

START: Final = Msf(95, 0, 0).lba  # where a raw image begins unless told otherwise, as IMAPI's do
LIMIT: Final = Msf(79, 59, 74).lba  # of a disc of 80 minutes
COPIED_AT_ONCE: Final = 64  # blocks


class RawImage:
    """A CD from lead-in to lead-out, composed of tracks.

        image = RawImage(catalogue="4015513000017")
        image.add_track("one.wav", isrc="DEA450300001")
        RawWriter(recorder).write(image)

    `sub_channels` is the form of the sub-channels behind each block's 2352 bytes. `texts` become CD-TEXT, one block a
    language. Where `starting_track_number` is 1, a disc that has tracks already goes on with its own numbers. Raises
    ValueError for what cannot be on a CD.
    """

    def __init__(
        self,
        *,
        sub_channels: SubChannelForm = SubChannelForm.RAW,
        catalogue: str = "",
        texts: Sequence[CdTextBlock] = (),
        packs: BlockSource | None = None,
        starting_track_number: int = 1,
        start_of_lead_out_limit: int = LIMIT,
    ) -> None:
        self.sub_channels, self.catalogue, self.packs = sub_channels, catalogue, packs
        self.texts = tuple(texts)
        self.starting_track_number = starting_track_number
        self.start_of_lead_out_limit = start_of_lead_out_limit
        self._tracks: list[ProgramTrack] = []
        self._given = False

    def add_track(
        self, track: ProgramTrack | AudioTrack | str | os.PathLike[str], *, isrc: str = "", indexes: Sequence[int] = ()
    ) -> int:
        """Add a track and return its number: an audio file, or a `ProgramTrack` of audio or data.

        `isrc` and `indexes` (in blocks from the track's start) are for a file given by its name. Raises ValueError once
        the limit of the lead-out is passed.
        """
        if self._given:
            raise ValueError("this image was given out: its sources are used up, and it cannot be changed")
        if isinstance(track, (str, os.PathLike)):
            track = AudioTrack(path=track, isrc=isrc, indexes=tuple(indexes))
        plan = track.track() if isinstance(track, AudioTrack) else track
        before = self._tracks
        self._tracks = [*before, plan]
        try:
            if self.start_of_lead_out > self.start_of_lead_out_limit:
                raise ValueError(
                    f"the lead-out would start at {self.start_of_lead_out}, behind {self.start_of_lead_out_limit}"
                )
        except ValueError:
            self._tracks = before
            raise
        return self.starting_track_number + len(self._tracks) - 1

    @property
    def program(self) -> Program:
        """The tracks as a program; ValueError without any."""
        cd_text = build_cd_text(self.texts) if self.texts else ()
        return Program(
            tracks=tuple(self._tracks),
            catalogue=self.catalogue,
            cd_text=cd_text,
            packs=self.packs,
            first_number=self.starting_track_number if self.starting_track_number != 1 else None,
        )

    @property
    def layout(self) -> Layout:
        """Where everything is."""
        return lay_out(self.program)

    @property
    def start_of_lead_out(self) -> int:
        """The address at which the lead-out starts; compare it with that of `RawWriter.limits`."""
        return self.layout.lead_out

    def stream(self, *, start: int = START) -> RawSource:
        """Return all blocks from `start` in the lead-in to the lead-out's end; once, as the sources are used up."""
        return RawSource(RawSession(layout=lay_out(self.take()), lead_in=start), self.sub_channels)

    def take(self) -> Program:
        """Return the program for writing; once, as the sources are used up by that."""
        if self._given:
            raise ValueError("this image was given out: its sources are used up")
        self._given = True
        return self.program

    def save(self, file: BinaryIO, *, start: int = START) -> int:
        """Write the image into a file and return its number of blocks."""
        source, size = self.stream(start=start), self.sub_channels.block_size
        buffer = memoryview(bytearray(COPIED_AT_ONCE * size))
        while count := source.readinto(buffer):
            file.write(buffer[:count])
        return source.sectors


class RawWriter(Job):
    """Writes raw CDs. The choices are attributes, and hold for the next `write`; they are those of `AudioWriter`.

    Not every drive takes raw recording; `limits` asks. Where it does not, `AudioWriter` writes the same
    program a session at once, without sub-channels of one's own.
    """

    def __init__(
        self,
        recorder: Recorder,
        *,
        erase: bool = False,
        close: bool = True,
        simulate: bool = False,
        overburn: bool = False,
        speed: int | None = None,
        verify: VerifyLevel = VerifyLevel.QUICK,
        underrun_protection: bool = True,
        ring_bytes: int | None = None,
    ) -> None:
        super().__init__(recorder)
        self.erase, self.close, self.simulate, self.overburn = erase, close, simulate, overburn
        self.speed, self.verify = speed, verify
        self.underrun_protection, self.ring_bytes = underrun_protection, ring_bytes

    def write(self, image: RawImage | Program, *, on_event: EventHandler | None = None) -> CdResult:
        """Write an image in its form of sub-channels, or a program in the first form that the drive takes.

        Raises UnsupportedMedium where the drive takes no such form, and what `AudioWriter.write` raises.
        """
        job = CdJob(
            program=image.take() if isinstance(image, RawImage) else image,
            mode=CdWriteMode.RAW,
            sub_channels=image.sub_channels if isinstance(image, RawImage) else None,
            erase=self.erase,
            close=self.close,
            simulate=self.simulate,
            overburn=self.overburn,
            speed=self.speed,
            verify=self.verify,
            underrun_protection=self.underrun_protection,
            ring_bytes=self.ring_bytes,
        )
        return self._run(burn_program(job), on_event)

    def limits(self) -> RawLimits:
        """Ask what the drive takes, by setting its write parameters, and what the disc has room for.

        Raises UnsupportedMedium for what is no recordable CD.
        """
        return self._run(raw_limits(), None)

"""Writing an image as one session of data, and checking that it is there."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from discstack.fs.image import Image
from discstack.image_file import ImageFile
from discstack.job import Job
from discstack.mmc.burn import burn
from discstack.mmc.errors import VerificationError
from discstack.mmc.job import BurnJob, BurnResult, VerifyLevel, WriteCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from discstack.events import EventHandler
    from discstack.mmc.medium import WriteMode
    from discstack.mmc.stream import BlockSource
    from discstack.recorder import Recorder

MOST_FILES_NAMED: Final = 20


class SectorStream(Protocol):
    """A stream of sectors that holds files open."""

    @property
    def sectors(self) -> int:
        """How many sectors there are."""
        ...

    def readinto(self, buffer: memoryview, /) -> int:
        """Put the next bytes into `buffer` and return how many; 0 only at the end."""
        ...

    def close(self) -> None:
        """Let the files go."""
        ...


@runtime_checkable
class Writable(Protocol):
    """Something that can be opened as a stream of sectors again and again."""

    def stream(self) -> SectorStream:
        """Open a new stream, at its start."""
        ...


@contextmanager
def opened(source: Writable | BlockSource) -> Iterator[BlockSource]:
    """Open what can be opened, and close it in the end; what is a stream already stays the caller's."""
    if not isinstance(source, Writable):
        yield source
        return
    with closing(source.stream()) as stream:
        yield stream


class DataWriter(Job):
    """Writes images. The choices are attributes, and hold for the next `write`.

    `erase` permits that the data on a rewritable disc is lost. `close` leaves the disc so that nothing more can be
    added. `mode` is how a disc that knows several ways is written, `layer_break` how many sectors go on the first layer
    of a DVD+R DL, `command` whether the drive verifies (or streams, without defect management) as it writes. `speed`
    and `verify_speed` are in kB/s of 1000 bytes, None for the fastest and for what the medium stands. `verify` says how
    much is read back and compared with digests taken while the data went out. `simulate` keeps the laser off, where the
    medium has that. `ring_bytes` is the size of the buffer between the files and the drive, None for what two seconds
    at full speed need. One thread at a time may write; `cancel` may be called from any. Several writers with recorders
    of their own run at once.
    """

    def __init__(
        self,
        recorder: Recorder,
        *,
        erase: bool = False,
        close: bool = False,
        mode: WriteMode | None = None,
        layer_break: int | None = None,
        command: WriteCommand = WriteCommand.WRITE,
        simulate: bool = False,
        speed: int | None = None,
        verify: VerifyLevel = VerifyLevel.FULL,
        verify_speed: int | None = None,
        underrun_protection: bool = True,
        ring_bytes: int | None = None,
    ) -> None:
        super().__init__(recorder)
        self.erase, self.close, self.simulate = erase, close, simulate
        self.mode, self.layer_break, self.command = mode, layer_break, command
        self.speed, self.verify, self.verify_speed = speed, verify, verify_speed
        self.underrun_protection, self.ring_bytes = underrun_protection, ring_bytes

    def write(
        self, source: Writable | BlockSource, *, start: int = 0, on_event: EventHandler | None = None
    ) -> BurnResult:
        """Burn an image as one session and return how it went; there is a result only if all went well.

        `source` is an `Image`, or anything with `stream()`, or a stream of sectors itself. `start` is the address that
        it was made for. Blocks until the disc is written, closed, read back and verified. Raises MediaError if the disc
        does not suit (before anything is written), SourceError if a file changed, CommandError and TransportError if
        the drive fails, VerificationError if something reads back differently, Cancelled after `cancel`.
        """
        with opened(source) as stream:
            job = BurnJob(
                source=stream,
                start=start,
                erase=self.erase,
                close=self.close,
                mode=self.mode,
                layer_break=self.layer_break,
                command=self.command,
                simulate=self.simulate,
                speed=self.speed,
                underrun_protection=self.underrun_protection,
                verify=self.verify,
                verify_speed=self.verify_speed,
                ring_bytes=self.ring_bytes,
                exact=isinstance(source, Image | ImageFile) and source.ends_recording,
            )
            if isinstance(source, Image):
                return self._write_image(job, source, on_event)
            return self._run(burn(job), on_event)

    def _write_image(self, job: BurnJob, image: Image, on_event: EventHandler | None) -> BurnResult:
        try:
            return self._run(burn(job), on_event, _namer(image, job.start), check=image.check_sources)
        except VerificationError as error:
            _name_bad_files(error, image, job.start)
            raise


def _namer(image: Image, start: int) -> Callable[[int], str | None]:
    """Return what names the file that a block of the disc holds."""

    def name(lba: int) -> str | None:
        if not start <= lba < start + image.sectors:
            return None
        span = image.file_at(lba - start)
        return span.label if span.is_file else None

    return name


def _name_bad_files(error: VerificationError, image: Image, start: int) -> None:
    """Add to an error what lies in its bad ranges."""
    spans = (span for bad in error.bad for span in image.files_in(bad.start - start, len(bad)))
    labels = list(dict.fromkeys(span.label for span in spans))
    for label in labels[:MOST_FILES_NAMED]:
        error.add_note(f"in a bad range: {label}")
    if len(labels) > MOST_FILES_NAMED:
        error.add_note(f"and {len(labels) - MOST_FILES_NAMED} more")

"""Writing an image as one session of data, and checking that it is there."""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from discstack.disc_medium import DiscMedium
from discstack.fs.image import Image
from discstack.image_file import ImageFile
from discstack.job import Job
from discstack.mmc.burn import burn
from discstack.mmc.errors import VerificationError
from discstack.mmc.job import BurnJob, BurnResult, VerifyLevel, WriteCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from discstack.events import EventHandler
    from discstack.mmc.medium import WriteMode
    from discstack.mmc.procedure import Procedure
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
        if not hasattr(source, "readinto") or not hasattr(source, "sectors"):
            raise TypeError(f"{type(source).__name__} is no image, and no stream of one; ImageFile opens one in a file")
        yield source
        return
    with closing(source.stream()) as stream:
        yield stream


class DataWriter(Job):
    """Writes images. The choices are attributes, and hold for the next `write`.

    `erase` permits that the data on a rewritable disc is lost. `close` leaves the disc so that nothing more can be
    added, `leave_open` a track of packets so that later packets go on in it; `overburn` permits more than a CD says
    that it holds. `mode` is how a disc that knows several ways is written, `layer_break` how many sectors go on the
    first layer of a DVD+R DL, `command` whether the drive verifies (or streams, without defect management) as it
    writes. `speed` and `verify_speed` are in kB/s of 1000 bytes, None for the fastest and for what the medium stands.
    `verify` says how much is read back and compared with digests taken while the data went out. `simulate` keeps the
    laser off, where the medium has that, and erases nothing; `xa` makes the sectors of a CD those of CD-ROM XA (mode 2,
    form 1). `ring_bytes` is the size of the buffer between the files and the drive, None for what two and a half
    seconds at full speed need; `transfer_bytes` what one command carries, None for what suits the medium, the way to
    the drive and its buffer. One thread at a time may write; `cancel` may be called from any. Several writers with
    recorders of their own run at once.
    """

    def __init__(
        self,
        recorder: Recorder,
        *,
        erase: bool = False,
        close: bool = False,
        leave_open: bool = False,
        overburn: bool = False,
        mode: WriteMode | None = None,
        layer_break: int | None = None,
        command: WriteCommand = WriteCommand.WRITE,
        simulate: bool = False,
        speed: int | None = None,
        verify: VerifyLevel = VerifyLevel.FULL,
        verify_speed: int | None = None,
        xa: bool = False,
        underrun_protection: bool = True,
        ring_bytes: int | None = None,
        transfer_bytes: int | None = None,
    ) -> None:
        super().__init__(recorder)
        self.erase, self.close, self.overburn, self.simulate = erase, close, overburn, simulate
        self.leave_open, self.xa = leave_open, xa
        self.mode, self.layer_break, self.command = mode, layer_break, command
        self.speed, self.verify, self.verify_speed = speed, verify, verify_speed
        self.underrun_protection = underrun_protection
        self.ring_bytes, self.transfer_bytes = ring_bytes, transfer_bytes

    def write(
        self, source: Writable | BlockSource, *, start: int = 0, on_event: EventHandler | None = None
    ) -> BurnResult:
        """Burn an image as one session and return how it went; there is a result only if all went well.

        `source` is an `Image`, or anything with `stream()`, or a stream of sectors itself. `start` is the address that
        it was made for; an image that is added to a disc knows that itself, and its new data is written before the
        descriptors. Blocks until the disc is written, closed, read back and verified. Raises MediaError if the disc
        does not suit (before anything is written), LayoutError for an image file that was cut off, SourceError if a
        file changed, EOFError if a stream ends before all of its sectors, CommandError and TransportError if the drive
        fails, VerificationError if something reads back differently, Cancelled after `cancel`.
        """
        with self._cancellation.job():
            if isinstance(source, Image):
                return self._write_image(source, start, on_event)
            return self._write_stream(source, start, on_event)

    def _write_stream(self, source: Writable | BlockSource, start: int, on_event: EventHandler | None) -> BurnResult:
        with opened(source) as stream:
            exact = False
            if isinstance(source, ImageFile):
                source.check_whole(start)
                exact = source.ends_recording
            return self._run(burn(self._job(stream, start, exact=exact)), on_event)

    def _job(self, stream: BlockSource, start: int, *, grow: bool = False, exact: bool = False) -> BurnJob:
        return BurnJob(
            source=stream,
            start=start,
            erase=self.erase,
            grow=grow,
            close=self.close,
            leave_open=self.leave_open,
            mode=self.mode,
            layer_break=self.layer_break,
            overburn=self.overburn,
            xa=self.xa,
            command=self.command,
            simulate=self.simulate,
            speed=self.speed,
            underrun_protection=self.underrun_protection,
            verify=self.verify,
            verify_speed=self.verify_speed,
            ring_bytes=self.ring_bytes,
            transfer_bytes=self.transfer_bytes,
            exact=exact,
        )

    def _parts(self, image: Image) -> tuple[tuple[range, ...], bool]:
        """Return what has to be written, and whether what is on the disc belongs to it and may be written over."""
        base = image.base
        if base is None:
            return image.parts, False
        if isinstance(base.medium, DiscMedium) and base.medium.recorder is self.recorder:
            return image.parts, base.grow
        if base.grow:  # the grown volume of something else is an image like any other
            return (range(image.sectors),), False
        raise ValueError("the image is the next session of another disc, and cannot be burnt to this one")

    def _write_image(self, image: Image, start: int, on_event: EventHandler | None) -> BurnResult:
        """Write what has to be written of an image; one that is not added to a medium may start anywhere."""
        parts, grow = self._parts(image)
        image.stage()
        with ExitStack() as stack:
            jobs = list[BurnJob]()
            for part in parts:
                stream = stack.enter_context(closing(image.stream(part)))
                jobs.append(self._job(stream, start + part.start, grow=grow, exact=image.ends_recording))
            try:
                namer = _namer(image, start)
                first, *further = self._run(_burn_all(jobs), on_event, namer, check=image.check_sources)
            except VerificationError as error:
                _name_bad_files(error, image, start)
                raise
        if not further:
            return first
        notices = [notice for result in (first, *further) for notice in result.notices]
        return replace(first, medium=further[-1].medium, notices=tuple(notices), further=tuple(further))


def _burn_all(jobs: Sequence[BurnJob]) -> Procedure[list[BurnResult]]:
    """Write one after the other; the next one only if all is well."""
    results = list[BurnResult]()
    for job in jobs:
        results.append((yield from burn(job)))
    return results


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

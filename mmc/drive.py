"""A drive as an object: each method runs one procedure on the drive's transport.

There is no logic here. Whoever wants several steps as one conversation writes a procedure and gives it to `Drive.run`.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock
from types import TracebackType
from typing import Self, TypeVar

from discstack.mmc import actions, operations, polling, queries
from discstack.mmc.burn import burn
from discstack.mmc.identify import identify
from discstack.mmc.job import BurnJob, BurnResult, Digests, VerifyLevel
from discstack.mmc.medium import MediumStatus
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Observer, Procedure, run
from discstack.mmc.recipe import FormatOptions
from discstack.mmc.spec.disc_information import DiscInformation
from discstack.mmc.spec.disc_structure import DiscStructure
from discstack.mmc.spec.features import Configuration
from discstack.mmc.spec.inquiry import InquiryData
from discstack.mmc.spec.track_information import AddressNumberType, TrackInformation
from discstack.mmc.verify import verify
from discstack.transport.base import Transport

__all__ = ["Drive"]

T = TypeVar("T")


class Drive:
    """A drive on a transport.

    Any thread may call any method; one runs at a time and the others wait. `cancel` does not wait: it ends the running
    job at the next place where that does no harm.
    """

    def __init__(self, transport: Transport, *, observer: Observer | None = None) -> None:
        self.transport = transport
        self._observer = observer or Observer()
        self._lock = Lock()
        self._cancelled = Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the device."""
        self.transport.close()

    def run(self, procedure: Procedure[T], *, observer: Observer | None = None) -> T:
        """Carry out any procedure on this drive."""
        with self._lock:
            self._cancelled = Event()  # not cleared: a signal handler that set it meanwhile would wait for ever
            return run(procedure, self.transport, observer=observer or self._observer, cancelled=self._cancelled)

    def cancel(self) -> None:
        """Ask the running job to stop; it then raises Cancelled. Without a running job this does nothing."""
        self._cancelled.set()

    def ask(self, query: Callable[[], Procedure[T]]) -> T:
        """Carry out a query such as `queries.atip`, over again while the drive gets ready or has news of its own."""
        return self.run(persist(query, swallow_attentions=True))

    def wait_ready(self, limit: float = polling.SPIN_UP) -> None:
        """Wait until the drive has nothing more to do."""
        self.run(polling.wait_ready(limit))

    def inquiry(self) -> InquiryData:
        """Ask the drive for its names."""
        return self.ask(queries.inquiry)

    def configuration(self) -> Configuration:
        """Ask for all features of the drive."""
        return self.ask(queries.configuration)

    def disc_information(self) -> DiscInformation:
        """Ask for the standard disc information."""
        return self.ask(queries.disc_information)

    def track_information(
        self, address: int, kind: AddressNumberType = AddressNumberType.LOGICAL_TRACK_NUMBER
    ) -> TrackInformation:
        """Ask for one logical track: by its number, by a block address in it, or the first one of a session."""
        return self.ask(lambda: queries.track_information(address, kind))

    def mode_page(self, code: int, page_control: int = 0) -> bytes:
        """Ask for a mode page, as bytes from the page header on.

        `page_control` chooses the current values (0), what can be changed (1), the defaults (2) or what is saved (3).
        """
        return self.ask(lambda: queries.mode_page(code, page_control))

    def disc_structure(self, format: int, *, media_type: int = 0, layer: int = 0, address: int = 0) -> DiscStructure:
        """Ask for a disc structure, typed; `media_type` is 0 for DVD and 1 for BD."""
        return self.ask(lambda: queries.disc_structure(format, media_type=media_type, layer=layer, address=address))

    def identify(self) -> MediumStatus:
        """Say what medium there is and what can be done with it."""
        return self.run(identify())

    def burn(self, job: BurnJob) -> BurnResult:
        """Write an image; see `discstack.mmc.burn.burn`."""
        return self.run(burn(job))

    def verify(self, expected: Digests, level: VerifyLevel = VerifyLevel.FULL) -> int:
        """Compare what is on the disc with digests; see `discstack.mmc.verify.verify`."""
        return self.run(verify(expected, level=level))

    def erase(self, *, full: bool = False) -> MediumStatus:
        """Make a rewritable medium blank."""
        return self.run(operations.erase(full=full))

    def format(self, options: FormatOptions | None = None) -> MediumStatus:
        """Format a medium that knows formats."""
        return self.run(operations.format_medium(options))

    def close_track(self) -> MediumStatus:
        """Close the track that was written last."""
        return self.run(operations.close_track())

    def repair(self) -> MediumStatus:
        """Close what a broken job left open."""
        return self.run(operations.repair())

    def close_session(self) -> MediumStatus:
        """Close the open session."""
        return self.run(operations.close_session())

    def close_disc(self) -> MediumStatus:
        """Finalize the disc."""
        return self.run(operations.close_disc())

    def eject(self) -> None:
        """Open the tray."""
        self.run(persist(actions.eject_medium, swallow_attentions=True))

    def load(self) -> None:
        """Close the tray and wait until the disc in it is known."""
        self.run(persist(actions.load_medium, swallow_attentions=True))
        self.wait_ready()

    def read(self, lba: int, buffer: memoryview) -> None:
        """Fill `buffer`, a whole number of blocks within the largest transfer, from the disc."""
        self.ask(lambda: actions.read_blocks(lba, buffer))

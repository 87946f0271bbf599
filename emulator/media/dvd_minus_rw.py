"""DVD-RW: a disc with two faces, sequential and restricted overwrite; blanking and formatting turn it over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from discstack.emulator.conditions import invalid_field, invalid_parameter
from discstack.emulator.media.base import FORMAT_IN_PROGRESS, Job, Medium, WriteParameters, capacities
from discstack.emulator.media.dvd_minus_r import DVDMinusR
from discstack.emulator.media.kind import MediumKind
from discstack.emulator.media.restricted_overwrite import ANY_SIZE, RestrictedOverwrite, formats_of
from discstack.emulator.media.structures import minus_structures
from discstack.emulator.store import BLOCK, BlockStore
from discstack.mmc.spec.capacities import CapacityType, FormatCapacities
from discstack.mmc.spec.disc_information import DiscInformation
from discstack.mmc.spec.format_unit import FormatType, FormatUnitParameters
from discstack.mmc.spec.layout import Structure
from discstack.mmc.spec.track_information import TrackInformation
from discstack.transport.base import Clock

FULL, MINIMAL = 0, 1  # blanking types
FULL_FORMATS: Final = frozenset({FormatType.FULL, FormatType.CD_RW_DVD_RW_FULL})
GROWTH: Final = frozenset({FormatType.CD_RW_DVD_RW_GROW_SESSION, FormatType.DVD_RW_QUICK_GROW})


class Sequential(DVDMinusR):
    """The face of a DVD-RW that is like a DVD-R."""

    erasable = True


class DVDMinusRW(Medium):
    """The disc: it shows one of its faces, and turns over when it is blanked or formatted."""

    close_functions = frozenset({1, 2, 3})

    def __init__(self, kind: MediumKind, store: BlockStore, clock: Clock, capacity: int) -> None:
        super().__init__(kind, store, clock, capacity)
        self.face: Sequential | RestrictedOverwrite
        self._show(Sequential)

    def _show(self, face: type[Sequential] | type[RestrictedOverwrite]) -> None:
        self.face = face(self.kind, self.store, self.clock, self.capacity)
        self.face.prepare(self.parameters)
        self.face.changed = lambda: self.changed()
        self.face.write_rate = self.write_rate

    @property
    def profile(self) -> int:
        """The current profile, 14h or 13h."""
        return self.face.profile

    @property
    def incremental(self) -> bool:
        """Whether the disc can be written piece by piece."""
        return self.face.incremental

    @property
    def rehearsing(self) -> bool:
        """Whether a test write pretends now."""
        return self.face.rehearsing

    @property
    def fragile(self) -> bool:
        """Whether an underrun now costs what is being recorded."""
        return self.face.fragile

    @property
    def flush_duration(self) -> float:
        """Seconds of a flush."""
        return self.face.flush_duration

    def state(self) -> dict[str, Any]:
        """Return what the sidecar keeps."""
        return {"overwrite": isinstance(self.face, RestrictedOverwrite), **self.face.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the state of a disc."""
        self._show(RestrictedOverwrite if state["overwrite"] else Sequential)
        self.face.restore(state)

    def disc(self) -> DiscInformation:
        """Describe the disc."""
        return self.face.disc()

    def raw_toc(self, format: int, session: int) -> Structure | None:
        """Return nothing: that is of CDs."""
        return self.face.raw_toc(format, session)

    def structures(self) -> Mapping[tuple[int, int], bytes]:
        """Return the physical format, of the lead-in and as pressed, what the pre-pits hold, and the disc's history."""
        pressed = minus_structures(self.kind, self.capacity, self.face.blocks())
        return {**pressed, **self.face.structures()}

    def tracks(self) -> list[TrackInformation]:
        """Describe all tracks."""
        return self.face.tracks()

    def recorded(self) -> list[TrackInformation]:
        """Describe the tracks of the complete sessions."""
        return self.face.recorded()

    def lead_out(self, session: int) -> int:
        """Return where the lead-out of a complete session begins."""
        return self.face.lead_out(session)

    def blocks(self) -> int:
        """Return how many blocks READ CAPACITY counts."""
        return self.face.blocks()

    def format_capacities(self) -> FormatCapacities:
        """Return the capacity and what formats offer."""
        now = self.face.format_capacities()
        return (
            now
            if now.formattable
            else capacities(
                now.current.number_of_blocks, CapacityType(now.current.descriptor_type), formats_of(self.capacity)
            )
        )

    def write(self, lba: int, count: int, data: memoryview, *, streaming: bool = False) -> None:
        """Take blocks."""
        self.face.write(lba, count, data, streaming=streaming)

    def readable(self, lba: int, count: int) -> None:
        """Raise the Refusal that reading these blocks ends in."""
        self.face.readable(lba, count)

    def prepare(self, parameters: WriteParameters) -> None:
        """Hear of new write parameters."""
        super().prepare(parameters)
        self.face.prepare(parameters)

    def put_away(self) -> None:
        """Leave the drive."""
        self.face.put_away()

    def lose_power(self) -> None:
        """Be left as a power cut leaves it."""
        self.face.lose_power()

    def flush(self) -> None:
        """Put what is buffered on the disc."""
        self.face.flush()

    def close(self, function: int, number: int) -> Job:
        """Close a track, a border or the session."""
        return self.face.close(function, number)

    def reserve(self, size: int) -> None:
        """Set blocks aside."""
        self.face.reserve(size)

    def blank(self, blanking_type: int, address: int) -> Job:
        """Blank the disc for sequential recording, in full or only so far that it can be written at once."""
        if blanking_type not in (FULL, MINIMAL):
            raise invalid_field(1)
        minimally = blanking_type == MINIMAL
        seconds = self.kind.durations.quick_blank if minimally else self.total * BLOCK / self.write_rate
        return Job(seconds, lambda: self._blanked(minimally))

    def _blanked(self, minimally: bool) -> None:
        self._show(Sequential)
        assert isinstance(self.face, Sequential)
        self.face.start_over(minimally=minimally)

    def format(self, wanted: FormatUnitParameters) -> Job:
        """Format for restricted overwrite, quickly or in full; or let what is formatted grow."""
        if wanted.format_sub_type:
            raise invalid_parameter(8)
        if wanted.format_type in GROWTH and isinstance(self.face, RestrictedOverwrite):
            self.face.write_rate = self.write_rate
            return self.face.format(wanted)
        jobs: dict[int, Callable[[], Job]] = dict.fromkeys(FULL_FORMATS, lambda: self._full(wanted))
        jobs[FormatType.DVD_RW_QUICK] = lambda: Job(
            self.kind.durations.quick_format, lambda: self._formatted(0), FORMAT_IN_PROGRESS
        )
        if wanted.format_type not in jobs:
            raise invalid_parameter(8)
        return jobs[wanted.format_type]()

    def _full(self, wanted: FormatUnitParameters) -> Job:
        if wanted.number_of_blocks not in {*ANY_SIZE, self.capacity}:
            raise invalid_parameter(4)
        seconds = self.capacity * BLOCK / self.write_rate
        return Job(seconds, lambda: self._formatted(self.capacity), FORMAT_IN_PROGRESS)

    def _formatted(self, blocks: int) -> None:
        self.store.cut(0)
        self._show(RestrictedOverwrite)
        assert isinstance(self.face, RestrictedOverwrite)
        self.face.formatted, self.face.open = blocks, not blocks
        self.changed()

"""Test writing: all is answered as if it were written, and nothing is."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from discstack.emulator.media.base import WriteParameters
from discstack.emulator.media.sequential import SequentialMedium


class Rehearsing(SequentialMedium):
    """A disc that can be written as a test; what the test did is forgotten when it ends."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.rehearsal: dict[str, Any] | None = None  # the state as it is, while a test write pretends

    @property
    def rehearsing(self) -> bool:
        """Whether a test write pretends now that the disc were written."""
        return self.rehearsal is not None

    def state(self) -> dict[str, Any]:
        """Return what the sidecar keeps; a test write leaves nothing."""
        return super().state() if self.rehearsal is None else self.rehearsal

    def start_over(self) -> None:
        """Make the disc blank; there is no test write left to end."""
        self.rehearsal = None
        super().start_over()

    def prepare(self, parameters: WriteParameters) -> None:
        """Take the write parameters; the end of test writing brings the disc back as it was."""
        super().prepare(parameters)
        if not parameters.test_write:
            self.end_rehearsal()

    def put_away(self) -> None:
        """End a test write."""
        super().put_away()
        self.end_rehearsal()

    def rehearse(self) -> None:
        """Begin a test write, if that is what is asked for and the disc can be written."""
        if self.parameters.test_write and self.rehearsal is None and not self.final:
            self.rehearsal = deepcopy(self.state())

    def end_rehearsal(self) -> None:
        """Bring the disc back as it was, less what was used to calibrate the laser."""
        if self.rehearsal is not None:
            state, self.rehearsal = {**self.rehearsal, "calibrations_left": self.calibrations_left}, None
            self.restore(state)

    def _record(self, lba: int, data: memoryview) -> None:
        if self.rehearsal is None:
            super()._record(lba, data)

    def _pad(self, end: int) -> None:
        if self.rehearsal is None:
            super()._pad(end)

    def _finish_session(self, final: bool) -> None:
        super()._finish_session(final)
        self.end_rehearsal()

"""One command on its way through the drive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from discstack.emulator.conditions import DATA_PHASE_ERROR, Refusal

NOTHING: Final = memoryview(b"")


@dataclass(frozen=True, slots=True)
class Request:
    """A CDB, the data that the host sends, and the buffer that it gives for the answer."""

    cdb: bytes
    outgoing: memoryview = NOTHING
    incoming: memoryview = NOTHING  # writable

    def parameters(self, length: int) -> memoryview:
        """Return the `length` bytes that the CDB says the host sends."""
        if len(self.outgoing) < length:
            raise Refusal(DATA_PHASE_ERROR)
        return self.outgoing[:length]

    def answer(self, length: int) -> memoryview:
        """Return the room for `length` bytes that the CDB says the host wants."""
        if len(self.incoming) < length:
            raise Refusal(DATA_PHASE_ERROR)
        return self.incoming[:length]

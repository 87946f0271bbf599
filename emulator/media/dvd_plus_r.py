"""DVD+R, with one layer or two: fragments in sessions (MMC-6 4.3.6)."""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping
from typing import Any, Final

from discstack.emulator.conditions import CANNOT_WRITE_MEDIUM, PARAMETER_LIST_LENGTH, Refusal, invalid_parameter
from discstack.emulator.media.kept import number
from discstack.emulator.media.sequential import SequentialMedium
from discstack.emulator.media.structures import DVD, DVD_PLUS_R, DVD_PLUS_R_DL, LAYER_BOUNDARY, plus_structures

SETTLED: Final = 0x80000000  # init status of the layer boundary


class DVDPlusR(SequentialMedium):
    """DVD+R. Gaps: run-in of an ECC block between fragments; closure and intro zones of 64 each between sessions."""

    track_gap = 16
    session_gaps = (2048, 2048)
    track_limit = 153 * 16
    session_limit = 153
    book = DVD_PLUS_R
    layer_0 = 0  # blocks on the first of two layers

    def structures(self) -> Mapping[tuple[int, int], bytes]:
        """Return physical format, copyright and ADIP information."""
        recorded = self.blocks() if self.final else 0
        return plus_structures(self.kind, self.book, self.capacity, recorded, self.layer_0)


class DVDPlusRDL(DVDPlusR):
    """DVD+R DL: the host may, once and before it writes, say how much goes on layer 0; layer 1 holds no more."""

    book = DVD_PLUS_R_DL

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.layer_0 = self.total // 2
        self.settled = False

    def state(self) -> dict[str, Any]:
        """Return what the sidecar keeps."""
        return {**super().state(), "layer_0": self.layer_0, "settled": self.settled}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the state of a disc."""
        self.layer_0, self.settled = number(state["layer_0"]), bool(state["settled"])
        if not 0 < self.layer_0 <= self.total // 2:
            raise ValueError("its layer break makes no sense")
        self.capacity = 2 * self.layer_0
        super().restore(state)

    def settable(self) -> Collection[tuple[int, int]]:
        """Return the layer boundary."""
        return [(DVD, LAYER_BOUNDARY)]

    def structures(self) -> Mapping[tuple[int, int], bytes]:
        """Return the layer boundary too."""
        settled = self.settled or self._appendable() or self.final
        boundary = struct.pack(">II", SETTLED * settled, self.layer_0)
        return {**super().structures(), (DVD, LAYER_BOUNDARY): boundary}

    def set_structure(self, media_type: int, format: int, data: bytes) -> None:
        """Take the layer boundary: whole ECC blocks, at most half of what the disc could hold."""
        if len(data) != struct.calcsize(">II"):
            raise Refusal(PARAMETER_LIST_LENGTH)
        if self.settled or self._appendable() or self.final:
            raise Refusal(CANNOT_WRITE_MEDIUM)
        _, layer_0 = struct.unpack(">II", data)
        if layer_0 % self.kind.write_unit or not 0 < layer_0 <= self.total // 2:
            raise invalid_parameter(8)
        self.layer_0, self.settled, self.capacity = layer_0, True, 2 * layer_0
        self.changed()

"""Command descriptor blocks, each declared once.

A `CDB` builds, parses, prints and patches the bytes of one command, and knows nothing of drives. Fields are written in
the order of the T10 byte table, most significant bit first; the opcode and the control byte are added here.
By convention the field that bounds the data phase is called `allocation_length` or `parameter_list_length`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from discstack.mmc.spec.layout import Layout, bits, const, enumerated, flag, raw, reserved, signed

if TYPE_CHECKING:
    from discstack.mmc.spec.layout import Field

__all__ = [
    "CDB",
    "REGISTRY",
    "Direction",
    "bits",
    "const",
    "describe",
    "enumerated",
    "flag",
    "lookup",
    "raw",
    "reserved",
    "signed",
]

GROUP_LENGTH: Final = {0: 6, 1: 10, 2: 10, 4: 16, 5: 12}  # CDB length by opcode group (opcode >> 5), SPC-4 4.2.5.1
_PATCH_FORMAT: Final = {8: ">B", 16: ">H", 32: ">I"}  # small letters are the signed ones


class Direction(Enum):
    """Which way the data phase goes, as seen by the host."""

    NONE = 0
    FROM_DEVICE = 1
    TO_DEVICE = 2


class CDB:
    """One command's layout: `build`, `parse`, `describe` and `patcher` come from one declaration.

    `timeout` is in seconds. A command that shares its opcode with others names the field that tells them apart as
    `selector`, declared with `const`. `length` is given for vendor-specific opcodes, whose group fixes none.
    """

    def __init__(
        self,
        name: str,
        opcode: int,
        *fields: Field,
        clause: str,
        direction: Direction = Direction.NONE,
        timeout: float = 30.0,
        selector: str | None = None,
        length: int | None = None,
    ) -> None:
        """Declare a command; a layout of the wrong length or a second one for its opcode fails here, at import."""
        self.name, self.opcode, self.clause = name, opcode, clause
        self.direction, self.timeout = direction, timeout
        self.layout = Layout(name, "opcode" / const(8, opcode), *fields, "control" / bits(8), clause=clause)
        self.length = length or GROUP_LENGTH.get(opcode >> 5, self.layout.size)
        if self.layout.size != self.length:
            raise ValueError(f"{name}: {self.layout.size} bytes declared, {self.length} expected")
        self.selector = self.layout.slots[selector] if selector else None
        self.field_names = tuple(slot for slot in self.layout.slots if slot != "opcode")
        _register(self)

    def build(self, **values: int) -> bytes:
        """Return the CDB with the named fields set and all others zero."""
        return self.layout.build(values)

    def parse(self, cdb: bytes | bytearray | memoryview) -> dict[str, Any]:
        """Return the fields of a CDB; the inverse of `build`."""
        return self.layout.parse(cdb)

    def describe(self, cdb: bytes | bytearray | memoryview) -> str:
        """Spell a CDB the way a trace should show it: the name, then each field that is not zero."""
        values = self.parse(cdb)
        shown = (f"{name}={values[name]:#x}" for name in self.field_names if values[name])
        return " ".join([self.name, *shown])

    def patcher(self, *names: str) -> Callable[..., None]:
        """Return `patch(buffer, *values)` that rewrites byte-aligned fields of 8, 16 or 32 bits in place."""
        steps = [(struct.Struct(self._patch_format(name)).pack_into, self.place(name)[0]) for name in names]

        def patch(buffer: bytearray | memoryview, *values: int) -> None:
            for (pack_into, offset), value in zip(steps, values, strict=True):
                pack_into(buffer, offset, value)

        return patch

    def _patch_format(self, name: str) -> str:
        code = _PATCH_FORMAT[self.place(name)[1]]
        return code.lower() if self.layout.slots[name].low < 0 else code

    def place(self, name: str) -> tuple[int, int]:
        """Return (byte offset, width in bits) of a byte-aligned field of 8, 16 or 32 bits."""
        slot = self.layout.slots[name]
        if slot.offset % 8 or slot.width not in _PATCH_FORMAT:
            raise ValueError(f"{self.name}: {name} is not byte-aligned")
        return slot.offset // 8, slot.width


REGISTRY: Final[dict[tuple[int, int | None], CDB]] = {}
_SELECTORS: Final[dict[int, tuple[int, int, int]]] = {}  # opcode -> (byte, shift within it, mask) of the selector


def _register(cdb: CDB) -> None:
    slot = cdb.selector
    key = (cdb.opcode, slot.default if slot else None)
    place = (slot.offset // 8, 8 - slot.offset % 8 - slot.width, slot.mask) if slot else None
    siblings = [other for (opcode, _), other in REGISTRY.items() if opcode == cdb.opcode]
    if key in REGISTRY or (siblings and _SELECTORS.get(cdb.opcode) != place):
        raise ValueError(f"{cdb.name}: opcode {cdb.opcode:#04x} is taken by {siblings[0].name}")
    if place:
        _SELECTORS[cdb.opcode] = place
    REGISTRY[key] = cdb


def lookup(cdb: bytes | bytearray | memoryview) -> CDB | None:
    """Return the declaration that a CDB belongs to, or None where none is known."""
    if not cdb:
        return None
    opcode = cdb[0]
    if (place := _SELECTORS.get(opcode)) is None:
        return REGISTRY.get((opcode, None))
    at, shift, mask = place
    return REGISTRY.get((opcode, cdb[at] >> shift & mask)) if len(cdb) > at else None


def describe(cdb: bytes | bytearray | memoryview) -> str:
    """Spell any CDB: a known one by its fields, any other by its bytes."""
    known = lookup(cdb)
    if known is None or len(cdb) < known.length:
        return f"opcode {cdb[0]:#04x} [{bytes(cdb).hex(' ')}]" if cdb else "empty CDB"
    return known.describe(cdb)

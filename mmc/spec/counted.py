"""Structures that count their own bytes, and runs of structures.

Counts lie in real drives. A count that is too large is normal (the reply was cut off at the allocation length); bytes
behind the counted ones are not looked at. Building fills the count in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Final, Self, TypeVar

from discstack.mmc.spec.layout import Structure, StructureError

Bytes = bytes | bytearray | memoryview
NO_CODE: Final = -1
S = TypeVar("S", bound=Structure)
C = TypeVar("C", bound="Counted")


def each(kind: type[S], data: Bytes) -> tuple[S, ...]:
    """Read as many whole structures of one fixed size as `data` holds."""
    size = kind.layout.size
    return tuple(kind.parse(data[at : at + size]) for at in range(0, len(data) - size + 1, size))


def join(structures: Iterable[Structure]) -> bytes:
    """Return the bytes of several structures one after the other."""
    return b"".join(structure.build() for structure in structures)


def by_code(*kinds: type[C]) -> dict[int, type[C]]:
    """Return a registry of sibling structures."""
    registry = {kind.code: kind for kind in kinds if kind.code != NO_CODE}
    if len(registry) != len(kinds):
        raise ValueError("two structures with one code, or one without")
    return registry


def walk(kind: type[C], data: Bytes) -> tuple[C, ...]:
    """Read structures that count themselves one after the other; a last one that is cut off is left out."""
    found = []
    while len(data) >= kind.layout.size and len(data) >= (size := kind.span(data)):
        found.append(kind.parse(data[:size]))
        data = data[size:]
    return tuple(found)


class Counted(Structure):
    """A structure whose field `length_field` counts the bytes behind itself.

    What follows the layout within the count is the tail: nothing, or a run of equal structures that `repeated` names
    (field, structure), or whatever a subclass makes of it with `tail` and `build_tail`. Where siblings are told apart
    by a code (features, pages), `selector` names that field; its default value in a class becomes the class's `code`.
    """

    repeated: ClassVar[tuple[str, type[Structure]] | None] = None
    selector: ClassVar[str] = ""
    code: ClassVar[int] = NO_CODE

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        default = cls.__dict__.get(cls.selector)
        if isinstance(default, int):
            cls.code = default

    @classmethod
    def parse(cls, data: Bytes) -> Self:
        """Read the structure from the start of `data`."""
        data = data[: cls.span(data)]
        return cls(**cls.fields(data), **cls.tail(data[cls.layout.size :]))

    @classmethod
    def span(cls, data: Bytes) -> int:
        """Return how many bytes the structure at the start of `data` takes by its own count."""
        slot = cls.layout.slots[cls.length_field]
        end = (slot.offset + slot.width) // 8
        if len(data) < end:
            raise StructureError(cls.layout.name, bytes(data), "too short to hold its own length")
        return end + (int.from_bytes(data[:end], "big") & slot.mask)

    @classmethod
    def fields(cls, data: Bytes) -> dict[str, Any]:
        """Read the fields of the layout but for the count; a sibling's bytes are refused."""
        values = super().fields(data)
        del values[cls.length_field]
        for name in cls.joined:
            values[name] = values.pop(f"{name}_msb") << 8 | values.pop(f"{name}_lsb")
        if cls.code != NO_CODE and values[cls.selector] != cls.code:
            raise StructureError(cls.layout.name, bytes(data), f"{cls.selector} is {values[cls.selector]:#x}")
        return values

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Read the fields of what follows the layout."""
        return {cls.repeated[0]: each(cls.repeated[1], data)} if cls.repeated else {}

    def build_tail(self) -> bytes:
        """Return the bytes of what follows the layout."""
        return join(getattr(self, self.repeated[0])) if self.repeated else b""

    def build(self) -> bytes:
        """Return the bytes, with the count filled in."""
        tail = self.build_tail()
        slot = self.layout.slots[self.length_field]
        values: dict[str, Any] = {slot.name: self.layout.size + len(tail) - (slot.offset + slot.width) // 8}
        for name in self.joined:
            values[f"{name}_msb"], values[f"{name}_lsb"] = divmod(getattr(self, name), 0x100)
        values.update((name, getattr(self, name)) for name in self.layout.slots if name not in values)
        return self.layout.build(values) + tail

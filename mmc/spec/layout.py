"""Bit layouts declared once with construct and run on compiled offsets.

A `Layout` is written in the order of the T10 byte table, most significant bit first. Its construct is the definition
(and what the property tests compare with); `parse` and `build` work on one big integer, because construct needs
14 to 31 us a call. A `Structure` is a declared value over such a layout: the typed form of a reply or parameter list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeAlias

import construct as cs

from discstack.mmc.spec.value import Value

if TYPE_CHECKING:
    Field: TypeAlias = cs.Construct[Any, Any]  # explicit, for checkers that have no stubs of construct


class StructureError(ValueError):
    """Bytes that are not the structure they should be; `raw` keeps them."""

    def __init__(self, name: str, raw: bytes, why: str) -> None:
        super().__init__(f"{name}: {why} (got {len(raw)} bytes: {raw[:32].hex(' ')}{' ...' if len(raw) > 32 else ''})")
        self.name, self.raw, self.why = name, raw, why


class _Enumerated(cs.Adapter):  # type: ignore[type-arg]
    """An integer shown as a member of an enumeration where it is one."""

    def __init__(self, width: int, members: type[IntEnum]) -> None:
        super().__init__(cs.BitsInteger(width))
        self.members = members

    def _decode(self, obj: int, context: Any, path: Any) -> int:
        return _member(self.members, obj)

    def _encode(self, obj: int, context: Any, path: Any) -> int:
        return int(obj)


def bits(width: int) -> Field:
    """An unsigned field, zero by default."""
    return cs.Default(cs.BitsInteger(width), 0)


def signed(width: int) -> Field:
    """A two's complement field, zero by default: logical block addresses, negative in the lead-in of a CD."""
    return cs.Default(cs.BitsInteger(width, signed=True), 0)


def flag() -> Field:
    """One bit as a bool."""
    return cs.Default(cs.Flag, False)


def enumerated(width: int, members: type[IntEnum]) -> Field:
    """An unsigned field that reads as a member of `members`, or as an int where the standard reserves the value."""
    return cs.Default(_Enumerated(width, members), 0)


def raw(size: int) -> Field:
    """`size` bytes kept as they are."""
    return cs.Default(cs.Bytewise(cs.Bytes(size)), bytes(size))


def text(size: int) -> Field:
    """`size` bytes of left-aligned ASCII, padded with spaces; read without the padding."""
    return cs.Default(cs.Bytewise(_Text(cs.Bytes(size))), "")


def reserved(width: int) -> Field:
    """Bits the standard calls reserved or obsolete: sent as zero, ignored when read."""
    return cs.Padding(width)


def const(width: int, value: int) -> Field:
    """A field that has one value, such as a service action."""
    return cs.Const(value, cs.BitsInteger(width))


class _Text(cs.Adapter):  # type: ignore[type-arg]
    def _decode(self, obj: bytes, context: Any, path: Any) -> str:
        return _decode_text(obj)

    def _encode(self, obj: str, context: Any, path: Any) -> bytes:
        return _encode_text(obj, self.subcon.sizeof())


def _member(members: type[IntEnum], value: int) -> int:
    return members(value) if value in members._value2member_map_ else value


def _decode_text(value: bytes) -> str:
    return value.decode("ascii", "replace").rstrip(" \0")


def _encode_text(value: str, size: int) -> bytes:
    encoded = value.encode("ascii").ljust(size)
    if len(encoded) > size:
        raise ValueError(f"{value!r} is longer than {size} bytes")
    return encoded


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a named field lies: bit offset from the start, width, and how it becomes a value and an integer."""

    name: str
    offset: int
    width: int
    shift: int
    mask: int
    default: int
    decode: Callable[[int], Any] | None
    encode: Callable[[Any], int] | None
    low: int
    high: int


class Layout:
    """A run of bits with names; a multiple of 8 bits long."""

    def __init__(self, name: str, *fields: Field, clause: str) -> None:
        self.name, self.clause = name, clause
        if odd := sum(field.sizeof() for field in fields) % 8:
            raise ValueError(f"{name}: {odd} bits more than whole bytes")
        self.construct: Final = cs.BitStruct(*fields)
        self.size: Final[int] = self.construct.sizeof()
        self.slots: Final[Mapping[str, Slot]] = {slot.name: slot for slot in _compile(fields, self.size * 8)}
        if len(self.slots) != sum(1 for field in fields if field.name):
            raise ValueError(f"{name}: two fields have the same name")
        self._base = sum(slot.default << slot.shift for slot in self.slots.values())
        self._reads = tuple((s.name, s.shift, s.mask, s.decode) for s in self.slots.values())

    def parse(self, data: bytes | bytearray | memoryview) -> dict[str, Any]:
        """Return the named fields of the first `size` bytes of `data`."""
        if len(data) < self.size:
            raise StructureError(self.name, bytes(data), f"shorter than {self.size} bytes")
        number = int.from_bytes(data[: self.size], "big")
        return {
            name: decode((number >> shift) & mask) if decode else (number >> shift) & mask
            for name, shift, mask, decode in self._reads
        }

    def build(self, values: Mapping[str, Any]) -> bytes:
        """Return the bytes with the named fields set and all others at their default."""
        number = self._base
        for name, value in values.items():
            slot = self.slots.get(name)
            if slot is None:
                raise TypeError(f"{self.name} has no field {name}")
            code = slot.encode(value) if slot.encode else value
            if not slot.low <= code <= slot.high:
                raise ValueError(f"{self.name}: {name} = {value} does not fit in {slot.width} bits")
            number = number & ~(slot.mask << slot.shift) | (code & slot.mask) << slot.shift
        return number.to_bytes(self.size, "big")


def _compile(fields: tuple[Field, ...], total: int) -> list[Slot]:
    slots, offset = [], 0
    for field in fields:
        width = field.sizeof()
        if field.name:
            slots.append(_slot(field.name, field, offset, width, total - offset - width))
        offset += width
    return slots


def _slot(name: str, field: Any, offset: int, width: int, shift: int) -> Slot:
    inner = field
    while isinstance(inner, (cs.Renamed, cs.Default)):
        inner = inner.subcon
    mask = (1 << width) - 1
    low, high, default = 0, mask, 0
    decode: Callable[[int], Any] | None = None
    encode: Callable[[Any], int] | None = None
    size = width // 8
    if isinstance(inner, cs.Const):
        default = inner.value
        low = high = default
    elif isinstance(inner, _Enumerated):
        decode = _enum_decoder(inner.members)
    elif inner is cs.Flag:
        decode, encode = bool, int
    elif isinstance(inner, cs.BitsInteger):
        if inner.signed:
            low, high = -(1 << width - 1), (1 << width - 1) - 1
            decode = _signed_decoder(width)
    elif isinstance(inner.subcon, _Text):
        decode = lambda code: _decode_text(code.to_bytes(size, "big"))  # noqa: E731
        encode = lambda value: int.from_bytes(_encode_text(value, size), "big")  # noqa: E731
        default = int.from_bytes(b" " * size, "big")
    else:
        decode = lambda code: code.to_bytes(size, "big")  # noqa: E731
        encode = lambda value: _raw_code(name, value, size)  # noqa: E731
    return Slot(name, offset, width, shift, mask, default, decode, encode, low, high)


def _raw_code(name: str, value: bytes, size: int) -> int:
    if len(value) != size:
        raise ValueError(f"{name} takes {size} bytes, not {len(value)}")
    return int.from_bytes(value, "big")


def _signed_decoder(width: int) -> Callable[[int], int]:
    sign = 1 << width - 1
    return lambda code: (code ^ sign) - sign


def _enum_decoder(members: type[IntEnum]) -> Callable[[int], int]:
    known = dict(members._value2member_map_)
    return lambda code: known.get(code, code)


class Structure(Value):
    """Base of the typed replies and parameter lists: declared values with a `layout` of the same field names.

    A reply shorter than the layout is normal (older drives, smaller allocation lengths): what is missing reads as zero,
    unless fewer than `required` bytes came, which is a `StructureError`.
    """

    layout: ClassVar[Layout]
    required: ClassVar[int] = 0
    length_field: ClassVar[str] = ""  # computed from the rest, hence no field of the value; see counted.py
    computed: ClassVar[tuple[str, ...]] = ()  # further lengths like that
    told: ClassVar[tuple[str, ...]] = ()  # properties that are worth telling beside the fields
    joined: ClassVar[tuple[str, ...]] = ()  # fields whose two bytes lie apart: `NAME_msb` and `NAME_lsb` in the layout

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        layout = cls.__dict__.get("layout")
        known = {name for base in cls.__mro__ for name in getattr(base, "__annotations__", ())}
        known |= {cls.length_field, *cls.computed}
        known |= {f"{name}_{half}" for name in cls.joined for half in ("msb", "lsb")}
        if layout is not None and (missing := layout.slots.keys() - known):
            raise TypeError(f"{cls.__name__} lacks {', '.join(sorted(missing))}")

    @classmethod
    def parse(cls, data: bytes | bytearray | memoryview) -> Self:
        """Read the structure from the start of `data`."""
        return cls(**cls.fields(data))

    @classmethod
    def fields(cls, data: bytes | bytearray | memoryview) -> dict[str, Any]:
        """Read the fields of the layout, short data filled up with zeros."""
        if len(data) < cls.required:
            raise StructureError(cls.layout.name, bytes(data), f"shorter than {cls.required} bytes")
        if len(data) < cls.layout.size:
            data = bytes(data).ljust(cls.layout.size, b"\0")
        return cls.layout.parse(data)

    def build(self) -> bytes:
        """Return the bytes of the layout."""
        return self.layout.build({name: getattr(self, name) for name in self.layout.slots})

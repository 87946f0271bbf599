"""How ECMA-167 structures are declared: a class with the fields of the standard's table in their order, little endian.

The annotation of a field is another structure, or a type with the codec that turns its value into bytes. `Descriptor`
adds the tag, and `seal` is the one place that computes it.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import cache, lru_cache
from struct import Struct
from typing import Annotated, Any, ClassVar, Final, dataclass_transform, get_origin, get_type_hints

from discstack.fs.dates import MINUTES
from discstack.fs.udf.cs0 import dstring

BLOCK: Final = 2048
TAG_SIZE: Final = 16
# Must differ from that of an earlier volume on the same medium; 0 says that none is given (3/7.2.5)
TAG_SERIAL_NUMBER: Final = 0
# Type 1: local time; offset 0: that of Coordinated Universal Time (1/7.3.1)
TYPE_AND_TIME_ZONE: Final = 0x1000

TAG_FORMAT: Final = "<HHBxHHHL"  # what a tag has but its reserved byte
_TAG: Final = Struct(TAG_FORMAT)
_DATE: Final = Struct("<HhBB")
_WHOLE_SECONDS: Final = [bytes((second, 0, 0, 0)) for second in range(60)]
# The sum of both bytes of every 16-bit number, without what a byte cannot hold
BYTE_SUMS: Final = b"".join([bytes(range(high, 256)) + bytes(range(high)) for high in range(256)])
_EPOCH: Final = date(1970, 1, 1)


def seal(identifier: int, body: bytes, location: int, version: int) -> bytes:
    """Return the descriptor `body` behind its tag (ECMA-167 3/7.2, 4/7.2).

    `location` is the sector of the descriptor, or its block within the partition for the descriptors of part 4;
    `version` is 2 or 3, the edition of ECMA-167 (3/7.2.2). The CRC covers the whole body (UDF 1.02 2.2.1.2); its
    polynomial is x^16 + x^12 + x^5 + 1.
    """
    crc, length = crc_hqx(body, 0), len(body)
    checksum = checksum_of(identifier, version, crc, length, location)
    return _TAG.pack(identifier, version, checksum, TAG_SERIAL_NUMBER, crc, length, location) + body


def checksum_of(identifier: int, version: int, crc: int, length: int, location: int) -> int:
    """Return the sum of a tag's bytes (ECMA-167 3/7.2.3)."""
    words = identifier, version, TAG_SERIAL_NUMBER, crc, length, location & 0xFFFF, location >> 16
    return sum(map(BYTE_SUMS.__getitem__, words)) & 0xFF


def timestamp(nanoseconds: int) -> bytes:
    """Return a time since 1970 as 12 bytes in UTC (ECMA-167 1/7.3, UDF 1.02 2.1.4).

    A year outside 1 to 9999 raises OverflowError. What is below a microsecond is not recorded.
    """
    return timestamps((nanoseconds,))[0]


def timestamps(times: Iterable[int]) -> list[bytes]:
    """Return for each time what `timestamp` does."""
    stamps = list[bytes]()
    for time in times:
        seconds = time // 1_000_000_000
        day, second = seconds // 86_400, seconds % 86_400
        rest = _WHOLE_SECONDS[second % 60]
        if micro := time % 1_000_000_000 // 1000:
            rest = bytes((second % 60, micro // 10_000, micro // 100 % 100, micro % 100))
        stamps.append(_date(day) + MINUTES[second // 60] + rest)
    return stamps


@lru_cache(4096)
def _date(day: int) -> bytes:
    """Return the first half of the timestamps of a day since 1970."""
    then = _EPOCH + timedelta(days=day)
    return _DATE.pack(TYPE_AND_TIME_ZONE, then.year, then.month, then.day)


Codec = Callable[[Any], bytes]


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Structure:
    """Base of the declared structures: what a subclass annotates are its fields, in the order of the bytes.

    They are values, as frozen dataclasses are, but no code is made for each of them, which took a fifth of the time of
    all imports.
    """

    def __init_subclass__(cls, *, kw_only: bool = True) -> None:
        """Declare a structure; `kw_only` is for type checkers."""

    def __init__(self, *values: Any, **named: Any) -> None:
        names = [name for name, _ in self._codecs()]
        given = dict(zip(names, values, strict=False)) | named
        known = len(given) == len(values) + len(named) and given.keys() <= set(names)
        if not known or any(name not in given and not hasattr(self, name) for name in names):
            raise TypeError(f"{type(self).__name__} has the fields {', '.join(names)}, and was given {[*given]}")
        self.__dict__.update(given)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} of a {type(self).__name__} cannot be set: it is a value")

    def __repr__(self) -> str:
        fields = (f"{name}={getattr(self, name)!r}" for name, _ in self._codecs())
        return f"{type(self).__name__}({', '.join(fields)})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Structure) and other.pack() == self.pack()

    def __hash__(self) -> int:
        return hash(self.pack())

    def pack(self) -> bytes:
        """Return the structure as bytes."""
        return b"".join([codec(getattr(self, name)) for name, codec in self._codecs()])

    @classmethod
    @cache
    def _codecs(cls) -> list[tuple[str, Codec]]:
        hints = get_type_hints(cls, include_extras=True)
        fields = {name: hint for name, hint in hints.items() if get_origin(hint) is not ClassVar}
        return [
            (name, field.__metadata__[0] if hasattr(field, "__metadata__") else field.pack)
            for name, field in fields.items()
        ]


class Descriptor(Structure):
    """A structure behind a tag."""

    TAG: ClassVar[int]

    def seal(self, location: int, version: int) -> bytes:
        """Return the descriptor as it is recorded at `location`; `version` is that of its tag."""
        return seal(self.TAG, self.pack(), location, version)


def uint(size: int) -> Codec:
    """Return the codec of an unsigned integer of `size` bytes."""
    return lambda value: value.to_bytes(size, "little")


def text(size: int) -> Codec:
    """Return the codec of a dstring of `size` bytes."""
    return lambda value: dstring(value, size)


def exactly(size: int) -> Codec:
    """Return the codec of `size` bytes that are given ready-made."""

    def codec(value: bytes) -> bytes:
        if len(value) != size:
            raise ValueError(f"the field has {size} bytes, not {len(value)}")
        return value

    return codec


def zeros(size: int) -> Codec:
    """Return the codec of `size` bytes that are reserved, or not used here."""
    return lambda _: bytes(size)


Uint8 = Annotated[int, uint(1)]
Uint16 = Annotated[int, uint(2)]
Uint32 = Annotated[int, uint(4)]
Uint64 = Annotated[int, uint(8)]
# In nanoseconds since 1970
Timestamp = Annotated[int, timestamp]
Charspec = Annotated[bytes, exactly(64)]
# Bytes whose number another field gives
Tail = Annotated[bytes, bytes]


class ExtentAd(Structure, kw_only=False):
    """extent_ad: bytes from a sector on (ECMA-167 3/7.1)."""

    length: Uint32
    location: Uint32


class LongAd(Structure, kw_only=False):
    """long_ad: bytes from a block of any partition on (ECMA-167 4/14.14.2, UDF 1.02 2.3.10.1)."""

    length: Uint32
    block: Uint32
    partition: Uint16 = 0
    flags: Uint16 = 0
    implementation_use: Uint32 = 0


class EntityId(Structure, kw_only=False):
    """regid: who or what something belongs to (ECMA-167 1/7.4, UDF 1.02 2.1.5)."""

    flags: Uint8
    identifier: Annotated[bytes, exactly(23)]
    suffix: Annotated[bytes, exactly(8)]


def entity_id(identifier: str, suffix: bytes = b"") -> EntityId:
    """Return the entity identifier of that name, its fields filled up with zeros."""
    return EntityId(0, identifier.encode("ascii").ljust(23, b"\x00"), suffix.ljust(8, b"\x00"))


NO_EXTENT: Final = ExtentAd(0, 0)
NO_ICB: Final = LongAd(0, 0)
NOBODY: Final = entity_id("")
# The operating system stays undefined: an image does not depend on the machine that writes it (UDF 1.02 6.3)
IMPLEMENTATION: Final = entity_id("*discstack")

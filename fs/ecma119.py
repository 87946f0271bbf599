"""The structures of ECMA-119 as bytes; addresses count sectors from the start of the volume."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct
from typing import Final

from discstack.fs.plan import SECTOR

STANDARD_IDENTIFIER: Final = b"CD001"  # 8.1.2
FILE: Final = 0x00  # file flags, 9.1.6
EXISTENCE: Final = 0x01  # the name is not to be shown
DIRECTORY: Final = 0x02
MULTI_EXTENT: Final = 0x80
SELF: Final = b"\0"  # the identifiers of the first two records of a directory, 9.6.1.2
PARENT: Final = b"\1"
MAX_SECTION: Final = (1 << 32) - SECTOR  # the most bytes of a file section that another one follows
MAX_LENGTH: Final = (1 << 32) - 1
MAX_RECORD: Final = 254  # the length of a record is one byte, and even
VOLUME_DESCRIPTOR_SIZE: Final = SECTOR

_LSB32: Final = Struct("<I")
_MSB32: Final = Struct(">I")
_MSB: Final = _MSB32.pack
# By the length of the identifier, which a zero follows where that is even
_RECORDS: Final = [Struct(f"<BBI4sI4s7s7sB{length | 1}s").pack for length in range(MAX_RECORD - 33 + 1)]
ONE: Final = b"\1\0\0\1"  # volume sequence number, 9.1.9
_LSB_PATH: Final = Struct("<BBIH")
_MSB_PATH: Final = Struct(">BBIH")


def both_byte_16(value: int) -> bytes:
    """7.2.3."""
    return value.to_bytes(2, "little") + value.to_bytes(2, "big")


def both_byte_32(value: int) -> bytes:
    """7.3.3."""
    return _LSB32.pack(value) + _MSB32.pack(value)


def directory_record_size(identifier: bytes, system_use: int = 0) -> int:
    """Return the length of a directory record, which is even, 9.1.12 and 9.1.13; `system_use` is in bytes."""
    return 33 + (len(identifier) | 1) + system_use + 1 & ~1


def directory_record(
    identifier: bytes,
    lba: int,
    length: int,
    date: bytes,
    flags: int = FILE,
    system_use: bytes = b"",
    volume: bytes = ONE,
) -> bytes:
    """Return a directory record, 9.1, for `length` bytes from `lba` on.

    `date` is a 7-byte date, `volume` the number of this volume in its set as `both_byte_16` has it.
    """
    return directory_records((identifier,), ((lba, length, flags),), (date,), (system_use,), volume)[0]


def directory_records(
    identifiers: Iterable[bytes],
    extents: Iterable[tuple[int, int, int]],
    dates: Iterable[bytes],
    system_use: Iterable[bytes],
    volume: bytes,
) -> list[bytes]:
    """Return for each identifier what `directory_record` does; `extents` are address, length and flags."""
    records, heads, msb = list[bytes](), _RECORDS, _MSB
    kinds = (FILE, DIRECTORY, MULTI_EXTENT)
    tails = {kind | shown: bytes((kind | shown, 0, 0)) + volume for kind in kinds for shown in (0, EXISTENCE)}
    for identifier, (lba, length, flags), date, area in zip(identifiers, extents, dates, system_use, strict=True):
        size = len(identifier)
        total = 33 + (size | 1) + len(area)
        even = total + 1 & ~1
        record = heads[size](even, 0, lba, msb(lba), length, msb(length), date, tails[flags], size, identifier) + area
        records.append(record if total == even else record + b"\0")
    return records


def path_table_record_size(identifier: bytes) -> int:
    """Return the length of a path table record, which is even, 9.4.6."""
    return 9 + len(identifier) & ~1


def path_table_record(identifier: bytes, lba: int, parent: int, *, msb: bool) -> bytes:
    """Return a path table record, 9.4, for the directory at `lba`, in type L or (`msb`) type M byte order."""
    head = (_MSB_PATH if msb else _LSB_PATH).pack(len(identifier), 0, lba, parent)
    return head + identifier + bytes(len(identifier) & 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeDescriptor:
    """A primary or supplementary volume descriptor, 8.4 and 8.5.

    Texts are encoded and padded already, to their fields' lengths in 8.4; dates are 17 bytes each. `version` and
    `file_structure_version` are 2 in an enhanced volume descriptor of ISO 9660:1999.
    """

    type: int
    version: int = 1
    system_identifier: bytes
    volume_identifier: bytes
    volume_space_size: int
    escape_sequences: bytes = b""
    volume_set_size: int = 1
    volume_sequence_number: int = 1
    path_table_size: int
    type_l_path_table: int
    type_m_path_table: int
    root_directory_record: bytes
    volume_set_identifier: bytes
    publisher_identifier: bytes
    data_preparer_identifier: bytes
    application_identifier: bytes
    copyright_file_identifier: bytes
    abstract_file_identifier: bytes
    bibliographic_file_identifier: bytes
    creation_date: bytes
    modification_date: bytes
    expiration_date: bytes
    effective_date: bytes
    file_structure_version: int = 1

    def __bytes__(self) -> bytes:
        descriptor = b"".join(
            (
                *(bytes((self.type,)), STANDARD_IDENTIFIER, bytes((self.version, 0))),
                *(self.system_identifier, self.volume_identifier, bytes(8), both_byte_32(self.volume_space_size)),
                self.escape_sequences.ljust(32, b"\0"),
                *(both_byte_16(self.volume_set_size), both_byte_16(self.volume_sequence_number), both_byte_16(SECTOR)),
                *(both_byte_32(self.path_table_size), _LSB32.pack(self.type_l_path_table), bytes(4)),
                *(_MSB32.pack(self.type_m_path_table), bytes(4), self.root_directory_record),
                *(self.volume_set_identifier, self.publisher_identifier, self.data_preparer_identifier),
                *(self.application_identifier, self.copyright_file_identifier),
                *(self.abstract_file_identifier, self.bibliographic_file_identifier),
                *(self.creation_date, self.modification_date, self.expiration_date, self.effective_date),
                bytes((self.file_structure_version,)),
            )
        )
        return descriptor.ljust(VOLUME_DESCRIPTOR_SIZE, b"\0")


PRIMARY: Final = 1  # volume descriptor types, 8.1.1
SUPPLEMENTARY: Final = 2
SET_TERMINATOR: Final = (b"\xff" + STANDARD_IDENTIFIER + b"\1").ljust(VOLUME_DESCRIPTOR_SIZE, b"\0")  # 8.3

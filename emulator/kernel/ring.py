"""The ring of commands that the kernel shares with a device server (TCM in user space, linux/target_core_user.h).

The mapping holds a mailbox, the ring of entries and the data area. The kernel moves the head, the server the tail.
Entries are answered in their order.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Final

# struct tcmu_mailbox
VERSION: Final = 2
_MAILBOX: Final = struct.Struct("=HHII")  # version, flags, cmdr_off, cmdr_size
_OFFSET: Final = struct.Struct("=I")
HEAD: Final = 12
TAIL: Final = 64
# struct tcmu_cmd_entry_hdr
_HEADER: Final = struct.Struct("=IHBB")  # len_op, cmd_id, kflags, uflags
OPCODE_MASK: Final = 0x7
UFLAGS: Final = 7
# struct tcmu_cmd_entry, the request
_REQUEST: Final = struct.Struct("=III4xQ")  # iov_cnt, iov_bidi_cnt, iov_dif_cnt, cdb_off
REQUEST: Final = 8
VECTORS: Final = 48
_VECTOR: Final = struct.Struct("=QQ")  # struct iovec: offset from the mailbox, length
# and the response in its place
_RESPONSE: Final = struct.Struct("=BBHI")  # scsi_status, pad1, pad2, read_len
RESPONSE: Final = 8
SENSE: Final = 16
SENSE_LENGTH: Final = 96
# struct tcmu_tmr_entry
ABORTED_COUNT: Final = 12
ABORTED: Final = 32
_IDENTIFIER: Final = struct.Struct("=H")
LONGEST_CDB: Final = 260


class Capability(IntFlag):
    """What this kernel's ring can do (flags of the mailbox)."""

    OUT_OF_ORDER = 1
    READ_LENGTH = 2
    TASK_MANAGEMENT = 4


class Operation(IntEnum):
    """What an entry is."""

    PAD = 0
    COMMAND = 1
    TASK_MANAGEMENT = 2


class UserFlag(IntFlag):
    """What the server says of its response."""

    UNKNOWN_OPERATION = 1
    READ_LENGTH = 2


@dataclass(frozen=True, slots=True)
class RingCommand:
    """A command in the ring: the start of its CDB, and the pieces of the data area that it sends or may fill."""

    offset: int
    end: int
    identifier: int
    cdb: bytes  # more bytes than the CDB has: the ring does not tell its length
    pieces: tuple[memoryview, ...]


class RingError(Exception):
    """The kernel's ring is not as we know it."""


class CommandRing:
    """The ring behind a descriptor of /dev/uioN; one thread may use it."""

    def __init__(self, descriptor: int, length: int) -> None:
        self.descriptor = descriptor
        self._map = mmap.mmap(descriptor, length)
        self._memory = memoryview(self._map)
        version, flags, self._start, self._size = _MAILBOX.unpack_from(self._map)
        if version != VERSION:
            raise RingError(f"the kernel's ring has version {version}, known is {VERSION}")
        self.capabilities = Capability(flags)

    def close(self) -> None:
        """Give the mapping up."""
        self._memory.release()
        self._map.close()

    def acknowledge(self) -> None:
        """Take note of the kernel's call; to be done before the ring is looked at."""
        os.read(self.descriptor, 4)

    def commands(self) -> Iterator[RingCommand]:
        """Yield what waits; each command must be answered before the next is asked for."""
        for offset, end, operation in self._entries():
            if operation == Operation.COMMAND:
                yield self._command(offset, end)
                continue
            if operation not in (Operation.PAD, Operation.TASK_MANAGEMENT):
                self._map[offset + UFLAGS] = UserFlag.UNKNOWN_OPERATION
            _OFFSET.pack_into(self._map, TAIL, end)

    def is_aborted(self, command: RingCommand) -> bool:
        """Whether the kernel has told, behind a command that is not answered yet, that nobody waits for it any more."""
        for offset, _, operation in self._entries():
            if operation == Operation.TASK_MANAGEMENT:
                (count,) = _OFFSET.unpack_from(self._map, offset + ABORTED_COUNT)
                identifiers = self._map[offset + ABORTED : offset + ABORTED + 2 * count]
                if (command.identifier,) in _IDENTIFIER.iter_unpack(identifiers):
                    return True
        return False

    def answer(self, command: RingCommand, status: int, sense: bytes, moved: int | None) -> None:
        """Answer the oldest command, and tell the kernel at once: what is done next may take minutes.

        `moved` is how many bytes the host received, None where that is not to be told.
        """
        told = moved is not None and Capability.READ_LENGTH in self.capabilities
        self._map[command.offset + UFLAGS] = UserFlag.READ_LENGTH if told else 0
        _RESPONSE.pack_into(self._map, command.offset + RESPONSE, status, 0, 0, moved or 0)
        kept = sense[:SENSE_LENGTH].ljust(SENSE_LENGTH, b"\0")
        self._map[command.offset + SENSE : command.offset + SENSE + SENSE_LENGTH] = kept
        _OFFSET.pack_into(self._map, TAIL, command.end)
        os.write(self.descriptor, bytes(4))

    def _entries(self) -> Iterator[tuple[int, int, int]]:
        """Yield (offset, tail behind it, operation) of all that is not answered yet."""
        (tail,) = _OFFSET.unpack_from(self._map, TAIL)
        while tail != _OFFSET.unpack_from(self._map, HEAD)[0]:
            length_and_operation = _HEADER.unpack_from(self._map, self._start + tail)[0]
            length, operation = length_and_operation & ~OPCODE_MASK, length_and_operation & OPCODE_MASK
            if not length:
                raise RingError("the kernel's ring holds an entry without a length")
            offset, tail = self._start + tail, (tail + length) % self._size
            yield offset, tail, operation

    def _command(self, offset: int, end: int) -> RingCommand:
        identifier = _HEADER.unpack_from(self._map, offset)[1]
        count, _, _, cdb = _REQUEST.unpack_from(self._map, offset + REQUEST)
        vectors = [_VECTOR.unpack_from(self._map, offset + VECTORS + _VECTOR.size * n) for n in range(count)]
        pieces = tuple(self._memory[start : start + length] for start, length in vectors)
        return RingCommand(offset, end, identifier, self._map[cdb : cdb + LONGEST_CDB], pieces)

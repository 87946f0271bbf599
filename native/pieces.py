"""What goes into a ring, laid up before any of it is needed, so that one call without the GIL can pour it in."""

from __future__ import annotations

from typing import Any, Final

from discstack.native.library import ffi, lib


class Pieces:
    """What was made in memory, and which files to read, in the order in which it goes in; up to `room` bytes of memory.

    What was made takes as many bytes as its sectors have without the zeros at their ends. For one thread; Linux only.
    """

    def __init__(self, room: int) -> None:
        handle = lib.pieces_new(room)
        if not handle:
            raise MemoryError("no memory for pieces")
        self.handle: Final = ffi.gc(handle, lib.pieces_free)  # for this package alone
        self._kept = list[object]()  # the memory that is not copied

    def made(self, data: memoryview) -> int:
        """Keep some whole sectors and return how many bytes they have, or 0 where there is no room for them."""
        with ffi.from_buffer("unsigned char[]", data) as memory:
            return 0 if lib.pieces_add_made(self.handle, memory, len(data)) else len(data)

    def files(self, paths: bytes, facts: bytes, count: int, skip: int, digests: memoryview | None = None) -> int:
        """Keep which files are to be read, given as to `NativePump.files`, and return how many bytes they will take.

        0 where there is no room for them. `digests` is written to when they are.
        """
        columns, sums = ffi.cast("uint64_t *", ffi.from_buffer(facts)), buffer_of(digests)
        if lib.pieces_add_files(self.handle, ffi.from_buffer(paths), len(paths), columns, count, skip, sums):
            return 0
        self._kept.append(sums)
        return int((columns[4 * count] - columns[3 * count]) * lib.PUMP_SECTOR - skip)


def buffer_of(memory: memoryview | None) -> Any:
    """Return a pointer to writable memory that keeps it alive; a null pointer for none."""
    return ffi.NULL if memory is None else ffi.from_buffer("unsigned char[]", memory, require_writable=True)

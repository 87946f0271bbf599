"""Many files in one call, without the GIL; `discstack.fs.batch` says what is expected of these functions."""

from __future__ import annotations

import os
from typing import Final

from discstack.native.library import ffi, lib

ROOM: Final = 1 << 20  # bytes that are read before they are written


def read_files(paths: bytes, facts: bytes, count: int, memory: memoryview) -> int:
    """Fill `memory` with whole files and return how many were read before one could not be, or was not what it was.

    `paths` are ended by a NUL each. `facts` are columns of 64 bits: the sizes, the mtimes in nanoseconds, the inodes,
    and the sectors where the files start, with the one where the zeros behind the last one end. `memory` begins at the
    first start and is as long as that end says.
    """
    return int(lib.files_read(ffi.from_buffer(paths), _facts(facts), count, ffi.from_buffer("unsigned char[]", memory)))


def copy_files(paths: bytes, facts: bytes, count: int, target: int, position: int) -> int:
    """Write whole files into the file open as `target`, and return how many were written before one failed.

    The first one goes to byte `position`. Raises OSError if writing fails.
    """
    memory = ffi.new("unsigned char[]", ROOM)
    done = lib.files_copy(ffi.from_buffer(paths), _facts(facts), count, memory, ROOM, target, position)
    if done < 0:
        raise OSError(-done, os.strerror(-done))
    return int(done)


def check_files(paths: bytes, facts: bytes, count: int) -> int:
    """Open and close files, and return how many there were before one could not be opened, or was not what it was."""
    return int(lib.files_check(ffi.from_buffer(paths), _facts(facts), count))


def _facts(packed: bytes) -> object:
    return ffi.cast("uint64_t *", ffi.from_buffer(packed))

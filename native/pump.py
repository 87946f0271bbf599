"""The producer's end of a ring: hashes an image chunk by chunk, and reads files into the ring without the GIL."""

from __future__ import annotations

import sys
from typing import Final

from discstack.native.library import ffi, lib
from discstack.native.pieces import Pieces, buffer_of
from discstack.native.ring import Ring

POURS: Final = sys.platform == "linux"


class NativePump:
    """Hashes the first `size` bytes that go into a ring, in chunks of `chunk` bytes. For the producer's thread.

    A chunk has more than 240 bytes: shorter data is hashed in another way. Where no more are left for the last one,
    they are kept as they are.
    """

    def __init__(self, ring: Ring, size: int, chunk: int) -> None:
        if chunk <= lib.PUMP_SHORT:
            raise ValueError(f"chunks of {chunk} bytes are too short: they have more than {lib.PUMP_SHORT}")
        handle = lib.pump_new(ring.handle, size, chunk)
        if not handle:
            raise MemoryError("no memory for a pump")
        self._handle = ffi.gc(handle, lib.pump_free)
        self._ring = ring  # kept alive
        self._chunks = size // chunk + (size % chunk > lib.PUMP_SHORT)

    def commit(self, region: memoryview) -> None:
        """Hash a filled region that was reserved, and hand it over."""
        with ffi.from_buffer("unsigned char[]", region) as memory:
            if lib.pump_commit(self._handle, memory, len(region)):
                raise ValueError(f"commit of {len(region)} bytes, more than are reserved")

    def files(self, paths: bytes, facts: bytes, count: int, skip: int, digests: memoryview | None = None) -> int:
        """Read files into the ring and return how many bytes they took, up to one that failed.

        `paths` and `facts` are those of `discstack.native.files.read_files`; of the first file come the bytes from
        `skip` on, where a sector starts. `digests` gets the SHA-256 of each file that went in whole. Waits for room,
        and returns when the ring has ended.
        """
        if not POURS:
            return 0
        columns, sums = ffi.cast("uint64_t *", ffi.from_buffer(facts)), buffer_of(digests)
        return int(lib.files_pour(ffi.from_buffer(paths), columns, count, skip, self._handle, sums))

    def pieces(self, pieces: Pieces) -> int:
        """Let what was laid up go into the ring, and return how many bytes did: less where a file failed.

        Waits for room, and returns when the ring has ended.
        """
        return int(lib.pieces_pour(pieces.handle, self._handle)) if POURS else 0

    def witness(self) -> tuple[int, bytes] | None:
        """Return a piece of what was hashed that is not the same byte all over, and where it starts; None without one.

        It is the end of the first region, or part of one that was poured, which has such a piece there.
        """
        at = ffi.new("uint64_t *")
        piece = lib.pump_witness(self._handle, at)
        return (int(at[0]), bytes(ffi.buffer(piece, lib.PUMP_WITNESS))) if piece else None

    def digests(self) -> tuple[bytes, ...]:
        """Return the digests of the chunks, once all of them went in; of one that is too short see `rest`."""
        whole = ffi.buffer(lib.pump_digests(self._handle), self._chunks * lib.PUMP_DIGEST)[:]
        return tuple(whole[at : at + lib.PUMP_DIGEST] for at in range(0, len(whole), lib.PUMP_DIGEST))

    def rest(self) -> bytes:
        """Return the bytes of a last chunk that is too short to be hashed here, once they went in; often none."""
        size = ffi.new("uint32_t *")
        kept = lib.pump_rest(self._handle, size)
        return bytes(ffi.buffer(kept, size[0]))

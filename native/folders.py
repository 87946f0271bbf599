"""All that many folders hold in one call, without the GIL; `discstack.fs.folders` says what is expected of this."""

from __future__ import annotations

from discstack.native.library import ffi, lib


def look_into(paths: bytes, count: int) -> tuple[bytes, bytes, list[int]]:
    """Return names, facts and how many entries each folder has, for folders before the first that cannot be read.

    `paths` and names are ended by a NUL each. The facts of an entry are twelve numbers of 64 bits: mode, links, owner,
    group, device, inode, special device, size, and the signed times, in nanoseconds, of the last change, of the last
    access, of the last change of attributes, and of creation, which is the least number where it is not known.
    """
    found = ffi.gc(lib.folders_look(ffi.from_buffer(paths), count), lib.folders_free)
    if not found:
        raise MemoryError
    names = bytes(ffi.buffer(found.names, found.names_size)) if found.entries else b""
    facts = bytes(ffi.buffer(found.facts, found.entries * lib.FOLDERS_FACTS * 8)) if found.entries else b""
    return names, facts, list(found.counts[0 : found.folders])

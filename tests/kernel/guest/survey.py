"""Print as JSON what a folder holds, as the kernel shows it: survey.py FOLDER."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator
from typing import Any

WHOLE = 64 << 20  # bytes; of a larger file only windows are read
WINDOW = 1 << 16
LANDMARKS = (1 << 30, 1 << 31, 1 << 32, 1 << 33)  # where extents and section borders may lie


def survey(top: str) -> dict[str, dict[str, Any]]:
    """Return path (the top is ".") -> what it is; bytes that are no text are surrogate escapes."""
    entries = {".": describe(top)}
    stack = [""]
    while stack:
        folder = stack.pop()
        for name in os.listdir(os.path.join(top, folder)):
            path = os.path.join(folder, name)
            entries[path] = describe(os.path.join(top, path))
            if entries[path]["kind"] == "directory":
                stack.append(path)
    return entries


KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "character device",
    stat.S_IFBLK: "block device",
}


def describe(path: str) -> dict[str, Any]:
    """Return what stat says and a digest of the contents."""
    status = os.lstat(path)
    kind = KINDS[stat.S_IFMT(status.st_mode)]
    found: dict[str, Any] = {
        "kind": kind,
        "mode": stat.S_IMODE(status.st_mode),
        "uid": status.st_uid,
        "gid": status.st_gid,
        "links": status.st_nlink,
        "inode": status.st_ino,
        "mtime": status.st_mtime_ns,
    }
    if kind == "file":
        found |= {"size": status.st_size, "digest": digest(path, status.st_size)}
    elif kind == "link":
        found["target"] = os.readlink(path)
    elif kind.endswith("device"):
        found["device"] = status.st_rdev
    return found


def digest(path: str, size: int) -> str:
    """Return a SHA-256 over a file, or over windows of a large one."""
    hashed = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        for start, count in windows(size):
            file.seek(start)
            while count and (data := file.read(min(count, 1 << 20))):
                hashed.update(data)
                count -= len(data)
            if count:
                return f"ends at {file.tell()}"
    return hashed.hexdigest()


def windows(size: int) -> Iterator[tuple[int, int]]:
    """Yield (start, length) of what is read of a file."""
    if size <= WHOLE:
        yield 0, size
        return
    middles = (WINDOW // 2, *LANDMARKS, size - WINDOW // 2)
    for start in (middle - WINDOW // 2 for middle in middles if middle < size):
        yield start, min(WINDOW, size - start)


if __name__ == "__main__":
    print(json.dumps(survey(sys.argv[1])))

"""Reading a folder of this machine into a tree: each entry is looked at once, links are not followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from discstack.fs.attributes import DEVICES, PERMISSIONS, Attributes, Device, Kind, Times
from discstack.fs.errors import SourceError
from discstack.fs.nodes import File, Leaf, Special, Symlink
from discstack.fs.sources import PathSource

if TYPE_CHECKING:
    from discstack.fs.tree import Directory

_KINDS: Final = frozenset(Kind)


class Scan:
    """Reads one folder and all below it."""

    def __init__(self, *, all_times: bool) -> None:
        self._all_times = all_times
        self._attributes = dict[tuple[int, int, int], Attributes]()

    def scan(self, top: str, into: Directory) -> None:
        """Put what the folder `top` holds into an empty directory, which takes its times and attributes too."""
        try:
            status = os.stat(top)
            into.mtime_ns, into.attributes, into.times = status.st_mtime_ns, *self._common(status)
            stack = [(top, into)]
            while stack:
                path, directory = stack.pop()
                with os.scandir(path) as entries:
                    found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
                stack += self._take(path, directory, found)
        except OSError as error:
            raise SourceError(error.filename or top, error.strerror or str(error)) from error

    def _common(self, status: os.stat_result) -> tuple[Attributes, Times | None]:
        key = (status.st_mode, status.st_uid, status.st_gid)
        attributes = self._attributes.get(key)
        if attributes is None:
            attributes = self._attributes[key] = attributes_of(status)
        return attributes, Times(status.st_atime_ns, status.st_ctime_ns) if self._all_times else None

    def _take(
        self, path: str, directory: Directory, found: list[tuple[str, os.stat_result]]
    ) -> Iterator[tuple[str, Directory]]:
        """Make the nodes of one directory; yield those that are to be scanned themselves."""
        leaves, skipped = list[Leaf](), list[tuple[str, str]]()
        for name, status in found:
            kind = stat.S_IFMT(status.st_mode)
            attributes, times = self._common(status)
            if kind == stat.S_IFDIR:
                below = directory.create_directory(name, mtime_ns=status.st_mtime_ns, attributes=attributes)
                below.times = times
                yield os.path.join(path, name), below
                continue
            common = (status.st_mtime_ns, attributes, times, link_of(status))
            if kind == stat.S_IFREG:
                leaves.append(File(name, directory, PathSource(path, name, status), *common))
            elif kind == stat.S_IFLNK:
                leaves.append(Symlink(name, directory, _target(os.path.join(path, name)), *common))
            elif kind in _KINDS:
                device = Device(os.major(status.st_rdev), os.minor(status.st_rdev)) if kind in DEVICES else None
                leaves.append(Special(name, directory, Kind(kind), device, *common))
            else:
                skipped.append((name, "neither a file nor a directory nor anything else that an image knows"))
        directory.take(leaves)
        directory.skipped = tuple(sorted(skipped))


def _target(path: str) -> bytes:
    """Return what a symbolic link points to, with slashes."""
    return os.fsencode(os.readlink(path).replace(os.sep, "/"))


def attributes_of(status: os.stat_result) -> Attributes:
    """Return permissions and owners out of what the system says."""
    return Attributes(status.st_mode & PERMISSIONS, status.st_uid, status.st_gid)


def link_of(status: os.stat_result) -> tuple[int, int] | None:
    """Return what all names of a file have in common, None for a file with one name."""
    return (status.st_dev, status.st_ino) if status.st_nlink > 1 else None

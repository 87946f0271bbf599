"""Reading a folder of this machine into a tree: each entry is looked at once, links are followed only on request."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from discstack.fs.attributes import DEVICES, PERMISSIONS, Attributes, Device, Kind, Times
from discstack.fs.errors import SourceError
from discstack.fs.nodes import File, Leaf, Special, Symlink
from discstack.fs.patterns import Globs
from discstack.fs.sources import PathSource

if TYPE_CHECKING:
    from discstack.fs.tree import Directory

# names in an image do not depend on the locale: their bytes are always taken for UTF-8
_UTF_8: Final = sys.getfilesystemencoding() == "utf-8"
_KINDS: Final = frozenset(Kind)
_TYPE: Final = 0o170000  # the bits of st_mode that tell what it is


Found = tuple[str, os.stat_result]
Identity = tuple[int, int]


class Scan:
    """Reads one folder and all below it but what is excluded.

    Symbolic links that are followed stand for what they lead to; those that lead nowhere or in a circle stay links.
    """

    def __init__(self, *, all_times: bool, exclude: Globs, follow_links: bool) -> None:
        self._all_times = all_times
        self._exclude = exclude
        self._follow_links = follow_links
        self._attributes = dict[tuple[int, int, int], Attributes]()

    def scan(self, top: str, into: Directory) -> None:
        """Put what the folder `top` holds into an empty directory, which takes its times and attributes too."""
        path = absolute = os.path.abspath(top)
        try:
            status = os.stat(absolute)
            into.mtime_ns, into.attributes, into.times = status.st_mtime_ns, *self._common(status)
            stack: list[tuple[str, Directory, tuple[Identity, ...]]] = [(absolute, into, (_identity(status),))]
            while stack:
                path, directory, above = stack.pop()
                found = _listed(path)
                if self._exclude:
                    found = self._included(found, path, top + path[len(absolute) :])
                if self._follow_links:
                    found = _follow(found, path, above)
                for name, below, status in self._take(path, directory, found):
                    stack.append((os.path.join(path, name), below, (*above, _identity(status))))
        except OSError as error:
            where = os.path.join(path, error.filename) if isinstance(error.filename, str) else path
            raise SourceError(where, error.strerror or str(error)) from error

    def _included(self, found: Iterator[Found], path: str, given: str) -> Iterator[Found]:
        for name, status in found:
            if not self._exclude.match(name, f"{given.rstrip('/')}/{name}", f"{path}/{name}"):
                yield name, status

    def _common(self, status: os.stat_result) -> tuple[Attributes, Times | None]:
        key = (status.st_mode, status.st_uid, status.st_gid)
        attributes = self._attributes.get(key)
        if attributes is None:
            attributes = self._attributes[key] = attributes_of(status)
        return attributes, times_of(status) if self._all_times else None

    def _take(
        self, path: str, directory: Directory, found: Iterator[Found]
    ) -> Iterator[tuple[str, Directory, os.stat_result]]:
        """Make the nodes of one directory; yield those that are to be scanned themselves."""
        leaves, skipped = list[Leaf](), list[tuple[str, str]]()
        common, links = self._common, self._follow_links
        for name, status in found:
            shown = name if _UTF_8 else as_utf_8(name)
            attributes, times = common(status)
            link = _identity(status) if links or status.st_nlink > 1 else None
            kind = status.st_mode & _TYPE
            if kind == stat.S_IFREG:
                source = PathSource(path, name, status)
                leaves.append(File(shown, directory, source, source.mtime_ns, attributes, times, link))
            elif kind == stat.S_IFDIR:
                below = directory.create_directory(shown, mtime_ns=status.st_mtime_ns, attributes=attributes)
                below.times = times
                yield name, below, status
            elif kind == stat.S_IFLNK:
                target = _target(os.path.join(path, name))
                leaves.append(Symlink(shown, directory, target, status.st_mtime_ns, attributes, times, link))
            elif kind in _KINDS:
                device = Device(os.major(status.st_rdev), os.minor(status.st_rdev)) if kind in DEVICES else None
                leaves.append(
                    Special(shown, directory, Kind(kind), device, status.st_mtime_ns, attributes, times, link)
                )
            else:
                skipped.append((shown, "neither a file nor a directory nor anything else that an image knows"))
        directory.take(leaves)
        directory.skipped = tuple(sorted(skipped))


def as_utf_8(name: str) -> str:
    """Return the text of a name that the system's encoding may have made something else of."""
    return name if _UTF_8 else os.fsencode(name).decode("utf-8", "surrogateescape")


def _listed(path: str) -> Iterator[Found]:
    """Yield what a folder holds; by its descriptor where that goes, as the system then looks each path up only once."""
    if os.scandir not in os.supports_fd:
        with os.scandir(path) as entries:
            yield from ((entry.name, entry.stat(follow_symlinks=False)) for entry in entries)
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with os.scandir(descriptor) as entries:
            for entry in entries:
                yield entry.name, entry.stat(follow_symlinks=False)
    finally:
        os.close(descriptor)


def _target(path: str) -> bytes:
    """Return what a symbolic link points to, with slashes."""
    return os.fsencode(os.readlink(path).replace(os.sep, "/"))


def _identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino


def _follow(found: Iterator[Found], path: str, above: tuple[Identity, ...]) -> Iterator[Found]:
    """Yield for each link the status of what it leads to, its own if that is nothing or one of the folders `above`."""
    for name, status in found:
        if stat.S_ISLNK(status.st_mode):
            try:
                target = os.stat(os.path.join(path, name))
            except OSError:
                target = status
            status = status if _identity(target) in above else target
        yield name, status


def attributes_of(status: os.stat_result) -> Attributes:
    """Return permissions and owners out of what the system says."""
    return Attributes(status.st_mode & PERMISSIONS, status.st_uid, status.st_gid)


def link_of(status: os.stat_result) -> Identity | None:
    """Return what all names of a file have in common, None for a file with one name."""
    return _identity(status) if status.st_nlink > 1 else None


def times_of(status: os.stat_result) -> Times:
    """Return the times beside that of the last change out of what the system says.

    Windows has the time of creation where others have that of the last change of attributes, which it does not know.
    """
    birth = getattr(status, "st_birthtime", None)
    if os.name == "nt":
        return Times(status.st_atime_ns, status.st_mtime_ns, status.st_ctime_ns)
    return Times(status.st_atime_ns, status.st_ctime_ns, None if birth is None else int(birth * 10**6) * 1000)

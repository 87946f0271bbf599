"""Reading a folder of this machine into a tree: each entry is looked at once, links are followed only on request."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from discstack.fs.attributes import DEVICES, PERMISSIONS, Attributes, Device, Kind, Times
from discstack.fs.errors import SourceError
from discstack.fs.folders import UNKNOWN, FolderReader, Folders, Found, facts_of, other_times_of
from discstack.fs.nodes import File, Leaf, Special, Symlink
from discstack.fs.patterns import Globs
from discstack.fs.sources import PathSource, absolute_path
from discstack.fs.system_paths import listed
from discstack.fs.windows_names import AS_IT_IS

if TYPE_CHECKING:
    from discstack.fs.tree import Directory

# names in an image do not depend on the locale: their bytes are always taken for UTF-8
_UTF_8: Final = sys.getfilesystemencoding() == "utf-8"
_KINDS: Final = frozenset(Kind)
_TYPE: Final = 0o170000  # the bits of st_mode that tell what it is


Identity = tuple[int, int]
Context = tuple["Directory", tuple[Identity, ...]]  # the node of a folder, and the folder with all above it


class Scan:
    """Reads one folder and all below it but what is excluded.

    Symbolic links that are followed stand for what they lead to; those that lead nowhere or in a circle stay links.
    """

    def __init__(self, reader: FolderReader | None, *, all_times: bool, exclude: Globs, follow_links: bool) -> None:
        self._reader = reader
        self._all_times = all_times
        self._exclude = exclude
        self._follow_links = follow_links
        self._attributes = dict[tuple[int, int, int], Attributes]()

    def scan(self, top: str, into: Directory) -> None:
        """Put what the folder `top` holds into an empty directory, which takes its times and attributes too."""
        path = absolute = absolute_path(top)
        try:
            status = os.stat(listed(absolute))
            into.mtime_ns, into.attributes = status.st_mtime_ns, attributes_of(status)
            into.times = times_of(status) if self._all_times else None
            with Folders[Context](self._reader) as folders:
                folders.add(absolute, (into, ((status.st_dev, status.st_ino),)))
                for path, (directory, above), found in folders:
                    if self._exclude:
                        found = self._included(found, path, top + path[len(absolute) :])
                    if self._follow_links:
                        found = _follow(found, path, above)
                    for name, below, identity in self._take(path, directory, found):
                        folders.add(os.path.join(path, name), (below, (*above, identity)))
        except OSError as error:
            where = os.path.join(path, error.filename) if isinstance(error.filename, str) else path
            raise SourceError(where, error.strerror or str(error)) from error

    def _included(self, found: Iterator[Found], path: str, given: str) -> Iterator[Found]:
        given, path = (each.replace(os.sep, "/").rstrip("/") for each in (given, path))
        for name, facts in found:
            if not self._exclude.match(name, f"{given}/{name}", f"{path}/{name}"):
                yield name, facts

    def _attributes_of(self, mode: int, uid: int, gid: int) -> Attributes:
        attributes = self._attributes.get((mode, uid, gid))
        if attributes is None:
            attributes = self._attributes[mode, uid, gid] = Attributes(mode & PERMISSIONS, uid, gid)
        return attributes

    def _take(
        self, path: str, directory: Directory, found: Iterator[Found]
    ) -> Iterator[tuple[str, Directory, Identity]]:
        """Make the nodes of one directory; yield those that are to be scanned themselves."""
        leaves, skipped = list[Leaf](), list[tuple[str, str]]()
        known, all_times, all_links = self._attributes, self._all_times, self._follow_links
        for name, (mode, links, uid, gid, device, inode, special, size, mtime, accessed, changed, birth) in found:
            shown = name if _UTF_8 else as_utf_8(name)
            attributes = known.get((mode, uid, gid)) or self._attributes_of(mode, uid, gid)
            times = _times(accessed, changed, birth) if all_times else None
            link = (device, inode) if inode and (all_links or links > 1) else None
            kind = mode & _TYPE
            if kind == stat.S_IFREG:
                source = PathSource(path, name, size, mtime, inode)
                leaves.append(File(shown, directory, source, mtime, attributes, times, link))
            elif kind == stat.S_IFDIR:
                below = directory.create_directory(shown, mtime_ns=mtime, attributes=attributes)
                below.times = times
                yield name, below, (device, inode)
            elif kind == stat.S_IFLNK:
                target = _target(os.path.join(path, name))
                leaves.append(Symlink(shown, directory, target, mtime, attributes, times, link))
            elif kind in _KINDS:
                node = Device(os.major(special), os.minor(special)) if kind in DEVICES else None
                leaves.append(Special(shown, directory, Kind(kind), node, mtime, attributes, times, link))
            else:
                skipped.append((shown, "neither a file nor a directory nor anything else that an image knows"))
        directory.take(leaves)
        directory.skipped = tuple(sorted(skipped))


def as_utf_8(name: str) -> str:
    """Return the text of a name that the system's encoding may have made something else of."""
    return name if _UTF_8 else os.fsencode(name).decode("utf-8", "surrogateescape")


def _target(path: str) -> bytes:
    """Return what a symbolic link points to, with slashes."""
    target = os.readlink(listed(path))
    return os.fsencode(target if os.sep == "/" else target.removeprefix(AS_IT_IS).replace(os.sep, "/"))


def _follow(found: Iterator[Found], path: str, above: tuple[Identity, ...]) -> Iterator[Found]:
    """Yield for each link the facts of what it leads to, its own if that is nothing or one of the folders `above`."""
    for name, facts in found:
        if stat.S_ISLNK(facts[0]):
            try:
                target = os.stat(listed(os.path.join(path, name)))
            except OSError:
                pass
            else:
                if (target.st_dev, target.st_ino) not in above:
                    facts = facts_of(target)
        yield name, facts


def attributes_of(status: os.stat_result) -> Attributes:
    """Return permissions and owners out of what the system says."""
    return Attributes(status.st_mode & PERMISSIONS, status.st_uid, status.st_gid)


def link_of(status: os.stat_result) -> Identity | None:
    """Return what all names of a file have in common, None for a file with one name."""
    return (status.st_dev, status.st_ino) if status.st_nlink > 1 else None


def times_of(status: os.stat_result) -> Times:
    """Return the times beside that of the last change out of what the system says."""
    return _times(*other_times_of(status))


def _times(accessed: int, changed: int, birth: int) -> Times:
    return Times(accessed, changed, None if birth == UNKNOWN else birth)

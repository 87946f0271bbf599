"""Writing a tree out into a folder of this machine, and never outside of it.

Nothing that is there already is written over or followed: a name that is taken, and a link in the place of a directory,
end the extraction. What this system cannot have is left out. Symbolic links are made last. Owners are not set;
set-user-ID bits and the like are dropped. A hard link is a copy where the file system there has none, or has no more.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from discstack.fs.errors import SourceError, printable
from discstack.fs.nodes import File, Special, Symlink
from discstack.fs.system_paths import path_of
from discstack.fs.tree import Directory, Node

if sys.platform == "win32":
    from discstack.fs.windows_names import why_refused as refused_here
else:

    def refused_here(name: str, taken: set[str]) -> str | None:
        """Return why this system cannot have a file of that name; None if it can."""
        try:
            length = len(os.fsencode(name))
        except UnicodeEncodeError:
            encoding = sys.getfilesystemencoding()
            return f"its name has characters that names in this system's encoding ({encoding}) cannot have"
        return None if length <= _LONGEST_NAME else f"its name has {length} bytes, {_LONGEST_NAME} is the most here"


_LONGEST_NAME: Final = 255  # bytes; what the file systems of Linux take at most
PIECE: Final = 1 << 20
_MODE: Final = 0o777
_NO_PRIVILEGE: Final = 1314  # what Windows says of links to whoever is no administrator and no developer
_OWN: Final = 0o700  # a directory stays usable for whoever extracts


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was not extracted, and why."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{printable(self.path)}: not extracted: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractOptions:
    """What else may be made: links that lead out of the folder, and device nodes, FIFOs and sockets."""

    outside_links: bool = False
    special_files: bool = False
    skip_bad: bool = False  # go on after a file that cannot be read


DEFAULTS: Final = ExtractOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What an extraction came to; hard links and empty directories are no files."""

    files: int
    bytes: int
    skipped: tuple[Skipped, ...]


def extract_tree(node: Node, folder: str | os.PathLike[str], options: ExtractOptions = DEFAULTS) -> Extracted:
    """Write what is below a directory, or one file, into a folder, which is made if it is not there.

    Raises SourceError for a file that cannot be read, and OSError, FileExistsError among them, if the folder does not
    take something; what was written until then stays.
    """
    work = _Extraction(options)
    top = path_of(folder)
    top.mkdir(parents=True, exist_ok=True)
    if isinstance(node, Directory):
        work.fill(node, top)
    elif work.takes(node, set()):
        work.leaf(node, top / node.name, PurePosixPath())
    work.finish()
    return Extracted(files=work.files, bytes=work.bytes, skipped=tuple(work.skipped))


class _Extraction:
    def __init__(self, options: ExtractOptions) -> None:
        self._options = options
        self._links = list[tuple[Symlink, Path]]()
        self._directories = list[tuple[Directory, Path]]()
        self._first = dict[Hashable, Path]()
        self.skipped = list[Skipped]()
        self.files = self.bytes = 0

    def fill(self, top: Directory, folder: Path) -> None:
        """Write a directory and all below it."""
        stack = [(top, folder, PurePosixPath())]
        while stack:
            directory, path, inside = stack.pop()
            if directory is not top:
                self._make_directory(path)
                self._directories.append((directory, path))
            taken = set[str]()
            for child in directory:
                if not self.takes(child, taken):
                    continue
                below = path_of(path / child.name)
                if isinstance(child, Directory):
                    stack.append((child, below, inside / child.name))
                else:
                    self.leaf(child, below, inside)

    def takes(self, node: Node, taken: set[str]) -> bool:
        """Whether this system can have such a name beside those; what it cannot have is left out with all below it."""
        reason = refused_here(node.name, taken)
        if reason is not None:
            self.skipped.append(Skipped(node.path, reason))
        return reason is None

    @staticmethod
    def _make_directory(path: Path) -> None:
        try:
            path.mkdir()
        except FileExistsError:
            if path.is_symlink() or not path.is_dir():
                raise

    def leaf(self, node: File | Symlink | Special, path: Path, inside: PurePosixPath) -> None:
        """Write what is no directory; `inside` is where its directory lies below the folder."""
        if isinstance(node, File):
            self._file(node, path)
        elif isinstance(node, Symlink):
            if self._options.outside_links or stays_inside(node.target, inside):
                self._links.append((node, path))
            else:
                reason = f"the link leads out of the folder, to {node.shown_target}"
                self.skipped.append(Skipped(node.path, reason))
        elif self._options.special_files and hasattr(os, "mknod"):
            self._special(node, path)
        else:
            self.skipped.append(Skipped(node.path, f"it is {node.kind.described}"))

    def _special(self, node: Special, path: Path) -> None:
        device = os.makedev(*node.device) if node.device else 0
        try:
            os.mknod(path, node.kind | (node.attributes.mode & _MODE if node.attributes else 0o600), device)
        except PermissionError:
            self.skipped.append(Skipped(node.path, f"it is {node.kind.described}, which you may not make here"))
            return
        _set_times(node, path)

    def _file(self, node: File, path: Path) -> None:
        if node.link in self._first and _is_linked(self._first[node.link], path):
            return
        target = open(path, "xb")  # noqa: SIM115  (what fails from here on leaves a file)
        try:
            with target:
                self._copy(node, target)
        except SourceError as error:
            path.unlink()
            if not self._options.skip_bad:
                raise
            self.skipped.append(Skipped(node.path, error.reason))
            return
        except BaseException as error:  # a full disk, Ctrl-C: half a file must not be taken for one
            path.unlink()
            if isinstance(error, OSError) and error.filename is None:
                error.filename = os.fspath(path)
            raise
        self.files, self.bytes = self.files + 1, self.bytes + node.size
        if node.link is not None:
            self._first[node.link] = path
        _set_mode(node, path)
        _set_times(node, path)

    def _copy(self, node: File, target: BinaryIO) -> None:
        reader = node.source.open()
        try:
            buffer = memoryview(bytearray(min(PIECE, node.size)))
            for offset in range(0, node.size, PIECE):
                piece = buffer[: min(PIECE, node.size - offset)]
                reader.read_at(offset, piece)
                target.write(piece)
        finally:
            reader.close()

    def finish(self) -> None:
        """Make the links, then give the directories, from the inside on, their times and permissions."""
        for node, path in self._links:
            target = os.fsdecode(node.target).replace("/", os.sep)  # Windows follows no others
            try:
                path.symlink_to(target, target_is_directory=os.path.isdir(path.parent / target))  # Windows asks for it
            except OSError as error:
                if getattr(error, "winerror", None) == _NO_PRIVILEGE:
                    reason = f"Windows lets you make no links; it leads to {node.shown_target}"
                elif error.errno == errno.ENAMETOOLONG:
                    reason = f"where the link leads to has {len(node.target)} bytes, more than this system takes"
                elif error.errno == errno.EPERM:  # not EACCES: what Linux says on a FAT
                    reason = f"no symbolic link can be made here; it leads to {node.shown_target}"
                else:
                    raise
                self.skipped.append(Skipped(node.path, reason))
                continue
            if os.utime in os.supports_follow_symlinks and node.mtime_ns is not None:
                os.utime(path, ns=(node.mtime_ns, node.mtime_ns), follow_symlinks=False)
        for directory, path in reversed(self._directories):
            _set_mode(directory, path, _OWN)
            _set_times(directory, path)


def stays_inside(target: bytes, inside: PurePosixPath) -> bool:
    """Tell whether a link that lies `inside` of the top leads to a place below the top, whatever links are on the way.

    A name on the way may be a link itself, so that no ".." may follow a name.
    """
    depth, named = len(inside.parts), False
    if target.startswith(b"/") or b"\\" in target or b":" in target[:2]:
        return False
    for part in _parts(target):
        if part == b"..":
            depth -= 1
            if named or depth < 0:
                return False
        else:
            named = True
    return True


def _parts(target: bytes) -> Iterator[bytes]:
    return (part for part in target.split(b"/") if part not in (b"", b"."))


def _is_linked(first: Path, path: Path) -> bool:
    """Make another name for a file; False where it has to be a copy: no links here, or no more of them for one file."""
    try:
        os.link(first, path)
    except OSError:  # if the name is taken or the disk is full, copying fails in the same way
        return False
    return True


def _set_mode(node: Node, path: Path, least: int = 0) -> None:
    if node.attributes is not None:
        path.chmod(node.attributes.mode & _MODE | least)


def _set_times(node: Node, path: Path) -> None:
    if node.mtime_ns is not None:
        os.utime(path, ns=(node.mtime_ns, node.mtime_ns))

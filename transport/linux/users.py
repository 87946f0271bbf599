"""Who uses a drive: processes that have its nodes open, mounts, and devices that the kernel has stacked on it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from discstack.transport.linux.roots import Roots, entries, read_text
from discstack.transport.system import Holder, Usage

ESCAPE: Final = re.compile(r"\\([0-7]{3})")  # proc(5): spaces and the like in mountinfo
MOUNT_POINT, DEVICE_NUMBER = 4, 2  # fields of mountinfo


@dataclass(frozen=True, slots=True)
class _Node:
    path: str
    is_block: bool
    number: int

    @property
    def majmin(self) -> str:
        return f"{os.major(self.number)}:{os.minor(self.number)}"

    def is_open_as(self, status: os.stat_result) -> bool:
        kind = stat.S_ISBLK if self.is_block else stat.S_ISCHR
        return kind(status.st_mode) and status.st_rdev == self.number


def usage(roots: Roots, *paths: str) -> Usage:
    """Find who uses the nodes of one drive; this process is one of them where it has a node open."""
    nodes = [node for path in paths if (node := _node(path))]
    processes, unseen = _processes(roots, nodes)
    return Usage(holders=(*processes, *mounts(roots, *paths), *_stacked(roots, nodes)), unseen=unseen)


def mounts(roots: Roots, *paths: str) -> tuple[Holder, ...]:
    """Find where the nodes are mounted, in this process's view of the file systems and in those of others."""
    found = {holder.mount_point: holder for holder in (*own_mounts(roots, *paths), *foreign_mounts(roots, *paths))}
    return tuple(found.values())


def own_mounts(roots: Roots, *paths: str) -> tuple[Holder, ...]:
    """Find where the nodes are mounted in this process's view, in the order of mounting."""
    return tuple(_mounted(roots.proc / "self/mountinfo", paths))


def foreign_mounts(roots: Roots, *paths: str) -> tuple[Holder, ...]:
    """Find where the nodes are mounted in the views of others, which differ from this process's."""
    return tuple(holder for table in _foreign_mount_tables(roots) for holder in _mounted(table, paths))


def process_name(process: Path) -> str:
    """Return what the process of a folder of /proc is called."""
    return read_text(process / "comm") or "a process"


def processes(roots: Roots) -> tuple[Path, ...]:
    """Return the folders of the processes."""
    return tuple(folder for folder in entries(roots.proc) if folder.name.isdecimal())


def _node(path: str) -> _Node | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return _Node(path, stat.S_ISBLK(status.st_mode), status.st_rdev)


def _processes(roots: Roots, nodes: list[_Node]) -> tuple[list[Holder], int]:
    found, unseen = list[Holder](), 0
    for process in processes(roots):
        try:
            opened = {node.path for status in _open_files(process) for node in nodes if node.is_open_as(status)}
        except PermissionError:
            unseen += bool(read_text(process / "cmdline"))  # the kernel's own threads have none, and open nothing
            continue
        own = ", this one" if process.name == str(os.getpid()) else ""
        name = f"{process_name(process)} (process {process.name}{own})"
        found += [Holder(what=name, node=path, pid=int(process.name)) for path in sorted(opened)]
    return found, unseen


def _open_files(process: Path) -> Iterator[os.stat_result]:
    """Yield what a process has open; PermissionError where it is another user's."""
    try:
        descriptors = list(os.scandir(process / "fd"))
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        return
    for descriptor in descriptors:
        try:
            yield os.stat(descriptor.path)
        except PermissionError:
            raise
        except OSError:  # closed meanwhile, or of a file system that does not answer: no device
            continue


def _mounted(table: Path, paths: tuple[str, ...]) -> Iterator[Holder]:
    nodes = {node.majmin: node for path in paths if (node := _node(path)) and node.is_block}
    lines = [line.split() for line in read_text(table).splitlines()] if nodes else []
    top = {fields[MOUNT_POINT]: fields[DEVICE_NUMBER] for fields in lines}  # the last one mounted at each place
    for fields in lines:
        if node := nodes.get(fields[DEVICE_NUMBER]):
            point = ESCAPE.sub(lambda match: chr(int(match[1], 8)), fields[MOUNT_POINT])
            covered = top[fields[MOUNT_POINT]] != fields[DEVICE_NUMBER]
            yield Holder(what=f"the mount at {point}", node=node.path, mount_point=point, covered=covered)


def _foreign_mount_tables(roots: Roots) -> Iterator[Path]:
    """Yield one table of mounts for each mount namespace that can be seen and is not this process's."""
    seen = {_mount_namespace(roots.proc / "self")}
    for process in processes(roots):
        namespace = _mount_namespace(process)
        if namespace is not None and namespace not in seen:
            seen.add(namespace)
            yield process / "mountinfo"


def _mount_namespace(process: Path) -> str | None:
    """Name the mount namespace of a process; None where it is not to be seen, or the process has ended."""
    try:
        return os.readlink(process / "ns/mnt")
    except OSError:
        return "own" if process.name == "self" else None


def _stacked(roots: Roots, nodes: list[_Node]) -> Iterator[Holder]:
    """Yield the devices (device mapper, loop) that stand on a node."""
    for node in nodes:
        if not node.is_block:
            continue
        block = roots.sys / "dev/block" / node.majmin
        for holder in entries(block / "holders"):
            name = read_text(holder / "dm/name")
            what = f"/dev/{holder.name}" + (f" ({name})" if name else "")
            yield Holder(what=f"the device {what} on top of it", node=node.path)
        for loop in roots.sys.glob("block/loop*/loop/backing_file"):
            if read_text(loop) == node.path:
                yield Holder(what=f"the device /dev/{loop.parent.parent.name} on top of it", node=node.path)

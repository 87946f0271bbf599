"""Unmounting a disc, by the system's own `umount`: it knows what users may do, and how udisks wants to be told."""

from __future__ import annotations

import os
import subprocess
from typing import Final

from discstack.transport.base import DeviceBusy
from discstack.transport.linux.exclusive import other_node
from discstack.transport.linux.roots import Roots
from discstack.transport.linux.users import foreign_mounts, own_mounts
from discstack.transport.sgio_errors import open_error

TIMEOUT: Final = 60.0  # seconds, for a drive that has to be woken


def unmount(path: str, roots: Roots | None = None) -> None:
    """Unmount the disc in a drive, by either node of it, from all places, the last mounted first.

    Raises DeviceBusy with umount's own words where that fails; where something else is mounted on top of it, which
    `umount` would take away instead; and where it is mounted out of our sight.
    """
    roots = roots or Roots()
    try:
        nodes = list(filter(None, (path, other_node(roots, os.stat(path)))))
    except OSError as error:
        raise open_error(path, error) from error
    for holder in reversed(own_mounts(roots, *nodes)):
        if holder.covered:
            raise DeviceBusy(f"{path}: {holder.what} could not be taken away: something else is mounted on it")
        try:
            command = ["umount", "--", str(holder.mount_point)]
            ended = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
            words = (ended.stderr.strip() or f"umount ends with {ended.returncode}") if ended.returncode else ""
        except (OSError, subprocess.TimeoutExpired) as error:
            words = str(error)
        if words:
            raise DeviceBusy(f"{path}: {holder.what} could not be taken away: {words}")
    for holder in foreign_mounts(roots, *nodes):
        raise DeviceBusy(f"{path}: {holder.what} could not be taken away: it is of a container or another session")

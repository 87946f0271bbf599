"""Paths as the system takes them, whatever their length and the names in them.

Every path that is opened or looked at passes through here: what a user names by `openable` or `path_of`, what a folder
lists by `listed`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    from discstack.fs.windows_names import extended
    from discstack.fs.windows_names import literal as listed
else:

    def extended(path: str) -> str:
        """Return the path itself: this system knows no other form."""
        return path

    def listed(path: str) -> str:
        """Return the path itself: this system takes all names as they are."""
        return path


def openable(path: str | os.PathLike[str]) -> str:
    """Return a path that a user names, to be opened; raises OSError where the system takes it for a device."""
    return extended(os.fspath(path))


def path_of(path: str | os.PathLike[str]) -> Path:
    """Return the same as a Path."""
    return Path(openable(path))


__all__ = ["listed", "openable", "path_of"]

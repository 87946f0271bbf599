"""Paths as the system takes them, whatever their length."""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from discstack.fs.windows_names import extended as openable
else:

    def openable(path: str) -> str:
        """Return the path itself: this system knows no other form for long ones."""
        return path


__all__ = ["openable"]

"""A list of digests as `sha256sum --check` takes it."""

from __future__ import annotations

from typing import Final

# a line with one of these starts with a backslash, as GNU coreutils have it
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r"})


def manifest_line(path: str, digest: bytes) -> bytes:
    """Return the line for a path from "/" on, which becomes one from the root of the image on."""
    escaped = path.lstrip("/").translate(_ESCAPES)
    mark = "\\" if escaped != path.lstrip("/") else ""
    return f"{mark}{digest.hex()}  {escaped}\n".encode("utf-8", "surrogateescape")

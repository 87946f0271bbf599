"""A list of digests as `sha256sum --check` takes it."""

from __future__ import annotations

import re
from typing import Final

from discstack.fs.errors import LayoutError

# a line with one of these starts with a backslash, as GNU coreutils have it
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r"})
_ESCAPED: Final = re.compile(r"\\(.)")
_MEANINGS: Final = {"n": "\n", "r": "\r", "\\": "\\"}
MOST_SHOWN: Final = 80  # characters of a line that is none
_LINE: Final = re.compile(r"(\\?)([0-9A-Fa-f]{64}) [ *](.+)")


def manifest_line(path: str, digest: bytes) -> bytes:
    """Return the line for a path from "/" on, which becomes one from the root of the image on."""
    escaped = path.lstrip("/").translate(_ESCAPES)
    mark = "\\" if escaped != path.lstrip("/") else ""
    return f"{mark}{digest.hex()}  {escaped}\n".encode("utf-8", "surrogateescape")


def parse_manifest(text: bytes) -> dict[str, bytes]:
    """Return the SHA-256 of every path, from "/" on, in a list that `Image.manifest` or sha256sum made.

    Raises LayoutError, with the line, for what is no such list.
    """
    digests = dict[str, bytes]()
    for number, line in enumerate(text.decode("utf-8", "surrogateescape").split("\n"), 1):
        found = _LINE.fullmatch(line.removesuffix("\r"))
        if found is not None:
            escaped, digest, path = found.groups()
            if escaped:
                path = _ESCAPED.sub(lambda mark: _MEANINGS.get(mark[1], mark[0]), path)
            digests["/" + "/".join(name for name in path.split("/") if name not in ("", "."))] = bytes.fromhex(digest)
        elif line.strip():
            raise LayoutError(
                f"line {number} of the manifest is not a SHA-256, two spaces and a path: {line[:MOST_SHOWN]!r}"
            )
    if not digests:
        raise LayoutError("the manifest names no file")
    return digests

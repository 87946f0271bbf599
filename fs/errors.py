"""What can go wrong while an image is planned or streamed, split by who is to blame.

LayoutError (a ValueError)   the tree or the options ask for something that the image cannot hold
+- CapacityError             the image is larger than it may be
SourceError                  a file that should go into the image is not there, not readable, or not what it was
VolumeError                  what lies on a disc or in an image is no file system that can be read
"""

from __future__ import annotations

from typing import Any


class _Portable(Exception):
    def __reduce__(self) -> tuple[Any, ...]:
        """Be copied, and pickled for another process, as it is: its message was made of what no longer is at hand."""
        return Exception.__new__, (type(self), *self.args), self.__dict__


class LayoutError(_Portable, ValueError):
    """The image cannot be laid out as asked; raised before its first byte is given out."""


class CapacityError(LayoutError):
    """The image needs `sectors`, but only `available` are there."""

    def __init__(self, sectors: int, available: int) -> None:
        excess = sectors - available
        super().__init__(
            f"the image needs {sectors} sectors and only {available} are available: "
            f"{excess} sectors ({excess * 2048} bytes) too many; leave something out or take a larger medium"
        )
        self.sectors, self.available = sectors, available


class SourceError(_Portable):
    """A source vanished, changed, or cannot be read; `path` names it, `reason` says what happened."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{printable(path)}: {reason}")
        self.path, self.reason = path, reason


class VolumeError(Exception):
    """There is no file system, not the view that was asked for, or nothing that can be read of it."""


def printable(name: str) -> str:
    r"""Return a name fit for a message: bytes that are no text become `\xNN`, control characters are spelled out."""
    if name.isprintable():
        return name
    spelled = (f"\\x{ord(c) - 0xDC00:02x}" if "\udc80" <= c <= "\udcff" else c for c in name)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in spelled)

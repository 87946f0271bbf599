"""What can be wrong with audio files and cue sheets."""

from __future__ import annotations

from discstack.fs.errors import LayoutError, SourceError

__all__ = ["AudioFormatError", "CueError"]


class AudioFormatError(SourceError):
    """A file that holds no audio, or none that a CD can hold without being converted."""


class CueError(LayoutError):
    """A cue sheet that makes no sense: `path`, `line`, `column` (from 1) say where, the text what was expected."""

    def __init__(self, path: str, line: int, column: int, message: str) -> None:
        super().__init__(f"{path}:{line}:{column}: {message}")
        self.path, self.line, self.column, self.message = path, line, column, message

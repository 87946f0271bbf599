"""What a reader found odd: typed, bounded in number, told and not raised."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from discstack.fs.errors import printable

MOST_NOTES: Final = 1000  # what is beyond is only counted: a damaged disc must not fill the memory


class Oddity(Enum):
    """What kind of thing is odd; the value is the word for people."""

    CHECKSUM = "wrong checksum"
    COMPRESSED = "compressed"
    DUPLICATE = "name occurs twice"
    INCOMPLETE = "incomplete"
    INCONSISTENT = "inconsistent"
    LOOP = "loop"
    MALFORMED = "malformed"
    NAME = "name changed"
    OUT_OF_BOUNDS = "outside of the medium"
    TOO_MUCH = "too much"
    UNREADABLE = "cannot be read"
    UNSUPPORTED = "not supported"


@dataclass(frozen=True, slots=True)
class Note:
    """One odd thing: `where` is a path or the name of a structure, `detail` says what was found and done."""

    oddity: Oddity
    where: str
    detail: str

    def __str__(self) -> str:
        return f"{printable(self.where)}: {self.oddity.value}: {printable(self.detail)}"


class Notes:
    """Collects notes, each only once and no more than `MOST_NOTES`."""

    def __init__(self) -> None:
        self._found = dict[Note, None]()
        self._dropped = 0

    def add(self, oddity: Oddity, where: str, detail: str) -> None:
        """Take a note."""
        if len(self._found) < MOST_NOTES:
            self._found[Note(oddity, where, detail)] = None
        else:
            self._dropped += 1

    def all(self) -> tuple[Note, ...]:
        """Return the notes in the order in which they were taken; the last one counts those that were dropped."""
        more = (Note(Oddity.TOO_MUCH, "/", f"{self._dropped} more notes"),) if self._dropped else ()
        return (*self._found, *more)
